import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Ballot, bestOfDivergence, bestOfN, voteOfN } from '../../src/aggregate/best-of.ts';

/** Every subset of n of the indices. */
function subsetsOf(total: number, n: number): number[][] {
  if (n === 0) return [[]];
  return Array.from({ length: total }, (_, last) =>
    subsetsOf(last, n - 1).map((rest) => [...rest, last]),
  ).flat();
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

const answer = fc.record({
  score: fc.option(fc.integer({ min: -3, max: 3 }), { nil: null }),
  gold: fc.integer({ min: -2, max: 2 }),
  value: fc.option(fc.constantFrom('1', '2', '3'), { nil: null }),
});
const drawn = fc
  .array(answer, { minLength: 1, maxLength: 8 })
  .chain((answers) => fc.tuple(fc.constant(answers), fc.integer({ min: 1, max: answers.length })));

test('best of n is the mean over every subset, and over every order of what is tied', () => {
  fc.assert(
    fc.property(drawn, ([answers, n]) => {
      const expected = mean(
        subsetsOf(answers.length, n).map((subset) => {
          const own = subset.flatMap((index) => answers[index] ?? []);
          const best = Math.max(...own.map(({ score }) => score ?? -10));
          return mean(own.filter(({ score }) => (score ?? -10) === best).map(({ gold }) => gold));
        }),
      );
      const got = bestOfN(
        answers.map(({ score }) => score),
        answers.map(({ gold }) => gold),
        n,
      );
      expect(got).toBeCloseTo(expected, 10);
    }),
  );
});

test('best of 1 is the mean and best of all the maximum, also of as many answers as overflow C(N, n)', () => {
  const scores = Array.from({ length: 3000 }, (_, index) => (index * 7919) % 3000);
  expect(bestOfN(scores, scores, 1)).toBeCloseTo(1499.5, 8);
  expect(bestOfN(scores, scores, 3000)).toBeCloseTo(2999, 8);
  // The expected maximum of n of 0, 1, …, N − 1 without replacement is n (N + 1) / (n + 1) − 1.
  for (const n of [2, 100, 1500, 2999])
    expect(bestOfN(scores, scores, n)).toBeCloseTo((n * 3001) / (n + 1) - 1, 6);
});

test('a vote of n is the mean over every subset; ties and silence are drawn lots for', () => {
  fc.assert(
    fc.property(drawn, ([answers, n]) => {
      const ballots: Ballot[] = answers.map(({ value, gold }) => ({ value, gold, weight: 1 }));
      const expected = mean(
        subsetsOf(answers.length, n).map((subset) => {
          const own = subset.flatMap((index) => ballots[index] ?? []);
          const votes = (wanted: string) => own.filter(({ value }) => value === wanted);
          const most = Math.max(...['1', '2', '3'].map((value) => votes(value).length));
          if (most === 0) return mean(own.map(({ gold }) => gold));
          const parties = ['1', '2', '3'].map(votes).filter(({ length }) => length === most);
          return mean(parties.map((party) => mean(party.map(({ gold }) => gold))));
        }),
      );
      expect(voteOfN(ballots, n)).toBeCloseTo(expected, 10);
    }),
  );
});

test('where there are too many subsets, seeded draws come near to all of them', () => {
  const ballots = Array.from({ length: 15 }, (_, index) => ({
    value: index % 3 === 0 ? 'right' : `wrong ${index % 4}`,
    gold: Number(index % 3 === 0),
    weight: 1 + (index % 2),
  }));
  const exact = voteOfN(ballots, 7);
  const some = voteOfN(ballots, 7, { seed: 1, most: 3000 });
  expect(some).not.toBe(exact);
  expect(Math.abs(some - exact)).toBeLessThan(0.04);
  expect(voteOfN(ballots, 7, { seed: 1, most: 3000 })).toBe(some);
});

test('the divergence is 0 for one answer and grows like log n − 1', () => {
  expect(bestOfDivergence(1)).toBe(0);
  expect(bestOfDivergence(4)).toBeCloseTo(0.6363, 4);
  expect(bestOfDivergence(1e6) - (Math.log(1e6) - 1)).toBeCloseTo(0, 5);
});

test('sizes and numbers that mean nothing are refused', () => {
  expect(() => bestOfN([1, 2], [0, 1], 3)).toThrow('expected n from 1 to 2, got 3');
  expect(() => bestOfN([1, Number.NaN], [0, 1], 1)).toThrow('expected finite numbers');
  expect(() => bestOfN([1, null], [0], 1)).toThrow('expected columns of one length');
  expect(() => voteOfN([], 1)).toThrow('expected n from 1 to 0, got 1');
});
