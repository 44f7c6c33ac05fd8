/** How well scores agree with numeric labels. */
import { JurorError } from '../errors.ts';
import { cohenKappa, weightedKappa } from './agreement.ts';
import { areaUnderCurve, kendall, pearson, spearman } from './correlation.ts';
import {
  type BootstrapOptions,
  clusterBootstrap,
  type Figure,
  proportion,
  undefinedFigure,
} from './interval.ts';
import { type Estimator, mean, NO_ROWS, requireSameLength } from './statistic.ts';

/** The ends of the labels' scale. */
export interface LabelRange {
  readonly min: number;
  readonly max: number;
}

/** How scores are compared with labels. */
export interface ScoreOptions extends BootstrapOptions {
  /** Without it only correlations are defined. */
  readonly range?: LabelRange;
}

/** Figures of scores against numeric labels; the baselines have the same. */
export interface ScoreAgreement {
  readonly pearson: Figure;
  readonly spearman: Figure;
  readonly kendall: Figure;
  /** Mean absolute error, in units of the labels' scale. */
  readonly absoluteError: Figure;
  /** Share of rows whose score and label round to the same level; for two-valued labels, accuracy at the middle. */
  readonly accuracy: Figure;
  /** Cohen's κ of the rounded levels, unweighted and with squared distances. */
  readonly kappa: Figure;
  readonly quadraticKappa: Figure;
  /** For two-valued labels: probability that a high label's score is above a low label's. */
  readonly areaUnderCurve: Figure;
}

/**
 * Agreement of scores with labels, both on the labels' scale. Without a `range` only the correlations are defined. Levels
 * are the integers of the range, halves rounded up; a range narrower than 2 has levels only when every label is one of its
 * ends, and its middle then counts as the upper end. Labels outside the range are an error.
 */
export function scoreAgreement(
  scores: readonly number[],
  labels: readonly number[],
  clusters: readonly string[],
  options: ScoreOptions = {},
): ScoreAgreement {
  const { range } = options;
  const bootstrap = (estimator: Estimator) => clusterBootstrap(estimator, clusters, options);
  const missing = (reason: string) => undefinedFigure(labels.length === 0 ? NO_ROWS : reason, clusters);
  const correlations = {
    pearson: bootstrap(pearson(scores, labels)),
    spearman: bootstrap(spearman(scores, labels)),
    kendall: bootstrap(kendall(scores, labels)),
  };
  if (!range) {
    const unknown = missing("the range of the labels' scale is not known");
    const onScale = { absoluteError: unknown, accuracy: unknown, kappa: unknown, quadraticKappa: unknown };
    return { ...correlations, ...onScale, areaUnderCurve: unknown };
  }

  const twoValued = isTwoValued(labels, range);
  const level = levelOf(range, twoValued);
  const absoluteError = bootstrap(absoluteErrors(scores, labels));
  if (!level) {
    const unknown = missing('the labels have no levels to round to');
    const levels = { accuracy: unknown, kappa: unknown, quadraticKappa: unknown };
    return { ...correlations, absoluteError, ...levels, areaUnderCurve: unknown };
  }
  const [scoreLevels, labelLevels] = [scores.map(level), labels.map(level)];
  return {
    ...correlations,
    absoluteError,
    accuracy: proportion(
      scoreLevels.map((value, row) => value === labelLevels[row]),
      clusters,
    ),
    kappa: bootstrap(cohenKappa(scoreLevels, labelLevels)),
    quadraticKappa: bootstrap(weightedKappa(scoreLevels, labelLevels, 'quadratic')),
    areaUnderCurve: twoValued
      ? bootstrap(
          areaUnderCurve(
            scores,
            labels.map((label) => label === range.max),
          ),
        )
      : missing('the labels are not two-valued'),
  };
}

/** The mean of |score − label|. */
export function absoluteErrors(scores: readonly number[], labels: readonly number[]): Estimator {
  requireSameLength(scores.length, labels.length);
  return mean(scores.map((score, row) => Math.abs(score - (labels[row] ?? 0))));
}

/** Whether every label is an end of the range. A label outside the range is an error. */
export function isTwoValued(labels: readonly number[], range: LabelRange): boolean {
  const { min, max } = range;
  if (!(min < max))
    throw new JurorError('usage', `expected a label range with min below max, got ${min} to ${max}`);
  const outside = labels.find((label) => !(label >= min && label <= max));
  if (outside !== undefined)
    throw new JurorError('data', `expected labels from ${min} to ${max}, got ${outside}`);
  return labels.every((label) => label === min || label === max);
}

/** Rounds a value of the scale to its level; undefined when the scale has no levels. */
export function levelOf(range: LabelRange, twoValued: boolean): ((value: number) => number) | undefined {
  const { min, max } = range;
  if (twoValued) return (value) => (value - min >= max - value ? max : min);
  return max - min >= 2 ? (value) => Math.floor(value + 0.5) : undefined;
}
