import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  boundedLogOdds,
  calibrateProbability,
  fitPlatt,
  fitTemperature,
} from '../../src/aggregate/calibration.ts';
import { logistic } from '../../src/aggregate/logits.ts';
import { golden } from './calibration-golden.ts';
import { expectNear } from './golden.ts';

const finite = fc.double({ min: -20, max: 20, noNaN: true });
const row = fc.record({
  x: finite,
  y: fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true })),
});
/** Rows of both kinds whose log-odds differ. */
const data = fc
  .array(row, { minLength: 3, maxLength: 40 })
  .map((rows) => [...rows, { x: 1, y: 1 }, { x: 1.5, y: 0 }])
  .map((rows) => ({ logOdds: rows.map(({ x }) => x), labels: rows.map(({ y }) => y) }));

test('Platt’s line matches scikit-learn’s unpenalised regression, with his prior and without', () => {
  for (const { logOdds, labels, plain, prior } of golden.fits) {
    const withPrior = fitPlatt(logOdds, labels);
    expectNear(withPrior.slope, prior.slope);
    expectNear(withPrior.intercept, prior.intercept);
    if (plain === null) {
      expect(() => fitPlatt(logOdds, labels, { prior: 'none' })).toThrow('log-odds that separate them');
      expect(() => fitTemperature(logOdds, labels, { prior: 'none' })).toThrow('no finite maximum');
      continue;
    }
    const without = fitPlatt(logOdds, labels, { prior: 'none' });
    expectNear(without.slope, plain.slope);
    expectNear(without.intercept, plain.intercept);
  }
});

test('the temperature is where the likelihood’s derivative has its root, or its limit', () => {
  for (const { logOdds, labels, temperature } of golden.fits) {
    const { slope, intercept } = fitTemperature(logOdds, labels);
    expect(intercept).toBe(0);
    if (temperature === null) expect(slope).toBe(0);
    else expectNear(1 / slope, temperature);
  }
});

test('pairs are fitted in both directions: scikit-learn’s intercept of the doubled rows is 0, and the slope is this one', () => {
  for (const { logOdds, labels, plain, prior, temperature } of golden.pairs) {
    expect(Math.abs(prior.intercept)).toBeLessThan(1e-12);
    const line = fitPlatt(logOdds, labels, { pairs: true });
    expect(line.intercept).toBe(0);
    expectNear(line.slope, prior.slope);
    expectNear(fitPlatt(logOdds, labels, { pairs: true, prior: 'none' }).slope, plain.slope);
    expectNear(1 / fitTemperature(logOdds, labels, { pairs: true }).slope, temperature);
  }
});

test('no line nearby is more likely', () => {
  fc.assert(
    fc.property(data, fc.boolean(), ({ logOdds, labels }, pairs) => {
      const positives = pairs ? labels.length : labels.reduce((sum, label) => sum + label, 0);
      const negatives = pairs ? labels.length : labels.length - positives;
      const loss = (slope: number, intercept: number) =>
        logOdds.reduce((sum, value, index) => {
          const label = labels[index] ?? 0;
          const target = (label * (positives + 1)) / (positives + 2) + (1 - label) / (negatives + 2);
          const z = slope * value + intercept;
          return sum - target * Math.log(logistic(z)) - (1 - target) * Math.log(logistic(-z));
        }, 0);
      const { slope, intercept } = fitPlatt(logOdds, labels, { pairs });
      const best = loss(slope, intercept) - 1e-9;
      for (const step of [-0.01, 0.01]) {
        expect(loss(slope + step, intercept)).toBeGreaterThanOrEqual(best);
        if (!pairs) expect(loss(slope, intercept + step)).toBeGreaterThanOrEqual(best);
      }
      const temperature = fitTemperature(logOdds, labels, { pairs }).slope;
      const least = loss(temperature, 0) - 1e-9;
      expect(loss(temperature + 0.01, 0)).toBeGreaterThanOrEqual(least);
      if (temperature >= 0.01) expect(loss(temperature - 0.01, 0)).toBeGreaterThanOrEqual(least);
    }),
  );
});

test('swapping pairs changes nothing, and the order of rows nothing beyond rounding', () => {
  fc.assert(
    fc.property(data, ({ logOdds, labels }) => {
      const line = fitPlatt(logOdds, labels, { pairs: true });
      const swap = (index: number) => index % 2 === 0;
      const swapped = fitPlatt(
        logOdds.map((value, index) => (swap(index) ? -value : value)),
        labels.map((label, index) => (swap(index) ? 1 - label : label)),
        { pairs: true },
      );
      expectNear(swapped.slope, line.slope);
      const reversed = fitPlatt(logOdds.toReversed(), labels.toReversed());
      const forward = fitPlatt(logOdds, labels);
      expectNear(reversed.slope, forward.slope);
      expectNear(reversed.intercept, forward.intercept);
      expect(
        Object.values(
          fitPlatt(
            logOdds,
            labels.map(() => 0.25),
          ),
        )[0],
      ).toBeCloseTo(0, 9);
    }),
  );
});

