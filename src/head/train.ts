/** Trains one member of a reward head. */
import { createRandom } from '../aggregate/random.ts';
import { JurorError } from '../errors.ts';
import { type FeatureMatrix, rowOf } from './data.ts';
import { type HeadMember, scoreMember } from './head.ts';
import { type Minimum, minimise } from './lbfgs.ts';
import { type CompleteLoss, completeLoss, type HeadLoss, requireNumber } from './losses.ts';
import { type Layout, layoutOf, objectiveOf } from './network.ts';
import { preconditioner, sampledCurvature } from './precondition.ts';
import { type Problem, prepare, type TrainingData } from './problem.ts';
import { ridgeOf } from './ridge.ts';

/** How a member is trained. */
export interface TrainOptions {
  readonly loss: HeadLoss;
  /**
   * λ of the penalty λ/2·‖W‖² on all weights, those of the hidden layer too, never on biases, in units of standardised features. What is
   * minimised is Σ wᵢ·lossᵢ / Σ wᵢ + λ/2·‖W‖²; with several outputs the first part is the sum over outputs, each divided by its own Σ wᵢ.
   * So λ = 1/(C·Σ wᵢ) of scikit-learn's LogisticRegression and α/Σ wᵢ of its Ridge. At least 0; above 0 for `robust`.
   */
  readonly l2: number;
  /** Units of the hidden layer, which all outputs share. Default 0: a linear head. */
  readonly hidden?: number;
  /** Draws the first weights of a hidden layer, and which rows the search is preconditioned with. */
  readonly seed: number;
  /** Which objectives of the scores, and in which order. Default: all. Losses of pairs and orders have one. */
  readonly objectives?: readonly string[];
  /** Steps of the search at most. Default 500. */
  readonly maxIterations?: number;
  /** The search ends where no entry of the gradient is larger. Default 1e-6. */
  readonly tolerance?: number;
}

/** A member, and how well it was trained. */
export interface TrainedMember {
  readonly member: HeadMember;
  /** False when the steps ran out first: the member is the best so far. */
  readonly converged: boolean;
  /** 0 for a closed form. */
  readonly iterations: number;
  /** What was minimised, the penalty included, before weights were rounded to float32. */
  readonly loss: number;
  /** The largest entry of its gradient, in magnitude. */
  readonly gradientNorm: number;
  /** ν of `davidson`. */
  readonly ties?: number;
}

/** Regressions on more rows than this are searched: the products of all columns take longer than the steps. */
const closedFormRows = 32_768;

/**
 * A linear head or one with a tanh layer, by L-BFGS on all data at once, or in closed form for linear regression. The same data, options
 * and seed give the same bytes. Each column is standardised by its mean and deviation over the rows that the data name with a weight
 * above 0, each row once; a column without spread gets scale 1 and weight 0. Losses of pairs and orders do not change when all scores
 * move together: unless centred, the bias is placed so that the weighted mean score of the training rows is 0.
 * Throws JurorError `usage` for options or data that the loss does not take, `data` for data out of range.
 */
export function trainMember(data: TrainingData, options: TrainOptions): TrainedMember {
  const trainer = createTrainer(data, options);
  return trainer.finish(trainer.solve(options.l2));
}

/** Where training ended, for one penalty. */
export interface Solution extends Minimum {
  readonly l2: number;
}

/** Trains on the same data under several penalties. */
export interface Trainer {
  /** The minimum, sought from `start` on. */
  readonly solve: (l2: number, start?: Float64Array) => Solution;
  readonly finish: (solution: Solution) => TrainedMember;
}

