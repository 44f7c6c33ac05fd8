/**
 * The two products that training spends its time on. Four rows at a time: each weight is read once for four sums, and each sum of the
 * transposed product is written once for four rows. Sums are in float64, in a fixed order.
 */
import type { FeatureMatrix } from './data.ts';

/** `result[row, unit] = matrix[row] · weights[unit]`; weights are units × columns from `offset` on, `result` is rows × units. */
export function multiply(
  { rows, columns, values }: FeatureMatrix,
  weights: Float64Array,
  offset: number,
  units: number,
  result: Float64Array,
): void {
  const whole = rows - (rows % 4);
  for (let row = 0; row < whole; row += 4)
    for (let unit = 0; unit < units; unit++) {
      const weight = offset + unit * columns;
      const [first, second, third, fourth] = starts(row, columns);
      let [a, b, c, d] = [0, 0, 0, 0];
      for (let column = 0; column < columns; column++) {
        const factor = weights[weight + column] as number;
        a += factor * (values[first + column] as number);
        b += factor * (values[second + column] as number);
        c += factor * (values[third + column] as number);
        d += factor * (values[fourth + column] as number);
      }
      const place = row * units + unit;
      result[place] = a;
      result[place + units] = b;
      result[place + 2 * units] = c;
      result[place + 3 * units] = d;
    }
  for (let row = whole; row < rows; row++)
    for (let unit = 0; unit < units; unit++) {
      const [start, weight] = [row * columns, offset + unit * columns];
      let sum = 0;
      for (let column = 0; column < columns; column++)
        sum += (weights[weight + column] as number) * (values[start + column] as number);
      result[row * units + unit] = sum;
    }
}

/** Adds `Σ_row slopes[row, unit] · matrix[row]` to the line of each unit in `gradient`, from `offset` on. */
export function multiplyTransposed(
  { rows, columns, values }: FeatureMatrix,
  slopes: Float64Array,
  units: number,
  gradient: Float64Array,
  offset: number,
): void {
  const whole = rows - (rows % 4);
  for (let row = 0; row < whole; row += 4)
    for (let unit = 0; unit < units; unit++) {
      const place = row * units + unit;
      const a = slopes[place] as number;
      const b = slopes[place + units] as number;
      const c = slopes[place + 2 * units] as number;
      const d = slopes[place + 3 * units] as number;
      if (a === 0 && b === 0 && c === 0 && d === 0) continue;
      const target = offset + unit * columns;
      const [first, second, third, fourth] = starts(row, columns);
      for (let column = 0; column < columns; column++)
        gradient[target + column] =
          (gradient[target + column] as number) +
          (a * (values[first + column] as number) +
            b * (values[second + column] as number) +
            (c * (values[third + column] as number) + d * (values[fourth + column] as number)));
    }
  for (let row = whole; row < rows; row++)
    for (let unit = 0; unit < units; unit++) {
      const slope = slopes[row * units + unit] as number;
      const [start, target] = [row * columns, offset + unit * columns];
      for (let column = 0; column < columns; column++)
        gradient[target + column] =
          (gradient[target + column] as number) + slope * (values[start + column] as number);
    }
}

function starts(row: number, columns: number): readonly [number, number, number, number] {
  const first = row * columns;
  return [first, first + columns, first + 2 * columns, first + 3 * columns];
}
