/** YAML and JSON files written by people: parsed within limits, checked by a Zod schema, every fault with its line. */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import { z } from 'zod';
import { JurorError, type JurorErrorCode, nearestName } from './errors.ts';

/** Largest file accepted, in bytes of UTF-8. */
export const MAX_YAML_BYTES = 256 * 1024;

/** One fault: the field it lies at and what was expected. */
export interface Problem {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** Where the text comes from and what it must meet beyond its schema. */
export interface YamlOptions<Value> {
  /** Path as the user gave it; part of every error. */
  readonly file: string;
  /** Code of the errors thrown. */
  readonly code: JurorErrorCode;
  /** Lines of the file that stand before `text`. Default 0. */
  readonly linesBefore?: number;
  /** Rules that the schema cannot state; called when the schema is met. */
  readonly check?: (value: Value) => readonly Problem[];
}

/** A fault with its line, ready to be reported. */
export interface PlacedProblem {
  readonly line?: number | undefined;
  readonly field?: string | undefined;
  readonly message: string;
}

/**
 * Parse YAML 1.2 (core schema; JSON is a part of it) and check it against `schema`.
 * Aliases, merge keys, custom tags and files over 256 KiB are refused. Throws one JurorError that lists every fault
 * with file, line, field, what was expected, and the nearest legal name.
 */
export function parseYaml<Value>(text: string, schema: z.ZodType<Value>, options: YamlOptions<Value>): Value {
  const { file, code, linesBefore = 0 } = options;
  if (Buffer.byteLength(text) > MAX_YAML_BYTES) {
    throw new JurorError(code, `expected at most ${MAX_YAML_BYTES} bytes, got ${Buffer.byteLength(text)}`, {
      place: { file },
    });
  }
  const { root, value, lineOf, faults } = readNodes(text, linesBefore, options);
  throwProblems(code, file, faults);
  return checked(value, schema, options, ({ path, message }) => ({
    line: lineOf(nearestOffset(root, path)),
    field: path.map(String).join('.'),
    message,
  }));
}

/** Check a value that a program made as {@link parseYaml} checks a file's; faults have no lines. */
export function checkValue<Value>(
  value: unknown,
  schema: z.ZodType<Value>,
  options: YamlOptions<Value>,
): Value {
  return checked(value, schema, options, ({ path, message }) => ({
    field: path.map(String).join('.'),
    message,
  }));
}

function checked<Value>(
  value: unknown,
  schema: z.ZodType<Value>,
  { file, code, check }: YamlOptions<Value>,
  place: (problem: Problem) => PlacedProblem,
): Value {
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    throwProblems(code, file, schemaProblems(parsed.error.issues, schema, value).map(place));
    throw new JurorError(code, parsed.error.message, { place: { file } });
  }
  throwProblems(code, file, (check?.(parsed.data) ?? []).map(place));
  return parsed.data;
}

/** Throws one JurorError that lists every problem in the order of its lines, those without a line last; does nothing when there is none. */
export function throwProblems(code: JurorErrorCode, file: string, problems: readonly PlacedProblem[]): void {
  const lineOf = ({ line = Number.MAX_SAFE_INTEGER }: PlacedProblem) => line;
  const [first, ...rest] = [...problems].sort((left, right) => lineOf(left) - lineOf(right));
  if (!first) return;
  const others = rest.map(
    (problem) => new JurorError(code, problem.message, { place: placeOf(file, problem) }).message,
  );
  throw new JurorError(code, [first.message, ...others].join('\n'), { place: placeOf(file, first) });
}

function placeOf(file: string, { line, field }: PlacedProblem) {
  return { file, ...(line === undefined ? {} : { line }), ...(field ? { field } : {}) };
}

/** The sentence's end that names the nearest legal name: `, did you mean 'x'?`, or nothing. */
export function suggest(name: string, legal: readonly string[]): string {
  const nearest = nearestName(name, legal);
  return nearest === undefined ? '' : `, did you mean '${nearest}'?`;
}

function readNodes(
  text: string,
  linesBefore: number,
  { file, code }: { file: string; code: JurorErrorCode },
) {
  const lineCounter = new LineCounter();
  const lineOf = (offset: number) => Math.max(1, lineCounter.linePos(offset).line) + linesBefore;
  try {
    const document = parseDocument(text, {
      version: '1.2',
      schema: 'core',
      merge: false,
      resolveKnownTags: false,
      stringKeys: true,
      uniqueKeys: true,
      strict: true,
      prettyErrors: false,
      logLevel: 'error',
      lineCounter,
    });
    const found = [...document.errors, ...document.warnings];
    // Of a tab the parser complains several times.
    const tabs = found.filter(({ code }) => code === 'TAB_AS_INDENT');
    const faults: PlacedProblem[] = (tabs.length > 0 ? tabs : found).map((error) => ({
      line: lineOf(error.pos[0]),
      message: faultOf(error, text),
    }));
    visit(document, {
      Alias: (_, node) => {
        faults.push({
          line: lineOf(node.range?.[0] ?? 0),
          message: `aliases are not allowed, got '*${node.source}'`,
        });
      },
      Pair: (_, pair) => {
        const name = isScalar(pair.key) ? pair.key.value : undefined;
        if (name !== '<<' && name !== '__proto__') return;
        const line = lineOf((pair.key as Node).range?.[0] ?? 0);
        faults.push({ line, message: `the key '${name}' is not allowed` });
      },
    });
    const value: unknown = faults.length > 0 ? undefined : document.toJS({ maxAliasCount: 0 });
    return { root: document.contents as unknown, value, lineOf, faults };
  } catch (cause) {
    throw new JurorError(code, 'expected YAML or JSON, got text that cannot be parsed', {
      place: { file },
      cause,
    });
  }
}

