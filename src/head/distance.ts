/** How far an answer is from what a head was trained on: the Mahalanobis distance of its features. */
import { JurorError } from '../errors.ts';
import { foldOf, requireColumns, requireFolds } from './checks.ts';
import { type FeatureMatrix, rowOf } from './data.ts';
import { euclidean, outerProducts, packedFactor, solveLower } from './triangle.ts';

/** `full`: the covariance of Ledoit and Wolf. `diagonal`: variances alone. */
export type CovarianceShape = 'full' | 'diagonal';

/** Where training features lie. */
export interface FeatureRange {
  readonly inputs: number;
  readonly shape: CovarianceShape;
  readonly mean: Float32Array;
  /**
   * `full`: the Cholesky factor of the shrunk covariance, its lower triangle row by row. `diagonal`: standard deviations, each the
   * square root of the shrunk variance.
   */
  readonly factor: Float32Array;
  /** How much of the covariance is a multiple of the unit matrix, in [0, 1]. */
  readonly shrinkage: number;
  /** Distances of training answers, sorted: the quantiles 0, 1/m, …, 1. Each is from what the other folds' prompts say. */
  readonly quantiles: Float64Array;
  /** Answers it stands on. */
  readonly rows: number;
}

/** How it is measured. */
export interface FeatureRangeOptions {
  /** Default `full` with at least twice as many rows as columns, `diagonal` otherwise. */
  readonly shape?: CovarianceShape;
  /** Parts of the prompts, each measured by the others. Default 5. */
  readonly folds?: number;
  /** Of the folds. Default 0. */
  readonly seed?: number;
}

/** A distance, and the share of training answers that are nearer. */
export interface FeatureDistance {
  readonly distance: number;
  /** In [0, 1]; 1 beyond all of them. */
  readonly quantile: number;
}

const QUANTILES = 200;

/**
 * Mean and covariance of the rows. The `full` covariance is (1 − s) S + s μ I, μ the mean variance and s by Ledoit and Wolf (J.
 * Multivariate Anal. 88, 2004), as in scikit-learn; of the `diagonal` one s is found by
 * the same formula over the diagonal's entries, so that a column that hardly varied makes no answer infinitely far.
 *
 * Answers of one prompt are alike and an answer is near to the mean and covariance it helped to make, the more so the fewer rows there
 * are for d columns. So the quantiles are cross-fitted: prompts (`clusters`) fall into folds by hash, and an answer's distance is from
 * the mean and the covariance of the other folds. n rows of d numbers take n d²/2 multiplications for the sums and d³/6 for each fold.
 */
export function fitFeatureRange(
  features: FeatureMatrix,
  clusters: readonly string[],
  { shape, folds = 5, seed = 0 }: FeatureRangeOptions = {},
): FeatureRange {
  const { rows, columns } = features;
  requireColumns({ clusters }, rows);
  requireFolds(folds);
  const used = shape ?? (rows >= 2 * columns ? 'full' : 'diagonal');
  const fold = clusters.map((cluster) => foldOf(cluster, folds, seed));
  const present = [...new Set(fold)];
  if (present.length < 2)
    throw new JurorError(
      'data',
      `expected prompts in at least 2 of ${folds} folds, got ${new Set(clusters).size} prompts`,
    );
  const shift = meanOf(features);
  const parts = new Map(present.map((part) => [part, growingSums(columns, used)]));
  const centred = new Float64Array(columns);
  let fourth = 0;
  for (let row = 0; row < rows; row++) {
    const feature = rowOf(features, row);
    let [second, own] = [0, 0];
    for (let column = 0; column < columns; column++) {
      const value = (feature[column] as number) - (shift[column] as number);
      if (!Number.isFinite(value))
        throw new JurorError('data', `row ${row + 1}: expected finite features, got ${feature[column]}`);
      centred[column] = value;
      second += value ** 2;
      own += value ** 4;
    }
    fourth += used === 'full' ? second ** 2 : own;
    parts.get(fold[row] as number)?.add(centred);
  }
  const sums = new Map([...parts].map(([part, growing]) => [part, growing.sums()]));
  const all = [...sums.values()];
  const recipe = { shift, shape: used, shrinkage: shrinkageOf(all, fourth, columns, used) };
  const distances: number[] = [];
  for (const part of present) {
    const ellipse = ellipseOf(
      [...sums].flatMap(([name, sum]) => (name === part ? [] : [sum])),
      recipe,
    );
    for (let row = 0; row < rows; row++)
      if (fold[row] === part) distances.push(distanceOf(ellipse, rowOf(features, row)));
  }
  distances.sort((left, right) => left - right);
  const quantiles = Float64Array.from({ length: QUANTILES + 1 }, (_, place) =>
    interpolated(distances, (place / QUANTILES) * (distances.length - 1)),
  );
  return { ...ellipseOf(all, recipe), shrinkage: recipe.shrinkage, quantiles, rows };
}

/** √((x − mean)ᵀ C⁻¹ (x − mean)) and its place among training answers. Throws JurorError `data` for another width. */
export function featureDistance(range: FeatureRange, feature: ArrayLike<number>): FeatureDistance {
  if (feature.length !== range.inputs)
    throw new JurorError('data', `expected a feature of ${range.inputs} numbers, got ${feature.length}`);
  const distance = distanceOf(range, feature);
  return { distance, quantile: placeOf(range.quantiles, distance) };
}

/** Of rows from which a common shift was taken: their number, Σ x, and Σ x xᵀ or only its diagonal. */
interface Sums {
  readonly rows: number;
  readonly sum: Float64Array;
  readonly products: Float64Array;
}

