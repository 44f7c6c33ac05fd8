import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cholesky, invertCholesky } from '../../src/aggregate/matrix.ts';
import { createRandom } from '../../src/aggregate/random.ts';
import {
  answerDeviation,
  fitLaplace,
  moderatedLogOdds,
  pairDeviation,
  whiten,
} from '../../src/head/laplace.ts';
import { outerProducts } from '../../src/head/triangle.ts';
import { golden, matrixOf, pairsOf } from './uncertainty-golden.ts';

const { laplace } = golden;
const features = matrixOf(laplace.features);
const pairs = pairsOf(laplace.left, laplace.right, laplace);
const standard = { mean: Float32Array.from(laplace.mean), scale: Float32Array.from(laplace.scale) };
const posterior = fitLaplace(features, pairs, laplace.differences, standard, { ridge: laplace.ridge });

test('the factor is that of the Hessian by automatic differentiation', () => {
  const size = posterior.inputs;
  for (let row = 0; row < size; row++)
    for (let column = 0; column <= row; column++) {
      let product = 0;
      for (let inner = 0; inner <= column; inner++) product += entry(row, inner) * entry(column, inner);
      expect(product).toBeCloseTo(laplace.hessian[row]?.[column] ?? Number.NaN, 4);
    }
  function entry(row: number, column: number): number {
    return posterior.factor[(row * (row + 1)) / 2 + column] ?? Number.NaN;
  }
});

test('deviations of a pair and of answers are those of the inverse Hessian', () => {
  const [left, right] = laplace.tested.map((row) => whiten(posterior, row)) as [Float64Array, Float64Array];
  expect(pairDeviation(left, right)).toBeCloseTo(laplace.deviation, 5);
  expect(answerDeviation(left)).toBeCloseTo(laplace.answers[0] ?? Number.NaN, 5);
  expect(answerDeviation(right)).toBeCloseTo(laplace.answers[1] ?? Number.NaN, 5);
  expect(moderatedLogOdds(laplace.difference, laplace.deviation)).toBeCloseTo(laplace.moderated, 9);
});

test('moderated log-odds are near the mean of the logistic over the posterior, which plain ones are not', () => {
  const errors = laplace.meanLogistic.map(([difference, deviation, exact]) => [
    Math.abs(1 / (1 + Math.exp(-moderatedLogOdds(difference, deviation))) - exact),
    Math.abs(1 / (1 + Math.exp(-difference)) - exact),
  ]);
  expect(Math.max(...errors.map(([own]) => own ?? 1))).toBeLessThan(0.02);
  expect(Math.max(...errors.map(([, plain]) => plain ?? 0))).toBeGreaterThan(0.2);
});

test('of an answer with itself a head is sure, and two answers are never less sure together than by their sum', () => {
  const random = createRandom(4);
  for (let trial = 0; trial < 50; trial++) {
    const [left, right] = [0, 1].map(() =>
      whiten(
        posterior,
        Array.from({ length: posterior.inputs }, () => 4 * random.normal()),
      ),
    ) as [Float64Array, Float64Array];
    expect(pairDeviation(left, left)).toBe(0);
    expect(pairDeviation(left, right)).toBe(pairDeviation(right, left));
    expect(pairDeviation(left, right)).toBeLessThanOrEqual(
      answerDeviation(left) + answerDeviation(right) + 1e-9,
    );
  }
});

test('a pair more, and a heavier ridge, leave no direction less sure; a pair without weight changes nothing', () => {
  const [less, wider] = [
    fitLaplace(
      features,
      { ...pairs, weight: pairs.weight.map((own, pair) => (pair === 7 ? 0 : own)) },
      laplace.differences,
      standard,
      { ridge: laplace.ridge },
    ),
    fitLaplace(features, pairs, laplace.differences, standard, { ridge: 3 }),
  ];
  const random = createRandom(5);
  for (let trial = 0; trial < 50; trial++) {
    const feature = Array.from({ length: posterior.inputs }, () => 4 * random.normal());
    const own = answerDeviation(whiten(posterior, feature));
    expect(answerDeviation(whiten(less, feature))).toBeGreaterThanOrEqual(own - 1e-6);
    expect(answerDeviation(whiten(wider, feature))).toBeLessThan(own);
  }
  // The third pair of the fixture weighs nothing.
  const moved = laplace.differences.map((difference, pair) => (pair === 3 ? 5 : difference));
  expect(fitLaplace(features, pairs, moved, standard, { ridge: laplace.ridge }).factor).toEqual(
    posterior.factor,
  );
});

test('blocks of rows give the sum of outer products, whatever the size and the number of rows', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 11 }),
      fc.integer({ min: 0, max: 150 }),
      fc.nat(1000),
      (size, rows, seed) => {
        const random = createRandom(seed);
        const sum = outerProducts(size);
        const plain = new Float64Array(size * size);
        const halfway = Math.floor(rows / 2);
        for (let row = 0; row < rows; row++) {
          if (row === halfway) sum.sum();
          const vector = Float64Array.from({ length: size }, random.normal);
          const weight = random.below(3);
          sum.add(vector, weight);
          for (let i = 0; i < size; i++)
            for (let j = 0; j <= i; j++)
              plain[i * size + j] = (plain[i * size + j] ?? 0) + weight * (vector[i] ?? 0) * (vector[j] ?? 0);
        }
        for (const [place, value] of sum.sum().entries())
          expect(value).toBeCloseTo(plain[place] ?? Number.NaN, 9);
      },
    ),
    { numRuns: 60 },
  );
});

