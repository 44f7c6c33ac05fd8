/** Items compared in pairs: rows checked, summed by pair, and asked whether they determine strengths. */
import { JurorError } from '../errors.ts';
import type { Counts } from './statistic.ts';

/** Two items, by their numbers from 0, in no order. */
export interface Pairing {
  readonly first: number;
  readonly second: number;
}

/** What a judge says of two items. A pair's reading (pairs.ts) with the two item numbers is one. */
export interface Comparison extends Pairing {
  /** Probability that the first is better, a tie counting half to each, in [0, 1]. */
  readonly probability: number;
  /** Probability of a tie, at most twice the smaller of `probability` and 1 − `probability`. Default: none. */
  readonly tie?: number | null;
  /** How many comparisons it counts for, 0 or more. Default 1. */
  readonly weight?: number;
}

/** Checked rows in an order of their own, each with the smaller item number on the left. */
export interface ComparisonRows {
  readonly items: number;
  /** The pair of each row, a place in `left` and `right`. */
  readonly pair: Int32Array;
  /** The caller's number of each row. */
  readonly source: Int32Array;
  /** Weight of each row that goes to the left item, to the right item, and to the tie. */
  readonly wins: Float64Array;
  readonly losses: Float64Array;
  readonly ties: Float64Array;
  /** The distinct pairs, sorted. */
  readonly left: Int32Array;
  readonly right: Int32Array;
}

/** Rows summed by pair. */
export interface PairSums {
  readonly wins: Float64Array;
  readonly losses: Float64Array;
  readonly ties: Float64Array;
}

/**
 * Checks comparisons of `items` items. Ties stay apart (`davidson`) or go half to each side (`half`). Rows are put in
 * an order that depends on nothing but their content, so that sums are the same bits in whatever order they came.
 */
export function readComparisons(
  items: number,
  comparisons: readonly Comparison[],
  ties: 'half' | 'davidson',
): ComparisonRows {
  requireItems(items);
  const rows = comparisons.map((comparison, row) => {
    const { first, second, probability, tie, weight } = requireComparison(items, comparison, row);
    const shared = ties === 'davidson' ? tie : 0;
    const [wins, losses] = [
      weight * Math.max(0, probability - shared / 2),
      weight * Math.max(0, 1 - probability - shared / 2),
    ];
    const sides = first < second ? { wins, losses } : { wins: losses, losses: wins };
    const key = Math.min(first, second) * items + Math.max(first, second);
    return { key, row, ...sides, ties: weight * shared };
  });
  rows.sort(
    (one, other) =>
      one.key - other.key || one.wins - other.wins || one.losses - other.losses || one.ties - other.ties,
  );
  const keys = [...new Set(rows.map((row) => row.key))];
  const places = new Map(keys.map((key, place) => [key, place]));
  return {
    items,
    pair: Int32Array.from(rows, (row) => places.get(row.key) ?? 0),
    source: Int32Array.from(rows, (row) => row.row),
    wins: Float64Array.from(rows, (row) => row.wins),
    losses: Float64Array.from(rows, (row) => row.losses),
    ties: Float64Array.from(rows, (row) => row.ties),
    left: Int32Array.from(keys, (key) => Math.floor(key / items)),
    right: Int32Array.from(keys, (key) => key % items),
  };
}

/** The sums of each pair with row i of the caller taken counts[i] times; without counts, once. */
export function sumPairs(rows: ComparisonRows, counts?: Counts): PairSums {
  const size = rows.left.length;
  const sums = {
    wins: new Float64Array(size),
    losses: new Float64Array(size),
    ties: new Float64Array(size),
  };
  for (let row = 0; row < rows.pair.length; row++) {
    const count = counts === undefined ? 1 : (counts[rows.source[row] ?? 0] ?? 0);
    if (count === 0) continue;
    const pair = rows.pair[row] ?? 0;
    sums.wins[pair] = (sums.wins[pair] ?? 0) + count * (rows.wins[row] ?? 0);
    sums.losses[pair] = (sums.losses[pair] ?? 0) + count * (rows.losses[row] ?? 0);
    sums.ties[pair] = (sums.ties[pair] ?? 0) + count * (rows.ties[row] ?? 0);
  }
  return sums;
}

