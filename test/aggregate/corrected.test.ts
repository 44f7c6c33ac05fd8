import fc from 'fast-check';
import { expect, test } from 'vitest';
import { correctedRate, type Judged } from '../../src/aggregate/corrected.ts';
import type { Figure } from '../../src/aggregate/interval.ts';
import { predictionPoweredMean } from '../../src/aggregate/prediction-powered.ts';
import { createRandom, type Random } from '../../src/aggregate/random.ts';
import { agreementGolden, ownClusters } from './agreement-golden.ts';
import { expectNear } from './golden.ts';

/** `hits` trues and the rest false, each in a cluster of its own. */
function column(hits: number, total: number, prefix: string) {
  return {
    judged: Array.from({ length: total }, (_, row) => row < hits),
    clusters: ownClusters(total).map((name) => `${prefix} ${name}`),
  };
}

function errors(caught: number, positives: number, spared: number, negatives: number) {
  const [passes, failures] = [
    column(caught, positives, 'pass'),
    column(negatives - spared, negatives, 'fail'),
  ];
  return {
    judged: [...passes.judged, ...failures.judged],
    truth: [...passes.judged.map(() => true), ...failures.judged.map(() => false)],
    clusters: [...passes.clusters, ...failures.clusters],
  };
}

test('Rogan and Gladen’s rate has the interval of Lang and Reiczigel, and says when it was clipped', () => {
  for (const {
    passes,
    total,
    caught,
    positives,
    spared,
    negatives,
    ...expected
  } of agreementGolden.correctedRates) {
    const found = correctedRate(
      column(passes, total, 'target'),
      errors(caught, positives, spared, negatives),
    );
    expectNear(found.unclipped, expected.unclipped);
    expectNear(found.rate.estimate, Math.min(1, Math.max(0, expected.unclipped)));
    expectNear(found.rate.low, expected.low);
    expectNear(found.rate.high, expected.high);
    expect(found.apparent.estimate).toBe(passes / total);
    expect(found.sensitivity.estimate).toBe(caught / positives);
    expect(found.specificity.estimate).toBe(spared / negatives);
    expect(found.rate.n).toBe(total + positives + negatives);
    expect(found.clipped).toBe(expected.low === 0 || expected.high === 1);
  }
});

test('a judge without errors is hardly corrected; passes and failures may be exchanged', () => {
  const size = fc.integer({ min: 20, max: 60 });
  fc.assert(
    fc.property(size, size, size, fc.nat(1000), (total, positives, negatives, seed) => {
      const random = createRandom(seed);
      const pick = (count: number, share: number) =>
        Array.from({ length: count }, () => random.uniform() < share);
      const target = {
        judged: pick(total, 0.6),
        clusters: ownClusters(total).map((name) => `${name} of target`),
      };
      const truth = [
        ...new Array<boolean>(positives).fill(true),
        ...new Array<boolean>(negatives).fill(false),
      ];
      const judged = truth.map((pass) => (random.uniform() < 0.9 ? pass : !pass));
      const clusters = ownClusters(truth.length);
      const found = correctedRate(target, { judged, truth, clusters });
      const turned = correctedRate(
        { ...target, judged: target.judged.map((pass) => !pass) },
        { judged: judged.map((pass) => !pass), truth: truth.map((pass) => !pass), clusters },
      );
      expectNear(turned.rate.estimate, 1 - (found.rate.estimate ?? Number.NaN));
      expectNear(turned.rate.low, 1 - (found.rate.high ?? Number.NaN));
      expect(turned.clipped).toBe(found.clipped);
      const perfect = correctedRate(target, { judged: truth, truth, clusters });
      expectNear(perfect.rate.estimate, perfect.apparent.estimate ?? Number.NaN);
    }),
  );
});

test('a judge that cannot be told from chance is not corrected, nor are missing labels', () => {
  const target = column(30, 60, 'target');
  const reasonOf = (labelled: ReturnType<typeof errors>) => correctedRate(target, labelled).rate;
  expect(reasonOf(errors(10, 20, 10, 20))).toMatchObject({
    estimate: null,
    reason: expect.stringMatching(/cannot be told from 0/),
  });
  expect(reasonOf(errors(12, 20, 11, 20))).toMatchObject({
    estimate: null,
    low: null,
    reason: expect.stringMatching(/cannot be told from 0/),
  });
  expect(reasonOf(errors(0, 0, 18, 20))).toMatchObject({
    estimate: null,
    reason: 'no labelled row is a pass',
  });
  expect(reasonOf(errors(18, 20, 0, 0))).toMatchObject({
    estimate: null,
    reason: 'no labelled row is a failure',
  });
  expect(correctedRate(column(0, 0, 'target'), errors(9, 10, 9, 10)).rate).toMatchObject({
    estimate: null,
    reason: 'no rows',
  });
  expect(() => correctedRate({ judged: [true], clusters: [] }, errors(9, 10, 9, 10))).toThrow(
    'expected columns of one length',
  );
});

