/** Texts of judged samples, found in the data: a run holds only their digests. */
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { formatOf } from '../dataset/files.ts';
import { createRowReader, sampleOfRow } from '../dataset.ts';
import { JurorError } from '../errors.ts';
import { openSampleBook } from '../preference/sample-book.ts';
import type { Sample } from '../schema.ts';
import type { SampleTable } from './index-columns.ts';
import { readText, scanLines } from './index-scan.ts';

/** Samples of one source of data, by their number in the folder's table. */
export interface Texts extends AsyncDisposable {
  /** Whether they are at hand; else why not. */
  readonly state: true | string;
  /** The sample of a number; undefined where the data lack it or no longer have it. */
  find(sample: number): Promise<Sample | undefined>;
  /** Every wanted sample once, in the order of the data. Throws JurorError `aborted` when the signal fires. */
  scan(
    visit: (sample: number, content: Sample) => void,
    wanted: (sample: number) => boolean,
    signal: AbortSignal,
  ): Promise<void>;
}

/** Where an item's sample is to be found. */
export interface TextTarget {
  readonly samples: SampleTable;
  readonly source: number;
  /** Told of each sample that an item has, in the order of the data. */
  readonly visit: (sample: number, content: Sample) => void;
}

/** More rows than a file has. */
const filePlaces = 2 ** 32;

/** Note where a sample is; false where a row before has its id, which is then the one that was judged. */
type Keep = (sample: number, row: number) => boolean;

/** Places in one file of JSON lines. */
interface Lines {
  readonly kind: 'lines';
  readonly file: string;
  readonly handle: FileHandle;
  /** Offset, length and sample of each row that is wanted. */
  readonly offsets: number[];
  readonly lengths: number[];
  readonly rows: number[];
}

/** A file of another format, whose rows have no places. */
interface Book {
  readonly kind: 'book';
  readonly file: string;
  readonly book: Awaited<ReturnType<typeof openSampleBook>>;
}

/**
 * Look through the data for the samples of items: JSON Lines are kept as places in the file, other formats as a copy on the disk.
 * A sample that two files have is taken from the later one. A file that cannot be read is told in `state`, never thrown.
 */
export async function openTexts(files: readonly string[], target: TextTarget): Promise<Texts> {
  const opened: (Lines | Book)[] = [];
  const missing: string[] = [];
  /** Sample → file × {@link filePlaces} + place in it. */
  const places = new Map<number, number>();
  for (const [number, file] of files.entries()) {
    try {
      opened[number] = await openFile(file, target, (sample, row) => {
        if ((places.get(sample) ?? -1) >= number * filePlaces) return false;
        places.set(sample, number * filePlaces + row);
        return true;
      });
    } catch (error) {
      if (!isMissing(error)) {
        await closeAll(opened);
        throw error;
      }
      missing.push(messageOf(error, file));
    }
  }
  const placeOf = (sample: number) => {
    const place = places.get(sample);
    return place === undefined
      ? undefined
      : { part: opened[Math.floor(place / filePlaces)], row: place % filePlaces, place };
  };
  return {
    state: stateOf(files, missing, places.size, target),
    async find(sample) {
      const found = placeOf(sample);
      if (found?.part === undefined) return undefined;
      const id = target.samples.idOf(sample);
      if (found.part.kind === 'book') return found.part.book.find(id);
      const { handle, offsets, lengths, file } = found.part;
      const text = await readText(handle, offsets[found.row] ?? 0, lengths[found.row] ?? 0).catch(() => '');
      return parsedSample(text, id, file);
    },
    async scan(visit, wanted, signal) {
      for (const [number, part] of opened.entries()) {
        if (part === undefined) continue;
        const isHere = (sample: number, row: number) =>
          places.get(sample) === number * filePlaces + row && wanted(sample);
        if (part.kind === 'book') await scanBook(part, target, isHere, visit, signal);
        else await scanFile(part, target, isHere, visit, signal);
      }
    },
    [Symbol.asyncDispose]: () => closeAll(opened),
  };
}

async function openFile(file: string, target: TextTarget, keep: Keep): Promise<Lines | Book> {
  return (
    (formatOf(file) === 'jsonl' ? await openLines(file, target, keep) : undefined) ??
    openBook(file, target, keep)
  );
}

