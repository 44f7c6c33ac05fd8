import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exactMean, exactSum, requireScore, sampleDeviation } from '../../src/aggregate/moments.ts';
import { ensembles, expectClose, shuffled } from './ensembles-golden.ts';

const values = fc.array(fc.double({ min: -1e12, max: 1e12, noNaN: true }), { minLength: 1, maxLength: 30 });

test('a sum is rounded once, as math.fsum does it, to the bit', () => {
  for (const { values, sum } of ensembles.sums) expect(exactSum(values)).toBe(sum);
  expect(exactSum([])).toBe(0);
  expect(exactSum([-0])).toBe(0);
  expect(exactSum([1e16, 1, -1e16])).toBe(1);
});

test('sums, means and deviations are the same bits in any order', () => {
  fc.assert(
    fc.property(values, fc.integer(), (rows, seed) => {
      const other = shuffled(rows, seed);
      expect(exactSum(other)).toBe(exactSum(rows));
      expect(exactMean(other)).toBe(exactMean(rows));
      expect(sampleDeviation(other)).toBe(sampleDeviation(rows));
    }),
  );
});

test('a sum without its own value again is the rest, and opposite values leave nothing', () => {
  fc.assert(
    fc.property(values, fc.double({ min: -1e12, max: 1e12, noNaN: true }), (rows, extra) => {
      expect(exactSum([...rows, extra, -extra])).toBe(exactSum(rows));
      expect(exactSum([...rows, ...rows.map((value) => -value)])).toBe(0);
      expect(exactSum(rows.map((value) => -value))).toBe(-exactSum(rows) + 0);
    }),
  );
});

test('a mean lies between its values, and a deviation is 0 for equal ones and undefined for one', () => {
  fc.assert(
    fc.property(values, (rows) => {
      const mean = exactMean(rows);
      expect(mean >= Math.min(...rows) && mean <= Math.max(...rows)).toBe(true);
      expect(sampleDeviation(rows.map(() => rows[0] ?? 0))).toBe(rows.length < 2 ? null : 0);
    }),
  );
  expect(exactMean([0.1, 0.1, 0.1])).toBe(0.1);
});

test('deviations neither overflow nor vanish', () => {
  expectClose(sampleDeviation([-1e100, 1e100]), Math.SQRT2 * 1e100);
  expectClose((sampleDeviation([0, 1e-200]) ?? 0) * 1e200, Math.SQRT1_2);
});

test('a score is finite, not huge, and never −0', () => {
  expect(Object.is(requireScore(-0, 'x'), 0)).toBe(true);
  for (const score of [Number.NaN, Number.POSITIVE_INFINITY, -2e100]) {
    expect(() => requireScore(score, 'member "a"')).toThrow(
      `member "a": expected a finite score within ±1e+100, got ${score}`,
    );
  }
});
