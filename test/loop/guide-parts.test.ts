import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { guideAll } from '../../src/loop/guide.ts';
import { openGuidedFile, readGuided } from '../../src/loop/guide-file.ts';
import { goldOf, referenceScorer } from '../../src/loop/guide-gold.ts';
import { headScorer } from '../../src/loop/guide-head.ts';
import { judgeScorer } from '../../src/loop/guide-judge.ts';
import { createAnswerCollector, guidedPreference } from '../../src/loop/guide-rows.ts';
import type { AnswerScorer } from '../../src/loop/guide-scorer.ts';
import type { AnswerScore, Scorer } from '../../src/reward/scorer.ts';
import { loadRubric } from '../../src/rubric.ts';
import { type FeatureSpec, type Guided, Preference, Sample } from '../../src/schema.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { fakeEngine } from '../support/fake-engine.ts';
import { fakeScorer, fakeWriter } from '../support/fake-guide.ts';
import { scriptedJudge } from '../support/scripted-judge.ts';

const texts = ['A: 4', 'A: 5', 'A: 4.0', 'no idea'];
const writer = () => fakeWriter((_, times) => texts[times % texts.length] ?? '');

async function guidedBy(scorer: AnswerScorer, prompts = ['p']): Promise<Guided[]> {
  const rows: Guided[] = [];
  const given = prompts.map((id) => ({ id, prompt: `Add for ${id}.`, reference: '#### 4' }));
  const options = {
    generator: writer(),
    scorer,
    strategy: { kind: 'best-of' },
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
  const preference = guidedPreference(guided);
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
  expect(guidedPreference(guided, 0.99)).toBe(null);
  const [level] = await guidedBy(fakeScorer(() => 1));
  expect(level && guidedPreference(level)).toBe(null);
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

test('a head scores with its doubts; what it cannot read has a reason', async () => {
  const answers = (texts: readonly string[]): AnswerScore[] =>
    texts.map((text) =>
      text === ''
        ? { status: 'unscored', reason: 'context', message: 'too long' }
        : {
            status: 'scored',
            score: text.length,
            objectives: { clear: 0.25, short: -text.length },
            deviation: text.length > 4 ? 0.5 : null,
            distance: null,
            tokens: 3,
            cached: false,
          },
    );
  const head = {
    record: { name: 'tidy', version: '2' },
    digest: 'd',
    score: async (_prompt: unknown, texts: readonly string[]) => ({ answers: answers(texts) }),
  } as unknown as Scorer;
  const spec = { model: 'backbone', digest: 'b' } as FeatureSpec;
  const scorer = headScorer(head, spec);
  expect(await scorer.score('Say.', ['long one', 'no', ''])).toMatchObject([
    { score: 8, deviation: 0.5, reason: 'clear 0.25, short -8.00', standsOn: [{ judgment: false }] },
    { score: 2 },
    { score: null, reason: 'context: too long' },
  ]);
  expect(headScorer(head, { ...spec, model: 'other name' }).identity).toBe(scorer.identity);
  const [guided] = await guidedBy(scorer);
  expect(guided).toMatchObject({ chosen: 'c4', scorer: { name: 'tidy 2 on backbone', method: 'head' } });
  const preference = guided && guidedPreference(guided);
  expect(preference).toMatchObject({ margin: 3, source: { method: 'head', keys: [] }, chosen: { score: 7 } });
  expect(preference?.probability).toBeCloseTo(1 / (1 + Math.exp(-3)), 12);
});
