/** `data.json` of a run folder: where the texts are that the run judged. Not an export: it names places, and nothing is derived from it. */
import { readFile } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import { JurorError } from '../errors.ts';
import { writeAtomically } from './atomic-file.ts';
import { readableJson } from './manifest.ts';
import { type Run, runFiles } from './run.ts';
import { storeError } from './sqlite-database.ts';

const DataPointer = z.strictObject({
  schemaVersion: z.literal(1),
  /** In the order in which they were first judged, relative to the run folder, with `/`. */
  files: z.array(z.string().min(1)).min(1),
  /** The first n samples of each were judged; absent where all were. */
  limit: z.int().nonnegative().optional(),
});

/** The data of a run. */
export interface RunData {
  /** Paths as this process can open them; a file may be gone. */
  readonly files: readonly string[];
  /** No more than the first n samples of each file were judged; undefined where all may have been. */
  readonly limit: number | undefined;
}

/**
 * Note that a run judges `file`, beside those that it judged before under the same configuration. Leaves a pointer that says so already
 * as it is. Throws JurorError `store`.
 */
export async function recordData(
  { folder, changedField }: Pick<Run, 'folder' | 'changedField'>,
  file: string,
  limit?: number,
): Promise<void> {
  const former = changedField === undefined ? await readData(folder).catch(() => undefined) : undefined;
  const files = [...new Set([...(former?.files ?? []), resolve(file)].map((path) => resolve(path)))];
  const most = limit === undefined || (former && former.limit === undefined) ? undefined : limit;
  await writePointer(folder, files, most === undefined ? {} : { limit: Math.max(most, former?.limit ?? 0) });
}

/** Note that what a run folder holds is of `file` alone, as in a suite's folder. Throws JurorError `store`. */
export async function replaceData(folder: string, file: string): Promise<void> {
  await writePointer(folder, [resolve(file)], {});
}

/** The data that a run folder points to; undefined in folders from before there were pointers. Throws JurorError `store` for another file. */
export async function readData(folder: string): Promise<RunData | undefined> {
  const file = join(folder, runFiles.data);
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw storeError(error, file);
  });
  if (text === undefined) return undefined;
  const { data, error } = DataPointer.safeParse(parsed(text));
  if (error) {
    const { message = '' } = error.issues[0] ?? {};
    throw new JurorError('store', `expected the data of a run, got another record: ${message}`, {
      place: { file },
      cause: error,
    });
  }
  return {
    files: data.files.map((path) => (isAbsolute(path) ? path : join(folder, path))),
    limit: data.limit,
  };
}

async function writePointer(
  folder: string,
  files: readonly string[],
  rest: Pick<z.infer<typeof DataPointer>, 'limit'>,
): Promise<void> {
  const pointer: z.infer<typeof DataPointer> = {
    schemaVersion: 1,
    files: files.map((path) => pointed(folder, path)),
    ...rest,
  };
  await writeAtomically(join(folder, runFiles.data), [readableJson(pointer)]);
}

function pointed(folder: string, path: string): string {
  return relative(resolve(folder), path).split(sep).join('/');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
