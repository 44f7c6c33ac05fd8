/** How far several raters agree, whoever rated what. */
import { JurorError } from '../errors.ts';
import { type Counts, type Estimator, NO_ROWS, requireFinite, type Statistic } from './statistic.ts';

/** What may be said about two ratings: that they differ, which is higher, or by how much. */
export type RatingLevel = 'nominal' | 'ordinal' | 'interval';

/** The ratings of one unit, in any order of raters; null where a rater gave none. */
export type Ratings = readonly (string | number | null)[];

/**
 * Krippendorff's α (Content Analysis, 4th edition, 2019, chapter 12) = 1 − Dₒ / Dₑ over the n ratings of units that have
 * at least two: Dₒ = 1/n Σ_u Σ_{i≠j∈u} δ²(xᵢ, xⱼ) / (m_u − 1) and Dₑ = 1/(n(n − 1)) Σ_{i≠j} δ²(xᵢ, xⱼ), m_u the ratings
 * of unit u. δ² is [x ≠ y] (`nominal`), (x − y)² (`interval`), or the squared distance of the mid-ranks of x and y among
 * the n ratings (`ordinal`). Rows are units; one with fewer than two ratings says nothing. Strings only for `nominal`.
 * Undefined when no unit has two ratings, or all ratings are the same.
 */
export function krippendorffAlpha(units: readonly Ratings[], level: RatingLevel): Estimator {
  const rated = units.map((unit) => unit.filter((rating) => rating !== null));
  requireLevel(rated, level);
  const categories = [...new Set(rated.flat())];
  if (level !== 'nominal') categories.sort((left, right) => Number(left) - Number(right));
  const numbers = new Map(categories.map((category, number) => [category, number]));
  const paired = rated.map((unit) => (unit.length < 2 ? [] : unit.map((rating) => numbers.get(rating) ?? 0)));
  const values = level === 'nominal' ? [] : unitScale(categories.map(Number));
  const spread = level === 'nominal' ? variety : (members: readonly number[]) => deviation(members, values);
  const within = level === 'ordinal' ? [] : paired.map(spread);
  const totals = new Float64Array(categories.length);

  return {
    rows: units.length,
    of: (counts) => {
      const size = tally(paired, counts, totals);
      if (size === 0) {
        const reason = units.length === 0 ? NO_ROWS : 'no unit has two ratings';
        return { value: null, reason };
      }
      if (level === 'ordinal') midRanks(totals, size, values);
      const all =
        level === 'nominal' ? weightedVariety(totals, size) : weightedDeviation(totals, size, values);
      if (totals.filter((total) => total > 0).length < 2 || !(all > 0)) return SAME;
      let inside = 0;
      for (const [row, members] of paired.entries()) {
        const count = counts[row] ?? 0;
        if (count === 0 || members.length === 0) continue;
        const part = within[row] ?? spread(members);
        inside += (count * members.length * part) / (members.length - 1);
      }
      return { value: 1 - (((size - 1) / size) * inside) / all };
    },
  };
}

const SAME: Statistic = { value: null, reason: 'all ratings are the same' };

/** Divides by the largest magnitude, so that squares neither overflow nor vanish; alpha does not change. */
function unitScale(values: readonly number[]): number[] {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return values.map((value) => (largest > 0 ? value / largest : 0));
}

/** Half the mean over i of Σⱼ [xᵢ ≠ xⱼ]: what the sum of squared deviations is for numbers. */
function variety(members: readonly number[]): number {
  const sizes = new Map<number, number>();
  for (const member of members) sizes.set(member, (sizes.get(member) ?? 0) + 1);
  let same = 0;
  for (const size of sizes.values()) same += size * size;
  return members.length === 0 ? 0 : (members.length - same / members.length) / 2;
}

function weightedVariety(totals: Float64Array, size: number): number {
  return (size - totals.reduce((sum, total) => sum + total * total, 0) / size) / 2;
}

/** Σ (x − x̄)². */
function deviation(members: readonly number[], values: readonly number[]): number {
  let sum = 0;
  for (const member of members) sum += values[member] ?? 0;
  const center = sum / members.length;
  let squares = 0;
  for (const member of members) squares += ((values[member] ?? 0) - center) ** 2;
  return squares;
}

function weightedDeviation(totals: Float64Array, size: number, values: readonly number[]): number {
  const center = totals.reduce((sum, total, category) => sum + total * (values[category] ?? 0), 0) / size;
  return totals.reduce((sum, total, category) => sum + total * ((values[category] ?? 0) - center) ** 2, 0);
}

/** Puts each category's mid-rank, as a share of `size`, into `values`. */
function midRanks(totals: Float64Array, size: number, values: number[]): void {
  let below = 0;
  for (const [category, total] of totals.entries()) {
    values[category] = (below + total / 2) / size;
    below += total;
  }
}

/** Counts the ratings of each category into `totals`; returns their number. */
function tally(paired: readonly (readonly number[])[], counts: Counts, totals: Float64Array): number {
  totals.fill(0);
  let size = 0;
  for (const [row, members] of paired.entries()) {
    const count = counts[row] ?? 0;
    if (count === 0) continue;
    size += count * members.length;
    for (const member of members) totals[member] = (totals[member] ?? 0) + count;
  }
  return size;
}

function requireLevel(rated: readonly (readonly (string | number)[])[], level: RatingLevel): void {
  const ratings = rated.flat();
  requireFinite(ratings.filter((rating) => typeof rating === 'number'));
  const word = ratings.find((rating) => typeof rating === 'string');
  if (word !== undefined && level !== 'nominal') {
    throw new JurorError('usage', `expected numbers for ${level} ratings, got "${word}"`);
  }
}
