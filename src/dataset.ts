/** Data files in and out, as streams. The aliases of fields end at this border: what comes out is a Sample. */
import { fromCells, withoutEmptyCells } from './dataset/cells.ts';
import { readCsv } from './dataset/csv.ts';
import { type DataFormat, type DataRow, formatOf, type ReportRow, readBytes } from './dataset/files.ts';
import { identify, newIds } from './dataset/identify.ts';
import { readJsonLines, readJsonValues } from './dataset/json.ts';
import { completeMtBench, isMtBench, loadMtBench, type MtBench } from './dataset/mt-bench.ts';
import { readParquet } from './dataset/parquet.ts';
import { type PromptRow, recognisePrompt } from './dataset/prompts.ts';
import { type Draft, recogniseRow } from './dataset/recognise.ts';
import { type ErrorPlace, JurorError } from './errors.ts';
import type { Sample } from './schema.ts';

export type { DataFormat, DataRow } from './dataset/files.ts';
export type { PromptRow } from './dataset/prompts.ts';
export { writeRows } from './dataset/write.ts';

/** Options of `readRows`. */
export interface ReadRowsOptions {
  /** Default: by the ending of the file's name. */
  readonly format?: DataFormat;
  /** Told of each row that cannot be used; reading goes on. Default: the first one is thrown. */
  readonly onBadRow?: (error: JurorError) => void;
}

/** Options of `readSamples`. */
export interface ReadSamplesOptions extends ReadRowsOptions {
  /** Most samples to read. Default: all. */
  readonly limit?: number;
}

/**
 * Rows of a JSON Lines, JSON, CSV or Parquet file as they stand there, with their places. Streams: memory is that of
 * one row, for Parquet of one row group. Throws JurorError `data` for a file that cannot be read.
 */
export async function* readRows(path: string, options: ReadRowsOptions = {}): AsyncGenerator<DataRow> {
  const report: ReportRow = options.onBadRow ?? rethrow;
  const format = options.format ?? formatOf(path);
  if (format === 'parquet') yield* readParquet(path, report);
  else if (format === 'csv') yield* readCsv(readBytes(path), path, report);
  else if (format === 'json') yield* readJsonValues(readBytes(path), path, report);
  else yield* readJsonLines(readBytes(path), path, report);
}

/**
 * Samples of a data file, in its order. Rows are recognised by their fields (`docs/data.md` lists shapes and aliases);
 * fields with no place in a sample go to its metadata. A row without an id gets one made from its content, so that another
 * order of rows changes nothing; the second of two equal rows gets `-2`. An id that is given twice is an error that names both
 * lines. Only ids are remembered from row to row.
 */
export async function* readSamples(path: string, options: ReadSamplesOptions = {}): AsyncGenerator<Sample> {
  const limit = limitOf(options);
  const report: ReportRow = options.onBadRow ?? rethrow;
  const tabular = (options.format ?? formatOf(path)) === 'csv';
  const ids = newIds();
  let bench: Promise<MtBench> | undefined;
  let count = 0;
  if (limit === 0) return;
  for await (const { row, line } of readRows(path, options)) {
    const place: ErrorPlace = { file: path, line };
    let sample: Sample;
    try {
      if (isMtBench(row)) {
        bench ??= loadMtBench(path, readRows);
        sample = identify(recogniseRow(completeMtBench(row, await bench, place), place), ids, place, line);
      } else {
        sample = identify(tabular ? recogniseCells(row, place) : recogniseRow(row, place), ids, place, line);
      }
    } catch (error) {
      if (!JurorError.isInstance(error)) throw error;
      // What content cannot be hashed, such as 1e999, is told without a place.
      const { file } = error.place;
      report(file ? error : new JurorError('data', error.message, { place, cause: error }));
      continue;
    }
    yield sample;
    count++;
    if (count >= limit) return;
  }
}

/**
 * Samples of JSON rows that are read elsewhere, in the file's order: what {@link readSamples} makes of them, except that an id may be given
 * twice. Undefined for a row that needs other files, as MT-Bench's do. Throws JurorError `data` for one that it would refuse.
 */
export function createRowReader(path: string): (row: DataRow['row'], line: number) => Sample | undefined {
  const made = newIds();
  return (row, line) => {
    if (isMtBench(row)) return undefined;
    const place: ErrorPlace = { file: path, line };
    const draft = recogniseRow(row, place);
    const { id } = draft;
    return id === undefined ? identify(draft, made, place, line) : { ...draft, id };
  };
}

/** The sample of one JSON row whose id is known. Throws JurorError `data` for a row that is none. */
export function sampleOfRow(row: DataRow['row'], id: string, place: ErrorPlace): Sample {
  return { ...recogniseRow(row, place), id };
}

/**
 * Prompts of a data file, in its order, of rows with or without answers: answers, labels and votes are left out. Ids are given and
 * made as by {@link readSamples}. Throws JurorError `data` for a file that cannot be read.
 */
export async function* readPrompts(
  path: string,
  options: ReadSamplesOptions = {},
): AsyncGenerator<PromptRow> {
  const limit = limitOf(options);
  const report: ReportRow = options.onBadRow ?? rethrow;
  const tabular = (options.format ?? formatOf(path)) === 'csv';
  const ids = newIds();
  let count = 0;
  if (limit === 0) return;
  for await (const { row, line } of readRows(path, options)) {
    const place: ErrorPlace = { file: path, line };
    let prompt: PromptRow;
    try {
      const cells = tabular ? withoutEmptyCells(fromCells(row)) : row;
      prompt = identify(recognisePrompt(cells, place), ids, place, line);
    } catch (error) {
      if (!JurorError.isInstance(error)) throw error;
      report(error.place.file ? error : new JurorError('data', error.message, { place, cause: error }));
      continue;
    }
    yield prompt;
    count++;
    if (count >= limit) return;
  }
}

function limitOf({ limit = Number.POSITIVE_INFINITY }: ReadSamplesOptions): number {
  if (limit === Number.POSITIVE_INFINITY || (Number.isSafeInteger(limit) && limit >= 0)) return limit;
  throw new JurorError('usage', `expected a limit of 0 or more, got ${limit}`, { place: { field: 'limit' } });
}

function rethrow(error: JurorError): never {
  throw error;
}

/** A row of a table, whose cells are all text. */
function recogniseCells(row: Readonly<Record<string, unknown>>, place: ErrorPlace): Draft {
  const cells = fromCells(row);
  return recogniseRow(withoutEmptyCells(cells), place, cells);
}
