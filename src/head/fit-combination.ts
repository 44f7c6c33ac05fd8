/** Fitting a combination of objectives on pairs, constants or a gate, without its taste for length. */
import { JurorError } from '../errors.ts';
import { requireColumns, requireTargets } from './checks.ts';
import { type LengthScale, type ObjectiveCombination, objectiveWeights } from './combination.ts';
import { type CombinationProblem, combinationLoss, gateShares, layoutOf } from './combination-loss.ts';
import { type FeatureMatrix, rowOf } from './data.ts';
import type { Standardisation } from './laplace.ts';
import { minimise } from './lbfgs.ts';
import { type LengthSlope, lengthSlope, smallCorrelation } from './length.ts';

/** Comparisons under several objectives. All arrays but `differences` have one entry for each pair. */
export interface ObjectivePairs {
  readonly objectives: readonly string[];
  /** Pairs × objectives, row-major: left less right, by a head that these pairs did not train. */
  readonly differences: Float64Array;
  /** That left is better, in [0, 1]; a tie is ½. */
  readonly target: Float64Array;
  readonly weight: Float64Array;
  readonly cluster: readonly string[];
  /** Standardised log length of left less that of right; null where lengths are not known. */
  readonly length: Float64Array | null;
  /** The row of each pair's prompt among the states; null without states. */
  readonly prompt: Int32Array | null;
}

/** What a combination is fitted with. */
export interface CombinationFitOptions {
  /** Of ‖V‖² beside the mean loss, for states in standard deviations. Default 0.1. */
  readonly ridge?: number;
  /** ρ of ρ · corr(served score, log length)² in the loss. Default 0. */
  readonly lengthPenalty?: number;
  /**
   * Spearman's |ρ| that the objectives and the served score may have with log length over the pairs; what is above it is taken off.
   * Null takes nothing off. Default 0.03 where there are lengths.
   */
  readonly lengthLimit?: number | null;
  /** How the lengths were standardised; needed where lengths are taken off. */
  readonly lengthScale?: LengthScale;
}

/** A combination, and what was done about length. */
export interface FittedCombination {
  readonly combination: ObjectiveCombination;
  /** Of each objective, before and after its λ; null where nothing is taken off. */
  readonly objectives: readonly LengthSlope[] | null;
  /** Spearman's ρ of the served differences with those of log length, over the pairs it was fitted on; null without lengths. */
  readonly lengthCorrelation: number | null;
  /** The search ended where the loss does not fall any more. */
  readonly converged: boolean;
}

/** Trainings with λ moved a little, until the served score is below the limit too. */
const mostRounds = 8;
const mostIterations = 500;

/**
 * Constants (`states` null) or a gate, by Bradley-Terry on the **served** difference D = τ Σ_k g_k (Δ_k − λ_k L): ArmoRM's published
 * training uses the scores before its own correction, and so trains the gate for another reward than the one it serves.
 *
 * Each λ_k is found first, so that no objective has more than the limit to do with length. Their combination can still have. As the
 * weights sum to 1, moving all λ_k by δ moves the served score by −τ δ L: so δ is found for the served score, the combination is trained
 * anew with it, and so on until a **trained** combination is within the limit. Throws JurorError `data` where it never is.
 */
