import { expect, test } from 'vitest';
import { parseRubric } from '../../src/rubric.ts';
import type { Label } from '../../src/schema.ts';
import { readLabels } from '../../src/suite/labels.ts';

function rubric(...scales: string[]) {
  const criteria = scales.map((scale, index) => `{ id: c${index}, description: Is it?, scale: ${scale} }`);
  const text = `{ id: mine, version: "1", mode: pointwise, description: d, prompt: pointwise, criteria: [${criteria}] }`;
  return parseRubric(text, 'mine.yaml').rubric;
}
const level = '{ kind: integer, min: 1, max: 5 }';
const word = '{ kind: choice, choices: { good: 1, fair: 0.5, bad: 0 } }';

const answers = (labels: (Label | undefined)[]) =>
  labels.map((label) => ({ mode: 'pointwise' as const, responseIds: ['r'], label }));

test('numbers from 0 to 1 are taken as they are, and as levels of the shared scale where one is not', () => {
  expect(readLabels(answers([0, 0.5, 1, undefined]), rubric(level))).toEqual({
    labels: [0, 0.5, 1, undefined],
    unread: 0,
  });
  expect(readLabels(answers([1, 3, 5]), rubric(level, level))).toEqual({ labels: [0, 0.5, 1], unread: 0 });
  expect(readLabels(answers([1, 7]), rubric(level))).toEqual({ labels: [0, undefined], unread: 1 });
  expect(readLabels(answers([1]), rubric(level))).toEqual({ labels: [1], unread: 0 });
  expect(readLabels(answers([1]), rubric(level), { levels: true })).toEqual({ labels: [0], unread: 0 });
  // Words have their scores whatever numbers stand beside them.
  expect(readLabels(answers(['5', '1', 5]), rubric(level))).toEqual({ labels: [1, 0, 1], unread: 0 });
  expect(readLabels(answers([1, 3]), rubric(level, word))).toEqual({
    labels: [undefined, undefined],
    unread: 2,
  });
});

test('words are scores of an only criterion, steps count by the least probable, scores by criterion say nothing', () => {
  expect(readLabels(answers(['good', 'fair', 'fine']), rubric(word))).toEqual({
    labels: [1, 0.5, undefined],
    unread: 1,
  });
  expect(readLabels(answers(['good']), rubric(word, word)).unread).toBe(1);
  const steps = [{ steps: [1, 0, null] }, { steps: [null], outcome: 1 }, { steps: [null] }, { c0: 1 }];
  expect(readLabels(answers(steps), rubric(level))).toEqual({
    labels: [0, 1, undefined, undefined],
    unread: 2,
  });
});

test('of a pair a label is one of its answers, or a tie', () => {
  const pairs = ['a', 'tie', 'c', 1].map((label) => ({
    mode: 'pairwise' as const,
    responseIds: ['a', 'b'],
    label,
  }));
  expect(readLabels(pairs, rubric(level))).toEqual({ labels: ['a', 'tie', undefined, undefined], unread: 2 });
});
