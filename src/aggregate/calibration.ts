/** From a judge's probabilities to calibrated ones: a line in log-odds, fitted on labels. */
import { JurorError } from '../errors.ts';
import { logistic, logOdds } from './logits.ts';
import { LARGEST_LOG_ODDS } from './pairs.ts';
import { requireFinite, requireSameLength } from './statistic.ts';

/** Calibrated log-odds = slope · log-odds + intercept. A temperature T is the slope 1 / T with the intercept 0. */
export interface CalibrationLine {
  readonly slope: number;
  readonly intercept: number;
}

/** How a line is fitted. */
export interface CalibrationFitOptions {
  /**
   * The rows are pairs: each counts in both directions, as (x, y) and as (−x, 1 − y), which makes the intercept 0.
   * Default false.
   */
  readonly pairs?: boolean;
  /**
   * `platt` (the default) moves labels 1 and 0 to (N₊ + 1) / (N₊ + 2) and 1 / (N₋ + 2), one row of doubt on each side, so
   * that the fit is finite even where log-odds separate the labels. `none` is plain maximum likelihood, an error there.
   */
  readonly prior?: 'platt' | 'none';
}

/** Newton's decrement below which two more full steps reach rounding. */
const NEAR = 1e-12;
const MOST_STEPS = 200;
/** Log-odds nearer than this, in nats, count as the same. */
const SAME = 1e-9;

/**
 * Temperature scaling (Guo et al., ICML 2017): P = σ(x / T), the slope 1 / T ≥ 0 by maximum likelihood. Where larger
 * log-odds do not go with larger labels the slope is 0: every probability becomes ½, and nothing is infinite. Labels are
 * in [0, 1] and may be soft. Fewer than two rows, labels of one kind, or log-odds that are all 0 are an error.
 */
export function fitTemperature(
  logOdds: readonly number[],
  labels: readonly number[],
  options: CalibrationFitOptions = {},
): CalibrationLine {
  const targets = prepare(logOdds, labels, options);
  requireSpread(logOdds, 0);
  if (options.prior === 'none') requireOverlap(logOdds, labels, { mirrored: true, rising: true });
  return { slope: Math.max(0, maximise(logOdds, targets, false).slope), intercept: 0 };
}

/**
 * Platt's scaling (1999): P = σ(a·x + b) by maximum likelihood, with Newton's method as Lin, Lin and Weng give it (Machine
 * Learning 68, 2007). The slope of a judge that is worse than chance is negative. For `pairs` b is 0. Labels are in [0, 1]
 * and may be soft. Fewer than two rows, labels of one kind, or log-odds that are all the same are an error.
 */
export function fitPlatt(
  logOdds: readonly number[],
  labels: readonly number[],
  options: CalibrationFitOptions = {},
): CalibrationLine {
  const pairs = options.pairs ?? false;
  const targets = prepare(logOdds, labels, options);
  requireSpread(logOdds, pairs ? 0 : (logOdds[0] ?? 0));
  if (options.prior === 'none') requireOverlap(logOdds, labels, { mirrored: pairs, rising: false });
  return maximise(logOdds, targets, !pairs);
}

/**
 * Log-odds of a probability, within ±LARGEST_LOG_ODDS so that 0 and 1 stay numbers. Those of 1 − p are exactly
 * the negative.
 */
export function boundedLogOdds(probability: number): number {
  const high = Math.max(probability, 1 - probability);
  const size = Math.min(LARGEST_LOG_ODDS, logOdds(high));
  return probability < 0.5 ? -size : size;
}

/** σ(slope · log-odds of p + intercept). With the intercept 0, those of p and of 1 − p add up to 1. */
export function calibrateProbability({ slope, intercept }: CalibrationLine, probability: number): number {
  return logistic(slope * boundedLogOdds(probability) + intercept);
}

/** Checks the columns; gives the targets to fit. */
function prepare(
  logOdds: readonly number[],
  labels: readonly number[],
  { pairs = false, prior = 'platt' }: CalibrationFitOptions,
): number[] {
  requireSameLength(logOdds.length, labels.length);
  requireFinite(logOdds);
  const wrong = labels.find((label) => !(label >= 0 && label <= 1));
  if (wrong !== undefined) throw new JurorError('usage', `expected labels from 0 to 1, got ${wrong}`);
  if (labels.length < 2)
    throw new JurorError('data', `expected at least 2 labelled rows to calibrate on, got ${labels.length}`);
  if (pairs && labels.every((label) => label === 0.5))
    throw new JurorError('data', 'expected labels that prefer an answer, got ties alone');
  if (!pairs && (labels.every((label) => label === 0) || labels.every((label) => label === 1)))
    throw new JurorError('data', `expected labels of both kinds, got ${labels[0]} in every row`);
  if (prior === 'none') return [...labels];
  // In both directions every pair is one positive and one negative.
  const sum = labels.reduce((total, label) => total + label, 0);
  const positives = pairs ? labels.length : sum;
  const negatives = pairs ? labels.length : labels.length - sum;
  const [high, low] = [(positives + 1) / (positives + 2), 1 / (negatives + 2)];
  return labels.map((label) => label * high + (1 - label) * low);
}

