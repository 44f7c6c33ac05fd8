/** Sums and moments that are the same, bit for bit, in whatever order the values come. */
import { JurorError } from '../errors.ts';

/** The largest magnitude a score may have, far from where sums of squares overflow. */
const LARGEST_SCORE = 1e100;

/**
 * The sum of finite values, rounded once (Shewchuk, Discrete Comput. Geom. 18, 1997, as in Python's `math.fsum`); 0 for
 * none. An exact sum has no order.
 */
export function exactSum(values: Iterable<number>): number {
  // Non-overlapping parts of the exact sum, smallest first.
  const parts: number[] = [];
  for (const value of values) {
    let carry = value;
    let kept = 0;
    for (const part of parts) {
      const [large, small] = Math.abs(carry) < Math.abs(part) ? [part, carry] : [carry, part];
      carry = large + small;
      const lost = small - (carry - large);
      if (lost !== 0) parts[kept++] = lost;
    }
    parts.length = kept;
    parts.push(carry);
  }

  let place = parts.length - 1;
  let sum = parts[place] ?? 0;
  let lost = 0;
  while (place > 0 && lost === 0) {
    const before = sum;
    const part = parts[--place] ?? 0;
    sum = before + part;
    lost = part - (sum - before);
  }
  // A tie was rounded to even; the parts below say on which side the exact sum lies.
  if (place > 0 && Math.sign(lost) === Math.sign(parts[place - 1] ?? 0)) {
    const nudged = sum + 2 * lost;
    if (nudged - sum === 2 * lost) sum = nudged;
  }
  return sum + 0;
}

/** The mean Σ xᵢ / n of at least one value, kept between the smallest and the largest. */
export function exactMean(values: readonly number[]): number {
  const [least, most] = extremes(values);
  return Math.min(most, Math.max(least, exactSum(values) / values.length));
}

/** The smallest and the largest of at least one value. */
export function extremes(values: readonly number[]): readonly [least: number, most: number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return [least, most];
}

/** The standard deviation √(Σ (xᵢ − x̄)² / (n − 1)); null for fewer than two values. */
export function sampleDeviation(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  const center = exactMean(values);
  const deviations = values.map((value) => value - center);
  const [, largest] = extremes(deviations.map(Math.abs));
  if (largest === 0) return 0;
  const squares = exactSum(deviations.map((deviation) => (deviation / largest) ** 2));
  return largest * Math.sqrt(squares / (values.length - 1));
}

/** The standard error s / √n of a mean; null for fewer than two values. */
export function standardError(values: readonly number[]): number | null {
  const deviation = sampleDeviation(values);
  return deviation === null ? null : deviation / Math.sqrt(values.length);
}

/** Throws unless the score is a number within ±1e100; returns it with −0 as 0. `place` names it. */
export function requireScore(score: number, place: string): number {
  if (Math.abs(score) <= LARGEST_SCORE) return score + 0;
  throw new JurorError('usage', `${place}: expected a finite score within ±${LARGEST_SCORE}, got ${score}`);
}
