import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bradleyTerry } from '../../src/aggregate/bradley-terry.ts';
import type { Comparison } from '../../src/aggregate/comparisons.ts';
import { logistic } from '../../src/aggregate/logits.ts';
import { combineOrders } from '../../src/aggregate/pairs.ts';
import { createRandom } from '../../src/aggregate/random.ts';
import { eloRating, strengthFigures } from '../../src/aggregate/strengths.ts';
import { connectedRows, expectAllNear, fitted, ITEMS, ranking } from './ranking-cases.ts';

const models = ['half', 'davidson'] as const;

test('strengths match choix, with and without a ridge', () => {
  for (const { items, wins, ridge, strengths } of ranking.hard) {
    const comparisons = wins.map(([first, second]) => ({ first, second, probability: 1 }));
    expectAllNear(fitted(bradleyTerry(items, comparisons, { ridge })).strengths, strengths, 1e-6);
  }
});

test('strengths of weighted probabilities match choix and statsmodels, their covariances statsmodels', () => {
  for (const { items, rows, spectral, strengths, model, clustered } of ranking.soft) {
    const comparisons = rows.map(([first, second, probability, weight]) => ({
      first,
      second,
      probability,
      weight,
    }));
    const clusters = rows.map(([, , , , cluster]) => `prompt ${cluster}`);
    const fit = fitted(bradleyTerry(items, comparisons));
    expectAllNear(fit.strengths, strengths, 1e-10);
    expectAllNear(fit.strengths, spectral, 1e-8);
    expectAllNear(fit.covariance('model').values, model, 1e-9);
    expectAllNear(fit.covariance(clusters).values, clustered, 1e-9);
    const figures = strengthFigures(items, fit, clusters);
    figures.forEach((figure, item) => {
      const half = 1.959963984540054 * Math.sqrt(clustered[item * items + item] ?? Number.NaN);
      expect(figure.estimate).toBe(fit.strengths[item]);
      expect((figure.high ?? 0) - (figure.low ?? 0)).toBeCloseTo(2 * half, 9);
      expect(figure).toMatchObject({ n: rows.length, clusters: new Set(clusters).size });
    });
  }
});

test('Davidson’s ties match a log-linear fit of statsmodels', () => {
  for (const { items, rows, strengths, tieOdds } of ranking.davidson) {
    const comparisons = rows.map(([first, second, probability, tie]) => ({
      first,
      second,
      probability,
      tie,
    }));
    const fit = fitted(bradleyTerry(items, comparisons, { ties: 'davidson' }));
    expectAllNear(fit.strengths, strengths, 1e-8);
    expectAllNear(fit.tieOdds, tieOdds, 1e-8);
  }
});

test('two items have the log-odds of their win, and ties in closed form', () => {
  const one = (comparison: Partial<Comparison>, ties: 'half' | 'davidson' = 'half') =>
    bradleyTerry(2, [{ first: 0, second: 1, probability: 0.5, ...comparison }], { ties });
  expectAllNear(fitted(one({ probability: 0.8 })).strengths, [Math.log(4) / 2, -Math.log(4) / 2], 1e-12);
  const sure = 1 / (1 + Math.exp(28));
  expectAllNear(fitted(one({ probability: sure })).strengths, [-14, 14], 1e-8);
  // Wins 0.5, losses 0.2, ties 0.3: the difference is log(5/2) and ν = 0.3 / √(0.5 · 0.2).
  const tied = fitted(one({ probability: 0.65, tie: 0.3 }, 'davidson'));
  expectAllNear(tied.strengths, [Math.log(2.5) / 2, -Math.log(2.5) / 2], 1e-10);
  expectAllNear(tied.tieOdds, [0.3 / Math.sqrt(0.1)], 1e-10);
  // Without ties ν is 0 and the model is Bradley and Terry's own.
  const never = fitted(one({ probability: 0.8 }, 'davidson'));
  expect(never.tieOdds).toEqual([0]);
  expect(never.strengths).toEqual(fitted(one({ probability: 0.8 })).strengths);
  expect(eloRating((never.strengths[0] ?? 0) - (never.strengths[1] ?? 0) + Math.log(2.5))).toBeCloseTo(
    1400,
    9,
  );
});

