import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type CriterionScore, combineCriteria, scoreObjectives } from '../../src/aggregate/objectives.ts';
import type { Combine } from '../../src/schema.ts';

const criterion = (id: string, score: number | null, weight = 1, objective = 'quality'): CriterionScore => ({
  id,
  score,
  weight,
  objective,
});
const gated: Combine = {
  kind: 'gated',
  gates: [
    { criterion: 'safety', below: 0.5, cap: 0.2 },
    { criterion: 'truth', below: 0.3, cap: 0.1 },
  ],
};
const kinds: Combine[] = [{ kind: 'weighted-mean' }, { kind: 'min' }, { kind: 'chebyshev' }];
const criteria = fc
  .array(
    fc.record({
      score: fc.double({ min: 0, max: 1, noNaN: true }),
      weight: fc.double({ min: 1e-3, max: 1e3, noNaN: true }),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((rows) => rows.map(({ score, weight }, index) => criterion(`c${index}`, score, weight)));

test('each way of combining gives its formula', () => {
  const rows = [criterion('help', 0.9, 3), criterion('safety', 0.4, 1)];
  expect(combineCriteria(rows, { kind: 'weighted-mean' })).toBeCloseTo((2.7 + 0.4) / 4, 12);
  expect(combineCriteria(rows, { kind: 'min' })).toBe(0.4);
  expect(combineCriteria(rows, { kind: 'chebyshev' })).toBeCloseTo(1 - Math.max(0.1, (1 / 3) * 0.6), 12);
});

test('a gate caps the whole only when its criterion is below', () => {
  const score = (safety: number, truth: number) =>
    combineCriteria([criterion('help', 1), criterion('safety', safety), criterion('truth', truth)], gated);
  expect(score(0.5, 0.3)).toBeCloseTo(0.6, 12);
  expect(score(0.49, 0.9)).toBe(0.2);
  expect(score(0.49, 0.29)).toBe(0.1);
  expect(score(0, 1)).toBe(0.2);
  expect(
    combineCriteria([criterion('help', 0), criterion('safety', 0.1), criterion('truth', 0.2)], gated),
  ).toBeCloseTo(0.1, 12);
  expect(() => combineCriteria([criterion('safety', 1), criterion('truht', 1)], gated)).toThrow(
    'gate: expected a criterion of the rubric, got "truth" (did you mean "truht"?)',
  );
});

test('a missing criterion is never 0: the combined score is null', () => {
  const rows = [criterion('help', 1), criterion('safety', null), criterion('truth', 0)];
  for (const combine of [...kinds, gated]) expect(combineCriteria(rows, combine)).toBeNull();
});

test('objectives are scored apart, and one without a score leaves the others', () => {
  const rows = [
    criterion('a', 1, 3, 'help'),
    criterion('b', 0, 1, 'help'),
    criterion('c', null, 1, 'safety'),
    criterion('d', 1, 1, 'safety'),
  ];
  expect(scoreObjectives(rows)).toEqual({ help: 0.75, safety: null });
  expect(scoreObjectives([])).toEqual({});
});

test('combined scores stay between the lowest and the highest, rise with each score, and ignore order and unit of weights', () => {
  fc.assert(
    fc.property(criteria, fc.nat(), fc.double({ min: 0.1, max: 10, noNaN: true }), (rows, pick, unit) => {
      const scores = rows.map(({ score }) => score ?? 0);
      for (const combine of kinds) {
        const score = combineCriteria(rows, combine) ?? Number.NaN;
        expect(score >= Math.min(...scores) - 1e-12 && score <= 1).toBe(true);
        if (combine.kind === 'weighted-mean') expect(score).toBeLessThanOrEqual(Math.max(...scores));
        expect(combineCriteria(rows.toReversed(), combine)).toBeCloseTo(score, 12);
        expect(
          combineCriteria(
            rows.map((row) => ({ ...row, weight: row.weight * unit })),
            combine,
          ),
        ).toBeCloseTo(score, 9);
        const better = rows.map((row, index) => (index === pick % rows.length ? { ...row, score: 1 } : row));
        expect(combineCriteria(better, combine)).toBeGreaterThanOrEqual(score - 1e-12);
      }
    }),
  );
});

test('scores and weights out of range are an error', () => {
  expect(() => combineCriteria([], { kind: 'min' })).toThrow('expected at least one criterion');
  expect(() => combineCriteria([criterion('a', 1.2)], { kind: 'min' })).toThrow(
    'criterion "a": expected a score from 0 to 1, got 1.2',
  );
  expect(() => combineCriteria([criterion('a', Number.NaN)], { kind: 'min' })).toThrow('got NaN');
  expect(() => combineCriteria([criterion('a', 1, 0)], { kind: 'min' })).toThrow(
    'expected a weight above 0, got 0',
  );
});
