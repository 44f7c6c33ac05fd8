import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { juror, recordings, without } from './juror.ts';

const pairs = [
  'judge',
  'fixtures/demo/pairs.jsonl',
  '--rubric',
  'better-answer',
  '--critique',
  'brief',
  '--replay',
  recordings.full,
];

/** Wall time is the one thing that differs from run to run. */
const timeless = (text: string) => text.replace(/made in \d+ s/, 'made in N s');

test('pairs: verdicts, tokens saved and agreement beside the baselines, on stdout', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-cli-'));
  const out = join(home.path, 'run');
  const { code, stdout, stderr } = await juror([...pairs, '--out', out], home.path);
  expect(code).toBe(0);
  expect(stderr).toContain('smollm2-135m, replayed');
  expect(timeless(without(home.path, stdout))).toMatchInlineSnapshot(`
    "12 verdicts, all scored
    rubric         verdicts  unscored  result
    better-answer  12        –         first wins 4, second 8, ties 0; the orders disagree on 12
    24 judgments made in N s · 6,814 prompt tokens evaluated, 2,696 of 9,510 saved (28.3 %) · 1,374 written

    better-answer · pairwise · 12 verdicts, 12 compared with labels, 0 unscored
    95 % intervals in brackets, clustered by prompt

                        accuracy             κ                     n
    juror               33.3 % [13.8, 60.9]  -0.33 [-0.71, 0.15]  12
    longer answer wins  66.7 % [38.0, 86.7]  0.33 [-0.31, 0.83]   12
    first answer wins   50.0 % [23.8, 76.2]  0.00                 12
    majority label      50.0 % [23.8, 76.2]  0.00                 12

    juror alone                                 fair or coin   n
    both orders agree        0.0 % [0.0, 27.2]                12
    first-shown answer wins  100.0 %            50 %          12
    position lean, nats      0.79 [0.61, 0.97]  0             12
    Brier score              0.27 [0.25, 0.28]  0.25          12
    log-loss, nats           0.73 [0.69, 0.76]  0.69          12

    subset            accuracy             n
    correct-vs-wrong  50.0 % [15.0, 85.0]  4
    natural           25.0 % [7.1, 59.1]   8

    FOLDER/run/verdicts.jsonl · judgments.jsonl · summary.json
    "
  `);
});

test('--show prints texts, critiques, probabilities and a line for each other verdict', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-cli-'));
  const { stdout } = await juror(
    [...pairs, '--limit', '2', '--show', '1', '--out', join(home.path, 'run')],
    home.path,
  );
  const shown = stdout.slice(0, stdout.indexOf('2 verdicts'));
  expect(shown).toMatchInlineSnapshot(`
    "llmbar-natural-1 · better-answer
      prompt   Complete a brief story given the following first sentence. [MALE] was a weatherman.
      a        He learned his weather report. He prepared for his forecast. He expected the forecast
               would be wrong. Yet when the forecast report came back positive!
      b        He would always mistreat it every day. He eats a lot of food. He is glad he had a cow.
      with a shown first:
      critique [prompt wvtaph] The answer that is better is answer A. The prompt asks for a more precise
               answer. The answer that is better is answer B. The prompt asks for a more precise answer.
               The answer that is better is answer A. The answer that is better is answer B. The answer
               that is better is answer A. The answer that is better is answer B. The answer that is
               better is answer A. The answer that is better is answer A [cut]
      read     a ████████████░░░░░░░░ 62.3 % · b 37.7 %
      with b shown first:
      critique [prompt wvtaph] The answer that is better is answer A. The prompt asks for a more precise
               answer, and answer A is the better choice. [end of answer A wvtaph] [response wvhq] The
               answer that is better is answer B. The prompt asks for a more precise answer, and answer
               B is the better choice.
      read     a ██████░░░░░░░░░░░░░░ 32.1 % · b 67.9 %
      verdict  b with 53.1 %, the orders disagree · label a

    sample            verdict        label  orders
    llmbar-natural-2  b with 53.0 %  a      disagree

    "
  `);
});

test('the same command again finds everything and leaves the folder as it is; another folder is a copy', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-cli-'));
  const [first, second] = [join(home.path, 'first'), join(home.path, 'second')];
  const files = ['judgments.jsonl', 'verdicts.jsonl', 'summary.json', 'manifest.json'];
  const contents = (folder: string) => Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
  await juror([...pairs, '--out', first], home.path);
  const before = await contents(first);
  const again = await juror([...pairs, '--out', first], home.path);
  expect(again.stdout).toContain('24 judgments found, none to make: no token evaluated');
  expect(await contents(first)).toEqual(before);
  const copy = await juror([...pairs, '--out', second], home.path);
  expect(copy.stdout).toContain('24 judgments found');
  expect(await contents(second)).toEqual(before);
});

