import { expect, test } from 'vitest';
import type { FeatureMatrix } from '../../src/head/data.ts';
import { scoreMember } from '../../src/head/head.ts';
import { minimise } from '../../src/head/lbfgs.ts';
import { completeLoss } from '../../src/head/losses.ts';
import { layoutOf, objectiveOf } from '../../src/head/network.ts';
import { prepare, type TrainingData } from '../../src/head/problem.ts';
import { type TrainOptions, trainMember } from '../../src/head/train.ts';
import { features, pairs, rankings, scores } from './train-cases.ts';

const bradleyTerry = { kind: 'bradley-terry' } as const;
const data = { features: features(60, 5), pairs: pairs(60, 80) };

/** Weighted mean score of both sides of all pairs. */
function meanScore(score: Float64Array): number {
  const { left, right, weight } = data.pairs;
  const total = 2 * weight.reduce((sum, share) => sum + share, 0);
  const sum = (rows: Int32Array) =>
    weight.reduce((all, share, pair) => all + share * (score[rows[pair] ?? 0] ?? 0), 0);
  return (sum(left) + sum(right)) / total;
}

test.each([0, 3])('without centring the weighted mean training score is 0: %i hidden units', (hidden) => {
  const trained = trainMember(data, { loss: bradleyTerry, l2: 0.01, seed: 1, hidden });
  expect(trained.converged).toBe(true);
  expect(trained.gradientNorm).toBeLessThanOrEqual(1e-6);
  expect(Math.abs(meanScore(scoreMember(trained.member, data.features)))).toBeLessThan(1e-6);
});

test('centring trains the bias', () => {
  const loss = { ...bradleyTerry, centering: 0.01 };
  const trained = trainMember(data, { loss, l2: 0.01, seed: 1 });
  // The derivative by b is 2λ·Σ w·2(s_left + s_right)/Σ w.
  expect(Math.abs(meanScore(scoreMember(trained.member, data.features)))).toBeLessThan(1e-4);
  expect(Math.abs(trained.member.bias[0] ?? 0)).toBeGreaterThan(1e-4);
});

test('the same seed gives the same bytes, another seed another hidden layer', () => {
  for (const hidden of [0, 3]) {
    const [one, two] = [7, 7].map((seed) =>
      trainMember(data, { loss: bradleyTerry, l2: 0.01, seed, hidden }),
    );
    expect(one).toEqual(two);
  }
  const [one, two] = [7, 8].map((seed) =>
    trainMember(data, { loss: bradleyTerry, l2: 0.01, seed, hidden: 3 }),
  );
  expect(one?.member.hidden?.weight).not.toEqual(two?.member.hidden?.weight);
});

test('rows and differences of rows come to the same minimum', () => {
  // Fewer pairs than rows are trained on differences, more on rows.
  const twice = (values: Int32Array) => Int32Array.of(...values, ...values);
  const { left, right, target, tie, margin, weight, cluster } = pairs(60, 40);
  const once = { left, right, target, tie, margin, weight, cluster };
  const doubled = {
    left: twice(left),
    right: twice(right),
    target: Float64Array.of(...target, ...target),
    tie: Uint8Array.of(...tie, ...tie),
    margin: Float64Array.of(...margin, ...margin),
    weight: Float64Array.of(...weight, ...weight),
    cluster: [...cluster, ...cluster],
  };
  const [one, two] = [once, doubled].map((part) =>
    trainMember(
      { features: data.features, pairs: part },
      { loss: bradleyTerry, l2: 0.01, seed: 1, tolerance: 1e-9 },
    ),
  );
  expect(one?.loss).toBeCloseTo(two?.loss ?? Number.NaN, 6);
  for (const [place, weightOf] of (one?.member.weight ?? []).entries())
    expect(weightOf).toBeCloseTo(two?.member.weight[place] ?? Number.NaN, 5);
});

