/** How well winners agree with labels, and with themselves when the order changes. */
import { JurorError } from '../errors.ts';
import {
  type BootstrapOptions,
  clusterBootstrap,
  type Figure,
  meanInterval,
  proportion,
} from './interval.ts';
import type { Winner } from './pairs.ts';
import { type Estimator, mean, NO_ROWS, requireFinite, requireSameLength } from './statistic.ts';

/**
 * Cohen's κ (1960) = 1 − (observed disagreement) / (disagreement expected of independent raters with the same marginals).
 * Undefined when both columns are one and the same constant.
 */
export function cohenKappa(
  left: readonly (string | number)[],
  right: readonly (string | number)[],
): Estimator {
  return disagreementRatio(left, right, () => 1);
}

/**
 * Cohen's weighted κ (1968) of numeric categories: a disagreement weighs |x − y| (`linear`) or (x − y)² (`quadratic`).
 * Distances are between the values, so that a category nobody used still counts as a step.
 */
export function weightedKappa(
  left: readonly number[],
  right: readonly number[],
  weights: 'linear' | 'quadratic',
): Estimator {
  requireFinite(left);
  requireFinite(right);
  const power = weights === 'linear' ? 1 : 2;
  return disagreementRatio(left, right, (first, second) => Math.abs(Number(first) - Number(second)) ** power);
}

/** The Brier score (1950): the mean of (pᵢ − yᵢ)², yᵢ = 1 where the event happened. 0 is perfect, 0.25 is p = ½. */
export function brierScore(probabilities: readonly number[], events: readonly boolean[]): Estimator {
  return mean(losses(probabilities, events, (probability) => (1 - probability) ** 2));
}

/**
 * Log-loss in nats: the mean of −log of the probability given to what happened, ln 2 for p = ½. Probabilities are kept
 * 2⁻⁵² away from 0 and 1, as scikit-learn does, so that one sure mistake costs 36 nats and not infinity.
 */
export function logLoss(probabilities: readonly number[], events: readonly boolean[]): Estimator {
  const clipped = (probability: number) =>
    Math.min(1 - Number.EPSILON, Math.max(Number.EPSILON, probability));
  return mean(losses(probabilities, events, (probability) => -Math.log(clipped(probability))));
}

/** Figures of named winners against labels; the baselines have the same. */
export interface PairAgreement {
  /** Share of rows whose winner is the label; a label `tie` counts as agreed only when the winner is `tie`. */
  readonly accuracy: Figure;
  /** The same over rows whose label is not `tie`; a winner `tie` is then a miss. */
  readonly decidedAccuracy: Figure;
  /** Cohen's κ over the categories first, second and tie. */
  readonly kappa: Figure;
}

/** Agreement of winners with labels, row by row. */
export function pairAgreement(
  winners: readonly Winner[],
  labels: readonly Winner[],
  clusters: readonly string[],
  options: BootstrapOptions = {},
): PairAgreement {
  requireSameLength(winners.length, labels.length);
  const hits = winners.map((winner, row) => winner === labels[row]);
  const decided = [...labels.keys()].filter((row) => labels[row] !== 'tie');
  const decidedClusters = decided.map((row) => clusters[row] ?? '');
  return {
    accuracy: proportion(hits, clusters),
    decidedAccuracy: proportion(
      decided.map((row) => hits[row] ?? false),
      decidedClusters,
    ),
    kappa: clusterBootstrap(cohenKappa(winners, labels), clusters, options),
  };
}

/** What both orders of a pair say about the judge itself; needs no labels. */
export interface OrderFigures {
  /** Share of pairs whose two orders name the same winner. */
  readonly orderConsistency: Figure;
  /** Share of the single-order verdicts won by whichever response was shown first; ½ is fair. */
  readonly firstShownWins: Figure;
  /** Mean log-odds given to whichever response is shown first, in nats; 0 is fair. */
  readonly positionLean: Figure;
}

/**
 * The order figures of pairs judged in both orders. A pair whose orders agree has one first-shown winner of two; a flipped
 * pair has two when its lean is positive and none when it is negative.
 */
export function orderFigures(
  rows: readonly { readonly cluster: string; readonly lean: number; readonly flipped: boolean }[],
  options: BootstrapOptions = {},
): OrderFigures {
  const clusters = rows.map((row) => row.cluster);
  const firstShown = rows.map(({ flipped, lean }) => (flipped && lean !== 0 ? Number(lean > 0) : 0.5));
  return {
    orderConsistency: proportion(
      rows.map((row) => !row.flipped),
      clusters,
    ),
    firstShownWins: meanInterval(firstShown, clusters, options),
    positionLean: meanInterval(
      rows.map((row) => row.lean),
      clusters,
      options,
    ),
  };
}

/** 1 − Σ dᵢⱼ nᵢⱼ / Σ dᵢⱼ nᵢ. n.ⱼ / n over the categories of two raters. */
function disagreementRatio(
  left: readonly (string | number)[],
  right: readonly (string | number)[],
  distance: (first: string | number, second: string | number) => number,
): Estimator {
  requireSameLength(left.length, right.length);
  const categories = [...new Set([...left, ...right])];
  const numbers = new Map(categories.map((category, number) => [category, number]));
  const width = categories.length;
  const [leftIndex, rightIndex] = [left, right].map((column) =>
    column.map((value) => numbers.get(value) ?? 0),
  );
  const distances = categories.map((first) =>
    categories.map((second) => (first === second ? 0 : distance(first, second))),
  );
  return {
    rows: left.length,
    of: (counts) => {
      const [leftTotals, rightTotals] = [new Float64Array(width), new Float64Array(width)];
      let size = 0;
      let observed = 0;
      for (let row = 0; row < left.length; row++) {
        const count = counts[row] ?? 0;
        const [first, second] = [leftIndex?.[row] ?? 0, rightIndex?.[row] ?? 0];
        size += count;
        observed += count * (distances[first]?.[second] ?? 0);
        leftTotals[first] = (leftTotals[first] ?? 0) + count;
        rightTotals[second] = (rightTotals[second] ?? 0) + count;
      }
      if (size === 0) return { value: null, reason: NO_ROWS };
      let expected = 0;
      for (const [first, row] of distances.entries()) {
        for (const [second, weight] of row.entries()) {
          expected += weight * (leftTotals[first] ?? 0) * (rightTotals[second] ?? 0);
        }
      }
      if (expected === 0) return { value: null, reason: 'both columns are the same constant' };
      return { value: 1 - (observed * size) / expected };
    },
  };
}

/** The loss of each row, from the probability given to what happened. */
function losses(
  probabilities: readonly number[],
  events: readonly boolean[],
  loss: (given: number) => number,
): number[] {
  requireSameLength(probabilities.length, events.length);
  return probabilities.map((probability, row) => {
    if (!(probability >= 0 && probability <= 1)) {
      throw new JurorError('usage', `expected a probability from 0 to 1, got ${probability}`);
    }
    return loss(events[row] ? probability : 1 - probability);
  });
}