test('P(a, b) + P(b, a) = 1 after calibration, over the whole range', () => {
  fc.assert(
    fc.property(fc.double({ min: -30, max: 30, noNaN: true }), finite, (logOdds, slope) => {
      const line = { slope, intercept: 0 };
      const probability = logistic(logOdds);
      const both = calibrateProbability(line, probability) + calibrateProbability(line, 1 - probability);
      expect(Math.abs(both - 1)).toBeLessThan(1e-12);
      expect(boundedLogOdds(1 - probability)).toBe(0 - boundedLogOdds(1 - (1 - probability)));
    }),
  );
  expect(calibrateProbability({ slope: 2, intercept: 0 }, 0.5)).toBe(0.5);
  expect(calibrateProbability({ slope: 0.1, intercept: 0 }, 1)).toBeCloseTo(logistic(3), 12);
  expect(calibrateProbability({ slope: 0.1, intercept: 0 }, 0)).toBeCloseTo(logistic(-3), 12);
  expect(calibrateProbability({ slope: 1, intercept: 0 }, 0.8)).toBeCloseTo(0.8, 15);
});

test('labels that are separated, however far, give finite lines', () => {
  fc.assert(
    fc.property(fc.array(finite, { minLength: 2, maxLength: 30 }), fc.boolean(), (values, turned) => {
      fc.pre(values.some((value) => value > 1e-6) && values.some((value) => value < -1e-6));
      const labels = values.map((value) => Number(value > 0 !== turned));
      for (const pairs of [false, true]) {
        const { slope, intercept } = fitPlatt(values, labels, { pairs });
        expect(Number.isFinite(slope) && Number.isFinite(intercept)).toBe(true);
        expect(turned ? -slope : slope).toBeGreaterThan(0);
        const temperature = fitTemperature(values, labels, { pairs }).slope;
        expect(turned ? temperature : temperature > 0).toBe(turned ? 0 : true);
        // Platt's prior bounds what the surest row is given.
        const most = Math.max(...values.map((value) => Math.abs(temperature * value)));
        expect(most).toBeLessThan(Math.log(values.length + 1) * values.length + 1);
      }
    }),
  );
  expect(() => fitTemperature([1, 2], [1, 1], { pairs: true, prior: 'none' })).toThrow('no finite maximum');
  expect(() => fitPlatt([1, 2], [0, 0], { pairs: true, prior: 'none' })).toThrow('no finite maximum');
  expect(fitTemperature([1, 2], [0, 0], { pairs: true, prior: 'none' }).slope).toBe(0);
  expect(() => fitPlatt([0, 1, 1, 2], [0, 0, 1, 1], { prior: 'none' })).toThrow('no finite maximum');
  expect(fitPlatt([0, 1, 1.1, 2], [0, 1, 0, 1], { prior: 'none' }).slope).toBeGreaterThan(0);
});

test('what cannot be calibrated is an error with its reason', () => {
  const message = (run: () => unknown) => {
    try {
      return run();
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(message(() => fitPlatt([1], [1]))).toBe('expected at least 2 labelled rows to calibrate on, got 1');
  expect(message(() => fitTemperature([1, 2], [1, 1]))).toBe(
    'expected labels of both kinds, got 1 in every row',
  );
  expect(message(() => fitPlatt([1, 2, 3], [0, 0, 0]))).toBe(
    'expected labels of both kinds, got 0 in every row',
  );
  expect(message(() => fitTemperature([1, 2], [0.5, 0.5], { pairs: true }))).toBe(
    'expected labels that prefer an answer, got ties alone',
  );
  expect(message(() => fitPlatt([2, 2], [1, 0]))).toBe('expected log-odds that differ, got 2 in every row');
  expect(message(() => fitTemperature([0, 0], [1, 0]))).toBe(
    'expected log-odds that differ, got 0 in every row',
  );
  expect(message(() => fitTemperature([0, 0], [1, 0], { pairs: true }))).toBe(
    'expected log-odds that differ, got 0 in every row',
  );
  expect(message(() => fitPlatt([2, 2 + 1e-12], [1, 0]))).toContain('got 2 in every row');
  expect(message(() => fitPlatt([1, 2], [1, 2]))).toBe('expected labels from 0 to 1, got 2');
  expect(message(() => fitPlatt([1, Number.POSITIVE_INFINITY], [1, 0]))).toContain('expected finite numbers');
  expect(message(() => fitPlatt([1, 2], [1]))).toBe('expected columns of one length, got 2 and 1');
  // All pairs may list the better answer first: each counts in both directions.
  expect(fitTemperature([1, 2, -0.5], [1, 1, 1], { pairs: true }).slope).toBeGreaterThan(0);
});
