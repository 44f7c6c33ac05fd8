import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readRows, readSamples } from '../../src/dataset.ts';
import { recordEngine } from '../../src/engine/replay.ts';
import { createJudge } from '../../src/judge/judge.ts';
import type { Protocol } from '../../src/judge/protocol.ts';
import { loadRubric } from '../../src/rubric.ts';
import { Verdict } from '../../src/schema.ts';
import { fakeEngine } from '../support/fake-engine.ts';
import { juror, without } from './juror.ts';

const rows = [
  {
    id: 'eggs',
    subset: 'sums',
    problem: 'How many eggs are in 4 boxes of 6?',
    steps: ['A box holds 6.', '6 · 4 = 26.', 'The answer is 26.'],
    firstError: 1,
    finalCorrect: false,
  },
  {
    id: 'legs',
    subset: 'sums',
    problem: 'How many legs have 2 cats?',
    steps: ['A cat has 4 legs.', '2 · 4 = 8.'],
    firstError: -1,
    finalCorrect: true,
  },
  {
    id: 'days',
    subset: 'words',
    problem: 'Which day follows Monday?',
    steps: ['Monday is the first day, so Sunday.'],
    firstError: 0,
    finalCorrect: false,
  },
  {
    id: 'sides',
    subset: 'words',
    problem: 'How many sides has a square?',
    steps: ['Four, \u001b[31mclearly.'],
    firstError: -1,
    finalCorrect: true,
  },
];

async function prepare(folder: string, lines: readonly object[], protocol: Partial<Protocol> = {}) {
  const data = join(folder, 'solutions.jsonl');
  await writeFile(data, lines.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const replay = join(folder, 'recording.jsonl');
  const engine = await recordEngine(fakeEngine(), replay);
  const judge = createJudge({ engine, rubrics: [await loadRubric('step-correctness')], ...protocol });
  for await (const _ of judge.judgeAll(readSamples(data), { onBadSample: () => {} }));
  return { data, judge: ['judge', data, '--rubric', 'step-correctness', '--replay', replay] };
}

const timeless = (text: string) => text.replace(/made in \d+ s/, 'made in N s');

test('solutions: every step with its probability, the summary, and first errors beside the baselines', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-steps-'));
  const { judge } = await prepare(home.path, rows, { critique: 'after' });
  const out = join(home.path, 'run');
  const { code, stdout } = await juror(
    [...judge, '--critique', 'after', '--show', '2', '--out', out],
    home.path,
  );
  expect(code).toBe(0);
  expect(timeless(without(home.path, stdout))).toMatchInlineSnapshot(`
    "eggs · step-correctness
      prompt   How many eggs are in 4 boxes of 6?
      step 1   ███████░░░ 69.5 % · A box holds 6.
      step 2   █░░░░░░░░░ 7.4 % · 6 · 4 = 26.
      critique critique 2940979928
      step 3   ███░░░░░░░ 30.6 % · The answer is 26.
      verdict  score 0.074, first error in step 2 · label first error in step 2, answer wrong

    legs · step-correctness
      prompt   How many legs have 2 cats?
      step 1   █████░░░░░ 52.7 % · A cat has 4 legs.
      step 2   ███░░░░░░░ 34.9 % · 2 · 4 = 8.
      critique critique 423354889
      verdict  score 0.349, first error in step 2 · label no error, answer right

    sample  verdict                             label
    days    score 0.176, first error in step 1  first error in step 1, answer wrong
    sides   score 0.242, first error in step 1  no error, answer right

    4 verdicts, all scored
    rubric            verdicts  unscored  result
    step-correctness  4         –         mean score 0.21, 7 steps, a first error in 4, none in 0
    7 judgments made in N s · 1,170 prompt tokens evaluated, 0 of 1,170 saved (0.0 %) · 28 written

    step-correctness · stepwise · 4 verdicts, 4 compared with labels, 0 unscored
    95 % intervals in brackets, clustered by prompt

    first error          F1      where there is one     where there is none    n
    juror                0.0 %   100.0 % [34.2, 100.0]  0.0 % [0.0, 65.8]      4
    always none          0.0 %   0.0 % [0.0, 65.8]      100.0 % [34.2, 100.0]  4
    always the first     0.0 %   50.0 % [9.5, 90.5]     0.0 % [0.0, 65.8]      4
    random step or none  39.5 %  37.5 % [25.0, 50.0]    41.7 % [33.3, 50.0]    4

    all solutions        exact place          error or none                n
    juror                50.0 % [15.0, 85.0]  50.0 % [15.0, 85.0], κ 0.00  4
    always none          50.0 % [15.0, 85.0]  50.0 % [15.0, 85.0], κ 0.00  4
    always the first     25.0 % [4.6, 69.9]   50.0 % [15.0, 85.0], κ 0.00  4
    random step or none  39.6 % [29.2, 50.0]  52.1 % [37.5, 68.8]          4

    steps              AUC   n
    juror              1.00  6
    earlier is better  0.63  6

    final answer  AUC   n
    last step     0.75  4
    lowest step   1.00  4
    mean          0.75  4
    product       1.00  4
    fewer steps   0.63  4

    subset  exact place         n
    sums    50.0 % [9.5, 90.5]  2
    words   50.0 % [9.5, 90.5]  2

    FOLDER/run/verdicts.jsonl · judgments.jsonl · summary.json
    "
  `);

  const agreed = await juror(['agree', out, '--json'], home.path);
  const report = JSON.parse(agreed.stdout)['step-correctness'];
  expect(report).toMatchObject({ mode: 'stepwise', counts: { rows: 4, compared: 4 } });
  expect(Object.keys(report.baselines)).toEqual(['none', 'first', 'random', 'earlierSteps']);
  const refused = await juror(['agree', out, '--criterion', 'step-correctness'], home.path);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('--criterion: expected none') });
});