test('columns without spread get scale 1 and weight 0; rows that are not named do not matter', () => {
  const values = data.features.values.map((value, place) => (place % 5 === 2 ? 1000 : value));
  const extra: FeatureMatrix = {
    rows: 61,
    columns: 5,
    values: Float32Array.of(...values, 1e6, 1e6, 1e6, 1e6, Number.NaN),
  };
  for (const hidden of [0, 3]) {
    const options = { loss: bradleyTerry, l2: 0.01, seed: 1, hidden };
    const { member } = trainMember({ features: extra, pairs: data.pairs }, options);
    expect(member).toEqual(
      trainMember({ features: { ...data.features, values }, pairs: data.pairs }, options).member,
    );
    expect(member.scale[2]).toBe(1);
    const first = member.hidden?.weight ?? member.weight;
    expect(first.filter((_, place) => place % 5 === 2).every((weight) => weight === 0)).toBe(true);
    expect(first.filter((_, place) => place % 5 !== 2).every((weight) => weight !== 0)).toBe(true);
  }
});

test('regression in closed form is what the search finds', () => {
  const known = { features: data.features, scores: scores(60) };
  const trained = trainMember(known, { loss: { kind: 'regression' }, l2: 0.01, seed: 1 });
  expect(trained).toMatchObject({ converged: true, iterations: 0 });
  expect(trained.gradientNorm).toBeLessThan(1e-12);
  const { design, criterion } = prepare(known, completeLoss({ kind: 'regression' }), 0, undefined);
  const layout = layoutOf(5, 0, criterion);
  const found = minimise(new Float64Array(layout.length), objectiveOf(design, criterion, layout, 0.01), {
    maxIterations: 500,
    tolerance: 1e-10,
  });
  expect(trained.loss).toBeCloseTo(found.value, 12);
  for (const [place, weight] of trained.member.weight.entries())
    expect(weight).toBeCloseTo(found.parameters[layout.weight + place] ?? Number.NaN, 6);
});

test('objectives are trained in the order asked, and those with a hidden layer share it', () => {
  const known = { features: data.features, scores: scores(60) };
  const options = { loss: { kind: 'cross-entropy' }, l2: 0.01, seed: 1 } as const;
  const both = trainMember(known, options).member;
  const swapped = trainMember(known, { ...options, objectives: ['safety', 'helpfulness'] }).member;
  expect(swapped.weight[0]).toBeCloseTo(both.weight[5] ?? Number.NaN, 5);
  const shared = trainMember(known, { ...options, hidden: 4 }).member;
  expect([shared.hidden?.weight.length, shared.weight.length, shared.bias.length]).toEqual([20, 8, 2]);
  expect(() => trainMember(known, { ...options, objectives: ['safty'] })).toThrow(/did you mean "safety"/);
});

test('a hidden layer learns what no linear head can', () => {
  // Better is what lies near 0 in the first column.
  const matrix = features(200, 2, 9);
  const left = Int32Array.from({ length: 100 }, (_, pair) => 2 * pair);
  const right = left.map((row) => row + 1);
  const size = (row: number) => Math.abs(matrix.values[2 * row] ?? 0);
  const target = Float64Array.from(left, (row) => (size(row) < size(row + 1) ? 1 : 0));
  const all = { ...pairs(200, 100), left, right, target, tie: new Uint8Array(100) };
  const accuracy = (hidden: number) => {
    const { member } = trainMember(
      { features: matrix, pairs: all },
      { loss: bradleyTerry, l2: 1e-3, seed: 2, hidden },
    );
    const score = scoreMember(member, matrix);
    const hits = left.filter(
      (row, pair) => (score[row] ?? 0) > (score[row + 1] ?? 0) === (target[pair] === 1),
    );
    return hits.length / 100;
  };
  expect(accuracy(0)).toBeLessThan(0.75);
  expect(accuracy(8)).toBeGreaterThan(0.95);
});

test('quantiles cover their shares of the targets, and ties their share of the pairs', () => {
  const known = scores(60);
  const one = {
    ...known,
    objectives: ['all'],
    target: known.target.map((_, row) => (row * 37) % 101).subarray(0, 60),
  };
  const flat = { features: { ...data.features, values: new Float32Array(300) }, scores: one };
  const loss = { kind: 'quantile', quantiles: [0.25, 0.75], smoothing: 0 } as const;
  const { member } = trainMember(flat, { loss, l2: 0.01, seed: 1 });
  const total = one.weight.reduce((sum, share) => sum + share, 0);
  for (const [place, quantile] of loss.quantiles.entries()) {
    const below = one.weight.reduce(
      (sum, share, line) => sum + ((one.target[line] ?? 0) < (member.bias[place] ?? 0) ? share : 0),
      0,
    );
    expect(Math.abs(below / total - quantile)).toBeLessThan(0.04);
  }
  const even = { ...data, features: { ...data.features, values: new Float32Array(300) } };
  const { ties } = trainMember(even, { loss: { kind: 'davidson' }, l2: 0.01, seed: 1 });
  const { tie, weight } = data.pairs;
  const share =
    weight.reduce((sum, value, pair) => sum + (tie[pair] ?? 0) * value, 0) / weight.reduce((a, b) => a + b);
  expect((ties ?? 0) / (2 + (ties ?? 0))).toBeCloseTo(share, 6);
});

