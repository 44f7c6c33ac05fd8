import fc from 'fast-check';
import { expect, test } from 'vitest';
import { combineCriteria } from '../../src/aggregate/objectives.ts';
import { combinedDistribution, type ScoreMass, superiority } from '../../src/aggregate/superiority.ts';
import type { Combine } from '../../src/schema.ts';

const distribution = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.double({ min: 0.01, max: 1, noNaN: true })), {
    minLength: 1,
    maxLength: 6,
  })
  .map((parts): ScoreMass[] => {
    const total = parts.reduce((sum, [, weight]) => sum + weight, 0);
    return parts.map(([score, weight]) => ({ score: score / 4, probability: weight / total }));
  });

/** By every pair of scores. */
function enumerated(first: readonly ScoreMass[], second: readonly ScoreMass[]): number {
  return first.reduce(
    (sum, x) =>
      sum +
      second.reduce(
        (inner, y) =>
          inner + x.probability * y.probability * (x.score > y.score ? 1 : x.score === y.score ? 0.5 : 0),
        0,
      ),
    0,
  );
}

test('superiority is the sum over all pairs of scores, and turns to its complement', () => {
  fc.assert(
    fc.property(distribution, distribution, (first, second) => {
      expect(superiority(first, second)).toBeCloseTo(enumerated(first, second), 12);
      expect(superiority(first, second) + superiority(second, first)).toBeCloseTo(1, 12);
      expect(superiority(first, first)).toBeCloseTo(0.5, 12);
    }),
  );
});

test('superiority of certain scores, and of none', () => {
  const sure = (score: number) => [{ score, probability: 1 }];
  expect(superiority(sure(1), sure(0.5))).toBe(1);
  expect(superiority(sure(0.5), sure(1))).toBe(0);
  // Sums of weights in another order differ in the last bit, and are equal scores.
  expect(superiority(sure(0.1 + 0.2), sure(0.3))).toBe(0.5);
  expect(() => superiority([], sure(1))).toThrow('expected distributions with mass');
});

const combines: Combine[] = [
  { kind: 'weighted-mean' },
  { kind: 'min' },
  { kind: 'chebyshev' },
  {
    kind: 'gated',
    gates: [
      { criterion: 'b', below: 0.5, cap: 0.25 },
      { criterion: 'c', below: 0.3, cap: 0.1 },
    ],
  },
];

test('the combined distribution is that of the combined scores of all labels together', () => {
  fc.assert(
    fc.property(
      fc.tuple(distribution, distribution, distribution),
      fc.tuple(...[0, 1, 2].map(() => fc.integer({ min: 1, max: 5 }))),
      fc.constantFrom(...combines),
      ([a, b, c], weights, combine) => {
        const criteria = [a, b, c].map((scores, index) => ({
          id: 'abc'[index] ?? '',
          weight: weights[index] ?? 1,
          scores,
        }));
        const expected: ScoreMass[] = a.flatMap((one) =>
          b.flatMap((two) =>
            c.map((three) => {
              const masses = [one, two, three];
              const scored = criteria.map(({ id, weight }, index) => {
                return { id, weight, objective: 'quality', score: masses[index]?.score ?? 0 };
              });
              return {
                score: combineCriteria(scored, combine) ?? Number.NaN,
                probability: masses.reduce((product, { probability }) => product * probability, 1),
              };
            }),
          ),
        );
        const found = combinedDistribution(criteria, combine);
        expect(found.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 12);
        const mean = (of: readonly ScoreMass[]) => of.reduce((sum, m) => sum + m.score * m.probability, 0);
        expect(mean(found)).toBeCloseTo(mean(expected), 9);
        for (const cut of [0.05, 0.2, 0.33, 0.61, 0.9]) {
          const below = (of: readonly ScoreMass[]) =>
            of.reduce((sum, { score, probability }) => sum + (score < cut - 1e-9 ? probability : 0), 0);
          expect(below(found)).toBeCloseTo(below(expected), 9);
        }
      },
    ),
    { numRuns: 60 },
  );
});
