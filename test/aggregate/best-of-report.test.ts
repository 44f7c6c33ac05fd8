import { expect, test } from 'vitest';
import { type BestOfPrompt, bestOfReport } from '../../src/aggregate/best-of-report.ts';

const prompt = (name: string, answers: readonly [number | null, number, string | null][]): BestOfPrompt => ({
  cluster: name,
  answers: answers.map(([score, gold, value]) => ({ score, gold, value })),
});

const prompts = [
  prompt('a', [
    [0.9, 1, '4'],
    [0.1, 0, '5'],
    [0.2, 0, '5'],
  ]),
  prompt('b', [
    [0.3, 0, '1'],
    [0.5, 1, '2'],
    [0.4, 1, '2'],
  ]),
];

test('the curve has powers of two and all answers, beside chance, votes and the oracle', () => {
  const { points, random, enough, answers } = bestOfReport(prompts);
  expect(answers).toBe(3);
  expect(points.map(({ n }) => n)).toEqual([1, 2, 3]);
  expect(random.estimate).toBeCloseTo(0.5, 12);
  expect(points[0]?.best.estimate).toBeCloseTo(0.5, 12);
  expect(points[0]?.gain.estimate).toBeCloseTo(0, 12);
  // The best of all three is right in both, as is some answer; the vote is right in one.
  expect(points[2]).toMatchObject({
    best: { estimate: 1, n: 2, clusters: 2 },
    oracle: { estimate: 1 },
    majority: { estimate: 0.5 },
    weighted: { estimate: 1 },
  });
  expect(points[2]?.score.estimate).toBeCloseTo(0.7, 12);
  // Of two of a's answers the right one is there in two of three cases; of b's always, and it is put first.
  expect(points[1]?.best.estimate).toBeCloseTo((2 / 3 + 1) / 2, 12);
  expect(enough).toBe(null);
});

test('what there is not is null with its reason', () => {
  const { points } = bestOfReport([
    prompt('a', [
      [7, 1, null],
      [null, 0, null],
    ]),
  ]);
  expect(points[1]).toMatchObject({
    best: { estimate: 1, low: null },
    majority: { estimate: null, reason: 'no final values' },
    weighted: { estimate: null, reason: 'scores are not from 0 to 1' },
    score: { estimate: null, reason: 'unscored answers' },
  });
  expect(bestOfReport([]).points).toEqual([]);
});

test('prompts with different numbers of answers are refused', () => {
  expect(() => bestOfReport([...prompts, prompt('c', [[1, 1, null]])])).toThrow(
    'expected as many answers to each prompt, got 1 and 3',
  );
});