/** Undefined for rows that need other files: MT-Bench's. */
async function openLines(
  file: string,
  { samples, source, visit }: TextTarget,
  keep: Keep,
): Promise<Lines | undefined> {
  const handle = await open(file, 'r');
  const lines: Lines = { kind: 'lines', file, handle, offsets: [], lengths: [], rows: [] };
  const read = createRowReader(file);
  let line = 0;
  let isBench = false;
  try {
    await scanLines(handle, (bytes, offset) => {
      line++;
      if (isBench) return;
      const sample = readRow(() => read(JSON.parse(bytes.toString('utf8')), line));
      isBench = sample === undefined;
      if (!sample) return;
      const number = samples.find(source, sample.id);
      if (number === undefined || !keep(number, lines.rows.length)) return;
      lines.offsets.push(offset);
      lines.lengths.push(bytes.length);
      lines.rows.push(number);
      visit(number, sample);
    });
  } catch (error) {
    await handle.close();
    throw error;
  }
  if (!isBench) return lines;
  await handle.close();
  return undefined;
}

/** Null for a row that is no sample: whoever judged was told. */
function readRow(read: () => Sample | undefined): Sample | null | undefined {
  try {
    return read();
  } catch (error) {
    if (JurorError.isInstance(error) || error instanceof SyntaxError || error instanceof TypeError)
      return null;
    throw error;
  }
}

async function openBook(file: string, { samples, source, visit }: TextTarget, keep: Keep): Promise<Book> {
  const book = await openSampleBook([file], { onBadRow: () => {} });
  let row = 0;
  for (const sample of book.samples(file)) {
    const number = samples.find(source, sample.id);
    if (number === undefined) continue;
    keep(number, row++);
    visit(number, sample);
  }
  return { kind: 'book', file, book };
}

async function scanFile(
  { file, handle, offsets, rows }: Lines,
  { samples }: TextTarget,
  isHere: (sample: number, row: number) => boolean,
  visit: (sample: number, content: Sample) => void,
  signal: AbortSignal,
): Promise<void> {
  let row = 0;
  await scanLines(
    handle,
    (bytes, offset) => {
      if (offset !== offsets[row]) return;
      const sample = rows[row] ?? 0;
      if (isHere(sample, row)) {
        const content = parsedSample(bytes.toString('utf8'), samples.idOf(sample), file);
        if (content) visit(sample, content);
      }
      row++;
    },
    { signal },
  );
}

/** Rows of a book between two looks at the signal. */
const bookPage = 500;

async function scanBook(
  { book, file }: Book,
  { samples, source }: TextTarget,
  isHere: (sample: number, row: number) => boolean,
  visit: (sample: number, content: Sample) => void,
  signal: AbortSignal,
): Promise<void> {
  let row = 0;
  let seen = 0;
  for (const content of book.samples(file)) {
    const sample = samples.find(source, content.id);
    if (sample !== undefined && isHere(sample, row++)) visit(sample, content);
    if (++seen % bookPage !== 0) continue;
    await new Promise(setImmediate);
    if (signal.aborted) throw new JurorError('aborted', 'nobody waits for it any more');
  }
}

function parsedSample(text: string, id: string, file: string): Sample | undefined {
  return readRow(() => sampleOfRow(JSON.parse(text), id, { file })) ?? undefined;
}

function stateOf(
  files: readonly string[],
  missing: readonly string[],
  found: number,
  { samples, source }: TextTarget,
): true | string {
  const what = 'give the judged file with --data FILE';
  if (files.length === 0) return `this run does not say which data it judged; ${what}`;
  if (missing.length > 0) return `${missing.join('; ')}; ${what}`;
  let lacking = 0;
  for (let sample = 0; sample < samples.size; sample++) if (samples.sourceOf(sample) === source) lacking++;
  lacking -= found;
  if (lacking === 0) return true;
  return `${files.map((file) => basename(file)).join(', ')}: ${lacking} of the judged samples are not in there; ${what}`;
}

function isMissing(error: unknown): boolean {
  return JurorError.isInstance(error) || (error instanceof Error && 'syscall' in error);
}

function messageOf(error: unknown, file: string): string {
  if (JurorError.isInstance(error)) return error.message;
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' ? `${file}: there is no such file` : `${file}: it cannot be read (${code})`;
}

async function closeAll(opened: readonly (Lines | Book | undefined)[]): Promise<void> {
  for (const part of opened) {
    if (part?.kind === 'lines') await part.handle.close();
    if (part?.kind === 'book') part.book[Symbol.dispose]();
  }
}
