/** How a format is written. */
import { JurorError } from '../errors.ts';
import type { JudgedRow, JudgedRun } from './judged.ts';

/** What a writer is told. */
export interface Writing {
  readonly run: JudgedRun;
  readonly rows: AsyncIterable<JudgedRow>;
  /** The model that others are compared with. */
  readonly baseline: string | undefined;
  /** Told of each verdict that the format cannot hold. */
  readonly lose: (reason: string) => void;
}

/** A format that verdicts are written in. */
export interface Writer {
  /** Endings that its files may have. */
  readonly endings: readonly string[];
  /** The run's modes that it can hold. */
  readonly modes: readonly JudgedRun['mode'][];
  /** Whether the texts have to be at hand. */
  readonly needsData: boolean;
  /** What no file of this format can hold. */
  readonly loses: readonly string[];
  /** Pieces of the file's text. */
  write(writing: Writing, ending: string): AsyncGenerator<string>;
}

/** A row as a line of JSON Lines. */
export function jsonLine(row: object): string {
  return `${JSON.stringify(row)}\n`;
}

/** Rows as a JSON array, one element a line. */
export async function* jsonArray(rows: AsyncIterable<object>, indent = ''): AsyncGenerator<string> {
  let before = '[';
  for await (const row of rows) {
    yield `${before}\n${indent}${JSON.stringify(row)}`;
    before = ',';
  }
  yield before === '[' ? '[]' : `\n${indent.slice(2)}]`;
}

/** Rows as their ending says: JSON Lines, or a JSON array. */
export async function* rowsAs(ending: string, rows: AsyncIterable<object>): AsyncGenerator<string> {
  if (ending === '.json') {
    yield* jsonArray(rows);
    yield '\n';
  } else for await (const row of rows) yield jsonLine(row);
}

/** What must be there. Throws JurorError `data` naming the sample where it is not. */
export function required<Value>(value: Value | undefined, sampleId: string, what: string): Value {
  if (value !== undefined) return value;
  throw new JurorError('data', `sample '${sampleId}': expected ${what}, got none`);
}
