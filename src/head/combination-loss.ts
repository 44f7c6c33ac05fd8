/** What a combination of objectives is trained by: the likelihood of pairs, and what its score has to do with length. */
import type { FeatureMatrix } from './data.ts';
import { multiply, multiplyTransposed } from './kernels.ts';

/** Pairs under a combination whose λ are fixed. All arrays but `differences` have one entry for each pair. */
export interface CombinationProblem {
  readonly objectives: number;
  /** Pairs × objectives, row-major: left less right, lengths taken off. */
  readonly differences: Float64Array;
  readonly target: Float64Array;
  readonly weight: Float64Array;
  /** Standardised log length of left less that of right. */
  readonly length: Float64Array;
  /** Standardised states of the prompts, and the row of each pair's; null for constants. */
  readonly states: FeatureMatrix | null;
  readonly prompt: Int32Array;
  /** τ = eᵃ / `unit`. */
  readonly unit: number;
  /** Of ‖V‖². */
  readonly ridge: number;
  /** Of the squared correlation with length. */
  readonly lengthPenalty: number;
}

/** Of a²: keeps τ finite where objectives separate the pairs. */
const scaleRidge = 1e-4;

/** Where the parameters are in their one array: c, then a, then V. */
export function layoutOf(objectives: number) {
  return { scale: objectives, gate: objectives + 1 };
}

/**
 * Σ wᵢ [log(1 + exp(Dᵢ)) − tᵢ Dᵢ] / Σ wᵢ + ρ r² + η/2 ‖V‖² + 10⁻⁴/2 a², with Dᵢ = τ Σ_k g_k Δᵢₖ, g = softmax(V·x + c) and the
 * correlation r = Σ w D L / √(Σ w D² · Σ w L²) of pairs counted in both directions, whose means are 0. Fills the gradient.
 */
export function combinationLoss(
  problem: CombinationProblem,
  parameters: Float64Array,
  gradient: Float64Array,
): number {
  const { objectives, differences, target, weight, length, states, prompt } = problem;
  const { scale, gate } = layoutOf(objectives);
  const tau = Math.exp(parameters[scale] as number) / problem.unit;
  const prompts = states?.rows ?? 1;
  const shares = gateShares(problem, parameters);
  const size = target.length;
  const served = new Float64Array(size);
  let [total, loss, squares, lengths, products] = [0, 0, 0, 0, 0];
  for (let pair = 0; pair < size; pair++) {
    const at = (states ? (prompt[pair] as number) : 0) * objectives;
    let sum = 0;
    for (let k = 0; k < objectives; k++)
      sum += (shares[at + k] as number) * (differences[pair * objectives + k] as number);
    const value = tau * sum;
    const own = weight[pair] as number;
    served[pair] = value;
    total += own;
    loss +=
      own * (Math.max(0, value) + Math.log1p(Math.exp(-Math.abs(value))) - (target[pair] as number) * value);
    squares += own * value * value;
    lengths += own * (length[pair] as number) ** 2;
    products += own * value * (length[pair] as number);
  }
  const norm = Math.sqrt(squares * lengths);
  const correlation = norm > 0 ? products / norm : 0;
  const pull = norm > 0 ? 2 * problem.lengthPenalty * correlation : 0;

  gradient.fill(0);
  const logits = new Float64Array(prompts * objectives);
  let byScale = 0;
  for (let pair = 0; pair < size; pair++) {
    const value = served[pair] as number;
    const own = weight[pair] as number;
    const chance = 1 / (1 + Math.exp(-value));
    let slope = (own * (chance - (target[pair] as number))) / total;
    if (pull !== 0) slope += pull * own * ((length[pair] as number) / norm - (correlation * value) / squares);
    byScale += slope * value;
    const at = (states ? (prompt[pair] as number) : 0) * objectives;
    for (let k = 0; k < objectives; k++) {
      const share = shares[at + k] as number;
      const lead = tau * (differences[pair * objectives + k] as number) - value;
      logits[at + k] = (logits[at + k] as number) + slope * share * lead;
    }
  }
  for (let place = 0; place < logits.length; place++) {
    const k = place % objectives;
    gradient[k] = (gradient[k] as number) + (logits[place] as number);
  }
  const a = parameters[scale] as number;
  gradient[scale] = byScale + scaleRidge * a;
  let penalty = (scaleRidge / 2) * a * a;
  if (states) {
    multiplyTransposed(states, logits, objectives, gradient, gate);
    for (let place = gate; place < parameters.length; place++) {
      const value = parameters[place] as number;
      gradient[place] = (gradient[place] as number) + problem.ridge * value;
      penalty += (problem.ridge / 2) * value * value;
    }
  }
  return loss / total + problem.lengthPenalty * correlation ** 2 + penalty;
}

/** g of each prompt, row-major; one line for constants. */
export function gateShares(
  { objectives, states }: CombinationProblem,
  parameters: Float64Array,
): Float64Array {
  const prompts = states?.rows ?? 1;
  const shares = new Float64Array(prompts * objectives);
  if (states) multiply(states, parameters, layoutOf(objectives).gate, objectives, shares);
  for (let row = 0; row < prompts; row++) {
    const at = row * objectives;
    let largest = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < objectives; k++) {
      shares[at + k] = (shares[at + k] as number) + (parameters[k] as number);
      largest = Math.max(largest, shares[at + k] as number);
    }
    let sum = 0;
    for (let k = 0; k < objectives; k++) {
      shares[at + k] = Math.exp((shares[at + k] as number) - largest);
      sum += shares[at + k] as number;
    }
    for (let k = 0; k < objectives; k++) shares[at + k] = (shares[at + k] as number) / sum;
  }
  return shares;
}
