/** What a head is worth on comparisons that it was not trained on, beside what needs no head. */
import { calibrationEstimators } from '../aggregate/calibration-error.ts';
import { type BootstrapOptions, clusterBootstrap, type Figure, proportion } from '../aggregate/interval.ts';
import { logisticRegression } from '../aggregate/logistic-regression.ts';
import { logistic } from '../aggregate/logits.ts';
import { riskCoverage, riskCoverageArea } from '../aggregate/risk-coverage.ts';
import { difference, mean } from '../aggregate/statistic.ts';
import type { HeldOut } from '../schema.ts';

/** Comparisons as they are reported, column by column. */
export interface PairColumns {
  /** That the left answer is better, in [0, 1]; a tie is ½. */
  readonly targets: readonly number[];
  /** Characters of the left answer less those of the right one. */
  readonly lengths: readonly number[];
  readonly clusters: readonly string[];
}

/** What a head says of them. */
export interface PairAnswers {
  /** That the left answer is better. */
  readonly probabilities: readonly number[];
  /** Scores left less right: who is better. A calibration that trusts nothing leaves every probability at ½, and the order as it was. */
  readonly differences: readonly number[];
  /** The head had better not decide. */
  readonly abstained: readonly boolean[];
}

/** Points of the curve that are kept. */
const coverages = 10;

/**
 * Figures of probabilities that the left answer is better. Accuracy is over comparisons that have a better answer, an undecided one is a miss;
 * log loss, Brier score and calibration error are against soft labels as they are, and `label-entropy` is the least that the log loss could be.
 * Baselines: the longer answer wins; a logistic regression on the difference of lengths, fitted on `training`; and the side that wins more often
 * there. `gain` is the head's accuracy less theirs. `decided` is the share of the comparisons from which the head does not abstain, and
 * `decided-wrong` the share that it decides wrongly, both of all that have a better answer.
 */
export function pairsHeldOut(
  { probabilities, differences, abstained }: PairAnswers,
  held: PairColumns,
  training: PairColumns,
  options: BootstrapOptions = {},
): Pick<HeldOut, 'figures' | 'baselines' | 'riskCoverage'> {
  const own = figuresOf(probabilities, differences, held, options);
  const slope = lengthRegression(training);
  const side = training.targets.reduce((sum, target) => sum + target, 0) / training.targets.length;
  // Log-odds lean exactly as far with the sides exchanged; a logistic near ½ does not.
  const regression = held.lengths.map((length) => slope * length);
  const rules = {
    longer: { leanings: held.lengths, guesses: null },
    'length-regression': { leanings: regression, guesses: regression.map(logistic) },
    constant: { leanings: held.lengths.map(() => side - 0.5), guesses: held.lengths.map(() => side) },
  };
  const decided = decidedRows(held);
  const hits = hitsOf(differences, held);
  const clusters = decided.map((row) => held.clusters[row] as string);
  const column = (values: readonly boolean[]) => mean(values.map(Number));
  const baselines = Object.entries(rules).map(([name, { leanings, guesses }]) => {
    const accuracy = accuracyOf(leanings, held);
    const gain = clusterBootstrap(
      difference(column(hits), column(hitsOf(leanings, held))),
      clusters,
      options,
    );
    // A rule that knows no doubt has no probabilities to judge.
    if (guesses === null) return [name, { accuracy, gain }] as const;
    const { logLoss } = calibrationEstimators(guesses, held.targets, { pairs: true });
    return [name, { accuracy, gain, 'log-loss': clusterBootstrap(logLoss, held.clusters, options) }] as const;
  });
  const confidences = decided.map((row) =>
    Math.max(probabilities[row] as number, 1 - (probabilities[row] as number)),
  );
  const wrong = hits.map((hit) => !hit);
  return {
    figures: {
      ...own,
      'risk-coverage-area': clusterBootstrap(riskCoverageArea(confidences, wrong), clusters, options),
      decided: proportion(
        decided.map((row) => !abstained[row]),
        clusters,
      ),
      'decided-wrong': proportion(
        decided.map((row, place) => !abstained[row] && wrong[place] === true),
        clusters,
      ),
    },
    baselines: Object.fromEntries(baselines),
    riskCoverage: thinned(riskCoverage(confidences, wrong)),
  };
}

function figuresOf(
  probabilities: readonly number[],
  differences: readonly number[],
  held: PairColumns,
  options: BootstrapOptions,
): Readonly<Record<string, Figure>> {
  const { targets, clusters } = held;
  const estimators = calibrationEstimators(probabilities, targets, { pairs: true });
  const figure = (estimator: Parameters<typeof clusterBootstrap>[0]) =>
    clusterBootstrap(estimator, clusters, options);
  return {
    accuracy: accuracyOf(differences, held),
    'log-loss': figure(estimators.logLoss),
    'label-entropy': figure(mean(targets.map(entropy))),
    brier: figure(estimators.brier),
    'calibration-error': figure(estimators.calibrationError),
  };
}

function accuracyOf(differences: readonly number[], held: PairColumns): Figure {
  return proportion(
    hitsOf(differences, held),
    decidedRows(held).map((row) => held.clusters[row] as string),
  );
}

/** Rows that have a better answer. */
function decidedRows({ targets }: PairColumns): number[] {
  return [...targets.keys()].filter((row) => targets[row] !== 0.5);
}

function hitsOf(differences: readonly number[], held: PairColumns): boolean[] {
  return decidedRows(held).map(
    (row) => Math.sign(differences[row] as number) === Math.sign((held.targets[row] as number) - 0.5),
  );
}

/** Keeps the slope finite where length separates the pairs. */
const lengthRidge = 1e-3;

/** Log-odds by length: each pair in both directions, so that there is no intercept. */
function lengthRegression({ targets, lengths }: PairColumns): number {
  const unit = Math.sqrt(lengths.reduce((sum, length) => sum + length * length, 0) / lengths.length);
  if (!(unit > 0)) return 0;
  const both = [...lengths, ...lengths.map((length) => -length)].map((length) => length / unit);
  const labels = [...targets, ...targets.map((target) => 1 - target)];
  const fit = logisticRegression([both], labels, new Float64Array(both.length).fill(0.5), lengthRidge);
  return (fit.coefficients?.[1] ?? 0) / unit;
}

function entropy(target: number): number {
  const part = (share: number) => (share === 0 ? 0 : -share * Math.log(share));
  return part(target) + part(1 - target);
}

/** The points nearest from above to equal steps of coverage. */
function thinned(curve: ReturnType<typeof riskCoverage>): HeldOut['riskCoverage'] {
  const kept = Array.from({ length: coverages }, (_, step) =>
    curve.find(({ coverage }) => coverage >= (step + 1) / coverages - 1e-12),
  );
  return [...new Set(kept)].flatMap((point) =>
    point === undefined ? [] : [{ coverage: point.coverage, threshold: point.threshold, risk: point.risk }],
  );
}
