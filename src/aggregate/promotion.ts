/** Whether a new head is better than the best one so far, on anchors that are looked at again and again. */
import { JurorError } from '../errors.ts';
import { compareJudges } from './compare.ts';
import { type Figure, meanInterval } from './interval.ts';
import { mean, requireFinite, requireSameLength } from './statistic.ts';

/**
 * What heads are compared by. `accuracy`: the share of anchors that a head puts in the right order, a difference of 0 counting half;
 * ties among the anchors are left out. `log-likelihood`: the mean of y log σ(Δ) + (1 − y) log σ(−Δ) in nats.
 */
export type PromotionMeasure = 'accuracy' | 'log-likelihood';

/** Pairs with a known better side. */
export interface Anchors {
  /** That the first side is better, in [0, 1]; a tie is ½. */
  readonly target: readonly number[];
  /** The prompt of each pair. */
  readonly cluster: readonly string[];
}

/** What each head gains on each anchor, and the prompt of it. */
export interface AnchorGains {
  readonly gains: readonly number[];
  readonly cluster: readonly string[];
}

/** How promotion is tested. */
export interface PromotionOptions {
  /** Default `accuracy`: best-of-n asks for the order alone, and a likelihood also rises when a head only learns to be less sure. */
  readonly measure?: PromotionMeasure;
  /** That any head at all is promoted without being better, over all looks, both sides. Default 0.05. */
  readonly alpha?: number;
  /** How often the anchors have been looked at, this time included. */
  readonly look: number;
  /** Divide `alpha` among the looks: {@link levelOfLook}. Default true. */
  readonly spending?: boolean;
  /** Default 0. */
  readonly seed?: number;
  /** Fewest resamples; more are drawn where the level needs them. Default 10,000. */
  readonly resamples?: number;
}

/** What the anchors say of a new head beside the best one so far. */
export interface PromotionTest {
  readonly measure: PromotionMeasure;
  /** New minus best, with the interval at `level`. */
  readonly difference: Figure;
  readonly level: number;
  /** Two-sided, of the paired permutation test. */
  readonly pValue: number | null;
  /** The whole interval is above 0, and the permutation test agrees, which of few prompts is the harder one. */
  readonly better: boolean;
  /** The whole interval is below 0. */
  readonly worse: boolean;
}

/** Draws that should lie beyond the end of an interval, or beyond the level of a test. */
const beyond = 20;
const mostDraws = 200_000;

/**
 * The level of the interval at the k-th look: 1 − α / (k (k + 1)). These shares of α sum to α over any number of looks, so that a
 * loop may go on for as long as it likes and the chance that any head is promoted for nothing stays at most α / 2 (Bonferroni with
 * unequal shares; a spending function in the sense of Lan and DeMets, Biometrika 70, 1983).
 */
export function levelOfLook(look: number, alpha = 0.05, spending = true): number {
  if (!Number.isInteger(look) || look < 1)
    throw new JurorError('usage', `expected a look of 1 or more, got ${look}`);
  if (!(alpha > 0 && alpha < 1))
    throw new JurorError('usage', `expected an alpha between 0 and 1, got ${alpha}`);
  return 1 - (spending ? alpha / (look * (look + 1)) : alpha);
}

/** What a head's differences (first side minus second) gain on the anchors. Throws JurorError `usage` for columns of unequal length. */
export function anchorGains(
  differences: readonly number[],
  { target, cluster }: Anchors,
  measure: PromotionMeasure = 'accuracy',
): AnchorGains {
  requireSameLength(differences.length, target.length);
  requireSameLength(target.length, cluster.length);
  requireFinite(differences);
  const rows = [...target.keys()].filter((row) => measure !== 'accuracy' || target[row] !== 0.5);
  return {
    gains: rows.map((row) => gainOf(differences[row] ?? 0, target[row] ?? 0.5, measure)),
    cluster: rows.map((row) => cluster[row] ?? ''),
  };
}

/** The mean gain with its 95 % interval, clustered by prompt. */
export function anchorFigure({ gains, cluster }: AnchorGains, seed = 0): Figure {
  return meanInterval(gains, cluster, { seed });
}

/**
 * The paired bootstrap of the difference of two heads' mean gains, whole prompts resampled, and the paired permutation test beside it.
 * `candidate` and `best` are differences of scores on the anchors.
 */
export function testPromotion(
  candidate: readonly number[],
  best: readonly number[],
  anchors: Anchors,
  {
    measure = 'accuracy',
    alpha = 0.05,
    look,
    spending = true,
    seed = 0,
    resamples = 10_000,
  }: PromotionOptions,
): PromotionTest {
  const level = levelOfLook(look, alpha, spending);
  const tail = (1 - level) / 2;
  const fresh = anchorGains(candidate, anchors, measure);
  const former = anchorGains(best, anchors, measure);
  const gained = fresh.gains.map((gain, row) => gain - (former.gains[row] ?? 0));
  const difference = meanInterval(gained, fresh.cluster, {
    seed,
    level,
    resamples: Math.min(mostDraws, Math.max(resamples, Math.ceil(beyond / tail))),
  });
  const { pValue } = compareJudges(fresh.gains, former.gains, mean, fresh.cluster, {
    seed,
    resamples: 1,
    permutations: Math.min(mostDraws, Math.ceil(beyond / (1 - level))),
  });
  const { low, high } = difference;
  return {
    measure,
    difference,
    level,
    pValue,
    better: low !== null && low > 0 && pValue !== null && pValue <= 1 - level,
    worse: high !== null && high < 0,
  };
}

function gainOf(difference: number, target: number, measure: PromotionMeasure): number {
  if (measure === 'accuracy') {
    if (difference === 0) return 0.5;
    return difference > 0 === target > 0.5 ? 1 : 0;
  }
  return -target * softplus(-difference) - (1 - target) * softplus(difference);
}

function softplus(value: number): number {
  return Math.max(value, 0) + Math.log1p(Math.exp(-Math.abs(value)));
}
