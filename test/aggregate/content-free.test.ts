import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  batchCalibration,
  contentFreeCalibration,
  meanDistribution,
} from '../../src/aggregate/content-free.ts';
import { golden } from './calibration-golden.ts';
import { expectNear } from './golden.ts';

const labels = ['1', '2', '3'];
const distribution = fc
  .tuple(...labels.map(() => fc.double({ min: 1e-6, max: 1, noNaN: true })))
  .map((weights) => {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return Object.fromEntries(labels.map((label, index) => [label, (weights[index] ?? 0) / total]));
  });
const uniform = Object.fromEntries(labels.map((label) => [label, 1 / 3]));

function expectSame(actual: Record<string, number>, expected: Record<string, number>): void {
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [label, value] of Object.entries(expected)) expectNear(actual[label] ?? null, value);
}

test('both calibrations match scipy’s soft-max of the difference of logarithms', () => {
  for (const { labels, distributions, prior, contentFree, batch } of golden.priors) {
    const named = (values: readonly number[]) =>
      Object.fromEntries(labels.map((label, index) => [label, values[index] ?? 0]));
    for (const [index, row] of distributions.entries())
      expectSame(contentFreeCalibration(named(row), named(prior)), named(contentFree[index] ?? []));
    for (const [index, found] of batchCalibration(distributions.map(named)).entries())
      expectSame(found, named(batch[index] ?? []));
  }
});

test('a uniform prior and a strength of 0 change nothing; a prior divided by itself is uniform; two priors multiply', () => {
  fc.assert(
    fc.property(distribution, distribution, distribution, (given, prior, other) => {
      expectSame(contentFreeCalibration(given, uniform), given);
      expectSame(contentFreeCalibration(given, prior, { strength: 0 }), given);
      expectSame(contentFreeCalibration(prior, prior), uniform);
      const sum = Object.values(contentFreeCalibration(given, prior)).reduce(
        (left, right) => left + right,
        0,
      );
      expectNear(sum, 1);
      const oneByOne = contentFreeCalibration(contentFreeCalibration(given, prior), other);
      const swapped = contentFreeCalibration(contentFreeCalibration(given, other), prior);
      expectSame(oneByOne, swapped);
    }),
  );
});

test('the order of a batch does not matter, to the last bit', () => {
  fc.assert(
    fc.property(fc.array(distribution, { minLength: 1, maxLength: 12 }), (batch) => {
      expect(batchCalibration(batch.toReversed()).toReversed()).toEqual(batchCalibration(batch));
    }),
  );
  expect(batchCalibration([])).toEqual([]);
  expectSame(batchCalibration([{ yes: 0.9, no: 0.1 }])[0] ?? {}, { yes: 0.5, no: 0.5 });
});

test('a batch that leans one way comes to lean neither', () => {
  const batch = [0.9, 0.8, 0.95, 0.85].map((yes) => ({ yes, no: 1 - yes }));
  const calibrated = batchCalibration(batch).map(({ yes = 0 }) => yes);
  expect(calibrated.filter((yes) => yes > 0.5)).toHaveLength(2);
  const order = (values: readonly number[]) =>
    [...values.keys()].sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  expect(order(calibrated)).toEqual(order(batch.map(({ yes }) => yes)));
});

test('labels at 0 stay there, and nothing becomes infinite', () => {
  expect(contentFreeCalibration({ a: 0, b: 1 }, { a: 1, b: 0 })).toEqual({ a: 0, b: 1 });
  const found = contentFreeCalibration({ a: 0.5, b: 0.5 }, { a: 1, b: 0 });
  expectNear(found.a ?? null, Math.exp(-30) / (1 + Math.exp(-30)));
  expect(
    meanDistribution([
      { a: 0, b: 1 },
      { a: 1, b: 0 },
    ]),
  ).toEqual({ a: 0.5, b: 0.5 });
});

test('other labels, no batch and what is no distribution are refused', () => {
  expect(() => contentFreeCalibration({ a: 1 }, { b: 1 })).toThrow('expected the labels b, got a');
  expect(() => meanDistribution([])).toThrow('expected at least one distribution, got none');
  expect(() => meanDistribution([{ a: 1 }, { a: 0.5, b: 0.5 }])).toThrow('expected the labels a, got a, b');
  expect(() => batchCalibration([{ a: 1.5 }])).toThrow(
    'label "a": expected a probability from 0 to 1, got 1.5',
  );
  expect(() => contentFreeCalibration({ a: 0 }, { a: 1 })).toThrow(
    'expected a distribution with some probability',
  );
  expect(() => contentFreeCalibration({ a: 1 }, { a: 1 }, { strength: Number.NaN })).toThrow(
    'a finite strength',
  );
});
