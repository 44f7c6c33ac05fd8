import fc from 'fast-check';
import { expect, test } from 'vitest';
import { proportion, wilsonInterval } from '../../src/aggregate/interval.ts';
import type { Winner } from '../../src/aggregate/pairs.ts';
import { createRandom } from '../../src/aggregate/random.ts';
import { estimate } from '../../src/aggregate/statistic.ts';
import {
  lengthCoefficient,
  lengthControl,
  lengthControlledWinRate,
  winPoints,
  winRate,
} from '../../src/aggregate/win-rate.ts';
import { agreementGolden, ownClusters } from './agreement-golden.ts';
import { expectNear, expectStatistic } from './golden.ts';

const winner = fc.constantFrom<Winner>('first', 'second', 'tie');
const mirrored = (side: Winner): Winner =>
  side === 'first' ? 'second' : side === 'second' ? 'first' : 'tie';
const comparison = fc.record({
  points: fc.constantFrom(0, 0.5, 1),
  difference: fc.integer({ min: -40, max: 40 }),
});

test('ties count half, narrow the interval, and without them it is the proportion of wins', () => {
  const names = ownClusters(8);
  const sides: Winner[] = ['first', 'first', 'first', 'second', 'second', 'first', 'second', 'first'];
  expect(winRate(sides, names)).toEqual(
    proportion(
      sides.map((side) => side === 'first'),
      names,
    ),
  );
  const tied: Winner[] = ['first', 'first', 'tie', 'second', 'tie', 'tie', 'tie', 'tie'];
  const figure = winRate(tied, names);
  expect(figure).toMatchObject({ estimate: 4.5 / 8, n: 8, clusters: 8 });
  const { low, high } = wilsonInterval(4, 8);
  expect((figure.high ?? 1) - (figure.low ?? 0)).toBeLessThan((high ?? 0) - (low ?? 0));
  const even = winRate(new Array<Winner>(8).fill('tie'), names);
  expect(even).toMatchObject({ estimate: 0.5, low: wilsonInterval(8, 16).low });
  expect(winRate([], [])).toMatchObject({ estimate: null, reason: 'no rows' });
});

test('swapping the systems mirrors the win rate and its interval', () => {
  fc.assert(
    fc.property(fc.array(winner, { minLength: 1, maxLength: 30 }), (sides) => {
      const names = sides.map((_, row) => `prompt ${row % 7}`);
      const [figure, swapped] = [winRate(sides, names), winRate(sides.map(mirrored), names)];
      expectNear(swapped.estimate, 1 - (figure.estimate ?? Number.NaN));
      expectNear(swapped.low, 1 - (figure.high ?? Number.NaN));
      expectNear(figure.estimate, sides.reduce((sum, side) => sum + winPoints(side), 0) / sides.length);
      expect(
        (figure.low ?? 1) <= (figure.estimate ?? 0) && (figure.estimate ?? 1) <= (figure.high ?? 0),
      ).toBe(true);
    }),
  );
});

test('length control matches statsmodels’ GLM, with ridge scikit-learn', () => {
  for (const { outcomes, differences, difficulty, ridge, ...expected } of agreementGolden.lengthControlled) {
    const rate = (options = {}) => estimate(lengthControlledWinRate(outcomes, differences, options));
    const coefficient = (options = {}) => estimate(lengthCoefficient(outcomes, differences, options));
    expectStatistic(rate(), expected.controlled);
    expectStatistic(coefficient(), expected.coefficient);
    expectStatistic(rate({ difficulty }), expected.withDifficulty);
    expectStatistic(coefficient({ difficulty }), expected.coefficientWithDifficulty);
    expectStatistic(rate({ ridge }), expected.ridgeControlled);
    expectStatistic(coefficient({ ridge }), expected.ridgeCoefficient);
  }
});

