/**
 * 95 % intervals of means without any draw: each cluster is left out once. The same rows give the same bits, in whatever order they
 * come and under any seed, and the work grows with the rows alone.
 *
 * With θ₍g₎ the statistic without cluster g and θ that of all, V = (G − 1)/G Σ_g (θ₍g₎ − θ)² (Tukey 1958; the CV₃ of MacKinnon,
 * Nielsen and Webb, J. Appl. Econometrics 38, 2023), referred to Student's t with G − 1 degrees of freedom. For one row in each
 * cluster that is the textbook interval x̄ ± t s / √n. Copies of rows within their clusters move nothing.
 */
import { JurorError } from '../errors.ts';
import { type Figure, undefinedFigure } from './interval.ts';
import { exactSum } from './moments.ts';
import { NO_ROWS, requireSameLength } from './statistic.ts';
import { studentQuantile } from './student.ts';

/** Why one prompt, however many answers it has, tells nothing of others. */
export const ONE_CLUSTER = 'one prompt has no interval';

/** Rows by cluster. */
export interface ClusterRows {
  /** Rows of each cluster, in the order of appearance. */
  readonly sizes: Float64Array;
  /** All rows, those of one cluster next to each other. */
  readonly rows: Int32Array;
  /** Where in `rows` each cluster begins, and the end. */
  readonly starts: Int32Array;
}

/** The cluster of each row: names, or numbers from {@link numberClusters}, which are faster where one column is used often. */
export type Clusters = readonly string[] | Int32Array;

/** Each row's cluster as a number from 0, in the order of appearance. */
export function numberClusters(rows: number, nameOf: (row: number) => string): Int32Array {
  const numbers = new Map<string, number>();
  return new Int32Array(rows).map((_, row) => {
    const name = nameOf(row);
    const known = numbers.get(name);
    if (known !== undefined) return known;
    numbers.set(name, numbers.size);
    return numbers.size - 1;
  });
}

/** Put the rows of each cluster together; numbers of no row are no clusters. */
export function rowsByCluster(clusters: Clusters): ClusterRows {
  const numbered =
    clusters instanceof Int32Array ? clusters : numberClusters(clusters.length, (row) => clusters[row] ?? '');
  let most = -1;
  for (const number of numbered) if (number > most) most = number;
  const counts = new Float64Array(most + 1);
  for (const number of numbered) counts[number] = (counts[number] ?? 0) + 1;
  const sizes = counts.filter((count) => count > 0);
  const starts = new Int32Array(sizes.length + 1);
  for (let place = 0; place < sizes.length; place++)
    starts[place + 1] = (starts[place] ?? 0) + (sizes[place] ?? 0);
  const next = new Int32Array(most + 1);
  let start = 0;
  for (let number = 0; number <= most; number++) {
    next[number] = start;
    start += counts[number] ?? 0;
  }
  const rows = new Int32Array(numbered.length);
  for (let row = 0; row < numbered.length; row++) {
    const number = numbered[row] ?? 0;
    const place = next[number] ?? 0;
    rows[place] = row;
    next[number] = place + 1;
  }
  return { sizes, rows, starts };
}

/**
 * The mean of values in [0, 1], such as scores, or hits as 0 and 1. The interval has the form of Wilson's with V in the place of
 * p(1 − p)/n, that is at the effective number of rows p(1 − p)/V (Dean and Pagano, J. Surv. Stat. Methodol. 3, 2015): it stays within
 * [0, 1], and leans to the middle as it must near the edges. Where all clusters have one and the same mean c, none has shown how
 * far others may lie: at most the share q = 1 − 0.025^(1/n) of clusters differs (Clopper and Pearson 1934, n = Kish's N² / Σ n_g²), and could be
 * anything, so the interval is c − q c to c + q (1 − c). Undefined for one cluster.
 */
export function clusteredShare(values: readonly number[], clusters: Clusters): Figure {
  const left = leaveOutMeans(values, clusters, [0, 1]);
  if (!('mean' in left)) return left;
  const { mean, variance, shape, sizes } = left;
  if (variance === 0) return { ...shape, ...unseen(mean, sizes, [0, 1]) };
  const widened = studentQuantile(shape.clusters - 1) ** 2 * variance;
  const shift = widened / (mean * (1 - mean));
  const centre = (mean + shift / 2) / (1 + shift);
  const half = Math.sqrt(widened + shift ** 2 / 4) / (1 + shift);
  return { ...shape, ...within(mean, [centre - half, centre + half], [0, 1]) };
}

