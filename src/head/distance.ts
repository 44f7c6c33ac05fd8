/** How far an answer is from what a head was trained on: the Mahalanobis distance of its features. */
import { createRandom } from '../aggregate/random.ts';
import { JurorError } from '../errors.ts';
import { foldOf, requireColumns, requireFolds } from './checks.ts';
import {
  type CovarianceShape,
  distanceOf,
  type Ellipse,
  ellipseOf,
  growingSums,
  shrinkageOf,
} from './covariance.ts';
import { type FeatureMatrix, rowOf } from './data.ts';

/** Where training features lie. */
export interface FeatureRange extends Ellipse {
  /** How much of the covariance is a multiple of the unit matrix, in [0, 1]. */
  readonly shrinkage: number;
  /** Distances of training answers (4,000 drawn, of more), sorted: the quantiles 0, 1/m, …, 1. Each is from what the other folds' prompts say. */
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
  /** Of the folds, and of the rows that are measured. Default 0. */
  readonly seed?: number;
}

/** A distance, and the share of training answers that are nearer. */
export interface FeatureDistance {
  readonly distance: number;
  /** In [0, 1]; 1 beyond all of them. */
  readonly quantile: number;
}

const QUANTILES = 200;
/** Rows whose distances make the quantiles: more would make them no steadier than they need to be. */
const MEASURED = 4000;

/**
 * Mean and covariance of the rows. The `full` covariance is (1 − s) S + s μ I, μ the mean variance and s by Ledoit and Wolf (J.
 * Multivariate Anal. 88, 2004), as in scikit-learn; of the `diagonal` one s is found by
 * the same formula over the diagonal's entries, so that a column that hardly varied makes no answer infinitely far.
 *
 * Answers of one prompt are alike and an answer is near to the mean and covariance it helped to make, the more so the fewer rows there
 * are for d columns. So the quantiles are cross-fitted: prompts (`clusters`) fall into folds by hash, and an answer's distance is from
 * the mean and the covariance of the other folds (of few prompts a little large, as each fold's are fewer still). n rows of d numbers take n d²/2 multiplications for the sums and d³/6 for each fold.
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
  const measured = drawRows(rows, seed);
  const distances: number[] = [];
  for (const part of present) {
    const ellipse = ellipseOf(
      [...sums].flatMap(([name, sum]) => (name === part ? [] : [sum])),
      recipe,
    );
    for (const row of measured)
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

/** All rows, or as many as are measured, drawn without replacement. */
function drawRows(rows: number, seed: number): Int32Array {
  const order = Int32Array.from({ length: rows }, (_, row) => row);
  if (rows <= MEASURED) return order;
  const random = createRandom(seed);
  for (let place = 0; place < MEASURED; place++) {
    const other = place + random.below(rows - place);
    const row = order[place] as number;
    order[place] = order[other] as number;
    order[other] = row;
  }
  return order.subarray(0, MEASURED);
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