test('at the maximum every item has as many expected as actual wins, and strengths sum to 0', () => {
  fc.assert(
    fc.property(connectedRows, (comparisons) => {
      const { strengths } = fitted(bradleyTerry(ITEMS, comparisons));
      const excess = new Float64Array(ITEMS);
      for (const { first, second, probability, weight = 1 } of comparisons) {
        const part = weight * (probability - logistic((strengths[first] ?? 0) - (strengths[second] ?? 0)));
        excess[first] = (excess[first] ?? 0) + part;
        excess[second] = (excess[second] ?? 0) - part;
      }
      expectAllNear(excess, new Array(ITEMS).fill(0), 1e-9);
      expect(strengths.reduce((sum, strength) => sum + strength, 0)).toBeCloseTo(0, 10);
    }),
  );
});

test('the order of the rows changes no bit; the sides of a row, and copies for weights, nothing', () => {
  fc.assert(
    fc.property(connectedRows, fc.constantFrom(...models), (comparisons, ties) => {
      const fit = fitted(bradleyTerry(ITEMS, comparisons, { ties }));
      const shuffled = comparisons.toSorted((one, other) => one.probability - other.probability);
      expect(fitted(bradleyTerry(ITEMS, shuffled, { ties })).strengths).toEqual(fit.strengths);
      const swapped = comparisons.map(({ first, second, probability, ...rest }) => {
        return { first: second, second: first, probability: 1 - probability, ...rest };
      });
      expectAllNear(fitted(bradleyTerry(ITEMS, swapped, { ties })).strengths, [...fit.strengths], 1e-9);
      const copies = comparisons.flatMap(({ weight = 1, ...rest }) => {
        return Array.from({ length: 2 * weight }, () => ({ ...rest, weight: 0.5 }));
      });
      expectAllNear(fitted(bradleyTerry(ITEMS, copies, { ties })).strengths, [...fit.strengths], 1e-9);
    }),
  );
});

test('antisymmetry: the opposite verdicts give the opposite strengths and the same errors', () => {
  fc.assert(
    fc.property(connectedRows, fc.constantFrom(...models), (comparisons, ties) => {
      const fit = fitted(bradleyTerry(ITEMS, comparisons, { ties }));
      const opposite = fitted(
        bradleyTerry(
          ITEMS,
          comparisons.map((comparison) => ({ ...comparison, probability: 1 - comparison.probability })),
          { ties },
        ),
      );
      const clusters = comparisons.map((_, index) => `${index % 4}`);
      expectAllNear(
        opposite.strengths,
        fit.strengths.map((strength) => -strength),
        1e-9,
      );
      for (const kind of ['model', clusters] as const) {
        const values = fit.covariance(kind).values ?? [];
        expectAllNear(opposite.covariance(kind).values, [...values], 1e-7 * (1 + Math.max(...values)));
      }
    }),
  );
});

test('other names for the items move strengths with them', () => {
  fc.assert(
    fc.property(
      connectedRows,
      fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: ITEMS }),
      (comparisons, names) => {
        const { strengths } = fitted(bradleyTerry(ITEMS, comparisons));
        const renamed = comparisons.map((comparison) => ({
          ...comparison,
          first: names[comparison.first] ?? -1,
          second: names[comparison.second] ?? -1,
        }));
        const found = fitted(bradleyTerry(ITEMS, renamed)).strengths;
        expectAllNear(
          strengths.map((_, item) => found[names[item] ?? -1] ?? Number.NaN),
          [...strengths],
          1e-9,
        );
      },
    ),
  );
});

test('strengths that determine the probabilities are found again, whatever their shift', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -300, max: 300 }), { minLength: 3, maxLength: 8 }),
      fc.integer({ min: -9, max: 9 }),
      (cents, shift) => {
        const truth = cents.map((cent) => cent / 100 + shift);
        const comparisons = truth.flatMap((one, first) =>
          truth.flatMap((other, second) =>
            first < second ? [{ first, second, probability: logistic(one - other) }] : [],
          ),
        );
        const center = truth.reduce((sum, strength) => sum + strength, 0) / truth.length;
        expectAllNear(
          fitted(bradleyTerry(truth.length, comparisons)).strengths,
          truth.map((strength) => strength - center),
          1e-9,
        );
      },
    ),
  );
});

