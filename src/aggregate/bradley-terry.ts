/** Strengths of items from comparisons in pairs (Bradley and Terry, Biometrika 39, 1952). */
import { JurorError } from '../errors.ts';
import {
  type Comparison,
  type ComparisonRows,
  type PairSums,
  readComparisons,
  strengthFault,
  sumPairs,
} from './comparisons.ts';
import { type Evaluation, type Maximum, maximise } from './newton.ts';
import type { Counts, Estimator, Statistic } from './statistic.ts';
import { centered, makeStrengths, type StrengthFit } from './strengths.ts';

/** How strengths are fitted. */
export interface BradleyTerryOptions {
  /**
   * `half`: a tie is half a win for each. `davidson`: ties have a probability of their own, ν / (e^{Δ/2} + e^{−Δ/2} +
   * ν) at a difference Δ of strengths (Davidson, JASA 65, 1970). Default `half`.
   */
  readonly ties?: 'half' | 'davidson';
  /**
   * λ of the penalty −λ/2 Σ θᵢ² on the log-likelihood: a normal prior of variance 1/λ. Above 0 every set of comparisons
   * has strengths, items without any at 0. Default 0.
   */
  readonly ridge?: number;
}

/**
 * The strengths θ, in nats and with sum 0, that maximise Σ w [p log σ(θᵢ − θⱼ) + (1 − p) log σ(θⱼ − θᵢ)] over the
 * comparisons of `items` items, by Newton's method. A probability counts as that share of a win. Undefined, with the
 * reason, when the comparisons do not connect all items or some items only win. What is not a comparison is an error.
 */
export function bradleyTerry(
  items: number,
  comparisons: readonly Comparison[],
  options: BradleyTerryOptions = {},
): StrengthFit {
  const { ridge, rows } = prepare(items, comparisons, options);
  const sums = sumPairs(rows);
  const { maximum, shift, parametersOfTies } = fitSums(rows, sums, ridge);
  const places = new Int32Array(comparisons.length);
  rows.source.forEach((source, row) => {
    places[source] = row;
  });
  return makeStrengths({
    items,
    rows: comparisons.length,
    maximum,
    shift,
    tieOdds: (parameters) =>
      options.ties === 'davidson' ? [parametersOfTies === 1 ? Math.exp(parameters[items] ?? 0) : 0] : [],
    score: (source, parameters, add) => {
      const row = places[source] ?? 0;
      const pair = rows.pair[row] ?? 0;
      const [left, right] = [rows.left[pair] ?? 0, rows.right[pair] ?? 0];
      const [wins, losses, ties] = [rows.wins[row] ?? 0, rows.losses[row] ?? 0, rows.ties[row] ?? 0];
      const tieLog = parametersOfTies === 1 ? (parameters[items] ?? 0) : Number.NEGATIVE_INFINITY;
      const part = slope(wins, losses, ties, (parameters[left] ?? 0) - (parameters[right] ?? 0), tieLog);
      add(left, part.strength);
      add(right, -part.strength);
      if (parametersOfTies === 1) add(items, part.tie);
    },
  });
}

/**
 * A number read off the strengths (one item's, a difference, a rank), computable on resamples of the comparisons: with
 * {@link clusterBootstrap} it has an interval that is clustered by prompt.
 */
export function bradleyTerryStatistic(
  items: number,
  comparisons: readonly Comparison[],
  read: (strengths: readonly number[]) => number,
  options: BradleyTerryOptions = {},
): Estimator {
  const { ridge, rows } = prepare(items, comparisons, options);
  const start = fitSums(rows, sumPairs(rows), ridge).maximum.parameters ?? undefined;
  return {
    rows: comparisons.length,
    of: (counts: Counts): Statistic => {
      const { maximum } = fitSums(rows, sumPairs(rows, counts), ridge, start);
      if (maximum.parameters === null) return { value: null, reason: maximum.reason };
      return { value: read(centered(maximum.parameters, items)) };
    },
  };
}

function prepare(
  items: number,
  comparisons: readonly Comparison[],
  options: BradleyTerryOptions,
): { ridge: number; rows: ComparisonRows } {
  const { ridge = 0 } = options;
  if (!(ridge >= 0 && ridge < Number.POSITIVE_INFINITY)) {
    throw new JurorError('usage', `expected a ridge of 0 or more, got ${ridge}`);
  }
  return { ridge, rows: readComparisons(items, comparisons, options.ties ?? 'half') };
}

interface PairFit {
  readonly maximum: Maximum;
  readonly shift: number;
  /** 1 when the last parameter is log ν, 0 when no weight is on ties and ν is 0. */
  readonly parametersOfTies: 0 | 1;
}

