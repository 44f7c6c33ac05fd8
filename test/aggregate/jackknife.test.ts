import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cohenKappa } from '../../src/aggregate/agreement.ts';
import { clusterBootstrap, meanInterval, proportion } from '../../src/aggregate/interval.ts';
import { clusteredDifference, clusteredShare, numberClusters } from '../../src/aggregate/jackknife.ts';
import { clusteredKappa, clusteredKappaDifference } from '../../src/aggregate/kappa-interval.ts';
import { createRandom, shuffled } from '../../src/aggregate/random.ts';
import { estimate } from '../../src/aggregate/statistic.ts';
import { studentQuantile } from '../../src/aggregate/student.ts';
import { expectNear } from './golden.ts';

interface Interval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

/** Values of scipy, statsmodels and scikit-learn; made by scripts/golden/gates.py. */
const golden: {
  quantiles: { freedom: number; level: number; quantile: number }[];
  paired: { left: number[]; right: number[]; low: number; high: number }[];
  differences: (Interval & {
    left: number[];
    right: number[];
    clusters: string[];
    error: number;
    sandwichError: number;
  })[];
  shares: (Interval & { values: number[]; clusters: string[] })[];
  unvaried: { size: number; low: number }[];
  kappas: {
    left: string[];
    right: string[];
    truth: string[];
    clusters: string[];
    kappa: Interval;
    difference: Interval;
  }[];
} = JSON.parse(readFileSync(new URL('../../fixtures/golden/gates.json', import.meta.url), 'utf8'));

const rows = fc.array(
  fc.record({ value: fc.double({ min: 0, max: 1, noNaN: true }), cluster: fc.integer({ min: 0, max: 8 }) }),
  { minLength: 1, maxLength: 40 },
);
const bits = fc.array(fc.record({ value: fc.constantFrom(0, 1), cluster: fc.integer({ min: 0, max: 8 }) }), {
  minLength: 1,
  maxLength: 40,
});
type Row = { readonly value: number; readonly cluster: number };
const shareOf = (sample: readonly Row[]) =>
  clusteredShare(
    sample.map(({ value }) => value),
    sample.map(({ cluster }) => `prompt ${cluster}`),
  );

test('quantiles of Student’s t match scipy', () => {
  for (const { freedom, level, quantile } of golden.quantiles) {
    expect(Math.abs(studentQuantile(freedom, level) / quantile - 1)).toBeLessThan(1e-8);
  }
  expect(() => studentQuantile(0)).toThrow('expected degrees of freedom above 0');
});

test('with one row in each cluster a difference has the interval of the paired t-test', () => {
  for (const { left, right, low, high } of golden.paired) {
    const found = clusteredDifference(
      left.map((value, row) => value - (right[row] ?? 0)),
      left.map((_, row) => `prompt ${row}`),
    );
    expectNear(found.low, low);
    expectNear(found.high, high);
  }
});

test('clustered differences match means that statsmodels fits without each cluster', () => {
  for (const { left, right, clusters, error, sandwichError, ...expected } of golden.differences) {
    const found = clusteredDifference(
      left.map((value, row) => value - (right[row] ?? 0)),
      clusters,
    );
    expectNear(found.estimate, expected.estimate);
    expectNear(found.low, expected.low);
    expectNear(found.high, expected.high);
    // The sandwich is the same to first order, and known to be too small.
    expect(error).toBeGreaterThan(0.97 * sandwichError);
    expect(error).toBeLessThan(1.2 * sandwichError);
  }
});

test('shares match statsmodels’ Wilson interval at the effective number of rows', () => {
  for (const { values, clusters, ...expected } of golden.shares) {
    const found = clusteredShare(values, clusters);
    expectNear(found.estimate, expected.estimate);
    expectNear(found.low, expected.low);
    expectNear(found.high, expected.high);
  }
});

test('hits in every cluster have the interval of Clopper and Pearson', () => {
  for (const { size, low } of golden.unvaried) {
    const found = clusteredShare(
      new Array(size).fill(1),
      Array.from({ length: size }, (_, row) => `${row}`),
    );
    expectNear(found.low, low);
    expect(found.high).toBe(1);
  }
});

