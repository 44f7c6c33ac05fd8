/** Data that the stub engine's states can and cannot tell apart. */
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFeatures } from '../../src/reward/features.ts';
import type { TrainHeadOptions } from '../../src/reward/train-options.ts';
import { readTrainingFiles, type TrainingFileOptions } from '../../src/reward/training-files.ts';
import { openFeatureStore } from '../../src/store/features.ts';
import { type StubEngine, stubEngine } from './stub-engine.ts';

/** Rows as a file, read as training data. */
export async function trainingFiles(rows: readonly object[], options: TrainingFileOptions = {}) {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-train-'));
  const file = join(folder.path, 'rows.jsonl');
  await writeFile(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return await readTrainingFiles([file], options);
}

/** Two pairs for each prompt; in one pair of seven `bad` is called the better word. */
export const pairRows = Array.from({ length: 90 }, (_, index) => {
  const [better, worse] = index % 7 === 0 ? ['bad', 'good'] : ['good', 'bad'];
  const words = index % 2 === 0 ? ['', ' indeed'] : [' indeed', ''];
  return {
    prompt: `question ${index >> 1}`,
    chosen: `a ${better} answer ${index}${words[0]}`,
    rejected: `a ${worse} answer ${index}${words[1]}`,
  };
});

/** A reader over the stub, with its engine. */
export async function stubReader(engine: StubEngine = stubEngine()) {
  return { engine, features: await openFeatures(engine, openFeatureStore(':memory:')) };
}

/** Settings of a quick training on rows. */
export async function trainingOf(
  rows: readonly object[],
  options: Partial<TrainHeadOptions> = {},
): Promise<TrainHeadOptions & { readonly engine: StubEngine }> {
  const data = await trainingFiles(rows);
  return { ...(await stubReader()), data, holdout: 0.3, l2: 0.1, resamples: 40, ...options };
}
