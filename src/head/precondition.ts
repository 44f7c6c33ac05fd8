/** An approximate inverse of the second derivatives of a linear head, from a sample of the rows. */
import { cholesky, solveCholesky } from '../aggregate/matrix.ts';
import { createRandom } from '../aggregate/random.ts';
import type { Criterion, Curvature } from './criterion.ts';
import type { FeatureMatrix } from './data.ts';
import type { Layout } from './network.ts';

/** Sampled rows for each column: the more, the fewer steps of the search, and the longer their products take. */
const rowsPerColumn = 8;

/** Σ wᵢ xᵢ xᵢᵀ of the rows, columns × columns; of the upper triangle nothing can be relied on. */
export function gramMatrix({ rows, columns, values }: FeatureMatrix, weights: Float64Array): Float64Array {
  const gram = new Float64Array(columns * columns);
  const [a, b, c, d] = Array.from({ length: 4 }, () => new Float64Array(columns)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  // Four rows and two lines at a time: each number is read once for two products, each sum written once for four.
  for (let row = 0; row < rows; row += 4) {
    for (const [offset, copy] of [a, b, c, d].entries())
      if (row + offset < rows)
        copy.set(values.subarray((row + offset) * columns, (row + offset + 1) * columns));
      else copy.fill(0);
    const [p, q, r, s] = [0, 1, 2, 3].map((offset) => weights[row + offset] ?? 0) as [
      number,
      number,
      number,
      number,
    ];
    for (let line = 0; line < columns; line += 2) {
      // The last of an odd number of lines is taken twice.
      const other = Math.min(line + 1, columns - 1);
      const [a0, b0, c0, d0] = [p * at(a, line), q * at(b, line), r * at(c, line), s * at(d, line)];
      const [a1, b1, c1, d1] = [p * at(a, other), q * at(b, other), r * at(c, other), s * at(d, other)];
      const [first, second] = [line * columns, other * columns];
      for (let column = 0; column <= other; column++) {
        const x = at(a, column);
        const y = at(b, column);
        const z = at(c, column);
        const w = at(d, column);
        gram[first + column] = at(gram, first + column) + (a0 * x + b0 * y + (c0 * z + d0 * w));
        if (other > line)
          gram[second + column] = at(gram, second + column) + (a1 * x + b1 * y + (c1 * z + d1 * w));
      }
    }
  }
  return gram;
}

function at(values: Float64Array, place: number): number {
  return values[place] as number;
}

/** Σ coefficient · v vᵀ over a seeded sample, scaled up to the whole; null where there are fewer v than columns. */
export function sampledCurvature(
  design: FeatureMatrix,
  { curvature }: Criterion,
  seed: number,
): Float64Array | null {
  const { columns } = design;
  if ((curvature[0]?.left.length ?? 0) < columns) return null;
  const result = new Float64Array(columns * columns);
  for (const part of curvature) {
    const chosen = sampleOf(part.left.length, rowsPerColumn * columns, seed);
    const weights = Float64Array.from(chosen, (index) => part.coefficient[index] as number);
    const all = part.coefficient.reduce((sum, value) => sum + value, 0);
    const seen = weights.reduce((sum, value) => sum + value, 0);
    if (seen === 0) continue;
    const gram = gramMatrix(
      vectorsOf(design, part, chosen),
      weights.map((weight) => (weight * all) / seen),
    );
    for (let place = 0; place < result.length; place++)
      result[place] = (result[place] as number) + (gram[place] as number);
  }
  return result;
}

/** Multiplies by the inverse of curvature + l2, output by output, and leaves biases and the loss's own parameters as they are. */
export function preconditioner(
  curvature: Float64Array,
  { outputCurvature }: Criterion,
  { inputs, outputs, weight }: Layout,
  l2: number,
): ((vector: Float64Array) => void) | undefined {
  const factors = new Map<number, Float64Array>();
  const least = 1e-8 * meanDiagonal(curvature, inputs);
  for (const scale of outputCurvature) {
    if (factors.has(scale)) continue;
    const matrix = curvature.map((entry) => scale * entry);
    for (let place = 0; place < matrix.length; place += inputs + 1)
      // Columns without spread leave a 0 on the diagonal.
      matrix[place] = (matrix[place] as number) + l2 + scale * (least || 1);
    const factor = cholesky(matrix, inputs);
    if (factor === null) return undefined;
    factors.set(scale, factor);
  }
  return (vector) => {
    for (let output = 0; output < outputs; output++) {
      const from = weight + output * inputs;
      const factor = factors.get(outputCurvature[output] as number) as Float64Array;
      vector.set(solveCholesky(factor, inputs, vector.subarray(from, from + inputs)), from);
    }
    const bias = weight + outputs * inputs;
    for (let place = bias; place < vector.length; place++)
      vector[place] = (vector[place] as number) / (outputCurvature[place - bias] ?? 0.25);
  };
}

function vectorsOf({ columns, values }: FeatureMatrix, part: Curvature, chosen: Int32Array): FeatureMatrix {
  const vectors = new Float32Array(chosen.length * columns);
  for (const [place, index] of chosen.entries()) {
    const left = (part.left[index] as number) * columns;
    const right = (part.right?.[index] ?? 0) * columns;
    const sign = part.right === null ? 0 : part.sign;
    for (let column = 0; column < columns; column++)
      vectors[place * columns + column] =
        (values[left + column] as number) + sign * (values[right + column] as number);
  }
  return { rows: chosen.length, columns, values: vectors };
}

/** `size` of `count` numbers without repetition, or all of them. */
function sampleOf(count: number, size: number, seed: number): Int32Array {
  const order = Int32Array.from({ length: count }, (_, index) => index);
  if (size >= count) return order;
  const random = createRandom(seed);
  for (let place = 0; place < size; place++) {
    const other = place + random.below(count - place);
    [order[place], order[other]] = [order[other] as number, order[place] as number];
  }
  return order.subarray(0, size).sort();
}

function meanDiagonal(matrix: Float64Array, dimension: number): number {
  let sum = 0;
  for (let place = 0; place < matrix.length; place += dimension + 1) sum += matrix[place] as number;
  return sum / dimension;
}
