/** How sure a linear head can be of a pair: the Laplace approximation of its posterior. */
import { logistic } from '../aggregate/logits.ts';
import { JurorError } from '../errors.ts';
import { checkFeatures, checkPairs } from './check-data.ts';
import { requireColumns } from './checks.ts';
import { type FeatureMatrix, type PairData, rowOf } from './data.ts';
import type { HeadMember } from './head.ts';
import { euclidean, lengthOf, outerProducts, packedFactor, solveLower } from './triangle.ts';

/** The Gaussian N(w, H⁻¹) around a head's weights w, in the standardised space; d is `inputs`. */
export interface LaplacePosterior extends Pick<HeadMember, 'inputs' | 'mean' | 'scale'> {
  /** L with L Lᵀ = H, its lower triangle row by row: d (d + 1) / 2 numbers. */
  readonly factor: Float32Array;
}

/** What the head was trained with. */
export interface LaplaceOptions {
  /**
   * The λ of `trainMember`, above 0: a penalty λ/2 ‖W‖² beside the **mean** loss is one of λ Σ wᵢ beside the sum. There is no
   * default, for nothing but the training knows it.
   */
  readonly l2: number;
}

/**
 * The posterior of a linear head trained on pairs (MacKay, Neural Computation 4, 1992): H = λ Σ wᵢ I + Σ wᵢ σᵢ (1 − σᵢ) zᵢ zᵢᵀ, zᵢ the
 * difference of the two standardised rows and σᵢ = logistic(Δᵢ). `differences` are the head's Δ of the pairs, left minus right.
 * Labels do not enter: neither soft ones nor ties change the curvature. n pairs of d numbers take n d²/2 multiplications and one
 * factorisation of d³/6. The weights wᵢ say how much evidence there is: with weights that sum to less than the pairs, so that
 * prompts count alike, the posterior is that much wider.
 */
export function fitLaplace(
  features: FeatureMatrix,
  pairs: PairData,
  differences: ArrayLike<number>,
  { mean, scale }: Pick<HeadMember, 'mean' | 'scale'>,
  { l2 }: LaplaceOptions,
): LaplacePosterior {
  const inputs = features.columns;
  if (!(l2 > 0 && l2 < Number.POSITIVE_INFINITY))
    throw new JurorError('usage', `l2: expected a finite number above 0, got ${l2}`);
  requireScales(mean, scale, inputs);
  requireColumns({ differences }, pairs.left.length);
  checkPairs(pairs, features.rows);
  checkFeatures(features, Int32Array.of(...new Set([...pairs.left, ...pairs.right])));
  const sum = outerProducts(inputs);
  const difference = new Float64Array(inputs);
  for (let pair = 0; pair < differences.length; pair++) {
    const delta = differences[pair] as number;
    if (!Number.isFinite(delta))
      throw new JurorError('data', `pair ${pair + 1}: expected a finite difference of scores, got ${delta}`);
    const [left, right] = [
      rowOf(features, pairs.left[pair] as number),
      rowOf(features, pairs.right[pair] as number),
    ];
    for (let column = 0; column < inputs; column++)
      difference[column] = ((left[column] as number) - (right[column] as number)) / (scale[column] as number);
    sum.add(difference, (pairs.weight[pair] as number) * logistic(delta) * logistic(-delta));
  }
  const precision = sum.sum();
  const ridge = l2 * pairs.weight.reduce((total, weight) => total + weight, 0);
  for (let place = 0; place < inputs; place++)
    precision[place * inputs + place] = (precision[place * inputs + place] as number) + ridge;
  return { inputs, mean, scale, factor: packedFactor(precision, inputs, "the posterior's precision") };
}

/** L⁻¹ φ of one answer: what its deviations are computed from, d²/2 multiplications. */
export function whiten(
  { inputs, mean, scale, factor }: LaplacePosterior,
  feature: ArrayLike<number>,
): Float64Array {
  if (feature.length !== inputs)
    throw new JurorError('data', `expected a feature of ${inputs} numbers, got ${feature.length}`);
  return solveLower(factor, standardise({ mean, scale }, feature));
}

/**
 * The standard deviation √(zᵀ H⁻¹ z) of the difference of two answers, from what {@link whiten} makes of each. It is not the sum of
 * the two answers' own, which overstates it most where the answers are alike: of one answer with itself it is 0.
 */
export function pairDeviation(left: Float64Array, right: Float64Array): number {
  return euclidean(left, right);
}

/**
 * The standard deviation √(φᵀ H⁻¹ φ) of one answer's score, from what {@link whiten} makes of it: as far from the training mean,
 * where φ = 0. Pairs do not tell the level of a prompt, so it is for ranking answers to learn from, not for comparing them.
 */
export function answerDeviation(answer: Float64Array): number {
  return lengthOf(answer);
}

/**
 * Log-odds of a difference that is not sure: Δ / √(1 + π/8 · deviation²), so that their logistic is about the mean of
 * logistic(x) over x ~ N(Δ, deviation²) (Spiegelhalter and Lauritzen, Networks 20, 1990; MacKay 1992).
 */
export function moderatedLogOdds(difference: number, deviation: number): number {
  return difference / Math.sqrt(1 + (Math.PI / 8) * deviation ** 2);
}

/** (x − mean) / scale, in float64. */
export function standardise(
  { mean, scale }: Pick<HeadMember, 'mean' | 'scale'>,
  feature: ArrayLike<number>,
): Float64Array {
  const standard = new Float64Array(feature.length);
  for (let column = 0; column < feature.length; column++)
    standard[column] = ((feature[column] as number) - (mean[column] as number)) / (scale[column] as number);
  return standard;
}

function requireScales(mean: Float32Array, scale: Float32Array, inputs: number): void {
  for (const [name, values] of Object.entries({ mean, scale }))
    if (values.length !== inputs)
      throw new JurorError('data', `expected a ${name} of ${inputs} numbers, got ${values.length}`);
  const wrong = scale.findIndex((value) => !(value > 0 && value < Number.POSITIVE_INFINITY));
  if (wrong >= 0)
    throw new JurorError('data', `expected scales above 0, got ${scale[wrong]} in column ${wrong + 1}`);
}
