/** Swiss rounds: items of like standing meet, and none meet twice. */
import type { Comparison, Pairing } from './comparisons.ts';
import { createRandom, shuffled } from './random.ts';

/** Dead ends after which a round is matched greedily. */
const MOST_STEPS = 20_000;

/**
 * The next Swiss round: items by falling net points Σ w (p − ½), equals in a seeded order, each against the nearest
 * below that it has not met. With an odd number the lowest of those who sat out least sits out. Where no round for
 * all is found (near the end of all pairs), as many as the greedy choice leaves sit out.
 */
export function swissRound(
  items: number,
  comparisons: readonly Comparison[],
  played: Float64Array,
  open: (pairing: Pairing) => boolean,
  seed: number,
): Pairing[] {
  const points = new Float64Array(items);
  for (const { first, second, probability, weight = 1 } of comparisons) {
    points[first] = (points[first] ?? 0) + weight * (probability - 0.5);
    points[second] = (points[second] ?? 0) - weight * (probability - 0.5);
  }
  const table = seededOrder(items, seed).sort((one, other) => (points[other] ?? 0) - (points[one] ?? 0));
  if (items % 2 === 1) {
    const most = table.reduce((games, item) => Math.max(games, played[item] ?? 0), 0);
    table.splice(
      table.findLastIndex((item) => played[item] === most),
      1,
    );
  }
  const budget = { steps: MOST_STEPS };
  return match(table, open, budget) ?? greedy(table, open);
}

/** The numbers 0 … size − 1 in an order that the seed decides. */
export function seededOrder(size: number, seed: number): number[] {
  return shuffled([...Array(size).keys()], createRandom(seed));
}

/**
 * Everybody in pairs, the top first with the nearest possible; null when there is no way or it takes too long to
 * find.
 */
function match(
  table: readonly number[],
  open: (pairing: Pairing) => boolean,
  budget: { steps: number },
): Pairing[] | null {
  const [top, ...others] = table;
  if (top === undefined) return [];
  for (const opponent of others) {
    const pair = pairing(top, opponent);
    if (!open(pair)) continue;
    if (budget.steps-- <= 0) return null;
    const rest = match(
      others.filter((item) => item !== opponent),
      open,
      budget,
    );
    if (rest) return [pair, ...rest];
  }
  return null;
}

function greedy(table: readonly number[], open: (pairing: Pairing) => boolean): Pairing[] {
  const waiting = [...table];
  const pairs: Pairing[] = [];
  while (waiting.length > 1) {
    const top = waiting.shift() ?? 0;
    const place = waiting.findIndex((item) => open(pairing(top, item)));
    if (place >= 0) pairs.push(pairing(top, waiting.splice(place, 1)[0] ?? 0));
  }
  return pairs;
}

function pairing(one: number, other: number): Pairing {
  return { first: Math.min(one, other), second: Math.max(one, other) };
}
