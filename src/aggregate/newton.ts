/** Newton's method for smooth concave functions. */
import { cholesky, solveCholesky } from './matrix.ts';

/** A concave function at one point. */
export interface Evaluation {
  readonly value: number;
  readonly gradient: Float64Array;
  /** Minus the matrix of second derivatives, row-major; positive definite. */
  readonly information: Float64Array;
}

/** Where a concave function is largest, or why it is nowhere. */
export type Maximum =
  | {
      readonly parameters: Float64Array;
      readonly value: number;
      /** Cholesky's factor of the information there. */
      readonly factor: Float64Array;
    }
  | { readonly parameters: null; readonly reason: string };

const MOST_ITERATIONS = 200;
/** Steps smaller than this, relative to 1 plus the largest parameter, end the search. */
const SMALLEST_STEP = 1e-11;
/** Parameters are log-odds; beyond this many nats a probability is 0 and the search runs away. */
const LARGEST_PARAMETER = 300;

const RUNS_AWAY = 'no finite maximum: the likelihood still grows as strengths run away; pass a ridge';

/**
 * The maximum by Newton's steps, each halved until the value does not fall. The last step is below 10⁻¹¹ or, where
 * rounding allows no smaller one, changes the value by less than 10⁻¹² of it. A parameter that starts at −∞ stays
 * there.
 */
export function maximise(start: Float64Array, evaluate: (parameters: Float64Array) => Evaluation): Maximum {
  const dimension = start.length;
  let parameters = start;
  let current = evaluate(parameters);
  for (let iteration = 0; ; iteration++) {
    const factor = cholesky(current.information, dimension);
    if (factor === null) return { parameters: null, reason: RUNS_AWAY };
    const step = solveCholesky(factor, dimension, current.gradient);
    const rise = step.reduce((sum, move, index) => sum + move * (current.gradient[index] ?? 0), 0);
    const slack = 1e-12 * (1 + Math.abs(current.value));
    const scale = 1 + largestOf(parameters);
    if (largestOf(step) <= SMALLEST_STEP * scale) {
      return { parameters: moved(parameters, step, 1), value: current.value, factor };
    }
    if (iteration >= MOST_ITERATIONS || scale > LARGEST_PARAMETER) {
      return rise <= slack && scale <= LARGEST_PARAMETER
        ? { parameters, value: current.value, factor }
        : { parameters: null, reason: RUNS_AWAY };
    }
    let share = 1;
    let next = evaluate(moved(parameters, step, share));
    while (!(next.value >= current.value - slack) && share > 1e-9) {
      share /= 2;
      next = evaluate(moved(parameters, step, share));
    }
    parameters = moved(parameters, step, share);
    current = next;
  }
}

function moved(parameters: Float64Array, step: Float64Array, share: number): Float64Array {
  return parameters.map((parameter, index) => parameter + share * (step[index] ?? 0));
}

function largestOf(values: Float64Array): number {
  return values.reduce((most, value) => (value > -Infinity ? Math.max(most, Math.abs(value)) : most), 0);
}
