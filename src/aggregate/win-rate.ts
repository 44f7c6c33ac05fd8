/** How often one system beats another, as it is and as if all answers were of one length. */
import { JurorError } from '../errors.ts';
import {
  type BootstrapOptions,
  clusterBootstrap,
  type Figure,
  meanInterval,
  proportion,
} from './interval.ts';
import { type LogisticFit, logisticRegression } from './logistic-regression.ts';
import { logistic } from './logits.ts';
import type { Winner } from './pairs.ts';
import { type Counts, type Estimator, NO_ROWS, requireFinite, requireSameLength } from './statistic.ts';

/** A win for the first counts 1, a tie ½, a loss 0. */
export function winPoints(winner: Winner): number {
  return winner === 'first' ? 1 : winner === 'tie' ? 0.5 : 0;
}

/**
 * The win rate of the first system, Σ points / n, ties counting half. With ties, every comparison is two half points and
 * the interval is that of their proportion, so that ties narrow it; without, it is the `proportion` of wins. n is the
 * number of comparisons.
 */
export function winRate(winners: readonly Winner[], clusters: readonly string[]): Figure {
  requireSameLength(winners.length, clusters.length);
  const points = winners.map((winner) => 2 * winPoints(winner));
  if (!winners.includes('tie')) {
    return proportion(
      points.map((point) => point > 0),
      clusters,
    );
  }
  return {
    ...proportion(
      points.flatMap((point) => [point > 0, point > 1]),
      clusters.flatMap((cluster) => [cluster, cluster]),
    ),
    n: winners.length,
  };
}

/** What is held against length. */
export interface LengthControlOptions {
  /** Ridge penalty λ/2 Σ β² on the coefficients but not on θ. Default 0, maximum likelihood. */
  readonly ridge?: number;
  /** How hard each row's prompt is, as a number of one's own, in the regression as ψ · difficulty. Default none. */
  readonly difficulty?: readonly number[];
}

/** The win rate beside what remains of it without length. */
export interface LengthControlledRate {
  /** The mean of the outcomes, as they are. */
  readonly raw: Figure;
  /** The win rate at equal lengths. */
  readonly controlled: Figure;
  /** φ, in nats: what tanh(Δ/σ) adds to the log-odds of winning. Above 0, longer answers win. */
  readonly coefficient: Figure;
}

/**
 * The length-controlled win rate in the manner of AlpacaEval 2 (Dubois et al., arXiv 2404.04475): the logistic regression
 *
 *     logit P(first wins) = θ + φ tanh(Δ / σ) + ψ difficulty,
 *
 * Δ the length of the first minus that of the second answer, σ the standard deviation (n − 1) of Δ, not centred; outcomes
 * may be shares, a tie ½. The figure is the mean over the rows of logistic(θ + ψ difficulty): what the model predicts for
 * Δ = 0. Two things differ from AlpacaEval's program: the difficulty of a prompt, which it estimates beforehand from
 * many models, is left out unless given; and it fits under an L1 penalty chosen by cross-validation with extra rows from
 * gamed baselines, where this is maximum likelihood, or ridge. Swapping the systems gives 1 minus the figure (without
 * difficulty) and the same φ. When all lengths differ by the same, there is nothing to control and it is the win rate;
 * when every outcome is a win (or loss), it is 1 (or 0). Undefined when lengths separate wins from losses, where no
 * finite fit exists without ridge.
 */
export function lengthControlledWinRate(
  outcomes: readonly number[],
  differences: readonly number[],
  options: LengthControlOptions = {},
): Estimator {
  const regress = fitter(outcomes, differences, options);
  const { difficulty } = options;
  return {
    rows: outcomes.length,
    of: (counts) => {
      const constant = sameOutcome(outcomes, counts);
      if (constant === 0 || constant === 1) return { value: constant };
      const found = regress(counts);
      if (found.coefficients === null) return { value: null, reason: found.reason };
      const [intercept = 0, , weight = 0] = found.coefficients;
      if (!difficulty) return { value: logistic(intercept) };
      let [sum, size] = [0, 0];
      for (const [row, level] of difficulty.entries()) {
        const count = counts[row] ?? 0;
        size += count;
        sum += count * logistic(intercept + weight * level);
      }
      return { value: sum / size };
    },
  };
}

