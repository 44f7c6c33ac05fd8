import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { superiority } from '../../src/aggregate/superiority.ts';
import { promptCluster } from '../../src/canonical.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { createJudge } from '../../src/judge/judge.ts';
import { completeProtocol } from '../../src/judge/protocol.ts';
import { rankSamples } from '../../src/judge/rank.ts';
import type { DecisionRules } from '../../src/judge/rules.ts';
import { exportRankings, exportVerdicts, openJudgingRun } from '../../src/judge/run.ts';
import { preferencesFromImplicit, preferencesFromRewards } from '../../src/preference/reward-files.ts';
import type { RunPreferenceOptions } from '../../src/preference/run-reading.ts';
import { preferencesFromRun } from '../../src/preference/runs.ts';
import { openSampleBook } from '../../src/preference/sample-book.ts';
import { loadRubric } from '../../src/rubric.ts';
import { scoreOf } from '../../src/scale.ts';
import { Preference, type Ranking, type Sample } from '../../src/schema.ts';
import { openRun, readRun } from '../../src/store/run.ts';
import { fakeEngine } from '../support/fake-engine.ts';

const pair = (id: string, a: string, b: string, prompt = 'Name the capital of France.'): Sample => ({
  id,
  prompt,
  responses: [
    { id: 'a', text: a },
    { id: 'b', text: b, model: 'm' },
  ],
  label: 'a',
});
const pairs = [
  pair('one', 'Paris.', 'Lyon, I think.'),
  pair('two', 'Rome.', 'Milan', 'Name the capital of Italy.'),
];
const opinionated = (opinion: string): Engine => fakeEngine({ digest: opinion, opinion });

interface Judging extends DecisionRules {
  readonly engines?: readonly Engine[];
  readonly samples?: readonly Sample[];
}

