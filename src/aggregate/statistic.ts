/** What a statistic is here: a number or the reason why there is none, computable on any resample of its rows. */
import { JurorError } from '../errors.ts';

/** A number, or why it is undefined. Never NaN. */
export type Statistic = { readonly value: number } | { readonly value: null; readonly reason: string };

/** How often each row is taken: all ones for the data themselves, a draw's counts for a resample. */
export type Counts = ArrayLike<number>;

/**
 * A statistic bound to its rows. `of(counts)` is its value on the rows with row i taken counts[i] times, so that
 * sorting and indexing are done once and each of thousands of resamples costs one pass.
 */
export interface Estimator {
  readonly rows: number;
  /** The value on the rows taken so often. */
  readonly of: (counts: Counts) => Statistic;
}

/** The statistic of the rows themselves. */
export function estimate(estimator: Estimator): Statistic {
  return estimator.of(new Float64Array(estimator.rows).fill(1));
}

/** The mean Σ xᵢ / n; undefined without rows. Values must be finite. */
export function mean(values: readonly number[]): Estimator {
  requireFinite(values);
  return {
    rows: values.length,
    of: (counts) => {
      let total = 0;
      let size = 0;
      for (let row = 0; row < values.length; row++) {
        const count = counts[row] ?? 0;
        total += count * (values[row] ?? 0);
        size += count;
      }
      return size > 0 ? { value: total / size } : { value: null, reason: NO_ROWS };
    },
  };
}

/** `minuend` − `subtrahend` on the same rows, so that a resample moves both together. */
export function difference(minuend: Estimator, subtrahend: Estimator): Estimator {
  requireSameLength(minuend.rows, subtrahend.rows);
  return {
    rows: minuend.rows,
    of: (counts) => {
      const left = minuend.of(counts);
      if (left.value === null) return left;
      const right = subtrahend.of(counts);
      return right.value === null ? right : { value: left.value - right.value };
    },
  };
}

/** The reason given when there is nothing to compute on. */
export const NO_ROWS = 'no rows';

/** Throws when two columns differ in length. */
export function requireSameLength(left: number, right: number): void {
  if (left !== right)
    throw new JurorError('usage', `expected columns of one length, got ${left} and ${right}`);
}

/** Throws when a value is NaN or infinite. */
export function requireFinite(values: readonly number[]): void {
  const row = values.findIndex((value) => !Number.isFinite(value));
  if (row >= 0)
    throw new JurorError('usage', `expected finite numbers, got ${values[row]} in row ${row + 1}`);
}
