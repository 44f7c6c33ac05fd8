/** promptfoo's tests: configurations and tables, whose rows ask. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { isObject } from '../dataset/fields.ts';
import { fileError } from '../dataset/files.ts';
import { type ErrorPlace, JurorError } from '../errors.ts';
import { parseYaml } from '../yaml.ts';
import { given, type PlacedRow, type Reading, type Row, reportRow, textIn, unfitRow } from './rows.ts';

/** A chat prompt is JSON of a list of turns; anything else is text. */
export function conversationOf(prompt: string): unknown {
  if (!/^\s*\[/.test(prompt)) return prompt;
  try {
    const turns: unknown = JSON.parse(prompt);
    const isTurn = (turn: unknown) =>
      isObject(turn) && typeof turn.role === 'string' && typeof turn.content === 'string';
    return Array.isArray(turns) && turns.length > 0 && turns.every(isTurn) ? turns : prompt;
  } catch {
    return prompt;
  }
}

const wanting = ['equals', 'iequals', 'factuality', 'model-graded-factuality', 'answer-relevance', 'similar'];

/** What a test holds the answer against: a variable of that name, or the value of an assertion that compares. */
export function referenceOf(vars: Row, assertions: unknown): string | undefined {
  const own = ['reference', 'expected', 'reference_answer', 'target']
    .map((name) => textIn(vars[name]))
    .find(Boolean);
  if (own !== undefined) return own;
  const list = Array.isArray(assertions) ? assertions : [];
  const found = list.find(
    (assertion) =>
      isObject(assertion) && wanting.includes(String(assertion.type)) && typeof assertion.value === 'string',
  );
  return isObject(found) ? textIn(found.value) : undefined;
}

/** Rows of a configuration: each of its tests with each of its prompts. */
export async function* configurationRows(file: string, report: Reading['report']): AsyncGenerator<PlacedRow> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw fileError(error, file);
  });
  const value = parseYaml(text, z.unknown(), { file, code: 'data' });
  const whole = isObject(value) ? value : { tests: value };
  const { tests } = whole;
  const prompts = promptsOf(whole.prompts);
  if (!Array.isArray(tests))
    throw new JurorError(
      'data',
      'expected a list of tests, got none; tests in files of their own are imported on their own',
      {
        place: { file, field: 'tests' },
      },
    );
  const defaults = isObject(whole.defaultTest) ? whole.defaultTest : {};
  for (const [index, test] of tests.entries()) {
    const place = { file };
    const field = isObject(value) ? `tests.${index}` : String(index);
    try {
      if (!isObject(test)) throw unfitRow(place, field, 'expected a test with vars, got something else');
      yield* testRows(
        {
          ...test,
          vars: { ...objectIn(defaults.vars), ...objectIn(test.vars) },
          options: { ...objectIn(defaults.options), ...objectIn(test.options) },
        },
        prompts,
        place,
        `${field}.`,
      );
    } catch (error) {
      reportRow(report, error);
    }
  }
}

/** One prompt, a list of them, or, as promptfoo has it, the variable `prompt` where there is none. */
function promptsOf(prompts: unknown): string[] {
  if (prompts === undefined) return ['{{prompt}}'];
  return (Array.isArray(prompts) ? prompts : [prompts]).map((prompt: unknown) =>
    typeof prompt === 'string'
      ? prompt
      : isObject(prompt)
        ? (textIn(prompt.raw) ?? textIn(prompt.id) ?? '')
        : '',
  );
}

function objectIn(value: unknown): Row {
  return isObject(value) ? value : {};
}