function growingSums(columns: number, shape: CovarianceShape) {
  const outer = outerProducts(shape === 'full' ? columns : 0);
  const squares = new Float64Array(columns);
  const sum = new Float64Array(columns);
  let rows = 0;
  return {
    add: (vector: Float64Array): void => {
      rows++;
      for (let column = 0; column < columns; column++) {
        const value = vector[column] as number;
        sum[column] = (sum[column] as number) + value;
        squares[column] = (squares[column] as number) + value * value;
      }
      if (shape === 'full') outer.add(vector, 1);
    },
    sums: (): Sums => ({ rows, sum, products: shape === 'full' ? outer.sum() : squares }),
  };
}

type Ellipse = Pick<FeatureRange, 'inputs' | 'shape' | 'mean' | 'factor'>;

/** Mean and shrunk covariance of the rows of all parts together. */
function ellipseOf(
  parts: readonly Sums[],
  { shift, shape, shrinkage }: { shift: Float64Array; shape: CovarianceShape; shrinkage: number },
): Ellipse {
  const inputs = shift.length;
  const { offset, covariance } = covarianceOf(parts, inputs, shape);
  const step = shape === 'full' ? inputs + 1 : 1;
  let variance = 0;
  for (let column = 0; column < inputs; column++) variance += (covariance[column * step] as number) / inputs;
  if (!(variance > 0)) throw new JurorError('data', 'expected features that vary, got the same in every row');
  for (let place = 0; place < covariance.length; place++)
    covariance[place] = (1 - shrinkage) * (covariance[place] as number);
  for (let column = 0; column < inputs; column++)
    covariance[column * step] = (covariance[column * step] as number) + shrinkage * variance;
  const mean = Float32Array.from(shift, (value, column) => value + (offset[column] as number));
  if (shape === 'full')
    return {
      inputs,
      shape,
      mean,
      factor: packedFactor(covariance, inputs, 'the covariance of the features'),
    };
  const constant = covariance.findIndex((value) => !(value > 0));
  if (constant >= 0)
    throw new JurorError('data', `expected features that vary, got column ${constant + 1} without variance`);
  return { inputs, shape, mean, factor: Float32Array.from(covariance, Math.sqrt) };
}

/** Mean, relative to the shift, and covariance with n in the denominator, its lower triangle or its diagonal. */
function covarianceOf(parts: readonly Sums[], inputs: number, shape: CovarianceShape) {
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const offset = new Float64Array(inputs);
  const covariance = new Float64Array(shape === 'full' ? inputs * inputs : inputs);
  for (const { sum, products } of parts) {
    for (let column = 0; column < inputs; column++)
      offset[column] = (offset[column] as number) + (sum[column] as number) / rows;
    for (let place = 0; place < covariance.length; place++)
      covariance[place] = (covariance[place] as number) + (products[place] as number) / rows;
  }
  for (let row = 0; row < inputs; row++) {
    const own = offset[row] as number;
    for (let column = shape === 'full' ? 0 : row; column <= row; column++) {
      const place = shape === 'full' ? row * inputs + column : row;
      covariance[place] = (covariance[place] as number) - own * (offset[column] as number);
    }
  }
  return { offset, covariance };
}

/**
 * Ledoit and Wolf's intensity min(β, δ) / δ: δ = ‖S − μI‖² is how far the covariance is from its target and β = (Σ ‖x xᵀ‖² / n −
 * ‖S‖²) / n how uncertain it is, over all entries or over those of the diagonal; `fourth` is Σ ‖x xᵀ‖² over the same.
 */
function shrinkageOf(parts: readonly Sums[], fourth: number, inputs: number, shape: CovarianceShape): number {
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const { covariance } = covarianceOf(parts, inputs, shape);
  let [trace, squares] = [0, 0];
  for (let row = 0; row < inputs; row++)
    if (shape === 'full')
      for (let column = 0; column <= row; column++) {
        const value = covariance[row * inputs + column] as number;
        squares += (column < row ? 2 : 1) * value * value;
        if (column === row) trace += value;
      }
    else {
      squares += (covariance[row] as number) ** 2;
      trace += covariance[row] as number;
    }
  const away = squares - trace ** 2 / inputs;
  const uncertain = Math.max(0, fourth / rows - squares) / rows;
  return uncertain >= away ? 1 : uncertain / away;
}

function meanOf(features: FeatureMatrix): Float64Array {
  const mean = new Float64Array(features.columns);
  for (let row = 0; row < features.rows; row++) {
    const feature = rowOf(features, row);
    for (let column = 0; column < features.columns; column++)
      mean[column] = (mean[column] as number) + (feature[column] as number) / features.rows;
  }
  return mean;
}

function distanceOf({ shape, mean, factor }: Ellipse, feature: ArrayLike<number>): number {
  const centred = Float64Array.from(mean, (value, column) => (feature[column] as number) - value);
  if (shape === 'full') return euclidean(solveLower(factor, centred));
  return euclidean(centred.map((value, column) => value / (factor[column] as number)));
}

/** The share of sorted quantiles below a value, linear between neighbours. */
function placeOf(quantiles: Float64Array, value: number): number {
  const last = quantiles.length - 1;
  if (value <= (quantiles[0] as number)) return 0;
  if (value >= (quantiles[last] as number)) return 1;
  let [low, high] = [0, last];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((quantiles[middle] as number) <= value) low = middle;
    else high = middle;
  }
  const [below, above] = [quantiles[low] as number, quantiles[high] as number];
  return (low + (value - below) / (above - below)) / last;
}

function interpolated(sorted: readonly number[], place: number): number {
  const below = sorted[Math.floor(place)] as number;
  return below + ((sorted[Math.ceil(place)] as number) - below) * (place - Math.floor(place));
}
