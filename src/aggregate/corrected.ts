/** Rates corrected for the errors that the judge makes, as measured where the truth is known. */
import { JurorError } from '../errors.ts';
import { copiesEffect, createCombination, Z } from './clustering.ts';
import { type Figure, proportion, undefinedFigure } from './interval.ts';
import { NO_ROWS, requireFinite, requireSameLength } from './statistic.ts';

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

/** How a prediction-powered mean is made. */
export interface PredictionPoweredOptions {
  /** λ: how far the judge is trusted, from 0 (labels alone) to 1 (PPI). Default `power`, estimated as in PPI++. */
  readonly tuning?: number | 'power';
  /** What the mean can be: the estimate and its bounds are put on the edges and `clipped` says so. Default unbounded. */
  readonly range?: { readonly min: number; readonly max: number };
}

/** A mean from few labels and many verdicts. */
export interface PredictionPoweredMean {
  /** n counts the rows of both sets. */
  readonly mean: Figure;
  readonly clipped: boolean;
  /** λ as used; null where undefined. */
  readonly tuning: number | null;
  /** The standard error of `mean`; null where undefined. */
  readonly standardError: number | null;
  /** From the labels alone, as λ = 0 gives it: what the judge must improve on. */
  readonly classical: Figure;
}

/**
 * The mean of the truth by prediction-powered inference (Angelopoulos et al., Science 382, 2023): of labels y with verdicts
 * f, and of verdicts f′ without labels, θ = λ f̄′ + (ȳ − λ f̄), valid however wrong the judge is, as long as the labelled
 * rows are a random sample of all. Takes any numbers: passes as 0 and 1, ties of a win rate as ½.
 *
 * `power` (PPI++, arXiv 2311.01453) takes λ = cov(y, f) / ((1 + n/N) var(f, f′)) in [0, 1], n rows labelled and N not,
 * cov over n and var over n + N − 1; then the judge can hardly do worse than the labels alone. The interval is θ ± z√V, V
 * the variance of λ f̄′ and ȳ − λ f̄ clustered over both sets with G/(G − 1) for each; with one row in each cluster,
 * λ² s²(f′)/N + s²(y − λf)/n. It is a normal approximation: with fewer than about twenty labels of the
 * rarer outcome it covers less than it says, and `correctedRate` is the better choice. Undefined without rows in either set; no interval with fewer than two clusters in either.
 */
export function predictionPoweredMean(
  unlabelled: Judged<number>,
  labelled: Labelled<number>,
  options: PredictionPoweredOptions = {},
): PredictionPoweredMean {
  requireColumns(unlabelled, labelled);
  for (const column of [unlabelled.judged, labelled.judged, labelled.truth]) requireFinite(column);
  const everywhere = [...unlabelled.clusters, ...labelled.clusters];
  const classical =
    labelled.truth.length === 0
      ? undefinedFigure(`${NO_ROWS} with a label`)
      : powered(0, unlabelled, labelled, labelled.clusters, options).mean;
  if (labelled.truth.length === 0 || unlabelled.judged.length === 0) {
    const reason = classical.estimate === null ? `${NO_ROWS} with a label` : `${NO_ROWS} without a label`;
    const mean = undefinedFigure(reason, everywhere);
    return { mean, clipped: false, tuning: null, standardError: null, classical };
  }
  const { tuning = 'power' } = options;
  if (tuning !== 'power' && !(tuning >= 0 && tuning <= 1)) {
    throw new JurorError('usage', `expected a tuning from 0 to 1 or "power", got ${tuning}`);
  }
  const trust = tuning === 'power' ? powerTuning(unlabelled.judged, labelled) : tuning;
  return {
    ...powered(trust, unlabelled, labelled, everywhere, options),
    tuning: trust,
    classical,
  };
}

function powered(
  trust: number,
  unlabelled: Judged<number>,
  labelled: Labelled<number>,
  clusters: readonly string[],
  { range }: PredictionPoweredOptions,
) {
  const rest = labelled.truth.map((truth, row) => truth - trust * (labelled.judged[row] ?? 0));
  const combination = createCombination();
  combination.add(rest, labelled.clusters, 1);
  if (trust > 0) combination.add(unlabelled.judged, unlabelled.clusters, trust);
  const found = average(rest) + (trust > 0 ? trust * average(unlabelled.judged) : 0);
  const fewest = Math.min(
    new Set(labelled.clusters).size,
    trust > 0 ? new Set(unlabelled.clusters).size : Number.POSITIVE_INFINITY,
  );
  const error = fewest < 2 ? null : Math.sqrt(combination.clustered());
  const into = (value: number) => (range ? Math.min(range.max, Math.max(range.min, value)) : value);
  const values = [found, ...(error === null ? [] : [found - Z * error, found + Z * error])];
  const [estimate = found, low = null, high = null] = values.map(into);
  const shape = { n: clusters.length, clusters: new Set(clusters).size };
  return {
    mean: {
      estimate,
      low,
      high,
      ...shape,
      ...(error === null ? { reason: 'one cluster has no interval' } : {}),
    },
    clipped: values.some((value) => value !== into(value)),
    standardError: error,
  };
}

/** λ of PPI++ for a mean; 0 where the verdicts do not vary. */
function powerTuning(unlabelled: readonly number[], { judged, truth }: Labelled<number>): number {
  const [judgedCenter, truthCenter] = [average(judged), average(truth)];
  const together = average(
    judged.map((value, row) => (value - judgedCenter) * ((truth[row] ?? 0) - truthCenter)),
  );
  const all = [...judged, ...unlabelled];
  const center = average(all);
  const spread = all.reduce((sum, value) => sum + (value - center) ** 2, 0) / (all.length - 1);
  if (!(spread > 0)) return 0;
  return intoUnit(together / ((1 + judged.length / unlabelled.length) * spread));
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

function intoUnit(value: number): number {
  return Math.min(1, Math.max(0, value));
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function requireColumns<Value>(target: Judged<Value>, labelled: Labelled<Value>): void {
  requireSameLength(target.judged.length, target.clusters.length);
  requireSameLength(labelled.judged.length, labelled.clusters.length);
  requireSameLength(labelled.judged.length, labelled.truth.length);
}
