import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bradleyTerry } from '../../src/aggregate/bradley-terry.ts';
import type { Comparison } from '../../src/aggregate/comparisons.ts';
import { clusterBootstrap } from '../../src/aggregate/interval.ts';
import { logistic } from '../../src/aggregate/logits.ts';
import { normalQuantile } from '../../src/aggregate/normal-quantile.ts';
import { createRandom } from '../../src/aggregate/random.ts';
import { estimate } from '../../src/aggregate/statistic.ts';
import { cyclicShare, rankingAgreement, rankTable, standings } from '../../src/aggregate/tournament.ts';
import { fitted, ranking, simulateJudge } from './ranking-cases.ts';

const win = (first: number, second: number, probability = 1): Comparison => ({ first, second, probability });
/** A tournament of all pairs with wins, losses and ties. */
const tournaments = fc
  .tuple(
    fc.integer({ min: 3, max: 8 }),
    fc.array(fc.constantFrom(0, 0.2, 0.5, 1), { minLength: 28, maxLength: 28 }),
  )
  .map(([items, outcomes]) => {
    const comparisons: Comparison[] = [];
    for (let second = 1; second < items; second++) {
      for (let first = 0; first < second; first++) {
        comparisons.push(win(first, second, outcomes[comparisons.length] ?? 0));
      }
    }
    return { items, comparisons };
  });

test('the normal quantile matches scipy', () => {
  for (const [probability, expected] of ranking.normalQuantile) {
    expect(Math.abs(normalQuantile(probability) - expected)).toBeLessThan(1e-13 * (1 + Math.abs(expected)));
  }
  expect(() => normalQuantile(1)).toThrow('expected a probability between 0 and 1, got 1');
});

test('the wins table counts wins, ties and points, and knows who was never compared', () => {
  const table = standings(4, [win(0, 1, 0.9), win(1, 0, 0.5), { ...win(2, 0, 0.25), weight: 2 }]);
  expect(table).toEqual([
    { item: 0, compared: 4, wins: 3, losses: 0, ties: 1, points: 2.9, rate: 0.725 },
    { item: 1, compared: 2, wins: 0, losses: 1, ties: 1, points: 0.6, rate: 0.3 },
    { item: 2, compared: 2, wins: 0, losses: 2, ties: 0, points: 0.5, rate: 0.25 },
    { item: 3, compared: 0, wins: 0, losses: 0, ties: 0, points: 0, rate: null },
  ]);
  expect(() => standings(1, [win(0, 1)])).toThrow('comparison 1: expected an item from 0 to 0, got 1');
});

test('in a table of wins all points are handed out once, and wins meet losses', () => {
  fc.assert(
    fc.property(tournaments, ({ items, comparisons }) => {
      const table = standings(items, comparisons);
      const total = (read: (line: (typeof table)[number]) => number) =>
        table.reduce((sum, line) => sum + read(line), 0);
      expect(total(({ points }) => points)).toBeCloseTo(comparisons.length, 9);
      expect(total(({ wins }) => wins)).toBe(total(({ losses }) => losses));
      expect(total(({ compared }) => compared)).toBe(2 * comparisons.length);
    }),
  );
});

test('cyclic triples of a tournament without ties follow Kendall and Babington Smith’s formula', () => {
  fc.assert(
    fc.property(tournaments, ({ items, comparisons }) => {
      const decided = comparisons.map((row) => ({
        ...row,
        probability: row.probability === 0.5 ? 1 : row.probability,
      }));
      const wins = standings(items, decided).map((line) => line.wins);
      const triples = (items * (items - 1) * (items - 2)) / 6;
      const cycles = triples - wins.reduce((sum, score) => sum + (score * (score - 1)) / 2, 0);
      const { value } = estimate(cyclicShare(items, decided));
      expect(value).toBeCloseTo(cycles / triples, 12);
      const opposite = decided.map((row) => ({ ...row, probability: 1 - row.probability }));
      expect(estimate(cyclicShare(items, opposite)).value).toBe(value);
      expect(estimate(cyclicShare(items, decided.toReversed())).value).toBe(value);
    }),
  );
});

test('a tie closes no cycle; strengths make none; coin flips make a quarter', () => {
  const cycle = [win(0, 1), win(1, 2), win(2, 0)];
  expect(estimate(cyclicShare(3, cycle))).toEqual({ value: 1 });
  expect(estimate(cyclicShare(3, [win(0, 1), win(1, 2), win(0, 2, 0.5)]))).toEqual({ value: 0 });
  expect(estimate(cyclicShare(4, cycle.slice(1)))).toEqual({
    value: null,
    reason: 'no three items were all compared with each other',
  });
  const random = createRandom(3);
  expect(estimate(cyclicShare(30, simulateJudge(30, 0, random).all))).toEqual({ value: 0 });
  const coins = simulateJudge(60, 0, random).all.map((row) => ({ ...row, probability: random.below(2) }));
  expect(estimate(cyclicShare(60, coins)).value).toBeCloseTo(0.25, 1);
});

