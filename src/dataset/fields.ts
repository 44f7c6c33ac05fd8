/** The fields of one row, found by any of their names, and what nobody took. */
import { type ErrorPlace, JurorError } from '../errors.ts';

/** A field as the row spells it. */
export interface Field {
  readonly name: string;
  readonly value: unknown;
}

/** A row being recognised. `taken` holds the spelled names of the fields that became part of the sample. */
export interface Fields {
  readonly row: Readonly<Record<string, unknown>>;
  readonly place: ErrorPlace;
  readonly byAlias: ReadonlyMap<string, Field>;
  readonly taken: Set<string>;
}

/** Objects in which rows keep what is about them. */
export const metaNames = ['meta', 'metadata'];

/** Names have one alias, and the rows of a file have the same names. */
const knownAliases = new Map<string, string>();
const mostKnownAliases = 1000;

/** The name by which aliases are compared: without regard to case, `_`, `-` and blanks. */
export function aliasOf(name: string): string {
  const known = knownAliases.get(name);
  if (known !== undefined) return known;
  const alias = name.toLowerCase().replaceAll(/[_\-\s]/g, '');
  if (name.length <= 64 && knownAliases.size < mostKnownAliases) knownAliases.set(name, alias);
  return alias;
}

/** Fields of a row. Null is no value. */
export function fieldsOf(row: Readonly<Record<string, unknown>>, place: ErrorPlace): Fields {
  const byAlias = new Map<string, Field>();
  for (const [name, value] of Object.entries(row)) {
    const alias = aliasOf(name);
    if (value !== null && value !== undefined && !byAlias.has(alias)) byAlias.set(alias, { name, value });
  }
  return { row, place, byAlias, taken: new Set() };
}

/** The first of the aliases that the row has; it is not taken. */
export function find(fields: Fields, aliases: readonly string[]): Field | undefined {
  for (const alias of aliases) {
    const field = fields.byAlias.get(alias);
    if (field) return field;
  }
  return undefined;
}

/** The first of the aliases that the row has; it becomes part of the sample and stays out of the metadata. */
export function take(fields: Fields, aliases: readonly string[]): Field | undefined {
  const field = find(fields, aliases);
  if (field) fields.taken.add(field.name);
  return field;
}

/** Both fields of the first pair of aliases that the row has whole; they are taken. */
export function takePair(
  fields: Fields,
  pairs: readonly (readonly [string, string])[],
): readonly [Field, Field] | undefined {
  for (const [left, right] of pairs) {
    const first = fields.byAlias.get(left);
    const second = fields.byAlias.get(right);
    if (first && second) {
      fields.taken.add(first.name).add(second.name);
      return [first, second];
    }
  }
  return undefined;
}

/** Keeps a field in the metadata as well, for one whose value says more than the sample can hold. */
export function keep(fields: Fields, name: string): void {
  fields.taken.delete(name);
}

/** A row error at a field, given as a dotted path. */
export function unfit(fields: Fields, field: string, message: string): JurorError {
  return new JurorError('data', message, { place: { ...fields.place, field } });
}

/** What a value is, for messages. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value !== 'string') return `${typeof value} ${String(value)}`;
  return value.length > 40 ? `"${value.slice(0, 40)}…"` : `"${value}"`;
}

/** Whether a value is a plain object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