/** φ of {@link lengthControlledWinRate}. Undefined also when all lengths differ by the same, or all outcomes are one. */
export function lengthCoefficient(
  outcomes: readonly number[],
  differences: readonly number[],
  options: LengthControlOptions = {},
): Estimator {
  const regress = fitter(outcomes, differences, options);
  return {
    rows: outcomes.length,
    of: (counts) => {
      const constant = sameOutcome(outcomes, counts);
      if (constant === 0 || constant === 1) return { value: null, reason: 'every outcome is the same' };
      const found = regress(counts);
      if (found.coefficients === null) return { value: null, reason: found.reason };
      if (deviation(differences, counts) === 0)
        return { value: null, reason: 'all lengths differ by the same' };
      return { value: found.coefficients[1] ?? 0 };
    },
  };
}

/** The win rate, the length-controlled win rate and the coefficient of length, with cluster bootstrap intervals. */
export function lengthControl(
  outcomes: readonly number[],
  differences: readonly number[],
  clusters: readonly string[],
  options: LengthControlOptions & BootstrapOptions = {},
): LengthControlledRate {
  const figure = (estimator: Estimator) => clusterBootstrap(estimator, clusters, options);
  return {
    raw: meanInterval(outcomes, clusters, options),
    controlled: figure(lengthControlledWinRate(outcomes, differences, options)),
    coefficient: figure(lengthCoefficient(outcomes, differences, options)),
  };
}

/** Coefficients θ, φ and ψ of the rows taken `counts` times; φ is 0 where no length differs. */
function fitter(
  outcomes: readonly number[],
  differences: readonly number[],
  { ridge = 0, difficulty }: LengthControlOptions,
): (counts: Counts) => LogisticFit {
  requireSameLength(outcomes.length, differences.length);
  requireFinite(differences);
  if (difficulty) {
    requireSameLength(outcomes.length, difficulty.length);
    requireFinite(difficulty);
  }
  const wrong = outcomes.find((outcome) => !(outcome >= 0 && outcome <= 1));
  if (wrong !== undefined) throw new JurorError('usage', `expected an outcome from 0 to 1, got ${wrong}`);
  if (!(ridge >= 0 && ridge < Number.POSITIVE_INFINITY)) {
    throw new JurorError('usage', `expected a ridge penalty of at least 0, got ${ridge}`);
  }
  return (counts) => {
    const spread = deviation(differences, counts);
    if (spread === null) return { coefficients: null, reason: NO_ROWS };
    const columns = [
      ...(spread > 0 ? [differences.map((difference) => Math.tanh(difference / spread))] : []),
      ...(difficulty ? [difficulty] : []),
    ];
    const fit = logisticRegression(columns, outcomes, counts, ridge);
    if (fit.coefficients === null || spread > 0) return fit;
    const [intercept = 0, ...others] = fit.coefficients;
    return { coefficients: [intercept, 0, ...others] };
  };
}

/** The standard deviation of the rows taken `counts` times; 0 when there is one value, null without rows. */
function deviation(values: readonly number[], counts: Counts): number | null {
  let [size, sum] = [0, 0];
  let first: number | null = null;
  let varies = false;
  for (const [row, value] of values.entries()) {
    const count = counts[row] ?? 0;
    if (count === 0) continue;
    first ??= value;
    varies ||= value !== first;
    size += count;
    sum += count * value;
  }
  if (size === 0) return null;
  if (!varies) return 0;
  const squares = values.reduce(
    (total, value, row) => total + (counts[row] ?? 0) * (value - sum / size) ** 2,
    0,
  );
  return Math.sqrt(squares / (size - 1));
}

/** The one outcome of all rows taken, or null. */
function sameOutcome(outcomes: readonly number[], counts: Counts): number | null {
  const taken = outcomes.filter((_, row) => (counts[row] ?? 0) > 0);
  const [first] = taken;
  return first !== undefined && taken.every((outcome) => outcome === first) ? first : null;
}
