import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bradleyTerry } from '../../src/aggregate/bradley-terry.ts';
import { clusterBootstrap } from '../../src/aggregate/interval.ts';
import { plackettLuce, plackettLuceStatistic } from '../../src/aggregate/plackett-luce.ts';
import { createRandom } from '../../src/aggregate/random.ts';
import type { Ranking } from '../../src/aggregate/rankings.ts';
import { estimate } from '../../src/aggregate/statistic.ts';
import { expectAllNear, fitted, ranking } from './ranking-cases.ts';

const ITEMS = 5;
const names = [0, 1, 2, 3, 4];
/** Full and partial rankings with ties of up to three and unranked rests; a ring of pairs makes strengths exist. */
const one = fc
  .record({
    order: fc.shuffledSubarray(names, { minLength: 2 }),
    cuts: fc.array(fc.boolean(), { minLength: ITEMS, maxLength: ITEMS }),
    rest: fc.integer({ min: 0, max: 2 }),
    weight: fc.constantFrom(1, 2),
  })
  .map(({ order, cuts, rest, weight }): Ranking => {
    const known = order.slice(0, Math.max(1, order.length - rest));
    const places: number[][] = [];
    known.forEach((item, place) => {
      const group = places.at(-1);
      if (group && group.length < 3 && cuts[place]) group.push(item);
      else places.push([item]);
    });
    return { places, rest: order.slice(known.length), weight };
  });
const ring = names.map((item): Ranking => ({ places: [[item], [(item + 1) % ITEMS]] }));
const rankings = fc.array(one, { maxLength: 10 }).map((some) => [
  ...ring,
  {
    places: [
      [0, 2],
      [1, 3],
    ],
  },
  ...some,
]);
const models = ['average', 'davidson-luce'] as const;

test('strengths match choix and a conditional logit, their covariance the latter', () => {
  for (const { items, rankings, strengths, logit, model } of ranking.plackettLuce) {
    const data = rankings.map((order) => ({ places: order.map((item) => [item]) }));
    for (const ties of models) {
      const fit = fitted(plackettLuce(items, data, { ties }));
      expectAllNear(fit.strengths, strengths, 1e-6);
      expectAllNear(fit.strengths, logit, 1e-7);
      expectAllNear(fit.covariance('model').values, model, 1e-6);
    }
  }
});

test('choices of the best few match choix', () => {
  for (const { items, rankings, strengths } of ranking.bestFew) {
    expectAllNear(fitted(plackettLuce(items, rankings)).strengths, strengths, 1e-6);
  }
});

test('averaged ties match choix on every order of the tied', () => {
  for (const { items, rankings, strengths } of ranking.averaged) {
    const data = rankings.map((places) => ({ places }));
    expectAllNear(fitted(plackettLuce(items, data)).strengths, strengths, 1e-6);
  }
});

test('Davidson–Luce ties match a log-linear fit of statsmodels', () => {
  for (const { items, rankings, strengths, tieOdds } of ranking.davidsonLuce) {
    const data = rankings.map((places) => ({ places }));
    const fit = fitted(plackettLuce(items, data, { ties: 'davidson-luce' }));
    expectAllNear(fit.strengths, strengths, 1e-7);
    expectAllNear(fit.tieOdds, tieOdds, 1e-7);
  }
});