/** A run on samples, and their texts; `data` may be other ones. */
async function judged(
  rubrics: readonly string[],
  { engines = [opinionated('x')], samples = pairs, ...rules }: Judging = {},
) {
  const home = await mkdtempDisposable(join(tmpdir(), 'juror-prefs-'));
  const folder = join(home.path, 'run');
  const loaded = await Promise.all(rubrics.map(loadRubric));
  {
    await using run = await openJudgingRun(folder, {
      engines,
      rubrics: loaded,
      protocol: completeProtocol({}),
      ...rules,
    });
    const judge = createJudge({ engines, rubrics: loaded, store: run.store, ...rules });
    for await (const _ of judge.judgeAll(samples));
    await exportVerdicts(run);
  }
  const write = async (name: string, rows: readonly object[]) => {
    const file = join(home.path, name);
    await writeFile(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    return file;
  };
  const counted: string[] = [];
  return {
    folder,
    write,
    counted,
    async preferences(options: Partial<RunPreferenceOptions> = {}, data: readonly Sample[] = samples) {
      using book = await openSampleBook([await write('data.jsonl', data)]);
      await using run = await readRun(folder);
      counted.length = 0;
      const leftOut = (reason: string, id: string) => void counted.push(`${reason} ${id}`);
      const made = await Array.fromAsync(preferencesFromRun(run, { book, leftOut, ...options }));
      for (const one of made) expect(Preference.parse(one)).toEqual(one);
      return made;
    },
    [Symbol.asyncDispose]: () => home.remove(),
  };
}

test('a pair’s verdict is its preference: probability, log-odds, orders, keys', async () => {
  await using given = await judged(['better-answer']);
  const made = await given.preferences();
  await using run = await readRun(given.folder);
  const keys = new Set((await Array.fromAsync(run.store.judgments())).map(({ key }) => key));
  expect(made.map(({ sampleId }) => sampleId)).toEqual(['one', 'two']);
  for (const {
    probability,
    margin,
    marginUnit,
    source,
    orderConsistent,
    agreement,
    chosen,
    rejected,
  } of made) {
    expect(margin).toBeCloseTo(Math.log(probability / (1 - probability)), 12);
    expect(marginUnit).toBe('nats');
    expect(source.keys).toHaveLength(2);
    expect(source.keys.every((key) => keys.has(key))).toBe(true);
    expect(source).toMatchObject({
      method: 'pairwise',
      run: 'run',
      rubric: { id: 'better-answer' },
      engines: [{ model: 'fake', digest: 'x' }],
    });
    expect(typeof orderConsistent).toBe('boolean');
    expect(agreement).toBeNull();
    expect(new Set([chosen.id, rejected.id])).toEqual(new Set(['a', 'b']));
  }
});

test('a panel says how many of its members agree', async () => {
  const engines = ['x', 'y', 'z'].map(opinionated);
  await using given = await judged(['better-answer'], { engines });
  for (const { agreement } of await given.preferences())
    expect([1 / 3, 2 / 3, 1].some((share) => Math.abs(share - (agreement ?? 0)) < 1e-12)).toBe(true);
});

test('texts that are not those judged are refused, naming the sample', async () => {
  await using given = await judged(['better-answer']);
  const other = [pair('one', 'Paris!', 'Lyon, I think.'), pairs[1] ?? pair('', '', '')];
  await expect(given.preferences({}, other)).rejects.toThrow(
    /sample 'one', response 'a': expected the text that was judged \(digest/,
  );
  await expect(given.preferences({}, [pair('one', 'Paris.', 'Lyon, I think.', 'Other?')])).rejects.toThrow(
    "sample 'one': expected the prompt that was judged",
  );
  await expect(given.preferences({}, pairs.slice(1))).rejects.toThrow("sample 'one': expected its texts");
});

test('unscored, abstained, content-free and equal answers are counted, and become nothing', async () => {
  const samples = [...pairs, pair('empty', '...', 'Bonn'), pair('same', 'Paris', 'Paris')];
  const engines = [
    fakeEngine({
      answer: ({ prefix }) =>
        JSON.stringify(prefix).includes('Milan')
          ? { status: 'unscored', reason: 'context', message: 'too long' }
          : undefined,
    }),
  ];
  await using given = await judged(['better-answer'], { engines, samples });
  expect((await given.preferences()).map(({ sampleId }) => sampleId)).toEqual(['one']);
  expect(given.counted).toEqual(['content-free empty', 'same-text same', 'unscored two']);
  expect((await given.preferences({ withContentFree: true })).map(({ sampleId }) => sampleId)).toEqual([
    'empty',
    'one',
  ]);
  await using careful = await judged(['better-answer'], { abstain: { band: 0.5 } });
  expect(await careful.preferences()).toEqual([]);
  expect(careful.counted).toEqual(['abstained one', 'abstained two']);
  expect(await careful.preferences({ withAbstained: true })).toHaveLength(2);
});

test('answers judged alone are compared within their prompt by their distributions, over samples too', async () => {
  const samples = [
    ...pairs,
    { id: 'third', prompt: 'Name the capital of France.', responses: [{ id: 'response', text: 'Nice' }] },
    { id: 'again', prompt: 'Name the capital of France.', responses: [{ id: 'response', text: 'Nice' }] },
    { id: 'lonely', prompt: 'Hm?', responses: [{ id: 'response', text: 'Hm.' }] },
  ];
  await using given = await judged(['helpfulness'], { samples });
  const made = await given.preferences();
  // Three answers of France, two of Italy; "Nice" is told once.
  expect(made).toHaveLength(4);
  expect(given.counted.toSorted()).toEqual(['alone lonely', 'same-text third']);
  await using run = await readRun(given.folder);
  const { rubric } = await loadRubric('helpfulness');
  const [criterion] = rubric.criteria;
  const masses = new Map<string, { score: number; probability: number }[]>();
  for await (const { sampleId, responseIds, outcome } of run.store.plannedJudgments())
    if (outcome.status === 'scored' && criterion)
      masses.set(
        `${sampleId} ${responseIds[0]}`,
        Object.entries(outcome.distribution).map(([label, probability]) => ({
          score: scoreOf(criterion.scale, label),
          probability,
        })),
      );
  expect(rubric.criteria).toHaveLength(1);
  for (const { sampleId, chosen, rejected, probability, margin, marginUnit } of made) {
    const of = (side: typeof chosen) => masses.get(`${side.sampleId ?? sampleId} ${side.id}`) ?? [];
    expect(probability).toBeCloseTo(superiority(of(chosen), of(rejected)), 12);
    expect(margin).toBeCloseTo(Math.max(0, (chosen.score ?? 0) - (rejected.score ?? 0)), 12);
    expect(marginUnit).toBe('score');
  }
});

test('several rubrics need a choice, and a slip gets the nearest name', async () => {
  await using given = await judged(['helpfulness', 'honesty']);
  await expect(given.preferences()).rejects.toThrow(
    'choose one with --rubric, or make them one reward with juror combine',
  );
  await expect(given.preferences({ rubric: 'honesti' })).rejects.toThrow("did you mean 'honesty'?");
  const made = await given.preferences({ rubric: 'honesty' });
  expect(made.map(({ source }) => source.rubric?.id)).toEqual(['honesty', 'honesty']);
});

test('solutions are compared by what counts of their process', async () => {
  const solution = (id: string, steps: string[]): Sample => ({
    id,
    prompt: 'What is 2 + 2?',
    responses: [{ id: 'response', text: steps.join('\n'), steps }],
  });
  await using given = await judged(['step-correctness'], {
    samples: [solution('s', ['2 and 2', 'is 4']), solution('t', ['5'])],
  });
  for (const process of ['min', 'product', 'mean', 'last'] as const) {
    const [one] = await given.preferences({ process });
    expect(one?.probability).toBeCloseTo(0.5 + (one?.margin ?? 9) / 2, 12);
    expect(one?.margin).toBeCloseTo((one?.chosen.score ?? 0) - (one?.rejected.score ?? 0), 12);
    expect(one?.source.method).toBe('stepwise');
  }
});

test('strengths of rankings differ by log-odds', async () => {
  const samples: Sample[] = [
    {
      id: 's',
      prompt: 'Name a colour.',
      responses: ['Red', 'Blue, surely', 'No.'].map((text, index) => ({ id: `r${index}`, text })),
    },
  ];
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-prefs-'));
  const folder = join(home.path, 'ranked');
  const [engine, rubric] = [opinionated('x'), await loadRubric('better-answer')];
  const rankings: Ranking[] = [];
  {
    await using run = await openJudgingRun(folder, {
      engine,
      rubrics: [rubric],
      protocol: completeProtocol({}),
      settings: { schedule: 'all-pairs', budget: 'all', settled: null },
    });
    for await (const ranking of rankSamples({ engine, rubric, store: run.store }, samples, {
      schedule: 'all-pairs',
    }))
      rankings.push(ranking);
    await exportVerdicts(run);
    await exportRankings(run, rankings);
  }
  const data = join(home.path, 'data.jsonl');
  await writeFile(data, samples.map((sample) => `${JSON.stringify(sample)}\n`).join(''));
  using book = await openSampleBook([data]);
  await using run = await openRun(folder);
  const made = await Array.fromAsync(preferencesFromRun(run, { book }));
  expect(made).toHaveLength(3);
  const strengths = new Map(rankings[0]?.places.map(({ responseId, strength }) => [responseId, strength]));
  for (const { chosen, rejected, margin, probability, source, orderConsistent } of made) {
    expect(margin).toBeCloseTo((strengths.get(chosen.id) ?? 0) - (strengths.get(rejected.id) ?? 0), 12);
    expect(probability).toBeCloseTo(1 / (1 + Math.exp(-margin)), 12);
    expect(source).toMatchObject({ method: 'ranking' });
    expect(source.keys).toHaveLength(2);
    expect(typeof orderConsistent).toBe('boolean');
  }
});

test('rewards in files: implicit ones in nats, combined ones through a temperature', async () => {
  await using given = await judged(['better-answer']);
  using book = await openSampleBook([await given.write('data.jsonl', pairs)]);
  const model = { model: 'm', digest: 'd' };
  const scored = (responseId: string, total: number) => {
    return { status: 'scored', responseId, total, perToken: total, tokens: 1, policy: -1, reference: -2 };
  };
  const implicit = await given.write('implicit.jsonl', [
    {
      key: 'f'.repeat(64),
      sampleId: 'one',
      policy: model,
      reference: model,
      beta: 0.1,
      responses: [scored('a', 0.5), scored('b', 2)],
    },
    {
      key: 'e'.repeat(64),
      sampleId: 'two',
      policy: model,
      reference: model,
      beta: 0.1,
      responses: [
        scored('a', 0.5),
        { status: 'unscored', responseId: 'b', reason: 'context', message: 'long' },
      ],
    },
  ]);
  const counted: string[] = [];
  const leftOut = (reason: string, id: string) => void counted.push(`${reason} ${id}`);
  const [one, ...rest] = await Array.fromAsync(preferencesFromImplicit(implicit, { book, leftOut }));
  expect(rest).toEqual([]);
  expect(one).toMatchObject({
    chosen: { id: 'b', score: 2 },
    margin: 1.5,
    marginUnit: 'nats',
    source: { method: 'implicit' },
  });
  expect(one?.probability).toBeCloseTo(1 / (1 + Math.exp(-1.5)), 12);
  expect(counted).toEqual(['unscored two', 'alone two']);
  const reward = (
    responseId: string,
    score: number,
    honesty: number | null,
    cluster = promptCluster(pairs[0]?.prompt),
  ) => {
    return {
      sampleId: 'one',
      responseId,
      cluster,
      objectives: { honesty },
      score,
      reason: null,
      capped: [],
      rank: 1,
      pareto: null,
      flags: [],
    };
  };
  const rewards = await given.write('rewards.jsonl', [reward('a', 0.9, 0.2), reward('b', 0.4, 0.6)]);
  const [combined] = await Array.fromAsync(preferencesFromRewards(rewards, { book, temperature: 0.25 }));
  expect(combined).toMatchObject({
    chosen: { id: 'a' },
    marginUnit: 'score',
    source: { method: 'reward', run: 'rewards.jsonl' },
  });
  expect(combined?.margin).toBeCloseTo(0.5, 12);
  expect(combined?.probability).toBeCloseTo(1 / (1 + Math.exp(-2)), 12);
  expect(combined?.objectives.honesty).toBeCloseTo(1 / (1 + Math.exp(1.6)), 12);
  const elsewhere = await given.write('elsewhere.jsonl', [
    reward('a', 1, 1, '0'.repeat(16)),
    reward('b', 0, 1, '0'.repeat(16)),
  ]);
  await expect(Array.fromAsync(preferencesFromRewards(elsewhere, { book }))).rejects.toThrow(
    "sample 'one': expected the prompt that was judged",
  );
});
