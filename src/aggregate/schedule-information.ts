/** The comparison that teaches most about the ranking, and how certain the ranking is. */
import { JurorError } from '../errors.ts';
import { bradleyTerry } from './bradley-terry.ts';
import type { Comparison, Pairing } from './comparisons.ts';
import { kendall } from './correlation.ts';
import { logistic } from './logits.ts';
import { cholesky, invertCholesky, multiply, solveTransposed } from './matrix.ts';
import { createRandom } from './random.ts';
import { seededOrder } from './schedule-swiss.ts';
import { estimate } from './statistic.ts';

/** The precision of the normal prior on strengths: a standard deviation of 3 nats, odds of twenty to one. */
export const PRIOR = 1 / 9;
/** Draws of the strengths behind the bound on τ. */
const DRAWS = 400;

/**
 * What comparisons leave possible: strengths are normal around a Bradley-Terry fit with precision L/φ + λ (Laplace's
 * approximation), where L is the information of the comparisons, Σ p(1 − p) for each pair, λ the prior, and φ the
 * dispersion (1 + Pearson's χ²) / (1 + comparisons − parameters): near 1 for coin flips, small for probabilities that
 * the strengths explain (quasi-likelihood: Wedderburn, Biometrika 61, 1974).
 */
export interface Posterior {
  readonly items: number;
  readonly strengths: readonly number[];
  readonly dispersion: number;
  /** Cholesky's factor of the precision. */
  readonly factor: Float64Array;
}

/**
 * `count` open pairs. One after another, the pair is chosen whose comparison promises the largest fall in misordered
 * pairs: to first order Σ_{k<l} g_kl · (the fall of the variance of θ_k − θ_l), where g = e^{−z²/2}/v says how much the
 * order of k and l, z standard deviations apart, hangs on that variance v. The comparison of i and j has the Bernoulli
 * information w = p(1 − p)/φ and takes w/(1 + w v_ij) · cov(θ_k − θ_l, θ_i − θ_j)² off. Variances count the pairs chosen
 * before it as if they were judged; equal pairs go by the seed.
 */
export function informativePairs(
  { items, strengths, dispersion, factor }: Posterior,
  open: (pairing: Pairing) => boolean,
  count: number,
  seed: number,
): Pairing[] {
  const gap = (one: number, other: number) => (strengths[one] ?? 0) - (strengths[other] ?? 0);
  const covariance = invertCholesky(factor, items);
  // The quadratic form of worth: that of a pair is the Σ g · cov² of a comparison of it.
  const worth = multiply(multiply(covariance, doubts(items, covariance, gap), items), covariance, items);
  const order = seededOrder(items, seed);
  const candidates = order.flatMap((one, place) =>
    order.slice(place + 1).flatMap((other) => {
      const pair = { first: Math.min(one, other), second: Math.max(one, other) };
      return open(pair) ? [{ pair, information: information(gap(one, other)) / dispersion }] : [];
    }),
  );

  const chosen: Pairing[] = [];
  while (chosen.length < count && candidates.length > 0) {
    let [best, largest] = [0, -1];
    candidates.forEach(({ pair, information }, place) => {
      const gain =
        (between(worth, items, pair) * information) / (1 + information * between(covariance, items, pair));
      // Rounding must not break a tie that the seed should.
      if (gain > largest * (1 + 1e-9)) [best, largest] = [place, gain];
    });
    const taken = candidates.splice(best, 1)[0];
    if (!taken) break;
    chosen.push(taken.pair);
    observe(covariance, worth, items, taken.pair, taken.information);
  }
  return chosen;
}

/**
 * The 5 % point of Kendall's τ between the fitted ranking and the rankings of strengths drawn from what the comparisons
 * leave possible ({@link Posterior}): how far the ranking can be trusted. 1 for a single item.
 */
export function orderCertainty({ items, strengths, factor }: Posterior, seed: number): number {
  if (items < 2) return 1;
  const random = createRandom(seed);
  const agreements = Float64Array.from({ length: DRAWS }, () => {
    const noise = solveTransposed(factor, items, Float64Array.from({ length: items }, random.normal));
    const drawn = strengths.map((strength, item) => strength + (noise[item] ?? 0));
    return estimate(kendall(strengths, drawn)).value ?? 0;
  });
  return agreements.sort()[Math.floor(0.05 * DRAWS)] ?? -1;
}

