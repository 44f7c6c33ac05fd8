/** Data files: their formats, their bytes and what they have in common. */
import { createReadStream } from 'node:fs';
import { extname } from 'node:path';
import { JurorError, nearestName } from '../errors.ts';

/** How a data file is written. */
export type DataFormat = 'jsonl' | 'json' | 'csv' | 'parquet';

/** One row as it stands in the file, before any field is recognised. */
export interface DataRow {
  /** Own properties only; a `__proto__` field is a plain field. */
  readonly row: Readonly<Record<string, unknown>>;
  /** 1-based line on which the row starts; for Parquet, the 1-based row number. */
  readonly line: number;
}

/** Told of a row that cannot be read. Returns to go on, throws to stop. */
export type ReportRow = (error: JurorError) => void;

/** Longest row in bytes; more than any real row, less than what ends the process. */
export const longestRow = 64 * 1024 * 1024;

/** Most containers inside containers of a row; `isDeeper` measures. */
export const deepestRow = 200;

const formats: Readonly<Record<string, DataFormat>> = {
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.json': 'json',
  '.csv': 'csv',
  '.parquet': 'parquet',
};

/** The format a file's name stands for. Throws JurorError `data` for an unknown ending. */
export function formatOf(path: string): DataFormat {
  const extension = extname(path).toLowerCase();
  const format = formats[extension];
  if (format) return format;
  const near = nearestName(extension, Object.keys(formats));
  const hint = near ? `; did you mean "${near}"?` : '';
  throw new JurorError(
    'data',
    `expected a file name ending in ${Object.keys(formats).join(', ')}, got "${extension}"${hint}`,
    { place: { file: path } },
  );
}

/** The bytes of a file in order, chunk by chunk, without a UTF-8 byte order mark. */
export async function* readBytes(path: string): AsyncGenerator<Buffer> {
  const stream = createReadStream(path, { highWaterMark: 256 * 1024 });
  try {
    let first = true;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      yield first ? withoutMark(chunk, path) : chunk;
      first = false;
    }
  } catch (error) {
    throw fileError(error, path);
  }
}

/** The first 4 bytes decide: a file in UTF-16 is refused here and not row by row. */
function withoutMark(chunk: Buffer, path: string): Buffer {
  if (chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf) return chunk.subarray(3);
  if ((chunk[0] === 0xff && chunk[1] === 0xfe) || (chunk[0] === 0xfe && chunk[1] === 0xff)) {
    throw new JurorError('data', 'expected UTF-8, got UTF-16', { place: { file: path } });
  }
  return chunk;
}

/** What the operating system said about a file, as a JurorError `data`; a JurorError passes. */
export function fileError(error: unknown, path: string): unknown {
  if (JurorError.isInstance(error)) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  if (code === undefined) return error;
  const got: Readonly<Record<string, string>> = {
    ENOENT: 'none at this path',
    EISDIR: 'a folder',
    EACCES: 'one without permission',
    EPERM: 'one without permission',
    ENOSPC: 'a full disk',
  };
  return new JurorError('data', `expected a usable file, got ${got[code] ?? code}`, {
    place: { file: path },
    cause: error,
  });
}

/** Whether containers are nested more than `deepestRow` deep. Iterative: a hostile row must not overflow the stack. */
export function isDeeper(value: object): boolean {
  let level: object[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > deepestRow) return true;
    level = level.flatMap((container) =>
      Object.values(container).filter((item) => typeof item === 'object' && item !== null),
    );
  }
  return false;
}
