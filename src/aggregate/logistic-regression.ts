/** Logistic regression of a few columns, by Newton's method. */
import { cholesky, solveCholesky } from './matrix.ts';
import type { Counts } from './statistic.ts';

/** The intercept and a coefficient for each column, or why there are none. */
export type LogisticFit =
  | { readonly coefficients: readonly number[] }
  | { readonly coefficients: null; readonly reason: string };

/** Log-odds beyond which a fit is running away to infinity. */
const RUNAWAY = 35;
/** Newton steps after which that is no overshoot any more. */
const PATIENCE = 15;
const STEPS = 100;
/** A column that keeps less of itself beside the others is one of them. */
const LEAST_PIVOT = 1e-12;

/**
 * The β that minimise −Σ cᵢ [yᵢ log pᵢ + (1 − yᵢ) log(1 − pᵢ)] + λ/2 Σ_{j≥1} βⱼ², pᵢ = logistic(β₀ + Σ βⱼ xᵢⱼ), for
 * targets y in [0, 1] and rows taken `counts` times; the intercept β₀ is free of the penalty. No fit when columns are
 * collinear, or when they separate the targets, so that the best β is infinite.
 */
export function logisticRegression(
  columns: readonly (readonly number[])[],
  targets: readonly number[],
  counts: Counts,
  ridge: number,
): LogisticFit {
  const width = columns.length + 1;
  const rows = new Float64Array(targets.length * width);
  for (let row = 0; row < targets.length; row++) {
    rows[row * width] = 1;
    for (const [place, column] of columns.entries()) rows[row * width + place + 1] = column[row] ?? 0;
  }
  let coefficients = new Array<number>(width).fill(0);
  let state = evaluate(rows, targets, counts, ridge, coefficients);
  for (let step = 0; step < STEPS; step++) {
    const factor = cholesky(state.curvature, width, LEAST_PIVOT);
    if (factor === null) {
      return { coefficients: null, reason: 'the columns are collinear, or separate the outcomes' };
    }
    const change = solveCholesky(factor, width, state.gradient);
    let length = 1;
    let next = state;
    let moved = coefficients;
    // Newton's step can be too long far from the minimum.
    for (; length > 1e-6; length /= 2) {
      moved = coefficients.map((value, place) => value - length * (change[place] ?? 0));
      next = evaluate(rows, targets, counts, ridge, moved);
      if (next.loss <= state.loss + 1e-12 * Math.abs(state.loss)) break;
    }
    coefficients = moved;
    state = next;
    if (step >= PATIENCE && state.largest > RUNAWAY) break;
    if (change.every((value, place) => Math.abs(value) <= 1e-12 * (1 + Math.abs(coefficients[place] ?? 0)))) {
      return { coefficients };
    }
  }
  return { coefficients: null, reason: 'the columns separate the outcomes: no finite fit without a penalty' };
}

interface State {
  readonly loss: number;
  readonly gradient: readonly number[];
  /** The lower triangle of the second derivatives, in a square row-major matrix. */
  readonly curvature: Float64Array;
  /** The largest log-odds of a row, in magnitude. */
  readonly largest: number;
}

function evaluate(
  rows: Float64Array,
  targets: readonly number[],
  counts: Counts,
  ridge: number,
  coefficients: readonly number[],
): State {
  const gradient = coefficients.map((value, place) => (place === 0 ? 0 : ridge * value));
  let loss = (ridge / 2) * coefficients.slice(1).reduce((sum, value) => sum + value * value, 0);
  let largest = 0;
  const width = coefficients.length;
  const curvature = new Float64Array(width * width);
  for (let place = 1; place < width; place++) curvature[place * width + place] = ridge;
  for (let row = 0; row < targets.length; row++) {
    const count = counts[row] ?? 0;
    if (count === 0) continue;
    const start = row * width;
    let odds = 0;
    for (let place = 0; place < width; place++)
      odds += (rows[start + place] ?? 0) * (coefficients[place] ?? 0);
    const target = targets[row] ?? 0;
    const power = Math.exp(-Math.abs(odds));
    const chance = odds >= 0 ? 1 / (1 + power) : power / (1 + power);
    largest = Math.max(largest, Math.abs(odds));
    // log(1 + exp(x)) − y x
    loss += count * (Math.max(0, odds) + Math.log1p(power) - target * odds);
    const weight = (count * power) / (1 + power) ** 2;
    for (let place = 0; place < width; place++) {
      const feature = rows[start + place] ?? 0;
      gradient[place] = (gradient[place] ?? 0) + count * (chance - target) * feature;
      for (let other = 0; other <= place; other++) {
        const cell = place * width + other;
        curvature[cell] = (curvature[cell] ?? 0) + weight * feature * (rows[start + other] ?? 0);
      }
    }
  }
  return { loss, gradient, curvature, largest };
}
