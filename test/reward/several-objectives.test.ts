import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describeTraining } from '../../src/cli/training.ts';
import { completeLoss } from '../../src/head/losses.ts';
import { openFeatures } from '../../src/reward/features.ts';
import { scoreComparisons } from '../../src/reward/fit.ts';
import { readHead, writeHead } from '../../src/reward/head-file.ts';
import { headPage } from '../../src/reward/head-page.ts';
import { outputsOf } from '../../src/reward/outputs.ts';
import { scoreSamples } from '../../src/reward/score-samples.ts';
import { openScorer } from '../../src/reward/scorer.ts';
import { trainHead } from '../../src/reward/train.ts';
import { openFeatureStore } from '../../src/store/features.ts';
import { stubEngine } from './stub-engine.ts';
import { trainingFiles, trainingOf } from './training-data.ts';

/** Four answers to each prompt: `good` and `bad` are counted by two objectives, on a range of 3 and of 1. */
const rows = Array.from({ length: 160 }, (_, index) => {
  const [good, bad] = [(index * 7) % 3, (index >> 1) % 3];
  return {
    prompt: `question ${index >> 2}`,
    // Length says nothing of either.
    response: `${'good '.repeat(good)}${'bad '.repeat(bad)}${index} `.padEnd(24 + ((index * 5) % 11), 'x'),
    label: { kindness: 1.5 * good, malice: bad / 2 } as Record<string, number>,
  };
});
const overall = rows.map(({ label, ...row }) => ({
  ...row,
  label: { ...label, overall: (label.kindness ?? 0) / 3 + 0.1 * (label.malice ?? 0) },
}));
/** A prompt's own state says which objective counts there. */
const gatedEngine = () => {
  const engine = stubEngine();
  return {
    ...engine,
    embed: async (...[conversations, options]: Parameters<typeof engine.embed>) =>
      (await engine.embed(conversations, options)).map((found, place) => {
        const own = conversations[place] ?? [];
        if (own.at(-1)?.role !== 'user') return found;
        const vector = found.vector.slice();
        vector[7] = String(own[0]?.content).includes('kind') ? 1 : -1;
        return { ...found, vector };
      }),
  };
};

test('weights follow the overall label, which has no output, and the record says what they stand on', async () => {
  const { record } = await trainHead(
    await trainingOf(overall, { l2: 0.001, overall: 'overall', lengthLimit: null }),
  );
  expect(record.objectives).toEqual(['kindness', 'malice']);
  const { weights = [], fit, units = [] } = record.combination ?? {};
  expect(weights[0]).toBeGreaterThan(0.58);
  // The range of 3 beside that of 1.
  expect((units[0] ?? 0) / (units[1] ?? 1)).toBeCloseTo(3, 0);
  expect(fit).toMatchObject({ comparisons: 'overall', overall: 'overall', lengthLimit: null });
  expect(fit?.heldOut?.gain.low).not.toBeNull();
  expect(fit?.reason).toMatch(/^constants kept: the gate gains/);
});

test('what is combined is measured on comparisons of held-out prompts, beside length', async () => {
  const trained = await trainHead(await trainingOf(overall, { l2: 0.001, overall: 'overall' }));
  const { heldOut, combination } = trained.record;
  expect(heldOut?.figures['combined.accuracy']?.estimate).toBeGreaterThan(0.75);
  expect(heldOut?.baselines.longer?.['combined.gain']?.estimate).toBeGreaterThan(0);
  expect(heldOut?.riskCoverage.length).toBeGreaterThan(1);
  expect(Math.abs(combination?.fit?.lengthCorrelation ?? 1)).toBeLessThanOrEqual(0.03);
  expect(combination?.length).not.toBeNull();
  const page = headPage(trained.record);
  expect(page).toContain('| Constants or gate | constants kept');
  expect(page).toContain('combined.accuracy');
  expect(describeTraining(trained, {})).toMatch(
    /kindness 0\.\d+, malice 0\.\d+ by .* constants kept: .*held out constants/,
  );
});

test('without an overall label the mean of the objectives compares, each in its own unit', async () => {
  const { record } = await trainHead(await trainingOf(rows, { l2: 0.001, gate: 'never', lengthLimit: null }));
  const { weights = [], fit } = record.combination ?? {};
  expect(fit).toMatchObject({
    comparisons: 'mean',
    heldOut: null,
    reason: 'constants kept: no gate was tried',
  });
  expect(weights[0]).toBeGreaterThan(0.3);
  expect(weights[0]).toBeLessThan(0.7);
});

