/** A mean of the truth from few labels and many verdicts. */
import { JurorError } from '../errors.ts';
import { createCombination, Z } from './clustering.ts';
import { intoUnit, type Judged, type Labelled, requireColumns } from './corrected.ts';
import { type Figure, undefinedFigure } from './interval.ts';
import { NO_ROWS, requireFinite } from './statistic.ts';

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

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