export function fitCombination(
  pairs: ObjectivePairs,
  states: FeatureMatrix | null,
  options: CombinationFitOptions = {},
): FittedCombination {
  const { lengthPenalty = 0, lengthLimit = pairs.length ? smallCorrelation : null } = options;
  const { length } = pairs;
  requireObjectivePairs(pairs, states);
  if (!(lengthPenalty >= 0))
    throw new JurorError('usage', `expected a length penalty of 0 or more, got ${lengthPenalty}`);
  if (length === null && (lengthPenalty > 0 || lengthLimit !== null))
    throw new JurorError('data', 'expected lengths of the answers to take them off, got none');
  const gate = states && pairs.prompt ? standardised(states, pairs.prompt) : null;
  const width = pairs.objectives.length;
  const slopes =
    length === null || lengthLimit === null
      ? null
      : pairs.objectives.map((_, k) => {
          const column = Array.from(length, (_, pair) => pairs.differences[pair * width + k] as number);
          return lengthSlope(...mirrored(column, length), lengthLimit);
        });
  if (slopes && !options.lengthScale)
    throw new JurorError('usage', 'expected the scale of the lengths that are taken off, got none');
  let lambda = Float64Array.from(pairs.objectives, (_, k) => slopes?.[k]?.slope ?? 0);
  let start: Float64Array | null = null;
  for (let round = 0; round < mostRounds; round++) {
    const trained = train(pairs, gate, lambda, start, options);
    start = trained.parameters;
    const { combination, converged } = trained;
    if (length === null) return { combination, objectives: null, lengthCorrelation: null, converged };
    const served = combinedDifferences(combination, pairs, states);
    // A little more is taken off than is asked for, so that training anew does not step over the line.
    const own = lengthSlope(...mirrored(served, length), (lengthLimit ?? smallCorrelation) / 2);
    if (lengthLimit === null || own.before === null || Math.abs(own.before) <= lengthLimit)
      return { combination, objectives: slopes, lengthCorrelation: own.before, converged };
    lambda = lambda.map((value) => value + own.slope / combination.scale);
  }
  throw new JurorError(
    'data',
    `expected a combination with at most ${lengthLimit} to do with length, got none in ${mostRounds} trainings`,
  );
}

/** D of each pair, as {@link combineScores} serves it: left less right. */
export function combinedDifferences(
  combination: ObjectiveCombination,
  { differences, length, prompt, target }: ObjectivePairs,
  states: FeatureMatrix | null,
): Float64Array {
  const { lengthSlopes, scale, gate } = combination;
  const width = combination.objectives.length;
  const known = new Map<number, Float64Array>();
  const weightsOf = (pair: number): Float64Array => {
    if (gate === null) return combination.weights;
    const row = prompt?.[pair] as number;
    const found = known.get(row) ?? objectiveWeights(combination, states ? rowOf(states, row) : undefined);
    known.set(row, found);
    return found;
  };
  return Float64Array.from(target, (_, pair) => {
    const weights = weightsOf(pair);
    let sum = 0;
    for (let k = 0; k < width; k++)
      sum +=
        (weights[k] as number) *
        ((differences[pair * width + k] as number) -
          (length ? (lengthSlopes[k] as number) * (length[pair] as number) : 0));
    return scale * sum;
  });
}

/** −t log σ(D) − (1 − t) log σ(−D) of each pair, in nats. */
export function pairLosses(differences: ArrayLike<number>, target: ArrayLike<number>): number[] {
  return Array.from(differences, (value, pair) => {
    return Math.max(0, value) + Math.log1p(Math.exp(-Math.abs(value))) - (target[pair] as number) * value;
  });
}

interface Gate {
  readonly states: FeatureMatrix;
  readonly standard: Standardisation;
  /** Rows that are some pair's prompt. */
  readonly used: readonly number[];
}

function train(
  pairs: ObjectivePairs,
  gate: Gate | null,
  lambda: Float64Array,
  start: Float64Array | null,
  { ridge = 0.1, lengthPenalty = 0, lengthScale }: CombinationFitOptions,
) {
  const width = pairs.objectives.length;
  const length = pairs.length ?? new Float64Array(pairs.target.length);
  const differences = pairs.differences.map(
    (value, place) =>
      value - (lambda[place % width] as number) * (length[Math.floor(place / width)] as number),
  );
  const inputs = gate?.states.columns ?? 0;
  const problem: CombinationProblem = {
    objectives: width,
    differences,
    target: pairs.target,
    weight: pairs.weight,
    length,
    states: gate?.states ?? null,
    prompt: pairs.prompt ?? new Int32Array(pairs.target.length),
    unit: unitOf(differences, width),
    ridge,
    lengthPenalty,
  };
  const layout = layoutOf(width);
  const from = start ?? new Float64Array(layout.gate + width * inputs);
  const found = minimise(from, (at, gradient) => combinationLoss(problem, at, gradient), {
    maxIterations: mostIterations,
    tolerance: 1e-8,
  });
  const { parameters } = found;
  const bias = parameters.slice(0, width);
  const layer = gate && {
    inputs,
    ...gate.standard,
    weight: Float32Array.from(parameters.subarray(layout.gate)),
    bias: Float32Array.from(bias),
  };
  const shares = gateShares(problem, parameters);
  const rows = gate?.used ?? [0];
  const combination: ObjectiveCombination = {
    objectives: pairs.objectives,
    scale: Math.exp(parameters[layout.scale] as number) / problem.unit,
    weights: bias.map(
      (_, k) => rows.reduce((sum, row) => sum + (shares[row * width + k] as number), 0) / rows.length,
    ),
    gate: layer,
    lengthSlopes: lambda,
    length: lambda.some((value) => value !== 0) ? (lengthScale ?? null) : null,
  };
  return { combination, converged: found.converged, parameters };
}

