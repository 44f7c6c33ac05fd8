/** Strengths of items from rankings (Luce 1959; Plackett, Applied Statistics 24, 1975). */
import { JurorError } from '../errors.ts';
import { strengthFault } from './comparisons.ts';
import { type Evaluation, type Maximum, maximise } from './newton.ts';
import { type Pool, type Ranking, type RankingRows, type RankingTerms, readRankings } from './rankings.ts';
import type { Counts, Estimator, Statistic } from './statistic.ts';
import { centered, makeStrengths, type StrengthFit } from './strengths.ts';

/** How strengths are fitted. */
export interface PlackettLuceOptions {
  /**
   * `average`: the mean log-likelihood over all orders of the tied items. `davidson-luce`: a set S of size s comes
   * first with odds ν_s · exp(mean strength of S) (Firth, Kosmidis and Turner, arXiv 1909.07123); of two items it is
   * Davidson's model. Default `average`.
   */
  readonly ties?: 'average' | 'davidson-luce';
  /** λ of the penalty −λ/2 Σ θᵢ²: a normal prior of variance 1/λ. Default 0. */
  readonly ridge?: number;
}

/**
 * The strengths θ, in nats and with sum 0, under which the best of a set A is i with probability e^{θᵢ} / Σ_{j∈A}
 * e^{θⱼ}, then the best of what is left, and so on; rankings may be full, partial or of the top few. The maximum of
 * the likelihood by Newton's method. Undefined, with the reason, when the rankings do not connect all items or some
 * items only win.
 */
export function plackettLuce(
  items: number,
  rankings: readonly Ranking[],
  options: PlackettLuceOptions = {},
): StrengthFit {
  const { ridge, data } = prepare(items, rankings, options);
  const { maximum, shift } = fitRows(data, ridge);
  const bySource = new Map(data.rows.map((row) => [row.source, row]));
  return makeStrengths({
    items,
    rows: rankings.length,
    maximum,
    shift,
    tieOdds: (parameters) =>
      Array.from({ length: Math.max(0, (data.tieSizes.at(-1) ?? 1) - 1) }, (_, index) => {
        const place = data.tieSizes.indexOf(index + 2);
        return place < 0 ? 0 : Math.exp(parameters[items + place] ?? 0);
      }),
    score: (source, parameters, add) => {
      const row = bySource.get(source);
      if (!row) return;
      for (const [parameter, credit] of row.credits) add(parameter, row.weight * credit);
      for (const pool of row.pools) {
        const { means } = weigh(pool, parameters);
        pool.parameters.forEach((parameter, place) => {
          add(parameter, -row.weight * pool.share * (means[place] ?? 0));
        });
      }
    },
  });
}

/** A number read off the strengths, computable on resamples of the rankings; see {@link clusterBootstrap}. */
export function plackettLuceStatistic(
  items: number,
  rankings: readonly Ranking[],
  read: (strengths: readonly number[]) => number,
  options: PlackettLuceOptions = {},
): Estimator {
  const { ridge, data } = prepare(items, rankings, options);
  const start = fitRows(data, ridge).maximum.parameters ?? undefined;
  return {
    rows: rankings.length,
    of: (counts: Counts): Statistic => {
      const { maximum } = fitRows(data, ridge, counts, start);
      if (maximum.parameters === null) return { value: null, reason: maximum.reason };
      return { value: read(centered(maximum.parameters, items)) };
    },
  };
}

function prepare(
  items: number,
  rankings: readonly Ranking[],
  options: PlackettLuceOptions,
): { ridge: number; data: RankingRows } {
  const { ridge = 0 } = options;
  if (!(ridge >= 0 && ridge < Number.POSITIVE_INFINITY)) {
    throw new JurorError('usage', `expected a ridge of 0 or more, got ${ridge}`);
  }
  return { ridge, data: readRankings(items, rankings, options.ties ?? 'average') };
}

