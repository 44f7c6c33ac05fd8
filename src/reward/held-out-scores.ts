/** What a head is worth on scored answers and steps that it was not trained on, beside what needs no head. */
import { calibrationEstimators } from '../aggregate/calibration-error.ts';
import { areaUnderCurve, pearson, spearman } from '../aggregate/correlation.ts';
import {
  type BootstrapOptions,
  clusterBootstrap,
  type Figure,
  proportion,
  undefinedFigure,
} from '../aggregate/interval.ts';
import { logistic } from '../aggregate/logits.ts';
import { absoluteErrors } from '../aggregate/score-agreement.ts';
import { difference, type Estimator, mean } from '../aggregate/statistic.ts';
import type { HeldOut, HeldOutFigures } from '../schema.ts';

/** Answers as they are reported under one objective, column by column. */
export interface ScoreColumns {
  readonly targets: readonly number[];
  /** Characters of each answer. */
  readonly lengths: readonly number[];
  readonly clusters: readonly string[];
}

/**
 * Figures of scores on the labels' scale, or of log-odds where `outcome` says that labels are probabilities. Baselines: the mean label of the
 * `training` rows, and the answer's length, whose correlation alone is defined. `gain` is how much smaller the head's mean error is than the
 * constant's, and how much larger its ρ than the length's.
 */
export function scoresHeldOut(
  scores: readonly number[],
  held: ScoreColumns,
  training: ScoreColumns,
  { outcome, ...options }: BootstrapOptions & { readonly outcome: boolean },
): Pick<HeldOut, 'figures' | 'baselines'> {
  const { targets, lengths, clusters } = held;
  const predicted = outcome ? scores.map(logistic) : scores;
  const average = training.targets.reduce((sum, target) => sum + target, 0) / training.targets.length;
  const constant = targets.map(() => average);
  const figure = (estimator: Estimator) => clusterBootstrap(estimator, clusters, options);
  const correlations = {
    spearman: figure(spearman(scores, targets)),
    pearson: figure(pearson(predicted, targets)),
  };
  const errors = { error: figure(absoluteErrors(predicted, targets)) };
  return {
    figures: {
      ...correlations,
      ...errors,
      ...(outcome ? outcomeFigures(predicted, held, options) : {}),
    },
    baselines: {
      constant: {
        error: figure(absoluteErrors(constant, targets)),
        gain: figure(difference(absoluteErrors(constant, targets), absoluteErrors(predicted, targets))),
        ...(outcome ? withoutRanks(outcomeFigures(constant, held, options)) : {}),
      },
      length: {
        spearman: figure(spearman(lengths, targets)),
        gain: figure(difference(spearman(scores, targets), spearman(lengths, targets))),
        ...(outcome ? { 'area-under-curve': curveOf(lengths, held, options) } : {}),
      },
    },
  };
}

function outcomeFigures(
  probabilities: readonly number[],
  held: ScoreColumns,
  options: BootstrapOptions,
): Record<string, Figure> {
  const { targets, clusters } = held;
  const estimators = calibrationEstimators(probabilities, targets);
  const decided = [...targets.keys()].filter((row) => targets[row] !== 0.5);
  return {
    accuracy: proportion(
      decided.map((row) => ((probabilities[row] as number) - 0.5) * ((targets[row] as number) - 0.5) > 0),
      decided.map((row) => clusters[row] as string),
    ),
    'area-under-curve': curveOf(probabilities, held, options),
    'log-loss': clusterBootstrap(estimators.logLoss, clusters, options),
    brier: clusterBootstrap(estimators.brier, clusters, options),
    'calibration-error': clusterBootstrap(estimators.calibrationError, clusters, options),
    'mean-label': clusterBootstrap(mean(targets), clusters, options),
  };
}

function curveOf(
  scores: readonly number[],
  { targets, clusters }: ScoreColumns,
  options: BootstrapOptions,
): Figure {
  if (!targets.every((target) => target === 0 || target === 1))
    return undefinedFigure('the labels are not two-valued', clusters);
  const positive = targets.map((target) => target === 1);
  return clusterBootstrap(areaUnderCurve(scores, positive), clusters, options);
}

function withoutRanks({
  'area-under-curve': _curve,
  'mean-label': _label,
  ...rest
}: HeldOutFigures): HeldOutFigures {
  return rest;
}
