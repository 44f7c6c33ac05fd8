import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandom } from '../../src/aggregate/random.ts';
import type { ObjectiveCombination } from '../../src/head/combination.ts';
import { fitFeatureRange } from '../../src/head/distance.ts';
import type { HeadMember } from '../../src/head/head.ts';
import { fitLaplace } from '../../src/head/laplace.ts';
import { groupOpinion, type HeadBelief, pairOpinion } from '../../src/head/opinion.ts';
import { golden, matrixOf, pairsOf } from './uncertainty-golden.ts';

const size = 3;
const linear = (weight: readonly number[], bias: readonly number[] = [0]): HeadMember => ({
  inputs: size,
  mean: new Float32Array(size),
  scale: new Float32Array(size).fill(1),
  hidden: null,
  weight: Float32Array.from(weight),
  bias: Float32Array.from(bias),
});
const plain: HeadBelief = {
  members: [linear([1, 2, 0])],
  combination: null,
  posterior: null,
  calibration: null,
  conformal: null,
  range: null,
};
const answers = matrixOf([
  [1, 0, 0],
  [0, 1, 0],
  [2, 0, 5],
]);

test('of a single member nothing is known but the difference', () => {
  expect(groupOpinion(plain, answers).pair(0, 1)).toEqual({
    difference: -1,
    probability: 1 / (1 + Math.E),
    logOdds: -1,
    deviation: null,
    memberDeviation: null,
    abstain: false,
    distance: null,
  });
  expect(groupOpinion(plain, answers).order).toEqual([1, 2, 0]);
  // The last two score the same.
  expect(groupOpinion(plain, answers).pair(1, 2)).toMatchObject({
    difference: 0,
    probability: 0.5,
    abstain: true,
  });
});

test('a pair is the same opinion by itself and in a group, and turned round its mirror', () => {
  const belief = { ...plain, members: [linear([1, 2, 0.3]), linear([0.5, 1, 0.1], [7]), linear([1, 1, 1])] };
  const alone = pairOpinion(
    belief,
    matrixOf([
      [0, 1, 0],
      [2, 0, 5],
    ]),
  );
  const { pair } = groupOpinion(belief, answers);
  expect(pair(1, 2)).toEqual(alone);
  expect(pair(2, 1).difference).toBe(-alone.difference);
  expect(pair(2, 1).probability).toBeCloseTo(1 - alone.probability, 12);
  expect(pair(2, 1).deviation).toBe(alone.deviation);
});

test('members that differ make a probability less sure, those that differ by a shift alone do not', () => {
  const shifted = { ...plain, members: [linear([1, 2, 0]), linear([1, 2, 0], [50])] };
  expect(groupOpinion(shifted, answers).pair(0, 1)).toMatchObject({ deviation: 0, logOdds: -1 });
  const torn = { ...plain, members: [linear([1, 5, 0]), linear([1, -1, 0])] };
  const { difference, deviation, logOdds } = groupOpinion(torn, answers).pair(0, 1);
  expect(difference).toBe(-1);
  expect(deviation).toBeCloseTo(6 / Math.SQRT2, 12);
  expect(logOdds).toBeCloseTo(-1 / Math.sqrt(1 + (Math.PI / 8) * 18), 12);
});

test('a posterior, a temperature, a threshold and a range each do their part, as their own functions do', () => {
  const { laplace } = golden;
  const features = matrixOf(laplace.features);
  const total = laplace.weight.reduce((sum, weight) => sum + weight, 0);
  const member: HeadMember = {
    ...linear([]),
    inputs: features.columns,
    mean: Float32Array.from(laplace.mean),
    scale: Float32Array.from(laplace.scale),
    weight: Float32Array.of(1, -1, 0.5, 0, 0, 0.2, 0.1),
  };
  const belief: HeadBelief = {
    ...plain,
    members: [member],
    posterior: fitLaplace(
      features,
      pairsOf(laplace.left, laplace.right, laplace),
      laplace.differences,
      member,
      {
        l2: laplace.ridge / total,
      },
    ),
    calibration: { slope: 0.5, intercept: 0 },
    range: fitFeatureRange(
      features,
      laplace.features.map((_, row) => `${row}`),
    ),
  };
  const tested = matrixOf(laplace.tested);
  const opinion = pairOpinion(belief, tested);
  expect(opinion.deviation).toBeCloseTo(laplace.deviation, 5);
  expect(opinion.logOdds).toBeCloseTo(
    opinion.difference / Math.sqrt(1 + (Math.PI * laplace.deviation ** 2) / 8),
    5,
  );
  expect(Math.log(opinion.probability / (1 - opinion.probability))).toBeCloseTo(0.5 * opinion.logOdds, 9);
  const group = groupOpinion(belief, tested);
  expect(group.answers.map(({ deviation }) => deviation)).toEqual([
    expect.closeTo(laplace.answers[0] ?? 0, 5),
    expect.closeTo(laplace.answers[1] ?? 0, 5),
  ]);
  const distances = group.answers.map(({ distance }) => distance?.distance ?? 0);
  expect(opinion.distance?.distance).toBe(Math.max(...distances));
  const sure = Math.max(opinion.probability, 1 - opinion.probability);
  expect(pairOpinion({ ...belief, conformal: { threshold: sure } }, tested).abstain).toBe(true);
  expect(pairOpinion({ ...belief, conformal: { threshold: sure - 1e-9 } }, tested).abstain).toBe(false);
});

