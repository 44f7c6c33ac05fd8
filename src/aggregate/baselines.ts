/** What one gets without a judge: a figure means something only beside these. */
import { type PairAgreement, pairAgreement } from './agreement.ts';
import { areaUnderCurve, spearman } from './correlation.ts';
import { type BootstrapOptions, clusterBootstrap, type Figure, undefinedFigure } from './interval.ts';
import type { Winner } from './pairs.ts';
import {
  absoluteErrors,
  isTwoValued,
  levelOf,
  type ScoreAgreement,
  type ScoreOptions,
  scoreAgreement,
} from './score-agreement.ts';
import { difference, type Estimator, mean, NO_ROWS, requireSameLength } from './statistic.ts';

/** A trivial rule, measured like the judge on the same rows. */
export interface Baseline<Agreement> {
  /** What the rule says, for people. */
  readonly rule: string;
  readonly figures: Agreement;
  /** How much better the judge is, from paired rows: in accuracy, in absolute error, or in Spearman's ρ. */
  readonly gain: Figure;
}

/** The trivial rules for pairs. */
export interface PairBaselines {
  readonly longer: Baseline<PairAgreement>;
  readonly first: Baseline<PairAgreement>;
  readonly majority: Baseline<PairAgreement>;
}

/** The trivial rules for scores. */
export interface ScoreBaselines {
  /** One score for all: the median label for errors, the most frequent level for accuracy. Gain in absolute error. */
  readonly constant: Baseline<ScoreAgreement>;
  /** The response's length as the score; only its correlations are defined. Gain in Spearman's ρ, sign and all. */
  readonly length: Baseline<ScoreAgreement>;
}

/**
 * Longer answer wins (equal lengths tie), the first answer always wins, and the most frequent label of these very rows
 * always wins (the earlier of first, second, tie when frequencies are equal). Gains are in accuracy.
 */
export function pairBaselines(
  winners: readonly Winner[],
  labels: readonly Winner[],
  lengths: readonly (readonly number[])[],
  clusters: readonly string[],
  options: BootstrapOptions = {},
): PairBaselines {
  requireSameLength(winners.length, lengths.length);
  const hits = (column: readonly Winner[]): Estimator =>
    mean(column.map((winner, row) => (winner === labels[row] ? 1 : 0)));
  const measure = (rule: string, guesses: readonly Winner[]): Baseline<PairAgreement> => ({
    rule,
    figures: pairAgreement(guesses, labels, clusters, options),
    gain: clusterBootstrap(difference(hits(winners), hits(guesses)), clusters, options),
  });
  const majority = mostFrequent(labels, ['first', 'second', 'tie'] as const) ?? 'first';
  return {
    longer: measure('the longer answer wins', lengths.map(longer)),
    first: measure(
      'the first answer wins',
      labels.map(() => 'first'),
    ),
    majority: measure(
      `always "${majority}", the most frequent label`,
      labels.map(() => majority),
    ),
  };
}

/** The constant and the length baseline of scores against labels, both on the labels' scale. */
export function scoreBaselines(
  scores: readonly number[],
  labels: readonly number[],
  lengths: readonly number[],
  clusters: readonly string[],
  options: ScoreOptions = {},
): ScoreBaselines {
  return {
    constant: constantBaseline(scores, labels, clusters, options),
    length: lengthBaseline(scores, labels, lengths, clusters, options),
  };
}

function lengthBaseline(
  scores: readonly number[],
  labels: readonly number[],
  lengths: readonly number[],
  clusters: readonly string[],
  options: ScoreOptions,
): Baseline<ScoreAgreement> {
  const { range, ...resampling } = options;
  const noUnit = undefinedFigure(
    labels.length === 0 ? NO_ROWS : "a length is not on the labels' scale",
    clusters,
  );
  const figures = scoreAgreement(lengths, labels, clusters, resampling);
  const twoValued = range && isTwoValued(labels, range);
  const high = labels.map((label) => label === range?.max);
  return {
    rule: 'the length of the response is its score',
    figures: {
      ...figures,
      absoluteError: noUnit,
      accuracy: noUnit,
      kappa: noUnit,
      quadraticKappa: noUnit,
      areaUnderCurve: twoValued
        ? clusterBootstrap(areaUnderCurve(lengths, high), clusters, options)
        : undefinedFigure(labels.length === 0 ? NO_ROWS : 'the labels are not two-valued', clusters),
    },
    gain: clusterBootstrap(
      difference(spearman(scores, labels), spearman(lengths, labels)),
      clusters,
      options,
    ),
  };
}

function constantBaseline(
  scores: readonly number[],
  labels: readonly number[],
  clusters: readonly string[],
  options: ScoreOptions,
): Baseline<ScoreAgreement> {
  const column = (value: number) => labels.map(() => value);
  const { range } = options;
  if (!range) {
    const figures = scoreAgreement(column(0), labels, clusters, options);
    return { rule: 'always the same score', figures, gain: figures.absoluteError };
  }
  const middle = median(labels);
  const level = levelOf(range, isTwoValued(labels, range));
  const levels = level ? labels.map(level) : [];
  const candidates = [...new Set(levels)].sort((left, right) => left - right);
  const frequent = mostFrequent(levels, candidates) ?? middle;
  const errors = absoluteErrors(column(middle), labels);
  return {
    rule: `always ${middle}, the median label, or ${frequent}, the most frequent level`,
    figures: {
      ...scoreAgreement(column(frequent), labels, clusters, options),
      absoluteError: clusterBootstrap(errors, clusters, options),
    },
    gain: clusterBootstrap(difference(errors, absoluteErrors(scores, labels)), clusters, options),
  };
}

function longer([first = 0, second = 0]: readonly number[]): Winner {
  return first === second ? 'tie' : first > second ? 'first' : 'second';
}

/** The most frequent of the candidates, the earliest when several are; undefined when there is none. */
function mostFrequent<Value>(values: readonly Value[], candidates: readonly Value[]): Value | undefined {
  const counts = new Map<Value, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const most = Math.max(0, ...candidates.map((candidate) => counts.get(candidate) ?? 0));
  return most === 0 ? undefined : candidates.find((candidate) => counts.get(candidate) === most);
}

/** The mean of the two middle values when their number is even; 0 for an empty list. */
function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const low = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  return (low + (sorted[Math.floor(sorted.length / 2)] ?? low)) / 2;
}
