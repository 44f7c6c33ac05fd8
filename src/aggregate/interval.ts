/** 95 % intervals that know that rows of one prompt are not independent. */
import { JurorError } from '../errors.ts';
import { Z } from './clustering.ts';
import { createRandom } from './random.ts';
import { type Estimator, estimate, mean, NO_ROWS, requireSameLength } from './statistic.ts';

/** A figure with its 95 % interval. What is undefined is null and `reason` says why; nothing is ever NaN. */
export interface Figure {
  readonly estimate: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** Rows it was computed from. */
  readonly n: number;
  /** Distinct clusters (prompts) among them. */
  readonly clusters: number;
  readonly reason?: string;
}

/** How resampling is done. */
export interface BootstrapOptions {
  /** Default 0. */
  readonly seed?: number;
  /** Default 2,000. */
  readonly resamples?: number;
  /** What the interval covers, in (0, 1). Default 0.95. */
  readonly level?: number;
}

/** More undefined resamples than this share, and the percentiles would describe a different statistic. */
const TOLERATED_UNDEFINED = 0.05;

/**
 * The score interval of a proportion p = successes / n (Wilson, JASA 22, 1927):
 * (p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n), for independent rows.
 */
export function wilsonInterval(successes: number, total: number): Figure {
  if (!Number.isInteger(total) || total < 0 || !(successes >= 0 && successes <= total)) {
    throw new JurorError('usage', `expected 0 <= successes <= total, got ${successes} of ${total}`);
  }
  if (total === 0) return undefinedFigure(NO_ROWS);
  const share = successes / total;
  return { estimate: share, ...wilsonBounds(share, total), n: total, clusters: total };
}

/**
 * A proportion with Wilson's interval at the effective sample size n / d, where the design effect
 * d = [G/(G − 1) Σ_g (Σ_{i∈g} (yᵢ − p))² / n²] / [p(1 − p)/(n − 1)] compares the variance clustered by `clusters` (G of
 * them) with that of independent rows (Dean and Pagano, J. Surv. Stat. Methodol. 3, 2015). One row in each cluster gives
 * Wilson's interval itself. d is at least 1. With p at 0 or 1, where it says nothing, rows of one cluster count as
 * copies: n² / Σ_g n_g² (Kish).
 */
export function proportion(hits: readonly boolean[], clusters: readonly string[]): Figure {
  requireSameLength(hits.length, clusters.length);
  const total = hits.length;
  if (total === 0) return undefinedFigure(NO_ROWS);
  const share = hits.filter(Boolean).length / total;
  const { index, size } = indexClusters(clusters);
  const sums = new Float64Array(size);
  const sizes = new Float64Array(size);
  hits.forEach((hit, row) => {
    const cluster = index[row] ?? 0;
    sums[cluster] = (sums[cluster] ?? 0) + (hit ? 1 : 0) - share;
    sizes[cluster] = (sizes[cluster] ?? 0) + 1;
  });
  const copies = sizes.reduce((sum, rows) => sum + rows * rows, 0) / total;
  let effect = copies;
  if (share > 0 && share < 1 && size > 1) {
    const clustered = ((size / (size - 1)) * sums.reduce((sum, part) => sum + part * part, 0)) / total ** 2;
    effect = Math.max(1, clustered / ((share * (1 - share)) / (total - 1)));
  }
  return { estimate: share, ...wilsonBounds(share, total / effect), n: total, clusters: size };
}

/**
 * Any statistic with the percentile interval of the cluster bootstrap (Efron 1979; Field and Welsh, JRSS B 69, 2007):
 * whole clusters are drawn with replacement, and the interval is from the 2.5 % to the 97.5 % point (interpolated
 * linearly; at another `level` its own tails) of the statistic over the resamples. The order of rows does not matter. With one cluster, or when more than
 * 5 % of the resamples leave the statistic undefined, there is an estimate and no interval.
 */
