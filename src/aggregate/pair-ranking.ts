/** From comparisons in pairs to a ranking with intervals, bounded by a prior where the comparisons alone bound nothing. */
import { bradleyTerry } from './bradley-terry.ts';
import type { Comparison } from './comparisons.ts';
import { PRIOR, posteriorOf } from './schedule-information.ts';
import { estimate } from './statistic.ts';
import type { StrengthFit } from './strengths.ts';
import { cyclicShare, type RankedItem, rankTable } from './tournament.ts';

/** Strengths further apart, in nats, are a judge's that has no probabilities: their intervals would span everything. */
const SATURATED = 15;

/** A ranking of items, or why there is none. */
export interface PairRanking {
  /** Best first; null when the comparisons do not link all items. */
  readonly table: readonly RankedItem[] | null;
  /** Items that nothing links with item 0; empty when `table` is there. */
  readonly apart: readonly number[];
  /** Whether strengths would be without bounds (or over 15 nats apart) but for a normal prior with a deviation of 3 nats. */
  readonly prior: boolean;
  /** See cyclicShare; null without a triple compared in full. */
  readonly cyclicShare: number | null;
}

/**
 * Bradley-Terry strengths of soft comparisons and their ranks. The covariance is the model's times the dispersion φ of
 * the comparisons around the fit (see Posterior): a judge whose probabilities are those of one order is surer than coin
 * flips of the same odds (quasi-likelihood: Wedderburn, Biometrika 61, 1974). The intervals are of what this judge says,
 * not of what is true.
 */
export function rankPairs(items: number, comparisons: readonly Comparison[]): PairRanking {
  const cyclic = estimate(cyclicShare(items, comparisons)).value;
  const apart = unlinked(items, comparisons);
  if (apart.length > 0) return { table: null, apart, prior: false, cyclicShare: cyclic };
  const free = bradleyTerry(items, comparisons);
  const prior =
    free.strengths === null || Math.max(...free.strengths) - Math.min(...free.strengths) > SATURATED;
  const fit = prior ? bradleyTerry(items, comparisons, { ridge: PRIOR }) : free;
  const { dispersion } = posteriorOf(items, comparisons);
  return { table: rankTable(items, scaled(fit, dispersion), 'model'), apart, prior, cyclicShare: cyclic };
}

/** A fit whose covariance is `factor` times as large. */
function scaled(fit: StrengthFit, factor: number): StrengthFit {
  if (fit.strengths === null) return fit;
  return {
    ...fit,
    covariance: (kind) => {
      const covariance = fit.covariance(kind);
      if (covariance.values === null) return covariance;
      return { values: covariance.values.map((value) => value * factor) };
    },
  };
}

function unlinked(items: number, comparisons: readonly Comparison[]): number[] {
  const found = new Set([0]);
  for (const item of found)
    for (const { first, second } of comparisons) {
      if (first === item) found.add(second);
      if (second === item) found.add(first);
    }
  return Array.from({ length: items }, (_, item) => item).filter((item) => !found.has(item));
}
