/** promptfoo: results of `promptfoo eval -o`, and configurations whose tests ask. */
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { z } from 'zod';
import { isObject } from '../dataset/fields.ts';
import { fileError } from '../dataset/files.ts';
import { readRows } from '../dataset.ts';
import { type ErrorPlace, JurorError } from '../errors.ts';
import { parseYaml } from '../yaml.ts';
import { readJsonParts } from './json-parts.ts';
import {
  given,
  type PlacedRow,
  type Reading,
  type Row,
  reportRow,
  textIn,
  unfitRow,
  without,
} from './rows.ts';

/**
 * Rows of results (`.json`, `.jsonl`) or of a configuration (`.yaml`, `.yml`, `.csv`). A result becomes a sample: its prompt as it was
 * rendered, its output, its score as the label and one vote for each assertion. A test of a configuration becomes a prompt for each of its
 * prompts, or a sample where it gives its `providerOutput`.
 */
export async function* promptfooRows(path: string, { report }: Reading): AsyncGenerator<PlacedRow> {
  const ending = extname(path).toLowerCase();
  if (ending === '.yaml' || ending === '.yml') {
    yield* configurationRows(path, report);
    return;
  }
  let any = false;
  for await (const { row, place } of ending === '.json' ? resultsOf(path) : linesOf(path, report)) {
    any = true;
    try {
      if (ending === '.csv')
        yield* testRows(
          { vars: without(row, ['__expected']), assert: row.__expected },
          ['{{prompt}}'],
          place,
        );
      else yield { row: resultRow(row, place), place };
    } catch (error) {
      reportRow(report, error);
    }
  }
  if (!any)
    throw new JurorError('data', 'expected results of promptfoo eval (results.results), got none', {
      place: { file: path },
    });
}

async function* resultsOf(file: string): AsyncGenerator<{ row: Row; place: ErrorPlace }> {
  for await (const { value, line } of readJsonParts(file, ['results.results[]', 'results[]', '[]'])) {
    if (isObject(value)) yield { row: value, place: { file, line } };
  }
}

async function* linesOf(
  file: string,
  report: Reading['report'],
): AsyncGenerator<{ row: Row; place: ErrorPlace }> {
  for await (const { row, line } of readRows(file, { onBadRow: report }))
    yield { row, place: { file, line } };
}

function resultRow(row: Row, place: ErrorPlace): Row {
  const response = isObject(row.response) ? row.response : {};
  const test = isObject(row.testCase) ? row.testCase : {};
  const vars = isObject(row.vars) ? row.vars : isObject(test.vars) ? test.vars : {};
  const grading = isObject(row.gradingResult) ? row.gradingResult : {};
  const prompt = isObject(row.prompt) ? textIn(row.prompt.raw) : textIn(row.prompt);
  const provider = isObject(row.provider)
    ? textIn(row.provider.label) || textIn(row.provider.id)
    : textIn(row.provider);
  if (prompt === undefined)
    throw unfitRow(place, 'prompt.raw', 'expected the prompt as it was rendered, got none');
  const output = response.output;
  if (output === undefined || output === null)
    throw unfitRow(
      place,
      'response.output',
      `expected an output, got ${textIn(row.error) ?? textIn(response.error) ?? 'none'}`,
    );
  const votes = votesOf(grading.componentResults);
  const score = typeof row.score === 'number' ? row.score : grading.score;
  // A result without assertions has score 1 in promptfoo, which says nothing.
  const judged = typeof score === 'number' && (votes.length > 0 || Object.keys(grading).length > 0);
  const number = (name: string) => (typeof row[name] === 'number' ? row[name] : undefined);
  return {
    ...given({ id: typeof row.id === 'string' && row.id !== '' ? row.id : undefined }),
    prompt: conversationOf(prompt),
    responses: [
      given({
        id: 'response',
        text: typeof output === 'string' ? output : JSON.stringify(output),
        model: provider,
      }),
    ],
    ...given({ reference: referenceOf(vars, test.assert), label: judged ? score : undefined }),
    ...(votes.length > 0 ? { annotations: votes } : {}),
    metadata: given({
      test: number('testIdx'),
      promptIndex: number('promptIdx'),
      description: test.description,
      success: row.success,
      reason: grading.reason,
      named_scores:
        isObject(row.namedScores) && Object.keys(row.namedScores).length > 0 ? row.namedScores : undefined,
      vars,
      test_metadata:
        isObject(test.metadata) && Object.keys(test.metadata).length > 0 ? test.metadata : undefined,
    }),
  };
}

