import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bestOfReport } from '../../src/aggregate/best-of-report.ts';
import { guideAll } from '../../src/loop/guide.ts';
import { openGuidedFile, readGuided } from '../../src/loop/guide-file.ts';
import { goldOf, referenceScorer } from '../../src/loop/guide-gold.ts';
import { headScorer } from '../../src/loop/guide-head.ts';
import { judgeScorer } from '../../src/loop/guide-judge.ts';
import { createAnswerCollector, guidedPreference, requireComparison } from '../../src/loop/guide-rows.ts';
import type { AnswerScorer } from '../../src/loop/guide-scorer.ts';
import type { GivenStrategy } from '../../src/loop/guide-strategy.ts';
import { openScorer } from '../../src/reward/scorer.ts';
import { trainHead } from '../../src/reward/train.ts';
import { loadRubric } from '../../src/rubric.ts';
import { type Guided, Preference, Sample } from '../../src/schema.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { pairRows, stubReader, trainingOf } from '../reward/training-data.ts';
import { fakeEngine } from '../support/fake-engine.ts';
import { fakeScorer, fakeWriter } from '../support/fake-guide.ts';
import { scriptedJudge } from '../support/scripted-judge.ts';

const texts = ['A: 4', 'A: 5', 'A: 4.0', 'no idea'];
const writer = () => fakeWriter((_, times) => texts[times % texts.length] ?? '');

async function guidedBy(
  scorer: AnswerScorer,
  prompts = ['p'],
  strategy: GivenStrategy = { kind: 'best-of' },
): Promise<Guided[]> {
  const rows: Guided[] = [];
  const given = prompts.map((id) => ({ id, prompt: `Add for ${id}.`, reference: '#### 4' }));
  const options = {
    generator: writer(),
    scorer,
    strategy,
    withReference: true,
  } as const;
  for await (const row of guideAll(options, given)) rows.push(row);
  return rows;
}

test('a pointwise judge scores answers with its reasons, and finds what its store has', async () => {
  const engine = scriptedJudge((text) => Number(text.length > 4));
  const store = memoryStore();
  const rubric = await loadRubric('helpfulness');
  const scorer = judgeScorer({ engine, rubric, store });
  const scores = await scorer.score('Say.', ['long one', 'no'], {});
  expect(scores.map(({ score }) => score)).toEqual([expect.any(Number), expect.any(Number)]);
  expect(scores[0]?.score).not.toBe(scores[1]?.score);
  expect(scores[0]).toMatchObject({ reason: expect.stringMatching(/^helpfulness 0\.\d\d$/) });
  const before = engine.requests.length;
  expect(await scorer.score('Say.', ['long one', 'no'])).toEqual(scores);
  expect(engine.requests).toHaveLength(before);
  expect(scores[0]?.standsOn?.[0]?.usage).toEqual({ prompt: 20, generated: 0 });

  const critical = judgeScorer({ engine, rubric, critique: 'brief', samples: 2 });
  const [first] = await critical.score('Say.', ['long one']);
  expect(first).toMatchObject({ reason: 'A critique.', deviation: 0 });
  expect(critical.identity).not.toBe(scorer.identity);
});

test('a stepwise judge scores beginnings by their lowest step, and reads a step once', async () => {
  const engine = fakeEngine();
  const scorer = judgeScorer({ engine, rubric: await loadRubric('step-correctness') });
  const [short] = (await scorer.scoreSteps?.('Add.', [['one\n']])) ?? [];
  const asked = engine.requests.length;
  const [long, empty] = (await scorer.scoreSteps?.('Add.', [['one\n', '\n', 'two'], []])) ?? [];
  expect(engine.requests).toHaveLength(asked + 1);
  expect(long?.score).toBeLessThanOrEqual(short?.score ?? 0);
  expect(long).toMatchObject({ reason: expect.stringMatching(/^steps 0\.\d\d 0\.\d\d$/) });
  expect(empty).toEqual({ score: null, reason: 'an empty answer has no steps' });
  const [whole] = await scorer.score('Add.', ['one\ntwo']);
  expect(whole?.score).toBe(long?.score);
  const last = judgeScorer({ engine, rubric: await loadRubric('step-correctness'), reduce: 'last' });
  expect(last.identity).not.toBe(scorer.identity);
});

test('what cannot be judged has a reason, and a rubric that compares is refused', async () => {
  const rubric = await loadRubric('helpfulness');
  const engine = fakeEngine({
    answer: () => ({ status: 'unscored', reason: 'context', message: 'too long' }),
  });
  expect(await judgeScorer({ engine, rubric }).score('Say.', ['a'])).toMatchObject([
    { score: null, reason: 'context: too long' },
  ]);
  const pairs = await loadRubric('better-answer');
  expect(() => judgeScorer({ engine, rubric: pairs })).toThrow('expected a pointwise or stepwise rubric');
});

