import fc from 'fast-check';
import { expect, test } from 'vitest';
import { spearman } from '../../src/aggregate/correlation.ts';
import { createRandom } from '../../src/aggregate/random.ts';
import { estimate } from '../../src/aggregate/statistic.ts';
import { combineScores, fitLengthScale, standardLength } from '../../src/head/combination.ts';
import { type CombinationProblem, combinationLoss } from '../../src/head/combination-loss.ts';
import {
  combinedDifferences,
  fitCombination,
  type ObjectivePairs,
  pairLosses,
} from '../../src/head/fit-combination.ts';
import { lengthSlope } from '../../src/head/length.ts';
import { golden, matrixOf } from './uncertainty-golden.ts';

const { gate } = golden;
const problem: CombinationProblem = {
  objectives: 3,
  differences: Float64Array.from(gate.differences.flat()),
  target: Float64Array.from(gate.target),
  weight: Float64Array.from(gate.weight),
  length: Float64Array.from(gate.length),
  states: matrixOf(gate.states),
  prompt: Int32Array.from(gate.prompt),
  unit: gate.unit,
  ridge: gate.ridge,
  lengthPenalty: gate.penalty,
};

test('loss and gradient of a gate, and of constants, are those of torch', () => {
  for (const [own, expected] of [
    [problem, gate.gate],
    [{ ...problem, states: null }, gate.constants],
  ] as const) {
    const parameters = Float64Array.from(gate.parameters.slice(0, expected.gradient.length));
    const gradient = new Float64Array(parameters.length).fill(7);
    expect(combinationLoss(own, parameters, gradient)).toBeCloseTo(expected.value, 12);
    for (const [place, value] of gradient.entries())
      expect(value).toBeCloseTo(expected.gradient[place] ?? Number.NaN, 12);
  }
});

test('the gradient is that of finite differences, at any parameters', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 16, maxLength: 16 }),
      (values) => {
        const parameters = Float64Array.from(values);
        const [gradient, unused] = [new Float64Array(16), new Float64Array(16)];
        combinationLoss(problem, parameters, gradient);
        for (const [place, value] of gradient.entries()) {
          const moved = [1, -1].map((side) => {
            const at = parameters.slice();
            at[place] = (at[place] ?? 0) + side * 1e-5;
            return combinationLoss(problem, at, unused);
          });
          expect(((moved[0] ?? 0) - (moved[1] ?? 0)) / 2e-5).toBeCloseTo(value, 6);
        }
      },
    ),
    { numRuns: 30 },
  );
});

function pairsOf(
  differences: readonly number[][],
  target: readonly number[],
  parts: Partial<ObjectivePairs> = {},
): ObjectivePairs {
  return {
    objectives: (differences[0] ?? []).map((_, k) => `objective ${k}`),
    differences: Float64Array.from(differences.flat()),
    target: Float64Array.from(target),
    weight: new Float64Array(target.length).fill(1),
    cluster: target.map((_, pair) => `prompt ${pair}`),
    length: null,
    prompt: null,
    ...parts,
  };
}

