import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Normalization, normalizeGroup } from '../../src/aggregate/normalize.ts';
import { ensembles, expectClose, shuffled } from './ensembles-golden.ts';

const methods: Normalization[] = ['center', 'z-score', 'rank', 'rloo', 'min-max'];
const scores = fc.array(fc.option(fc.integer({ min: -40, max: 40 }), { freq: 5 }), {
  minLength: 1,
  maxLength: 12,
});
const present = (values: readonly (number | null)[]) =>
  values.flatMap((value) => (value === null ? [] : [value]));
const total = (values: readonly (number | null)[]) => present(values).reduce((sum, value) => sum + value, 0);

test('normalisers match numpy, scipy and scikit-learn', () => {
  for (const { scores, flat, ...expected } of ensembles.normalizations) {
    const unit = Math.max(...scores.map(Math.abs));
    const close = (method: Normalization, wanted: number[], options = {}) => {
      const { values, flag } = normalizeGroup(scores, method, options);
      expect(flag).toBe(flat ? 'no-spread' : null);
      for (const [row, value] of wanted.entries()) expectClose(values[row], value, unit);
    };
    close('center', expected.center);
    close('z-score', expected.zScore);
    close('z-score', expected.dampedZScore, { epsilon: 1e-4 });
    close('rank', expected.rank);
    close('rloo', expected.rloo);
    close('min-max', expected.minMax);
  }
});

test('a null stays null and changes nothing for the others', () => {
  fc.assert(
    fc.property(scores, fc.constantFrom(...methods), (rows, method) => {
      const { values, decided, total, flag, reason } = normalizeGroup(rows, method);
      expect([decided, total]).toEqual([present(rows).length, rows.length]);
      expect((flag === null) === (reason === null)).toBe(true);
      rows.forEach((score, row) => {
        if (score === null) expect(values[row]).toBeNull();
      });
      const alone = normalizeGroup(present(rows), method);
      expect(present(values)).toEqual(present(alone.values));
      expect(alone.flag).toBe(flag);
    }),
  );
});

test('the order of the answers does not change a bit of any value', () => {
  const free = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(free, fc.constantFrom(...methods), fc.integer(), (rows, method, seed) => {
      const order = shuffled([...rows.keys()], seed);
      const { values } = normalizeGroup(rows, method);
      const other = normalizeGroup(
        order.map((row) => rows[row] ?? 0),
        method,
      );
      expect(other.values).toStrictEqual(order.map((row) => values[row]));
    }),
  );
});

test('all forget a shift; z-score, rank and min-max a scale too, and center and rloo move with it', () => {
  fc.assert(
    fc.property(
      scores,
      fc.constantFrom(...methods),
      fc.integer({ min: -500, max: 500 }),
      fc.integer({ min: 1, max: 16 }),
      (rows, method, shift, scale) => {
        const { values, flag } = normalizeGroup(rows, method);
        const moved = normalizeGroup(
          rows.map((score) => (score === null ? null : (score * scale) / 4 + shift)),
          method,
        );
        expect(moved.flag).toBe(flag);
        const factor = method === 'center' || method === 'rloo' ? scale / 4 : 1;
        values.forEach((value, row) => {
          if (value === null) expect(moved.values[row]).toBeNull();
          else expectClose(moved.values[row], value * factor, 1000);
        });
      },
    ),
  );
});

test('ranks see the order alone', () => {
  fc.assert(
    fc.property(scores, (rows) => {
      const cubed = rows.map((score) => (score === null ? null : score ** 3));
      expect(normalizeGroup(cubed, 'rank').values).toEqual(normalizeGroup(rows, 'rank').values);
      const turned = normalizeGroup(
        rows.map((score) => (score === null ? null : -score)),
        'rank',
      ).values;
      normalizeGroup(rows, 'rank').values.forEach((value, row) => {
        if (value !== null) expectClose(turned[row], 1 - value);
      });
    }),
  );
  expect(normalizeGroup([3, 1, 3, null, 7], 'rank').values).toEqual([0.5, 0, 0.5, null, 1]);
});