function fitSums(rows: ComparisonRows, sums: PairSums, ridge: number, warm?: Float64Array): PairFit {
  const { items } = rows;
  const total = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0);
  const [decided, tied] = [total(sums.wins) + total(sums.losses), total(sums.ties)];
  const parametersOfTies = tied > 0 ? 1 : 0;
  // Any positive eigenvalue does; the mean diagonal of the information keeps the matrix well scaled.
  const shift = ridge + (decided + tied > 0 ? (decided + tied) / (2 * items) : 1);
  const shape = { shift, parametersOfTies } as const;
  if (tied > 0 && decided === 0) {
    const reason = 'all comparisons are ties, so the odds of a tie have no maximum; count ties half';
    return { maximum: { parameters: null, reason }, ...shape };
  }
  const fault =
    ridge > 0
      ? null
      : strengthFault(items, (visit) => {
          rows.left.forEach((left, pair) => {
            const right = rows.right[pair] ?? 0;
            const shared = sums.ties[pair] ?? 0;
            if ((sums.wins[pair] ?? 0) + shared > 0) visit(left, right);
            if ((sums.losses[pair] ?? 0) + shared > 0) visit(right, left);
          });
        });
  if (fault !== null) return { maximum: { parameters: null, reason: fault }, ...shape };
  const dimension = items + parametersOfTies;
  const start = warm?.length === dimension ? warm : new Float64Array(dimension);
  return { maximum: maximise(start, evaluator(rows, sums, ridge, shift, dimension)), ...shape };
}

/** The penalised log-likelihood at given parameters; the information has the eigenvalue `shift` for a common shift. */
function evaluator(
  rows: ComparisonRows,
  sums: PairSums,
  ridge: number,
  shift: number,
  dimension: number,
): (parameters: Float64Array) => Evaluation {
  const { items, left, right } = rows;
  return (parameters) => {
    const gradient = new Float64Array(dimension);
    const information = new Float64Array(dimension * dimension);
    const add = (row: number, column: number, amount: number): void => {
      information[row * dimension + column] = (information[row * dimension + column] ?? 0) + amount;
    };
    const tieLog = dimension > items ? (parameters[items] ?? 0) : Number.NEGATIVE_INFINITY;
    const move = (parameter: number, amount: number): void => {
      gradient[parameter] = (gradient[parameter] ?? 0) + amount;
    };
    let value = 0;
    for (let pair = 0; pair < left.length; pair++) {
      const [one, other] = [left[pair] ?? 0, right[pair] ?? 0];
      const part = slope(
        sums.wins[pair] ?? 0,
        sums.losses[pair] ?? 0,
        sums.ties[pair] ?? 0,
        (parameters[one] ?? 0) - (parameters[other] ?? 0),
        tieLog,
      );
      value += part.value;
      move(one, part.strength);
      move(other, -part.strength);
      add(one, one, part.curvature);
      add(other, other, part.curvature);
      add(one, other, -part.curvature);
      add(other, one, -part.curvature);
      if (dimension > items) {
        move(items, part.tie);
        add(items, items, part.tieCurvature);
        for (const [item, amount] of [[one, part.cross] as const, [other, -part.cross] as const]) {
          add(item, items, amount);
          add(items, item, amount);
        }
      }
    }
    for (let row = 0; row < items; row++) {
      const strength = parameters[row] ?? 0;
      value -= (ridge / 2) * strength ** 2;
      move(row, -ridge * strength);
      add(row, row, ridge);
      for (let column = 0; column < items; column++) add(row, column, (shift - ridge) / items);
    }
    return { value, gradient, information };
  };
}

interface Slope {
  readonly value: number;
  /** By the left strength and by log ν. */
  readonly strength: number;
  readonly tie: number;
  /** Minus the second derivatives. */
  readonly curvature: number;
  readonly tieCurvature: number;
  readonly cross: number;
}

/**
 * a log P(left) + b log P(right) + t log P(tie) at a difference of strengths, with derivatives; log ν = −∞ has no
 * ties.
 */
function slope(wins: number, losses: number, ties: number, difference: number, tieLog: number): Slope {
  const half = difference / 2;
  const largest = Math.max(Math.abs(half), tieLog);
  const [up, down, level] = [Math.exp(half - largest), Math.exp(-half - largest), Math.exp(tieLog - largest)];
  const total = up + down + level;
  const log = largest + Math.log(total);
  const weight = wins + losses + ties;
  const [winning, losing, tying] = [up / total, down / total, level / total];
  // Each difference is written so that a probability near 0 keeps its digits.
  const strength =
    (wins * (2 * losing + tying) - losses * (2 * winning + tying) + ties * (losing - winning)) / 2;
  return {
    value: wins * (half - log) - losses * (half + log) + (ties > 0 ? ties * (tieLog - log) : 0),
    strength,
    tie: ties * (winning + losing) - (wins + losses) * tying,
    // ¼ [(pₗ + pᵣ) − (pₗ − pᵣ)²]
    curvature: weight * (winning * losing + ((winning + losing) * tying) / 4),
    tieCurvature: weight * tying * (winning + losing),
    cross: (-weight * (winning - losing) * tying) / 2,
  };
}