const combination: ObjectiveCombination = {
  objectives: ['quality', 'brevity'],
  scale: 2,
  weights: Float64Array.of(0.25, 0.75),
  gate: null,
  lengthSlopes: Float64Array.of(0.1, 0.5),
  length: { mean: 2, deviation: 0.5 },
};

test('objectives are combined in each member, lengths taken off', () => {
  const belief = { ...plain, members: [linear([1, 0, 0, 0, 1, 0], [0, 3])], combination };
  const lengths = [9, 99, 99];
  const { answers: found } = groupOpinion(belief, answers, { lengths });
  for (const [place, length] of lengths.entries()) {
    const [quality, brevity] = [answers.values[3 * place] ?? 0, (answers.values[3 * place + 1] ?? 0) + 3];
    const standard = (Math.log1p(length) - 2) / 0.5;
    const expected = 2 * (0.25 * (quality - 0.1 * standard) + 0.75 * (brevity - 0.5 * standard));
    expect(found[place]?.score).toBeCloseTo(expected, 9);
  }
  expect(() => groupOpinion(belief, answers)).toThrow('expected the lengths of the answers, got none');
});

test("a gate weighs objectives by the prompt's state", () => {
  const gate = {
    inputs: 2,
    mean: Float32Array.of(1, 0),
    scale: Float32Array.of(2, 1),
    weight: Float32Array.of(1, 0, 0, 3),
    bias: Float32Array.of(0.5, 0),
  };
  const belief = {
    ...plain,
    members: [linear([1, 0, 0, 0, 1, 0], [0, 0])],
    combination: { ...combination, scale: 1, gate, lengthSlopes: Float64Array.of(0, 0), length: null },
  };
  // Logits (1 · (3 − 1)/2 + 0.5, 3 · 1).
  const weight = 1 / (1 + Math.exp(3 - 1.5));
  expect(groupOpinion(belief, answers, { prompt: [3, 1] }).pair(0, 1).difference).toBeCloseTo(
    weight - (1 - weight),
    7,
  );
  expect(() => groupOpinion(belief, answers)).toThrow("expected a prompt's state of 2 numbers, got none");
  expect(() => groupOpinion(belief, answers, { prompt: [1] })).toThrow('got 1');
});

test('the cautious score is the reducer that was asked for, and never above the mean in the worst case', () => {
  fc.assert(
    fc.property(fc.nat(1000), (seed) => {
      const random = createRandom(seed);
      const members = Array.from({ length: 3 }, () => linear(Array.from({ length: size }, random.normal)));
      const belief = { ...plain, members };
      const { answers: found } = groupOpinion(belief, answers, { reducer: { kind: 'worst-case' } });
      for (const { score, cautious } of found) expect(cautious).toBeLessThanOrEqual(score + 1e-9);
      expect(groupOpinion(belief, answers).answers.map(({ cautious }) => cautious)).toEqual(
        groupOpinion(belief, answers).answers.map(({ score }) => score),
      );
    }),
  );
});

test('what does not fit together is an error', () => {
  expect(() => groupOpinion({ ...plain, members: [] }, answers)).toThrow('at least one member, got none');
  expect(() => groupOpinion(plain, matrixOf([[1, 2]]))).toThrow('expected features of 3 numbers, got 2');
  expect(() => groupOpinion({ ...plain, members: [linear([1, 0, 0, 0, 1, 0], [0, 0])] }, answers)).toThrow(
    'member 1: expected 1 objectives, got 2',
  );
  expect(() => groupOpinion({ ...plain, calibration: { slope: 1, intercept: 0.2 } }, answers)).toThrow(
    'without an intercept',
  );
  expect(() => pairOpinion(plain, answers)).toThrow('expected two answers, got 3');
  expect(() => groupOpinion(plain, answers).pair(0, 3)).toThrow('expected an answer from 0 to 2, got 3');
});
