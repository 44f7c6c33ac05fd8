/** What is wrong with a value that people wrote, in words. */
import { z } from 'zod';
import { nearestName } from './errors.ts';

/** One fault: the field it lies at and what was expected. */
export interface Problem {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** The sentence's end that names the nearest legal name: `, did you mean 'x'?`, or nothing. */
export function suggest(name: string, legal: readonly string[]): string {
  const nearest = nearestName(name, legal);
  return nearest === undefined ? '' : `, did you mean '${nearest}'?`;
}

/** What a value lacks of a schema, each fault once: unknown fields with the nearest legal name, and what was expected and got. */
export function schemaProblems(
  issues: readonly z.core.$ZodIssue[],
  schema: z.ZodType,
  value: unknown,
): Problem[] {
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