test('copies of every row in its cluster tell nothing new', () => {
  const target = column(60, 100, 'target');
  const labelled = errors(45, 50, 40, 50);
  const twice = <Value>(values: readonly Value[]) => values.flatMap((value) => [value, value]);
  const once = correctedRate(target, labelled).rate;
  const copied = correctedRate(
    { judged: twice(target.judged), clusters: twice(target.clusters) },
    { judged: twice(labelled.judged), truth: twice(labelled.truth), clusters: twice(labelled.clusters) },
  ).rate;
  const width = (figure: typeof once) => (figure.high ?? 0) - (figure.low ?? 0);
  expectNear(copied.estimate, once.estimate ?? Number.NaN);
  expect(Math.abs(width(copied) / width(once) - 1)).toBeLessThan(0.02);
});

test('prediction-powered means match ppi-python, whose variances divide by n', () => {
  for (const { truth, judged, unlabelled, ...expected } of agreementGolden.poweredMeans) {
    const [few, many] = [truth.length, unlabelled.length];
    const found = (tuning: number | 'power') =>
      predictionPoweredMean(
        { judged: unlabelled, clusters: ownClusters(many).map((name) => `${name} without label`) },
        { judged, truth, clusters: ownClusters(few) },
        { tuning },
      );
    const variance = (values: number[]) => {
      const center = values.reduce((sum, value) => sum + value, 0) / values.length;
      return values.reduce((sum, value) => sum + (value - center) ** 2, 0) / values.length;
    };
    for (const [tuning, package_] of [
      [1, expected.ppi],
      ['power', expected.power],
      [0, expected.classical],
    ] as const) {
      const { mean, tuning: trust, standardError } = found(tuning);
      expectNear(mean.estimate, package_.estimate);
      expect(mean.n).toBe(few + many);
      // The package's standard error, from its interval, and ours, from n − 1 back to n.
      const theirs = (package_.high - package_.low) / 2 / 1.959963984540054;
      const rest = truth.map((value, row) => value - (trust ?? 0) * (judged[row] ?? 0));
      const [labels, verdicts] = [variance(rest) / few, ((trust ?? 0) ** 2 * variance(unlabelled)) / many];
      expectNear(Math.sqrt(labels + verdicts), theirs);
      expectNear(standardError, Math.sqrt((labels * few) / (few - 1) + (verdicts * many) / (many - 1)));
      expectNear(mean.high, (mean.estimate ?? 0) + 1.959963984540054 * (standardError ?? 0));
    }
    expectNear(found('power').classical.estimate, expected.classical.estimate);
    expect(found('power').classical.n).toBe(few);
    expect(found('power').standardError).toBeLessThanOrEqual((found(0).standardError ?? 0) * 1.02);
  }
});

test('a useless judge is not trusted, a perfect one almost wholly; shifts of its scores do not matter', () => {
  const truth = [0, 1, 1, 0, 1, 1, 0, 1];
  const clusters = ownClusters(8);
  const unlabelled = {
    judged: Array.from({ length: 80 }, (_, row) => (row % 3 ? 1 : 0)),
    clusters: ownClusters(80).map((name) => `other ${name}`),
  };
  const powered = (judged: number[], others: Judged<number> = unlabelled) =>
    predictionPoweredMean(others, { judged, truth, clusters }, { range: { min: 0, max: 1 } });
  expect(
    powered(new Array<number>(8).fill(1), { ...unlabelled, judged: new Array<number>(80).fill(1) }),
  ).toMatchObject({ tuning: 0 });
  expect(powered(truth.map((value) => 1 - value)).tuning).toBe(0);
  expect(powered(truth).tuning).toBeGreaterThan(0.85);
  const shifted = powered(
    truth.map((value) => value + 5),
    { ...unlabelled, judged: unlabelled.judged.map((value) => value + 5) },
  );
  expectNear(shifted.mean.estimate, powered(truth).mean.estimate ?? Number.NaN);
  expectNear(shifted.standardError, powered(truth).standardError ?? Number.NaN);
  const all = predictionPoweredMean(
    unlabelled,
    { judged: truth.map(() => 0), truth: truth.map(() => 1), clusters },
    { tuning: 1, range: { min: 0, max: 1 } },
  );
  expect(all).toMatchObject({ clipped: true, mean: { estimate: 1, high: 1 } });
});

