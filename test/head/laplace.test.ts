import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandom } from '../../src/aggregate/random.ts';
import { scoreMember } from '../../src/head/head.ts';
import {
  answerDeviation,
  fitLaplace,
  moderatedLogOdds,
  pairDeviation,
  whiten,
} from '../../src/head/laplace.ts';
import { trainMember } from '../../src/head/train.ts';
import { outerProducts } from '../../src/head/triangle.ts';
import { golden, matrixOf, pairsOf } from './uncertainty-golden.ts';

const { laplace } = golden;
const features = matrixOf(laplace.features);
const pairs = pairsOf(laplace.left, laplace.right, laplace);
const standard = { mean: Float32Array.from(laplace.mean), scale: Float32Array.from(laplace.scale) };
/** The fixture's penalty is beside the sum of the loss. */
const l2 = laplace.ridge / laplace.weight.reduce((sum, weight) => sum + weight, 0);
const posterior = fitLaplace(features, pairs, laplace.differences, standard, { l2 });

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
      { l2 },
    ),
    fitLaplace(features, pairs, laplace.differences, standard, { l2: 0.1 }),
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
  expect(fitLaplace(features, pairs, moved, standard, { l2 }).factor).toEqual(posterior.factor);
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

/** Of the intervals of a posterior so many must hold the truth as they promise. */
test('in simulation the posterior covers the true difference as often as it says, where a wrong curvature does not', () => {
  const [size, count, repetitions] = [4, 150, 150];
  const random = createRandom(11);
  const draw = () => Array.from({ length: size }, random.normal);
  const score = (row: number[], head: number[]) =>
    row.reduce((sum, value, column) => sum + value * (head[column] ?? 0), 0);
  let [covered, narrow] = [0, 0];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const truth = draw();
    const rows = Array.from({ length: 2 * count }, draw);
    const matrix = matrixOf(rows);
    const left = Array.from({ length: count }, (_, pair) => 2 * pair);
    const target = left.map((row) => {
      const delta = score(rows[row] ?? [], truth) - score(rows[row + 1] ?? [], truth);
      return random.uniform() < 1 / (1 + Math.exp(-delta)) ? 1 : 0;
    });
    const data = pairsOf(
      left,
      left.map((row) => row + 1),
      { target },
    );
    const options = { l2: 1 / count };
    const { member } = trainMember(
      { features: matrix, pairs: data },
      { ...options, loss: { kind: 'bradley-terry' }, seed: 1 },
    );
    const scores = scoreMember(member, matrix);
    const differences = left.map((row) => (scores[row] ?? 0) - (scores[row + 1] ?? 0));
    const own = fitLaplace(matrix, data, differences, member, options);
    // As if every pair told four times the most that a pair can tell.
    const certain = { ...data, weight: data.weight.map(() => 4) };
    const wrong = fitLaplace(
      matrix,
      certain,
      differences.map(() => 0),
      member,
      options,
    );
    const tested = [draw(), draw()] as const;
    const [first, second] = scoreMember(member, matrixOf(tested));
    const error = Math.abs(
      (first ?? 0) - (second ?? 0) - (score(tested[0], truth) - score(tested[1], truth)),
    );
    const within = (posterior: typeof own) =>
      error <= 1.645 * pairDeviation(whiten(posterior, tested[0]), whiten(posterior, tested[1]));
    if (within(own)) covered++;
    if (within(wrong)) narrow++;
  }
  // 90 % of 150, give or take four standard errors.
  expect(covered / repetitions).toBeGreaterThan(0.8);
  expect(covered / repetitions).toBeLessThan(0.99);
  expect(narrow / repetitions).toBeLessThan(0.8);
});

test('what cannot be a posterior is an error that says where', () => {
  const fitWith = (change: object, options = { l2 }) =>
    fitLaplace(features, { ...pairs, ...change }, laplace.differences, standard, options);
  expect(() => fitWith({}, { l2: 0 })).toThrow('l2: expected a finite number above 0, got 0');
  expect(() => fitWith({ left: Int32Array.from(laplace.left, () => 30) })).toThrow(
    'pairs.left[0]: expected a row below 30, got 30',
  );
  expect(() => fitWith({ weight: new Float64Array(50).fill(-1) })).toThrow(
    'pairs.weight[0]: expected a finite number of 0 or more, got -1',
  );
  expect(() => whiten(posterior, [1, 2])).toThrow('expected a feature of 7 numbers, got 2');
});
