/** JSON Schema to what a grammar can hold a model to. */
import { JurorError } from '../errors.ts';

type Scalar = string | number | boolean | null;

/** A JSON schema that a grammar holds whole: every text it lets through is a value of it, with every property written. */
export type GrammarSchema = (
  | { readonly const: Scalar }
  | { readonly enum: readonly Scalar[] }
  | { readonly oneOf: readonly GrammarSchema[] }
  | { readonly $ref: string }
  | { readonly type: string | readonly string[] }
  | { readonly type: 'string'; readonly minLength?: number; readonly maxLength?: number }
  | { readonly type: 'string'; readonly format: string }
  | {
      readonly type: 'object';
      readonly properties: Readonly<Record<string, GrammarSchema>>;
      readonly additionalProperties: false | GrammarSchema;
      readonly minProperties?: number;
      readonly maxProperties?: number;
    }
  | {
      readonly type: 'array';
      readonly items?: GrammarSchema;
      readonly prefixItems?: readonly GrammarSchema[];
      readonly minItems?: number;
      readonly maxItems?: number;
    }
) & { readonly $defs?: Readonly<Record<string, GrammarSchema>> };

/** A schema for a grammar, and what the grammar does not hold. */
export interface GrammarForm {
  readonly schema: GrammarSchema;
  /** Constraints to be checked afterwards, as `path: keyword`. */
  readonly unheld: readonly string[];
}

type Json = Readonly<Record<string, unknown>>;
/** Value of a keyword where it is of this kind; the grammar then holds the keyword. */
type Hold = <Value>(keyword: string, is: (value: unknown) => value is Value) => Value | undefined;

/** Integers within bounds become a list up to so many. */
const longestRange = 256;
const scalarTypes = ['string', 'number', 'integer', 'boolean', 'null'];
const heldFormats = ['date', 'time', 'date-time'];
/** Keywords that constrain nothing; `required`, because every property is written. */
const describing = new Set([
  ...['title', 'description', 'default', 'examples', 'deprecated', 'readOnly', 'writeOnly'],
  ...['$schema', '$id', 'id', '$comment', '$defs', 'definitions', 'required'],
]);
const conditional = new Set([
  ...['not', 'if', 'then', 'else', 'contains', 'patternProperties', 'dependentSchemas', 'dependentRequired'],
  ...['unevaluatedProperties', 'unevaluatedItems', '$dynamicRef', '$recursiveRef'],
]);

/**
 * Turn a JSON schema (draft 2020-12 or 7) into one for a grammar. Throws JurorError `usage`, with the path of the field, for a form that
 * no grammar holds: any value at all, conditions, exclusions.
 */
export function grammarForm(root: unknown): GrammarForm {
  const unheld: string[] = [];
  const convert = (schema: unknown, path: readonly string[]): GrammarSchema => {
    if (!isJson(schema)) throw refused(path, `a schema, got ${JSON.stringify(schema)}`);
    const held = new Set<string>();
    const hold: Hold = (keyword, is) => {
      const value = schema[keyword];
      if (!is(value)) return undefined;
      held.add(keyword);
      return value;
    };
    const converted = convertHeld(schema, hold, path, convert);
    for (const keyword of Object.keys(schema))
      if (!held.has(keyword) && !describing.has(keyword)) unheld.push(`${nameOf(path)}: ${keyword}`);
    return converted;
  };
  const schema = convert(root, []);
  const definitions = ['definitions', '$defs'].flatMap((keyword) =>
    Object.entries((root as Record<string, Json | undefined>)[keyword] ?? {}),
  );
  if (definitions.length === 0) return { schema, unheld };
  const named = definitions.map(([name, definition]) => [name, convert(definition, [name])] as const);
  return { schema: { ...schema, $defs: Object.fromEntries(named) }, unheld };
}

type Convert = (schema: unknown, path: readonly string[]) => GrammarSchema;

function convertHeld(schema: Json, hold: Hold, path: readonly string[], convert: Convert): GrammarSchema {
  const condition = Object.keys(schema).find((keyword) => conditional.has(keyword));
  if (condition !== undefined) throw refused(path, `a form that a grammar holds, got '${condition}'`);
  const reference = hold('$ref', isString);
  if (reference !== undefined) {
    const name = /^#\/(?:\$defs|definitions)\/([^/]+)$/.exec(reference)?.[1];
    if (name === undefined) throw refused(path, `a reference to one of $defs, got '${reference}'`);
    return { $ref: `#/$defs/${name}` };
  }
  const all = hold('allOf', isList);
  if (all?.length === 1) return convert(all[0], path);
  if (all !== undefined) throw refused(path, "a form that a grammar holds, got 'allOf'");
  const choices = hold('anyOf', isList) ?? hold('oneOf', isList);
  if (choices !== undefined) return { oneOf: choices.map((choice) => convert(choice, path)) };
  const values = hold('const', isScalar) === undefined ? hold('enum', isScalars) : [schema.const as Scalar];
  const types = hold('type', isTypes);
  if (values !== undefined) return { enum: values };
  const type = typeof types === 'string' || types?.length !== 1 ? types : types[0];
  if (Array.isArray(type) && type.every((one) => scalarTypes.includes(one))) return { type };
  if (type === 'string') return convertText(hold);
  if (type === 'integer') return convertInteger(schema, hold);
  if (type === 'object') return convertObject(hold, path, convert);
  if (type === 'array') return convertArray(hold, path, convert);
  if (typeof type === 'string' && scalarTypes.includes(type)) return { type };
  throw refused(path, `one known type, got ${JSON.stringify(schema)}`);
}