test('constants are the non-negative optimum of SLSQP: what misleads gets nothing', () => {
  const { differences, target, weights, scale, loss } = golden.constants;
  const pairs = pairsOf(differences, target);
  const { combination, converged, lengthCorrelation } = fitCombination(pairs, null);
  expect(converged).toBe(true);
  expect(lengthCorrelation).toBeNull();
  expect(combination.weights.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
  for (const [k, weight] of combination.weights.entries())
    expect(weight).toBeCloseTo(weights[k] ?? Number.NaN, 2);
  expect(weights[2]).toBeCloseTo(0, 6);
  expect(combination.weights[2]).toBeLessThan(0.01);
  expect(combination.scale / scale).toBeCloseTo(1, 2);
  const own = pairLosses(combinedDifferences(combination, pairs, null), target);
  expect(own.reduce((sum, value) => sum + value, 0) / own.length).toBeCloseTo(loss, 4);
});

const columns = fc.array(fc.tuple(fc.integer({ min: -40, max: 40 }), fc.integer({ min: -9, max: 9 })), {
  minLength: 3,
  maxLength: 40,
});

test('the correlation with length never rises with what is taken off, so that bisection finds the nearest λ', () => {
  fc.assert(
    fc.property(columns, (rows) => {
      const [scores, lengths] = [rows.map(([score]) => score), rows.map(([, length]) => length)];
      const at = (slope: number) =>
        estimate(
          spearman(
            scores.map((score, row) => score - slope * (lengths[row] ?? 0)),
            lengths,
          ),
        ).value;
      const found = [-3.1, -1.03, -0.51, 0, 0.51, 1.03, 3.1].map(at);
      for (const [place, value] of found.entries())
        if (place > 0 && value !== null)
          expect(value).toBeLessThanOrEqual((found[place - 1] ?? value) + 1e-9);
      const { slope, before, after } = lengthSlope(scores, lengths);
      expect(before).toBe(at(0));
      if (Math.abs(slope) > 1e-6) {
        expect(Math.abs(after ?? 0)).toBeLessThan(Math.abs(before ?? 0) + 1e-9);
        expect(Math.abs(at(0.999 * slope) ?? 1)).toBeGreaterThan(0.03);
      }
      if (Math.abs(before ?? 0) <= 0.03) expect(slope).toBe(0);
    }),
  );
});

/** Two objectives, the first of which likes length, and pairs by the first's quality alone. */
function lengthy(count: number, seed: number, second = 0.2) {
  const random = createRandom(seed);
  const rows = Array.from({ length: count }, () => {
    const [quality, length, other] = [random.normal(), random.normal(), random.normal()];
    const left = random.uniform() < 1 / (1 + Math.exp(-1.5 * quality - 0.8 * length));
    return { differences: [quality + 0.9 * length, other + second * length], length, target: left ? 1 : 0 };
  });
  return pairsOf(
    rows.map(({ differences }) => differences),
    rows.map(({ target }) => target),
    { length: Float64Array.from(rows, ({ length }) => length) },
  );
}

const lengthScale = { mean: 4, deviation: 0.7 };
const rho = (served: ArrayLike<number>, length: ArrayLike<number>) =>
  estimate(
    spearman(
      [...Array.from(served), ...Array.from(served, (value) => -value)],
      [...Array.from(length), ...Array.from(length, (value) => -value)],
    ),
  ).value;

test('what is served, not only each objective, has at most 0.03 to do with length; untreated it has much', () => {
  const pairs = lengthy(800, 5);
  const raw = fitCombination(pairs, null, { lengthLimit: null });
  expect(raw.lengthCorrelation).toBeGreaterThan(0.4);
  expect(raw.combination.length).toBeNull();
  const { combination, objectives, lengthCorrelation } = fitCombination(pairs, null, { lengthScale });
  for (const own of objectives ?? []) expect(Math.abs(own.after ?? 1)).toBeLessThanOrEqual(0.03);
  expect(objectives?.[0]?.before).toBeGreaterThan(0.5);
  const served = combinedDifferences(combination, pairs, null);
  const own = rho(served, pairs.length ?? []);
  expect(Math.abs(own ?? 1)).toBeLessThanOrEqual(0.03);
  expect(own).toBeCloseTo(lengthCorrelation ?? Number.NaN, 9);
  expect(combination.length).toEqual(lengthScale);
});

test('training with the lengths taken off is another optimum than taking them off afterwards, and the better of the two', () => {
  const pairs = lengthy(800, 6);
  const { combination } = fitCombination(pairs, null, { lengthScale });
  const raw = fitCombination(pairs, null, { lengthLimit: null }).combination;
  // ArmoRM's fault: weights for the reward as it was, served with the correction.
  const mismatched = { ...raw, lengthSlopes: combination.lengthSlopes, length: lengthScale };
  const loss = (one: typeof combination) => {
    const losses = pairLosses(combinedDifferences(one, pairs, null), pairs.target);
    return losses.reduce((sum, value) => sum + value, 0) / losses.length;
  };
  expect(loss(mismatched)).toBeGreaterThan(loss(combination) + 1e-4);
});

test('a penalty alone also takes the correlation down, the more the larger it is', () => {
  const pairs = lengthy(500, 7, -0.9);
  const found = [0, 0.5, 5].map((lengthPenalty) =>
    Math.abs(fitCombination(pairs, null, { lengthPenalty, lengthLimit: null }).lengthCorrelation ?? 1),
  );
  expect(found[1]).toBeLessThan((found[0] ?? 0) - 0.02);
  expect(found[2]).toBeLessThan((found[1] ?? 0) - 0.02);
});

test('differences of served scores are the served differences that were trained', () => {
  const random = createRandom(9);
  const scale = fitLengthScale([10, 40, 200, 1000]);
  const count = 60;
  const states = matrixOf(Array.from({ length: count }, () => [random.normal(), random.normal()]));
  const answers = Array.from({ length: count }, () => ({
    scores: Float64Array.from({ length: 4 }, random.normal),
    lengths: [10 + random.below(500), 10 + random.below(500)],
  }));
  const pairs = pairsOf(
    answers.map(({ scores }) => [(scores[0] ?? 0) - (scores[2] ?? 0), (scores[1] ?? 0) - (scores[3] ?? 0)]),
    answers.map(() => random.below(2)),
    {
      prompt: Int32Array.from(answers.keys()),
      length: Float64Array.from(answers, ({ lengths }) => {
        return standardLength(scale, lengths[0] ?? 0) - standardLength(scale, lengths[1] ?? 0);
      }),
    },
  );
  const { combination } = fitCombination(pairs, states, { lengthScale: scale });
  expect(combination.length).not.toBeNull();
  const served = combinedDifferences(combination, pairs, states);
  for (const [pair, { scores, lengths }] of answers.entries()) {
    const prompt = states.values.subarray(2 * pair, 2 * pair + 2);
    const [left, right] = combineScores(combination, scores, { prompt, lengths });
    expect((left ?? 0) - (right ?? 0)).toBeCloseTo(served[pair] ?? Number.NaN, 9);
  }
});

test('lengths that do not differ are 0 in standard units, and bad data are errors', () => {
  const scale = fitLengthScale([7, 7, 7]);
  expect(standardLength(scale, 7)).toBeCloseTo(0, 12);
  expect(() => standardLength(scale, -1)).toThrow('expected a length of 0 or more, got -1');
  const pairs = pairsOf([[1], [2]], [1, 0]);
  expect(() => fitCombination(pairs, null, { lengthPenalty: 1 })).toThrow('expected lengths of the answers');
  expect(() => fitCombination({ ...pairs, length: Float64Array.of(1, 2) }, null)).toThrow(
    'expected the scale of the lengths',
  );
  expect(() => fitCombination(pairs, matrixOf([[1]]))).toThrow("expected the row of each pair's prompt");
  expect(() => fitCombination({ ...pairs, prompt: Int32Array.of(0, 1) }, matrixOf([[1]]))).toThrow(
    'pair 2: expected a state below 1, got 1',
  );
  expect(() => fitCombination(pairsOf([[0], [0]], [1, 0]), null)).toThrow('differences of 0 alone');
  expect(() => combineScores(fitCombination(pairs, null).combination, new Float64Array(0))).not.toThrow();
});
