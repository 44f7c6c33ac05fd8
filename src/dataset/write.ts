/** Rows to files: written beside the file they replace, and put in its place only when they are whole and on the disk. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { JurorError } from '../errors.ts';
import { guardCell } from './csv.ts';
import { fileError, formatOf, readBytes } from './files.ts';
import { readJsonLines } from './json.ts';
import { type ColumnType, encodeParquet, typeOf, widen } from './parquet-columns.ts';

/** Bytes gathered before they are written. */
const batchBytes = 256 * 1024;

/**
 * Writes rows of plain JSON data to a `.jsonl`, `.csv` or `.parquet` file and returns how many there were. The file appears
 * whole or not at all: a temporary file in the same folder is synced and renamed. Rows are drawn as fast as the disk takes them.
 *
 * CSV and Parquet have the columns of all rows, in the order of their first appearance (the rows wait in a second temporary
 * file until all are known). In CSV, text that a spreadsheet would run gets an apostrophe, which `readRows` takes off;
 * lists and objects are JSON. In Parquet, lists of texts, numbers or like objects are lists; whatever else varies is JSON.
 * Throws JurorError `data`, naming row and field, for what the format cannot hold (NaN; in CSV, lone surrogates).
 */
export async function writeRows(
  path: string,
  rows: AsyncIterable<object> | Iterable<object>,
): Promise<number> {
  const format = formatOf(path);
  if (format === 'json') {
    throw new JurorError('data', 'expected .jsonl, .csv or .parquet to write to, got .json', {
      place: { file: path },
    });
  }
  let count = 0;
  const counted = (columns?: Map<string, ColumnType>) =>
    jsonLines(path, rows, columns, () => {
      count++;
    });
  if (format === 'jsonl') {
    await replaceFile(path, async (handle) => writeAll(handle, counted()));
    return count;
  }
  const spool = temporaryName(path);
  try {
    const columns = new Map<string, ColumnType>();
    const handle = await openNew(spool, path);
    try {
      await writeAll(handle, counted(columns));
    } finally {
      await handle.close();
    }
    const spooled = readJsonLines(readBytes(spool), path, (error) => {
      throw error;
    });
    await replaceFile(path, async (target) =>
      writeAll(
        target,
        format === 'csv' ? csv(path, spooled, [...columns.keys()]) : encodeParquet(path, spooled, columns),
      ),
    );
    return count;
  } finally {
    await rm(spool, { force: true });
  }
}

/** A name in the same folder, so that a rename cannot cross file systems. */
function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
}

async function openNew(temporary: string, path: string): Promise<FileHandle> {
  try {
    return await open(temporary, 'wx');
  } catch (error) {
    throw fileError(error, path);
  }
}

async function replaceFile(path: string, write: (handle: FileHandle) => Promise<void>): Promise<void> {
  const temporary = temporaryName(path);
  const handle = await openNew(temporary, path);
  try {
    try {
      await write(handle);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw fileError(error, path);
  }
  await syncFolder(dirname(path));
}

/** Makes a rename last. Windows cannot open folders, and needs no such thing. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder).catch(() => undefined);
  if (!handle) return;
  try {
    await handle.sync();
  } catch {
    // Some file systems refuse to sync a folder; the rename is as safe as they make it.
  } finally {
    await handle.close();
  }
}

async function writeAll(handle: FileHandle, pieces: AsyncIterable<string | Uint8Array>): Promise<void> {
  let waiting: Uint8Array[] = [];
  let length = 0;
  for await (const piece of pieces) {
    const bytes = typeof piece === 'string' ? Buffer.from(piece, 'utf8') : piece;
    waiting.push(bytes);
    length += bytes.length;
    if (length < batchBytes) continue;
    await handle.appendFile(Buffer.concat(waiting));
    waiting = [];
    length = 0;
  }
  if (length > 0) await handle.appendFile(Buffer.concat(waiting));
}

async function* jsonLines(
  file: string,
  rows: AsyncIterable<object> | Iterable<object>,
  columns: Map<string, ColumnType> | undefined,
  onRow: () => void,
): AsyncGenerator<string> {
  let line = 0;
  for await (const row of rows) {
    line++;
    const text = rowText(row, file, line);
    if (columns) {
      const plain: Record<string, unknown> = JSON.parse(text);
      for (const [name, value] of Object.entries(plain)) {
        columns.set(name, widen(columns.get(name) ?? 'null', typeOf(value)));
      }
    }
    onRow();
    yield `${text}\n`;
  }
}

/** JSON.stringify would turn NaN into null, which is another value. */
function rowText(row: object, file: string, line: number): string {
  const bad = (field: string, got: string, cause?: unknown) =>
    new JurorError('data', `expected plain JSON data, got ${got}`, {
      place: field ? { file, line, field } : { file, line },
      cause,
    });
  if (Array.isArray(row)) throw bad('', 'a list for a row');
  try {
    return JSON.stringify(row, (key, value: unknown) => {
      if (typeof value === 'number' && !Number.isFinite(value)) throw bad(key, String(value));
      if (typeof value === 'bigint' || typeof value === 'function' || typeof value === 'symbol') {
        throw bad(key, `a ${typeof value}`);
      }
      return value;
    });
  } catch (error) {
    if (JurorError.isInstance(error)) throw error;
    throw bad('', error instanceof RangeError ? 'too much nesting' : 'a cycle', error);
  }
}

async function* csv(
  file: string,
  rows: AsyncIterable<{ readonly row: Readonly<Record<string, unknown>>; readonly line: number }>,
  columns: readonly string[],
): AsyncGenerator<string> {
  if (columns.length === 0) return;
  // A lone empty cell would read as a blank line.
  const options = { quoted_empty: columns.length === 1 };
  const cell = (name: string, value: unknown, line: number): string => {
    if (value === null || value === undefined) return '';
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    if (!text.isWellFormed()) {
      throw new JurorError(
        'data',
        'expected text that UTF-8 can hold, got a lone surrogate; write .jsonl instead',
        {
          place: { file, line, field: name },
        },
      );
    }
    return typeof value === 'string' ? guardCell(text) : text;
  };
  yield stringify([columns.map((name) => cell(name, name, 1))], options);
  for await (const { row, line } of rows) {
    const value = (name: string) => (Object.hasOwn(row, name) ? row[name] : undefined);
    yield stringify([columns.map((name) => cell(name, value(name), line))], options);
  }
}