/**
 * Why wins determine no strengths, or null when they do: strengths are finite and unique exactly when, however the
 * items are parted in two, each part wins something against the other (Ford, Am. Math. Monthly 64, 1957). `edges`
 * calls its argument with the winner and the loser of each kind of win that has weight; a tie is a win both ways.
 */
export function strengthFault(
  items: number,
  edges: (visit: (winner: number, loser: number) => void) => void,
): string | null {
  const beats: number[][] = Array.from({ length: items }, () => []);
  const losesTo: number[][] = Array.from({ length: items }, () => []);
  edges((winner, loser) => {
    beats[winner]?.push(loser);
    losesTo[loser]?.push(winner);
  });
  const met = beats.map((losers, item) => [...losers, ...(losesTo[item] ?? [])]);
  const group = reach(met, 0);
  if (group.size < items) {
    const apart = listed([...met.keys()].filter((item) => !group.has(item)));
    return `the comparisons do not connect all items: nothing links item 0 with ${apart}; compare them or pass a ridge`;
  }
  for (const [graph, word] of [
    [beats, 'lose'],
    [losesTo, 'win'],
  ] as const) {
    const found = reach(graph, 0);
    if (found.size < items) {
      const part = listed([...found].sort((one, other) => one - other));
      return `no finite strengths: against all others, ${part} only ${word}; compare more or pass a ridge`;
    }
  }
  return null;
}

/** Throws unless the number of items is a positive integer. */
export function requireItems(items: number): void {
  if (!Number.isInteger(items) || items < 1)
    throw new JurorError('usage', `expected a positive number of items, got ${items}`);
}

/** Throws unless `item` is one of `items`; `place` names where it stands. */
export function requireItem(items: number, item: number, place: string): void {
  if (!Number.isInteger(item) || item < 0 || item >= items) {
    throw new JurorError('usage', `${place}: expected an item from 0 to ${items - 1}, got ${item}`);
  }
}

/** Checks one comparison and fills in what it leaves out; `row` is its number from 0. */
export function requireComparison(
  items: number,
  comparison: Comparison,
  row: number,
): Required<Comparison> & { readonly tie: number } {
  const { first, second, probability, weight = 1 } = comparison;
  const tie = comparison.tie ?? 0;
  const place = `comparison ${row + 1}`;
  requireItem(items, first, place);
  requireItem(items, second, place);
  if (first === second)
    throw new JurorError('usage', `${place}: expected two items, got item ${first} twice`);
  if (!(probability >= 0 && probability <= 1)) {
    throw new JurorError('usage', `${place}: expected a probability from 0 to 1, got ${probability}`);
  }
  // A hair of rounding is forgiven: the two numbers come from sums of soft-maxes.
  if (!(tie >= 0 && tie / 2 <= Math.min(probability, 1 - probability) + 1e-9)) {
    const most = 2 * Math.min(probability, 1 - probability);
    throw new JurorError('usage', `${place}: expected a tie probability from 0 to ${most}, got ${tie}`);
  }
  if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY)) {
    throw new JurorError('usage', `${place}: expected a finite weight of 0 or more, got ${weight}`);
  }
  return { first, second, probability, tie, weight };
}

function reach(graph: readonly (readonly number[])[], start: number): Set<number> {
  const found = new Set([start]);
  for (const item of found) for (const next of graph[item] ?? []) found.add(next);
  return found;
}

function listed(items: readonly number[]): string {
  const shown = items.slice(0, 5).join(', ');
  return `item${items.length > 1 ? 's' : ''} ${shown}${items.length > 5 ? ` and ${items.length - 5} more` : ''}`;
}
