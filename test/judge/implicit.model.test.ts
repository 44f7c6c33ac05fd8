import { afterAll, beforeAll, expect, test } from 'vitest';
import { pearson } from '../../src/aggregate/correlation.ts';
import { stepEndsIn } from '../../src/aggregate/implicit.ts';
import { estimate } from '../../src/aggregate/statistic.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { type LlamaEngine, openLlama } from '../../src/engine/llama.ts';
import { implicitRewards } from '../../src/judge/implicit.ts';
import type { Sample } from '../../src/schema.ts';
import { testModel } from '../support/model.ts';
import { differences, type GoldenItem, readGolden } from '../support/numerics.ts';

let engine: LlamaEngine;
/** The same file with a smaller context. */
let small: LlamaEngine;

beforeAll(async () => {
  const options = {
    model: await testModel(),
    gpu: 'off',
    numerics: 'exact',
    threads: 1,
    home: null,
  } as const;
  engine = await openLlama({ ...options, contextSize: 2048 });
  small = await openLlama({ ...options, contextSize: 256 });
});
afterAll(async () => {
  await engine?.[Symbol.asyncDispose]();
  await small?.[Symbol.asyncDispose]();
});

const prompt = 'How many days have two weeks?';
const texts = [
  'A week has 7 days.\n\nTwo weeks have 2 × 7 = 14 days 🗓️.\n🙂 So: **14**.',
  'Fourteen.',
  '',
  ' \n<|im_end|>\n',
];
const sample: Sample = {
  id: 's',
  prompt,
  responses: texts.map((text, index) => ({ id: `r${index}`, text })),
};

async function rewardsOf(given: Sample, policy: Engine, reference: Engine, steps?: 'lines') {
  const options = { policy, reference, beta: 1, ...(steps ? { steps } : {}) };
  const rows = [];
  for await (const row of implicitRewards(options, [given])) rows.push(row);
  return rows[0]?.responses ?? [];
}

test('a model over itself rewards every answer with exactly 0, whatever its caches hold', async () => {
  await engine.logprob({ messages: [{ role: 'user', content: prompt }], continuation: 'Fourteen days' });
  const rewards = await rewardsOf(sample, engine, small);
  expect(rewards).toHaveLength(texts.length);
  for (const reward of rewards) {
    expect(reward).toMatchObject({ status: 'scored', total: 0, perToken: 0 });
    if (reward.status === 'scored') expect(reward.policy).toBeLessThan(-0.1);
  }
  // An empty answer is its end alone.
  expect(rewards[2]).toMatchObject({ tokens: 1 });
});

test('the steps of an answer sum to the whole, token for token', async () => {
  const [text = ''] = texts;
  const request = { messages: [{ role: 'user' as const, content: prompt }], continuation: text };
  const whole = await engine.logprob({ ...request, end: true });
  const open = await engine.logprob(request);
  expect(whole.tokens.slice(0, -1)).toEqual(open.tokens);
  expect(whole.logProbabilities.slice(0, -1)).toEqual(open.logProbabilities);
  expect(whole.tokens.at(-1)).toBe((await engine.tokenizer()).endOfTurn);
  expect(whole.ends?.slice(0, -1)).toEqual(open.ends);
  expect(whole.ends?.at(-2)).toBe(text.length);
  expect(whole.ends).toEqual(whole.ends?.toSorted((left, right) => left - right));

  // Against a reference that finds every token a nat less likely, a step has a nat for each of its tokens.
  const lower: Engine = {
    ...engine,
    async logprob(asked, options) {
      const read = await engine.logprob(asked, options);
      return { ...read, logProbabilities: read.logProbabilities.map((value) => value - 1) };
    },
  };
  const [first] = await rewardsOf(
    { ...sample, responses: sample.responses.slice(0, 1) },
    engine,
    lower,
    'lines',
  );
  if (first?.status !== 'scored') throw new Error(first?.message);
  const steps = first.steps ?? [];
  expect(steps).toHaveLength(3);
  expect(steps.reduce<number>((sum, step) => sum + (step ?? 0), 0)).toBeCloseTo(first.total, 9);
  expect(first.total).toBeCloseTo(whole.tokens.length, 9);
  const borders = stepEndsIn(text, text.split('\n').filter(Boolean)) ?? [];
  const [upToFirst = 0] = borders;
  expect(steps[0]).toBeCloseTo(whole.ends?.filter((end) => end <= upToFirst).length ?? 0, 9);
});

test('what fits one context alone is unscored before anything is evaluated', async () => {
  const long = { id: 'long', prompt, responses: [{ id: 'r', text: 'a day '.repeat(300) }] };
  let evaluated = 0;
  const listen = (event: { type: string; evaluated?: number }) => {
    if (event.type === 'engine-progress') evaluated += event.evaluated ?? 0;
  };
  for (const [policy, reference] of [
    [engine, small],
    [small, engine],
  ] as const) {
    const rows = [];
    for await (const row of implicitRewards({ policy, reference }, [long], { onEvent: listen }))
      rows.push(row);
    expect(rows[0]?.responses).toEqual([
      {
        responseId: 'r',
        status: 'unscored',
        reason: 'context',
        message: 'needs more than the 256 tokens of the context',
      },
    ]);
  }
  expect(evaluated).toBe(0);
});

test('log-probabilities of given texts are those that labels are read with, and near those of float32 weights', async ({
  annotate,
}) => {
  const items = readGolden()
    .items.filter(({ segments }) => segments.flat().length < 180)
    .slice(0, 5);
  expect(items).toHaveLength(5);
  const given: number[] = [];
  const read: number[] = [];
  const odds: number[] = [];
  for (const item of items) {
    const { request, messages, texts: ends } = asMessages(item);
    const result = await engine.deliberate(request);
    const answer = result.status === 'done' ? result.samples[0]?.answers[0] : undefined;
    const { A = Number.NaN, B = Number.NaN } = answer?.logProbabilities ?? {};
    read.push(A + (answer?.labelMass ?? Number.NaN), B + (answer?.labelMass ?? Number.NaN));
    const last: number[] = [];
    for (const continuation of ends)
      last.push((await engine.logprob({ messages, continuation })).logProbabilities.at(-1) ?? Number.NaN);
    given.push(...last);
    odds.push((last[0] ?? Number.NaN) - (last[1] ?? Number.NaN));
  }
  const expected = items.map(({ logProbabilities: { A, B } }) => A - B);
  const correlation = estimate(pearson(odds, expected)).value;
  const difference = differences(given, read);
  await annotate(
    `labels: mean |Δ| ${difference.mean.toFixed(3)}, max ${difference.max.toFixed(3)} nats; golden log-odds: correlation ${correlation?.toFixed(3)}`,
  );
  // Cut elsewhere, and without flash attention (docs/decisions/0002-numerics.md).
  expect(difference.mean).toBeLessThan(0.15);
  // Messages are cut into other tokens than the segments that the golden values are of.
  expect(correlation).toBeGreaterThanOrEqual(0.9);
});

/** The golden question inside the last message, and its labels after the forced opening. */
function asMessages({ deliberation }: GoldenItem) {
  const [question] = deliberation.questions;
  const messages = deliberation.prefix.map(({ role, segments }, index) => ({
    role,
    content: segments.join('') + (index === deliberation.prefix.length - 1 ? (question?.text ?? '') : ''),
  }));
  const prefix = messages.map(({ role, content }) => ({ role, segments: [content] }));
  const request = { prefix, critique: null, questions: question ? [{ ...question, text: '' }] : [] };
  return { messages, request, texts: (question?.labels ?? []).map(({ text }) => question?.opening + text) };
}
