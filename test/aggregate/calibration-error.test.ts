import fc from 'fast-check';
import { expect, test } from 'vitest';
import { brierScore, logLoss } from '../../src/aggregate/agreement.ts';
import {
  calibrationChange,
  calibrationError,
  calibrationEstimators,
  calibrationFigures,
  foldPairs,
  reliabilityBins,
} from '../../src/aggregate/calibration-error.ts';
import { clusterBootstrap, wilsonInterval } from '../../src/aggregate/interval.ts';
import { createRandom } from '../../src/aggregate/random.ts';
import { estimate } from '../../src/aggregate/statistic.ts';
import { golden } from './calibration-golden.ts';
import { expectNear } from './golden.ts';

const names = (count: number) => Array.from({ length: count }, (_, row) => `prompt ${row}`);
const rows = fc.array(
  fc.record({
    // Coarse, so that ties are many.
    p: fc.oneof(
      fc.integer({ min: 0, max: 20 }).map((value) => value / 20),
      fc.double({ min: 0, max: 1, noNaN: true }),
    ),
    y: fc.constantFrom(0, 0.5, 1),
    count: fc.integer({ min: 0, max: 3 }),
  }),
  { minLength: 1, maxLength: 40 },
);

test('bins and calibration error match scikit-learn', () => {
  for (const { probabilities, labels, bins, ...expected } of golden.errors) {
    expectNear(estimate(calibrationError(probabilities, labels, bins)).value, expected.calibrationError);
    const found = reliabilityBins(probabilities, labels, names(labels.length), bins);
    expect(found.map(({ count }) => count)).toEqual(expected.counts);
    for (const [index, { predicted, observed, count }] of found.entries()) {
      expectNear(predicted, expected.predicted[index] ?? Number.NaN);
      expectNear(observed.estimate, expected.observed[index] ?? Number.NaN);
      const wilson = wilsonInterval(Math.round((expected.observed[index] ?? 0) * count), count);
      expectNear(observed.low, wilson.low ?? Number.NaN);
      expectNear(observed.high, wilson.high ?? Number.NaN);
    }
    const { logLoss, brier } = calibrationEstimators(probabilities, labels);
    expectNear(estimate(logLoss).value, expected.logLoss);
    expectNear(estimate(brier).value, expected.brier);
  }
});

test('equal probabilities share a bin; a resample is the same as its rows written out; the error is from 0 to 1', () => {
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 12 }), (data, bins) => {
      const [probabilities, labels] = [data.map(({ p }) => p), data.map(({ y }) => y)];
      const found = reliabilityBins(probabilities, labels, names(data.length), bins);
      expect(found.length).toBeLessThanOrEqual(bins);
      expect(found.reduce((sum, { count }) => sum + count, 0)).toBe(data.length);
      for (const [index, { low, high, predicted }] of found.entries()) {
        expect(low <= predicted && predicted <= high).toBe(true);
        expect(high).toBeLessThan(found[index + 1]?.low ?? Number.POSITIVE_INFINITY);
      }
      const gaps = found.map(
        ({ count, predicted, observed }) => count * Math.abs(predicted - (observed.estimate ?? 0)),
      );
      const { value } = estimate(calibrationError(probabilities, labels, bins));
      expectNear(value, gaps.reduce((sum, gap) => sum + gap, 0) / data.length);
      expect(value).toBeLessThanOrEqual(1);

      const written = data.flatMap((row) => new Array<typeof row>(row.count).fill(row));
      const resampled = calibrationError(probabilities, labels, bins).of(data.map(({ count }) => count));
      const plain = calibrationError(
        written.map(({ p }) => p),
        written.map(({ y }) => y),
        bins,
      );
      const { value: expected } = estimate(plain);
      if (expected === null) expect(resampled).toEqual({ value: null, reason: 'no rows' });
      else expectNear(resampled.value, expected);
    }),
  );
});

test('bins have equal mass where nothing is tied', () => {
  const probabilities = Array.from({ length: 50 }, (_, row) => (row + 0.5) / 50);
  const found = reliabilityBins(
    probabilities,
    probabilities.map(() => 1),
    names(50),
    10,
  );
  expect(found.map(({ count }) => count)).toEqual(new Array(10).fill(5));
});

test('labels that follow their probabilities have a small error, sure and wrong ones a large one', () => {
  const random = createRandom(0);
  const probabilities = Array.from({ length: 4000 }, random.uniform);
  const honest = probabilities.map((probability) => Number(random.uniform() < probability));
  expect(estimate(calibrationError(probabilities, honest)).value).toBeLessThan(0.03);
  expect(estimate(calibrationError(honest, honest)).value).toBe(0);
  expect(
    estimate(
      calibrationError(
        honest,
        honest.map((label) => 1 - label),
      ),
    ).value,
  ).toBe(1);
});