test('sets without rows, of one cluster, and wrong tunings are named', () => {
  const empty = { judged: [], clusters: [] };
  const labelled = { judged: [1, 0], truth: [1, 1], clusters: ['a', 'b'] };
  expect(predictionPoweredMean(empty, labelled)).toMatchObject({
    mean: { estimate: null, reason: 'no rows without a label' },
    classical: { estimate: 1 },
    tuning: null,
  });
  expect(predictionPoweredMean({ judged: [1], clusters: ['a'] }, { ...empty, truth: [] })).toMatchObject({
    mean: { estimate: null, reason: 'no rows with a label', n: 1 },
    classical: { estimate: null },
  });
  const single = predictionPoweredMean({ judged: [1, 0], clusters: ['c', 'c'] }, labelled, { tuning: 1 });
  expect(single).toMatchObject({
    mean: { estimate: 1, low: null, reason: 'one cluster has no interval' },
    standardError: null,
  });
  expect(() => predictionPoweredMean({ judged: [1], clusters: ['c'] }, labelled, { tuning: 2 })).toThrow(
    'expected a tuning from 0 to 1',
  );
  expect(() => predictionPoweredMean({ judged: [Number.NaN], clusters: ['c'] }, labelled)).toThrow(
    'expected finite numbers',
  );
});

interface Study {
  readonly judged: boolean[];
  readonly truth: boolean[];
  readonly clusters: string[];
}

/** What a simulated study is: how many prompts, rows in each, and how far prompts differ in passes and in verdicts. */
interface Design {
  readonly passRate: number;
  readonly rows: number;
  readonly spread: number;
}

/** Passes are judged right in 85, failures in 75 of 100; prompts move both, so that rows of one prompt are alike. */
function study(random: Random, prefix: string, prompts: number, { passRate, rows, spread }: Design): Study {
  const found: Study = { judged: [], truth: [], clusters: [] };
  for (let prompt = 0; prompt < prompts; prompt++) {
    const [ease, leniency] = [0, 0].map(() => (random.uniform() < 0.5 ? 1 : -1));
    for (let row = 0; row < rows; row++) {
      const truth = random.uniform() < passRate + spread * (ease ?? 0);
      found.truth.push(truth);
      found.judged.push(random.uniform() < (truth ? 0.85 : 0.25) + (spread / 3) * (leniency ?? 0));
      found.clusters.push(`${prefix} ${prompt}`);
    }
  }
  return found;
}

/** In how many of 2,000 studies each interval holds the pass rate. */
function coverage(seed: number, prompts: number, labelledPrompts: number, design: Design) {
  const random = createRandom(seed);
  const trials = 2000;
  const holds = { rate: 0, power: 0, plain: 0, uncorrected: 0, naive: 0 };
  const count = (name: keyof typeof holds, { low, high }: Figure) => {
    if (low !== null && high !== null && low <= design.passRate && design.passRate <= high)
      holds[name] += 1 / trials;
  };
  for (let trial = 0; trial < trials; trial++) {
    const target = study(random, 'target', prompts, design);
    const labelled = study(random, 'labelled', labelledPrompts, design);
    const verdicts = { judged: target.judged.map(Number), clusters: target.clusters };
    const labels = { ...labelled, judged: labelled.judged.map(Number), truth: labelled.truth.map(Number) };
    const { rate, apparent } = correctedRate(target, labelled);
    count('rate', rate);
    count('uncorrected', apparent);
    count('power', predictionPoweredMean(verdicts, labels).mean);
    count('plain', predictionPoweredMean(verdicts, labels, { tuning: 1 }).mean);
    const own = { ...labels, clusters: ownClusters(labels.judged.length) };
    count('naive', predictionPoweredMean(verdicts, own).mean);
  }
  return holds;
}

test('corrected intervals cover the truth 93 to 97 times in 100: 2,000 studies of 400 verdicts and 150 labels', () => {
  const holds = coverage(2024, 400, 150, { passRate: 0.8, rows: 1, spread: 0 });
  for (const name of ['rate', 'power', 'plain'] as const) {
    expect(holds[name], name).toBeGreaterThanOrEqual(0.93);
    expect(holds[name], name).toBeLessThanOrEqual(0.97);
  }
  expect(holds.uncorrected).toBeLessThan(0.2);
});

test('and with dependent rows: 2,000 studies of 100 prompts judged and 50 labelled, 4 rows each', () => {
  const holds = coverage(2025, 100, 50, { passRate: 0.65, rows: 4, spread: 0.3 });
  for (const name of ['rate', 'power', 'plain'] as const) {
    expect(holds[name], name).toBeGreaterThanOrEqual(0.93);
    expect(holds[name], name).toBeLessThanOrEqual(0.97);
  }
  expect(holds.naive).toBeLessThan(0.91);
});