test('the reference says which final values are right', async () => {
  const [guided] = await guidedBy(referenceScorer());
  expect(guided?.candidates.map(({ score }) => score)).toEqual([1, 0, 1, 0]);
  expect(guided?.candidates[3]?.reason).toBe('no final value');
  expect(guided).toMatchObject({ chosen: 'c1', why: 'c1 the first drawn of 2 with this score' });
  const [blind] = await referenceScorer().score('Add.', ['A: 4']);
  expect(blind).toEqual({ score: null, reason: 'no reference' });
});

test('what answers are worth stands beside what they were chosen by; an answer without a worth leaves its prompt out', async () => {
  const [guided] = await guidedBy(fakeScorer((text) => text.length / 10));
  if (guided === undefined) throw new Error('nothing came of it');
  expect(await goldOf(guided, referenceScorer(), { reference: 'so 4' })).toEqual({
    cluster: guided.cluster,
    answers: [
      { score: 0.4, gold: 1, value: '4' },
      { score: 0.4, gold: 0, value: '5' },
      { score: 0.6, gold: 1, value: '4' },
      { score: 0.7, gold: 0, value: null },
    ],
  });
  expect(await goldOf(guided, referenceScorer(), {})).toBe(null);
  expect(await goldOf({ ...guided, candidates: [] }, referenceScorer(), { reference: '4' })).toBe(null);
});

test('the best answers become samples: of one prompt, of all prompts, and above a score', async () => {
  const merit: Record<string, number> = { 'A: 4': 0.4, 'A: 5': 0.5, 'A: 4.0': 0.9, 'no idea': 0.1 };
  const rows = await guidedBy(
    fakeScorer((text) => merit[text] ?? 0),
    ['p', 'q'],
  );
  const kept = (options: Parameters<typeof createAnswerCollector>[0]) => {
    const collector = createAnswerCollector(options);
    for (const row of rows) collector.add(row);
    return collector.samples().map((sample) => {
      expect(Sample.parse(sample)).toEqual(sample);
      return [sample.id, sample.label];
    });
  };
  expect(kept({})).toEqual([
    ['p-c3', 0.9],
    ['q-c3', 0.9],
  ]);
  expect(kept({ perPrompt: 2, overall: 3 })).toEqual([
    ['p-c3', 0.9],
    ['p-c2', 0.5],
    ['q-c3', 0.9],
  ]);
  expect(kept({ perPrompt: 9, atLeast: 0.45, overall: 3 })).toHaveLength(3);
  expect(kept({ atLeast: 1 })).toEqual([]);
});

test('the best answer against the worst is a preference with its margin and its source', async () => {
  const engine = scriptedJudge((text) => text.length / 4);
  const [guided] = await guidedBy(judgeScorer({ engine, rubric: await loadRubric('helpfulness') }));
  if (guided === undefined) throw new Error('nothing came of it');
  const { preference } = await guidedPreference(guided);
  expect(Preference.parse(preference)).toEqual(preference);
  const scores = guided.candidates.map(({ score }) => score ?? 0);
  expect(preference).toMatchObject({
    chosen: { id: guided.chosen, model: 'writer' },
    margin: Math.max(...scores) - Math.min(...scores),
    source: {
      method: 'pointwise',
      rubric: { id: 'helpfulness' },
      keys: [expect.any(String), expect.any(String)],
    },
  });
  const odds = (share: number) => Math.log(share / (1 - share));
  expect(odds(preference?.probability ?? 0)).toBeCloseTo(
    odds(Math.max(...scores)) - odds(Math.min(...scores)),
    9,
  );
  expect(await guidedPreference(guided, { leastMargin: 0.99 })).toEqual({ preference: null, why: 'margin' });
  const [level] = await guidedBy(fakeScorer(() => 1));
  expect(level && (await guidedPreference(level))).toEqual({ preference: null, why: 'alike' });
});

/** Scores with deviations: the highest score is the least sure one. */
const unsure: Record<string, { score: number; deviation: number }> = {
  'A: 4': { score: 0.5, deviation: 0 },
  'A: 5': { score: 0.9, deviation: 0.6 },
  'A: 4.0': { score: 0.4, deviation: 0.1 },
  'no idea': { score: 0.2, deviation: 0 },
};

test('under pessimism a worth is measured of the choice that is made, and a rank against the scores gives no pair', async () => {
  const scorer = fakeScorer((text) => unsure[text] ?? 'none');
  const strategy = { kind: 'best-of', pessimism: 1 } as const;
  const [guided] = await guidedBy(scorer, ['p'], strategy);
  if (guided === undefined) throw new Error('nothing came of it');
  expect(guided.chosen).toBe('c1');
  const worth = await goldOf(guided, referenceScorer(), { reference: '4' });
  expect(worth?.answers.map(({ score }) => score)).toEqual([
    0.5,
    expect.closeTo(0.3),
    expect.closeTo(0.3),
    0.2,
  ]);
  if (worth === null) throw new Error('expected a worth');
  // By score alone the wrong answer c2 would be the best.
  expect(bestOfReport([worth]).points.at(-1)?.best.estimate).toBe(1);
  const contrary = { ...guided, strategy: { ...guided.strategy, pessimism: 2 } };
  expect(await guidedPreference(contrary, { scorer: { compare: async () => 0.9 } })).toEqual({
    preference: null,
    why: 'contrary',
  });
});

