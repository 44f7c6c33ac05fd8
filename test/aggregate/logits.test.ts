import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expectation, logistic, logOdds, logSumExp, softmax } from '../../src/aggregate/logits.ts';
import { expectNear, golden } from './golden.ts';

const named = (values: readonly number[]) =>
  Object.fromEntries(values.map((value, index) => [`label ${index}`, value]));
const logits = fc.array(fc.double({ min: -1e4, max: 1e4, noNaN: true }), { minLength: 1, maxLength: 12 });

test('softmax, logSumExp, logistic and logOdds match scipy', () => {
  for (const { logits, softmax: expected, logSumExp: sum, logistic: odds } of golden.softmaxes) {
    Object.values(softmax(named(logits))).forEach((value, index) => {
      expectNear(value, expected[index] ?? Number.NaN);
    });
    expectNear(logSumExp(logits), sum);
    logits.forEach((value, index) => {
      expectNear(logistic(value), odds[index] ?? Number.NaN);
    });
  }
  for (const { probability, logOdds: expected } of golden.logOdds) expectNear(logOdds(probability), expected);
});

test('softmax sums to 1, ignores a shift and the order of labels', () => {
  fc.assert(
    fc.property(logits, fc.double({ min: -1e3, max: 1e3, noNaN: true }), (values, shift) => {
      const plain = softmax(named(values));
      const shifted = softmax(named(values.map((value) => value + shift)));
      const reversed = softmax(Object.fromEntries(Object.entries(named(values)).reverse()));
      expect(Math.abs(Object.values(plain).reduce((sum, value) => sum + value, 0) - 1)).toBeLessThan(1e-12);
      for (const [label, value] of Object.entries(plain)) {
        expect(value >= 0 && value <= 1).toBe(true);
        expect(Math.abs(value - (shifted[label] ?? Number.NaN))).toBeLessThan(1e-9);
        expect(Math.abs(value - (reversed[label] ?? Number.NaN))).toBeLessThan(1e-12);
      }
      expect(
        Math.abs(logSumExp(values.map((value) => value + shift)) - logSumExp(values) - shift),
      ).toBeLessThan(1e-8);
    }),
  );
});

test('softmax keeps hostile label names and gives an impossible label 0', () => {
  const distribution = softmax(JSON.parse('{"__proto__": 0, "constructor": 0}'));
  expect(Object.entries(distribution)).toEqual([
    ['__proto__', 0.5],
    ['constructor', 0.5],
  ]);
  expect(softmax({ A: 0, B: Number.NEGATIVE_INFINITY })).toEqual({ A: 1, B: 0 });
});

test('what is not a distribution is an error and not a number', () => {
  expect(logSumExp([])).toBe(Number.NEGATIVE_INFINITY);
  expect(() => logSumExp([0, Number.NaN])).toThrow('got NaN');
  expect(() => softmax({})).toThrow('expected at least one label');
  expect(() => softmax({ A: Number.NEGATIVE_INFINITY })).toThrow('expected at least one label');
  expect(() => softmax({ A: 0, B: Number.NaN })).toThrow('label "B"');
  expect(() => softmax({ A: Number.POSITIVE_INFINITY })).toThrow('got Infinity');
  expect(() => logOdds(1.1)).toThrow('expected a probability from 0 to 1, got 1.1');
  expect(() => expectation({ A: 1 }, { B: 1 })).toThrow('label "A"');
  expect(() => expectation({ toString: 1 }, {})).toThrow('label "toString"');
  expect(() => expectation({ A: 0 }, { A: 1 })).toThrow('some probability');
  expect(() => expectation({ A: -0.1 }, { A: 1 })).toThrow('got -0.1');
});

test('logistic is antisymmetric about one half and inverts logOdds', () => {
  fc.assert(
    fc.property(fc.double({ min: -800, max: 800, noNaN: true }), (value) => {
      expect(Math.abs(logistic(value) + logistic(-value) - 1)).toBeLessThan(1e-15);
      if (Math.abs(value) < 15) expect(Math.abs(logOdds(logistic(value)) - value)).toBeLessThan(1e-8);
    }),
  );
  expect([logistic(Number.POSITIVE_INFINITY), logistic(Number.NEGATIVE_INFINITY), logistic(0)]).toEqual([
    1, 0, 0.5,
  ]);
  expect([logOdds(0), logOdds(1)]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
});

test('an expectation lies between the values that have probability', () => {
  expect(expectation({ 1: 0.25, 2: 0.25, 3: 0.5 }, { 1: 0, 2: 0.5, 3: 1 })).toBe(0.625);
  expect(expectation({ A: 1, B: 0 }, { A: 0.3, B: 9 })).toBe(0.3);
  fc.assert(
    fc.property(
      logits,
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 12, maxLength: 12 }),
      (raw, values) => {
        const used = values.slice(0, raw.length);
        const result = expectation(softmax(named(raw)), named(values));
        expect(result >= Math.min(...used) && result <= Math.max(...used)).toBe(true);
      },
    ),
  );
});
