/** One score from a head's objectives: constants, or weights that depend on the prompt. What is trained is what is served. */
import { JurorError } from '../errors.ts';
import { requireColumns } from './checks.ts';
import type { HeadMember } from './head.ts';
import { standardise } from './laplace.ts';

/** A linear layer over the prompt's state, V·x + c, whose softmax are the weights of the objectives. */
export interface ObjectiveGateLayer extends Pick<HeadMember, 'inputs' | 'mean' | 'scale'> {
  /** V, objectives × inputs, row-major, for standardised states. */
  readonly weight: Float32Array;
  /** c. */
  readonly bias: Float32Array;
}

/** How log lengths become the lengths that are decorrelated. */
export interface LengthScale {
  /** Mean and standard deviation of log length over the training answers. */
  readonly mean: number;
  readonly deviation: number;
}

/**
 * s = τ Σ_k g_k (r_k / u_k − λ_k ℓ): r the objectives' scores, u their units, ℓ the answer's standardised log length, g weights of 0 or more
 * that sum to 1.
 */
export interface ObjectiveCombination {
  readonly objectives: readonly string[];
  /** τ, above 0. */
  readonly scale: number;
  /** g, the same for all prompts; of a gate their mean over the training prompts, for people. */
  readonly weights: Float64Array;
  /** g = softmax(V·x + c) of each prompt; null for constants. */
  readonly gate: ObjectiveGateLayer | null;
  /** u, above 0, which put objectives of different ranges on one scale. Default 1 for each. */
  readonly units?: Float64Array;
  /** λ, one for each objective; 0 where nothing is taken off. */
  readonly lengthSlopes: Float64Array;
  /** Null where lengths are not used. */
  readonly length: LengthScale | null;
}

/** What a combination may need beside the scores. */
export interface CombinationInputs {
  /** The state at the end of the prompt; needed by a gate. */
  readonly prompt?: ArrayLike<number>;
  /** Length of each answer, in the unit of the training (characters, say); needed where lengths are taken off. */
  readonly lengths?: ArrayLike<number>;
}

/** Mean and standard deviation (n − 1) of the log lengths of training answers; of lengths that do not differ the deviation is 1. */
export function fitLengthScale(lengths: ArrayLike<number>): LengthScale {
  if (lengths.length === 0) throw new JurorError('data', 'expected lengths of answers, got none');
  const logs = Array.from(lengths, logLength);
  const mean = logs.reduce((sum, value) => sum + value, 0) / logs.length;
  const squares = logs.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / Math.max(1, logs.length - 1));
  return { mean, deviation: deviation > 1e-12 * Math.max(1, Math.abs(mean)) ? deviation : 1 };
}

/** (log(1 + length) − mean) / deviation. */
export function standardLength({ mean, deviation }: LengthScale, length: number): number {
  return (logLength(length) - mean) / deviation;
}

/** The weights of the objectives for one prompt: at least 0, with the sum 1. Throws JurorError `data` where a gate has no state. */
export function objectiveWeights(
  combination: ObjectiveCombination,
  prompt?: ArrayLike<number>,
): Float64Array {
  const { gate } = combination;
  if (gate === null) return combination.weights;
  if (prompt?.length !== gate.inputs)
    throw new JurorError(
      'data',
      `expected a prompt's state of ${gate.inputs} numbers, got ${prompt === undefined ? 'none' : prompt.length}`,
    );
  const state = standardise(gate, prompt);
  const logits = Float64Array.from(gate.bias, (bias, objective) => {
    let sum = bias;
    for (let column = 0; column < gate.inputs; column++)
      sum += (gate.weight[objective * gate.inputs + column] as number) * (state[column] as number);
    return sum;
  });
  return softmaxOf(logits);
}

/**
 * Scores of the answers of one prompt from their scores under each objective, row-major: answers × objectives. Throws JurorError
 * `data` where the combination needs a state or lengths and has none.
 */
export function combineScores(
  combination: ObjectiveCombination,
  scores: Float64Array,
  { prompt, lengths }: CombinationInputs = {},
): Float64Array {
  const width = combination.objectives.length;
  const answers = scores.length / width;
  if (!Number.isInteger(answers))
    throw new JurorError('data', `expected ${width} scores for each answer, got ${scores.length} in all`);
  const weights = objectiveWeights(combination, prompt);
  const { length, lengthSlopes, scale, units } = combination;
  const slope = lengthSlopes.reduce((sum, value, k) => sum + value * (weights[k] as number), 0);
  if (length && !lengths) throw new JurorError('data', 'expected the lengths of the answers, got none');
  if (lengths) requireColumns({ lengths }, answers);
  return Float64Array.from({ length: answers }, (_, answer) => {
    let sum = length ? -slope * standardLength(length, lengths?.[answer] as number) : 0;
    for (let k = 0; k < width; k++)
      sum += ((weights[k] as number) * (scores[answer * width + k] as number)) / (units?.[k] ?? 1);
    return scale * sum;
  });
}

/** exp(xᵢ) / Σ exp(xⱼ) of finite numbers. */
function softmaxOf(logits: Float64Array): Float64Array {
  const largest = Math.max(...logits);
  const powers = logits.map((value) => Math.exp(value - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

function logLength(length: number): number {
  if (length >= 0 && length < Number.POSITIVE_INFINITY) return Math.log1p(length);
  throw new JurorError('data', `expected a length of 0 or more, got ${length}`);
}
