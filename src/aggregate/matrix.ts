/** Dense square matrices, row-major in one array. */

/**
 * The lower triangular L with L Lᵀ = A, of which the lower triangle is read, or null when A is not positive definite to
 * working precision: a pivot that keeps less than `leastPivot` of its diagonal entry is nothing but rounding.
 */
export function cholesky(matrix: Float64Array, dimension: number, leastPivot = 1e-14): Float64Array | null {
  const factor = new Float64Array(dimension * dimension);
  for (let row = 0; row < dimension; row++) {
    const start = row * dimension;
    for (let column = 0; column <= row; column++) {
      const other = column * dimension;
      let sum = matrix[start + column] ?? 0;
      for (let inner = 0; inner < column; inner++) {
        sum -= (factor[start + inner] ?? 0) * (factor[other + inner] ?? 0);
      }
      if (column < row) {
        factor[start + column] = sum / (factor[other + column] ?? 1);
      } else {
        if (!(sum > leastPivot * (matrix[start + row] ?? 0))) return null;
        factor[start + row] = Math.sqrt(sum);
      }
    }
  }
  return factor;
}

/** x with L Lᵀ x = `right`. */
export function solveCholesky(
  factor: Float64Array,
  dimension: number,
  right: ArrayLike<number>,
): Float64Array {
  const solution = Float64Array.from(right);
  for (let row = 0; row < dimension; row++) {
    let sum = solution[row] ?? 0;
    for (let inner = 0; inner < row; inner++) {
      sum -= (factor[row * dimension + inner] ?? 0) * (solution[inner] ?? 0);
    }
    solution[row] = sum / (factor[row * dimension + row] ?? 1);
  }
  return solveTransposed(factor, dimension, solution);
}

/** x with Lᵀ x = `right`: of standard normal draws, a draw whose covariance is (L Lᵀ)⁻¹. */
export function solveTransposed(
  factor: Float64Array,
  dimension: number,
  right: ArrayLike<number>,
): Float64Array {
  const solution = Float64Array.from(right);
  for (let row = dimension - 1; row >= 0; row--) {
    const value = (solution[row] ?? 0) / (factor[row * dimension + row] ?? 1);
    solution[row] = value;
    for (let inner = 0; inner < row; inner++) {
      solution[inner] = (solution[inner] ?? 0) - (factor[row * dimension + inner] ?? 0) * value;
    }
  }
  return solution;
}

/** (L Lᵀ)⁻¹, symmetric to the bit. */
export function invertCholesky(factor: Float64Array, dimension: number): Float64Array {
  // Row c of `columns` is column c of L⁻¹, which is zero above c.
  const columns = new Float64Array(dimension * dimension);
  for (let column = 0; column < dimension; column++) {
    const start = column * dimension;
    for (let row = column; row < dimension; row++) {
      let sum = row === column ? 1 : 0;
      for (let inner = column; inner < row; inner++) {
        sum -= (factor[row * dimension + inner] ?? 0) * (columns[start + inner] ?? 0);
      }
      columns[start + row] = sum / (factor[row * dimension + row] ?? 1);
    }
  }
  const inverse = new Float64Array(dimension * dimension);
  for (let row = 0; row < dimension; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = 0;
      for (let inner = row; inner < dimension; inner++) {
        sum += (columns[row * dimension + inner] ?? 0) * (columns[column * dimension + inner] ?? 0);
      }
      inverse[row * dimension + column] = sum;
      inverse[column * dimension + row] = sum;
    }
  }
  return inverse;
}

/** The product of two square matrices. */
export function multiply(left: Float64Array, right: Float64Array, dimension: number): Float64Array {
  const product = new Float64Array(dimension * dimension);
  for (let row = 0; row < dimension; row++) {
    const start = row * dimension;
    for (let inner = 0; inner < dimension; inner++) {
      const factor = left[start + inner] ?? 0;
      if (factor === 0) continue;
      const other = inner * dimension;
      for (let column = 0; column < dimension; column++) {
        product[start + column] = (product[start + column] ?? 0) + factor * (right[other + column] ?? 0);
      }
    }
  }
  return product;
}
