import fc from 'fast-check';
import { expect, test } from 'vitest';
import { spearman } from '../../src/aggregate/correlation.ts';
import { clusterBootstrap, meanInterval, proportion, wilsonInterval } from '../../src/aggregate/interval.ts';
import { createRandom } from '../../src/aggregate/random.ts';
import { difference, type Estimator, estimate, mean } from '../../src/aggregate/statistic.ts';
import { expectNear, golden } from './golden.ts';

const rows = fc.array(fc.record({ hit: fc.boolean(), cluster: fc.integer({ min: 0, max: 8 }) }), {
  minLength: 1,
  maxLength: 40,
});

test('Wilson’s interval matches statsmodels', () => {
  for (const { successes, total, low, high } of golden.wilson) {
    const figure = wilsonInterval(successes, total);
    expectNear(figure.low, low);
    expectNear(figure.high, high);
    expect(figure).toMatchObject({ estimate: successes / total, n: total, clusters: total });
  }
  expect(wilsonInterval(0, 0)).toEqual({
    estimate: null,
    low: null,
    high: null,
    n: 0,
    clusters: 0,
    reason: 'no rows',
  });
  expect(() => wilsonInterval(3, 2)).toThrow('expected 0 <= successes <= total, got 3 of 2');
});

test('a clustered proportion matches Wilson at statsmodels’ design effect', () => {
  for (const { hits, clusters, estimate, low, high, effect } of golden.clusteredProportions) {
    expect(effect).toBeGreaterThan(1);
    const figure = proportion(hits, clusters);
    expectNear(figure.estimate, estimate);
    expectNear(figure.low, low);
    expectNear(figure.high, high);
  }
});

test('one row in each cluster gives Wilson’s interval, clusters of copies the interval of the clusters', () => {
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 2, max: 4 }),
      (hits, copies) => {
        const names = hits.map((_, row) => `prompt ${row}`);
        const plain = wilsonInterval(hits.filter(Boolean).length, hits.length);
        const single = proportion(hits, names);
        expectNear(single.low, plain.low ?? Number.NaN);
        expectNear(single.high, plain.high ?? Number.NaN);

        const repeat = <Value>(values: Value[]) =>
          values.flatMap((value) => new Array<Value>(copies).fill(value));
        const copied = proportion(repeat(hits), repeat(names));
        expect(copied).toMatchObject({ n: hits.length * copies, clusters: hits.length });
        // Copies carry no information; the reference variance p(1 − p)/(n − 1) knows of them only by one row.
        expect(Math.abs((copied.low ?? 0) - (plain.low ?? 0))).toBeLessThan(0.5 / hits.length);
        expect(copied.high).toBeGreaterThan(copied.estimate === 1 ? 0.99 : (copied.estimate ?? 1));
      },
    ),
  );
});

test('a proportion’s interval is within [0, 1], holds the estimate and ignores the order of rows', () => {
  fc.assert(
    fc.property(rows, (sample) => {
      const of = (from: typeof sample) =>
        proportion(
          from.map((row) => row.hit),
          from.map((row) => `${row.cluster}`),
        );
      const figure = of(sample);
      const [low, high] = [figure.low ?? Number.NaN, figure.high ?? Number.NaN];
      expect(
        0 <= low &&
          low <= (figure.estimate ?? Number.NaN) &&
          (figure.estimate ?? Number.NaN) <= high &&
          high <= 1,
      ).toBe(true);
      const reversed = of(sample.toReversed());
      expectNear(reversed.low, low);
      expectNear(reversed.high, high);
    }),
  );
  expect(proportion([], [])).toMatchObject({ estimate: null, low: null, reason: 'no rows' });
});

test('the cluster bootstrap agrees with scipy’s up to sampling noise', () => {
  for (const { left, right, clusters, ...expected } of golden.bootstraps) {
    const options = { seed: 11, resamples: 20_000 };
    const found = {
      mean: meanInterval(left, clusters, options),
      spearman: clusterBootstrap(spearman(left, right), clusters, options),
    };
    for (const name of ['mean', 'spearman'] as const) {
      const [low, high] = expected[name];
      expect(Math.abs((found[name].low ?? Number.NaN) - low)).toBeLessThan(0.04 * (high - low));
      expect(Math.abs((found[name].high ?? Number.NaN) - high)).toBeLessThan(0.04 * (high - low));
    }
  }
});

