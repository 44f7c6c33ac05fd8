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
import type { z } from 'zod';
import { JurorError, type JurorErrorCode } from './errors.ts';
import { type Problem, schemaProblems } from './problems.ts';

/** Largest file accepted, in bytes of UTF-8. */
export const MAX_YAML_BYTES = 256 * 1024;

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
