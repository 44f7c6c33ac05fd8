import fc from 'fast-check';
import { expect, test } from 'vitest';
import { paretoFront } from '../../src/aggregate/pareto.ts';
import { combineObjectives } from '../../src/aggregate/scalarization.ts';
import { ensembles, shuffled } from './ensembles-golden.ts';

const names = ['a', 'b', 'c'];
const level = fc.oneof(
  fc.integer({ min: 0, max: 4 }).map((step) => step / 4),
  fc.double({ min: 0, max: 1, noNaN: true }),
);
const answers = fc.array(fc.record({ a: level, b: level, c: level }), { minLength: 1, maxLength: 15 });
type Answer = { a: number; b: number; c: number };
const beats = (left: Answer, right: Answer, epsilon: number) =>
  left.a >= right.a &&
  left.b >= right.b &&
  left.c >= right.c &&
  Math.max(left.a - right.a, left.b - right.b, left.c - right.c) > epsilon;

test('fronts match paretoset, and counts a plain count', () => {
  for (const { rows, front, dominatedBy } of ensembles.fronts) {
    const columns = rows[0]?.map((_, at) => String(at)) ?? [];
    const answers = rows.map((row) => Object.fromEntries(row.map((score, at) => [String(at), score])));
    expect(paretoFront(answers, columns)).toEqual({ front, dominatedBy, excluded: [] });
  }
});

test('members of a front do not dominate each other, everyone else is dominated by one of them, and it is never empty', () => {
  fc.assert(
    fc.property(answers, fc.constantFrom(0, 0.1, 0.3), (rows, epsilon) => {
      const { front, dominatedBy } = paretoFront(rows, names, { epsilon });
      expect(front.length).toBeGreaterThan(0);
      const members = front.flatMap((at) => rows[at] ?? []);
      for (const left of members)
        for (const right of members) expect(beats(left, right, epsilon)).toBe(false);
      rows.forEach((row, at) => {
        expect(dominatedBy[at]).toBe(rows.filter((other) => beats(other, row, epsilon)).length);
        if (!front.includes(at)) expect(members.some((member) => beats(member, row, epsilon))).toBe(true);
      });
    }),
  );
});

test('a larger epsilon only adds to the front', () => {
  fc.assert(
    fc.property(answers, fc.double({ min: 0, max: 1, noNaN: true }), (rows, epsilon) => {
      const wider = paretoFront(rows, names, { epsilon }).front;
      for (const member of paretoFront(rows, names).front) expect(wider).toContain(member);
    }),
  );
  const rows = [
    { a: 0.5, b: 0.5 },
    { a: 0.52, b: 0.5 },
    { a: 0.8, b: 0.2 },
  ];
  expect(paretoFront(rows, ['a', 'b'])).toMatchObject({ front: [1, 2], dominatedBy: [1, 0, 0] });
  expect(paretoFront(rows, ['a', 'b'], { epsilon: 0.05 }).front).toEqual([0, 1, 2]);
  expect(paretoFront(rows, ['a', 'b'], { epsilon: { b: 0.05 } }).front).toEqual([1, 2]);
});

test('the order of answers and objectives cannot show, and the best by any positive weights is on the front', () => {
  const weight = fc.double({ min: 0.1, max: 5, noNaN: true });
  fc.assert(
    fc.property(
      answers,
      fc.record({ a: weight, b: weight, c: weight }),
      fc.integer(),
      (rows, weights, seed) => {
        const order = shuffled([...rows.keys()], seed);
        const { front, dominatedBy } = paretoFront(rows, names);
        const other = paretoFront(
          order.map((at) => rows[at] ?? { a: 0, b: 0, c: 0 }),
          names.toReversed(),
        );
        expect(other.dominatedBy).toEqual(order.map((at) => dominatedBy[at]));
        const scores = rows.map(
          (row) => combineObjectives(row, { kind: 'weighted-sum', weights }).score ?? Number.NaN,
        );
        // Rounding can give a dominated answer the same sum; one of the best is never dominated.
        const best = [...scores.keys()].filter((at) => scores[at] === Math.max(...scores));
        expect(best.some((at) => front.includes(at))).toBe(true);
      },
    ),
  );
});

test('equal answers stay together, and one without an objective takes no part', () => {
  const rows = [{ a: 1, b: 0 }, { a: 1, b: 0 }, { a: 9, b: null }, { a: 0, b: 0 }, { a: 2 }];
  expect(paretoFront(rows, ['a', 'b'])).toEqual({
    front: [0, 1],
    dominatedBy: [0, 0, null, 2, null],
    excluded: [
      { answer: 2, missing: ['b'] },
      { answer: 4, missing: ['b'] },
    ],
  });
  expect(paretoFront([], ['a'])).toEqual({ front: [], dominatedBy: [], excluded: [] });
});

test('no objectives, unknown margins and numbers that are none are errors', () => {
  expect(() => paretoFront([{ a: 1 }], [])).toThrow('expected at least one objective, got none');
  expect(() => paretoFront([{ safe: 1 }], ['safe'], { epsilon: { saef: 1 } })).toThrow(
    'epsilon: expected one of the objectives, got "saef" (did you mean "safe"?)',
  );
  expect(() => paretoFront([{ a: 1 }], ['a'], { epsilon: -1 })).toThrow(
    'epsilon of "a": expected 0 or more, got -1',
  );
  expect(() => paretoFront([{ a: Number.NaN }], ['a'])).toThrow(
    'answer 1, objective "a": expected a finite score',
  );
});