function fitRows(
  data: RankingRows,
  ridge: number,
  counts?: Counts,
  warm?: Float64Array,
): { maximum: Maximum; shift: number } {
  const { items } = data;
  const weighted = data.rows
    .map((row) => ({ row, weight: row.weight * (counts === undefined ? 1 : (counts[row.source] ?? 0)) }))
    .filter(({ weight }) => weight > 0);
  const total = weighted.reduce((sum, { row, weight }) => sum + weight * row.pools.length, 0);
  const shift = ridge + (total > 0 ? total / items : 1);
  // A size of tie that a resample lacks would leave its parameter without a maximum: only those it has are fitted.
  const present = new Set(weighted.flatMap(({ row }) => row.credits.map(([parameter]) => parameter)));
  const absent = data.tieSizes.flatMap((_, tie) => (present.has(items + tie) ? [] : [items + tie]));
  const fault =
    ridge > 0
      ? null
      : strengthFault(items, (visit) => {
          for (const { row } of weighted) data.edges(row.source, visit);
        });
  if (fault !== null) return { maximum: { parameters: null, reason: fault }, shift };
  const dimension = items + data.tieSizes.length;
  const start = warm?.slice() ?? new Float64Array(dimension);
  for (const parameter of absent) start[parameter] = Number.NEGATIVE_INFINITY;
  return { maximum: maximise(start, evaluator(data, weighted, ridge, shift, absent)), shift };
}

/** The penalised log-likelihood; an absent parameter stays where it is. */
function evaluator(
  { items, tieSizes }: RankingRows,
  rows: readonly { readonly row: RankingTerms; readonly weight: number }[],
  ridge: number,
  shift: number,
  absent: readonly number[],
): (parameters: Float64Array) => Evaluation {
  const dimension = items + tieSizes.length;
  return (parameters) => {
    const gradient = new Float64Array(dimension);
    const information = new Float64Array(dimension * dimension);
    const move = (parameter: number, amount: number): void => {
      gradient[parameter] = (gradient[parameter] ?? 0) + amount;
    };
    const add = (row: number, column: number, amount: number): void => {
      information[row * dimension + column] = (information[row * dimension + column] ?? 0) + amount;
    };
    let value = 0;
    for (const { row, weight } of rows) {
      for (const [parameter, credit] of row.credits) {
        value += weight * credit * (parameters[parameter] ?? 0);
        move(parameter, weight * credit);
      }
      for (const pool of row.pools) {
        const scale = weight * pool.share;
        const { log, odds, means } = weigh(pool, parameters);
        value -= scale * log;
        pool.parameters.forEach((parameter, place) => {
          const mean = scale * (means[place] ?? 0);
          move(parameter, -mean);
          pool.parameters.forEach((other, column) => {
            add(parameter, other, -mean * (means[column] ?? 0));
          });
        });
        pool.sets.forEach(({ members, tie }, index) => {
          const mass = (scale * (odds[index] ?? 0)) / members.length;
          const tied = pool.parameters[tie];
          for (const member of members) {
            const one = pool.parameters[member] ?? 0;
            for (const other of members) add(one, pool.parameters[other] ?? 0, mass / members.length);
            if (tied === undefined) continue;
            add(one, tied, mass);
            add(tied, one, mass);
          }
          if (tied !== undefined) add(tied, tied, mass * members.length);
        });
      }
    }
    for (let row = 0; row < items; row++) {
      const strength = parameters[row] ?? 0;
      value -= (ridge / 2) * strength ** 2;
      move(row, -ridge * strength);
      add(row, row, ridge);
      for (let column = 0; column < items; column++) add(row, column, (shift - ridge) / items);
    }
    for (const parameter of absent) add(parameter, parameter, 1);
    return { value, gradient, information };
  };
}

/** log Σ of a pool, each set's probability, and the mean of each parameter's coefficient over the sets. */
function weigh(
  pool: Pool,
  parameters: Float64Array,
): { readonly log: number; readonly odds: Float64Array; readonly means: Float64Array } {
  const odds = new Float64Array(pool.sets.length);
  let largest = Number.NEGATIVE_INFINITY;
  pool.sets.forEach(({ members, tie }, index) => {
    let sum = 0;
    for (const member of members) sum += parameters[pool.parameters[member] ?? 0] ?? 0;
    const tied = pool.parameters[tie];
    const predictor = sum / members.length + (tied === undefined ? 0 : (parameters[tied] ?? 0));
    odds[index] = predictor;
    largest = Math.max(largest, predictor);
  });
  let total = 0;
  for (let index = 0; index < odds.length; index++) {
    odds[index] = Math.exp((odds[index] ?? 0) - largest);
    total += odds[index] ?? 0;
  }
  const means = new Float64Array(pool.parameters.length);
  pool.sets.forEach(({ members, tie }, index) => {
    const probability = (odds[index] ?? 0) / total;
    odds[index] = probability;
    for (const member of members) means[member] = (means[member] ?? 0) + probability / members.length;
    if (tie >= 0) means[tie] = (means[tie] ?? 0) + probability;
  });
  return { log: largest + Math.log(total), odds, means };
}
