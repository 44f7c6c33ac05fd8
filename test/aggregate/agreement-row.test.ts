import { expect, test } from 'vitest';
import { agreementRow } from '../../src/aggregate/agreement-row.ts';
import { Verdict } from '../../src/schema.ts';

const pair: Verdict = Verdict.parse({
  sampleId: 's1',
  rubricId: 'better-answer',
  mode: 'pairwise',
  responseIds: ['alpha', 'beta'],
  score: 0.2,
  winner: 'beta',
  probability: 0.8,
  standardError: null,
  perCriterion: { better: { score: 0.2, decided: 2, total: 2 } },
  perObjective: { quality: 0.2 },
  flipped: true,
  positionLean: 0.4,
  disagreement: null,
  unscored: ['engine'],
  label: 'alpha',
  judgments: [],
});
const point: Verdict = {
  ...pair,
  mode: 'pointwise',
  responseIds: ['alpha'],
  score: 0.7,
  winner: null,
  flipped: null,
  positionLean: null,
  unscored: [],
  perCriterion: { help: { score: 0.9, decided: 1, total: 1 }, truth: { score: null, decided: 0, total: 1 } },
};

test('a pairwise verdict becomes a row that names places instead of responses', () => {
  expect(agreementRow(pair, { lengths: [10, 20] })).toEqual({
    cluster: 's1',
    label: 'first',
    score: 0.2,
    winner: 'second',
    lean: 0.4,
    flipped: true,
    lengths: [10, 20],
    unscored: ['engine'],
  });
  const options = { lengths: [1, 2], label: 'tie', cluster: 'prompt', group: 'chat' };
  expect(agreementRow({ ...pair, winner: 'tie' }, options)).toMatchObject({
    label: 'tie',
    winner: 'tie',
    cluster: 'prompt',
    group: 'chat',
  });
  const { label: _, ...unlabelled } = pair;
  expect(agreementRow({ ...unlabelled, score: null, winner: null }, { lengths: [1, 2] })).toMatchObject({
    label: null,
    score: null,
    winner: null,
  });
  expect(
    agreementRow({ ...pair, responseIds: ['tie', 'beta'], winner: 'tie' }, { lengths: [1, 2], label: 'tie' }),
  ).toMatchObject({ label: 'first', winner: 'first' });
});

test('a label that names no response is an error that says what is legal', () => {
  expect(() => agreementRow(pair, { lengths: [1, 2], label: 'alhpa' })).toThrow(
    'label of sample "s1": expected one of "alpha", "beta", "tie", got "alhpa" (did you mean "alpha"?)',
  );
  expect(() => agreementRow(pair, { lengths: [1, 2], label: 1 })).toThrow('got 1');
  expect(() => agreementRow(pair, { lengths: [1, 2], label: { better: 1 } })).toThrow('got {"better":1}');
  expect(() => agreementRow({ ...pair, winner: null }, { lengths: [1, 2] })).toThrow(
    'expected a winner of the pair, got null',
  );
  expect(() => agreementRow(point, { lengths: [1], label: 'good' })).toThrow(
    'label of sample "s1": expected a number, got "good"',
  );
});

test('one criterion is compared with its own label', () => {
  const label = { help: 4, truth: 2 };
  expect(agreementRow(point, { lengths: [9], label: 3 })).toMatchObject({
    label: 3,
    score: 0.7,
    winner: null,
  });
  expect(agreementRow(point, { lengths: [9], label })).toMatchObject({ label: null, score: 0.7 });
  expect(agreementRow(point, { lengths: [9], label, criterion: 'help' })).toMatchObject({
    label: 4,
    score: 0.9,
  });
  expect(agreementRow(point, { lengths: [9], label, criterion: 'truth' })).toMatchObject({
    label: 2,
    score: null,
  });
  expect(agreementRow(pair, { lengths: [1, 2], criterion: 'better' })).toMatchObject({
    winner: 'second',
    lean: null,
    flipped: null,
  });
  expect(() => agreementRow(point, { lengths: [9], criterion: 'hepl' })).toThrow(
    'got "hepl" (did you mean "help"?)',
  );
});

test('of a label of steps, a pointwise verdict has the final answer', () => {
  const lengths = [10];
  expect(agreementRow(point, { lengths, label: { steps: [1, 0], outcome: 0 } }).label).toBe(0);
  expect(agreementRow(point, { lengths, label: { steps: [1, 0] } }).label).toBeNull();
});
