import { mkdtempDisposable, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { recordEngine } from '../../src/engine/replay.ts';
import { rankSamples } from '../../src/judge/rank.ts';
import { loadRubric } from '../../src/rubric.ts';
import { Ranking, type Sample } from '../../src/schema.ts';
import { fakeEngine } from '../support/fake-engine.ts';
import { juror, without } from './juror.ts';

const samples: Sample[] = [
  [
    'b-capital',
    'Name the capital of France.',
    ['Paris.', 'Lyon.', 'It is Paris, of course.', 'Berlin'],
    [5, 2, 4, 1],
  ],
  ['a-colour', 'Name a colour.', ['Red', 'A dog is no colour.', 'Blue, green or red', 'No.'], [5, 1, 3, 2]],
  ['c-number', 'Name a number.', ['Seven.', 'Seven, eight and nine.', 'None'], [3, 2, 1]],
].map(([id, prompt, texts, ratings]) => ({
  id: String(id),
  prompt: String(prompt),
  responses: (texts as string[]).map((text, index) => ({
    id: `r${index + 1}`,
    text,
    metadata: { rating: (ratings as number[])[index] },
  })),
}));

/** A folder with the data and a recording of every pair of them; `failing` has one that does not fit. */
async function prepared(failing?: string) {
  const folder = await mkdtempDisposable(join(tmpdir(), 'juror-rank-'));
  const data = join(folder.path, 'data.jsonl');
  await writeFile(data, samples.map((sample) => `${JSON.stringify(sample)}\n`).join(''));
  const recording = join(folder.path, 'recording.jsonl');
  const made = fakeEngine({
    answer: ({ prefix }) =>
      failing !== undefined && JSON.stringify(prefix).includes(failing)
        ? { status: 'unscored', reason: 'context', message: 'too long' }
        : undefined,
  });
  {
    await using engine = await recordEngine(made, recording);
    const rubric = await loadRubric('better-answer');
    for await (const _ of rankSamples({ engine, rubric }, samples, { schedule: 'all-pairs' }));
  }
  const rank = (...flags: string[]) =>
    juror(['rank', data, '--rubric', 'better-answer', '--replay', recording, ...flags], folder.path);
  return {
    data,
    rank,
    out: join(folder.path, 'run'),
    path: folder.path,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

const files = ['rankings.jsonl', 'verdicts.jsonl', 'judgments.jsonl', 'summary.json', 'manifest.json'];
const contents = (out: string) => Promise.all(files.map((name) => readFile(join(out, name), 'utf8')));
const rankingsOf = async (out: string) =>
  (await readFile(join(out, 'rankings.jsonl'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => Ranking.parse(JSON.parse(line)));

test('tables of the first samples, a line for each other, and agreement beside length and chance', async () => {
  await using given = await prepared();
  const { code, stdout } = await given.rank('--schedule', 'all-pairs', '--show', '1', '--out', given.out);
  expect(code).toBe(0);
  expect(without(given.path, stdout).replace(/made in \d+ s/, 'made in N s')).toMatchInlineSnapshot(`
    "b-capital · better-answer · 6 of 6 comparisons, all pairs asked · cyclic triples 0.0 %
    rank      response  strength, nats       Elo   text
    1 [1, 4]  r3        1.15 [-0.06, 2.35]   1199  It is Paris, of course.
    2 [1, 4]  r1        0.45 [-0.61, 1.50]   1078  Paris.
    3 [1, 4]  r4        -0.62 [-1.69, 0.45]  892   Berlin
    4 [1, 4]  r2        -0.97 [-2.12, 0.17]  831   Lyon.

    sample    order              asked   unscored  label
    a-colour  r2 > r1 > r3 > r4  6 of 6
    c-number  r2 > r3 > r1       3 of 3

    3 samples, all ranked
    comparisons asked  15 of 15           mean share 100.0 %
    unscored           0
    cyclic triples     8.3 % [0.0, 25.0]  0 % is one order in mind, 25 % are coins
    stopped            all pairs asked 3
    30 judgments made in N s · 3,300 prompt tokens evaluated, 0 of 3,300 saved (0.0 %)

    3 rankings compared with what is known of the responses
    95 % intervals in brackets, clustered by prompt

                      Kendall τ-b          best one first  n
    juror             0.00 [-0.33, 0.33]   0.0 %           3
    longer is better  -0.01 [-0.55, 0.33]  0.0 %           3
    random order      0.00                 27.8 %          3
    juror's τ-b less that of length: 0.01 [-0.67, 0.55]

    FOLDER/run/rankings.jsonl · verdicts.jsonl · judgments.jsonl · summary.json
    "
  `);
  const rankings = await rankingsOf(given.out);
  expect(rankings.map(({ sampleId }) => sampleId)).toEqual(['a-colour', 'b-capital', 'c-number']);
});

test('a run taken up again, or done in parts, ends with the same bytes', async () => {
  await using given = await prepared();
  const flags = ['--schedule', 'swiss', '--out', given.out];
  expect((await given.rank(...flags)).code).toBe(0);
  const first = await contents(given.out);
  const again = await given.rank(...flags);
  expect(again.stdout).toContain('none to make');
  expect(await contents(given.out)).toEqual(first);
  const parts = join(given.path, 'parts');
  const partly = ['--schedule', 'swiss', '--no-cache', '--out', parts];
  await given.rank(...partly, '--limit', '1');
  await rm(join(parts, 'rankings.jsonl'));
  expect((await given.rank(...partly)).code).toBe(0);
  expect(await contents(parts)).toEqual(first);
});

test('--json has the report; a budget is kept; another schedule replaces the rankings', async () => {
  await using given = await prepared();
  await given.rank('--schedule', 'all-pairs', '--out', given.out);
  const { stdout, stderr } = await given.rank('--budget', '50%', '--json', '--out', given.out);
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ rankings: 3, ranked: 3, compared: 3, refusedRows: 0, tokens: { made: 0 } });
  expect(report.figures.kendall.n).toBe(3);
  expect(stderr).toContain('held a run with another settings.budget');
  const rankings = await rankingsOf(given.out);
  expect(rankings.map(({ comparisons }) => comparisons.asked)).toEqual([3, 3, 2]);
  const verdicts = await readFile(join(given.out, 'verdicts.jsonl'), 'utf8');
  expect(verdicts.trimEnd().split('\n')).toHaveLength(8);
});

test('an unscored pair is said, and the exit code is 3 unless tolerated', async () => {
  await using given = await prepared('Berlin');
  const flags = ['--schedule', 'all-pairs', '--show', '3'];
  const { code, stdout } = await given.rank(...flags, '--out', given.out);
  expect(code).toBe(3);
  expect(stdout).toContain('3 samples, 1 not ranked');
  expect(stdout).toContain('unscored: r4 and r2 (context)');
  expect(stdout).toContain('not ranked: no scored comparison links r3, r2, r1 with r4; a larger budget may');
  const tolerant = await given.rank(...flags, '--tolerate', '0.5', '--out', given.out);
  expect(tolerant.code).toBe(0);
});

test('what means nothing is refused before anything is judged', async () => {
  await using given = await prepared();
  for (const [flags, message] of [
    [['--budget', '0%'], 'expected a whole number of 1 or more, or a share such as 40%, got 0%'],
    [['--schedule', 'informative'], 'Allowed choices are information, swiss, all-pairs'],
    [
      ['--rubric', 'helpfulness'],
      "rubric: expected a pairwise one, such as better-answer, got 'helpfulness'",
    ],
  ] as const) {
    const { code, stderr, stdout } = await given.rank(...flags, '--out', given.out);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
  }
  await writeFile(given.data, `${JSON.stringify(samples[0])}\n{"prompt": "One", "response": "only"}\n`);
  const { code, stderr } = await given.rank('--out', given.out);
  expect(code).toBe(2);
  expect(stderr).toContain('expected two responses or more to rank, got 1');
  expect(await rankingsOf(given.out)).toHaveLength(1);
});
