/** Cohen's κ, and differences of two, with intervals that leave out each cluster once (see jackknife.ts). */
import { type Figure, undefinedFigure } from './interval.ts';
import {
  type Clusters,
  leaveOutVariance,
  ONE_CLUSTER,
  rowsByCluster,
  studentBounds,
  unseenShare,
  within,
} from './jackknife.ts';
import { NO_ROWS, requireSameLength } from './statistic.ts';

/**
 * Cohen's κ (1960) of two columns of categories, κ ± t√V cut at −1 and 1. Where leaving out any cluster changes nothing, as with
 * agreement in every row, the observed disagreement d may still be as large as d + q(1 − d) in other clusters, q as in
 * `clusteredShare`: the lower bound is that of this disagreement, the expected one unmoved, and the upper one that of d − q d. Undefined
 * where both columns are the same constant; without an interval where they are so without one of the clusters, and for one cluster.
 */
export function clusteredKappa(
  left: readonly string[],
  right: readonly string[],
  clusters: Clusters,
): Figure {
  const found = leaveOutKappas(left, right, clusters);
  if ('reason' in found) return missing(found.reason, clusters);
  const { kappa, without, sizes, disagreement, expected } = found;
  const shape = { estimate: kappa, n: left.length, clusters: sizes.length };
  const refused = refusal(without, sizes.length);
  if (refused) return { ...shape, low: null, high: null, reason: refused };
  const variance = leaveOutVariance(without.map((value) => value - kappa));
  if (variance > 0) return { ...shape, ...studentBounds(kappa, variance, sizes.length, [-1, 1]) };
  const share = unseenShare(sizes);
  const of = (observed: number) => 1 - observed / expected;
  const bounds = [of(disagreement + share * (1 - disagreement)), of(disagreement * (1 - share))] as const;
  return { ...shape, ...within(kappa, bounds, [-1, 1]) };
}

/**
 * κ of `left` against `truth` less κ of `right` against it, on the same rows, each cluster left out of both at once. Where that changes
 * nothing and the columns are not `unchanged`, either κ may move by q over its expected disagreement.
 */
export function clusteredKappaDifference(
  left: readonly string[],
  right: readonly string[],
  truth: readonly string[],
  clusters: Clusters,
  { unchanged = false }: { readonly unchanged?: boolean } = {},
): Figure {
  const [here, there] = [leaveOutKappas(left, truth, clusters), leaveOutKappas(right, truth, clusters)];
  if ('reason' in here) return missing(here.reason, clusters);
  if ('reason' in there) return missing(there.reason, clusters);
  const { sizes } = here;
  const estimate = here.kappa - there.kappa;
  const shape = { estimate, n: left.length, clusters: sizes.length };
  const without = here.without.map((value, cluster) => value - (there.without[cluster] ?? Number.NaN));
  const refused = refusal(without, sizes.length);
  if (refused) return { ...shape, low: null, high: null, reason: refused };
  const variance = leaveOutVariance(without.map((value) => value - estimate));
  if (variance > 0) return { ...shape, ...studentBounds(estimate, variance, sizes.length, [-2, 2]) };
  if (unchanged) return { ...shape, low: estimate, high: estimate };
  const half = unseenShare(sizes) / Math.min(here.expected, there.expected);
  return { ...shape, ...within(estimate, [estimate - half, estimate + half], [-2, 2]) };
}

interface LeaveOutKappas {
  readonly kappa: number;
  /** κ without each cluster; NaN where undefined. */
  readonly without: Float64Array;
  readonly sizes: Float64Array;
  /** Share of rows that disagree, and the share that independent columns would. */
  readonly disagreement: number;
  readonly expected: number;
}

/** One table of all rows; each cluster's rows are taken out of it and put back, so that the work is one pass and G small tables. */
function leaveOutKappas(
  left: readonly string[],
  right: readonly string[],
  clusters: Clusters,
): LeaveOutKappas | { readonly reason: string } {
  requireSameLength(left.length, right.length);
  requireSameLength(left.length, clusters.length);
  if (left.length === 0) return { reason: NO_ROWS };
  const categories = [...new Set([...left, ...right])].sort();
  const numbers = new Map(categories.map((category, number) => [category, number]));
  const width = categories.length;
  const [rows, columns] = [new Float64Array(width), new Float64Array(width)];
  let [agreed, size] = [0, 0];
  const [firsts, seconds] = [left, right].map((column) =>
    Int32Array.from(column, (name) => numbers.get(name) ?? 0),
  );
  const take = (row: number, count: number) => {
    const [first, second] = [firsts?.[row] ?? 0, seconds?.[row] ?? 0];
    rows[first] = (rows[first] ?? 0) + count;
    columns[second] = (columns[second] ?? 0) + count;
    if (first === second) agreed += count;
    size += count;
  };
  const shares = () => {
    let chance = 0;
    for (let category = 0; category < width; category++)
      chance += (rows[category] ?? 0) * (columns[category] ?? 0);
    return { disagreement: (size - agreed) / size, expected: (size ** 2 - chance) / size ** 2 };
  };
  for (let row = 0; row < left.length; row++) take(row, 1);
  const { disagreement, expected } = shares();
  if (expected === 0) return { reason: 'both columns are the same constant' };
  const { sizes, rows: members, starts } = rowsByCluster(clusters);
  const without = sizes.map((size, cluster) => {
    const start = starts[cluster] ?? 0;
    for (let place = start; place < start + size; place++) take(members[place] ?? 0, -1);
    const part = shares();
    for (let place = start; place < start + size; place++) take(members[place] ?? 0, 1);
    return part.expected > 0 ? 1 - part.disagreement / part.expected : Number.NaN;
  });
  return { kappa: 1 - disagreement / expected, without, sizes, disagreement, expected };
}

function missing(reason: string, clusters: Clusters): Figure {
  return { ...undefinedFigure(reason), n: clusters.length, clusters: rowsByCluster(clusters).sizes.length };
}

function refusal(without: Float64Array, clusters: number): string | undefined {
  if (clusters < 2) return ONE_CLUSTER;
  return without.some(Number.isNaN)
    ? 'too few rows for an interval: undefined without one of the prompts'
    : undefined;
}