test('kappas and their differences match scikit-learn without each cluster', () => {
  for (const { left, right, truth, clusters, ...expected } of golden.kappas) {
    const kappa = clusteredKappa(left, truth, clusters);
    const difference = clusteredKappaDifference(left, right, truth, clusters);
    for (const bound of ['estimate', 'low', 'high'] as const) {
      expectNear(kappa[bound], expected.kappa[bound]);
      expectNear(difference[bound], expected.difference[bound]);
    }
    expectNear(kappa.estimate, estimate(cohenKappa(left, truth)).value ?? Number.NaN);
  }
});

test('with many clusters it agrees with the cluster bootstrap and with the clustered proportion', () => {
  for (const { left, right, clusters, ...rest } of golden.differences.slice(1)) {
    const values = left.map((value, row) => value - (right[row] ?? 0));
    const drawn = meanInterval(values, clusters, { seed: 3, resamples: 4000 });
    const width = rest.high - rest.low;
    expect(Math.abs((drawn.low ?? 9) - rest.low)).toBeLessThan(0.08 * width);
    expect(Math.abs((drawn.high ?? 9) - rest.high)).toBeLessThan(0.08 * width);
  }
  for (const { left, truth, clusters, kappa } of golden.kappas.slice(1)) {
    const drawn = clusterBootstrap(cohenKappa(left, truth), clusters, { seed: 3, resamples: 4000 });
    expect(Math.abs((drawn.low ?? 9) - kappa.low)).toBeLessThan(0.1 * (kappa.high - kappa.low));
    expect(Math.abs((drawn.high ?? 9) - kappa.high)).toBeLessThan(0.1 * (kappa.high - kappa.low));
  }
  for (const { values, clusters, low, high } of golden.shares.slice(2)) {
    const wilson = proportion(
      values.map((value) => value === 1),
      clusters,
    );
    expect(Math.abs((wilson.low ?? 9) - low)).toBeLessThan(0.15 * (high - low));
    expect(Math.abs((wilson.high ?? 9) - high)).toBeLessThan(0.15 * (high - low));
  }
});

test('an interval holds its estimate, lies within its range, and is the same bits in any order of rows', () => {
  fc.assert(
    fc.property(fc.oneof(rows, bits), fc.integer(), (sample, seed) => {
      const found = shareOf(sample);
      expect(shareOf(shuffled(sample, createRandom(seed)))).toEqual(found);
      const { estimate: middle, low, high, clusters } = found;
      if (clusters === 1) {
        expect(found).toMatchObject({ low: null, high: null, reason: 'one prompt has no interval' });
        return;
      }
      expect(low).toBeGreaterThanOrEqual(0);
      expect(low).toBeLessThanOrEqual(middle ?? Number.NaN);
      expect(high).toBeGreaterThanOrEqual(middle ?? Number.NaN);
      expect(high).toBeLessThanOrEqual(1);
      expect(high).toBeGreaterThan(low ?? Number.NaN);
    }),
  );
});

test('copies of rows within their clusters are no evidence: they move no bound', () => {
  fc.assert(
    fc.property(fc.oneof(rows, bits), fc.integer({ min: 2, max: 4 }), (sample, copies) => {
      const once = shareOf(sample);
      const often = shareOf(sample.flatMap((row) => new Array<Row>(copies).fill(row)));
      expect(often.n).toBe(copies * once.n);
      expectNear(often.estimate, once.estimate ?? Number.NaN);
      if (once.low === null || once.high === null) expect(often.low).toBeNull();
      else {
        expect(Math.abs((often.low ?? 9) - once.low)).toBeLessThan(1e-6);
        expect(Math.abs((often.high ?? 9) - once.high)).toBeLessThan(1e-6);
      }
    }),
  );
});

test('a score turned round has the interval turned round, a difference the other way the opposite', () => {
  fc.assert(
    fc.property(rows, (sample) => {
      const clusters = sample.map(({ cluster }) => `${cluster}`);
      const values = sample.map(({ value }) => value);
      const [share, turned] = [values, values.map((value) => 1 - value)].map((column) =>
        clusteredShare(column, clusters),
      );
      if (share?.low === null || share?.high === undefined) return;
      expect(Math.abs((turned?.low ?? 9) - (1 - (share.high ?? 9)))).toBeLessThan(1e-6);
      const signed = values.map((value, row) => (row % 2 ? value : -value));
      const [one, other] = [signed, signed.map((value) => -value)].map((column) =>
        clusteredDifference(column, clusters),
      );
      expectNear(other?.low ?? null, -(one?.high ?? Number.NaN));
    }),
  );
});

