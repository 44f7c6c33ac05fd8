/** Symmetric matrices of many columns: sums of outer products, and what is solved with their factors. */
import { cholesky } from '../aggregate/matrix.ts';
import { JurorError } from '../errors.ts';

/** Rows that are added together: few enough that their columns stay in a processor's cache. */
const PANEL = 64;
/** Side of the square of entries that are summed in registers. */
const TILE = 3;

/** A growing sum Σ w v vᵀ. */
export interface OuterProducts {
  /** Adds `weight` times the outer product of a vector, which is copied. The weight is at least 0. */
  readonly add: (vector: ArrayLike<number>, weight: number) => void;
  /** The lower triangle of the sum so far in a square matrix, row-major; what is above the diagonal is 0. */
  readonly sum: () => Float64Array;
}

/**
 * An empty sum of outer products of vectors of `size` numbers. Rows are gathered in panels, and of each panel the lower triangle
 * alone is computed, nine entries at a time: size²/2 multiplications a row, at about four times the speed of one row after another.
 */
export function outerProducts(size: number): OuterProducts {
  const padded = Math.ceil(size / TILE) * TILE;
  const total = new Float64Array(padded * padded);
  const panel = new Float64Array(padded * PANEL);
  let filled = 0;
  const flush = () => {
    if (filled === 0) return;
    if (filled < PANEL)
      for (let column = 0; column < size; column++)
        panel.fill(0, column * PANEL + filled, (column + 1) * PANEL);
    addPanel(total, panel, padded);
    filled = 0;
  };
  return {
    add: (vector, weight) => {
      if (weight === 0) return;
      const root = Math.sqrt(weight);
      for (let column = 0; column < size; column++)
        panel[column * PANEL + filled] = root * (vector[column] as number);
      if (++filled === PANEL) flush();
    },
    sum: () => {
      flush();
      const lower = new Float64Array(size * size);
      for (let row = 0; row < size; row++)
        for (let column = 0; column <= row; column++)
          lower[row * size + column] = total[row * padded + column] as number;
      return lower;
    },
  };
}

/** Column c of the panel's rows is `panel[c · PANEL …]`. */
function addPanel(total: Float64Array, panel: Float64Array, padded: number): void {
  for (let row = 0; row < padded; row += TILE) {
    const row0 = row * PANEL;
    const row1 = row0 + PANEL;
    const row2 = row1 + PANEL;
    for (let column = 0; column <= row; column += TILE) {
      const column0 = column * PANEL;
      const column1 = column0 + PANEL;
      const column2 = column1 + PANEL;
      let [s00, s01, s02, s10, s11, s12, s20, s21, s22] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
      for (let at = 0; at < PANEL; at++) {
        const a = panel[row0 + at] as number;
        const b = panel[row1 + at] as number;
        const c = panel[row2 + at] as number;
        const x = panel[column0 + at] as number;
        const y = panel[column1 + at] as number;
        const z = panel[column2 + at] as number;
        s00 += a * x;
        s01 += a * y;
        s02 += a * z;
        s10 += b * x;
        s11 += b * y;
        s12 += b * z;
        s20 += c * x;
        s21 += c * y;
        s22 += c * z;
      }
      const first = row * padded + column;
      const second = first + padded;
      const third = second + padded;
      total[first] = (total[first] as number) + s00;
      total[first + 1] = (total[first + 1] as number) + s01;
      total[first + 2] = (total[first + 2] as number) + s02;
      total[second] = (total[second] as number) + s10;
      total[second + 1] = (total[second + 1] as number) + s11;
      total[second + 2] = (total[second + 2] as number) + s12;
      total[third] = (total[third] as number) + s20;
      total[third + 1] = (total[third + 1] as number) + s21;
      total[third + 2] = (total[third + 2] as number) + s22;
    }
  }
}

/**
 * Cholesky's factor L of a matrix of which the lower triangle is read, as float32, packed row by row: entry (i, j) is at
 * i (i + 1) / 2 + j. Throws JurorError `data` where the matrix is not positive definite; `what` names it.
 */
export function packedFactor(matrix: Float64Array, size: number, what: string): Float32Array {
  const factor = cholesky(matrix, size);
  if (factor === null)
    throw new JurorError('data', `expected ${what} to be positive definite, got one that is not`);
  const packed = new Float32Array((size * (size + 1)) / 2);
  for (let row = 0, at = 0; row < size; row++)
    for (let column = 0; column <= row; column++) packed[at++] = factor[row * size + column] as number;
  return packed;
}

/** L⁻¹ v for a packed factor L: its squared length is vᵀ (L Lᵀ)⁻¹ v. `size`²/2 multiplications. */
export function solveLower(packed: Float32Array, vector: Float64Array): Float64Array {
  const size = vector.length;
  const solution = new Float64Array(size);
  for (let row = 0, at = 0; row < size; row++) {
    let sum = vector[row] as number;
    for (let column = 0; column < row; column++)
      sum -= (packed[at + column] as number) * (solution[column] as number);
    solution[row] = sum / (packed[at + row] as number);
    at += row + 1;
  }
  return solution;
}

/** √ Σ (aᵢ − bᵢ)²; of `a` alone its length. */
export function euclidean(a: Float64Array, b?: Float64Array): number {
  let squares = 0;
  for (let place = 0; place < a.length; place++)
    squares += ((a[place] as number) - (b ? (b[place] as number) : 0)) ** 2;
  return Math.sqrt(squares);
}