test('strengths that do not exist are undefined and say why; a ridge gives them', () => {
  const win = (first: number, second: number, probability = 1) => ({ first, second, probability });
  const cases: [number, Comparison[], string][] = [
    [3, [], 'nothing links item 0 with items 1, 2'],
    [4, [win(0, 2, 0.4)], 'nothing links item 0 with items 1, 3'],
    [2, [win(0, 1, 0.5), { ...win(0, 1, 0.3), weight: 0 }], ''],
    [2, [{ ...win(0, 1, 0.5), weight: 0 }], 'nothing links item 0 with item 1'],
    [3, [win(0, 1), win(1, 2), win(0, 2)], 'against all others, item 0 only win'],
    [3, [win(1, 0), win(1, 2, 0.5)], 'against all others, item 0 only lose'],
    [3, [win(0, 1), win(1, 2), win(2, 0)], ''],
  ];
  for (const [items, comparisons, reason] of cases) {
    const fit = bradleyTerry(items, comparisons);
    if (reason === '') expect(fit.strengths).not.toBeNull();
    else expect(fit).toEqual({ strengths: null, reason: expect.stringContaining(reason) });
    expectAllNear(
      fitted(bradleyTerry(items, comparisons, { ridge: 0.1 })).strengths,
      [...fitted(bradleyTerry(items, comparisons.toReversed(), { ridge: 0.1 })).strengths],
      0,
    );
  }
  expect(fitted(bradleyTerry(3, [], { ridge: 2 })).strengths).toEqual([0, 0, 0]);
  expect(fitted(bradleyTerry(1, [])).strengths).toEqual([0]);
  const tied = { first: 0, second: 1, probability: 0.5, tie: 1 };
  expect(bradleyTerry(2, [tied], { ties: 'davidson' })).toEqual({
    strengths: null,
    reason: expect.stringContaining('all comparisons are ties'),
  });
  // Only wins of one side beside the ties: strengths and ν run away together.
  expect(bradleyTerry(2, [{ ...tied, probability: 0.75, tie: 0.5 }], { ties: 'davidson' })).toEqual({
    strengths: null,
    reason: expect.stringContaining('no finite maximum'),
  });
});

test('what is no comparison is an error with its place', () => {
  const attempt = (comparison: Partial<Comparison>, items = 3) =>
    bradleyTerry(items, [{ first: 0, second: 1, probability: 0.5, ...comparison }]);
  expect(() => attempt({ second: 3 })).toThrow('comparison 1: expected an item from 0 to 2, got 3');
  expect(() => attempt({ first: 0.5 })).toThrow('expected an item from 0 to 2, got 0.5');
  expect(() => attempt({ second: 0 })).toThrow('expected two items, got item 0 twice');
  expect(() => attempt({ probability: 1.1 })).toThrow('expected a probability from 0 to 1, got 1.1');
  expect(() => attempt({ probability: Number.NaN })).toThrow('expected a probability from 0 to 1, got NaN');
  expect(() => attempt({ probability: 0.9, tie: 0.5 })).toThrow('expected a tie probability from 0 to');
  expect(() => attempt({ weight: -1 })).toThrow('expected a finite weight of 0 or more, got -1');
  expect(() => attempt({}, 0)).toThrow('expected a positive number of items, got 0');
  expect(() => bradleyTerry(2, [], { ridge: -1 })).toThrow('expected a ridge of 0 or more, got -1');
});

test('a pair’s reading is a comparison', () => {
  const readings = [
    combineOrders({ logOdds: 1, tie: 0.2 }, { logOdds: -2, tie: 0.1 }),
    combineOrders({ logOdds: 1 }, { logOdds: 0 }),
  ];
  const comparisons = readings.map((reading, first) => ({ first, second: first + 1, ...reading }));
  const { strengths } = fitted(bradleyTerry(3, comparisons));
  expect(strengths[1]).toBeCloseTo((strengths[2] ?? 0) + 0.5, 9);
});

test('200 items and 20,000 comparisons fit', () => {
  const random = createRandom(1);
  const truth = Array.from({ length: 200 }, () => 2 * random.normal());
  const comparisons = Array.from({ length: 20_000 }, (_, index) => {
    const first = index % 200;
    const second = (first + 1 + random.below(199)) % 200;
    return { first, second, probability: logistic((truth[first] ?? 0) - (truth[second] ?? 0)) };
  });
  const center = truth.reduce((sum, strength) => sum + strength, 0) / 200;
  const expected = truth.map((strength) => strength - center);
  expectAllNear(fitted(bradleyTerry(200, comparisons)).strengths, expected, 1e-9);
});