test('log-loss and Brier score of hard labels are those of agreement; soft labels lie between', () => {
  fc.assert(
    fc.property(rows, (data) => {
      const probabilities = data.map(({ p }) => p);
      const events = data.map(({ y }) => y === 1);
      const { logLoss: loss, brier } = calibrationEstimators(probabilities, events.map(Number));
      expectNear(estimate(loss).value, estimate(logLoss(probabilities, events)).value ?? 0);
      expectNear(estimate(brier).value, estimate(brierScore(probabilities, events)).value ?? 0);
    }),
  );
  const soft = calibrationEstimators([0.8], [0.25]);
  expectNear(estimate(soft.logLoss).value, -0.25 * Math.log(0.8) - 0.75 * Math.log(0.2));
  expectNear(estimate(soft.brier).value, 0.55 ** 2);
});

test('pairs from the preferred side: swapping any of them changes no figure', () => {
  fc.assert(
    fc.property(rows, fc.integer({ min: 1, max: 6 }), (data, bins) => {
      const swap = <Value extends number>(values: Value[]) =>
        values.map((value, index) => (index % 2 === 0 ? 1 - value : value));
      // From the upper half, where 1 − p is exact.
      const probabilities = data.map(({ p }) => Math.max(p, 1 - p));
      const labels = data.map(({ y }) => y);
      const folded = foldPairs(probabilities, labels);
      expect(folded).toEqual(foldPairs(swap(probabilities), swap(labels)));
      expect(folded.probabilities.every((probability) => probability >= 0.5)).toBe(true);
      const options = { bins, pairs: true };
      const one = calibrationEstimators(probabilities, labels, options);
      const other = calibrationEstimators(swap(probabilities), swap(labels), options);
      for (const name of ['logLoss', 'brier', 'calibrationError'] as const)
        expectNear(estimate(other[name]).value, estimate(one[name]).value ?? Number.NaN);
    }),
  );
  expect(foldPairs([0.5, 0.2, 0.9], [1, 1, 0.5])).toEqual({
    probabilities: [0.5, 0.8, 0.9],
    labels: [0.5, 0, 0.5],
  });
  // A coin is calibrated, and its Brier score is that of a coin.
  const coin = calibrationEstimators([0.5, 0.5], [1, 0], { pairs: true });
  expect(estimate(coin.calibrationError)).toEqual({ value: 0 });
  expect(estimate(coin.brier)).toEqual({ value: 0.25 });
});

test('2 B bins of pairs in both directions have the error of B bins from the preferred side', () => {
  const random = createRandom(11);
  const probabilities = Array.from({ length: 60 }, () => 0.5 + (random.below(1000) + 1) / 2002);
  const labels = probabilities.map((probability) => Number(random.uniform() < probability ** 2));
  const both = calibrationError(
    [...probabilities, ...probabilities.map((probability) => 1 - probability)],
    [...labels, ...labels.map((label) => 1 - label)],
    6,
  );
  const one = calibrationEstimators(probabilities, labels, { bins: 3, pairs: true }).calibrationError;
  expectNear(estimate(both).value, estimate(one).value ?? Number.NaN);
});

test('figures are the cluster bootstrap’s, and a change is of paired rows', () => {
  const random = createRandom(7);
  const probabilities = Array.from({ length: 80 }, random.uniform);
  const labels = probabilities.map((probability) => Number(random.uniform() < probability));
  const clusters = labels.map((_, row) => `prompt ${row % 30}`);
  const before = calibrationEstimators(
    probabilities.map((probability) => probability ** 3),
    labels,
  );
  const after = calibrationEstimators(probabilities, labels);
  const options = { seed: 4, resamples: 200 };
  const figures = calibrationFigures(after, clusters, options);
  expect(figures.calibrationError).toEqual(clusterBootstrap(after.calibrationError, clusters, options));
  expect(figures.brier).toMatchObject({ n: 80, clusters: 30 });
  const change = calibrationFigures(calibrationChange(after, before), clusters, options);
  expect(change.logLoss.high).toBeLessThan(0);
  expectNear(change.brier.estimate, (estimate(after.brier).value ?? 0) - (estimate(before.brier).value ?? 0));
  expect(calibrationFigures(calibrationEstimators([], []), []).calibrationError).toMatchObject({
    estimate: null,
    reason: 'no rows',
  });
});

test('soft labels have Wilson’s interval of independent rows, clusters of hard ones a wider one', () => {
  const [soft] = reliabilityBins([0.4, 0.4, 0.4, 0.4], [1, 0.5, 0, 0.5], names(4), 1);
  expect(soft?.observed).toEqual(wilsonInterval(2, 4));
  const hard = [1, 1, 0, 0, 1, 1, 0, 0];
  const flat = hard.map(() => 0.5);
  const [apart] = reliabilityBins(flat, hard, names(8), 1);
  const [together] = reliabilityBins(flat, hard, ['a', 'a', 'b', 'b', 'c', 'c', 'd', 'd'], 1);
  expect(together?.observed.high).toBeGreaterThan(apart?.observed.high ?? 1);
});

test('columns and bins that make no sense are refused', () => {
  expect(() => calibrationError([0.2, 1.2], [0, 1])).toThrow('expected probabilities from 0 to 1, got 1.2');
  expect(() => calibrationError([0.2], [-1])).toThrow('expected labels from 0 to 1, got -1');
  expect(() => calibrationError([0.2], [1], 0)).toThrow('expected a whole number of bins, 1 or more, got 0');
  expect(() => reliabilityBins([0.2], [1], ['a', 'b'])).toThrow('expected columns of one length');
});
