/** Data files in and out, as streams. The aliases of fields end at this border: what comes out is a Sample. */
import { contentHash } from './canonical.ts';
import { fromCells, withoutEmptyCells } from './dataset/cells.ts';
import { readCsv } from './dataset/csv.ts';
import { type DataFormat, type DataRow, formatOf, type ReportRow, readBytes } from './dataset/files.ts';
import { readJsonLines, readJsonValues } from './dataset/json.ts';
import { completeMtBench, isMtBench, loadMtBench, type MtBench } from './dataset/mt-bench.ts';
import { readParquet } from './dataset/parquet.ts';
import { type Draft, recogniseRow } from './dataset/recognise.ts';
import { type ErrorPlace, JurorError } from './errors.ts';
import type { Sample } from './schema.ts';

export type { DataFormat, DataRow } from './dataset/files.ts';
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
export function readSamples(path: string, options: ReadSamplesOptions = {}): AsyncGenerator<Sample> {
  return readRecognised(path, options, false);
}

async function* readRecognised(
  path: string,
  options: ReadSamplesOptions,
  promptsOnly: boolean,
): AsyncGenerator<Sample> {
  const { limit = Number.POSITIVE_INFINITY } = options;
  if (limit !== Number.POSITIVE_INFINITY && !(Number.isSafeInteger(limit) && limit >= 0)) {
    throw new JurorError('usage', `expected a limit of 0 or more, got ${limit}`, {
      place: { field: 'limit' },
    });
  }
  const report: ReportRow = options.onBadRow ?? rethrow;
  const tabular = (options.format ?? formatOf(path)) === 'csv';
  const ids: Ids = { lines: new Map(), occurrences: new Map() };
  let bench: Promise<MtBench> | undefined;
  let count = 0;
  if (limit === 0) return;
  for await (const { row, line } of readRows(path, options)) {
    const place: ErrorPlace = { file: path, line };
    let sample: Sample;
    try {
      if (isMtBench(row)) {
        bench ??= loadMtBench(path, readRows);
        const whole = completeMtBench(row, await bench, place);
        sample = identify(recogniseRow(whole, place, { promptsOnly }), ids, place, line);
      } else {
        const draft = tabular
          ? recogniseCells(row, place, promptsOnly)
          : recogniseRow(row, place, { promptsOnly });
        sample = identify(draft, ids, place, line);
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

function rethrow(error: JurorError): never {
  throw error;
}

/** A prompt, and what its row says besides: a sample without answers. */
export type PromptRow = Omit<Sample, 'responses' | 'annotations'>;

/**
 * Prompts of a data file, in its order: as {@link readSamples}, but a row needs no answer. Answers that it has are left out, and so is
 * what they were labelled with where it names one of them.
 */
export async function* readPrompts(
  path: string,
  options: ReadSamplesOptions = {},
): AsyncGenerator<PromptRow> {
  for await (const sample of readRecognised(path, options, true)) {
    const { responses, annotations: _ofAnswers, label, ...row } = sample;
    const ofAnswer = typeof label === 'string' && responses.some(({ id }) => id === label);
    yield { ...row, ...(label === undefined || ofAnswer ? {} : { label }) };
  }
}

/** A row of a table, whose cells are all text. */
function recogniseCells(
  row: Readonly<Record<string, unknown>>,
  place: ErrorPlace,
  promptsOnly: boolean,
): Draft {
  const cells = fromCells(row);
  return recogniseRow(withoutEmptyCells(cells), place, { whole: cells, promptsOnly });
}

/** The ids of a file so far. */
interface Ids {
  readonly lines: Map<string, number>;
  /** How often a made id was needed, from the second time. */
  readonly occurrences: Map<string, number>;
}

/** Gives a sample its id and refuses one that another line has. */
function identify(draft: Draft, { lines, occurrences }: Ids, place: ErrorPlace, line: number): Sample {
  const { id: given, ...content } = draft;
  if (given !== undefined) {
    const other = lines.get(given);
    if (other !== undefined) {
      throw new JurorError('data', `expected an id of its own, got "${given}" as on line ${other}`, {
        place: { ...place, field: 'id' },
      });
    }
    lines.set(given, line);
    return { id: given, ...content };
  }
  const base = contentHash(content).slice(0, 16);
  let id = base;
  for (let occurrence = occurrences.get(base) ?? 2; lines.has(id); occurrence++) {
    id = `${base}-${occurrence}`;
    occurrences.set(base, occurrence);
  }
  lines.set(id, line);
  return { id, ...content };
}
