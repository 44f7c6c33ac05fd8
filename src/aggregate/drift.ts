/** Guards of a loop that feeds on its own labels: what must not drift from round to round. */
import { spearman } from './correlation.ts';
import { clusterBootstrap, type Figure, meanInterval, undefinedFigure } from './interval.ts';
import { type Estimator, estimate, requireSameLength } from './statistic.ts';

/** One label that a round adds. */
export interface NewLabel {
  /** That the chosen side is better, in [0.5, 1]. */
  readonly probability: number;
  /** Lengths in characters. */
  readonly chosenLength: number;
  readonly rejectedLength: number;
  readonly cluster: string;
  /** Judged: whether the chosen side stands first in the data. Null for an edit, whose label is certain. */
  readonly chosenFirst: boolean | null;
}

/** What there is to be said of a round's labels. */
export interface LabelFigures {
  /** Share of labels that are no tie in which the chosen side is the longer one; sides of one length count half. */
  readonly chosenLonger: Figure;
  /** Mean entropy in bits of the judged labels. */
  readonly entropy: Figure;
  /** Share of the judged labels that are no tie in which the first answer in the data wins. */
  readonly firstWins: Figure;
}

/** How new labels agree with a head. */
export interface LabelAgreement {
  /** Mean probability that the labels give to the side that the head prefers. */
  readonly observed: number;
  /** What it would be were the head's own probabilities right. */
  readonly expected: number;
  /** (observed − ½) / (expected − ½): 1 where the head is calibrated, 0 at chance, −1 where every label is turned round. */
  readonly ratio: Figure;
}

/** Figures of the labels, clustered by prompt. */
export function labelFigures(labels: readonly NewLabel[], seed = 0): LabelFigures {
  const decided = labels.filter(({ probability }) => probability > 0.5);
  const judged = labels.filter(({ chosenFirst }) => chosenFirst !== null);
  return {
    chosenLonger: figureOf(
      decided,
      ({ chosenLength, rejectedLength }) => (1 + Math.sign(chosenLength - rejectedLength)) / 2,
      seed,
    ),
    entropy: figureOf(judged, ({ probability }) => entropyOf(probability), seed),
    firstWins: figureOf(
      judged.filter(({ probability }) => probability > 0.5),
      ({ chosenFirst }) => (chosenFirst ? 1 : 0),
      seed,
    ),
  };
}

/**
 * The agreement of labels with a head: `target` that the first side is better by the labels, `difference` of the head's scores, first
 * minus second, on the log-odds scale. The ratio's interval resamples prompts.
 */
export function labelAgreement(
  target: readonly number[],
  difference: readonly number[],
  clusters: readonly string[],
  seed = 0,
): LabelAgreement | null {
  requireSameLength(target.length, difference.length);
  requireSameLength(target.length, clusters.length);
  if (target.length === 0) return null;
  const found = target.map((value, row) => Math.sign(difference[row] ?? 0) * (value - 0.5));
  const promised = difference.map((value) => 1 / (1 + Math.exp(-Math.abs(value))) - 0.5);
  const average = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    observed: 0.5 + average(found),
    expected: 0.5 + average(promised),
    ratio: clusterBootstrap(ratioOf(found, promised), clusters, { seed }),
  };
}

/**
 * Spearman's correlation of score and length over answers, both less their prompt's mean: comparisons fix a score only up to a shift of
 * its prompt, and long prompts have long answers. Lengths go in as logarithms. Prompts with one answer say nothing and are left out.
 */
export function lengthCorrelation(
  scores: readonly number[],
  lengths: readonly number[],
  clusters: readonly string[],
): Pick<Figure, 'estimate' | 'n' | 'clusters' | 'reason'> {
  requireSameLength(scores.length, lengths.length);
  requireSameLength(scores.length, clusters.length);
  const rows = new Map<string, number[]>();
  for (const [row, cluster] of clusters.entries()) rows.set(cluster, [...(rows.get(cluster) ?? []), row]);
  const several = [...rows.values()].filter(({ length }) => length > 1);
  const centred = (values: readonly number[]) =>
    several.flatMap((own) => {
      const middle = own.reduce((sum, row) => sum + (values[row] ?? 0), 0) / own.length;
      return own.map((row) => (values[row] ?? 0) - middle);
    });
  const logarithms = lengths.map((length) => Math.log1p(length));
  const left = centred(scores);
  if (left.length === 0) return { estimate: null, n: 0, clusters: 0, reason: 'no prompt has two answers' };
  const found = estimate(spearman(left, centred(logarithms)));
  return {
    estimate: found.value,
    n: left.length,
    clusters: several.length,
    ...(found.value === null ? { reason: found.reason } : {}),
  };
}

/** How far a correlation has moved from its base, towards longer answers or away from zero. */
export function correlationGrowth(now: number, base: number): number {
  return Math.max(now - base, Math.abs(now) - Math.abs(base));
}

function figureOf(labels: readonly NewLabel[], value: (label: NewLabel) => number, seed: number): Figure {
  if (labels.length === 0) return undefinedFigure('no such labels');
  return meanInterval(
    labels.map(value),
    labels.map(({ cluster }) => cluster),
    { seed },
  );
}

function ratioOf(numerator: readonly number[], denominator: readonly number[]): Estimator {
  return {
    rows: numerator.length,
    of: (counts) => {
      let [above, below] = [0, 0];
      for (let row = 0; row < numerator.length; row++) {
        above += (counts[row] ?? 0) * (numerator[row] ?? 0);
        below += (counts[row] ?? 0) * (denominator[row] ?? 0);
      }
      return below > 0 ? { value: above / below } : { value: null, reason: 'the head prefers no side' };
    },
  };
}

function entropyOf(probability: number): number {
  const part = (share: number) => (share > 0 ? -share * Math.log2(share) : 0);
  return part(probability) + part(1 - probability);
}
