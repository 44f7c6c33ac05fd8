/** Quantiles of Student's t. */
import { JurorError } from '../errors.ts';
import { betaQuantile } from './beta.ts';

/**
 * The t with P(|T| ≤ t) = `level` for Student's distribution with `freedom` degrees, from T² / (freedom + T²) ~ Beta(½, freedom / 2)
 * (Abramowitz and Stegun 26.7.1). 12.71 for one degree at 0.95, 1.96 for infinitely many.
 */
export function studentQuantile(freedom: number, level = 0.95): number {
  if (!(freedom > 0 && level > 0 && level < 1)) {
    throw new JurorError(
      'usage',
      `expected degrees of freedom above 0 and a level between 0 and 1, got ${freedom} and ${level}`,
    );
  }
  const share = betaQuantile(level, 0.5, freedom / 2);
  return Math.sqrt((freedom * share) / (1 - share));
}
