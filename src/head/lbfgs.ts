/** Minimisation by limited-memory BFGS (Nocedal, Mathematics of Computation 35, 1980). */

/** A function of many parameters; fills `gradient`, whatever was in it, and returns the value. */
export type Evaluate = (parameters: Float64Array, gradient: Float64Array) => number;

/** How far and how well. */
export interface MinimiseOptions {
  /** Steps at most. */
  readonly maxIterations: number;
  /** The largest entry of the gradient, in magnitude, at which the search ends. */
  readonly tolerance: number;
  /** Multiplies a vector by an approximate inverse of the second derivatives, in place. Default: none. */
  readonly precondition?: ((vector: Float64Array) => void) | undefined;
}

/** Where the search ended. */
export interface Minimum {
  readonly parameters: Float64Array;
  readonly value: number;
  /** The gradient vanishes within the tolerance, or the value falls no more than by rounding. */
  readonly converged: boolean;
  readonly iterations: number;
  /** The largest entry of the gradient, in magnitude. */
  readonly gradientNorm: number;
}

const remembered = 10;
/** Trials of one line search. */
const mostTrials = 40;
/** Armijo's and Wolfe's constants. */
const [sufficient, curvature] = [1e-4, 0.9];
/** A relative fall of the value over this many steps below that is rounding. */
const [patience, smallestFall] = [10, 1e-13];

interface Correction {
  readonly step: Float64Array;
  readonly change: Float64Array;
  /** step · change. */
  readonly product: number;
}

/**
 * The two-loop recursion with a line search for the weak Wolfe conditions by doubling and halving, which needs no second derivatives
 * and also crosses kinks (Lewis and Overton, Mathematical Programming 141, 2013).
 */
export function minimise(start: Float64Array, evaluate: Evaluate, options: MinimiseOptions): Minimum {
  const { maxIterations, tolerance, precondition } = options;
  let parameters: Float64Array = Float64Array.from(start);
  let gradient: Float64Array = new Float64Array(start.length);
  let value = evaluate(parameters, gradient);
  let corrections: Correction[] = [];
  let gamma = 1;
  const values = [value];
  let iterations = 0;
  let stalled = false;
  while (iterations < maxIterations && largestOf(gradient) > tolerance) {
    const direction = descent(gradient, corrections, gamma, precondition);
    const slope = dot(gradient, direction);
    const first = corrections.length === 0 && !precondition ? Math.min(1, 1 / largestOf(gradient)) : 1;
    const next = slope < 0 ? search(parameters, value, slope, direction, first, evaluate) : null;
    if (next === null) {
      // Old curvature can mislead; the gradient alone cannot, unless nothing is left to gain.
      if (corrections.length === 0) {
        stalled = true;
        break;
      }
      corrections = [];
      gamma = 1;
      continue;
    }
    iterations++;
    const step = next.parameters.map((entry, index) => entry - (parameters[index] as number));
    const change = next.gradient.map((entry, index) => entry - (gradient[index] as number));
    const product = dot(step, change);
    if (product > 1e-300) {
      corrections = [...corrections.slice(1 - remembered), { step, change, product }];
      gamma = product / dot(change, applied(change, precondition));
    }
    ({ parameters, gradient, value } = next);
    values.push(value);
    const earlier = values[values.length - 1 - patience];
    if (earlier !== undefined && earlier - value <= smallestFall * Math.max(1, Math.abs(value))) {
      stalled = true;
      break;
    }
  }
  const gradientNorm = largestOf(gradient);
  return {
    parameters,
    value,
    converged: Number.isFinite(value) && (stalled || gradientNorm <= tolerance),
    iterations,
    gradientNorm,
  };
}

function descent(
  gradient: Float64Array,
  corrections: readonly Correction[],
  gamma: number,
  precondition: MinimiseOptions['precondition'],
): Float64Array {
  const direction = gradient.map((entry) => -entry);
  const shares = new Float64Array(corrections.length);
  for (let index = corrections.length - 1; index >= 0; index--) {
    const { step, change, product } = corrections[index] as Correction;
    const share = dot(step, direction) / product;
    shares[index] = share;
    add(direction, change, -share);
  }
  precondition?.(direction);
  for (let index = 0; index < direction.length; index++)
    direction[index] = gamma * (direction[index] as number);
  for (const [index, { step, change, product }] of corrections.entries())
    add(direction, step, (shares[index] as number) - dot(change, direction) / product);
  return direction;
}

function applied(vector: Float64Array, precondition: MinimiseOptions['precondition']): Float64Array {
  if (!precondition) return vector;
  const result = Float64Array.from(vector);
  precondition(result);
  return result;
}

interface Point {
  readonly parameters: Float64Array;
  readonly gradient: Float64Array;
  readonly value: number;
}

/** A point that satisfies both conditions, else the lowest that satisfies Armijo's; null when no trial does. */
function search(
  start: Float64Array,
  value: number,
  slope: number,
  direction: Float64Array,
  first: number,
  evaluate: Evaluate,
): Point | null {
  let [low, high, length] = [0, Number.POSITIVE_INFINITY, first];
  let best: Point | null = null;
  for (let trial = 0; trial < mostTrials; trial++) {
    const parameters = Float64Array.from(start);
    add(parameters, direction, length);
    const gradient = new Float64Array(start.length);
    const point = { parameters, gradient, value: evaluate(parameters, gradient) };
    if (!(point.value <= value + sufficient * length * slope) || !(point.value < value)) high = length;
    else {
      best = point;
      if (dot(gradient, direction) >= curvature * slope) return point;
      low = length;
    }
    length = high === Number.POSITIVE_INFINITY ? 2 * low : (low + high) / 2;
  }
  return best;
}

function add(target: Float64Array, vector: Float64Array, factor: number): void {
  for (let index = 0; index < target.length; index++)
    target[index] = (target[index] as number) + factor * (vector[index] as number);
}

function dot(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < left.length; index++) sum += (left[index] as number) * (right[index] as number);
  return sum;
}

function largestOf(values: Float64Array): number {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}
