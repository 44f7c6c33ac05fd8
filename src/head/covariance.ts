/** Means and covariances of features, shrunk so that few rows give one that can be inverted. */
import { JurorError } from '../errors.ts';
import { lengthOf, outerProducts, packedFactor, solveLower } from './triangle.ts';

/** `full`: the covariance of Ledoit and Wolf. `diagonal`: variances alone. */
export type CovarianceShape = 'full' | 'diagonal';

/** Where rows lie. */
export interface Ellipse {
  readonly inputs: number;
  readonly shape: CovarianceShape;
  readonly mean: Float32Array;
  /**
   * `full`: the Cholesky factor of the shrunk covariance, its lower triangle row by row. `diagonal`: standard deviations, each the
   * square root of the shrunk variance.
   */
  readonly factor: Float32Array;
}

/** Of rows from which a common shift was taken: their number, Σ x, and Σ x xᵀ or only its diagonal. */
export interface Sums {
  readonly rows: number;
  readonly sum: Float64Array;
  readonly products: Float64Array;
}

/** Empty sums of rows of so many columns; `sums` gives what has been added. */
export function growingSums(columns: number, shape: CovarianceShape) {
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

/** Mean and shrunk covariance of the rows of all parts together. */
export function ellipseOf(
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
export function shrinkageOf(
  parts: readonly Sums[],
  fourth: number,
  inputs: number,
  shape: CovarianceShape,
): number {
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

/** √((x − mean)ᵀ C⁻¹ (x − mean)): `inputs`²/2 multiplications where the covariance is full. */
export function distanceOf({ shape, mean, factor }: Ellipse, feature: ArrayLike<number>): number {
  const centred = Float64Array.from(mean, (value, column) => (feature[column] as number) - value);
  if (shape === 'full') return lengthOf(solveLower(factor, centred));
  return lengthOf(centred.map((value, column) => value / (factor[column] as number)));
}