/** What the comparisons of `items` items leave possible. */
export function posteriorOf(items: number, comparisons: readonly Comparison[]): Posterior {
  // A prior must not pull on strengths that precise probabilities fix: the dispersion of a first fit weighs it.
  const first = strengthsOf(items, comparisons, PRIOR);
  const strengths = strengthsOf(
    items,
    comparisons,
    PRIOR * Math.min(1, dispersionOf(items, comparisons, first)),
  );
  const dispersion = dispersionOf(items, comparisons, strengths);
  const precision = new Float64Array(items * items);
  const add = (row: number, column: number, amount: number) => {
    precision[row * items + column] = (precision[row * items + column] ?? 0) + amount;
  };
  for (let item = 0; item < items; item++) add(item, item, PRIOR);
  for (const { first, second, weight = 1 } of comparisons) {
    const amount = (weight * information((strengths[first] ?? 0) - (strengths[second] ?? 0))) / dispersion;
    for (const [row, column] of [[first, second] as const, [second, first] as const]) {
      add(row, row, amount);
      add(row, column, -amount);
    }
  }
  const factor = cholesky(precision, items);
  if (factor === null) throw new JurorError('usage', 'expected comparisons of finite precision');
  return { items, strengths, dispersion, factor };
}

function strengthsOf(items: number, comparisons: readonly Comparison[], ridge: number): readonly number[] {
  const fit = bradleyTerry(items, comparisons, { ridge });
  if (fit.strengths === null) throw new JurorError('usage', fit.reason);
  return fit.strengths;
}

function dispersionOf(
  items: number,
  comparisons: readonly Comparison[],
  strengths: readonly number[],
): number {
  let [misfit, rows] = [0, 0];
  for (const { first, second, probability, weight = 1 } of comparisons) {
    const difference = (strengths[first] ?? 0) - (strengths[second] ?? 0);
    misfit += (weight * (probability - logistic(difference)) ** 2) / Math.max(information(difference), 1e-12);
    rows += weight;
  }
  return (1 + misfit) / (1 + Math.max(0, rows - (items - 1)));
}

/** p(1 − p) of a difference of strengths. */
function information(difference: number): number {
  return logistic(difference) * logistic(-difference);
}

/** (e_i − e_j)ᵀ A (e_i − e_j). */
function between(matrix: Float64Array, items: number, { first, second }: Pairing): number {
  const at = (row: number, column: number) => matrix[row * items + column] ?? 0;
  return at(first, first) + at(second, second) - 2 * at(first, second);
}

/** The Laplacian of the doubts g_kl. */
function doubts(
  items: number,
  covariance: Float64Array,
  gap: (one: number, other: number) => number,
): Float64Array {
  const laplacian = new Float64Array(items * items);
  const add = (row: number, column: number, amount: number) => {
    laplacian[row * items + column] = (laplacian[row * items + column] ?? 0) + amount;
  };
  for (let first = 0; first < items; first++) {
    for (let second = 0; second < first; second++) {
      const variance = between(covariance, items, { first, second });
      const doubt = Math.exp(-(gap(first, second) ** 2) / (2 * variance)) / variance;
      add(first, first, doubt);
      add(second, second, doubt);
      add(first, second, -doubt);
      add(second, first, -doubt);
    }
  }
  return laplacian;
}

/** Both matrices after one more comparison of the pair (Sherman and Morrison, Ann. Math. Stat. 21, 1950). */
function observe(
  covariance: Float64Array,
  worth: Float64Array,
  items: number,
  pair: Pairing,
  information: number,
): void {
  const column = (matrix: Float64Array) =>
    Float64Array.from({ length: items }, (_, row) => {
      return (matrix[row * items + pair.first] ?? 0) - (matrix[row * items + pair.second] ?? 0);
    });
  const [shift, change] = [column(covariance), column(worth)];
  const scale = information / (1 + information * between(covariance, items, pair));
  const square = scale ** 2 * between(worth, items, pair);
  for (let row = 0; row < items; row++) {
    const [own, pull] = [shift[row] ?? 0, change[row] ?? 0];
    for (let other = 0; other < items; other++) {
      const place = row * items + other;
      const [theirs, push] = [shift[other] ?? 0, change[other] ?? 0];
      covariance[place] = (covariance[place] ?? 0) - scale * own * theirs;
      worth[place] = (worth[place] ?? 0) - scale * (own * push + pull * theirs) + square * own * theirs;
    }
  }
}
