import { copyFile, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeAll, expect, test } from 'vitest';
import { readSamples } from '../../src/dataset.ts';
import { exportVerdictsAs } from '../../src/exchange/export.ts';
import { importSamples } from '../../src/exchange/import.ts';
import { openSampleBook } from '../../src/preference/sample-book.ts';
import { root } from '../cli/juror.ts';
import { collect } from '../dataset/files.ts';
import { judgedRun } from '../exchange/runs.ts';
import { installPromptfoo, promptfoo } from '../support/promptfoo.ts';

let installed: string;
beforeAll(async () => {
  installed = await installPromptfoo();
});

/** The example, with its models played back from its recording. */
async function example() {
  const folder = await mkdtempDisposable(join(installed, 'run-'));
  for (const name of ['provider.js', 'grader.js', 'judge.js', 'recording.jsonl'])
    await copyFile(join(root, 'examples/promptfoo', name), join(folder.path, name));
  await copyFile(join(root, 'examples/promptfoo/package.json'), join(folder.path, 'package.json'));
  const config = await readFile(join(root, 'examples/promptfoo/promptfooconfig.yaml'), 'utf8');
  await writeFile(
    join(folder.path, 'promptfooconfig.yaml'),
    config.replaceAll('threads: 1', 'replay: recording.jsonl'),
  );
  return folder;
}

test('the example is evaluated by the real promptfoo: provider, grader of llm-rubric and assertions', async () => {
  await using folder = await example();
  const { code, output } = await promptfoo(
    installed,
    folder.path,
    ...['eval', '--no-cache', '--no-progress-bar', '--no-table', '--output', 'results.json'],
  );
  // One test fails: 100 is promptfoo's exit code for that.
  expect({ code, output: code === 100 ? '' : output }).toEqual({ code: 100, output: '' });
  const file = join(folder.path, 'results.json');
  const { results } = JSON.parse(await readFile(file, 'utf8'));
  expect(results.stats).toMatchObject({
    successes: 1,
    failures: 1,
    errors: 0,
    tokenUsage: { total: 96, assertions: { total: 902 } },
  });
  const shown = results.results.map((result: Record<string, unknown> & { response: { output: string } }) => ({
    output: result.response.output,
    success: result.success,
    named: result.namedScores,
  }));
  expect(shown).toMatchInlineSnapshot(`
    [
      {
        "named": {
          "answer-correctness": 0.27582028596131813,
          "helpfulness": 0.5547403470378225,
          "names-paris": 0.5543488977816956,
        },
        "output": "The capital of France is Paris.",
        "success": false,
      },
      {
        "named": {
          "gives-a-number": 0.6851754454422744,
          "helpfulness": 0.49210244379875345,
        },
        "output": "The answer is "nine"",
        "success": true,
      },
    ]
  `);
  const [first] = results.results;
  const graded = first.gradingResult.componentResults.map(
    ({ assertion, pass, score, reason, metadata }: Record<string, Record<string, unknown>>) => ({
      type: assertion?.type,
      pass,
      score,
      reason,
      rubric: (metadata?.juror as { rubric?: string })?.rubric,
    }),
  );
  expect(graded).toMatchInlineSnapshot(`
    [
      {
        "pass": true,
        "reason": "helpfulness: 0.555, passes from 0.4",
        "rubric": "helpfulness",
        "score": 0.5547403470378225,
        "type": "javascript",
      },
      {
        "pass": false,
        "reason": "answer-correctness: 0.276, passes from 0.5",
        "rubric": "answer-correctness",
        "score": 0.27582028596131813,
        "type": "javascript",
      },
      {
        "pass": true,
        "reason": "llm-rubric: 0.554, passes from 0.5",
        "rubric": "llm-rubric",
        "score": 0.5543488977816956,
        "type": "llm-rubric",
      },
    ]
  `);

  const samples = await collect(importSamples('promptfoo', file));
  expect(samples.map((sample) => ('annotations' in sample ? sample.annotations : []))).toMatchInlineSnapshot(`
    [
      [
        {
          "annotator": "helpfulness",
          "label": 0.5547403470378225,
        },
        {
          "annotator": "answer-correctness",
          "label": 0.27582028596131813,
        },
        {
          "annotator": "names-paris",
          "label": 0.5543488977816956,
        },
      ],
      [
        {
          "annotator": "helpfulness",
          "label": 0.49210244379875345,
        },
        {
          "annotator": "gives-a-number",
          "label": 0.6851754454422744,
        },
      ],
    ]
  `);
});

test('promptfoo imports what juror exports', async () => {
  await using folder = await mkdtempDisposable(join(installed, 'run-'));
  const at = (name: string) => join(folder.path, name);
  const data = join(root, 'fixtures/demo/answers.jsonl');
  await using run = await judgedRun(at('run'), readSamples(data), { rubric: 'answer-correctness' });
  using book = await openSampleBook([data]);
  await exportVerdictsAs(run, 'promptfoo', at('out.json'), { book });
  const imported = await promptfoo(installed, folder.path, 'import', 'out.json');
  expect({ ...imported, output: imported.code === 0 ? '' : imported.output }).toEqual({
    code: 0,
    output: '',
  });
  using database = new DatabaseSync(at('promptfoo/promptfoo.db'), { readOnly: true });
  const kept = database
    .prepare('SELECT score, success FROM eval_results ORDER BY test_idx, prompt_idx')
    .all();
  const { results } = JSON.parse(await readFile(at('out.json'), 'utf8'));
  expect(kept).toHaveLength(6);
  expect(kept).toEqual(
    results.results.map(({ score, success }: { score: number; success: boolean }) => ({
      score,
      success: Number(success),
    })),
  );
});
