/** Whether one judge is better than another on the very same rows. */
import { JurorError } from '../errors.ts';
import { regularizedBeta } from './beta.ts';
import { type BootstrapOptions, clusterBootstrap, type Figure } from './interval.ts';
import { createRandom } from './random.ts';
import { type Counts, type Estimator, estimate, requireSameLength } from './statistic.ts';

/** McNemar's test of two columns of hits. */
export interface McNemar {
  /** Rows that only the left judge got right. */
  readonly onlyLeft: number;
  /** Rows that only the right judge got right. */
  readonly onlyRight: number;
  /** Exact, two-sided; 1 when the judges differ nowhere. */
  readonly pValue: number;
}

/** How the comparison is drawn. */
export interface ComparisonOptions extends BootstrapOptions {
  /** Most swaps of clusters that are tried. All 2^G of them when that is not more. Default 10,000. */
  readonly permutations?: number;
}

/** Two judges under one statistic. */
export interface JudgeComparison {
  readonly left: Figure;
  readonly right: Figure;
  /** Left minus right, with the interval of the paired cluster bootstrap. */
  readonly difference: Figure;
  /** Two-sided, of the permutation test; null where the difference is undefined, and `difference.reason` says why. */
  readonly pValue: number | null;
  /** Swaps that the p-value stands on. */
  readonly permutations: number;
  /** Every swap was tried, so that the p-value has no sampling error. */
  readonly exact: boolean;
}

/**
 * McNemar's exact test (Psychometrika 12, 1947): p = min(1, 2 P(X ≤ min(b, c))), X ~ Binomial(b + c, ½), b and c the rows
 * that only one judge got right. It takes rows as independent: with several rows of a prompt use {@link compareJudges}.
 */
export function mcNemar(left: readonly boolean[], right: readonly boolean[]): McNemar {
  requireSameLength(left.length, right.length);
  const onlyLeft = left.filter((hit, row) => hit && !right[row]).length;
  const onlyRight = right.filter((hit, row) => hit && !left[row]).length;
  const [few, many] = [Math.min(onlyLeft, onlyRight), Math.max(onlyLeft, onlyRight)];
  // P(X ≤ few) = P(X ≥ many), as ½ is its own mirror image.
  const pValue = few === many ? 1 : Math.min(1, 2 * regularizedBeta(0.5, many, few + 1));
  return { onlyLeft, onlyRight, pValue };
}

/**
 * Two judges on the same rows under any statistic. `statistic` makes the estimator of a column of rows, whatever a row
 * holds (a verdict and its label, say); it is made once, for the left rows followed by the right.
 *
 * `difference` resamples whole clusters with both judges in them. `pValue` is that of the paired permutation test (Fisher
 * 1935; Good, Permutation Tests, 2000): were the judges exchangeable, their rows could be swapped in any set of clusters;
 * it is the share of swaps whose difference is at least as far from 0, all 2^G when few, else (1 + hits) / (1 + drawn).
 * Swaps under which the statistic is undefined count as hits, which can only raise it.
 */
export function compareJudges<Row>(
  left: readonly Row[],
  right: readonly Row[],
  statistic: (rows: readonly Row[]) => Estimator,
  clusters: readonly string[],
  options: ComparisonOptions = {},
): JudgeComparison {
  requireSameLength(left.length, right.length);
  requireSameLength(left.length, clusters.length);
  const permutations = options.permutations ?? 10_000;
  if (!Number.isInteger(permutations) || permutations < 1) {
    throw new JurorError('usage', `expected a positive number of permutations, got ${permutations}`);
  }
  const size = left.length;
  const stacked = statistic([...left, ...right]);
  requireSameLength(stacked.rows, 2 * size);
  const places = new Float64Array(2 * size);
  const side = (offset: number): Estimator => ({
    rows: size,
    of: (counts) => {
      places.fill(0);
      for (let row = 0; row < size; row++) places[offset + row] = counts[row] ?? 0;
      return stacked.of(places);
    },
  });
  const swapped = difference(stacked, size);
  const unswapped: Estimator = { rows: size, of: (counts) => swapped(counts, null) };
  const figure = (estimator: Estimator) => clusterBootstrap(estimator, clusters, options);
  const observed = estimate(unswapped);
  return {
    left: figure(side(0)),
    right: figure(side(size)),
    difference: figure(unswapped),
    ...(observed.value === null
      ? { pValue: null, permutations: 0, exact: false }
      : permute(observed.value, swapped, clusters, permutations, options.seed ?? 0)),
  };
}

/** The left statistic minus the right, with the two exchanged in the rows that `swap` names. */
function difference(stacked: Estimator, size: number) {
  const places = [new Float64Array(2 * size), new Float64Array(2 * size)] as const;
  return (counts: Counts, swap: ArrayLike<boolean> | null) => {
    for (let row = 0; row < size; row++) {
      const [first, second] = swap?.[row] ? [size + row, row] : [row, size + row];
      const count = counts[row] ?? 0;
      places[0][first] = count;
      places[0][second] = 0;
      places[1][first] = 0;
      places[1][second] = count;
    }
    const left = stacked.of(places[0]);
    if (left.value === null) return left;
    const right = stacked.of(places[1]);
    return right.value === null ? right : { value: left.value - right.value };
  };
}

function permute(
  observed: number,
  swapped: ReturnType<typeof difference>,
  clusters: readonly string[],
  permutations: number,
  seed: number,
): Pick<JudgeComparison, 'pValue' | 'permutations' | 'exact'> {
  const names = [...new Set(clusters)].sort();
  const numbers = new Map(names.map((name, number) => [name, number]));
  const index = clusters.map((cluster) => numbers.get(cluster) ?? 0);
  const ones = new Float64Array(clusters.length).fill(1);
  // Equal differences must count as equal although sums were taken in another order.
  const least = Math.abs(observed) * (1 - 1e-9) - 1e-12;
  const isHit = (chosen: readonly boolean[]): boolean => {
    const { value } = swapped(
      ones,
      index.map((cluster) => chosen[cluster] ?? false),
    );
    return value === null || Math.abs(value) >= least;
  };
  const exact = 2 ** names.length <= permutations;
  const trials = exact ? 2 ** names.length : permutations;
  const random = createRandom(seed);
  let hits = 0;
  for (let trial = 0; trial < trials; trial++) {
    const chosen = names.map((_, cluster) =>
      exact ? Math.floor(trial / 2 ** cluster) % 2 === 1 : random.below(2) === 1,
    );
    if (isHit(chosen)) hits++;
  }
  return { pValue: exact ? hits / trials : (1 + hits) / (1 + trials), permutations: trials, exact };
}
