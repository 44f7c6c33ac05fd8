/** How far probabilities are from the shares they promise. */
import { JurorError } from '../errors.ts';
import {
  type BootstrapOptions,
  clusterBootstrap,
  type Figure,
  proportion,
  wilsonInterval,
} from './interval.ts';
import { type Counts, difference, type Estimator, mean, NO_ROWS, requireSameLength } from './statistic.ts';

/** Bins of the calibration error and of the reliability diagram, unless asked otherwise. */
export const DEFAULT_BINS = 10;

/** One bin of a reliability diagram. */
export interface ReliabilityBin {
  /** Smallest and largest probability in it. */
  readonly low: number;
  readonly high: number;
  /** Rows. */
  readonly count: number;
  /** Mean probability. */
  readonly predicted: number;
  /** Mean label, with Wilson's interval: clustered for labels 0 and 1, of independent rows where some are soft. */
  readonly observed: Figure;
}

/** What calibration is judged by. */
export interface CalibrationFigures {
  /** Mean cross-entropy in nats. */
  readonly logLoss: Figure;
  /** Mean squared error of the probability. */
  readonly brier: Figure;
  /** Expected calibration error. */
  readonly calibrationError: Figure;
}

/** The parts of {@link CalibrationFigures}, on any resample. */
export type CalibrationEstimators = { readonly [Name in keyof CalibrationFigures]: Estimator };

/**
 * The expected calibration error Σ_b n_b / n · |mean pᵢ − mean yᵢ| over bins of equal mass. The edges are the quantiles
 * ⌊(n − 1) b / B⌋ of the probabilities and belong to the lower bin, as in scikit-learn's calibration_curve with
 * `strategy='quantile'`: equal probabilities share a bin. Labels are in [0, 1] and may be soft. Of few rows it is biased
 * upwards.
 */
export function calibrationError(
  probabilities: readonly number[],
  labels: readonly number[],
  bins = DEFAULT_BINS,
): Estimator {
  requireProbabilities(probabilities, labels);
  requireBins(bins);
  const order = sortedRows(probabilities);
  const gaps = new Float64Array(bins);
  return {
    rows: probabilities.length,
    of: (counts) => {
      gaps.fill(0);
      const size = assignBins(probabilities, order, counts, bins, (row, bin) => {
        const gap = (probabilities[row] ?? 0) - (labels[row] ?? 0);
        gaps[bin] = (gaps[bin] ?? 0) + (counts[row] ?? 0) * gap;
      });
      if (size === 0) return { value: null, reason: NO_ROWS };
      return { value: gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / size };
    },
  };
}

/** The reliability diagram over the bins of {@link calibrationError}, lowest first; bins that ties leave empty are left out. */
export function reliabilityBins(
  probabilities: readonly number[],
  labels: readonly number[],
  clusters: readonly string[],
  bins = DEFAULT_BINS,
): ReliabilityBin[] {
  requireProbabilities(probabilities, labels);
  requireSameLength(labels.length, clusters.length);
  requireBins(bins);
  const members: number[][] = Array.from({ length: bins }, () => []);
  const once = new Float64Array(labels.length).fill(1);
  assignBins(probabilities, sortedRows(probabilities), once, bins, (row, bin) => members[bin]?.push(row));
  return members.flatMap((rows) => {
    const within = rows.map((row) => probabilities[row] ?? 0);
    const [low, high] = [within[0], within.at(-1)];
    if (low === undefined || high === undefined) return [];
    const own = rows.map((row) => labels[row] ?? 0);
    const predicted = sum(within) / rows.length;
    const hard = own.every((label) => label === 0 || label === 1);
    const observed = hard
      ? proportion(
          own.map((label) => label === 1),
          rows.map((row) => clusters[row] ?? ''),
        )
      : wilsonInterval(Math.min(sum(own), rows.length), rows.length);
    return [{ low, high, count: rows.length, predicted: Math.min(high, Math.max(low, predicted)), observed }];
  });
}

/**
 * A pair's probability and label from the side of the answer that the judge prefers: (p, y) for p > ½, (1 − p, 1 − y)
 * below, and label ½ at p = ½, where both sides are the same. B bins of these are 2 B bins of every pair in both directions.
 */