function convertText(hold: Hold): GrammarSchema {
  const format = hold('format', (value): value is string => heldFormats.includes(String(value)));
  return format === undefined
    ? { type: 'string', ...bounds(hold, 'minLength', 'maxLength') }
    : { type: 'string', format };
}

/** A few integers are listed; bounds as wide as a double's whole numbers are none. */
function convertInteger(schema: Json, hold: Hold): GrammarSchema {
  const bound = (keyword: string, beyond: number): number[] =>
    isNumber(schema[keyword]) ? [schema[keyword] + beyond] : [];
  const low = Math.ceil(Math.max(...bound('minimum', 0), ...bound('exclusiveMinimum', 1)));
  const high = Math.floor(Math.min(...bound('maximum', 0), ...bound('exclusiveMaximum', -1)));
  const keywords = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'];
  if (Number.isFinite(low) && high >= low && high - low < longestRange) {
    for (const keyword of keywords) hold(keyword, isNumber);
    return { enum: Array.from({ length: high - low + 1 }, (_, index) => low + index) };
  }
  for (const keyword of keywords)
    hold(keyword, (value): value is number => isNumber(value) && Math.abs(value) >= Number.MAX_SAFE_INTEGER);
  return { type: 'integer' };
}

/** What else an object may have, where nothing is said of it, is left out. */
function convertObject(hold: Hold, path: readonly string[], convert: Convert): GrammarSchema {
  const properties = Object.entries(hold('properties', isJson) ?? {});
  const more = hold('additionalProperties', isJson);
  if (more === undefined) hold('additionalProperties', isBoolean);
  hold(
    'propertyNames',
    (value): value is Json => isJson(value) && JSON.stringify(value) === '{"type":"string"}',
  );
  return {
    type: 'object',
    properties: Object.fromEntries(
      properties.map(([name, value]) => [name, convert(value, [...path, name])]),
    ),
    ...(more === undefined
      ? { additionalProperties: false }
      : {
          additionalProperties: convert(more, [...path, '*']),
          ...bounds(hold, 'minProperties', 'maxProperties'),
        }),
  };
}

/** What may follow the first items, where nothing is said of it, is left out. */
function convertArray(hold: Hold, path: readonly string[], convert: Convert): GrammarSchema {
  const first = hold('prefixItems', isList) ?? hold('items', isList);
  const rest = hold('items', isJson) ?? hold('additionalItems', isJson);
  hold('items', isBoolean);
  hold('additionalItems', isBoolean);
  const prefixItems = first?.map((item, index) => convert(item, [...path, String(index)]));
  if (rest !== undefined)
    return {
      type: 'array',
      ...(prefixItems === undefined ? {} : { prefixItems }),
      items: convert(rest, [...path, '*']),
      ...bounds(hold, 'minItems', 'maxItems'),
    };
  if (prefixItems === undefined) throw refused(path, 'items of a type, got an array of anything');
  const { length } = prefixItems;
  hold('minItems', (value): value is number => isNumber(value) && value <= length);
  hold('maxItems', (value): value is number => isNumber(value) && value >= length);
  return { type: 'array', prefixItems, minItems: length, maxItems: length };
}

function bounds(hold: Hold, low: string, high: string): Record<string, number> {
  const values = [low, high].map((keyword) => [keyword, hold(keyword, isNumber)] as const);
  return Object.fromEntries(
    values.flatMap(([keyword, value]) => (value === undefined ? [] : [[keyword, value]])),
  );
}

function nameOf(path: readonly string[]): string {
  return path.length > 0 ? path.join('.') : 'schema';
}

function refused(path: readonly string[], expectation: string): JurorError {
  return new JurorError('usage', `expected ${expectation}`, { place: { field: nameOf(path) } });
}

const isNumber = (value: unknown): value is number => typeof value === 'number';
const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean';
const isString = (value: unknown): value is string => typeof value === 'string';
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value);
const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isScalar = (value: unknown): value is Scalar =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value);
const isScalars = (value: unknown): value is readonly Scalar[] => isList(value) && value.every(isScalar);
const isTypes = (value: unknown): value is string | readonly string[] =>
  isString(value) || (isList(value) && value.length > 0 && value.every(isString));
