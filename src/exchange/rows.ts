/** What the files of other tools become before they are samples: rows in juror's own words, each with its place. */
import { identify, newIds } from '../dataset/identify.ts';
import { type PromptRow, recognisePrompt } from '../dataset/prompts.ts';
import { recogniseRow } from '../dataset/recognise.ts';
import { type ErrorPlace, JurorError } from '../errors.ts';
import type { Sample } from '../schema.ts';

/** Fields of a row of some file. */
export type Row = Readonly<Record<string, unknown>>;

/** A row with fields that `docs/data.md` knows, and where it came from. */
export interface PlacedRow {
  readonly row: Row;
  readonly place: ErrorPlace;
  /** It asks and has no answer: a question, a test. */
  readonly asks?: boolean;
}

/** Told of what cannot be used. Returns to go on, throws to stop. */
export type Report = (error: JurorError) => void;

/** How a reader of one format is asked. */
export interface Reading {
  readonly report: Report;
  /** The model that others were compared with, where the file does not say. */
  readonly baseline?: string | undefined;
}

/** Reads the rows of one format. */
export type Reader = (path: string, reading: Reading) => AsyncGenerator<PlacedRow>;

/** Samples of rows, and prompts of those that only ask. Ids are given and made as by `readSamples`. */
export async function* samplesOf(
  rows: AsyncIterable<PlacedRow>,
  report: Report,
): AsyncGenerator<Sample | PromptRow> {
  const ids = newIds();
  for await (const { row, place, asks } of rows) {
    let made: Sample | PromptRow;
    try {
      const line = place.line ?? 0;
      made = asks
        ? identify(recognisePrompt(row, place), ids, place, line)
        : identify(recogniseRow(row, place), ids, place, line);
    } catch (error) {
      if (!JurorError.isInstance(error)) throw error;
      report(error.place.file ? error : new JurorError('data', error.message, { place, cause: error }));
      continue;
    }
    yield made;
  }
}

/** Without the fields that are undefined or null. */
export function given(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined && value !== null));
}

/** Without these fields. */
export function without(row: Row, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name)));
}

/** A row error at a field; within the member of an archive, where that is the place. */
export function unfitRow(place: ErrorPlace, field: string, message: string): JurorError {
  const within = place.field === undefined ? field : `${place.field}: ${field}`;
  return new JurorError('data', message, { place: { ...place, field: within } });
}

/** Text of a field; undefined for anything else. */
export function textIn(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Names of judges, which some tools give as a list of model and prompt. */
export function nameIn(value: unknown): string | undefined {
  const words = (Array.isArray(value) ? value : [value]).filter(
    (word): word is string | number => (typeof word === 'string' && word !== '') || typeof word === 'number',
  );
  return words.length === 0 ? undefined : words.join(' ').slice(0, 256);
}

/** One vote under a name, as a row's `annotations`; nothing where there is no label. */
export function voteOf(annotator: string | undefined, label: unknown): { annotations?: unknown[] } {
  if (label === undefined || label === null) return {};
  return { annotations: [annotator === undefined ? { label } : { annotator, label }] };
}

/** Report what is wrong with a row; any other error is thrown. */
export function reportRow(report: Report, error: unknown): void {
  if (!JurorError.isInstance(error)) throw error;
  report(error);
}