/**
 * A finite maximum exists where rows of the two kinds overlap on the line; a soft label is of both kinds. `mirrored` rows
 * count in both directions; with `rising` a slope below 0 is not looked for.
 */
function requireOverlap(
  logOdds: readonly number[],
  labels: readonly number[],
  { mirrored, rising }: { mirrored: boolean; rising: boolean },
): void {
  const of = (kind: (label: number) => boolean) => logOdds.filter((_, row) => kind(labels[row] ?? 0));
  const positives = [...of((label) => label > 0), ...(mirrored ? of((label) => label < 1).map(negate) : [])];
  const negatives = [...of((label) => label < 1), ...(mirrored ? of((label) => label > 0).map(negate) : [])];
  const [lowest, highest] = [Math.min, Math.max].map(
    (end) => [end(...positives), end(...negatives)] as const,
  );
  const separated = (lowest?.[0] ?? 0) >= (highest?.[1] ?? 0);
  const reversed = (highest?.[0] ?? 0) <= (lowest?.[1] ?? 0);
  if (separated || (reversed && !rising))
    throw new JurorError(
      'data',
      'expected labels that overlap, got log-odds that separate them: the likelihood has no finite maximum; fit with the prior',
    );
}

function negate(value: number): number {
  return -value;
}

/** Minimises the mean of log(1 + eᶻ) − t z over z = slope · x + intercept, from the constant upwards. */
function maximise(
  logOdds: readonly number[],
  targets: readonly number[],
  withIntercept: boolean,
): CalibrationLine {
  const size = logOdds.length;
  const centre = withIntercept ? average(logOdds) : 0;
  const scale = Math.sqrt(average(logOdds.map((value) => (value - centre) ** 2)));
  const values = logOdds.map((value) => (value - centre) / scale);
  const loss = (slope: number, intercept: number): number => {
    let total = 0;
    for (let row = 0; row < size; row++) {
      const z = slope * (values[row] ?? 0) + intercept;
      total += Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z))) - (targets[row] ?? 0) * z;
    }
    return total / size;
  };
  const start = average(targets);
  let slope = 0;
  let intercept = withIntercept ? Math.log(start / (1 - start)) : 0;
  let current = loss(slope, intercept);
  for (let step = 0, polished = 0; step < MOST_STEPS; step++) {
    const { bySlope, byIntercept, decrement } = newtonStep(values, targets, slope, intercept, withIntercept);
    const near = decrement <= NEAR;
    let length = 1;
    while (!near && loss(slope - length * bySlope, intercept - length * byIntercept) > current) length /= 2;
    slope -= length * bySlope;
    intercept -= length * byIntercept;
    current = loss(slope, intercept);
    if (near && ++polished === 2)
      return { slope: slope / scale, intercept: withIntercept ? intercept - (slope / scale) * centre : 0 };
  }
  throw new JurorError('data', `expected a maximum of the likelihood, got none in ${MOST_STEPS} steps`);
}

/** Gradient times inverse Hessian, and the square of its length in the Hessian's metric. */
function newtonStep(
  values: readonly number[],
  targets: readonly number[],
  slope: number,
  intercept: number,
  withIntercept: boolean,
): { bySlope: number; byIntercept: number; decrement: number } {
  let [gradientSlope, gradientIntercept, slopes, cross, intercepts] = [0, 0, 0, 0, 0];
  for (const [row, value] of values.entries()) {
    const z = slope * value + intercept;
    const residual = logistic(z) - (targets[row] ?? 0);
    const weight = logistic(z) * logistic(-z);
    gradientSlope += residual * value;
    gradientIntercept += residual;
    slopes += weight * value * value;
    cross += weight * value;
    intercepts += weight;
  }
  if (!withIntercept) {
    const bySlope = gradientSlope / slopes;
    return { bySlope, byIntercept: 0, decrement: (gradientSlope * bySlope) / values.length };
  }
  const determinant = slopes * intercepts - cross * cross;
  const bySlope = (intercepts * gradientSlope - cross * gradientIntercept) / determinant;
  const byIntercept = (slopes * gradientIntercept - cross * gradientSlope) / determinant;
  const decrement = (gradientSlope * bySlope + gradientIntercept * byIntercept) / values.length;
  return { bySlope, byIntercept, decrement };
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function requireSpread(logOdds: readonly number[], centre: number): void {
  if (logOdds.some((value) => Math.abs(value - centre) > SAME)) return;
  throw new JurorError('data', `expected log-odds that differ, got ${centre} in every row`);
}
