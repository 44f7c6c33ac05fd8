/** Logistic regression of a few columns, by Newton's method. */
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
    const change = solve(state.curvature, state.gradient);
    if (change === null) {
      return { coefficients: null, reason: 'the columns are collinear, or separate the outcomes' };
    }
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
  /** The lower triangle of the second derivatives. */
  readonly curvature: readonly (readonly number[])[];
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
  const curvature = coefficients.map((_, row) =>
    coefficients.map((__, column) => (row === column && row > 0 ? ridge : 0)),
  );
  let loss = (ridge / 2) * coefficients.slice(1).reduce((sum, value) => sum + value * value, 0);
  let largest = 0;
  const width = coefficients.length;
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
      const line = curvature[place] ?? [];
      for (let other = 0; other <= place; other++) {
        line[other] = (line[other] ?? 0) + weight * feature * (rows[start + other] ?? 0);
      }
    }
  }
  return { loss, gradient, curvature, largest };
}

/** x with A x = b for a positive definite A given by its lower triangle, by Cholesky; null when A is singular to working precision. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] | null {
  const root = matrix.map((line) => line.map(() => 0));
  const at = (row: number, column: number) => root[row]?.[column] ?? 0;
  for (const [row, line] of matrix.entries()) {
    for (let column = 0; column <= row; column++) {
      let rest = line[column] ?? 0;
      for (let place = 0; place < column; place++) rest -= at(row, place) * at(column, place);
      if (row === column && !(rest > 1e-12 * (line[row] ?? 0))) return null;
      (root[row] ?? [])[column] = row === column ? Math.sqrt(rest) : rest / at(column, column);
    }
  }
  const solution = [...right];
  for (let row = 0; row < solution.length; row++) {
    for (let place = 0; place < row; place++) {
      solution[row] = (solution[row] ?? 0) - at(row, place) * (solution[place] ?? 0);
    }
    solution[row] = (solution[row] ?? 0) / at(row, row);
  }
  for (let row = solution.length - 1; row >= 0; row--) {
    for (let place = row + 1; place < solution.length; place++) {
      solution[row] = (solution[row] ?? 0) - at(place, row) * (solution[place] ?? 0);
    }
    solution[row] = (solution[row] ?? 0) / at(row, row);
  }
  return solution;
}
