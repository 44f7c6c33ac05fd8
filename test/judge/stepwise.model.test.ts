import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LlamaEngine, openLlama } from '../../src/engine/llama.ts';
import { createJudge } from '../../src/judge/judge.ts';
import { planSample } from '../../src/judge/plan.ts';
import { completeProtocol } from '../../src/judge/protocol.ts';
import { loadRubric } from '../../src/rubric.ts';
import type { Sample } from '../../src/schema.ts';
import { testModel } from '../support/model.ts';

let engine: LlamaEngine;

beforeAll(async () => {
  engine = await openLlama({
    model: await testModel(),
    gpu: 'off',
    threads: 1,
    contextSize: 1024,
    home: null,
  });
});
afterAll(() => engine?.[Symbol.asyncDispose]());

const rubric = await loadRubric('step-correctness');
const steps = [
  'Every box holds 6 eggs, and there are 4 boxes, so there are 6 · 4 = 24 eggs.',
  'Three eggs are broken, so 24 − 3 = 21 eggs are left.',
  'Half of them are sold, which leaves 21 + 2 = 23 eggs, as one can see at once.',
  'The answer is 23.',
];
const solution = (id: string, count: number, last = steps[count - 1] ?? ''): Sample => ({
  id,
  prompt: 'There are 4 boxes of 6 eggs. Three eggs break. How many whole eggs are left?',
  responses: [{ id: 'response', text: '', steps: [...steps.slice(0, count - 1), last] }],
});

/** Judge from nothing: the verdict's probabilities and the tokens evaluated. */
async function judge(...samples: Sample[]) {
  let evaluated = 0;
  const judge = createJudge({
    engine,
    rubrics: [rubric],
    onEvent: (event) => {
      if (event.type === 'judgment-finish') evaluated += event.spent.evaluated;
    },
  });
  const probabilities: (number | null | undefined)[][] = [];
  for await (const { steps } of judge.judgeAll(samples))
    probabilities.push((steps ?? []).map(({ probability }) => probability));
  return { probabilities, evaluated };
}

/** Tokens of reading a solution once, and of its questions. */
async function tokensOf(sample: Sample) {
  const [plan] = await planSample(sample, rubric, engine, completeProtocol());
  const counts = await Promise.all(
    (plan?.rounds ?? []).map(async ({ prefix, questions }) => {
      const [segments] = await engine.tokens({ prefix, questions, critique: null });
      return (segments ?? []).map(({ length }) => length);
    }),
  );
  const sum = (lengths: readonly number[]) => lengths.reduce((total, length) => total + length, 0);
  return {
    solution: sum(counts.at(-1)?.slice(0, -1) ?? []),
    questions: sum(counts.map((lengths) => lengths.at(-1) ?? 0)),
  };
}

test('a solution is read once, and a step has the same bits whether later steps are judged or not', async () => {
  const sample = solution('whole', 4);
  const { probabilities, evaluated } = await judge(sample);
  const { solution: once, questions } = await tokensOf(sample);
  const [whole = []] = probabilities;
  expect(whole).toHaveLength(4);
  expect(new Set(whole).size).toBe(4);
  for (const probability of whole) {
    expect(probability).toBeGreaterThan(0);
    expect(probability).toBeLessThan(1);
  }
  expect(once).toBeGreaterThan(150);
  expect(evaluated - questions).toBeLessThanOrEqual(1.3 * once);
  expect(evaluated).toBe(once + questions);

  // Alone, warm and cold, cut short, and beside another solution.
  const { probabilities: parts } = await judge(solution('two', 2), solution('other', 3, 'Half are sold.'));
  expect(parts[0]).toEqual(whole.slice(0, 2));
  expect(parts[1]?.slice(0, 2)).toEqual(whole.slice(0, 2));
  const { probabilities: again } = await judge(solution('whole', 4));
  expect(again[0]).toEqual(whole);
});
