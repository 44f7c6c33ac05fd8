import fc from 'fast-check';
import { expect, test } from 'vitest';
import { betaQuantile, regularizedBeta, upperBound } from '../../src/aggregate/beta.ts';
import { agreementGolden } from './agreement-golden.ts';
import { expectNear } from './golden.ts';

test('the beta distribution and its quantiles match scipy', () => {
  for (const { x, a, b, share, quantile } of agreementGolden.betas) {
    expectNear(regularizedBeta(x, a, b), share);
    expectNear(betaQuantile(x, a, b), quantile);
  }
  expect([regularizedBeta(0, 2, 3), regularizedBeta(1, 2, 3)]).toEqual([0, 1]);
  expect(() => regularizedBeta(1.5, 1, 1)).toThrow('expected x in [0, 1]');
});

test('upper bounds match statsmodels, and grow with the events and with confidence', () => {
  for (const { events, total, confidence, bound } of agreementGolden.upperBounds) {
    expectNear(upperBound(events, total, confidence), bound);
  }
  expectNear(upperBound(0, 59, 0.95), 1 - 0.05 ** (1 / 59));
  const events = fc.integer({ min: 0, max: 30 });
  fc.assert(
    fc.property(events, fc.integer({ min: 31, max: 90 }), (count, total) => {
      const bound = upperBound(count, total, 0.9);
      expect(bound).toBeGreaterThan(count / total);
      expect(upperBound(count + 1, total, 0.9)).toBeGreaterThan(bound);
      expect(upperBound(count, total, 0.95)).toBeGreaterThan(bound);
    }),
  );
});

test('the distribution mirrors: I of x and of 1 − x sum to 1, and the quantile undoes it', () => {
  const size = fc.double({ min: 0.1, max: 200, noNaN: true });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1000 }), size, size, (thousandths, a, b) => {
      const x = thousandths / 1000;
      expectNear(regularizedBeta(x, a, b) + regularizedBeta(1 - x, b, a), 1);
      const quantile = betaQuantile(x, a, b);
      if (quantile > 1e-300 && quantile < 1 - 1e-12) {
        expect(Math.abs(regularizedBeta(quantile, a, b) - x)).toBeLessThan(1e-6);
      }
    }),
  );
});
