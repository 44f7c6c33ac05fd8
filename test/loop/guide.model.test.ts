import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Generation } from '../../src/engine/generate.ts';
import { type LlamaEngine, openLlama } from '../../src/engine/llama.ts';
import { guideAll } from '../../src/loop/guide.ts';
import { judgeScorer } from '../../src/loop/guide-judge.ts';
import type { GivenStrategy } from '../../src/loop/guide-strategy.ts';
import { loadRubric } from '../../src/rubric.ts';
import type { Guided } from '../../src/schema.ts';
import { testModel } from '../support/model.ts';

let engine: LlamaEngine;

beforeAll(async () => {
  const model = await testModel();
  engine = await openLlama({
    model,
    gpu: 'off',
    numerics: 'exact',
    threads: 1,
    contextSize: 1024,
    home: null,
  });
});
afterAll(() => engine?.[Symbol.asyncDispose]());

const asking: Generation = {
  messages: [{ role: 'user', content: 'Count from one to five, one number a line.' }],
  maxTokens: 12,
  temperature: 0,
  topP: 1,
  seed: 0,
  stop: [],
  schema: null,
};

test('an answer goes on after what it begins with, which is read once', async () => {
  const begun = { ...asking, prefix: ['1. One\n', '2. Two\n'] };
  const first = await engine.generate(begun);
  const again = await engine.generate(begun);
  expect(again.text).toBe(first.text);
  expect(first.text).toMatch(/^\s*3/);
  const longer = await engine.generate({ ...begun, prefix: [...begun.prefix, '3. Three\n'] });
  // Only the new step, and what sampling starts from, is evaluated.
  expect(longer.usage.reused).toBeGreaterThan(longer.usage.evaluated);
  expect(longer.usage.evaluated).toBeLessThan(10);
  const plain = await engine.generate(asking);
  expect(await engine.generate({ ...asking, prefix: [] })).toMatchObject({ text: plain.text });

  const line = await engine.generate({ ...begun, stop: ['\n'] });
  expect(line).toMatchObject({ finish: 'stop', stoppedBy: '\n' });
  expect(line.text).not.toContain('\n');
});

test('beams with a stepwise judge give the same record again, and keep what they say they keep', async () => {
  const scorer = judgeScorer({ engine, rubric: await loadRubric('step-correctness') });
  const strategy: GivenStrategy = { kind: 'beam', n: 2, width: 2, stepTokens: 12, maxSteps: 2 };
  const prompts = [{ id: 'p', prompt: 'A farm has 3 hens. Each lays 2 eggs. How many eggs are there?' }];
  const run = async () => {
    const rows: Guided[] = [];
    for await (const row of guideAll({ generator: engine, scorer, strategy }, prompts)) rows.push(row);
    return rows;
  };
  const first = await run();
  expect(await run()).toEqual(first);
  const [guided] = first;
  expect(guided?.failure).toBeUndefined();
  const chosen = guided?.candidates.find(({ id }) => id === guided.chosen);
  expect(chosen?.kept).toBe(true);
  expect(chosen?.score).toBeGreaterThan(0);
  expect(chosen?.reason).toMatch(/^steps 0\.\d\d/);
  expect(chosen?.text).toBe(chosen?.steps?.join('').trimEnd());
});