/** Root of the mean square of the plain mean of the objectives, or of single objectives where they cancel. */
function unitOf(differences: Float64Array, width: number): number {
  let [means, singles] = [0, 0];
  for (let at = 0; at < differences.length; at += width) {
    let sum = 0;
    for (let k = 0; k < width; k++) {
      const value = differences[at + k] as number;
      sum += value / width;
      singles += (value * value) / width;
    }
    means += sum * sum;
  }
  const square = Math.max(means, 1e-6 * singles) / (differences.length / width);
  if (square > 0) return Math.sqrt(square);
  throw new JurorError('data', 'expected objectives that tell answers apart, got differences of 0 alone');
}

/** States less the mean of those that are used, over their standard deviation; of columns that do not vary 0. */
function standardised(states: FeatureMatrix, prompt: Int32Array): Gate {
  const { rows, columns } = states;
  const used = [...new Set(prompt)];
  const mean = new Float32Array(columns);
  const scale = new Float32Array(columns);
  const values = new Float32Array(rows * columns);
  const at = (row: number, column: number) => states.values[row * columns + column] as number;
  for (let column = 0; column < columns; column++) {
    let [sum, squares] = [0, 0];
    for (const row of used) sum += at(row, column);
    const centre = Math.fround(sum / used.length);
    for (const row of used) squares += (at(row, column) - centre) ** 2;
    const deviation = Math.fround(Math.sqrt(squares / used.length));
    const unit = deviation > 1e-6 * Math.abs(centre) ? deviation : 1;
    mean[column] = centre;
    scale[column] = unit;
    for (const row of used) values[row * columns + column] = (at(row, column) - centre) / unit;
  }
  return { states: { rows, columns, values }, standard: { mean, scale }, used };
}

/** Rows in both directions. */
function mirrored(values: ArrayLike<number>, lengths: ArrayLike<number>): [number[], number[]] {
  const both = (column: ArrayLike<number>) => Array.from(column).flatMap((value) => [value, -value]);
  return [both(values), both(lengths)];
}

function requireObjectivePairs(pairs: ObjectivePairs, states: FeatureMatrix | null): void {
  const { objectives, differences, target, weight, cluster, length, prompt } = pairs;
  if (objectives.length === 0) throw new JurorError('data', 'expected at least one objective, got none');
  requireColumns(
    { weight, cluster, ...(length ? { length } : {}), ...(prompt ? { prompt } : {}) },
    target.length,
  );
  requireColumns({ differences }, target.length * objectives.length);
  requireTargets(target);
  for (const [name, values] of Object.entries({ differences, weight, length: length ?? [] }))
    for (let place = 0; place < values.length; place++)
      if (!Number.isFinite(values[place]) || (name === 'weight' && (values[place] as number) < 0))
        throw new JurorError(
          'data',
          `${name}: expected finite numbers, weights of 0 or more, got ${values[place]}`,
        );
  if (!weight.some((value) => value > 0))
    throw new JurorError('data', 'expected pairs with a weight, got none');
  if (states === null) return;
  if (prompt === null) throw new JurorError('data', "expected the row of each pair's prompt, got none");
  const stray = prompt.findIndex((row) => !(row >= 0 && row < states.rows));
  if (stray >= 0)
    throw new JurorError(
      'data',
      `pair ${stray + 1}: expected a state below ${states.rows}, got ${prompt[stray]}`,
    );
}