export function clusterBootstrap(
  estimator: Estimator,
  clusters: readonly string[],
  options: BootstrapOptions = {},
): Figure {
  requireSameLength(estimator.rows, clusters.length);
  const resamples = options.resamples ?? 2000;
  if (!Number.isInteger(resamples) || resamples < 1) {
    throw new JurorError('usage', `expected a positive number of resamples, got ${resamples}`);
  }
  const level = options.level ?? 0.95;
  if (!(level > 0 && level < 1))
    throw new JurorError('usage', `expected a level between 0 and 1, got ${level}`);
  const { index, size } = indexClusters(clusters);
  const whole = estimate(estimator);
  const shape = { n: clusters.length, clusters: size };
  if (whole.value === null) return { estimate: null, low: null, high: null, ...shape, reason: whole.reason };
  if (size < 2)
    return { estimate: whole.value, low: null, high: null, ...shape, reason: 'one cluster has no interval' };

  const random = createRandom(options.seed ?? 0);
  const counts = new Float64Array(clusters.length);
  const drawn = new Float64Array(size);
  const values = new Float64Array(resamples);
  let defined = 0;
  for (let resample = 0; resample < resamples; resample++) {
    drawn.fill(0);
    for (let draw = 0; draw < size; draw++) {
      const cluster = random.below(size);
      drawn[cluster] = (drawn[cluster] ?? 0) + 1;
    }
    for (let row = 0; row < counts.length; row++) counts[row] = drawn[index[row] ?? 0] ?? 0;
    const { value } = estimator.of(counts);
    if (value !== null) values[defined++] = value;
  }
  if (resamples - defined > TOLERATED_UNDEFINED * resamples) {
    const share = Math.round((100 * (resamples - defined)) / resamples);
    const reason = `too few rows for an interval: undefined in ${share} % of the resamples`;
    return { estimate: whole.value, low: null, high: null, ...shape, reason };
  }
  const sorted = values.subarray(0, defined).sort();
  const tail = level === 0.95 ? 0.025 : (1 - level) / 2;
  return { estimate: whole.value, low: quantile(sorted, tail), high: quantile(sorted, 1 - tail), ...shape };
}

/** The mean of a column with its cluster bootstrap interval. */
export function meanInterval(
  values: readonly number[],
  clusters: readonly string[],
  options: BootstrapOptions = {},
): Figure {
  return clusterBootstrap(mean(values), clusters, options);
}

/** A figure that does not exist for these rows, and why. */
export function undefinedFigure(reason: string, clusters: readonly string[] = []): Figure {
  const distinct = new Set(clusters).size;
  return { estimate: null, low: null, high: null, n: clusters.length, clusters: distinct, reason };
}

/** Each row's cluster number; numbers follow the sorted names, so that the order of rows cannot move a draw. */
function indexClusters(clusters: readonly string[]): { index: Int32Array; size: number } {
  const numbers = new Map([...new Set(clusters)].sort().map((name, number) => [name, number]));
  return { index: Int32Array.from(clusters, (name) => numbers.get(name) ?? 0), size: numbers.size };
}

function wilsonBounds(share: number, total: number): { low: number; high: number } {
  const centre = share + Z ** 2 / (2 * total);
  const half = Z * Math.sqrt((share * (1 - share)) / total + Z ** 2 / (4 * total ** 2));
  const scale = 1 + Z ** 2 / total;
  // At 0 and 1 the bound is the estimate itself; rounding must not move it.
  const low = share === 0 ? 0 : Math.max(0, (centre - half) / scale);
  return { low, high: share === 1 ? 1 : Math.min(1, (centre + half) / scale) };
}

/** The quantile of sorted values, linear between neighbours (type 7 of Hyndman and Fan, 1996). */
function quantile(sorted: Float64Array, share: number): number {
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? 0;
  return below + ((sorted[Math.ceil(place)] ?? below) - below) * (place - Math.floor(place));
}
