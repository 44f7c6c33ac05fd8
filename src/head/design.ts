/** Features as training sees them: the rows that count, standardised, or the differences of pairs of them. */
import type { FeatureMatrix } from './data.ts';

/** What is taken from each column, and what it is divided by. */
export interface Standardisation {
  readonly mean: Float32Array;
  /** 1 where a column has no spread. */
  readonly scale: Float32Array;
  /** Columns whose values differ by no more than float32 rounds, and which therefore get weight 0. */
  readonly flat: Uint8Array;
}

/** The distinct rows among those listed, rising, and the place of each listed one among them. */
export function usedRows(
  rows: number,
  lists: readonly Int32Array[],
): { used: Int32Array; places: Int32Array } {
  const places = new Int32Array(rows).fill(-1);
  for (const list of lists) for (const row of list) places[row] = 0;
  let count = 0;
  for (let row = 0; row < rows; row++) if (places[row] === 0) places[row] = count++;
  const used = new Int32Array(count);
  for (let row = 0; row < rows; row++) if (places[row] !== -1) used[places[row] as number] = row;
  return { used, places };
}

/** Mean and standard deviation (of n, not n − 1) of each column over the rows, in one pass over what each row has beyond the first. */
export function standardisation({ columns, values }: FeatureMatrix, used: Int32Array): Standardisation {
  const first = Float64Array.from(values.subarray((used[0] ?? 0) * columns, ((used[0] ?? 0) + 1) * columns));
  const sums = new Float64Array(columns);
  const squares = new Float64Array(columns);
  for (let place = 0; place < used.length; place++) {
    const start = (used[place] as number) * columns;
    for (let column = 0; column < columns; column++) {
      const beyond = (values[start + column] as number) - (first[column] as number);
      sums[column] = (sums[column] as number) + beyond;
      squares[column] = (squares[column] as number) + beyond * beyond;
    }
  }
  const mean = Float32Array.from(sums, (sum, column) => (first[column] as number) + sum / used.length);
  const flat = new Uint8Array(columns);
  const scale = Float32Array.from(squares, (square, column) => {
    const offset = (sums[column] as number) / used.length;
    const deviation = Math.fround(Math.sqrt(Math.max(0, square / used.length - offset * offset)));
    flat[column] = deviation > 1e-7 * Math.abs(mean[column] as number) && deviation > 0 ? 0 : 1;
    return flat[column] === 1 ? 1 : deviation;
  });
  return { mean, scale, flat };
}

/** The rows, standardised; columns without spread are 0. */
export function standardisedRows(
  { columns, values }: FeatureMatrix,
  used: Int32Array,
  { mean, scale, flat }: Standardisation,
): FeatureMatrix {
  const result = new Float32Array(used.length * columns);
  const factors = inverse(scale, flat);
  for (const [place, row] of used.entries()) {
    const [from, to] = [row * columns, place * columns];
    for (let column = 0; column < columns; column++)
      result[to + column] =
        ((values[from + column] as number) - (mean[column] as number)) * (factors[column] as number);
  }
  return { rows: used.length, columns, values: result };
}

/** Left less right of each pair of rows, in standardised units: what pairwise losses of linear heads depend on. */
export function standardisedDifferences(
  { columns, values }: FeatureMatrix,
  left: Int32Array,
  right: Int32Array,
  { scale, flat }: Standardisation,
): FeatureMatrix {
  const result = new Float32Array(left.length * columns);
  const factors = inverse(scale, flat);
  for (let pair = 0; pair < left.length; pair++) {
    const [first, second] = [(left[pair] as number) * columns, (right[pair] as number) * columns];
    const to = pair * columns;
    for (let column = 0; column < columns; column++)
      result[to + column] =
        ((values[first + column] as number) - (values[second + column] as number)) *
        (factors[column] as number);
  }
  return { rows: left.length, columns, values: result };
}

function inverse(scale: Float32Array, flat: Uint8Array): Float64Array {
  return Float64Array.from(scale, (value, column) => (flat[column] === 1 ? 0 : 1 / value));
}
