/** What a set of comparisons says as a tournament: wins, cycles, and places with their intervals. */
import { JurorError } from '../errors.ts';
import {
  type Comparison,
  readComparisons,
  requireComparison,
  requireItems,
  sumPairs,
} from './comparisons.ts';
import { kendall } from './correlation.ts';
import { type Figure, undefinedFigure } from './interval.ts';
import { normalQuantile } from './normal-quantile.ts';
import { type Counts, type Estimator, estimate, type Statistic } from './statistic.ts';
import { type CovarianceKind, eloRating, type StrengthFit, strengthFigures } from './strengths.ts';

/** One item's line in the table of wins; all sums are weighted. */
export interface Standing {
  readonly item: number;
  /** Comparisons it was in. */
  readonly compared: number;
  /** Of these, how many it won and lost (probability above and below ½) and tied. */
  readonly wins: number;
  readonly losses: number;
  readonly ties: number;
  /** Σ of its probability of being better, a tie counting half. */
  readonly points: number;
  /** `points` / `compared`; null when it was never compared. */
  readonly rate: number | null;
}

/** The wins table, by item number. */
export function standings(items: number, comparisons: readonly Comparison[]): Standing[] {
  requireItems(items);
  const table = Array.from({ length: items }, () => ({
    compared: 0,
    wins: 0,
    losses: 0,
    ties: 0,
    points: 0,
  }));
  comparisons.forEach((comparison, row) => {
    const { first, second, probability, weight } = requireComparison(items, comparison, row);
    for (const [item, own] of [[first, probability] as const, [second, 1 - probability] as const]) {
      const line = table[item];
      if (!line) continue;
      line.compared += weight;
      line.points += weight * own;
      line[own > 0.5 ? 'wins' : own < 0.5 ? 'losses' : 'ties'] += weight;
    }
  });
  return table.map((line, item) => ({
    item,
    ...line,
    rate: line.compared > 0 ? line.points / line.compared : null,
  }));
}

/**
 * The share of cycles (a over b, b over c, c over a) among the triples of items all three of whose pairs were
 * compared: 0 for a judge with one order in mind, ¼ for coin flips (Kendall and Babington Smith, Biometrika 31,
 * 1940). A pair's winner has the larger sum of probabilities; a tied pair closes no cycle. A triple counts as often
 * as its least compared pair, so that items may be numbered through many prompts and prompts resampled. Undefined
 * without such a triple.
 */
export function cyclicShare(items: number, comparisons: readonly Comparison[]): Estimator {
  const rows = readComparisons(items, comparisons, 'half');
  // Each item's later neighbours with the pair's number; an earlier one is always on the left.
  const later: [number, number][][] = Array.from({ length: items }, () => []);
  rows.left.forEach((left, pair) => {
    later[left]?.push([rows.right[pair] ?? 0, pair]);
  });
  return {
    rows: comparisons.length,
    of: (counts: Counts): Statistic => {
      const sums = sumPairs(rows, counts);
      const times = new Float64Array(rows.left.length);
      rows.pair.forEach((pair, row) => {
        times[pair] = (times[pair] ?? 0) + (counts[rows.source[row] ?? 0] ?? 0);
      });
      const lead = (pair: number) => Math.sign((sums.wins[pair] ?? 0) - (sums.losses[pair] ?? 0));
      const direct = new Int32Array(items).fill(-1);
      let triples = 0;
      let cycles = 0;
      for (const neighbours of later) {
        for (const [item, pair] of neighbours) direct[item] = pair;
        for (const [middle, near] of neighbours) {
          for (const [last, far] of later[middle] ?? []) {
            const across = direct[last] ?? -1;
            if (across < 0) continue;
            const weight = Math.min(times[near] ?? 0, times[far] ?? 0, times[across] ?? 0);
            triples += weight;
            const turn = lead(near);
            if (turn !== 0 && lead(far) === turn && lead(across) === -turn) cycles += weight;
          }
        }
        for (const [item] of neighbours) direct[item] = -1;
      }
      return triples > 0
        ? { value: cycles / triples }
        : { value: null, reason: 'no three items were all compared with each other' };
    },
  };
}

/** One item's line in a ranking. */
export interface RankedItem {
  readonly item: number;
  /** 1 is best; equal strengths share the smaller number. */
  readonly rank: Figure;
  /** In nats from the mean of the items. */
  readonly strength: Figure;
  /** {@link eloRating}, for display; null without a strength. */
  readonly elo: number | null;
}

/** Strengths that differ by less, in nats, are equal: it is the rounding of the fit. */
const SAME_STRENGTH = 1e-9;

/**
 * The ranking, best first, items of one strength by number. An item's rank runs from 1 + the items that are surely
 * better to n − the items that are surely worse, where sure means that the 95 % intervals of its differences with the
 * n − 1 others, widened so that all hold at once (Bonferroni), leave out 0 (Mogstad, Romano, Shaikh and Wilhelm, Rev.
 * Econ. Stud. 91, 2024).
 */
export function rankTable(items: number, fit: StrengthFit, kind: CovarianceKind): RankedItem[] {
  const figures = strengthFigures(items, fit, kind);
  const covariance = fit.strengths === null ? null : fit.covariance(kind).values;
  const strengths = fit.strengths ?? [];
  const critical = items > 1 ? normalQuantile(1 - 0.025 / (items - 1)) : 0;
  const table = figures.map((strength, item): RankedItem => {
    const own = strengths[item];
    if (own === undefined) {
      const rank = { ...undefinedFigure(strength.reason ?? ''), n: strength.n, clusters: strength.clusters };
      return { item, rank, strength, elo: null };
    }
    let [ahead, above, below] = [0, 0, 0];
    strengths.forEach((other, rival) => {
      if (rival === item) return;
      const at = (row: number, column: number) => covariance?.[row * items + column] ?? 0;
      const variance = at(item, item) + at(rival, rival) - 2 * at(item, rival);
      const margin = Math.max(SAME_STRENGTH, critical * Math.sqrt(Math.max(0, variance)));
      if (other - own > SAME_STRENGTH) ahead++;
      if (other - own > margin) above++;
      if (own - other > margin) below++;
    });
    const bounds = covariance === null ? {} : { low: 1 + above, high: items - below };
    return { item, rank: { ...strength, estimate: 1 + ahead, ...bounds }, strength, elo: eloRating(own) };
  });
  return table.sort(
    (one, other) => (one.rank.estimate ?? 0) - (other.rank.estimate ?? 0) || one.item - other.item,
  );
}

/**
 * Kendall's τ-b of strengths with another ranking of the same items, given as groups of item numbers, best first, the
 * items of a group tied. Items that the ranking leaves out are left out of τ.
 */
export function rankingAgreement(
  strengths: readonly number[],
  places: readonly (readonly number[])[],
): Statistic {
  const columns = places.flatMap((group, place) =>
    group.map((item) => {
      const strength = strengths[item];
      if (strength === undefined) {
        throw new JurorError('usage', `expected an item from 0 to ${strengths.length - 1}, got ${item}`);
      }
      return [strength, -place] as const;
    }),
  );
  return estimate(
    kendall(
      columns.map(([strength]) => strength),
      columns.map(([, place]) => place),
    ),
  );
}