test('the same seed gives the same bits, another seed others, another order of rows the same interval', () => {
  const { left = [], clusters = [] } = golden.bootstraps[0] ?? {};
  const figure = meanInterval(left, clusters, { seed: 5 });
  expect(meanInterval(left, clusters, { seed: 5 })).toEqual(figure);
  expect(meanInterval(left, clusters, { seed: 6 }).low).not.toBe(figure.low);
  const reversed = meanInterval(left.toReversed(), clusters.toReversed(), { seed: 5 });
  expectNear(reversed.low, figure.low ?? Number.NaN);
  expectNear(reversed.high, figure.high ?? Number.NaN);
  expect(figure).toMatchObject({ n: left.length, clusters: new Set(clusters).size });
});

test('intervals cover the truth about 95 times in 100 with dependent rows, and a naive interval does not', () => {
  const random = createRandom(42);
  const [trials, groups, size, truth] = [400, 40, 8, 0.6];
  const covered = { proportion: 0, bootstrap: 0, naive: 0 };
  const holds = ({ low, high }: { low: number | null; high: number | null }) =>
    Number(low !== null && high !== null && low <= truth && truth <= high);
  for (let trial = 0; trial < trials; trial++) {
    const hits: boolean[] = [];
    const clusters: string[] = [];
    for (let group = 0; group < groups; group++) {
      // Four prompts in five have one verdict for all their rows.
      const common = random.uniform() < truth;
      const copies = random.uniform() < 0.8;
      for (let row = 0; row < size; row++) {
        hits.push(copies ? common : random.uniform() < truth);
        clusters.push(`${group}`);
      }
    }
    covered.proportion += holds(proportion(hits, clusters));
    covered.bootstrap += holds(meanInterval(hits.map(Number), clusters, { seed: trial, resamples: 200 }));
    covered.naive += holds(wilsonInterval(hits.filter(Boolean).length, hits.length));
  }
  for (const name of ['proportion', 'bootstrap'] as const) {
    expect(covered[name] / trials).toBeGreaterThan(0.91);
    expect(covered[name] / trials).toBeLessThan(0.99);
  }
  expect(covered.naive / trials).toBeLessThan(0.7);
});

test('without enough data there is an estimate, no interval, and a reason', () => {
  expect(meanInterval([], [])).toMatchObject({
    estimate: null,
    low: null,
    high: null,
    n: 0,
    reason: 'no rows',
  });
  expect(meanInterval([1, 3], ['same', 'same'])).toEqual({
    estimate: 2,
    low: null,
    high: null,
    n: 2,
    clusters: 1,
    reason: 'one cluster has no interval',
  });
  expect(clusterBootstrap(spearman([1, 2, 3], [1, 3, 2]), ['a', 'b', 'c'])).toMatchObject({
    estimate: 0.5,
    low: null,
    high: null,
    reason: expect.stringMatching(/undefined in \d+ % of the resamples/),
  });
  expect(() => meanInterval([1], ['a', 'b'])).toThrow('expected columns of one length');
  expect(() => meanInterval([1], ['a'], { resamples: 0 })).toThrow('expected a positive number of resamples');
});

test('a difference moves both statistics with the same resample', () => {
  const left = [1, 4, 2, 8, 5, 7];
  const clusters = ['a', 'b', 'c', 'd', 'e', 'f'];
  const shifted = left.map((value) => value - 3);
  expect(clusterBootstrap(difference(mean(left), mean(shifted)), clusters)).toMatchObject({
    estimate: 3,
    low: expect.closeTo(3, 12),
    high: expect.closeTo(3, 12),
  });
  const undefinedOne: Estimator = { rows: 6, of: () => ({ value: null, reason: 'because' }) };
  expect(estimate(difference(mean(left), undefinedOne))).toEqual({ value: null, reason: 'because' });
  expect(estimate(difference(undefinedOne, mean(left)))).toEqual({ value: null, reason: 'because' });
  expect(() => difference(mean([1]), mean([1, 2]))).toThrow('expected columns of one length');
  expect(() => mean([Number.POSITIVE_INFINITY])).toThrow('got Infinity in row 1');
});
