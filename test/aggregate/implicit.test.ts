import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  implicitReward,
  implicitStepRewards,
  stepEndsIn,
  stepsOfTokens,
} from '../../src/aggregate/implicit.ts';

const value = fc.double({ min: -30, max: 0, noNaN: true });
const beta = fc.double({ min: 0.01, max: 5, noNaN: true });
const answer = fc
  .array(fc.tuple(value, value), { minLength: 1, maxLength: 40 })
  .map((pairs) => ({ policy: pairs.map(([own]) => own), reference: pairs.map(([, other]) => other) }));
const near = (actual: number | null, expected: number) =>
  expect(Math.abs((actual ?? Number.NaN) - expected)).toBeLessThanOrEqual(1e-9 * (1 + Math.abs(expected)));

test('by hand: the sum of log-ratios times beta, and its mean', () => {
  const given = { policy: [-1, -2, -0.5], reference: [-1.5, -1, -2.5] };
  expect(implicitReward(given, 2)).toEqual({ total: 3, perToken: 1, tokens: 3 });
  expect(implicitReward(given).total).toBeCloseTo(0.15, 12);
  expect(implicitStepRewards(given, [0, 0, 2], 4, 2)).toEqual([-1, null, 4, null]);
  expect(implicitReward({ policy: [], reference: [] })).toEqual({ total: 0, perToken: null, tokens: 0 });
});

test('a model over itself rewards nothing; swapping the models negates; beta scales', () => {
  fc.assert(
    fc.property(answer, beta, ({ policy, reference }, factor) => {
      const same = implicitReward({ policy, reference: policy }, factor);
      expect(same).toEqual({ total: 0, perToken: 0, tokens: policy.length });
      const { total, perToken } = implicitReward({ policy, reference }, factor);
      const swapped = implicitReward({ policy: reference, reference: policy }, factor);
      near(swapped.total, -total);
      near(swapped.perToken, -(perToken ?? 0));
      near(implicitReward({ policy, reference }, 3 * factor).total, 3 * total);
      near(perToken, total / policy.length);
    }),
  );
});

test('more probability for every token adds beta times it once a token; for both models, nothing', () => {
  fc.assert(
    fc.property(answer, beta, value, ({ policy, reference }, factor, shift) => {
      const raise = (column: readonly number[]) => column.map((entry) => entry + shift);
      const before = implicitReward({ policy, reference }, factor);
      const raised = implicitReward({ policy: raise(policy), reference }, factor);
      near(raised.total, before.total + factor * shift * policy.length);
      near(raised.perToken, (before.perToken ?? 0) + factor * shift);
      near(
        implicitReward({ policy: raise(policy), reference: raise(reference) }, factor).total,
        before.total,
      );
    }),
  );
});

test('steps sum to the whole, however the tokens are dealt out', () => {
  const dealt = answer.chain((given) =>
    fc.tuple(
      fc.constant(given),
      fc.array(fc.nat(6), { minLength: given.policy.length, maxLength: given.policy.length }),
      beta,
    ),
  );
  fc.assert(
    fc.property(dealt, ([given, steps, factor]) => {
      const rewards = implicitStepRewards(given, steps, 7, factor);
      near(
        rewards.reduce<number>((sum, reward) => sum + (reward ?? 0), 0),
        implicitReward(given, factor).total,
      );
      for (const [step, reward] of rewards.entries()) expect(reward !== null).toBe(steps.includes(step));
    }),
  );
});

test('a token belongs to the step in which it ends', () => {
  const text = 'One is 1.\n\nTwo. So 3';
  const ends = stepEndsIn(text, ['One is 1.', 'Two.', 'So 3']);
  expect(ends).toEqual([11, 16, 20]);
  const stepOf = (end: number) => stepsOfTokens([end], ends ?? [])[0];
  // `.\n\n` ends where the second step begins, `\n\nTwo` inside it, ` So` inside the third; the turn's end is at the end.
  expect([8, 11, 14, 15, 16, 18, 20, 99].map(stepOf)).toEqual([0, 0, 1, 1, 1, 2, 2, 2]);
  expect(stepEndsIn(text, ['Two.', 'One'])).toBeNull();
  expect(stepEndsIn('aa', ['a', 'a'])).toEqual([1, 2]);
  expect(stepEndsIn('a', [])).toEqual([]);
});

test('tokens keep their order over the steps, and every token has one', () => {
  const places = fc
    .array(fc.nat(60), { minLength: 1, maxLength: 30 })
    .map((list) => list.toSorted((a, b) => a - b));
  fc.assert(
    fc.property(places, places, (tokens, borders) => {
      const steps = stepsOfTokens(tokens, borders);
      expect(steps).toEqual(steps.toSorted((a, b) => a - b));
      for (const step of steps) expect(borders[step]).toBeDefined();
    }),
  );
});

test('what cannot be is an error', () => {
  const given = { policy: [-1], reference: [-1] };
  expect(() => implicitReward({ policy: [-1], reference: [] })).toThrow('columns of one length, got 1 and 0');
  expect(() => implicitReward({ policy: [Number.NEGATIVE_INFINITY], reference: [-1] })).toThrow('finite');
  expect(() => implicitReward(given, 0)).toThrow('beta: expected a number above 0, got 0');
  expect(() => implicitStepRewards(given, [1], 1)).toThrow('expected steps from 0 to 0, got 1');
  expect(() => stepsOfTokens([1], [])).toThrow('expected one step or more, got none');
});
