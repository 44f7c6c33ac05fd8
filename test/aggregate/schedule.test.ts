import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bradleyTerry } from '../../src/aggregate/bradley-terry.ts';
import type { Comparison, Pairing } from '../../src/aggregate/comparisons.ts';
import { kendall } from '../../src/aggregate/correlation.ts';
import { createRandom } from '../../src/aggregate/random.ts';
import { type Plan, planComparisons, type ScheduleOptions } from '../../src/aggregate/schedule.ts';
import { estimate } from '../../src/aggregate/statistic.ts';
import { fitted, simulateJudge } from './ranking-cases.ts';

const schedules = ['all-pairs', 'swiss', 'information'] as const;

/** Asks until the schedule is done. */
function play(
  items: number,
  judge: (first: number, second: number) => Comparison,
  options: ScheduleOptions,
): { known: Comparison[]; rounds: Pairing[][]; last: Plan } {
  const known: Comparison[] = [];
  const rounds: Pairing[][] = [];
  for (;;) {
    const plan = planComparisons(items, known, options);
    if (plan.pairs.length === 0) return { known, rounds, last: plan };
    rounds.push([...plan.pairs]);
    known.push(...plan.pairs.map(({ first, second }) => judge(first, second)));
  }
}

function tau(left: readonly number[], right: readonly number[]): number {
  return estimate(kendall(left, right)).value ?? Number.NaN;
}

test('the information schedule reaches the ranking of all pairs with 40 % of the comparisons', () => {
  // Strengths of deviation 2 nats, judged with noise of 0.25 nats on the log-odds.
  for (const items of [20, 30, 40]) {
    for (let seed = 0; seed < 8; seed++) {
      const { all, judge } = simulateJudge(items, 0.25, createRandom(1000 * items + seed));
      const budget = Math.floor(0.4 * all.length);
      const { known, last } = play(items, judge, { schedule: 'information', budget, settled: null, seed });
      expect(last).toMatchObject({ done: 'budget', asked: budget });
      expect(known).toHaveLength(budget);
      const whole = fitted(bradleyTerry(items, all)).strengths;
      expect(tau(fitted(bradleyTerry(items, known)).strengths, whole)).toBeGreaterThanOrEqual(0.95);
    }
  }
});

test('for the same comparisons it comes nearer to that ranking than Swiss rounds, and those than random pairs', () => {
  const distance = Object.fromEntries(
    schedules.map((schedule) => {
      let sum = 0;
      for (const items of [12, 20]) {
        for (let seed = 0; seed < 20; seed++) {
          const { all, judge } = simulateJudge(items, 0.4, createRandom(seed));
          const budget = Math.floor(0.4 * all.length);
          const options = { schedule, budget, rounds: items, settled: null, seed };
          const { strengths } = fitted(
            bradleyTerry(items, play(items, judge, options).known, { ridge: 1e-6 }),
          );
          sum += 1 - tau(strengths, fitted(bradleyTerry(items, all)).strengths);
        }
      }
      return [schedule, sum / 40];
    }),
  );
  expect(distance.information).toBeLessThan(0.9 * (distance.swiss ?? 0));
  expect(distance.swiss).toBeLessThan(0.9 * (distance['all-pairs'] ?? 0));
});

test('it stops when the ranking is certain, sooner with a precise judge, and its certainty is honest', () => {
  const [items, seeds] = [24, 10];
  const spent = [0.1, 0.6].map((noise) => {
    let [asked, settled, right] = [0, 0, 0];
    for (let seed = 0; seed < seeds; seed++) {
      const { truth, judge } = simulateJudge(items, noise, createRandom(seed));
      const { known, last } = play(items, judge, { schedule: 'information', settled: 0.9, seed });
      asked += last.asked;
      if (last.done !== 'settled') continue;
      settled++;
      expect(last.certainty).toBeGreaterThanOrEqual(0.9);
      right += Number(tau(fitted(bradleyTerry(items, known)).strengths, truth) >= 0.9);
    }
    expect(settled).toBeGreaterThanOrEqual(seeds - 1);
    expect(right).toBeGreaterThanOrEqual(0.8 * settled);
    return asked / seeds;
  });
  expect(spent[0]).toBeLessThan(0.8 * (spent[1] ?? 0));
  expect(spent[1]).toBeLessThan(0.6 * ((items * (items - 1)) / 2));
});

test('coin flips never settle, and hard wins settle later than probabilities', () => {
  const random = createRandom(5);
  const coin = (first: number, second: number) => ({ first, second, probability: random.below(2) });
  const flips = play(12, coin, { schedule: 'information' }).last;
  expect(flips).toMatchObject({ done: 'all-pairs', asked: 66 });
  expect(flips.certainty).toBeLessThan(0.6);
  const { judge } = simulateJudge(20, 0.1, createRandom(1));
  const hard = (first: number, second: number) => {
    const comparison = judge(first, second);
    return { ...comparison, probability: Math.round(comparison.probability) };
  };
  const [soft, rounded] = [judge, hard].map(
    (by) => play(20, by, { schedule: 'information', settled: 0.85 }).last,
  );
  expect(soft?.done).toBe('settled');
  expect(soft?.asked).toBeLessThan(rounded?.asked ?? 0);
});

