/** Records in a file: a line for each, kept as soon as it is made, and found by its key when the work is taken up again. */
import { appendFile, mkdir, readFile, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { z } from 'zod';
import { JurorError } from '../errors.ts';
import { writeAtomically } from './atomic-file.ts';
import { recordText } from './store.ts';

/** A file of records that is being written. */
export interface KeyedFile<Kept> {
  /** The record that the file had under a key; none where making it had failed, which another try may mend. */
  find(key: string): Kept | undefined;
  /** Keep the next record; it is in the file when this resolves. */
  keep(record: Kept): Promise<void>;
  /**
   * Leave in the file the records kept since it was opened, in their order, and after them the lines that it had with other keys, in
   * their former order. Returns how many of those there are.
   */
  finish(): Promise<number>;
}

/** What a file holds. */
export interface KeyedFileOptions<Kept> {
  readonly schema: z.ZodType<Kept>;
  /** What its lines are, for messages. */
  readonly noun: string;
  /** Whether making a record had failed. */
  readonly failed: (record: Kept) => boolean;
}

/**
 * Open a file of records, and its folder, for writing; half a last line, which a killed process leaves, is cut off. Throws JurorError
 * `data`, naming the line, for a file of something else, which stays as it is.
 */
export async function openKeyedFile<Kept extends { readonly key: string }>(
  file: string,
  options: KeyedFileOptions<Kept>,
): Promise<KeyedFile<Kept>> {
  const lines = await readLines(file, options);
  await mkdir(dirname(file), { recursive: true });
  const kept: string[] = [];
  const keys = new Set<string>();
  const find = (key: string): Kept | undefined => {
    const record = lines.get(key)?.record;
    return record === undefined || options.failed(record) ? undefined : record;
  };
  return {
    find,
    async keep(record) {
      const line = `${recordText(options.schema, record)}\n`;
      kept.push(line);
      keys.add(record.key);
      if (find(record.key) === undefined) await appendFile(file, line);
    },
    async finish() {
      const others = [...lines].flatMap(([key, { texts }]) => (keys.has(key) ? [] : texts));
      others.sort((left, right) => left.index - right.index);
      await writeAtomically(file, [...kept, ...others.map(({ text }) => `${text}\n`)]);
      return others.length;
    },
  };
}

/** The lines of one key: samples of the same texts share it, and the last one counts. */
interface Lines<Kept> {
  readonly record: Kept;
  readonly texts: readonly { readonly index: number; readonly text: string }[];
}

async function readLines<Kept extends { readonly key: string }>(
  file: string,
  { schema, noun }: KeyedFileOptions<Kept>,
): Promise<Map<string, Lines<Kept>>> {
  const lines = new Map<string, Lines<Kept>>();
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new JurorError('data', error instanceof Error ? error.message : String(error), { place: { file } });
  });
  const whole = text.lastIndexOf('\n') + 1;
  for (const [index, line] of text.slice(0, whole).split('\n').entries()) {
    if (line === '') continue;
    const record = parsed(schema, line);
    if (record === undefined)
      throw new JurorError('data', `expected a line of ${noun}, got something else`, {
        place: { file, line: index + 1 },
      });
    const former = lines.get(record.key)?.texts ?? [];
    lines.set(record.key, { record, texts: [...former, { index, text: line }] });
  }
  if (lines.size === 0 && text !== '' && whole === 0)
    throw new JurorError('data', `expected lines of ${noun}, got something else`, { place: { file } });
  if (whole < text.length) await truncate(file, Buffer.byteLength(text.slice(0, whole)));
  return lines;
}

function parsed<Kept>(schema: z.ZodType<Kept>, line: string): Kept | undefined {
  try {
    return schema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