/**
 * The mean of paired differences in [−1, 1] with the interval d ± t√V, cut at −1 and 1. Where all clusters have one and the same mean it is
 * as in {@link clusteredShare}, unless `unchanged` says that there is nothing to differ: then it is 0 to 0.
 */
export function clusteredDifference(
  values: readonly number[],
  clusters: Clusters,
  { unchanged = false }: { readonly unchanged?: boolean } = {},
): Figure {
  const left = leaveOutMeans(values, clusters, [-1, 1]);
  if (!('mean' in left)) return left;
  const { mean, variance, shape, sizes } = left;
  if (variance === 0 && unchanged) return { ...shape, low: mean, high: mean };
  if (variance === 0) return { ...shape, ...unseen(mean, sizes, [-1, 1]) };
  return { ...shape, ...studentBounds(mean, variance, shape.clusters, [-1, 1]) };
}

/** θ ± t√V, cut at the ends of what θ can be. */
export function studentBounds(
  estimate: number,
  variance: number,
  clusters: number,
  range: readonly [number, number],
): Pick<Figure, 'low' | 'high'> {
  const half = studentQuantile(clusters - 1) * Math.sqrt(variance);
  return within(estimate, [estimate - half, estimate + half], range);
}

/** V of deviations θ₍g₎ − θ; 0 where they are all rounding: one cluster of G moves θ by about 1/G. */
export function leaveOutVariance(deviations: Float64Array): number {
  const size = deviations.length;
  const rounding = Math.max(1e-12 / size, 1e-15);
  if (deviations.every((deviation) => Math.abs(deviation) <= rounding)) return 0;
  return ((size - 1) / size) * exactSum(deviations.map((deviation) => deviation ** 2));
}

/** The largest share of clusters that may differ although none did, at 97.5 %. */
export function unseenShare(sizes: ArrayLike<number>): number {
  let [rows, squares] = [0, 0];
  for (let cluster = 0; cluster < sizes.length; cluster++) {
    const size = sizes[cluster] ?? 0;
    rows += size;
    squares += size * size;
  }
  return 1 - 0.025 ** (squares / rows ** 2);
}

/** Bounds cut at the ends of a range and never past the estimate. */
export function within(
  estimate: number,
  [low, high]: readonly [number, number],
  [least, most]: readonly [number, number],
): { readonly low: number; readonly high: number } {
  return {
    low: Math.max(least, Math.min(low, estimate)),
    high: Math.min(most, Math.max(high, estimate)),
  };
}

interface LeaveOut {
  readonly mean: number;
  readonly variance: number;
  readonly sizes: Float64Array;
  readonly shape: { readonly estimate: number; readonly n: number; readonly clusters: number };
}

/** θ₍g₎ − θ of a mean is (n_g θ − s_g) / (N − n_g), s_g the sum of cluster g. */
function leaveOutMeans(
  values: readonly number[],
  clusters: Clusters,
  range: readonly [number, number],
): LeaveOut | Figure {
  requireSameLength(values.length, clusters.length);
  const wrong = values.find((value) => !(value >= range[0] && value <= range[1]));
  if (wrong !== undefined)
    throw new JurorError('usage', `expected values from ${range[0]} to ${range[1]}, got ${wrong}`);
  if (values.length === 0) return undefinedFigure(NO_ROWS);
  const { sizes, rows, starts } = rowsByCluster(clusters);
  const sorted = Float64Array.from(rows, (row) => values[row] ?? 0);
  // Exact sums have no order, and so neither has the figure.
  const sums = Float64Array.from(sizes, (size, cluster) => {
    const start = starts[cluster] ?? 0;
    if (size > 2) return exactSum(sorted.subarray(start, start + size));
    return (sorted[start] ?? 0) + (size === 2 ? (sorted[start + 1] ?? 0) : 0);
  });
  const mean = Math.min(range[1], Math.max(range[0], exactSum(sums) / values.length));
  const shape = { estimate: mean, n: values.length, clusters: sums.length };
  if (sums.length < 2) return { ...shape, low: null, high: null, reason: ONE_CLUSTER };
  const deviations = sums.map((sum, cluster) => {
    const size = sizes[cluster] ?? 0;
    return (size * mean - sum) / (values.length - size);
  });
  return { mean, variance: leaveOutVariance(deviations), sizes, shape };
}

function unseen(
  mean: number,
  sizes: ArrayLike<number>,
  range: readonly [number, number],
): { readonly low: number; readonly high: number } {
  const share = unseenShare(sizes);
  return within(mean, [mean - share * (mean - range[0]), mean + share * (range[1] - mean)], range);
}
