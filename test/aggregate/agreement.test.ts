import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  brierScore,
  cohenKappa,
  logLoss,
  orderFigures,
  pairAgreement,
  weightedKappa,
} from '../../src/aggregate/agreement.ts';
import { combineOrders, type Winner } from '../../src/aggregate/pairs.ts';
import { estimate } from '../../src/aggregate/statistic.ts';
import { expectNear, expectStatistic, golden } from './golden.ts';

const winner = fc.constantFrom<Winner>('first', 'second', 'tie');
const pairs = fc.array(fc.record({ left: winner, right: winner, count: fc.integer({ min: 0, max: 3 }) }), {
  maxLength: 30,
});
const names = (count: number) => Array.from({ length: count }, (_, row) => `prompt ${row}`);

test('κ, plain and weighted, matches scikit-learn', () => {
  for (const { left, right, ...expected } of golden.kappas) {
    expectNear(estimate(cohenKappa(left, right)).value, expected.nominal);
    expectNear(estimate(weightedKappa(left, right, 'linear')).value, expected.linear);
    expectNear(estimate(weightedKappa(left, right, 'quadratic')).value, expected.quadratic);
  }
  for (const { left, right, kappa, accuracy } of golden.nominalKappas) {
    expectNear(estimate(cohenKappa(left, right)).value, kappa);
    expectNear(
      pairAgreement(left as Winner[], right as Winner[], names(left.length)).accuracy.estimate,
      accuracy,
    );
  }
});

test('κ is at most 1, symmetric, 1 for equal columns that vary, and undefined for one constant', () => {
  fc.assert(
    fc.property(pairs, (rows) => {
      const [left, right] = [rows.map((row) => row.left), rows.map((row) => row.right)];
      const { value } = estimate(cohenKappa(left, right));
      if (value !== null) {
        expect(value).toBeLessThanOrEqual(1);
        expectNear(estimate(cohenKappa(right, left)).value, value);
      }
      const same = estimate(cohenKappa(left, left));
      expect(same.value).toBe(new Set(left).size > 1 ? 1 : null);
      const repeated = rows.flatMap((row) => new Array<typeof row>(row.count).fill(row));
      const plain = estimate(
        cohenKappa(
          repeated.map((row) => row.left),
          repeated.map((row) => row.right),
        ),
      );
      expectStatistic(cohenKappa(left, right).of(rows.map((row) => row.count)), plain.value);
    }),
  );
  expect(estimate(cohenKappa([1, 1], [1, 1]))).toEqual({
    value: null,
    reason: 'both columns are the same constant',
  });
  expect(estimate(cohenKappa([], []))).toEqual({ value: null, reason: 'no rows' });
});

test('Brier score and log-loss match scikit-learn', () => {
  for (const { probabilities, events, brier, logLoss: loss } of golden.probabilities) {
    expectNear(estimate(brierScore(probabilities, events)).value, brier);
    expectNear(estimate(logLoss(probabilities, events)).value, loss);
  }
  expect(estimate(logLoss([0.5], [true])).value).toBeCloseTo(Math.LN2, 12);
  expect(estimate(logLoss([0], [true])).value).toBeCloseTo(52 * Math.LN2, 12);
  expect(() => brierScore([1.5], [true])).toThrow('expected a probability from 0 to 1, got 1.5');
});

test('a tie agrees with a tie only, and decided labels are figured apart', () => {
  const labels: Winner[] = ['first', 'tie', 'tie', 'second', 'second', 'first'];
  const winners: Winner[] = ['first', 'tie', 'first', 'tie', 'second', 'second'];
  const { accuracy, decidedAccuracy, kappa } = pairAgreement(winners, labels, names(6));
  expect(accuracy).toMatchObject({ estimate: 0.5, n: 6, clusters: 6 });
  expect(decidedAccuracy).toMatchObject({ estimate: 0.5, n: 4, clusters: 4 });
  expect(kappa.estimate).toBeCloseTo(0.25, 12);
  const onlyTies = pairAgreement(['tie'], ['tie'], ['a']);
  expect(onlyTies.decidedAccuracy).toMatchObject({ estimate: null, reason: 'no rows' });
  expect(onlyTies.kappa).toMatchObject({ estimate: null, reason: 'both columns are the same constant' });
});

test('order figures count what each order said', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(fc.double({ min: -9, max: 9, noNaN: true }), fc.double({ min: -9, max: 9, noNaN: true })),
        { minLength: 2, maxLength: 20 },
      ),
      (drawn) => {
        const orders = drawn.filter(([first, second]) => first * second !== 0);
        fc.pre(orders.length > 1);
        const rows = orders.map(([first, second], row) => ({
          cluster: `${row}`,
          ...combineOrders({ logOdds: first }, { logOdds: second }),
        }));
        const { orderConsistency, firstShownWins, positionLean } = orderFigures(rows, { resamples: 20 });
        const all = orders.flat();
        expectNear(firstShownWins.estimate, all.filter((value) => value > 0).length / all.length);
        expectNear(positionLean.estimate, all.reduce((sum, value) => sum + value, 0) / all.length);
        expectNear(
          orderConsistency.estimate,
          orders.filter(([first, second]) => first > 0 !== second > 0).length / orders.length,
        );
      },
    ),
  );
  expect(orderFigures([])).toMatchObject({
    orderConsistency: { estimate: null },
    positionLean: { estimate: null, reason: 'no rows' },
  });
});