/** A row of a table of tests: variables, and columns of promptfoo's own, which begin with two underscores. */
export function tableRows(row: Row, place: ErrorPlace): Generator<PlacedRow> {
  const vars = Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith('__')));
  const cell = (name: string) => textIn(row[name]) || undefined;
  const expected = Object.keys(row)
    .filter((name) => /^__expected\d*$/.test(name))
    .map((name) => expectedOf(row[name]))
    .find((text) => text !== undefined);
  const metadata = Object.fromEntries(
    Object.entries(row).flatMap(([name, value]) =>
      name.startsWith('__metadata:') ? [[name.slice('__metadata:'.length), value] as const] : [],
    ),
  );
  return testRows(
    {
      vars,
      description: cell('__description'),
      providerOutput: cell('__providerOutput'),
      options: { prefix: cell('__prefix'), suffix: cell('__suffix'), disableVarExpansion: true },
      ...(expected === undefined ? {} : { assert: [{ type: 'equals', value: expected }] }),
      ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
    },
    ['{{prompt}}'],
    place,
  );
}

function* testRows(test: Row, prompts: readonly string[], place: ErrorPlace, at = ''): Generator<PlacedRow> {
  const { prefix = '', suffix = '', disableVarExpansion } = objectIn(test.options);
  const all = objectIn(test.vars);
  for (const vars of disableVarExpansion === true ? [all] : combinations(all))
    for (const template of prompts) {
      refusePath(template, place);
      const prompt = rendered(`${prefix}${template}${suffix}`, vars, place, at);
      const output = test.providerOutput;
      const row = {
        prompt: conversationOf(prompt),
        ...given({ reference: referenceOf(vars, test.assert) }),
        metadata: given({
          description: test.description,
          vars,
          ...(isObject(test.metadata) ? { test_metadata: test.metadata } : {}),
        }),
      };
      if (output === undefined) yield { row, place, asks: true };
      else
        yield {
          row: { ...row, response: typeof output === 'string' ? output : JSON.stringify(output) },
          place,
        };
    }
}

/** A variable that is a list stands for a test with each of its items, as promptfoo has it. */
function combinations(vars: Row): Row[] {
  return Object.entries(vars).reduce<Row[]>(
    (made, [name, value]) =>
      made.flatMap((row) =>
        (Array.isArray(value) ? value : [value]).map((item: unknown) => ({ ...row, [name]: item })),
      ),
    [{}],
  );
}

/** A cell `__expected` of a table of tests: `equals: TEXT`, or the text alone. */
function expectedOf(cell: unknown): string | undefined {
  const match =
    typeof cell === 'string'
      ? /^(?:(?<kind>[a-z-]+)(?:\([^)]*\))?:\s*)?(?<text>[\s\S]*)$/.exec(cell.trim())
      : null;
  const { kind, text } = match?.groups ?? {};
  return text && (kind === undefined || wanting.includes(kind)) ? text : undefined;
}

/** Prompts in files are not read here. */
function refusePath(template: string, place: ErrorPlace): void {
  if (
    /^(file|exec|python|package):/.test(template) ||
    /^[^\s{}]+\.(txt|md|j2|jsonl?|ya?ml|csv|py|[cm]?[jt]s|sh)(:\w+)?$/i.test(template)
  )
    throw unfitRow(
      place,
      'prompts',
      `expected the text of a prompt, got ${template.slice(0, 60)}; import results instead`,
    );
}

/** Variables put in. Anything beyond `{{name}}` is Nunjucks' own, which is not run here. */
function rendered(template: string, vars: Row, place: ErrorPlace, at: string): string {
  if (/\{%|\{\{[^}]*[^\w\s.}][^}]*\}\}/.test(template))
    throw unfitRow(
      place,
      'prompts',
      'expected {{name}} alone in a prompt, got more of Nunjucks; import results instead',
    );
  return template.replaceAll(/\{\{\s*([\w.]+)\s*\}\}/g, (_, name: string) => {
    const value = Object.hasOwn(vars, name) ? vars[name] : undefined;
    if (value === undefined)
      throw unfitRow(place, `${at}vars.${name}`, `expected a value for {{${name}}}, got none`);
    if (typeof value === 'string' && value.startsWith('file://'))
      throw unfitRow(
        place,
        `${at}vars.${name}`,
        `expected a value, got ${value.slice(0, 60)}; import results instead`,
      );
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
}
