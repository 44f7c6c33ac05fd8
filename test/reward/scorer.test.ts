import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { looseCluster } from '../../src/canonical.ts';
import type { JurorEvent } from '../../src/events.ts';
import { openFeatures } from '../../src/reward/features.ts';
import { writeHead } from '../../src/reward/head-file.ts';
import { scoreSamples } from '../../src/reward/score-samples.ts';
import { openScorer } from '../../src/reward/scorer.ts';
import { shippedHead } from '../../src/reward/shipped-heads.ts';
import { trainHead } from '../../src/reward/train.ts';
import { HeadScore, type Sample } from '../../src/schema.ts';
import { openFeatureStore } from '../../src/store/features.ts';
import { temporaryFolder } from '../store/records.ts';
import { stubEngine } from './stub-engine.ts';
import { pairRows, stubReader, trainingOf } from './training-data.ts';

const trained = await trainHead(await trainingOf(pairRows));
const head = { ...trained, digest: 'a'.repeat(64) };
const prompt = 'question 1000';
const long = 'x'.repeat(500);

test('answers are scored and ordered as the head says, those that cannot be read are told apart', async () => {
  const { features } = await stubReader();
  const scorer = openScorer({ head, features });
  const { answers, order, compare } = await scorer.score(prompt, [
    'a bad one',
    long,
    'a good one',
    'a plain one',
  ]);
  expect(order).toEqual([2, 3, 0]);
  expect(answers[1]).toMatchObject({ status: 'unscored', reason: 'context' });
  const [bad, , good] = answers;
  if (bad?.status !== 'scored' || good?.status !== 'scored') throw new Error('expected scores');
  expect(good.objectives).toEqual({ reward: good.score });
  expect(good.deviation).toBeGreaterThan(0);
  expect(good.distance).toBeGreaterThanOrEqual(0);
  const opinion = compare(2, 0);
  expect(opinion?.difference).toBe(good.score - bad.score);
  expect(opinion?.probability).toBeGreaterThan(0.7);
  expect((opinion?.probability ?? 0) + (compare(0, 2)?.probability ?? 0)).toBeCloseTo(1, 12);
  expect(compare(0, 1)).toBeNull();
  expect(scorer.comparable).toBe(true);
});

test('a score does not depend on the answers beside it, nor on whether it was read before', async () => {
  const { features, engine } = await stubReader();
  const scorer = openScorer({ head, features });
  const together = await scorer.score(prompt, ['a bad one', 'a good one']);
  const asked = engine.asked.length;
  const alone = await scorer.score(prompt, ['a good one']);
  expect(alone.answers[0]).toEqual({ ...together.answers[1], cached: true });
  expect(engine.asked).toHaveLength(asked);
});

test.for([
  ['backbone', { digest: 'e'.repeat(64) }, {}],
  ['chat template', { template: 'u'.repeat(64) }, {}],
  ['read-out', {}, { readOut: 'answer-end' }],
  ['read-out suffix', {}, { suffix: 'Was that good?' }],
] as const)('a head of another %s is refused', async ([what, id, readOut]) => {
  const features = await openFeatures(stubEngine(id), openFeatureStore(':memory:'), readOut);
  expect(() => openScorer({ head, features })).toThrow(`the head was trained on another ${what}: expected`);
});

test('another build is a warning, as it moves scores a little', async () => {
  const features = await openFeatures(stubEngine({ settings: { build: '2' } }), openFeatureStore(':memory:'));
  const events: JurorEvent[] = [];
  openScorer({ head, features, onEvent: (event) => events.push(event) });
  expect(events).toEqual([{ type: 'warning', message: expect.stringContaining('build 1, now 2') }]);
});

test('samples become records in their order, with the best answer against the next', async () => {
  const { features } = await stubReader();
  const scorer = openScorer({ head, features });
  const sample = (id: string, texts: readonly string[], label?: string): Sample => ({
    id,
    prompt,
    responses: texts.map((text, place) => ({ id: `r${place}`, text })),
    ...(label === undefined ? {} : { label }),
  });
  const samples = [
    sample('three', ['a bad one', 'a good one', 'good good'], 'r2'),
    sample('alike', ['a good one', 'a good one']),
    sample('single', ['a good one']),
    sample('broken', [long, 'a good one']),
  ];
  const found = [];
  for await (const { score } of scoreSamples(scorer, samples)) found.push(HeadScore.parse(score));
  const [three, alike, single, broken] = found;
  expect(found.map(({ sampleId }) => sampleId)).toEqual(['three', 'alike', 'single', 'broken']);
  expect(three).toMatchObject({
    cluster: looseCluster(prompt),
    head: { name: 'reward', version: '1', digest: head.digest },
    best: { winner: 'r2', against: 'r1' },
    label: 'r2',
  });
  expect(alike?.best).toMatchObject({ winner: null, probability: 0.5, abstained: 'the scores are equal' });
  expect(single?.best).toBeNull();
  expect(broken?.best).toBeNull();
  expect(broken?.responses[0]).toMatchObject({ status: 'unscored', reason: 'context' });
});

test('a head of scores that are no log-odds says who is best, and no probability', async () => {
  const rows = Array.from({ length: 40 }, (_, index) => ({
    prompt: `question ${index}`,
    response: `${'good '.repeat(index % 3)}${index}`,
    label: index % 3,
  }));
  const { features, ...rest } = await trainingOf(rows);
  const regression = { ...(await trainHead({ ...rest, features })), digest: 'b'.repeat(64) };
  const scorer = openScorer({ head: regression, features });
  expect(scorer.comparable).toBe(false);
  const responses = ['good good', 'plain'].map((text, place) => ({ id: `r${place}`, text }));
  for await (const { score } of scoreSamples(scorer, [{ id: 's', prompt, responses }]))
    expect(score.best).toMatchObject({ winner: 'r0', probability: null });
});

test('the head that comes with juror is found by the digest of the backbone', async () => {
  await using folder = await temporaryFolder();
  const other = {
    ...trained.record,
    feature: { ...trained.record.feature, model: 'other', digest: 'e'.repeat(64) },
  };
  for (const [name, record] of Object.entries({ a: other, b: trained.record })) {
    await mkdir(join(folder.path, name));
    await writeHead(join(folder.path, name), { ...trained, record }, { page: '', training: {} });
  }
  const found = await shippedHead({ model: 'renamed', digest: 'd'.repeat(64) }, folder.path);
  expect(found.record.feature.model).toBe('stub');
  await expect(shippedHead({ model: 'mine', digest: 'f'.repeat(64) }, folder.path)).rejects.toThrow(
    'expected a head for mine (SHA-256 ffffffffffff…), got none: juror has heads for other, stub; name one with --head',
  );
  await expect(shippedHead({ model: 'mine', digest: 'f' }, join(folder.path, 'nowhere'))).rejects.toThrow(
    'no head comes with this juror',
  );
});