test('rankings of two are comparisons, with the same strengths, ties and errors', () => {
  const outcome = fc.record({
    first: fc.integer({ min: 0, max: 4 }),
    step: fc.integer({ min: 1, max: 4 }),
    tied: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(outcome, { minLength: 1, maxLength: 20 }), (outcomes) => {
      const rows = [
        ...names.map((first) => ({ first, second: (first + 1) % ITEMS, tied: first === 2 })),
        ...names.map((second) => ({ first: (second + 1) % ITEMS, second, tied: false })),
        ...outcomes.map(({ first, step, tied }) => ({ first, second: (first + step) % ITEMS, tied })),
      ];
      const data = rows.map(({ first, second, tied }) => ({
        places: tied ? [[second, first]] : [[first], [second]],
      }));
      const comparisons = rows.map(({ first, second, tied }) => {
        return { first, second, probability: tied ? 0.5 : 1, tie: Number(tied) };
      });
      const clusters = rows.map((_, index) => `${index % 4}`);
      for (const [lists, pairs] of [
        ['average', 'half'],
        ['davidson-luce', 'davidson'],
      ] as const) {
        const ranked = fitted(plackettLuce(ITEMS, data, { ties: lists, ridge: 0.3 }));
        const compared = fitted(bradleyTerry(ITEMS, comparisons, { ties: pairs, ridge: 0.3 }));
        expectAllNear(ranked.strengths, [...compared.strengths], 1e-9);
        expectAllNear(ranked.tieOdds, [...compared.tieOdds], 1e-8);
        expect(ranked.logLikelihood).toBeCloseTo(compared.logLikelihood, 9);
        for (const kind of ['model', clusters] as const) {
          expectAllNear(ranked.covariance(kind).values, [...(compared.covariance(kind).values ?? [])], 1e-8);
        }
      }
    }),
  );
});

test('order of rankings and of tied items, copies for weights, and names change nothing', () => {
  fc.assert(
    fc.property(
      rankings,
      fc.constantFrom(...models),
      fc.shuffledSubarray(names, { minLength: ITEMS }),
      (data, ties, renaming) => {
        const fit = fitted(plackettLuce(ITEMS, data, { ties }));
        expect(fit.strengths.reduce((sum, strength) => sum + strength, 0)).toBeCloseTo(0, 9);
        const turned = data.toReversed().map((ranking) => ({
          ...ranking,
          places: ranking.places.map((group) => group.toReversed()),
          rest: ranking.rest?.toReversed() ?? [],
        }));
        expect(fitted(plackettLuce(ITEMS, turned, { ties })).strengths).toEqual(fit.strengths);
        const copies = data.flatMap(({ weight = 1, ...ranking }) => new Array<Ranking>(weight).fill(ranking));
        expectAllNear(fitted(plackettLuce(ITEMS, copies, { ties })).strengths, [...fit.strengths], 1e-9);
        const rename = (group: readonly number[]) => group.map((item) => renaming[item] ?? -1);
        const renamed = data.map((ranking) => ({
          ...ranking,
          places: ranking.places.map(rename),
          rest: rename(ranking.rest ?? []),
        }));
        const found = fitted(plackettLuce(ITEMS, renamed, { ties })).strengths;
        expectAllNear(
          names.map((item) => found[renaming[item] ?? -1] ?? Number.NaN),
          [...fit.strengths],
          1e-9,
        );
      },
    ),
    { numRuns: 40 },
  );
});

test('covariances are those of a maximum, and a first place raises an item', () => {
  fc.assert(
    fc.property(rankings, fc.constantFrom(...models), (data, ties) => {
      const fit = fitted(plackettLuce(ITEMS, data, { ties }));
      // Every covariance is that of a maximum: positive along the diagonal, nothing along the shift.
      const values = fit.covariance('model').values ?? new Float64Array();
      for (const item of names) {
        const line = values.subarray(item * ITEMS, (item + 1) * ITEMS);
        expect(line[item]).toBeGreaterThan(0);
        expect(Math.abs(line.reduce((sum, value) => sum + value, 0))).toBeLessThan(
          1e-8 * (1 + Math.max(...values)),
        );
      }
      // One more ranking that puts an item first cannot lower it.
      const more = [...data, { places: [[4], [0, 1, 2, 3]] }];
      const raised = fitted(plackettLuce(ITEMS, more, { ties: 'average' }));
      const before = fitted(plackettLuce(ITEMS, data, { ties: 'average' }));
      expect(raised.strengths[4]).toBeGreaterThan(before.strengths[4] ?? 0);
    }),
    { numRuns: 40 },
  );
});