test('steps that run out are told, and the loss so far is no worse than at the beginning', () => {
  const { converged, iterations, loss } = trainMember(data, {
    loss: bradleyTerry,
    l2: 1e-4,
    seed: 1,
    maxIterations: 2,
  });
  expect({ converged, iterations }).toEqual({ converged: false, iterations: 2 });
  expect(loss).toBeLessThan(Math.log(2));
});

const options = { loss: bradleyTerry, l2: 0.01, seed: 1 } as const;
const { left, weight, target, margin } = data.pairs;
test.each<readonly [string, TrainingData, TrainOptions, RegExp]>([
  ['no pairs', { features: data.features }, options, /expected pairs, got no pairs/],
  ['more than it takes', { ...data, scores: scores(60) }, options, /expected pairs, got scores/],
  ['a penalty below 0', data, { ...options, l2: -1 }, /l2: expected 0 or more/],
  [
    'nothing that bounds robust',
    data,
    { ...options, l2: 0, loss: { kind: 'robust', flipRate: 0.1 } },
    /l2 above 0/,
  ],
  ['units', data, { ...options, hidden: 1.5 }, /hidden: expected a whole number/],
  ['two objectives', data, { ...options, objectives: ['a', 'b'] }, /one objective, got 2/],
  [
    'no ties',
    { ...data, pairs: { ...data.pairs, tie: new Uint8Array(80) } },
    { ...options, loss: { kind: 'davidson' } },
    /pass tieOdds/,
  ],
  [
    'a row',
    { ...data, pairs: { ...data.pairs, left: left.map((row, pair) => (pair === 3 ? 60 : row)) } },
    options,
    /pairs.left\[3\]: expected a row below 60, got 60/,
  ],
  [
    'a target',
    { ...data, pairs: { ...data.pairs, target: target.map(() => 2) } },
    options,
    /pairs.target\[0\]: .* got 2/,
  ],
  [
    'a margin',
    { ...data, pairs: { ...data.pairs, margin: margin.map(() => -1) } },
    options,
    /pairs.margin\[0\]/,
  ],
  [
    'no weight',
    { ...data, pairs: { ...data.pairs, weight: weight.map(() => 0) } },
    options,
    /a weight above 0, got none/,
  ],
  [
    'lengths',
    { ...data, pairs: { ...data.pairs, weight: weight.subarray(1) } },
    options,
    /pairs.weight: expected 80 entries, got 79/,
  ],
  [
    'a matrix',
    { ...data, features: { ...data.features, columns: 4 } },
    options,
    /expected 60 × 4 numbers, got 300/,
  ],
  [
    'a feature',
    {
      ...data,
      features: {
        ...data.features,
        values: data.features.values.map((value, place) =>
          place === 5 * (left[0] ?? 0) + 2 ? Number.NaN : value,
        ),
      },
    },
    options,
    /got NaN in row \d+/,
  ],
  [
    'an order',
    { features: data.features, rankings: { ...rankings(60, 1), orders: [Int32Array.of(1, 1)] } },
    { ...options, loss: { kind: 'plackett-luce' } },
    /each once, got 1, 1/,
  ],
  [
    'a probability',
    { features: data.features, scores: { ...scores(60), target: new Float64Array(120).fill(1.5) } },
    { ...options, loss: { kind: 'cross-entropy' } },
    /a number from 0 to 1, or NaN, got 1.5/,
  ],
  [
    'nothing known',
    { features: data.features, scores: { ...scores(60), target: new Float64Array(120).fill(Number.NaN) } },
    { ...options, loss: { kind: 'regression' } },
    /a target of "helpfulness", got none/,
  ],
])('what cannot be trained on is told: %s', (_, wrong, given, message) => {
  expect(() => trainMember(wrong, given)).toThrow(message);
});