/** What the parser says, in words of ours where people often get it wrong. */
function faultOf({ code, message, pos: [offset] }: YAMLError, text: string): string {
  if (code === 'TAB_AS_INDENT') return 'expected spaces before a field, got a tab';
  const [name] = code === 'DUPLICATE_KEY' ? (/^[\w.-]+/.exec(text.slice(offset)) ?? []) : [];
  return name === undefined ? message : `expected each field once, got '${name}' again`;
}

/** Offset of the deepest node on `path` that exists. */
function nearestOffset(root: unknown, path: readonly PropertyKey[]): number {
  let node = root;
  let offset = rangeStart(root) ?? 0;
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      if (!pair) break;
      offset = rangeStart(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      node = node.items[Number(key)];
      offset = rangeStart(node) ?? offset;
    } else break;
  }
  return offset;
}

function rangeStart(node: unknown): number | undefined {
  return isMap(node) || isSeq(node) || isScalar(node) || isAlias(node) ? node.range?.[0] : undefined;
}

function schemaProblems(issues: readonly z.core.$ZodIssue[], schema: z.ZodType, value: unknown): Problem[] {
  const problems = issues.flatMap((issue): Problem[] => {
    const { path } = issue;
    if (issue.code !== 'unrecognized_keys')
      return [{ path, message: describeIssue(issue, valueAt(value, path)) }];
    const legal = legalKeys(schema, path, value);
    return issue.keys.map((key) => ({
      path: [...path, key],
      message: `unknown field '${key}'${suggest(key, legal) || `, expected one of ${legal.join(', ')}`}`,
    }));
  });
  // A misspelt field is one fault, not also a missing one.
  const suggested = new Set(
    problems.flatMap(({ path, message }) => {
      const nearest = /^unknown field .* did you mean '(.*)'\?$/s.exec(message)?.[1];
      return nearest === undefined ? [] : [[...path.slice(0, -1), nearest].join('.')];
    }),
  );
  return problems.filter(
    ({ path, message }) => !(message.startsWith('missing') && suggested.has(path.join('.'))),
  );
}

const nouns: Record<string, string> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  array: 'a list',
  object: 'a mapping of fields',
  record: 'a mapping',
  boolean: 'true or false',
};

function describeIssue(issue: z.core.$ZodIssue, got: unknown): string {
  const shown = show(got);
  switch (issue.code) {
    case 'invalid_type': {
      const expected = nouns[issue.expected] ?? issue.expected;
      if (got === undefined) return `missing, expected ${expected}`;
      const quotable = issue.expected === 'string' && typeof got !== 'object';
      return `expected ${expected}, got ${shown}${quotable ? ` (write "${got}" in quotes)` : ''}`;
    }
    case 'invalid_value':
      return oneOf(issue.values.map(String), got);
    case 'invalid_union':
      return 'options' in issue && issue.options
        ? oneOf(issue.options.map(String), got)
        : `${issue.message}, got ${shown}`;
    case 'too_small':
      return `expected ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}${unit(issue.origin)}, got ${shown}`;
    case 'too_big':
      return `expected ${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}${unit(issue.origin)}, got ${shown}`;
    case 'invalid_key':
      return issue.issues.map((inner) => describeIssue(inner, String(issue.path.at(-1)))).join('; ');
    default:
      return `${issue.message}, got ${shown}`;
  }
}

function oneOf(legal: readonly string[], got: unknown): string {
  if (got === undefined) return `missing, expected one of ${legal.join(', ')}`;
  return `expected one of ${legal.join(', ')}, got ${show(got)}${typeof got === 'string' ? suggest(got, legal) : ''}`;
}

function unit(origin: string): string {
  return { string: ' characters', array: ' entries', record: ' entries' }[origin] ?? '';
}

function show(value: unknown): string {
  if (typeof value === 'string') return `'${value.length > 80 ? `${value.slice(0, 80)}…` : value}'`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === 'object' && value !== null ? 'a mapping' : String(value);
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key)
        ? (inner as Record<PropertyKey, unknown>)[key]
        : undefined,
    value,
  );
}

/** Field names that `schema` allows at `path`. */
function legalKeys(schema: z.core.$ZodType, path: readonly PropertyKey[], value: unknown): string[] {
  let current = resolve(schema, value);
  for (const [depth, key] of path.entries()) {
    const inner = valueAt(value, path.slice(0, depth + 1));
    if (current instanceof z.ZodObject) current = resolve(current.shape[String(key)], inner);
    else if (current instanceof z.ZodArray) current = resolve(current.element, inner);
    else return [];
  }
  return current instanceof z.ZodObject ? Object.keys(current.shape) : [];
}

/** The schema without its optional and default wrappers, and of a discriminated union the option that `value` names. */
function resolve(schema: z.core.$ZodType | undefined, value: unknown): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return resolve(schema.unwrap(), value);
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return schema;
  const { discriminator } = schema.def;
  return schema.options.find(
    (option) =>
      option instanceof z.ZodObject &&
      z.safeParse(option.shape[discriminator], valueAt(value, [discriminator])).success,
  );
}