/** Pairs from a known head: of its posterior's intervals, so many must hold the truth as they promise. */
test('in simulation the posterior covers the true difference as often as it says, where a wrong curvature does not', () => {
  const [size, count, repetitions] = [4, 150, 150];
  const random = createRandom(11);
  const unit = { mean: new Float32Array(size), scale: new Float32Array(size).fill(1) };
  let [covered, narrow, total] = [0, 0, 0];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const truth = Array.from({ length: size }, random.normal);
    const rows = Array.from({ length: 2 * count }, () => Array.from({ length: size }, random.normal));
    const score = (row: number[], head: ArrayLike<number>) =>
      row.reduce((sum, value, column) => sum + value * (head[column] ?? 0), 0);
    const contrasts = Array.from({ length: count }, (_, pair) =>
      (rows[2 * pair] ?? []).map((value, column) => value - (rows[2 * pair + 1]?.[column] ?? 0)),
    );
    const targets = contrasts.map((z) => (random.uniform() < 1 / (1 + Math.exp(-score(z, truth))) ? 1 : 0));
    const head = fitRidge(contrasts, targets, 1);
    const index = contrasts.map((_, pair) => 2 * pair);
    const own = fitLaplace(
      matrixOf(rows),
      pairsOf(
        index,
        index.map((row) => row + 1),
      ),
      contrasts.map((z) => score(z, head)),
      unit,
      { ridge: 1 },
    );
    // Without σ(1 − σ) every pair would count as if it were worth four times the most that it can be.
    const wrong = fitLaplace(
      matrixOf(rows),
      pairsOf(
        index,
        index.map((row) => row + 1),
        { weight: index.map(() => 4) },
      ),
      index.map(() => 0),
      unit,
      { ridge: 1 },
    );
    const [left, right] = [0, 1].map(() => Array.from({ length: size }, random.normal)) as [
      number[],
      number[],
    ];
    const error = Math.abs(
      score(left, head) - score(right, head) - (score(left, truth) - score(right, truth)),
    );
    if (error <= 1.645 * pairDeviation(whiten(own, left), whiten(own, right))) covered++;
    if (error <= 1.645 * pairDeviation(whiten(wrong, left), whiten(wrong, right))) narrow++;
    total++;
  }
  // 90 % of 150, give or take four standard errors.
  expect(covered / total).toBeGreaterThan(0.8);
  expect(covered / total).toBeLessThan(0.99);
  expect(narrow / total).toBeLessThan(0.8);
});

test('what cannot be a posterior is an error that says where', () => {
  const fitWith = (change: object, options = { ridge: 1 }) =>
    fitLaplace(features, { ...pairs, ...change }, laplace.differences, standard, options);
  expect(() => fitWith({}, { ridge: 0 })).toThrow('expected a ridge above 0, got 0');
  expect(() => fitWith({ left: Int32Array.from(laplace.left, () => 30) })).toThrow(
    'pair 1: expected a row below 30, got 30',
  );
  expect(() => fitWith({ weight: new Float64Array(50).fill(-1) })).toThrow(
    'expected a weight of 0 or more, got -1',
  );
  expect(() => whiten(posterior, [1, 2])).toThrow('expected a feature of 7 numbers, got 2');
});

function fitRidge(rows: number[][], targets: number[], ridge: number): Float64Array {
  const size = rows[0]?.length ?? 0;
  const head = new Float64Array(size);
  for (let step = 0; step < 20; step++) {
    const gradient = Float64Array.from(head, (value) => ridge * value);
    const curvature = new Float64Array(size * size);
    for (let place = 0; place < size; place++) curvature[place * size + place] = ridge;
    for (const [pair, row] of rows.entries()) {
      const chance =
        1 / (1 + Math.exp(-row.reduce((sum, value, column) => sum + value * (head[column] ?? 0), 0)));
      for (let i = 0; i < size; i++) {
        gradient[i] = (gradient[i] ?? 0) + (chance - (targets[pair] ?? 0)) * (row[i] ?? 0);
        for (let j = 0; j < size; j++)
          curvature[i * size + j] =
            (curvature[i * size + j] ?? 0) + chance * (1 - chance) * (row[i] ?? 0) * (row[j] ?? 0);
      }
    }
    const inverse = invertCholesky(cholesky(curvature, size) as Float64Array, size);
    for (let i = 0; i < size; i++)
      for (let j = 0; j < size; j++)
        head[i] = (head[i] ?? 0) - (inverse[i * size + j] ?? 0) * (gradient[j] ?? 0);
  }
  return head;
}