export function foldPairs(
  probabilities: readonly number[],
  labels: readonly number[],
): { readonly probabilities: number[]; readonly labels: number[] } {
  requireProbabilities(probabilities, labels);
  return {
    probabilities: probabilities.map((probability) => Math.max(probability, 1 - probability)),
    labels: labels.map((label, row) => {
      const probability = probabilities[row] ?? 0;
      return probability === 0.5 ? 0.5 : probability > 0.5 ? label : 1 - label;
    }),
  };
}

/**
 * Log-loss, Brier score and calibration error of probabilities against labels in [0, 1], hard or soft. Log-loss is the mean
 * of −y log p − (1 − y) log(1 − p) with p kept 2⁻⁵² away from 0 and 1, the Brier score the mean of (p − y)². The calibration
 * error of `pairs` (default false) is that of {@link foldPairs}.
 */
export function calibrationEstimators(
  probabilities: readonly number[],
  labels: readonly number[],
  options: { readonly bins?: number; readonly pairs?: boolean } = {},
): CalibrationEstimators {
  requireProbabilities(probabilities, labels);
  const shown = options.pairs ? foldPairs(probabilities, labels) : { probabilities, labels };
  const clipped = probabilities.map((value) => Math.min(1 - Number.EPSILON, Math.max(Number.EPSILON, value)));
  return {
    logLoss: mean(
      clipped.map((probability, row) => {
        const label = labels[row] ?? 0;
        const [given, other] = [Math.log(probability), Math.log(1 - probability)];
        return -(label === 0 ? other : label === 1 ? given : label * given + (1 - label) * other);
      }),
    ),
    brier: mean(probabilities.map((probability, row) => (probability - (labels[row] ?? 0)) ** 2)),
    calibrationError: calibrationError(shown.probabilities, shown.labels, options.bins),
  };
}

/** The figures of {@link calibrationEstimators}, each with a bootstrap interval over clusters. */
export function calibrationFigures(
  estimators: CalibrationEstimators,
  clusters: readonly string[],
  options: BootstrapOptions = {},
): CalibrationFigures {
  const figure = (name: keyof CalibrationFigures) => clusterBootstrap(estimators[name], clusters, options);
  return {
    logLoss: figure('logLoss'),
    brier: figure('brier'),
    calibrationError: figure('calibrationError'),
  };
}

/** After minus before on the same rows: below 0 is better. */
export function calibrationChange(
  after: CalibrationEstimators,
  before: CalibrationEstimators,
): CalibrationEstimators {
  return {
    logLoss: difference(after.logLoss, before.logLoss),
    brier: difference(after.brier, before.brier),
    calibrationError: difference(after.calibrationError, before.calibrationError),
  };
}

/**
 * Tells each row's bin, lowest probability first; returns the number of rows. A probability is above edge b, the value of
 * rank ⌊(n − 1) b / B⌋ from 0, exactly when more rows than that are below it: no edge has to be interpolated.
 */
function assignBins(
  probabilities: readonly number[],
  order: readonly number[],
  counts: Counts,
  bins: number,
  assign: (row: number, bin: number) => void,
): number {
  let size = 0;
  for (const row of order) size += counts[row] ?? 0;
  let below = 0;
  for (let start = 0; start < order.length; ) {
    const value = probabilities[order[start] ?? 0];
    const bin = below === 0 ? 0 : Math.min(bins - 1, Math.ceil((below * bins) / (size - 1)) - 1);
    let group = 0;
    let end = start;
    for (; end < order.length && probabilities[order[end] ?? 0] === value; end++) {
      const row = order[end] ?? 0;
      if ((counts[row] ?? 0) === 0) continue;
      group += counts[row] ?? 0;
      assign(row, bin);
    }
    below += group;
    start = end;
  }
  return size;
}

function sortedRows(values: readonly number[]): number[] {
  return [...values.keys()].sort((left, right) => (values[left] ?? 0) - (values[right] ?? 0));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function requireBins(bins: number): void {
  if (!Number.isInteger(bins) || bins < 1)
    throw new JurorError('usage', `expected a whole number of bins, 1 or more, got ${bins}`);
}

function requireProbabilities(probabilities: readonly number[], labels: readonly number[]): void {
  requireSameLength(probabilities.length, labels.length);
  for (const [noun, column] of [
    ['probabilities', probabilities],
    ['labels', labels],
  ] as const) {
    const wrong = column.find((value) => !(value >= 0 && value <= 1));
    if (wrong !== undefined) throw new JurorError('usage', `expected ${noun} from 0 to 1, got ${wrong}`);
  }
}
