/** States of prompts, which a gate weighs objectives by. */
import { canonicalJson } from '../canonical.ts';
import { JurorError } from '../errors.ts';
import { type FeatureMatrix, rowOf } from '../head/data.ts';
import { type ReadingProgress, readFeatureMatrix } from './feature-matrix.ts';
import type { TrainHeadOptions } from './train-options.ts';
import type { TrainingText } from './training-rows.ts';

/** States, and whose they are. */
export interface PromptStates {
  readonly matrix: FeatureMatrix;
  /** Row of a text's prompt; −1 where it could not be read. */
  readonly rowOf: (text: TrainingText) => number;
  /** The state of a text's prompt, the same array for the same prompt. */
  readonly stateOf: (text: TrainingText) => ArrayLike<number> | undefined;
  readonly progress: ReadingProgress;
}

/** Read the prompts of these texts, each once, as a scorer reads them. Null where none can be read. */
export async function readPromptStates(
  { features, signal, onEvent }: TrainHeadOptions,
  texts: readonly TrainingText[],
): Promise<PromptStates | null> {
  const prompts = new Map(texts.map(({ prompt }) => [canonicalJson(prompt), prompt]));
  const asked = [...prompts.values()].map((prompt) => ({ prompt }));
  const read = await readFeatureMatrix(features, asked, {
    ...(signal ? { signal } : {}),
    ...(onEvent ? { onEvent } : {}),
  }).catch((error: unknown) => {
    if (JurorError.isInstance(error) && error.code === 'data') return null;
    throw error;
  });
  if (read === null) return null;
  const rows = new Map([...prompts.keys()].map((key, place) => [key, read.rows[place] as number]));
  const states = Array.from({ length: read.matrix.rows }, (_, row) => rowOf(read.matrix, row));
  const row = ({ prompt }: TrainingText) => rows.get(canonicalJson(prompt)) ?? -1;
  return {
    matrix: read.matrix,
    rowOf: row,
    stateOf: (text) => states[row(text)],
    progress: read.progress,
  };
}
