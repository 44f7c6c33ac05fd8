import { expect, test } from 'vitest';
import {
  type ImplicitPair,
  implicitAnswer,
  implicitAnswerReport,
  implicitPair,
  implicitPairReport,
  leftOutWays,
  rewardScores,
} from '../../src/aggregate/implicit-report.ts';
import type { ImplicitRewards, Sample } from '../../src/schema.ts';

const scored = (responseId: string, total: number, tokens = 2) =>
  ({
    status: 'scored',
    responseId,
    total,
    perToken: total / tokens,
    tokens,
    policy: -tokens,
    reference: -tokens - total,
  }) as const;
const rewards = (...responses: ImplicitRewards['responses']): ImplicitRewards => ({
  key: '0'.repeat(64),
  sampleId: 's',
  policy: { model: 'p', digest: 'p' },
  reference: { model: 'r', digest: 'r' },
  beta: 1,
  responses,
});
const pair = (label: string): Sample => ({
  id: 's',
  prompt: 'p',
  responses: [
    { id: 'a', text: 'long text' },
    { id: 'b', text: 'text' },
  ],
  label,
});

test('a pair has a row where its label names a winner and both responses are scored', () => {
  const both = rewards(scored('a', 1), scored('b', 4, 9));
  expect(implicitPair(pair('b'), both)).toMatchObject({
    label: 'second',
    first: { 'implicit: sum': 1, 'implicit: per token': 0.5, 'longer answer': 9 },
    second: { 'implicit: sum': 4, 'log-likelihood of the policy': -9 },
  });
  expect(implicitPair(pair('tie'), both)?.label).toBe('tie');
  expect(implicitPair(pair('c'), both)).toBeUndefined();
  const failed = { status: 'unscored', responseId: 'b', reason: 'context', message: '' } as const;
  expect(implicitPair(pair('b'), rewards(scored('a', 1), failed))).toBeUndefined();
  expect(rewardScores({ ...scored('a', 1), steps: [2, null, -1] })['implicit: steps, min']).toBe(-1);
  expect(rewardScores({ ...scored('a', 1), steps: null })['implicit: steps, min']).toBeNull();
  expect(rewardScores(scored('a', 1))).not.toHaveProperty(['implicit: steps, min']);
});

test('a way that some row lacks is not measured, and named with the rows without it', () => {
  const told = { ...scored('a', 1), steps: [1] };
  const rows = [
    implicitPair(pair('a'), rewards(told, { ...scored('b', 2), steps: null })),
    implicitPair(pair('a'), rewards(told, { ...scored('b', 2), steps: [2] })),
  ].flatMap((row) => row ?? []);
  const scores = rows.map(({ first, second }) => [first, second]);
  const leftOut = {
    name: 'implicit: steps, min',
    without: 1,
    reason: 'its tokens cannot be traced back to steps of the text',
  };
  expect(leftOutWays(scores)).toEqual([leftOut]);
  expect(implicitPairReport(rows).map(({ name }) => name)).not.toContain(leftOut.name);
  expect(leftOutWays(scores.slice(0, 1))).toEqual([leftOut]);
  expect(leftOutWays(scores.slice(1))).toEqual([]);
});

test('accuracy by hand: equal rewards are a tie, which is right for a label tie alone', () => {
  const row = (
    label: ImplicitPair['label'],
    lead: number,
    length: number,
    judge?: ImplicitPair['label'],
  ) => ({
    cluster: `${lead} ${length}`,
    label,
    first: { reward: lead, 'longer answer': length },
    second: { reward: 0, 'longer answer': 5 },
    ...(judge ? { verdicts: { judge } } : {}),
  });
  const ways = implicitPairReport([
    row('first', 1, 1, 'first'),
    row('second', -1, 9, 'first'),
    row('first', 0, 6, 'first'),
    row('tie', 0, 8, 'tie'),
  ]);
  expect(ways.map(({ name }) => name)).toEqual(['reward', 'judge', 'longer answer', 'first answer']);
  expect(ways.map(({ figures }) => figures.accuracy.estimate)).toEqual([0.75, 0.75, 0.25, 0.5]);
  expect(ways.map(({ figures }) => figures.decidedAccuracy.estimate)).toEqual([2 / 3, 2 / 3, 1 / 3, 2 / 3]);
  expect(ways.map(({ ties }) => ties)).toEqual([2, 1, 0, 0]);
  expect(ways[0]?.gain.estimate).toBeCloseTo(1 / 3, 12);
  expect(ways[2]?.gain).toMatchObject({ estimate: 0, low: 0, high: 0, n: 3 });
  // A judge that is silent on some pair is not compared.
  const some = implicitPairReport([row('first', 1, 1, 'first'), row('first', 1, 2)]);
  expect(some.map(({ name }) => name)).toEqual(['reward', 'longer answer', 'first answer']);
});

test('single answers: area under the curve over all, and the best of each prompt that has both kinds', () => {
  const answer = (prompt: string, text: string, label: number, total: number) =>
    implicitAnswer({ id: text, prompt, responses: [{ id: 'r', text }], label }, rewards(scored('r', total)));
  const rows = [
    answer('x', 'aaa', 1, 3),
    answer('x', 'b', 0, 1),
    answer('y', 'c', 1, 0),
    answer('y', 'dd', 0, 2),
    answer('z', 'e', 1, 9),
    answer('z', 'f', 0.5, 9),
  ].flatMap((row) => row ?? []);
  expect(rows).toHaveLength(5);
  const ways = new Map(implicitAnswerReport(rows).map((way) => [way.name, way]));
  expect(ways.get('implicit: sum')?.areaUnderCurve.estimate).toBeCloseTo(4 / 6, 12);
  expect(ways.get('implicit: sum')?.picked).toMatchObject({ estimate: 0.5, n: 2 });
  expect(ways.get('longer answer')?.picked.estimate).toBe(0.5);
  expect(ways.get('any answer, at random')?.picked.estimate).toBe(0.5);
});
