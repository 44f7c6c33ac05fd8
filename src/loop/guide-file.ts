/** Guided answers in a file, a line for each prompt. */
import { readRows } from '../dataset.ts';
import { JurorError } from '../errors.ts';
import { Guided } from '../schema.ts';
import { type KeyedFile, openKeyedFile } from '../store/keyed-file.ts';

/** A file of guided answers that is being written. */
export type GuidedFile = KeyedFile<Guided>;

/** Open a file of guided answers; see `openKeyedFile`. What an engine had failed on is not found. */
export function openGuidedFile(file: string): Promise<GuidedFile> {
  return openKeyedFile(file, {
    schema: Guided,
    noun: 'guided answers',
    failed: ({ failure }) => failure?.reason === 'engine',
  });
}

/** Guided answers of a file, in its order, as a stream. Throws JurorError `data`, naming line and field, for a line of something else. */
export async function* readGuided(file: string): AsyncGenerator<Guided> {
  for await (const { row, line } of readRows(file)) {
    const { data, error } = Guided.safeParse(row);
    const issue = error?.issues[0];
    if (data === undefined)
      throw new JurorError('data', `expected guided answers, got a row of another shape: ${issue?.message}`, {
        place: { file, line, field: issue?.path.join('.') ?? '' },
        cause: error,
      });
    yield data;
  }
}
