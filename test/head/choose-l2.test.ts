import { expect, test } from 'vitest';
import { logistic } from '../../src/aggregate/logits.ts';
import { createRandom } from '../../src/aggregate/random.ts';
import { chooseL2 } from '../../src/head/choose-l2.ts';
import type { PairData } from '../../src/head/data.ts';
import { heldOutLosses } from '../../src/head/held-out.ts';
import type { HeadLoss } from '../../src/head/losses.ts';
import { choosePairs } from '../../src/head/problem.ts';
import { trainMember } from '../../src/head/train.ts';
import { features, pairs, rankings, scores } from './train-cases.ts';

const rows = 80;
const matrix = features(rows, 6);

/** Pairs whose targets follow a head of this strength on the first column; prompts of four pairs. */
function simulated(strength: number): PairData {
  const random = createRandom(5);
  const drawn = pairs(rows, 120);
  const column = (row: number) => matrix.values[row * 6] ?? 0;
  return {
    ...drawn,
    tie: new Uint8Array(120),
    target: Float64Array.from(drawn.left, (left, pair) =>
      random.uniform() < logistic(strength * (column(left) - column(drawn.right[pair] ?? 0))) ? 1 : 0,
    ),
    cluster: Array.from(drawn.left, (_, pair) => `prompt-${pair % 30}`),
  };
}

test('the curve is that of training on all prompts but the held-out ones', () => {
  const data = { features: matrix, pairs: simulated(1) };
  const { curve } = chooseL2(data, { loss: { kind: 'bradley-terry' }, seed: 3, grid: [0.01, 1], folds: 30 });
  expect(curve.map(({ l2 }) => l2)).toEqual([1, 0.01]);
  for (const { l2, loss, converged } of curve) {
    expect(converged).toBe(true);
    let [sum, total] = [0, 0];
    for (const prompt of new Set(data.pairs.cluster)) {
      const side = (held: boolean) =>
        choosePairs(data.pairs, (pair) => (data.pairs.cluster[pair] === prompt) === held);
      const options = { loss: { kind: 'bradley-terry' }, l2, seed: 3 } as const;
      const trained = trainMember({ features: matrix, pairs: side(false) }, options);
      for (const entry of heldOutLosses(trained, { features: matrix, pairs: side(true) }, options.loss)) {
        sum += entry.weight * entry.loss;
        total += entry.weight;
      }
    }
    expect(loss).toBeCloseTo(sum / total, 5);
  }
});

test('noise is shrunk away, signal is kept; one standard error never chooses less', () => {
  const chosen = (strength: number, rule?: 'best' | 'one-standard-error') =>
    chooseL2(
      { features: matrix, pairs: simulated(strength) },
      { loss: { kind: 'bradley-terry' }, seed: 3, ...(rule && { rule }) },
    ).l2;
  expect(chosen(0)).toBeGreaterThan(chosen(2));
  expect(chosen(2)).toBeLessThan(0.1);
  for (const strength of [0, 1, 2])
    expect(chosen(strength, 'one-standard-error')).toBeGreaterThanOrEqual(chosen(strength));
});

test.each<readonly [HeadLoss, object]>([
  [{ kind: 'plackett-luce' }, { rankings: rankings(rows, 40) }],
  [{ kind: 'davidson' }, { pairs: pairs(rows, 80) }],
  [{ kind: 'robust', flipRate: 0.1 }, { pairs: pairs(rows, 80) }],
  [{ kind: 'margin', power: 2 }, { pairs: pairs(rows, 80) }],
  [{ kind: 'regression' }, { scores: scores(rows) }],
  [{ kind: 'cross-entropy' }, { scores: scores(rows) }],
  [{ kind: 'quantile', quantiles: [0.2, 0.8], smoothing: 0.2 }, { scores: scores(rows) }],
])('every loss has a curve of finite held-out losses: %j', (loss, part) => {
  const { curve } = chooseL2({ features: matrix, ...part }, { loss, seed: 1, grid: [1, 0.01], folds: 3 });
  for (const point of curve) {
    expect(Number.isFinite(point.loss)).toBe(true);
    expect(point.standardError).toBeGreaterThan(0);
    expect(point.converged).toBe(true);
  }
});

test('faults are told', () => {
  const data = { features: matrix, pairs: simulated(1) };
  const options = { loss: { kind: 'bradley-terry' }, seed: 1 } as const;
  expect(() => chooseL2(data, { ...options, folds: 31 })).toThrow(/as many prompts as folds \(31\)/);
  expect(() => chooseL2(data, { ...options, grid: [0] })).toThrow(/above 0/);
  expect(() => chooseL2(data, { ...options, rule: 'least' as 'best' })).toThrow(/expected a rule/);
});