test('pairs beside the scores weigh the objectives', async () => {
  const pairs = Array.from({ length: 60 }, (_, index) => ({
    prompt: `question ${index >> 1}`,
    chosen: `${'good '.repeat(index % 2)}bad bad ${index}`,
    rejected: `good good ${index}`,
  }));
  const data = await trainingFiles([...rows, ...pairs]);
  expect(data.kind).toBe('scores');
  const { record } = await trainHead({ ...(await trainingOf(rows)), data, l2: 0.001, lengthLimit: null });
  expect(record.combination?.fit).toMatchObject({ comparisons: 'pairs' });
  expect(record.combination?.weights[1]).toBeGreaterThan(0.75);
  expect(record.heldOut?.figures['combined.accuracy']?.n).toBe(60 - (record.combination?.fit?.pairs ?? 0));
});

test('a gate is kept where the prompt says what counts, and served as it was trained, its prompt counted', async () => {
  const varied = rows
    .concat(rows.map((row, index) => ({ ...row, prompt: `more ${index >> 2}` })))
    .map((row) => {
      const kind = Number.parseInt(row.prompt.split(' ')[1] ?? '', 10) % 2 === 0;
      const { kindness = 0, malice = 0 } = row.label;
      return {
        prompt: `${kind ? 'kind' : 'other'} ${row.prompt}`,
        response: row.response,
        label: { kindness, malice, overall: kind ? kindness : malice },
      };
    });
  const features = await openFeatures(gatedEngine(), openFeatureStore(':memory:'));
  const options = { ...(await trainingOf(varied)), features, l2: 0.001, overall: 'overall' };
  const trained = await trainHead(options);
  const { combination, heldOut } = trained.record;
  expect(combination?.kind).toBe('gate');
  expect(combination?.fit?.heldOut?.gain.low).toBeGreaterThan(0);
  expect(combination?.fit?.reason).toMatch(/^gate kept/);
  expect(heldOut?.figures['combined.accuracy']?.estimate).toBeGreaterThan(0.75);
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-head-'));
  await writeHead(join(folder.path, 'head'), trained, { page: '', training: {} });
  const scorer = openScorer({ head: await readHead(join(folder.path, 'head')), features });
  const answers = ['good good', 'bad bad'];
  expect((await scorer.score('kind question 900', answers)).order).toEqual([0, 1]);
  const other = await scorer.score('other question 901', answers);
  expect(other.order).toEqual([1, 0]);
  expect(other.prompt?.tokens).toBeGreaterThan(0);
  const responses = answers.map((text, place) => ({ id: `r${place}`, text }));
  for await (const { read } of scoreSamples(scorer, [{ id: 's', prompt: 'other question 902', responses }])) {
    const alone = await scorer.score('other question 902', answers);
    const own = alone.answers.map((answer) => (answer.status === 'scored' ? answer.tokens : 0));
    expect(read).toBe((alone.prompt?.tokens ?? 0) + (own[0] ?? 0) + (own[1] ?? 0));
  }
  const never = await trainHead({ ...options, gate: 'never' });
  expect(never.record.combination?.kind).toBe('constants');
  expect(heldOut?.figures['combined.accuracy']?.estimate).toBeGreaterThan(
    never.record.heldOut?.figures['combined.accuracy']?.estimate ?? 1,
  );
});

test('an objective that one answer does not have leaves the others to compare by, and none is counted', () => {
  const compared = scoreComparisons(
    {
      row: Int32Array.of(0, 1, 2),
      objectives: ['a', 'b'],
      target: Float64Array.of(3, 1, 1, Number.NaN, Number.NaN, 0),
      weight: Float64Array.of(1, 1, 1),
      cluster: ['p', 'p', 'p'],
    },
    [0.5, 0.5],
  );
  expect([...compared.left]).toEqual([0, 0]);
  expect([...compared.right]).toEqual([1, 2]);
  expect([...compared.target]).toEqual([1, 1]);
  expect(compared.unknown).toBe(1);
});

test('scores that cannot be weighed count alike, in their units, and it is said why', async () => {
  const single = rows.filter((_, index) => index % 4 === 0);
  const { record } = await trainHead(await trainingOf(single));
  expect(record.combination).toMatchObject({ kind: 'constants', weights: [0.5, 0.5], scale: 1 });
  expect(record.combination?.fit?.reason).toBe('alike: no two answers of one prompt are compared');
});

test('an overall label that is none is refused, with the nearest', async () => {
  await expect(trainHead(await trainingOf(overall, { overall: 'overal' }))).rejects.toThrow(
    "overall 'overal': expected one of the labels beside two others or more, got kindness, malice, overall; did you mean overall?",
  );
  const set = { kind: 'scores' as const, texts: [], pairs: [], leftOut: {} };
  const scores = [{ text: 0, targets: { a: 1, b: 2 }, weight: 1, cluster: 'p' }];
  expect(() => outputsOf({ ...set, scores }, completeLoss({ kind: 'regression' }), 'b')).toThrow(
    'two others',
  );
});