test('pessimism is refused where nothing tells a deviation', async () => {
  const strategy = { kind: 'best-of', pessimism: 1 } as const;
  await expect(guidedBy(referenceScorer(), ['p'], strategy)).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('reference has no deviations that compare answers'),
  });
  const once = judgeScorer({ engine: fakeEngine(), rubric: await loadRubric('helpfulness') });
  await expect(guidedBy(once, ['p'], strategy)).rejects.toMatchObject({ code: 'usage' });
});

test('a file of choices is found again by its keys, and failures of the engine are not', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-guided-'));
  const path = join(folder.path, 'deep', 'out.jsonl');
  const [guided] = await guidedBy(fakeScorer(() => 1));
  if (guided === undefined) throw new Error('nothing came of it');
  const failure = { reason: 'engine' as const, message: 'lost' };
  const failed = { ...guided, key: 'f'.repeat(64), candidates: [], chosen: null, failure };
  const file = await openGuidedFile(path);
  for (const row of [failed, guided]) await file.keep(row);
  await writeFile(path, `${await readFile(path, 'utf8')}{"half`);
  const again = await openGuidedFile(path);
  expect(again.find(guided.key)).toEqual(guided);
  expect(again.find(failed.key)).toBeUndefined();
  await again.keep(guided);
  expect(await again.finish()).toBe(1);
  const rows = [];
  for await (const row of readGuided(path)) rows.push(row.key);
  expect(rows).toEqual([guided.key, failed.key]);
  await writeFile(path, '{"key": "x"}\n');
  await expect(openGuidedFile(path)).rejects.toThrow('expected a line of guided answers');
  await expect(readGuided(path).next()).rejects.toMatchObject({ code: 'data', place: { line: 1 } });
});

/** A head of the stub engine, as a scorer. */
async function headOf(rows: readonly object[], options: Parameters<typeof trainingOf>[1] = {}) {
  const head = { ...(await trainHead(await trainingOf(rows, options))), digest: 'a'.repeat(64) };
  const { features } = await stubReader();
  return { head, features };
}
const answers = ['a bad one', 'a good one', 'good good', 'x'.repeat(500)];

test('an ensemble takes off what its members disagree on, among answers that are scored together', async () => {
  const parts = await headOf(pairRows, { members: 3 });
  const scorer = headScorer(parts);
  const scores = await scorer.score('Say.', answers);
  const reducer = { kind: 'penalized-mean', lambda: 2 } as const;
  const cautious = (await openScorer({ ...parts, reducer }).score('Say.', answers)).answers;
  for (const [place, answer] of cautious.entries())
    if (answer.status === 'scored') {
      const { score, deviation = 0 } = scores[place] as { score: number; deviation?: number };
      expect(deviation).toBeGreaterThan(0);
      expect(score - 2 * deviation).toBeCloseTo(answer.cautious, 12);
      expect(answer.cautious).toBeLessThan(answer.score);
    } else expect(scores[place]).toMatchObject({ score: null, reason: expect.stringMatching(/^context: /) });
  const pessimism = 1;
  expect(await guidedBy(scorer, ['p'], { kind: 'best-of', pessimism })).toHaveLength(1);
  await expect(guidedBy(scorer, ['p'], { kind: 'rejection', accept: 0, pessimism })).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('use best-of without patience'),
  });
});

test('a head with one member compares answers by its own calibrated probability, and has no pessimism', async () => {
  const { head, features } = await headOf(pairRows);
  const scorer = headScorer({ head, features });
  expect((await scorer.score('Say.', answers))[0]).not.toHaveProperty('deviation');
  const strategy = { kind: 'best-of', pessimism: 1 } as const;
  await expect(guidedBy(scorer, ['p'], strategy)).rejects.toMatchObject({ code: 'usage' });

  const [guided] = await guidedBy(scorer);
  if (guided === undefined) throw new Error('nothing came of it');
  const { preference } = await guidedPreference(guided, { scorer });
  if (preference === null) throw new Error('expected a preference');
  const pair = [preference.chosen.text, preference.rejected.text];
  const own = (await openScorer({ head, features }).score(guided.prompt, pair)).compare(0, 1);
  expect(preference.probability).toBe(own?.probability);
  expect(preference.probability).not.toBeCloseTo(1 / (1 + Math.exp(-preference.margin)), 6);
  expect(preference).toMatchObject({ margin: own?.difference, source: { method: 'head', keys: [] } });
  await expect(guidedPreference(guided)).rejects.toMatchObject({ code: 'usage' });
});

test('a head whose scores are no log-odds makes no preferences', async () => {
  const rows = Array.from({ length: 40 }, (_, index) => ({
    prompt: `question ${index}`,
    response: `${'good '.repeat(index % 3)}${index}`,
    label: index % 3,
  }));
  const scorer = headScorer(await headOf(rows));
  expect(scorer.compare).toBeUndefined();
  expect(() => requireComparison(scorer)).toThrow('expected a head that compares answers');
  const [guided] = await guidedBy(scorer);
  await expect(guided && guidedPreference(guided, { scorer })).rejects.toMatchObject({ code: 'usage' });
});
