/** The parameters of one member in a line, and the objective over them. */
import type { Criterion } from './criterion.ts';
import type { FeatureMatrix } from './data.ts';
import { multiply, multiplyTransposed } from './kernels.ts';
import type { Evaluate } from './lbfgs.ts';

/** Where parts begin: weights of the hidden layer and its biases (none when `hidden` is 0), weights, biases, the loss's own. */
export interface Layout {
  readonly inputs: number;
  /** 0: linear. */
  readonly hidden: number;
  readonly outputs: number;
  readonly hiddenBias: number;
  readonly weight: number;
  readonly bias: number;
  readonly own: number;
  readonly length: number;
}

/** The layout of a member. */
export function layoutOf(inputs: number, hidden: number, { outputs, own }: Criterion): Layout {
  const hiddenBias = hidden * inputs;
  const weight = hiddenBias + hidden;
  const bias = weight + outputs * (hidden || inputs);
  const ownStart = bias + outputs;
  return { inputs, hidden, outputs, hiddenBias, weight, bias, own: ownStart, length: ownStart + own.length };
}

/** The criterion's mean loss of the scores, plus l2/2 times the sum of squares of all weights; biases are free. */
export function objectiveOf(
  design: FeatureMatrix,
  criterion: Criterion,
  layout: Layout,
  l2: number,
): Evaluate {
  const { inputs, hidden, outputs } = layout;
  const { rows } = design;
  const scores = new Float64Array(rows * outputs);
  const slopes = new Float64Array(rows * outputs);
  const states = new Float64Array(rows * hidden);
  const backward = new Float64Array(rows * hidden);
  return (parameters, gradient) => {
    gradient.fill(0);
    slopes.fill(0);
    if (hidden > 0) {
      multiply(design, parameters, 0, hidden, states);
      for (let place = 0; place < states.length; place++)
        states[place] = Math.tanh(
          (states[place] as number) + (parameters[layout.hiddenBias + (place % hidden)] as number),
        );
      readOut(states, parameters, layout, scores);
    } else multiply(design, parameters, layout.weight, outputs, scores);
    if (criterion.trainsBias)
      for (let place = 0; place < scores.length; place++)
        scores[place] = (scores[place] as number) + (parameters[layout.bias + (place % outputs)] as number);
    let value = criterion.evaluate(
      scores,
      parameters.subarray(layout.own),
      slopes,
      gradient.subarray(layout.own),
    );
    if (criterion.trainsBias)
      for (let place = 0; place < slopes.length; place++)
        gradient[layout.bias + (place % outputs)] =
          (gradient[layout.bias + (place % outputs)] as number) + (slopes[place] as number);
    if (hidden > 0) {
      readBack(states, slopes, parameters, layout, backward, gradient);
      multiplyTransposed(design, backward, hidden, gradient, 0);
    } else multiplyTransposed(design, slopes, outputs, gradient, layout.weight);
    const penalise = (from: number, to: number) => {
      for (let place = from; place < to; place++) {
        const weight = parameters[place] as number;
        value += (l2 / 2) * weight * weight;
        gradient[place] = (gradient[place] as number) + l2 * weight;
      }
    };
    penalise(0, hidden * inputs);
    penalise(layout.weight, layout.bias);
    return value;
  };
}

/** Scores without biases from the states of the hidden layer. */
function readOut(
  states: Float64Array,
  parameters: Float64Array,
  { hidden, outputs, weight }: Layout,
  scores: Float64Array,
): void {
  for (let place = 0; place < scores.length; place++) {
    const state = Math.floor(place / outputs) * hidden;
    const line = weight + (place % outputs) * hidden;
    let sum = 0;
    for (let unit = 0; unit < hidden; unit++)
      sum += (parameters[line + unit] as number) * (states[state + unit] as number);
    scores[place] = sum;
  }
}

/** Derivatives of the upper weights and of the hidden biases into `gradient`, those of the sums below tanh into `backward`. */
function readBack(
  states: Float64Array,
  slopes: Float64Array,
  parameters: Float64Array,
  { hidden, outputs, weight, hiddenBias }: Layout,
  backward: Float64Array,
  gradient: Float64Array,
): void {
  backward.fill(0);
  for (let place = 0; place < slopes.length; place++) {
    const slope = slopes[place] as number;
    if (slope === 0) continue;
    const state = Math.floor(place / outputs) * hidden;
    const line = weight + (place % outputs) * hidden;
    for (let unit = 0; unit < hidden; unit++) {
      gradient[line + unit] = (gradient[line + unit] as number) + slope * (states[state + unit] as number);
      backward[state + unit] =
        (backward[state + unit] as number) + slope * (parameters[line + unit] as number);
    }
  }
  for (let place = 0; place < states.length; place++) {
    const state = states[place] as number;
    const slope = (backward[place] as number) * (1 - state * state);
    backward[place] = slope;
    const bias = hiddenBias + (place % hidden);
    gradient[bias] = (gradient[bias] as number) + slope;
  }
}
