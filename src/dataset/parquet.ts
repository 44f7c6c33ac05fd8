/** Rows of Parquet, one row group in memory at a time. */
import { type FileHandle, open } from 'node:fs/promises';
import * as zlib from 'node:zlib';
import {
  type AsyncBuffer,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetRead,
} from 'hyparquet';
import { JurorError } from '../errors.ts';
import { type DataRow, deepestRow, fileError, type ReportRow } from './files.ts';

const compressors: Compressors = {
  GZIP: (input) => zlib.gunzipSync(input),
  BROTLI: (input) => zlib.brotliDecompressSync(input),
  // Since Node 22.15.
  ...('zstdDecompressSync' in zlib ? { ZSTD: (input: Uint8Array) => zlib.zstdDecompressSync(input) } : {}),
};

/** Stands for text that is not UTF-8 until its row and field are known. */
const invalidText = Symbol('invalid text');
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of bytes, or the mark of text that has none. */
function decode(bytes: Uint8Array | undefined): unknown {
  try {
    return bytes && decoder.decode(bytes);
  } catch {
    return invalidText;
  }
}

const parsers = {
  stringFromBytes: decode,
  jsonFromBytes: (bytes: Uint8Array | undefined) => {
    const text = decode(bytes);
    try {
      return typeof text === 'string' ? JSON.parse(text) : text;
    } catch {
      return invalidText;
    }
  },
};

/**
 * Rows of a Parquet file as plain JSON data: 64-bit integers become numbers where they fit and text where not, times
 * become ISO text, bytes become base64. Null and NaN mean that there is no value. Memory is that of one row group.
 */
export async function* readParquet(path: string, report: ReportRow): AsyncGenerator<DataRow> {
  let handle: FileHandle;
  try {
    handle = await open(path);
  } catch (error) {
    throw fileError(error, path);
  }
  try {
    const file = await asyncBuffer(handle);
    const metadata = await readMetadata(file, path);
    const names = columnNames(metadata, path);
    let start = 0;
    for (const group of metadata.row_groups) {
      const end = start + Number(group.num_rows);
      const rows = await readGroup(file, metadata, names, start, end, path);
      for (const [index, cells] of rows.entries()) {
        const line = start + index + 1;
        const row = plainRow(names, cells, path, line, report);
        if (row) yield { row, line };
      }
      start = end;
    }
  } catch (error) {
    throw fileError(error, path);
  } finally {
    await handle.close();
  }
}

async function asyncBuffer(handle: FileHandle): Promise<AsyncBuffer> {
  const { size } = await handle.stat();
  return {
    byteLength: size,
    slice: async (start, end = size) => {
      const bytes = new Uint8Array(Math.max(0, end - start));
      let filled = 0;
      while (filled < bytes.length) {
        const { bytesRead } = await handle.read(bytes, filled, bytes.length - filled, start + filled);
        if (bytesRead === 0) throw new Error('the file ends early');
        filled += bytesRead;
      }
      return bytes.buffer;
    },
  };
}

async function readMetadata(file: AsyncBuffer, path: string): Promise<FileMetaData> {
  try {
    return await parquetMetadataAsync(file, { geoparquet: false });
  } catch (error) {
    throw broken(error, path);
  }
}

/** Names of the top-level columns, in order. A nested field named `__proto__` would vanish in assembly, so it is refused. */
function columnNames(metadata: FileMetaData, path: string): string[] {
  const names: string[] = [];
  let index = 1;
  const skip = (): void => {
    const element = metadata.schema[index++];
    for (let child = 0; child < (element?.num_children ?? 0); child++) {
      const name = metadata.schema[index]?.name;
      if (name === '__proto__') {
        throw new JurorError('data', 'expected another name for a nested field', {
          place: { file: path, field: name },
        });
      }
      skip();
    }
  };
  while (index < metadata.schema.length) {
    names.push(metadata.schema[index]?.name ?? '');
    skip();
  }
  return names;
}

async function readGroup(
  file: AsyncBuffer,
  metadata: FileMetaData,
  columns: string[],
  rowStart: number,
  rowEnd: number,
  path: string,
): Promise<unknown[][]> {
  if (rowStart === rowEnd) return [];
  let rows: unknown[][] = [];
  try {
    await parquetRead({
      file,
      metadata,
      columns,
      rowStart,
      rowEnd,
      compressors,
      parsers,
      geoparquet: false,
      onComplete: (complete) => {
        rows = complete;
      },
    });
  } catch (error) {
    throw broken(error, path, rowStart + 1);
  }
  return rows;
}

function broken(error: unknown, path: string, line?: number): JurorError {
  const reason = error instanceof Error ? error.message : String(error);
  const codec = /unsupported compression codec: (\w+)/.exec(reason)?.[1];
  const message = codec
    ? `expected compression by ${['SNAPPY', ...Object.keys(compressors)].join(', ')} or none, got ${codec}`
    : `expected a Parquet file, got a broken one: ${reason}`;
  return new JurorError('data', message, {
    place: line === undefined ? { file: path } : { file: path, line },
    cause: error,
  });
}

function plainRow(
  names: readonly string[],
  cells: readonly unknown[],
  file: string,
  line: number,
  report: ReportRow,
): Record<string, unknown> | undefined {
  const entries: [string, unknown][] = [];
  for (const [index, name] of names.entries()) {
    try {
      const value = plain(cells[index]);
      if (value !== null) entries.push([name, value]);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      report(new JurorError('data', message, { place: { file, line, field: name } }));
      return undefined;
    }
  }
  return Object.fromEntries(entries);
}

function plain(value: unknown, depth = 0): unknown {
  if (value === undefined || value === null) return null;
  if (value === invalidText) {
    throw new Error('expected UTF-8 text (or JSON in a JSON column), got invalid bytes');
  }
  if (typeof value === 'bigint') {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  }
  if (Number.isNaN(value)) return null;
  if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) {
    throw new Error(`expected a finite number, got ${value}`);
  }
  if (typeof value !== 'object') return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (depth > deepestRow) throw new Error(`expected at most ${deepestRow} levels of nesting, got more`);
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    return Array.from(value as unknown[], (item) => plain(item, depth + 1));
  }
  if (Object.getPrototypeOf(value) !== Object.prototype) {
    throw new Error('expected another key than "__proto__"');
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, depth + 1)]));
}