/** One vote for each assertion, named by its type and metric; the second of one name is numbered. */
function votesOf(components: unknown): Record<string, unknown>[] {
  if (!Array.isArray(components)) return [];
  const names = new Map<string, number>();
  return components.flatMap((component) => {
    if (!isObject(component) || typeof component.score !== 'number' || !Number.isFinite(component.score))
      return [];
    const assertion = isObject(component.assertion) ? component.assertion : {};
    const base =
      (textIn(assertion.metric) ?? textIn(assertion.type) ?? 'assertion').slice(0, 240) || 'assertion';
    const count = (names.get(base) ?? 0) + 1;
    names.set(base, count);
    return [{ annotator: count === 1 ? base : `${base} ${count}`, label: component.score }];
  });
}

/** A chat prompt is JSON or YAML of a list of turns; anything else is text. */
function conversationOf(prompt: string): unknown {
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
function referenceOf(vars: Row, assertions: unknown): string | undefined {
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

async function* configurationRows(file: string, report: Reading['report']): AsyncGenerator<PlacedRow> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw fileError(error, file);
  });
  const value = parseYaml(text, z.unknown(), { file, code: 'data' });
  const tests = isObject(value) ? value.tests : value;
  const prompts =
    isObject(value) && Array.isArray(value.prompts) ? value.prompts.map(promptText) : ['{{prompt}}'];
  if (!Array.isArray(tests))
    throw new JurorError(
      'data',
      'expected a list of tests, got none; tests in files of their own are imported on their own',
      {
        place: { file, field: 'tests' },
      },
    );
  for (const [index, test] of tests.entries()) {
    const place = { file };
    const field = isObject(value) ? `tests.${index}` : String(index);
    try {
      if (!isObject(test)) throw unfitRow(place, field, 'expected a test with vars, got something else');
      const defaults =
        isObject(value) && isObject(value.defaultTest) && isObject(value.defaultTest.vars)
          ? value.defaultTest.vars
          : {};
      yield* testRows(
        { ...test, vars: { ...defaults, ...(isObject(test.vars) ? test.vars : {}) } },
        prompts,
        place,
        `${field}.`,
      );
    } catch (error) {
      reportRow(report, error);
    }
  }
}

function promptText(prompt: unknown): string {
  return typeof prompt === 'string'
    ? prompt
    : isObject(prompt)
      ? (textIn(prompt.raw) ?? textIn(prompt.id) ?? '')
      : '';
}

function* testRows(test: Row, prompts: readonly string[], place: ErrorPlace, at = ''): Generator<PlacedRow> {
  const vars = isObject(test.vars) ? test.vars : {};
  for (const template of prompts) {
    const prompt = rendered(template, vars, place, at);
    const output = test.providerOutput;
    const row = {
      prompt: conversationOf(prompt),
      ...given({ reference: referenceOf(vars, test.assert) ?? expectedOf(test.assert) }),
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

/** The cell `__expected` of a table of tests: `equals: TEXT`, or the text alone. */
function expectedOf(cell: unknown): string | undefined {
  const match =
    typeof cell === 'string'
      ? /^(?:(?<kind>[a-z-]+)(?:\([^)]*\))?:\s*)?(?<text>[\s\S]*)$/.exec(cell.trim())
      : null;
  const { kind, text } = match?.groups ?? {};
  return text && (kind === undefined || wanting.includes(kind)) ? text : undefined;
}

/** Variables put in. Anything beyond `{{name}}` is Nunjucks' own, which is not run here. */
function rendered(template: string, vars: Row, place: ErrorPlace, at: string): string {
  if (/^(file|exec|python|package):/.test(template))
    throw unfitRow(
      place,
      'prompts',
      `expected the text of a prompt, got ${template.slice(0, 60)}; import results instead`,
    );
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
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
}
