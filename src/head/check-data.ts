/** What training data must be. */
import { JurorError } from '../errors.ts';
import type { FeatureMatrix, PairData, RankingData, ScoreData } from './data.ts';

/** Throws JurorError `data`, saying which entry, unless every pair is of known rows with numbers in their ranges. */
export function checkPairs(pairs: PairData, rows: number): void {
  const { left, right, target, tie, margin, weight, cluster } = pairs;
  for (const [name, { length }] of Object.entries({ right, target, tie, margin, weight, cluster }))
    if (length !== left.length)
      throw new JurorError('data', `pairs.${name}: expected ${left.length} entries, got ${length}`);
  checkEach('pairs.left', left, (row) => row >= 0 && row < rows, `a row below ${rows}`);
  checkEach('pairs.right', right, (row) => row >= 0 && row < rows, `a row below ${rows}`);
  checkEach('pairs.target', target, (value) => value >= 0 && value <= 1, 'a number from 0 to 1');
  checkEach('pairs.margin', margin, nonNegative, 'a finite number of 0 or more');
  checkWeights('pairs.weight', weight);
}

/** Throws JurorError `data` unless every order is of at least two known rows, none of them twice. */
export function checkRankings({ orders, weight, cluster }: RankingData, rows: number): void {
  for (const [name, { length }] of Object.entries({ weight, cluster }))
    if (length !== orders.length)
      throw new JurorError('data', `rankings.${name}: expected ${orders.length} entries, got ${length}`);
  for (const [place, order] of orders.entries()) {
    const name = `rankings.orders[${place}]`;
    if (order.length < 2 || new Set(order).size < order.length)
      throw new JurorError('data', `${name}: expected two rows or more, each once, got ${order.join(', ')}`);
    checkEach(name, order, (row) => row >= 0 && row < rows, `a row below ${rows}`);
  }
  checkWeights('rankings.weight', weight);
}

/** Throws JurorError `data` unless every target is `legal` or NaN and every objective has one. */
export function checkScores(
  scores: ScoreData,
  rows: number,
  legal: (target: number) => boolean,
  expected: string,
): void {
  const { row, objectives, target, weight, cluster } = scores;
  const lengths = { target: objectives.length, weight: 1, cluster: 1 };
  for (const [name, { length }] of Object.entries({ target, weight, cluster })) {
    const wanted = row.length * lengths[name as keyof typeof lengths];
    if (length !== wanted)
      throw new JurorError('data', `scores.${name}: expected ${wanted} entries, got ${length}`);
  }
  checkEach('scores.row', row, (value) => value >= 0 && value < rows, `a row below ${rows}`);
  checkEach('scores.target', target, (value) => Number.isNaN(value) || legal(value), `${expected}, or NaN`);
  checkWeights('scores.weight', weight);
  for (const [place, objective] of objectives.entries())
    if (!weight.some((entry, line) => entry > 0 && !Number.isNaN(target[line * objectives.length + place])))
      throw new JurorError('data', `scores: expected a target of "${objective}", got none`);
}

/** Throws JurorError `data` unless the matrix has its size and these rows are finite. */
export function checkFeatures({ rows, columns, values }: FeatureMatrix, used: Int32Array): void {
  if (columns < 1 || values.length !== rows * columns)
    throw new JurorError('data', `features: expected ${rows} × ${columns} numbers, got ${values.length}`);
  for (const row of used)
    for (let place = row * columns; place < (row + 1) * columns; place++)
      // Of finite numbers alone, a number less itself is 0.
      if ((values[place] as number) - (values[place] as number) !== 0)
        throw new JurorError('data', `features: expected finite numbers, got ${values[place]} in row ${row}`);
}

function checkWeights(name: string, weight: Float64Array): void {
  checkEach(name, weight, nonNegative, 'a finite number of 0 or more');
  if (!weight.some((value) => value > 0))
    throw new JurorError('data', `${name}: expected a weight above 0, got none`);
}

function checkEach(
  name: string,
  values: ArrayLike<number>,
  legal: (value: number) => boolean,
  expected: string,
): void {
  for (let place = 0; place < values.length; place++)
    if (!legal(values[place] as number))
      throw new JurorError('data', `${name}[${place}]: expected ${expected}, got ${values[place]}`);
}

function nonNegative(value: number): boolean {
  return value >= 0 && value < Number.POSITIVE_INFINITY;
}