test('center, z-score and rloo sum to 0, z-scores have deviation 1, ranks mean ½, min-max reaches 0 and 1, and none turns an order', () => {
  fc.assert(
    fc.property(scores, (rows) => {
      for (const method of methods) {
        const { values, flag } = normalizeGroup(rows, method);
        const own = present(values);
        if (flag === 'single' || flag === 'none') continue;
        if (method === 'rank') expectClose(total(own), own.length / 2);
        else if (method === 'min-max') {
          if (flag === null) expect([Math.min(...own), Math.max(...own)]).toEqual([0, 1]);
        } else expectClose(total(own), 0, 1000);
        if (method === 'z-score' && flag === null) {
          expectClose(total(own.map((value) => value ** 2)), own.length - 1, 100);
        }
        rows.forEach((left, first) => {
          rows.forEach((right, second) => {
            if (left === null || right === null || left <= right) return;
            expect(values[first] ?? 0).toBeGreaterThan(values[second] ?? 0);
          });
        });
      }
    }),
  );
});

test('rloo is the score less the mean of the others', () => {
  expect(normalizeGroup([1, null, 2, 6], 'rloo').values).toEqual([-3, null, -1.5, 4.5]);
});

test('no spread and a single answer are flagged with a reason, never NaN', () => {
  for (const method of methods) {
    const middle = method === 'rank' || method === 'min-max' ? 0.5 : 0;
    expect(normalizeGroup([0.3, null, 0.3, 0.3], method)).toEqual({
      values: [middle, null, middle, middle],
      decided: 3,
      total: 4,
      flag: 'no-spread',
      reason: 'the 3 scores do not differ',
    });
    expect(normalizeGroup([null, 0.3], method)).toEqual({
      values: [null, method === 'center' ? 0 : null],
      decided: 1,
      total: 2,
      flag: 'single',
      reason: 'one answer has a score, and none to be compared with',
    });
    const none = { decided: 0, flag: 'none', reason: 'no answer has a score' };
    expect(normalizeGroup([null, null], method)).toEqual({ values: [null, null], total: 2, ...none });
    expect(normalizeGroup([], method)).toEqual({ values: [], total: 0, ...none });
  }
});

test('rounding is no spread, and the noise of a judge is none where its size is given', () => {
  expect(normalizeGroup([0.1 + 0.2, 0.3], 'z-score')).toMatchObject({ values: [0, 0], flag: 'no-spread' });
  expect(normalizeGroup([0.5, 0.52, 0.49], 'min-max', { tolerance: 0.05 })).toMatchObject({
    values: [0.5, 0.5, 0.5],
    flag: 'no-spread',
    reason: 'the 3 scores differ by no more than rounding or the tolerance',
  });
  expect(normalizeGroup([0.5, 0.52], 'center', { tolerance: 0.05 }).values[1]).toBeCloseTo(0.01, 12);
  expect(normalizeGroup([0, 5e-324], 'z-score')).toMatchObject({ values: [0, 0], flag: 'no-spread' });
});

test('a group may be a whole batch', () => {
  const batch = Array.from({ length: 200_000 }, (_, row) => row % 1000);
  const { values } = normalizeGroup(batch, 'rank');
  expectClose(values[0], 99.5 / 199_999);
  expectClose(total(normalizeGroup(batch, 'z-score').values), 0, 1e5);
});

test('scores and options that are no numbers are errors', () => {
  expect(() => normalizeGroup([1, Number.NaN], 'center')).toThrow('row 2: expected a finite score');
  expect(() => normalizeGroup([1], 'center', { tolerance: -1 })).toThrow(
    'tolerance: expected 0 or more, got -1',
  );
  expect(() => normalizeGroup([1], 'z-score', { epsilon: Number.NaN })).toThrow(
    'epsilon: expected 0 or more, got NaN',
  );
});
