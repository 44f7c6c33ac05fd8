/** Every integration with the real package, from a recording. */
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { prepareIntegrations, runIntegration } from '../support/integrations.ts';

beforeAll(prepareIntegrations);

/** What an example prints; it must end well. */
async function printed(example: string): Promise<string> {
  const { code, stdout, stderr } = await runIntegration(example);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return stdout;
}

interface TestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly {
      readonly title: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** Outcomes of vitest's own report, by title. */
async function outcomes(file: string) {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-integration-'));
  const report = join(folder.path, 'report.json');
  const parameters = ['run', file, '--reporter=json', `--outputFile=${report}`];
  const { code } = await runIntegration('node_modules/vitest/vitest.mjs', parameters);
  const { testResults } = JSON.parse(await readFile(report, 'utf8')) as TestReport;
  const results = testResults.flatMap(({ assertionResults }) => assertionResults);
  return { code, results: new Map(results.map((result) => [result.title, result])) };
}

test('autoevals: beside its scorers, and inside one', async () => {
  expect(await printed('autoevals.ts')).toMatchInlineSnapshot(`
    "Levenshtein 0.889 Canberra. null
    answer-correctness 0.532 Canberra. "The answer is not the same as the reference answer. The reference answer is a list of cities, and the answer is a list of cities. The answer is not the same as the reference answer. The answer is not the same as the"
    Levenshtein 0.091 The capital of Canada is Toronto. null
    answer-correctness 0.631 The capital of Canada is Toronto. "The answer is not the same as the reference answer. The answer reaches the same final result as the reference answer, but it does not reach the same final result as the reference answer. The answer is not the same as the reference answer."
    ListContains 0.532
    "
  `);
});

test('evalite: its own runner, without native code', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-integration-'));
  const out = join(folder.path, 'results.json');
  const { code, stdout } = await runIntegration('node_modules/evalite/dist/bin.js', ['--outputPath', out]);
  expect(stdout).toMatch(/Score\s+58%/);
  const { evals } = JSON.parse(await readFile(out, 'utf8'));
  expect({ code, evals }).toMatchObject({
    code: 0,
    evals: [
      {
        name: 'Capitals',
        status: 'success',
        results: [
          {
            input: 'What is the capital of Australia?',
            output: 'Canberra.',
            scores: [{ name: 'answer-correctness', score: expect.closeTo(0.5316, 4) }],
          },
          {
            input: 'What is the capital of Canada?',
            scores: [
              { score: expect.closeTo(0.6308, 4), metadata: { judge: 'smollm2-135m', unscored: null } },
            ],
          },
        ],
      },
    ],
  });
});

test('openevals: beside its own prompt, which a local model answers', async () => {
  expect(await printed('openevals.ts')).toMatchInlineSnapshot(`
    "answer-correctness 0.532 "The answer is not the same as the reference answer. The reference answer is a list of cities, and the answer is a list of cities. The answer is not the same as the reference answer. The answer is not the same as the"
    conciseness false
    answer-correctness 0.631 "The answer is not the same as the reference answer. The answer reaches the same final result as the reference answer, but it does not reach the same final result as the reference answer. The answer is not the same as the reference answer."
    conciseness false
    "
  `);
});

test('LangSmith: an evaluator of evaluate()', async () => {
  expect(await printed('langsmith.ts')).toMatchInlineSnapshot(`
    "answer-correctness 0.532 What is the capital of Australia? "The answer is not the same as the reference answer. The reference answer is a list of cities, and the answer is a list of cities. The answer is not the same as the reference answer. The answer is not the same as the"
    answer-correctness 0.631 What is the capital of Canada? "The answer is not the same as the reference answer. The answer reaches the same final result as the reference answer, but it does not reach the same final result as the reference answer. The answer is not the same as the reference answer."
    "
  `);
});

test('vitest-evals: a judge, and a model behind its FactualityJudge', async () => {
  const { code, results } = await outcomes('vitest-evals.test.ts');
  expect(code).toBe(1);
  expect(results.get('knows Australia')?.status).toBe('passed');
  const failed = results.get('knows Canada, which this application does not');
  expect(failed?.status).toBe('failed');
  expect(failed?.failureMessages.join()).toContain('Score: 0.63 below threshold: 0.90');
});

test("vitest 4: juror's own matchers", async () => {
  const { code, results } = await outcomes('answers.test.ts');
  expect(code).toBe(1);
  expect(results.get('knows Australia')?.status).toBe('passed');
  expect(results.get('an evasive answer does not beat the right one')?.status).toBe('passed');
  const failed = results.get('knows Canada, which this application does not');
  expect(failed?.failureMessages.join()).toContain(
    'expected the answer to pass answer-correctness, got 1 of 1 criteria below what they have to reach (score 0.631)',
  );
});

test('AI SDK: text, a stream, an object, and a judge as middleware', async () => {
  expect(await printed('ai-sdk.ts')).toMatchInlineSnapshot(`
    ""The capital of France is Paris." stop 39 7
    true
    { capital: 'Paris', confident: true }
    0.571 helpfulness: 4 (0.29)
    "
  `);
});

test('the examples are what the packages expect, as the compiler reads them', async () => {
  const { code, stdout } = await runIntegration('../../node_modules/typescript/bin/tsc', ['-p', '.']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
});
