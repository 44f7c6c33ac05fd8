/** A reward head: s = W·φ(x) + b over standardised features, one score for each objective. */
import type { FeatureMatrix } from './data.ts';

/** One member of a head. */
export interface HeadMember {
  /** Numbers in a feature. */
  readonly inputs: number;
  /** Taken from each feature, and what it is then divided by: statistics of the training set. */
  readonly mean: Float32Array;
  readonly scale: Float32Array;
  /** One hidden layer, tanh(W₁·x + b₁); null for a linear head. `weight` is `size` × `inputs`, row-major. */
  readonly hidden: {
    readonly size: number;
    readonly weight: Float32Array;
    readonly bias: Float32Array;
  } | null;
  /** Objectives × (hidden size or inputs), row-major. */
  readonly weight: Float32Array;
  /** One for each objective. */
  readonly bias: Float32Array;
}

/** Scores of every row under every objective, row-major: rows × objectives. Sums are in float64, in a fixed order. */
export function scoreMember(member: HeadMember, features: FeatureMatrix): Float64Array {
  const { inputs, mean, scale, hidden, weight, bias } = member;
  const objectives = bias.length;
  const width = hidden ? hidden.size : inputs;
  const scores = new Float64Array(features.rows * objectives);
  const input = new Float64Array(inputs);
  const layer = hidden ? new Float64Array(hidden.size) : input;
  for (let row = 0; row < features.rows; row++) {
    const start = row * inputs;
    for (let column = 0; column < inputs; column++)
      input[column] =
        ((features.values[start + column] as number) - (mean[column] as number)) / (scale[column] as number);
    if (hidden)
      for (let unit = 0; unit < hidden.size; unit++)
        layer[unit] = Math.tanh(
          (hidden.bias[unit] as number) + dot(hidden.weight, unit * inputs, input, inputs),
        );
    for (let objective = 0; objective < objectives; objective++)
      scores[row * objectives + objective] =
        (bias[objective] as number) + dot(weight, objective * width, layer, width);
  }
  return scores;
}

function dot(matrix: Float32Array, start: number, vector: Float64Array, length: number): number {
  let sum = 0;
  for (let column = 0; column < length; column++)
    sum += (matrix[start + column] as number) * (vector[column] as number);
  return sum;
}
