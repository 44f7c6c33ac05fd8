import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  expectedFigures,
  type FirstError,
  firstErrorFigures,
  firstErrorOf,
  hitsOf,
  isProcessLabel,
  processF1,
  randomHits,
  reduceSteps,
} from '../../src/aggregate/process.ts';
import { estimate } from '../../src/aggregate/statistic.ts';

const probability = fc.double({ min: 0, max: 1, noNaN: true });
const steps = fc.array(probability, { minLength: 1, maxLength: 30 });

test('a solution is reduced to last, min, mean and product, and to its first error', () => {
  expect(reduceSteps([0.9, 0.5, 0.4, 0.8])).toEqual({
    firstError: 2,
    last: 0.8,
    min: 0.4,
    mean: expect.closeTo(0.65, 12),
    product: expect.closeTo(0.144, 12),
  });
  expect(reduceSteps([0.5])).toEqual({ firstError: null, last: 0.5, min: 0.5, mean: 0.5, product: 0.5 });
  expect(reduceSteps([0, 1]).product).toBe(0);
  expect(() => reduceSteps([])).toThrow('expected at least one step');
  expect(() => reduceSteps([0.5, 1.5])).toThrow('expected probabilities from 0 to 1, got 1.5');
});

test('what a step without a probability leaves open is null, never a guess', () => {
  expect(reduceSteps([0.9, null, 0.2])).toEqual({
    firstError: null,
    last: 0.2,
    min: null,
    mean: null,
    product: null,
  });
  expect(reduceSteps([0.3, null])).toMatchObject({ firstError: 0, last: null, min: null });
  expect(firstErrorOf([0.9, null, 0.2])).toBeNull();
  expect(firstErrorOf([0.9, 0.2, null])).toBe(1);
  expect(firstErrorOf([0.9, 0.8])).toBe('none');
});

test('reductions: product <= min <= mean, all in [0, 1]; order moves only the last and the first error', () => {
  fc.assert(
    fc.property(steps, (values) => {
      const { firstError, last, min, mean, product } = reduceSteps(values);
      if (min === null || mean === null || product === null) throw new Error('expected numbers');
      expect(product).toBeLessThanOrEqual(min);
      expect(min).toBeLessThanOrEqual(mean);
      expect(mean).toBeLessThanOrEqual(1);
      expect(product).toBeGreaterThanOrEqual(0);
      expect(last).toBe(values.at(-1));
      expect(min < 0.5).toBe(firstError !== null);
      const direct = values.reduce((left, right) => left * right, 1);
      expect(product).toBeCloseTo(direct, 12);
      const shuffled = reduceSteps(values.toReversed());
      expect(shuffled.min).toBe(min);
      expect(shuffled.mean).toBeCloseTo(mean, 12);
    }),
  );
});

test('ten thousand sure steps do not underflow to nothing where the product is a number', () => {
  expect(reduceSteps(Array.from({ length: 10_000 }, () => 0.99)).product).toBeCloseTo(0.99 ** 10_000, 50);
});

test('labels of steps are told from labels by criterion', () => {
  expect(isProcessLabel({ steps: [1, null] })).toBe(true);
  expect(isProcessLabel({ steps: 1 })).toBe(false);
  expect(isProcessLabel(1)).toBe(false);
  expect(isProcessLabel(undefined)).toBe(false);
});

// Six solutions: four with an error, two without.
const labels: FirstError[] = [0, 2, 1, 3, 'none', 'none'];
const guesses: FirstError[] = [0, 1, 1, 'none', 'none', 4];
const clusters = ['a', 'b', 'c', 'd', 'e', 'f'];

test("ProcessBench's F1 and BIG-Bench-Mistake's shares", () => {
  const figures = firstErrorFigures(guesses, labels, clusters);
  expect(figures.erroneous).toMatchObject({ estimate: 0.5, n: 4, clusters: 4 });
  expect(figures.correct).toMatchObject({ estimate: 0.5, n: 2 });
  expect(figures.f1.estimate).toBeCloseTo(0.5, 12);
  expect(figures.location).toMatchObject({ estimate: 0.5, n: 6 });
  expect(figures.detection.estimate).toBeCloseTo(4 / 6, 12);
  // Observed agreement 4/6; by chance 4/6 · 4/6 + 2/6 · 2/6 = 5/9.
  expect(figures.detectionKappa.estimate).toBeCloseTo((4 / 6 - 5 / 9) / (1 - 5 / 9), 12);
  const often = <Value>(column: readonly Value[]) => Array.from({ length: 8 }, () => column).flat();
  const names = often(clusters).map((name, row) => `${name}${row}`);
  const { f1 } = firstErrorFigures(often(guesses), often(labels), names);
  expect(f1.estimate).toBeCloseTo(0.5, 12);
  expect(f1.low).toBeGreaterThan(0.25);
  expect(f1.low).toBeLessThan(0.5);
  expect(f1.high).toBeGreaterThan(0.5);
  expect(f1.high).toBeLessThan(0.75);
  const { location } = hitsOf([0, 2, 1, 3, 4, 'none'], labels);
  // 2ab / (a + b) with a = 1 and b = 1/2.
  expect(estimate(processF1(location, labels))).toEqual({ value: 2 / 3 });
});

test('baselines: none and first have an F1 of 0, a random one is what it is in expectation', () => {
  for (const guess of ['none', 0] as const) {
    const figures = firstErrorFigures(
      labels.map(() => guess),
      labels,
      clusters,
    );
    expect(figures.f1.estimate).toBe(0);
  }
  const counts = [1, 3, 3, 7, 4, 1];
  const figures = expectedFigures(randomHits(counts, labels), labels, clusters);
  expect(figures.erroneous.estimate).toBeCloseTo((1 / 2 + 1 / 4 + 1 / 4 + 1 / 8) / 4, 12);
  expect(figures.correct.estimate).toBeCloseTo((1 / 5 + 1 / 2) / 2, 12);
  expect(figures.detection.estimate).toBeCloseTo((1 / 2 + 3 / 4 + 3 / 4 + 7 / 8 + 1 / 5 + 1 / 2) / 6, 12);
  expect(figures.detectionKappa).toMatchObject({ estimate: null, reason: expect.stringContaining('draws') });
});

test('F1 is undefined, with its reason, where solutions of a kind are missing', () => {
  const reason = (some: FirstError[]) =>
    firstErrorFigures(
      some,
      some,
      some.map((_, row) => String(row)),
    ).f1.reason;
  expect(reason([])).toBe('no rows');
  expect(reason(['none', 'none'])).toBe('no solution with an error');
  expect(reason([1, 2])).toBe('no solution without an error');
});

test('a perfect judge has 1 everywhere, and the order of solutions changes nothing', () => {
  const perfect = firstErrorFigures(labels, labels, clusters);
  for (const figure of [perfect.f1, perfect.location, perfect.detection, perfect.detectionKappa])
    expect(figure.estimate).toBe(1);
  expect(firstErrorFigures(guesses.toReversed(), labels.toReversed(), clusters.toReversed())).toEqual(
    firstErrorFigures(guesses, labels, clusters),
  );
});
