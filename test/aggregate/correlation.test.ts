import fc from 'fast-check';
import { expect, test } from 'vitest';
import { areaUnderCurve, kendall, pearson, spearman } from '../../src/aggregate/correlation.ts';
import { estimate } from '../../src/aggregate/statistic.ts';
import { expectNear, expectStatistic, golden } from './golden.ts';

const measures = { pearson, spearman, kendall };
// Few levels for ties, and fractions whose spread does not drown in rounding.
const value = fc.oneof(
  fc.integer({ min: -4, max: 4 }),
  fc.integer({ min: -900, max: 900 }).map((cents) => cents / 100),
);
const rows = fc.array(fc.record({ left: value, right: value, count: fc.integer({ min: 0, max: 3 }) }), {
  maxLength: 25,
});

test('Pearson, Spearman and Kendall match scipy, and are undefined where it says NaN', () => {
  for (const { left, right, ...expected } of golden.correlations) {
    expectStatistic(estimate(pearson(left, right)), expected.pearson);
    expectStatistic(estimate(spearman(left, right)), expected.spearman);
    expectStatistic(estimate(kendall(left, right)), expected.kendall);
  }
});

test('the area under the curve matches scikit-learn, ties included', () => {
  for (const { probabilities, events, areaUnderCurve: expected } of golden.probabilities) {
    expectNear(estimate(areaUnderCurve(probabilities, events)).value, expected);
  }
  expect(estimate(areaUnderCurve([1, 2], [true, true]))).toEqual({
    value: null,
    reason: 'all labels are the same',
  });
  expect(estimate(areaUnderCurve([], []))).toEqual({ value: null, reason: 'no rows' });
});

test('correlations are bounded, symmetric, and independent of the order of rows', () => {
  fc.assert(
    fc.property(rows, (sample) => {
      const left = sample.map((row) => row.left);
      const right = sample.map((row) => row.right);
      for (const measure of Object.values(measures)) {
        const { value } = estimate(measure(left, right));
        const mirrored = estimate(measure(right, left)).value;
        const reversed = estimate(measure(left.toReversed(), right.toReversed())).value;
        if (value === null) {
          expect([mirrored, reversed]).toEqual([null, null]);
          continue;
        }
        expect(value >= -1 && value <= 1).toBe(true);
        expectNear(mirrored, value);
        expectNear(reversed, value);
      }
    }),
  );
});

test('no finite number makes a correlation NaN or larger than 1', () => {
  const extreme = fc.tuple(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  );
  fc.assert(
    fc.property(fc.array(extreme, { maxLength: 8 }), (sample) => {
      for (const measure of Object.values(measures)) {
        const { value } = estimate(
          measure(
            sample.map(([left]) => left),
            sample.map(([, right]) => right),
          ),
        );
        expect(value === null || Math.abs(value) <= 1).toBe(true);
      }
    }),
  );
});

test('rank measures ignore a monotone change, Pearson a shift and a scale', () => {
  const { left, right } = golden.correlations[3] ?? { left: [], right: [] };
  const bent = left.map((number) => Math.exp(number));
  const moved = left.map((number) => 3 * number - 7);
  for (const measure of [spearman, kendall]) {
    expect(estimate(measure(bent, right))).toEqual(estimate(measure(left, right)));
  }
  expectNear(estimate(pearson(moved, right)).value, estimate(pearson(left, right)).value ?? Number.NaN);
});

test('counts mean repeated rows', () => {
  fc.assert(
    fc.property(rows, (sample) => {
      const counts = sample.map(({ count }) => count);
      const repeated = sample.flatMap((row) => new Array<typeof row>(row.count).fill(row));
      const column = (from: typeof sample, side: 'left' | 'right') => from.map((row) => row[side]);
      for (const measure of Object.values(measures)) {
        const weighted = measure(column(sample, 'left'), column(sample, 'right')).of(counts);
        const plain = estimate(measure(column(repeated, 'left'), column(repeated, 'right')));
        expectStatistic(weighted, plain.value);
      }
      const area = (from: typeof sample) =>
        areaUnderCurve(
          column(from, 'left'),
          from.map((row) => row.right > 0),
        );
      expectStatistic(area(sample).of(counts), estimate(area(repeated)).value);
    }),
  );
});

test('columns that cannot be compared are an error', () => {
  for (const measure of Object.values(measures)) {
    expect(() => measure([1], [1, 2])).toThrow('expected columns of one length, got 1 and 2');
    expect(() => measure([1, Number.NaN], [1, 2])).toThrow('got NaN in row 2');
    expect(estimate(measure([], []))).toEqual({ value: null, reason: 'no rows' });
    expect(estimate(measure([1], [1]))).toEqual({ value: null, reason: 'a column is constant' });
  }
});