test('where nothing varies, what was not seen may: unless nothing can', () => {
  const names = ['a', 'b', 'c', 'd'];
  const none = clusteredDifference([0, 0, 0, 0], names);
  const share = 1 - 0.025 ** (1 / 4);
  expectNear(none.low, -share);
  expectNear(none.high, share);
  expect(clusteredDifference([0, 0, 0, 0], names, { unchanged: true })).toMatchObject({ low: 0, high: 0 });
  const steady = clusteredShare([0.7, 0.7, 0.7, 0.7], names);
  expectNear(steady.low, 0.7 * (1 - share));
  expectNear(steady.high, 0.7 + 0.3 * share);
  const words = ['x', 'y', 'x', 'y'];
  const perfect = clusteredKappa(words, words, names);
  expect(perfect).toMatchObject({ estimate: 1, high: 1 });
  // Half of independent rows disagree, so that κ is 1 less twice the disagreement.
  expectNear(perfect.low, Math.max(-1, 1 - 2 * share));
  expect(clusteredKappaDifference(words, words, words, names, { unchanged: true })).toMatchObject({
    low: 0,
    high: 0,
  });
  expect(clusteredKappaDifference(words, words, words, names).high).toBeGreaterThan(0.5);
});

test('a difference of kappas lies from -2 to 2, and is as unsure as the less varied column where nothing varies', () => {
  const of = (text: string) => [...text];
  const [truth, turned] = [of('xxyy'), of('yyxx')];
  expect(clusteredKappaDifference(truth, turned, truth, of('1234'))).toMatchObject({ estimate: 2, high: 2 });
  expect(clusteredKappaDifference(turned, truth, truth, of('1234'))).toMatchObject({ estimate: -2, low: -2 });
  // Both kappas are 0 whatever is left out; the expected disagreements are 0.4 and 0.6.
  const ten = clusteredKappaDifference(
    of('xxxxxxxxxx'),
    of('yyyyyyyyyy'),
    of('xxxxxxyyyy'),
    of('0123456789'),
  );
  const half = (1 - 0.025 ** 0.1) / 0.4;
  expectNear(ten.low, -half);
  expectNear(ten.high, half);
});

test('what is undefined says why', () => {
  expect(clusteredShare([], [])).toMatchObject({ estimate: null, n: 0, reason: 'no rows' });
  expect(clusteredKappa([], [], [])).toMatchObject({ estimate: null, reason: 'no rows' });
  expect(clusteredKappa(['x', 'x'], ['x', 'x'], ['a', 'b'])).toMatchObject({
    estimate: null,
    n: 2,
    clusters: 2,
    reason: 'both columns are the same constant',
  });
  expect(clusteredKappa(['x', 'y'], ['x', 'y'], ['a', 'b'])).toMatchObject({
    estimate: 1,
    low: null,
    reason: 'too few rows for an interval: undefined without one of the prompts',
  });
  expect(clusteredKappa(['x', 'y'], ['x', 'y'], ['a', 'a'])).toMatchObject({
    low: null,
    reason: 'one prompt has no interval',
  });
  expect(() => clusteredShare([1.2], ['a'])).toThrow('expected values from 0 to 1, got 1.2');
  expect(() => clusteredShare([Number.NaN], ['a'])).toThrow('expected values from 0 to 1, got NaN');
});

test('numbers name clusters as words do', () => {
  const { values = [], clusters = [] } = golden.shares[1] ?? {};
  const numbers = numberClusters(clusters.length, (row) => clusters[row] ?? '');
  expect(clusteredShare(values, numbers)).toEqual(clusteredShare(values, clusters));
  // A number without rows is no cluster.
  expect(clusteredShare([0.2, 0.4], Int32Array.of(5, 2))).toEqual(clusteredShare([0.2, 0.4], ['a', 'b']));
});
