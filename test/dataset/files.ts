import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type ReadSamplesOptions, readSamples } from '../../src/dataset.ts';
import type { JurorError } from '../../src/errors.ts';
import type { Sample } from '../../src/schema.ts';

/** A folder that goes with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'juror-dataset-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A file that goes with the test. */
export async function temporaryFile(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, content);
  return path;
}

/** Rows as JSON Lines. */
export function jsonLines(rows: readonly unknown[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

/** Everything that an iterable gives. */
export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Samples and errors of a file, in one go. */
export async function readAll(
  path: string,
  options: ReadSamplesOptions = {},
): Promise<{ samples: Sample[]; errors: JurorError[] }> {
  const errors: JurorError[] = [];
  const samples = await collect(readSamples(path, { ...options, onBadRow: (error) => errors.push(error) }));
  return { samples, errors };
}
