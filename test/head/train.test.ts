import { expect, test } from 'vitest';
import { scoreMember } from '../../src/head/head.ts';
import { trainMember } from '../../src/head/train.ts';
import { features, pairs, scores } from './train-cases.ts';

test('Bradley-Terry: converges, and places the bias so that the weighted mean training score is 0', () => {
  const data = { features: features(60, 5), pairs: pairs(60, 80) };
  const trained = trainMember(data, { loss: { kind: 'bradley-terry' }, l2: 0.01, seed: 1 });
  expect(trained).toMatchObject({ converged: true });
  expect(trained.gradientNorm).toBeLessThanOrEqual(1e-6);
  const score = scoreMember(trained.member, data.features);
  const { left, right, weight } = data.pairs;
  const mean = weight.reduce(
    (sum, share, pair) => sum + share * ((score[left[pair] ?? 0] ?? 0) + (score[right[pair] ?? 0] ?? 0)),
    0,
  );
  expect(Math.abs(mean)).toBeLessThan(1e-4);
});

test('the same seed gives the same bytes', () => {
  const data = { features: features(60, 5), pairs: pairs(60, 80) };
  for (const hidden of [0, 3]) {
    const [one, two] = [7, 7].map((seed) =>
      trainMember(data, { loss: { kind: 'bradley-terry' }, l2: 0.01, seed, hidden }),
    );
    expect(one).toEqual(two);
  }
});

test('regression in closed form: the gradient vanishes under every objective', () => {
  const trained = trainMember(
    { features: features(60, 5), scores: scores(60) },
    { loss: { kind: 'regression' }, l2: 0.01, seed: 1 },
  );
  expect(trained).toMatchObject({ converged: true, iterations: 0 });
  expect(trained.gradientNorm).toBeLessThan(1e-12);
});
