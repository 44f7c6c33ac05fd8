/** promptfoo: results of `promptfoo eval -o`, and configurations whose tests ask. */
import { extname } from 'node:path';
import { isObject } from '../dataset/fields.ts';
import { readRows } from '../dataset.ts';
import { type ErrorPlace, JurorError } from '../errors.ts';
import { configurationRows, conversationOf, referenceOf, tableRows } from './import-promptfoo-tests.ts';
import { readJsonParts } from './json-parts.ts';
import { given, type PlacedRow, type Reading, type Row, reportRow, textIn, unfitRow } from './rows.ts';

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
      if (ending === '.csv') yield* tableRows(row, place);
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
  // A result without assertions has score 1 in promptfoo, and one whose grader failed counts that as 0; neither says anything. Votes alone
  // would make a label, so those beside a failed grader are kept as metadata.
  const fails = hasGraderError(grading);
  const judged = !fails && typeof score === 'number' && (votes.length > 0 || Object.keys(grading).length > 0);
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
    ...(votes.length > 0 && !fails ? { annotations: votes } : {}),
    metadata: given({
      test: number('testIdx'),
      promptIndex: number('promptIdx'),
      description: test.description,
      success: row.success,
      reason: grading.reason,
      ...(fails ? { grader_error: true, assertions: votes } : {}),
      named_scores:
        isObject(row.namedScores) && Object.keys(row.namedScores).length > 0 ? row.namedScores : undefined,
      vars,
      test_metadata:
        isObject(test.metadata) && Object.keys(test.metadata).length > 0 ? test.metadata : undefined,
    }),
  };
}

/** Whether a grader failed, of the result or of one of its assertions. */
function hasGraderError(grading: unknown): boolean {
  if (!isObject(grading)) return false;
  if (isObject(grading.metadata) && grading.metadata.graderError === true) return true;
  return Array.isArray(grading.componentResults) && grading.componentResults.some(hasGraderError);
}

/** One vote for each assertion whose grader did not fail, named by its type and metric; the second of one name is numbered. */
function votesOf(components: unknown): Record<string, unknown>[] {
  if (!Array.isArray(components)) return [];
  const names = new Map<string, number>();
  return components.flatMap((component) => {
    if (!isObject(component) || typeof component.score !== 'number' || !Number.isFinite(component.score))
      return [];
    if (hasGraderError(component)) return [];
    const assertion = isObject(component.assertion) ? component.assertion : {};
    const base =
      (textIn(assertion.metric) ?? textIn(assertion.type) ?? 'assertion').slice(0, 240) || 'assertion';
    const count = (names.get(base) ?? 0) + 1;
    names.set(base, count);
    return [{ annotator: count === 1 ? base : `${base} ${count}`, label: component.score }];
  });
}