test('verdicts are exported with their steps as JSONL, CSV and Parquet', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-steps-'));
  const { judge } = await prepare(home.path, rows);
  const out = join(home.path, 'run');
  await juror([...judge, '--quiet', '--out', out], home.path);
  const verdicts = (await readFile(join(out, 'verdicts.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => Verdict.parse(JSON.parse(line)));
  expect(verdicts.map(({ sampleId, steps }) => [sampleId, steps?.length])).toEqual([
    ['days', 1],
    ['eggs', 3],
    ['legs', 2],
    ['sides', 1],
  ]);
  for (const format of ['csv', 'parquet']) {
    const file = join(home.path, `verdicts.${format}`);
    expect(await juror(['export', out, '--to', file], home.path)).toMatchObject({ code: 0 });
    const exported = [];
    for await (const { row } of readRows(file)) exported.push(row);
    expect(exported.map(({ min }) => Number(min))).toEqual(verdicts.map(({ min }) => min));
    const steps = exported.map((row) => (typeof row.steps === 'string' ? JSON.parse(row.steps) : row.steps));
    expect(steps).toEqual(verdicts.map((verdict) => verdict.steps));
  }
});

test('an answer without steps is refused with its row and field; --steps lines cuts it', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-steps-'));
  const plain = [{ id: 'plain', problem: 'P', solution: 'One.\nTwo.', correct: true }];
  const { judge } = await prepare(home.path, plain, { steps: 'lines' });
  const out = join(home.path, 'run');
  const refused = await juror([...judge, '--out', out], home.path);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain("steps: sample 'plain', response 'response': expected steps");
  const cut = await juror([...judge, '--steps', 'lines', '--show', '1', '--out', out], home.path);
  expect(cut.code).toBe(0);
  expect(cut.stdout).toMatch(/step 2 .* Two\./);
  expect(cut.stdout).toContain('1 verdict, all scored');
  const wrong = await juror([...judge, '--steps', 'words', '--out', out], home.path);
  expect(wrong.code).toBe(2);
});
