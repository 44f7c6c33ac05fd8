/** Files of preferences: our own record, a line or a row for each. */
import { type DataRow, readRows, writeRows } from '../dataset.ts';
import { JurorError } from '../errors.ts';
import { Preference } from '../schema.ts';

/** Parquet has no null that differs from a missing field. */
const nullable = { orderConsistent: null, agreement: null };

/**
 * Preferences of a `.jsonl` or `.parquet` file, in its order, as a stream. Throws JurorError `data`, with file, line (of Parquet the row)
 * and field, for a row that is no preference.
 */
export async function* readPreferences(file: string): AsyncGenerator<Preference> {
  for await (const row of readRows(file)) yield preferenceIn(row, file);
}

/** The preference that a row holds. */
export function preferenceIn({ row, line }: DataRow, file: string): Preference {
  const { data, error } = Preference.safeParse({ ...(/\.parquet$/i.test(file) ? nullable : {}), ...row });
  if (data) return data;
  const issue = error.issues[0];
  const field = issue?.path.join('.');
  throw new JurorError('data', `expected a preference, got a row of another shape: ${issue?.message}`, {
    place: { file, line, ...(field ? { field } : {}) },
    cause: error,
  });
}

/**
 * Write preferences to a `.jsonl` or `.parquet` file, in their order, as a stream; returns how many. The file is old or new, never a mix,
 * and equal preferences give equal bytes. Throws JurorError `data` for what is no preference.
 */
export async function writePreferences(
  file: string,
  preferences: Iterable<Preference> | AsyncIterable<Preference>,
): Promise<number> {
  return writeRows(file, checked(preferences, file));
}

async function* checked(preferences: Iterable<Preference> | AsyncIterable<Preference>, file: string) {
  let line = 0;
  for await (const preference of preferences) yield preferenceIn({ row: preference, line: ++line }, file);
}
