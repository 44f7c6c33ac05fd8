/** Which pairs to compare next, as a function of what is known: all pairs, Swiss rounds, or the most informative. */
import { JurorError } from '../errors.ts';
import {
  type Comparison,
  type Pairing,
  requireComparison,
  requireItem,
  requireItems,
} from './comparisons.ts';
import { informativePairs, orderCertainty, posteriorOf } from './schedule-information.ts';
import { seededOrder, swissRound } from './schedule-swiss.ts';

/** How pairs are chosen. No pair is asked twice. */
export interface ScheduleOptions {
  readonly schedule: 'all-pairs' | 'swiss' | 'information';
  /** Most pairs to ask in all. Default: every pair, n(n − 1)/2. */
  readonly budget?: number;
  /** `swiss`: rounds to play. Default ⌈log₂ n⌉. */
  readonly rounds?: number;
  /** `information`: pairs to ask before looking again. Default ⌊n/2⌋, at least 1. */
  readonly batch?: number;
  /**
   * `information`: stop when the ranking is this certain: Kendall's τ with the ranking of the true strengths is at
   * least this, with a probability of 95 %. Default 0.95; null asks until the budget is spent.
   */
  readonly settled?: number | null;
  /** Pairs that were asked and gave no comparison: they count as asked and are not asked again. Default: none. */
  readonly unanswered?: readonly Pairing[];
  /** Breaks ties between equally good pairs. Default 0. */
  readonly seed?: number;
}

/** What to ask next. */
export interface Plan {
  /** In the order to ask; the smaller item number is `first`. Empty when done. */
  readonly pairs: readonly Pairing[];
  /** Why there is nothing left to ask, or null. */
  readonly done: 'all-pairs' | 'budget' | 'rounds' | 'settled' | null;
  /** Distinct pairs asked so far. */
  readonly asked: number;
  /** `information`: the lower 95 % bound of Kendall's τ with the ranking of the true strengths. */
  readonly certainty: number | null;
}

/** The pairs to compare next, given all comparisons so far; the same arguments give the same plan. */
export function planComparisons(
  items: number,
  comparisons: readonly Comparison[],
  options: ScheduleOptions,
): Plan {
  requireItems(items);
  const all = (items * (items - 1)) / 2;
  const { schedule, unanswered = [], seed = 0 } = options;
  const budget = wholeNumber(options.budget ?? all, 'a budget', 0);
  const rounds = wholeNumber(options.rounds ?? Math.ceil(Math.log2(Math.max(2, items))), 'rounds', 0);
  const batch = wholeNumber(options.batch ?? Math.max(1, Math.floor(items / 2)), 'a batch', 1);
  const settled = options.settled === undefined ? 0.95 : options.settled;
  if (settled !== null && !(settled >= -1 && settled <= 1)) {
    throw new JurorError('usage', `expected a settled τ from -1 to 1, got ${settled}`);
  }
  comparisons.forEach((comparison, row) => {
    requireComparison(items, comparison, row);
  });
  for (const { first, second } of unanswered) {
    requireItem(items, first, 'unanswered pair');
    requireItem(items, second, 'unanswered pair');
  }
  const asked = new Set([...comparisons, ...unanswered].map((pairing) => pairKey(items, pairing)));
  const posterior = schedule === 'information' ? posteriorOf(items, comparisons) : null;
  const certainty = posterior && orderCertainty(posterior, seed);
  const done = (reason: Plan['done']): Plan => ({ pairs: [], done: reason, asked: asked.size, certainty });
  if (asked.size >= all) return done('all-pairs');
  if (certainty !== null && settled !== null && certainty >= settled) return done('settled');
  const left = Math.min(budget, all) - asked.size;
  if (left <= 0) return done('budget');

  const open = (pairing: Pairing) => !asked.has(pairKey(items, pairing));
  const ask = (pairs: readonly Pairing[]): Plan => ({ pairs, done: null, asked: asked.size, certainty });
  if (posterior !== null) return ask(informativePairs(posterior, open, Math.min(batch, left), seed));
  if (schedule === 'all-pairs') return ask(allPairs(items, seed).filter(open).slice(0, left));
  const played = new Float64Array(items);
  for (const key of asked) {
    for (const item of [Math.floor(key / items), key % items]) played[item] = (played[item] ?? 0) + 1;
  }
  if (played.reduce((most, games) => Math.max(most, games), 0) >= rounds) return done('rounds');
  return ask(swissRound(items, comparisons, played, open, seed).slice(0, left));
}

/** Every pair once, in a seeded order, so that a part of them is a fair sample. */
function allPairs(items: number, seed: number): Pairing[] {
  const pairs = Array.from({ length: items }, (_, first) =>
    Array.from({ length: items - first - 1 }, (_, step) => ({ first, second: first + step + 1 })),
  ).flat();
  return seededOrder(pairs.length, seed).map((place) => pairs[place] ?? { first: 0, second: 1 });
}

function pairKey(items: number, { first, second }: Pairing): number {
  return Math.min(first, second) * items + Math.max(first, second);
}

function wholeNumber(value: number, name: string, least: number): number {
  if (!Number.isInteger(value) || value < least)
    throw new JurorError('usage', `expected ${name} of ${least} or more, got ${value}`);
  return value;
}