test('items numbered through many prompts give the mean share, resampled by prompt', () => {
  const random = createRandom(12);
  const comparisons: Comparison[] = [];
  const clusters: string[] = [];
  const shares: number[] = [];
  for (let prompt = 0; prompt < 30; prompt++) {
    const own = simulateJudge(4, 2, random).all;
    shares.push(estimate(cyclicShare(4, own)).value ?? Number.NaN);
    for (const { first, second, probability } of own) {
      comparisons.push(win(4 * prompt + first, 4 * prompt + second, probability));
      clusters.push(`prompt ${prompt}`);
    }
  }
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  const figure = clusterBootstrap(cyclicShare(120, comparisons), clusters, { resamples: 500 });
  expect(figure.estimate).toBeCloseTo(mean, 12);
  expect(mean).toBeGreaterThan(0);
  expect(figure.low).toBeLessThan(mean);
  expect(figure.high).toBeGreaterThan(mean);
  const deviation = Math.sqrt(shares.reduce((sum, share) => sum + (share - mean) ** 2, 0)) / shares.length;
  expect((figure.high ?? 0) - (figure.low ?? 0)).toBeCloseTo(3.92 * deviation, 1);
});

test('the ranking lists the best first, with places that its data can tell apart', () => {
  const prompts = 50;
  const random = createRandom(2);
  const truth = [0, 2, 1.95, -2];
  const comparisons: Comparison[] = [];
  const clusters: string[] = [];
  for (let prompt = 0; prompt < prompts; prompt++) {
    for (let second = 1; second < 4; second++) {
      for (let first = 0; first < second; first++) {
        const logOdds = (truth[first] ?? 0) - (truth[second] ?? 0) + random.normal();
        comparisons.push(win(first, second, logistic(logOdds)));
        clusters.push(`prompt ${prompt}`);
      }
    }
  }
  const table = rankTable(4, bradleyTerry(4, comparisons), clusters);
  expect(new Set(table.slice(0, 2).map(({ item }) => item))).toEqual(new Set([1, 2]));
  expect(table.slice(2).map(({ item }) => item)).toEqual([0, 3]);
  expect(table.map(({ rank: { estimate, low, high } }) => [estimate, low, high])).toEqual([
    [1, 1, 2],
    [2, 1, 2],
    [3, 3, 3],
    [4, 4, 4],
  ]);
  expect(table[0]).toMatchObject({ rank: { n: 300, clusters: 50 }, strength: { n: 300, clusters: 50 } });
  expect(table.reduce((sum, { elo }) => sum + (elo ?? 0), 0) / 4).toBeCloseTo(1000, 9);
  // One prompt alone has places and no intervals.
  const alone = rankTable(4, bradleyTerry(4, comparisons.slice(0, 6)), clusters.slice(0, 6));
  expect(alone[3]?.rank).toMatchObject({
    estimate: 4,
    low: null,
    high: null,
    reason: 'one cluster has no interval',
  });
});

test('equal strengths share a place; without strengths there are reasons', () => {
  const even = rankTable(3, bradleyTerry(3, [win(0, 1, 0.5), win(1, 2, 0.5)]), 'model');
  expect(even.map(({ item, rank: { estimate, low, high } }) => [item, estimate, low, high])).toEqual([
    [0, 1, 1, 3],
    [1, 1, 1, 3],
    [2, 1, 1, 3],
  ]);
  const none = rankTable(2, bradleyTerry(2, [win(0, 1)]), ['only']);
  expect(none[1]).toMatchObject({
    item: 1,
    elo: null,
    rank: { estimate: null, low: null, n: 1, clusters: 1, reason: expect.stringContaining('only win') },
    strength: { estimate: null },
  });
  expect(rankTable(1, bradleyTerry(1, []), 'model')[0]?.rank).toMatchObject({ estimate: 1, low: 1, high: 1 });
});

test('intervals of places hold the true place about 95 times in 100 or more', () => {
  const random = createRandom(21);
  const truth = [1, 0.5, 0.4, -0.3, -1.6];
  let covered = 0;
  const trials = 120;
  for (let trial = 0; trial < trials; trial++) {
    const comparisons: Comparison[] = [];
    const clusters: string[] = [];
    for (let prompt = 0; prompt < 40; prompt++) {
      for (let second = 1; second < 5; second++) {
        for (let first = 0; first < second; first++) {
          const chance = logistic((truth[first] ?? 0) - (truth[second] ?? 0));
          comparisons.push(win(first, second, Number(random.uniform() < chance)));
          clusters.push(`${prompt}`);
        }
      }
    }
    for (const { item, rank } of rankTable(5, bradleyTerry(5, comparisons), clusters)) {
      covered += Number((rank.low ?? 9) <= item + 1 && item + 1 <= (rank.high ?? 0));
    }
  }
  expect(covered / (5 * trials)).toBeGreaterThan(0.94);
});

test('agreement with another ranking is Kendall’s τ-b over the items it names', () => {
  const strengths = [3, 2, 1, 0];
  expect(rankingAgreement(strengths, [[0], [1], [2], [3]])).toEqual({ value: 1 });
  expect(rankingAgreement(strengths, [[3], [2], [1]])).toEqual({ value: -1 });
  expect(rankingAgreement(strengths, [[0], [2], [1], [3]]).value).toBeCloseTo(4 / 6, 12);
  expect(
    rankingAgreement(strengths, [
      [0, 1],
      [2, 3],
    ]).value,
  ).toBeCloseTo(4 / Math.sqrt(6 * 4), 12);
  expect(rankingAgreement(strengths, [[0, 1, 2]])).toEqual({ value: null, reason: 'a column is constant' });
  expect(() => rankingAgreement(strengths, [[4]])).toThrow('expected an item from 0 to 3, got 4');
  const { strengths: found } = fitted(bradleyTerry(3, [win(2, 0, 0.9), win(0, 1, 0.9)]));
  expect(rankingAgreement(found, [[2], [0], [1]])).toEqual({ value: 1 });
});