test('no schedule asks a pair twice or more than its budget; the same arguments give the same plan', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...schedules),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 0, max: 40 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 0, max: 1000 }),
      (schedule, items, budget, batch, seed) => {
        const { judge } = simulateJudge(items, 0.5, createRandom(seed));
        const options = { schedule, budget, batch, seed, rounds: items, settled: null };
        const { known, rounds, last } = play(items, judge, options);
        const asked = new Set(known.map(({ first, second }) => `${first} ${second}`));
        expect(asked.size).toBe(known.length);
        expect(last.asked).toBe(known.length);
        const all = (items * (items - 1)) / 2;
        if (schedule === 'swiss') expect(known.length).toBeLessThanOrEqual(Math.min(budget, all));
        else expect(known).toHaveLength(Math.min(budget, all));
        for (const { first, second } of rounds.flat()) expect(first).toBeLessThan(second);
        if (schedule === 'information') {
          for (const round of rounds) expect(round.length).toBeLessThanOrEqual(batch);
        }
        expect(play(items, judge, options).rounds).toEqual(rounds);
        expect(planComparisons(items, known.toReversed(), options)).toMatchObject({
          pairs: [],
          done: last.done,
        });
      },
    ),
    { numRuns: 60 },
  );
});

test('all pairs come in a seeded order, so that a part of them is a sample', () => {
  const [first, second] = [1, 2].map((seed) => planComparisons(6, [], { schedule: 'all-pairs', seed }).pairs);
  expect(first).toHaveLength(15);
  expect(second).not.toEqual(first);
  const name = ({ first, second }: Pairing) => `${first} ${second}`;
  expect(second?.map(name).toSorted()).toEqual(first?.map(name).toSorted());
});

test('in a Swiss round everybody plays once, against a neighbour of equal standing', () => {
  for (const items of [8, 9]) {
    const strong = (first: number, second: number) => ({ first, second, probability: 0.9 });
    const { rounds, last } = play(items, strong, { schedule: 'swiss', seed: 4 });
    expect(rounds).toHaveLength(Math.ceil(Math.log2(items)));
    expect(last.done).toBe('rounds');
    const byes = new Float64Array(items);
    for (const round of rounds) {
      const players = round.flatMap(({ first, second }) => [first, second]);
      expect(new Set(players).size).toBe(players.length);
      expect(players).toHaveLength(items - (items % 2));
      for (let item = 0; item < items; item++)
        byes[item] = (byes[item] ?? 0) + Number(!players.includes(item));
    }
    // Nobody sits out twice.
    expect(Math.max(...byes)).toBe(items % 2);
  }
  const known = [
    { first: 0, second: 1, probability: 1 },
    { first: 2, second: 3, probability: 0 },
  ];
  // The winners 0 and 3 meet, and so do the losers.
  const { pairs } = planComparisons(4, known, { schedule: 'swiss' });
  expect(new Set(pairs.map(({ first, second }) => `${first} ${second}`))).toEqual(new Set(['0 3', '1 2']));
});

test('Swiss rounds go on to the last pair', () => {
  for (const items of [5, 8, 13]) {
    const { judge } = simulateJudge(items, 0.5, createRandom(items));
    const { known, last } = play(items, judge, { schedule: 'swiss', rounds: 100 });
    expect(last.done).toBe('all-pairs');
    expect(known).toHaveLength((items * (items - 1)) / 2);
  }
});

test('a pair without an answer counts as asked and is not asked again', () => {
  for (const schedule of schedules) {
    const options = { schedule, rounds: 9, settled: null };
    const unanswered = planComparisons(4, [], options).pairs.slice(0, 2);
    const seen: Pairing[] = [...unanswered];
    const known: Comparison[] = [];
    for (;;) {
      const plan = planComparisons(4, known, { ...options, unanswered });
      expect(plan.asked).toBe(seen.length);
      if (plan.pairs.length === 0) {
        expect(plan.done).toBe('all-pairs');
        break;
      }
      seen.push(...plan.pairs);
      known.push(...plan.pairs.map((pair) => ({ ...pair, probability: 0.6 })));
    }
    expect(new Set(seen.map(({ first, second }) => `${first} ${second}`)).size).toBe(6);
    expect(known).toHaveLength(4);
  }
});

test('the first pairs of the information schedule reach every item; what it knows directs the next', () => {
  const { pairs } = planComparisons(10, [], { schedule: 'information', seed: 7 });
  expect(new Set(pairs.flatMap(({ first, second }) => [first, second])).size).toBe(10);
  const apart = [
    { first: 0, second: 1, probability: 0.9999 },
    { first: 1, second: 2, probability: 0.5001 },
    { first: 2, second: 3, probability: 0.0001 },
  ];
  // 0 and 3 are of one strength, far above 1 and 2: the open question is between them.
  const next = planComparisons(4, apart, { schedule: 'information', batch: 1, settled: null });
  expect(next.pairs).toEqual([{ first: 0, second: 3 }]);
});

test('a single item is ranked, and what makes no sense is an error', () => {
  for (const schedule of schedules) {
    expect(planComparisons(1, [], { schedule })).toMatchObject({ pairs: [], done: 'all-pairs', asked: 0 });
  }
  const plan = (options: Partial<ScheduleOptions>) =>
    planComparisons(3, [], { schedule: 'information', ...options });
  expect(() => plan({ budget: -1 })).toThrow('expected a budget of 0 or more, got -1');
  expect(() => plan({ batch: 0 })).toThrow('expected a batch of 1 or more, got 0');
  expect(() => plan({ rounds: 1.5 })).toThrow('expected rounds of 0 or more, got 1.5');
  expect(() => plan({ settled: 2 })).toThrow('expected a settled τ from -1 to 1, got 2');
  expect(() => plan({ unanswered: [{ first: 0, second: 9 }] })).toThrow(
    'expected an item from 0 to 2, got 9',
  );
  expect(() => planComparisons(2, [{ first: 0, second: 1, probability: 2 }], { schedule: 'swiss' })).toThrow(
    'comparison 1: expected a probability from 0 to 1, got 2',
  );
  expect(plan({ budget: 0 })).toMatchObject({ pairs: [], done: 'budget' });
});
