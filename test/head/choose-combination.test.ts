import { expect, test } from 'vitest';
import { createRandom } from '../../src/aggregate/random.ts';
import { chooseCombination } from '../../src/head/choose-combination.ts';
import { objectiveWeights } from '../../src/head/combination.ts';
import { matrixOf } from './uncertainty-golden.ts';

/** Two pairs a prompt; the objective that counts is the first where the state's first number is above 0, or always `mixed`. */
function drawPairs(seed: number, prompts: number, depends: boolean) {
  const random = createRandom(seed);
  const states = Array.from({ length: prompts }, () => Array.from({ length: 6 }, random.normal));
  const rows = states.flatMap((state, prompt) =>
    [0, 1].map(() => {
      const differences = [random.normal(), random.normal()];
      const [first, second] = [differences[0] ?? 0, differences[1] ?? 0];
      const delta = depends ? ((state[0] ?? 0) > 0 ? first : second) : 0.6 * first + 0.4 * second;
      return { prompt, differences, target: random.uniform() < 1 / (1 + Math.exp(-2 * delta)) ? 1 : 0 };
    }),
  );
  const pairs = {
    objectives: ['helpfulness', 'harmlessness'],
    differences: Float64Array.from(rows.flatMap(({ differences }) => differences)),
    target: Float64Array.from(rows, ({ target }) => target),
    weight: new Float64Array(rows.length).fill(0.5),
    cluster: rows.map(({ prompt }) => `prompt ${prompt}`),
    length: null,
    prompt: Int32Array.from(rows, ({ prompt }) => prompt),
  };
  return { pairs, states: matrixOf(states) };
}

test('where the objective that counts depends on the prompt, the gate is kept, and says by how much', () => {
  const { pairs, states } = drawPairs(1, 250, true);
  const choice = chooseCombination(pairs, states, { resamples: 300 });
  expect(choice.kept).toBe('gate');
  expect(choice.gain.low).toBeGreaterThan(0.02);
  expect(choice.gain.estimate).toBeCloseTo(
    (choice.heldOut.constants.estimate ?? 0) - (choice.heldOut.gate.estimate ?? 0),
    12,
  );
  expect(choice.heldOut.constants.estimate).toBeLessThan(Math.LN2);
  expect(choice.reason).toMatch(
    /^gate kept: it gains 0\.\d{4} nats a held-out pair \(95 %: 0\.\d{4} to 0\.\d{4}\)$/,
  );
  const { combination } = choice.gate;
  expect(objectiveWeights(combination, [2, 0, 0, 0, 0, 0])[0]).toBeGreaterThan(0.7);
  expect(objectiveWeights(combination, [-2, 0, 0, 0, 0, 0])[0]).toBeLessThan(0.3);
});

test('where it does not, constants are kept with the figures of both', () => {
  const { pairs, states } = drawPairs(2, 250, false);
  const choice = chooseCombination(pairs, states, { resamples: 300 });
  expect(choice.kept).toBe('constants');
  expect(choice.gain.estimate).toBeLessThan(0.005);
  expect(choice.heldOut.gate.n).toBe(500);
  expect(choice.heldOut.gate.clusters).toBe(250);
  expect(choice.reason).toMatch(/^constants kept: the gate gains -?0\.\d{4} nats/);
  expect(choice.constants.combination.weights[0]).toBeCloseTo(0.6, 1);
});

test('of data without a difference a gate is hardly ever kept: the choice is a test at 2.5 %', () => {
  const kept = Array.from({ length: 20 }, (_, seed) => {
    const { pairs, states } = drawPairs(100 + seed, 60, false);
    return chooseCombination(pairs, states, { resamples: 200, ridges: [0.1] }).kept;
  }).filter((one) => one === 'gate');
  expect(kept.length).toBeLessThanOrEqual(2);
});

test('too few prompts to hold out, and no ridge, are errors', () => {
  const { pairs, states } = drawPairs(3, 1, false);
  expect(() => chooseCombination(pairs, states)).toThrow('expected prompts in at least 3 of 5 folds, got 1');
  const more = drawPairs(3, 30, false);
  expect(() => chooseCombination(more.pairs, more.states, { ridges: [] })).toThrow(
    'expected ridges above 0, got none',
  );
});
