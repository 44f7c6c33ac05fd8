/** Masked regression in closed form. */
import { cholesky, solveCholesky } from '../aggregate/matrix.ts';
import { JurorError } from '../errors.ts';
import type { FeatureMatrix, ScoreData } from './data.ts';
import { multiplyTransposed } from './kernels.ts';
import { gramMatrix } from './precondition.ts';

/** The second moments of the rows on which an objective is known, and its products with them. */
interface Normal {
  readonly objective: number;
  readonly total: number;
  readonly gram: Float64Array;
  readonly mean: Float64Array;
  readonly product: Float64Array;
  readonly targetMean: number;
}

/** Weights (objectives × columns) and biases. */
export interface RidgeSolution {
  readonly weight: Float64Array;
  readonly bias: Float64Array;
}

/**
 * For each objective the W and b that minimise Σ w·½(W·x + b − y)² / Σ w + l2/2·‖W‖² over its known targets, as a function of l2:
 * (X̃ᵀX̃ + l2·I) W = X̃ᵀỹ with X̃, ỹ less their weighted means. Throws JurorError `data` where columns are collinear and l2 is 0.
 */
export function ridgeOf(design: FeatureMatrix, scores: ScoreData): (l2: number) => RidgeSolution {
  const normals = normalsOf(design, scores);
  const { columns } = design;
  return (l2) => {
    const weight = new Float64Array(scores.objectives.length * columns);
    const bias = new Float64Array(scores.objectives.length);
    const factors = new Map<Float64Array, Float64Array>();
    for (const { objective, gram, mean, product, targetMean } of normals) {
      const factor = factors.get(gram) ?? factorOf(gram, columns, l2, scores.objectives[objective] ?? '');
      factors.set(gram, factor);
      const solution = solveCholesky(factor, columns, product);
      weight.set(solution, objective * columns);
      bias[objective] =
        targetMean - solution.reduce((sum, value, column) => sum + value * (mean[column] ?? 0), 0);
    }
    return { weight, bias };
  };
}

function normalsOf(design: FeatureMatrix, { row, objectives, target, weight }: ScoreData): Normal[] {
  const { columns } = design;
  const normals: Normal[] = [];
  const patterns: Float64Array[] = [];
  for (const objective of objectives.keys()) {
    const rowWeights = new Float64Array(design.rows);
    const products = new Float64Array(design.rows);
    let [total, targetMean] = [0, 0];
    for (const [line, place] of row.entries()) {
      const value = target[line * objectives.length + objective] as number;
      if (Number.isNaN(value)) continue;
      const share = weight[line] as number;
      rowWeights[place] = (rowWeights[place] as number) + share;
      products[place] = (products[place] as number) + share * value;
      total += share;
      targetMean += share * value;
    }
    targetMean /= total;
    // Objectives that are known on the same rows have the same moments.
    const same = patterns.findIndex((pattern) =>
      pattern.every((value, place) => value === rowWeights[place]),
    );
    patterns.push(rowWeights);
    const known = same < 0 ? momentsOf(design, rowWeights, total) : (normals[same] as Normal);
    const product = new Float64Array(columns);
    multiplyTransposed(design, products, 1, product, 0);
    for (let column = 0; column < columns; column++)
      product[column] = (product[column] as number) / total - targetMean * (known.mean[column] as number);
    normals.push({ objective, total, gram: known.gram, mean: known.mean, product, targetMean });
  }
  return normals;
}

function momentsOf(
  design: FeatureMatrix,
  weights: Float64Array,
  total: number,
): { gram: Float64Array; mean: Float64Array } {
  const { columns } = design;
  const mean = new Float64Array(columns);
  multiplyTransposed(design, weights, 1, mean, 0);
  for (let column = 0; column < columns; column++) mean[column] = (mean[column] as number) / total;
  const gram = gramMatrix(design, weights);
  for (let line = 0; line < columns; line++)
    for (let column = 0; column <= line; column++)
      gram[line * columns + column] =
        (gram[line * columns + column] as number) / total - (mean[line] as number) * (mean[column] as number);
  return { gram, mean };
}

function factorOf(gram: Float64Array, columns: number, l2: number, objective: string): Float64Array {
  const matrix = Float64Array.from(gram);
  for (let place = 0; place < matrix.length; place += columns + 1)
    // A column without spread gets weight 0 whatever stands here.
    matrix[place] = (gram[place] as number) + l2 || 1;
  const factor = cholesky(matrix, columns);
  if (factor === null)
    throw new JurorError(
      'data',
      `features: expected columns that are no sums of others on the rows of "${objective}", or l2 above 0`,
    );
  return factor;
}