test('a ranking without choices says nothing; strengths that do not exist say why', () => {
  const data = ring.concat({ places: [[3]] }, { places: [] }, { places: [], rest: [1, 2] });
  expect(fitted(plackettLuce(ITEMS, data)).strengths).toEqual(fitted(plackettLuce(ITEMS, ring)).strengths);
  expect(plackettLuce(3, [{ places: [[0], [1], [2]] }])).toEqual({
    strengths: null,
    reason: expect.stringContaining('against all others, item 0 only win'),
  });
  expect(plackettLuce(4, [{ places: [[0, 1]], rest: [2] }])).toEqual({
    strengths: null,
    reason: expect.stringContaining('nothing links item 0 with item 3'),
  });
  // Everything tied: the odds of a tie have no maximum.
  expect(plackettLuce(3, [{ places: [[0, 1, 2]] }], { ties: 'davidson-luce' })).toMatchObject({
    strengths: null,
    reason: expect.stringContaining('no finite maximum'),
  });
  expectAllNear(fitted(plackettLuce(3, [{ places: [[0, 1, 2]] }])).strengths, [0, 0, 0], 1e-12);
  const { strengths } = fitted(plackettLuce(3, [{ places: [[0], [1], [2]] }], { ridge: 0.5 }));
  expect(strengths.toSorted((low, high) => high - low)).toEqual(strengths);
});

test('what is no ranking is an error with its place', () => {
  const attempt = (bad: Ranking) => plackettLuce(3, [{ places: [[0], [1]] }, bad]);
  expect(() => attempt({ places: [[0], [3]] })).toThrow('ranking 2: expected an item from 0 to 2, got 3');
  expect(() => attempt({ places: [[0], [1, 0]] })).toThrow(
    'ranking 2: expected each item once, got item 0 twice',
  );
  expect(() => attempt({ places: [[0]], rest: [0] })).toThrow('got item 0 twice');
  expect(() => attempt({ places: [[0], []] })).toThrow(
    'ranking 2: expected items in each place, got an empty place',
  );
  expect(() => attempt({ places: [[0], [1]], weight: Number.NaN })).toThrow('expected a finite weight');
  expect(() => plackettLuce(3, [], { ridge: Number.NaN })).toThrow('expected a ridge of 0 or more, got NaN');
  const crowd = Array.from({ length: 30 }, (_, item) => item);
  expect(() => plackettLuce(30, [{ places: [crowd] }])).toThrow('ties are too large');
});

test('a strength has a clustered bootstrap interval, also where resamples lack a size of tie', () => {
  const random = createRandom(6);
  const data: Ranking[] = Array.from({ length: 40 }, (_, index) => {
    const order = names
      .map((item) => ({ item, score: item / 2 - Math.log(-Math.log(1 - random.uniform())) }))
      .sort((low, high) => high.score - low.score)
      .map(({ item }) => item);
    const [first = 0, second = 0, ...others] = order;
    return {
      places: [...(index === 7 ? [[first, second]] : [[first], [second]]), ...others.map((item) => [item])],
    };
  });
  const clusters = data.map((_, index) => `prompt ${index % 20}`);
  for (const ties of models) {
    const fit = fitted(plackettLuce(ITEMS, data, { ties }));
    const statistic = plackettLuceStatistic(ITEMS, data, (strengths) => strengths[4] ?? Number.NaN, { ties });
    expect(estimate(statistic).value).toBeCloseTo(fit.strengths[4] ?? Number.NaN, 9);
    const figure = clusterBootstrap(statistic, clusters, { resamples: 300 });
    const values = fit.covariance(clusters).values ?? [];
    const half = 1.96 * Math.sqrt(values[24] ?? Number.NaN);
    expect((figure.high ?? 0) - (figure.low ?? 0)).toBeGreaterThan(1.4 * half);
    expect((figure.high ?? 0) - (figure.low ?? 0)).toBeLessThan(2.6 * half);
  }
});