test('swapping the systems mirrors the controlled rate and keeps the coefficient; units of length do not matter', () => {
  fc.assert(
    fc.property(fc.array(comparison, { minLength: 3, maxLength: 40 }), (rows) => {
      const points = rows.map((row) => row.points);
      const lengths = rows.map((row) => row.difference);
      const measure = (outcomes: number[], differences: number[]) => [
        estimate(lengthControlledWinRate(outcomes, differences, { ridge: 0.5 })).value,
        estimate(lengthCoefficient(outcomes, differences, { ridge: 0.5 })).value,
      ];
      const [rate = null, weight = null] = measure(points, lengths);
      const [swappedRate = null, swappedWeight = null] = measure(
        points.map((point) => 1 - point),
        lengths.map((length) => -length),
      );
      const [scaledRate = null] = measure(
        points,
        lengths.map((length) => 4 * length),
      );
      expectNear(swappedRate, 1 - (rate ?? Number.NaN));
      expectNear(scaledRate, rate ?? Number.NaN);
      if (weight !== null) expectNear(swappedWeight, weight);
      else expect(swappedWeight).toBeNull();
    }),
  );
});

test('counts mean repeated rows', () => {
  const { outcomes, differences } = agreementGolden.lengthControlled[0] ?? { outcomes: [], differences: [] };
  const random = createRandom(1);
  const counts = outcomes.map(() => random.below(3));
  const repeat = (column: number[]) =>
    column.flatMap((value, row) => new Array<number>(counts[row] ?? 0).fill(value));
  for (const measure of [lengthControlledWinRate, lengthCoefficient]) {
    const { value } = estimate(measure(repeat(outcomes), repeat(differences)));
    expectStatistic(measure(outcomes, differences).of(counts), value);
  }
});

test('it takes away what length alone wins', () => {
  const random = createRandom(8);
  const rows = Array.from({ length: 500 }, () => {
    const difference = 100 + 200 * random.normal();
    return { difference, point: random.uniform() < 1 / (1 + Math.exp(-difference / 100)) ? 1 : 0 };
  });
  const { raw, controlled, coefficient } = lengthControl(
    rows.map(({ point }) => point),
    rows.map(({ difference }) => difference),
    ownClusters(rows.length),
    { resamples: 200 },
  );
  expect(raw.low).toBeGreaterThan(0.55);
  expect(controlled.low).toBeLessThan(0.5);
  expect(controlled.high).toBeGreaterThan(0.5);
  expect(coefficient.low).toBeGreaterThan(1);
});

test('equal lengths, equal outcomes and lengths that separate have their say, never NaN', () => {
  const points = [1, 0, 0.5, 1];
  expectNear(estimate(lengthControlledWinRate(points, [5, 5, 5, 5])).value, 0.625);
  expect(estimate(lengthCoefficient(points, [5, 5, 5, 5]))).toMatchObject({
    reason: 'all lengths differ by the same',
  });
  expect(estimate(lengthControlledWinRate([1, 1, 1], [1, 2, -3]))).toEqual({ value: 1 });
  expect(estimate(lengthCoefficient([0, 0, 0], [1, 2, -3]))).toEqual({
    value: null,
    reason: 'every outcome is the same',
  });
  const separated = lengthControlledWinRate([1, 1, 0, 0], [3, 2, -1, -2]);
  expect(estimate(separated)).toMatchObject({ value: null, reason: expect.stringMatching(/separate/) });
  expect(estimate(lengthControlledWinRate([1, 1, 0, 0], [3, 2, -1, -2], { ridge: 1 })).value).toBeGreaterThan(
    0,
  );
  expect(estimate(lengthControlledWinRate([1, 0, 1], [3, 1, 4], { difficulty: [2, 2, 2] }))).toMatchObject({
    value: null,
    reason: expect.stringMatching(/collinear/),
  });
  expect(estimate(lengthControlledWinRate([], []))).toEqual({ value: null, reason: 'no rows' });
  expect(() => lengthControlledWinRate([2], [1])).toThrow('expected an outcome from 0 to 1, got 2');
  expect(() => lengthControlledWinRate([1], [1], { ridge: -1 })).toThrow('expected a ridge penalty');
  expect(() => lengthControlledWinRate([1], [1], { difficulty: [] })).toThrow(
    'expected columns of one length',
  );
});
