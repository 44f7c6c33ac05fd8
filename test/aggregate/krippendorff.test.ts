import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clusterBootstrap } from '../../src/aggregate/interval.ts';
import { krippendorffAlpha, type RatingLevel } from '../../src/aggregate/krippendorff.ts';
import { estimate } from '../../src/aggregate/statistic.ts';
import { agreementGolden, ownClusters } from './agreement-golden.ts';
import { expectNear, expectStatistic } from './golden.ts';

const levels = ['nominal', 'ordinal', 'interval'] as const satisfies RatingLevel[];
const rating = fc.option(fc.integer({ min: -3, max: 4 }));
const units = fc.array(fc.array(rating, { maxLength: 5 }), { maxLength: 12 });

test('alpha matches the krippendorff package at every level, with ratings missing', () => {
  for (const { units: rated, ...expected } of agreementGolden.alphas) {
    for (const level of levels) expectStatistic(estimate(krippendorffAlpha(rated, level)), expected[level]);
  }
});

test('alpha knows neither the order of units nor of raters, nor empty seats, and is at most 1', () => {
  fc.assert(
    fc.property(units, (rated) => {
      for (const level of levels) {
        const { value } = estimate(krippendorffAlpha(rated, level));
        const shuffled = rated.toReversed().map((unit) => [null, ...unit.toReversed()]);
        expectStatistic(estimate(krippendorffAlpha([...shuffled, [2], []], level)), value);
        if (value !== null) expect(value).toBeLessThanOrEqual(1);
      }
    }),
  );
});

test('each level ignores what it may not see', () => {
  const change = (rated: (number | null)[][], map: (value: number) => number) =>
    rated.map((unit) => unit.map((value) => (value === null ? null : map(value))));
  fc.assert(
    fc.property(units, (rated) => {
      const alpha = (of: (number | null)[][], level: RatingLevel) =>
        estimate(krippendorffAlpha(of, level)).value;
      const names = rated.map((unit) => unit.map((value) => (value === null ? null : `label ${-value}`)));
      expectStatistic(estimate(krippendorffAlpha(names, 'nominal')), alpha(rated, 'nominal'));
      const bent = change(rated, (value) => Math.exp(value));
      expectStatistic(estimate(krippendorffAlpha(bent, 'ordinal')), alpha(rated, 'ordinal'));
      const moved = change(rated, (value) => 7 - 0.3 * value);
      expectStatistic(estimate(krippendorffAlpha(moved, 'interval')), alpha(rated, 'interval'));
      const two = change(rated, (value) => (value > 0 ? 1 : 0));
      for (const level of levels) {
        expectStatistic(estimate(krippendorffAlpha(two, level)), alpha(two, 'nominal'));
      }
    }),
  );
});

test('counts mean repeated units, so that the cluster bootstrap works', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.array(rating, { maxLength: 4 }), fc.nat(3)), { maxLength: 9 }),
      (rows) => {
        const repeated = rows.flatMap(([unit, count]) => new Array<typeof unit>(count).fill(unit));
        for (const level of levels) {
          const weighted = krippendorffAlpha(
            rows.map(([unit]) => unit),
            level,
          );
          const { value } = estimate(krippendorffAlpha(repeated, level));
          expectStatistic(weighted.of(rows.map(([, count]) => count)), value);
        }
      },
    ),
  );
  const { units: rated = [] } = agreementGolden.alphas[2] ?? {};
  const figure = clusterBootstrap(krippendorffAlpha(rated, 'ordinal'), ownClusters(rated.length), {
    resamples: 400,
  });
  expect(figure.low).toBeLessThan(figure.estimate ?? Number.NaN);
  expect(figure.high).toBeGreaterThan(figure.estimate ?? Number.NaN);
});

test('full agreement is 1, systematic disagreement below 0, and what is undefined says why', () => {
  for (const level of levels) {
    expect(
      estimate(
        krippendorffAlpha(
          [
            [1, 1, null],
            [2, 2, 2],
          ],
          level,
        ),
      ),
    ).toEqual({ value: 1 });
    expect(
      estimate(
        krippendorffAlpha(
          [
            [1, 2],
            [2, 1],
          ],
          level,
        ),
      ).value,
    ).toBeLessThan(0);
    expect(estimate(krippendorffAlpha([[3, 3], [3, 3], [1]], level))).toEqual({
      value: null,
      reason: 'all ratings are the same',
    });
    expect(estimate(krippendorffAlpha([[1], [null, 2]], level))).toEqual({
      value: null,
      reason: 'no unit has two ratings',
    });
    expect(estimate(krippendorffAlpha([], level))).toEqual({ value: null, reason: 'no rows' });
  }
  expectNear(
    estimate(
      krippendorffAlpha(
        [
          [1e300, -1e300],
          [1e300, 1e300],
        ],
        'interval',
      ),
    ).value,
    0,
  );
  expect(() => krippendorffAlpha([['good', 'bad']], 'ordinal')).toThrow(
    'expected numbers for ordinal ratings, got "good"',
  );
  expect(() => krippendorffAlpha([[1, Number.NaN]], 'interval')).toThrow('expected finite numbers, got NaN');
});