/** Prepares data once. Throws as {@link trainMember} does. */
export function createTrainer(data: TrainingData, options: Omit<TrainOptions, 'l2'>): Trainer {
  const { hidden = 0, seed, maxIterations = 500, tolerance = 1e-6 } = options;
  const loss = completeLoss(options.loss);
  requireNumber('hidden', hidden, Number.isInteger(hidden) && hidden >= 0, 'a whole number of 0 or more');
  requireNumber('maxIterations', maxIterations, maxIterations >= 0, '0 or more');
  requireNumber('tolerance', tolerance, tolerance >= 0, '0 or more');
  const problem = prepare(data, loss, hidden, options.objectives);
  const { design, criterion } = problem;
  const layout = layoutOf(design.columns, hidden, criterion);
  const curvature = once(() => (hidden === 0 ? sampledCurvature(design, criterion, seed) : null));
  const ridge = once(() => (problem.scores === null ? null : ridgeOf(design, problem.scores)));
  const closed = loss.kind === 'regression' && hidden === 0 && design.rows <= closedFormRows;
  return {
    solve(l2, start = startOf(problem, layout, seed)) {
      checkPenalty(l2, loss);
      const objective = objectiveOf(design, criterion, layout, l2);
      const solution = closed ? ridge()?.(l2) : undefined;
      if (solution) {
        const parameters = Float64Array.of(...solution.weight, ...solution.bias);
        const gradient = new Float64Array(parameters.length);
        const value = objective(parameters, gradient);
        const gradientNorm = gradient.reduce((most, entry) => Math.max(most, Math.abs(entry)), 0);
        return { parameters, value, converged: true, iterations: 0, gradientNorm, l2 };
      }
      const sampled = curvature();
      const precondition = sampled === null ? undefined : preconditioner(sampled, criterion, layout, l2);
      return { ...minimise(start, objective, { maxIterations, tolerance, precondition }), l2 };
    },
    finish({ parameters, converged, iterations, value, gradientNorm }) {
      const own = parameters[layout.own];
      const given = loss.kind === 'davidson' ? loss.tieOdds : null;
      const ties = given ?? (own === undefined ? undefined : Math.exp(own));
      return {
        member: memberOf(data.features, problem, layout, parameters),
        converged,
        iterations,
        loss: value,
        gradientNorm,
        ...(ties === undefined ? {} : { ties }),
      };
    },
  };
}

function checkPenalty(l2: number, loss: CompleteLoss): void {
  requireNumber('l2', l2, l2 >= 0, '0 or more');
  if (loss.kind === 'robust' && loss.flipRate > 0 && l2 === 0)
    throw new JurorError(
      'usage',
      'robust: expected l2 above 0, got 0: nothing else bounds this loss from below',
    );
}

function startOf({ criterion, standardisation }: Problem, layout: Layout, seed: number): Float64Array {
  const parameters = new Float64Array(layout.length);
  const { inputs, hidden, outputs } = layout;
  if (hidden > 0) {
    const random = createRandom(seed);
    for (let place = 0; place < layout.hiddenBias; place++) {
      const draw = random.normal() / Math.sqrt(inputs);
      parameters[place] = standardisation.flat[place % inputs] === 1 ? 0 : draw;
    }
    for (let place = 0; place < outputs * hidden; place++)
      parameters[layout.weight + place] = random.normal() / Math.sqrt(hidden);
  }
  parameters.set(criterion.bias, layout.bias);
  parameters.set(criterion.own, layout.own);
  return parameters;
}

function memberOf(
  features: FeatureMatrix,
  { standardisation: { mean, scale }, rowWeights }: Problem,
  { inputs, hidden, hiddenBias, weight, bias, own }: Layout,
  parameters: Float64Array,
): HeadMember {
  const part = (from: number, to: number) => Float32Array.from(parameters.subarray(from, to));
  const member: HeadMember = {
    inputs,
    mean,
    scale,
    hidden:
      hidden === 0 ? null : { size: hidden, weight: part(0, hiddenBias), bias: part(hiddenBias, weight) },
    weight: part(weight, bias),
    bias: part(bias, own),
  };
  return rowWeights === null ? member : placed(member, features, rowWeights);
}

/** The member with the bias that makes its weighted mean score 0. */
function placed(member: HeadMember, features: FeatureMatrix, weights: Float64Array): HeadMember {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const { columns, values } = features;
  let mean = 0;
  if (member.hidden === null) {
    // A linear head gives the mean row the mean score.
    const sums = new Float64Array(columns);
    for (const [row, weight] of weights.entries())
      if (weight > 0)
        for (let column = 0; column < columns; column++)
          sums[column] =
            (sums[column] as number) +
            weight * ((values[row * columns + column] as number) - (member.mean[column] as number));
    mean = sums.reduce(
      (score, sum, column) =>
        score + ((sum / total) * (member.weight[column] as number)) / (member.scale[column] as number),
      0,
    );
  } else
    for (const [row, weight] of weights.entries())
      if (weight > 0) {
        const one = { rows: 1, columns, values: rowOf(features, row) };
        mean += (weight / total) * (scoreMember(member, one)[0] as number);
      }
  return { ...member, bias: member.bias.map((bias) => bias - mean) };
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
