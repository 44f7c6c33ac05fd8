/** Rates corrected for the errors that the judge makes, as measured where the truth is known. */
import { copiesEffect, createCombination, Z } from './clustering.ts';
import { type Figure, proportion, undefinedFigure } from './interval.ts';
import { NO_ROWS, requireSameLength } from './statistic.ts';

/** What the judge says, row by row. Clusters of one name are one cluster, wherever they are. */
export interface Judged<Value> {
  readonly judged: readonly Value[];
  readonly clusters: readonly string[];
}

/** The same with the truth beside it. */
export interface Labelled<Value> extends Judged<Value> {
  readonly truth: readonly Value[];
}

/** A rate corrected by sensitivity and specificity. */
export interface CorrectedRate {
  /** The corrected rate, in [0, 1]; n counts the rows of both sets, each once. */
  readonly rate: Figure;
  /** The estimate or a bound was outside [0, 1] and was put on its edge. */
  readonly clipped: boolean;
  /** The estimate before it was clipped; null where undefined. */
  readonly unclipped: number | null;
  /** The share that the judge passes, uncorrected. */
  readonly apparent: Figure;
  /** The share of true passes that the judge passes. */
  readonly sensitivity: Figure;
  /** The share of true failures that the judge fails. */
  readonly specificity: Figure;
}

/** How a corrected rate is made. */
export interface CorrectedRateOptions {
  /** The labelled rows are among the target's. Default false: they are other rows. */
  readonly contained?: boolean;
}

/**
 * The rate of true passes among `target`, from the judge's verdicts there and its errors on `labelled` (Rogan and Gladen,
 * Am. J. Epidemiol. 107, 1978): π = (p + specificity − 1) / (sensitivity + specificity − 1). The labelled set may have
 * more or fewer passes than the target; the judge's two error rates must be the same in both.
 *
 * The interval is that of Lang and Reiczigel (Prev. Vet. Med. 113, 2014), which carries the uncertainty of all three: with
 * z²/2 added to the passes of z² more rows, 1 success of 2 more to sensitivity and specificity, and V the delta-method
 * variance [p(1 − p)/n + π² se(1 − se)/m₁ + (1 − π)² sp(1 − sp)/m₀] / (se + sp − 1)² of these, it is π + Δ ± z√V,
 * Δ = 2z² [π se(1 − se)/m₁ − (1 − π) sp(1 − sp)/m₀]. Sizes are effective ones, divided by the design effect of the
 * estimate: its delta-method variance clustered over that of independent rows, at least 1.
 *
 * With `contained` the labelled rows are among the target's, which then is all rows: the estimate is the labels' rate and the
 * corrected rate of the others, mixed by their numbers. Judged rate and error rates then share rows, which cancels a part of
 * their errors: the effect may be below 1, but the variance not below that of a label for every row.
 *
 * Undefined without rows, without both kinds of label, or when sensitivity + specificity − 1 cannot be told from 0 (its
 * 95 % interval has 0): a judge that says the same whatever is true cannot be corrected.
 */
export function correctedRate(
  target: Judged<boolean>,
  labelled: Labelled<boolean>,
  { contained = false }: CorrectedRateOptions = {},
): CorrectedRate {
  requireColumns(target, labelled);
  const pick = (truth: boolean) => {
    const rows = [...labelled.truth.keys()].filter((row) => labelled.truth[row] === truth);
    return {
      hits: rows.map((row) => labelled.judged[row] === truth),
      clusters: rows.map((row) => labelled.clusters[row] ?? ''),
    };
  };
  const [positives, negatives] = [pick(true), pick(false)];
  const parts = {
    apparent: proportion(target.judged, target.clusters),
    sensitivity: proportion(positives.hits, positives.clusters),
    specificity: proportion(negatives.hits, negatives.clusters),
  };
  const everywhere = contained ? target.clusters : [...target.clusters, ...labelled.clusters];
  const refuse = (reason: string, unclipped: number | null = null): CorrectedRate => ({
    rate: undefinedFigure(reason, everywhere),
    clipped: false,
    unclipped,
    ...parts,
  });
  const [share, caught, spared] = [
    parts.apparent.estimate,
    parts.sensitivity.estimate,
    parts.specificity.estimate,
  ];
  if (share === null) return refuse(NO_ROWS);
  if (caught === null) return refuse('no labelled row is a pass');
  if (spared === null) return refuse('no labelled row is a failure');
  const skill = caught + spared - 1;
  if (skill <= 0) return refuse(NO_SKILL);
  const unclipped = (share + spared - 1) / skill;

  const combination = createCombination();
  combination.add(target.judged.map(Number), target.clusters, 1 / skill);
  combination.add(positives.hits.map(Number), positives.clusters, -unclipped / skill);
  combination.add(negatives.hits.map(Number), negatives.clusters, (1 - unclipped) / skill);
  const effect =
    combination.independent() > 0
      ? contained && combination.clusters() > 1
        ? Math.max(combination.clustered(), leastVariance(unclipped, target.judged.length)) /
          combination.independent()
        : combination.effect()
      : copiesEffect(everywhere);
  const whole = adjust(share, target.judged.length / effect, Z ** 2);
  const right = adjust(caught, positives.hits.length / effect, 2);
  const wrong = adjust(spared, negatives.hits.length / effect, 2);
  const adjustedSkill = right.share + wrong.share - 1;
  if (adjustedSkill <= Z * Math.sqrt(right.variance + wrong.variance)) return refuse(NO_SKILL, unclipped);
  const rate = (whole.share + wrong.share - 1) / adjustedSkill;
  const shift = 2 * Z ** 2 * (rate * right.variance - (1 - rate) * wrong.variance);
  const spread = whole.variance + rate ** 2 * right.variance + (1 - rate) ** 2 * wrong.variance;
  const half = (Z * Math.sqrt(spread)) / adjustedSkill;
  const bounds = [unclipped, rate + shift - half, rate + shift + half] as const;
  const [estimate, low, high] = bounds.map(intoUnit) as [number, number, number];
  return {
    // The adjusted interval may leave out an estimate at the edge.
    rate: {
      estimate,
      low: Math.min(low, estimate),
      high: Math.max(high, estimate),
      n: everywhere.length,
      clusters: new Set(everywhere).size,
    },
    clipped: bounds.some((bound) => bound !== intoUnit(bound)),
    unclipped,
    ...parts,
  };
}

const NO_SKILL = 'sensitivity + specificity − 1 cannot be told from 0: the judge cannot be corrected';

/** The share with half of `more` rows added to its hits, and its variance. */
function adjust(share: number, size: number, more: number): { share: number; variance: number } {
  const adjusted = (share * size + more / 2) / (size + more);
  return { share: adjusted, variance: (adjusted * (1 - adjusted)) / (size + more) };
}

/** The variance of a rate, were every row independent and labelled. */
function leastVariance(rate: number, rows: number): number {
  const share = Math.min(1 - 0.5 / rows, Math.max(0.5 / rows, rate));
  return (share * (1 - share)) / rows;
}

/** The nearest number from 0 to 1. */
export function intoUnit(value: number): number {
  return Math.min(1, Math.max(0, value));
}

/** Throws JurorError `usage` for columns of different lengths. */
export function requireColumns<Value>(target: Judged<Value>, labelled: Labelled<Value>): void {
  requireSameLength(target.judged.length, target.clusters.length);
  requireSameLength(labelled.judged.length, labelled.clusters.length);
  requireSameLength(labelled.judged.length, labelled.truth.length);
}
