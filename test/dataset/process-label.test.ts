import { expect, test } from 'vitest';
import { recogniseRow } from '../../src/dataset/recognise.ts';

const recognise = (row: Record<string, unknown>) => recogniseRow(row, { file: 'data.jsonl', line: 7 });
const steps = ['s1', 's2', 's3'];

test.each([
  [{ firstError: 1 }, [1, 0, null]],
  [{ first_error: 0 }, [0, null, null]],
  [{ firstError: -1 }, [1, 1, 1]],
  [{ firstError: '2' }, [1, 1, 0]],
  // ProcessBench.
  [{ label: 2, generator: 'g' }, [1, 1, 0]],
  [{ label: -1 }, [1, 1, 1]],
  // BIG-Bench-Mistake.
  [{ mistake_index: 1 }, [1, 0, null]],
  [{ mistake_index: null }, [1, 1, 1]],
  // One for each step, as TRL has them, or soft.
  [{ labels: [true, false, true] }, [1, 0, 1]],
  [{ labels: [1, 0.25, null], firstError: 0 }, [1, 0.25, null]],
])('%j labels the steps %j', (fields, label) => {
  expect(recognise({ problem: 'P', steps, ...fields }).label).toEqual({ steps: label });
});

test('the final answer is labelled beside the steps, or alone', () => {
  const label = (fields: Record<string, unknown>) => recognise({ problem: 'P', steps, ...fields }).label;
  expect(label({ firstError: 1, finalCorrect: false })).toEqual({ steps: [1, 0, null], outcome: 0 });
  expect(label({ label: -1, final_answer_correct: true })).toEqual({ steps: [1, 1, 1], outcome: 1 });
  expect(label({ finalCorrect: true })).toBe(1);
  expect(label({ correct: false })).toBe(0);
  expect(label({ score: 0.5 })).toBe(0.5);
  expect(label({})).toBeUndefined();
});

test("juror's own form, and what is no label of steps stays in the metadata", () => {
  expect(recognise({ problem: 'P', steps, label: { steps: [1, 0, null], outcome: 1 } }).label).toEqual({
    steps: [1, 0, null],
    outcome: 1,
  });
  expect(
    recognise({ prompt: 'P', responses: [{ text: 'T', steps: ['a'] }], label: { steps: [true] } }),
  ).toMatchObject({ label: { steps: [1] } });
  const word = recognise({ problem: 'P', steps, label: 'fine' });
  expect(word.label).toBeUndefined();
  expect(word.metadata).toEqual({ label: 'fine' });
  expect(recognise({ problem: 'P', steps, firstError: 1 }).metadata).toBeUndefined();
});

test.each([
  [
    { firstError: 3 },
    'firstError: expected the index of a step from 0 to 2, or -1 for none, got 3',
    'firstError',
  ],
  [{ label: 0.5 }, 'label: expected the index of a step from 0 to 2, or -1 for none, got 0.5', 'label'],
  [{ firstError: 'two' }, 'firstError: expected a number, got "two"', 'firstError'],
  [{ labels: [true] }, 'labels: expected a label for each of 3 steps, got 1', 'labels'],
  [
    { labels: [true, 2, false] },
    'labels.1: expected true, false, null or a number from 0 to 1, got number 2',
    'labels.1',
  ],
  [{ label: { steps: [1] } }, 'label.steps: expected a label for each of 3 steps, got 1', 'label.steps'],
  [
    { label: { firstError: 1 } },
    'label.firstError: expected nothing besides steps and outcome',
    'label.firstError',
  ],
  [{ label: { steps: 'none' } }, 'label.steps: expected a list of labels, got "none"', 'label.steps'],
])('%j is refused with its place', (fields, message, field) => {
  try {
    recognise({ problem: 'P', steps, ...fields });
    expect.unreachable();
  } catch (error) {
    expect(error).toMatchObject({ code: 'data', place: { file: 'data.jsonl', line: 7, field } });
    expect(String(error)).toContain(message);
  }
});
