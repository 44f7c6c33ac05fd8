/** Taking length off a score, no more than it needs. */
import { spearman } from '../aggregate/correlation.ts';
import { estimate } from '../aggregate/statistic.ts';
import { JurorError } from '../errors.ts';
import { requireColumns } from './checks.ts';

/** A score less λ times length. */
export interface LengthSlope {
  /** λ. */
  readonly slope: number;
  /** Spearman's ρ with length, as it was and as it is; null where scores or lengths do not differ. */
  readonly before: number | null;
  readonly after: number | null;
}

/** The largest correlation that ArmoRM leaves. */
export const smallCorrelation = 0.03;

const steps = 30;

/**
 * The λ nearest to 0 for which Spearman's |ρ|(score − λ · length, length) is at most `limit`. With growing λ longer rows only fall behind
 * shorter ones, so ρ never rises and λ is found by bisection, to a billionth and not on a grid as in ArmoRM (Wang et al., EMNLP Findings
 * 2024). Of few rows ρ may jump over the whole band: then `after` is the nearer side, and above the limit. Pairs are rows in both
 * directions: their differences of score and length, and the negatives of these.
 */
export function lengthSlope(
  scores: readonly number[],
  lengths: readonly number[],
  limit = smallCorrelation,
): LengthSlope {
  requireColumns({ lengths }, scores.length);
  if (!(limit >= 0 && limit < 1))
    throw new JurorError('usage', `expected a limit from 0 to below 1, got ${limit}`);
  const correlation = (slope: number) =>
    estimate(
      spearman(
        scores.map((score, row) => score - slope * (lengths[row] as number)),
        lengths,
      ),
    ).value;
  const before = correlation(0);
  if (before === null || Math.abs(before) <= limit) return { slope: 0, before, after: before };
  const sign = Math.sign(before);
  const beyond = (slope: number) => sign * (correlation(sign * slope) ?? 0) > limit;
  let high = rms(scores) / rms(lengths);
  let low = 0;
  while (beyond(high)) {
    low = high;
    high *= 2;
    if (high === Number.POSITIVE_INFINITY)
      throw new JurorError(
        'data',
        'expected a length that can be taken off the score, got a correlation that stays',
      );
  }
  for (let step = 0; step < steps; step++) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) break;
    if (beyond(middle)) low = middle;
    else high = middle;
  }
  const candidates = [high, low].map((slope) => ({ slope: sign * slope, after: correlation(sign * slope) }));
  const [best] = candidates.sort((left, right) => Math.abs(left.after ?? 0) - Math.abs(right.after ?? 0));
  return { slope: best?.slope ?? 0, before, after: best?.after ?? null };
}

function rms(values: readonly number[]): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}