test('--json is one JSON value with the summary, the tokens and the agreement', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-cli-'));
  const { code, stdout } = await juror(
    [...pairs, '--json', '--quiet', '--out', join(home.path, 'run')],
    home.path,
  );
  expect(code).toBe(0);
  const summary = JSON.parse(stdout);
  expect(summary).toMatchObject({ verdicts: 12, scored: 12, refusedRows: 0, tokens: { made: 24, found: 0 } });
  expect(summary.agreement['better-answer'].figures.accuracy.n).toBe(12);
  const { winners } = summary.rubrics['better-answer'];
  expect(winners.first + winners.second + winners.tie).toBe(12);
});

test('verdicts of earlier data in the folder are said to be counted along', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-cli-'));
  const flags = [...pairs, '--out', join(home.path, 'run'), '--quiet'];
  expect((await juror([...flags, '--limit', '3'], home.path)).stderr).toBe('');
  const { stdout, stderr } = await juror([...flags, '--limit', '1'], home.path);
  expect(stdout).toContain('3 verdicts, all scored');
  expect(stderr).toContain('2 verdicts of earlier data in ');
});

test('flags can come from the environment, and a flag wins', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-cli-'));
  const environment = { JUROR_RUBRIC: 'answer-correctness', JUROR_REPLAY: recordings.full, JUROR_LIMIT: '1' };
  const data = ['judge', 'fixtures/demo/answers.jsonl', '--quiet', '--json'];
  const asked = await juror([...data, '--out', join(home.path, 'a')], home.path, environment);
  expect(JSON.parse(asked.stdout)).toMatchObject({
    verdicts: 1,
    rubrics: { 'answer-correctness': { scored: 1 } },
  });
  const more = await juror([...data, '--limit', '2', '--out', join(home.path, 'b')], home.path, environment);
  expect(JSON.parse(more.stdout)).toMatchObject({ verdicts: 2 });
});

test('a bad row is named with its line and field, the rest is judged, and the exit code is 2', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-cli-'));
  const data = join(home.path, 'data.jsonl');
  const [first, second] = (await readFile('fixtures/demo/pairs.jsonl', 'utf8')).split('\n');
  await writeFile(data, `${first}\n{"prompt": "p", "a": "x"}\n{"half a li\n${second}\n`);
  const { code, stdout, stderr } = await juror(
    [...pairs.with(1, data), '--out', join(home.path, 'run')],
    home.path,
  );
  expect(code).toBe(2);
  const refusals = without(home.path, stderr)
    .split('\n')
    .filter((line) => line.startsWith('juror:'));
  expect(refusals).toMatchInlineSnapshot(`
    [
      "juror: FOLDER/data.jsonl:2: b: expected a second response beside "a", got prompt, a",
      "juror: FOLDER/data.jsonl:3: expected a JSON object, got broken JSON: Unterminated string in JSON at position 11",
    ]
  `);
  expect(stdout).toContain('2 verdicts, all scored');
  expect(stdout).toContain('2 rows refused; see the messages above');
});

test('a sample that does not fit its rubric is refused like a bad row', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-cli-'));
  const flags = ['--rubric', 'better-answer', '--replay', recordings.full, '--out', join(home.path, 'run')];
  for (const quiet of [[], ['--quiet']]) {
    const { code, stderr } = await juror(
      ['judge', 'fixtures/demo/answers.jsonl', ...flags, '--limit', '1', ...quiet],
      home.path,
    );
    expect(code).toBe(2);
    expect(stderr).toContain("expected two responses for the pairwise rubric 'better-answer', got 1");
  }
});

test('what is unscored says why; the exit code is 3, or 0 where that is tolerated', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-cli-'));
  const small = [
    'judge',
    'fixtures/demo/pairs.jsonl',
    '--rubric',
    'better-answer',
    '--limit',
    '2',
    '--replay',
    recordings.smallContext,
  ];
  const { code, stdout } = await juror([...small, '--out', join(home.path, 'run')], home.path);
  expect(code).toBe(3);
  expect(stdout).toContain('2 verdicts, 1 unscored');
  expect(stdout).toContain('context 2');
  const tolerant = await juror([...small, '--tolerate', '1', '--out', join(home.path, 'run')], home.path);
  expect(tolerant.code).toBe(0);
});
