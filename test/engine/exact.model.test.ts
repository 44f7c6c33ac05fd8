import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Deliberation, DeliberationResult } from '../../src/engine/engine.ts';
import { type LlamaEngine, type LlamaOptions, openLlama } from '../../src/engine/llama.ts';
import { testModel } from '../support/model.ts';

const answers = {
  kettle: 'The kettle is in the upper cupboard, left of the window.',
  river: 'Rivers freeze from the top, because ice is lighter than water.',
  sum: 'Seven plus five is thirteen, since seven plus six is twelve.',
};
type Name = keyof typeof answers;

function comparison(first: Name, second: Name, critique = false, seeds = [1, 2]): Deliberation {
  return {
    prefix: [
      { role: 'system', segments: ['You compare two answers.'] },
      {
        role: 'user',
        segments: [
          'Why do rivers freeze from the top?\n',
          `Answer A: ${answers[first]}\n`,
          `Answer B: ${answers[second]}\n`,
        ],
      },
    ],
    critique: critique
      ? {
          instruction: 'Compare them in one sentence.',
          maxTokens: 8,
          temperature: 0.7,
          topP: 0.95,
          seeds,
        }
      : null,
    questions: [
      {
        id: 'better',
        text: 'Which answer is better?',
        opening: 'Better answer:',
        labels: [
          { label: 'A', text: ' A' },
          { label: 'B', text: ' B' },
        ],
      },
      {
        id: 'kind',
        text: 'What is the first answer about?',
        opening: 'It is about',
        labels: [
          { label: 'river', text: ' the ice on a river' },
          { label: 'house', text: ' the ice in a house' },
          { label: 'other', text: ' something else' },
        ],
      },
    ],
  };
}

const requests = [
  comparison('kettle', 'river'),
  comparison('river', 'kettle'),
  comparison('river', 'sum'),
  comparison('kettle', 'river', true),
];

const conversations = [answers.sum, answers.kettle].map((content) => [{ role: 'user' as const, content }]);

const open = async (options: Partial<LlamaOptions>) =>
  openLlama({
    model: await testModel(),
    gpu: 'off',
    numerics: 'exact',
    contextSize: 1024,
    threads: 1,
    ...options,
  });

/** One thread, and two with another number of sequences: cold where a test says so, since the prompts of the tests differ. */
let one: LlamaEngine;
let two: LlamaEngine;

beforeAll(async () => {
  one = await open({});
  two = await open({ threads: 2, sequences: 3 });
});
afterAll(async () => {
  await one?.[Symbol.asyncDispose]();
  await two?.[Symbol.asyncDispose]();
});

/** Everything in a result but how many tokens were read from the cache. */
function content(result: DeliberationResult | undefined) {
  if (result?.status !== 'done') throw new Error(result?.message ?? 'no result');
  return result.samples.map(({ critique, answers }) => ({
    critique,
    answers: answers.map(({ questionId, logProbabilities, labelMass }) => ({
      questionId,
      logProbabilities,
      labelMass,
    })),
  }));
}

/** Prompt tokens that each answer stands on, whatever its company and place. */
async function standsOn(engine: LlamaEngine, request: Deliberation): Promise<number[]> {
  const result = await engine.deliberate(request);
  const [sample] = result.status === 'done' ? result.samples : [];
  const read = ({ evaluated, reused }: { evaluated: number; reused: number }) => evaluated + reused;
  return (sample?.answers ?? []).map(
    ({ usage }, index) => read(usage) + (index === 0 && sample ? read(sample.usage) : 0),
  );
}

async function together(engine: LlamaEngine, list: readonly Deliberation[]) {
  return (await Promise.all(list.map((request) => engine.deliberate(request)))).map(content);
}

/** Each request alone in a fresh order of its own. */
async function backwards(engine: LlamaEngine) {
  const results = [];
  for (const request of requests.toReversed()) results.unshift(content(await engine.deliberate(request)));
  return results;
}

test('exact gives the same bits', async () => {
  const expected = await together(one, requests);
  expect(await together(one, requests), 'warm cache').toEqual(expected);
  expect(await backwards(one), 'another order').toEqual(expected);
  const vectors = await one.embed(conversations);
  await one.logprob({ messages: [{ role: 'user', content: answers.sum }], continuation: answers.kettle });
  await together(one, [comparison('sum', 'kettle'), comparison('sum', 'river')]);
  expect(await together(one, requests.toReversed()), 'after other requests').toEqual(expected.toReversed());

  expect(await backwards(two), 'two threads, cold, three sequences').toEqual(expected);
  expect(await two.embed(conversations.toReversed()), 'hidden states').toEqual(vectors.toReversed());

  await using pair = await open({ children: 2 });
  expect(pair.childIds).toHaveLength(2);
  expect(await together(pair, [...requests, ...requests]), 'two children').toEqual([
    ...expected,
    ...expected,
  ]);
});

test('exact gives the same bits past one batch, token by token as well', async () => {
  // Single tokens after 512 are where llama.cpp's flash attention splits its sums by threads.
  const long: Deliberation = {
    ...comparison('kettle', 'river', true, [1]),
    prefix: [
      {
        role: 'user',
        segments: [`${Object.values(answers).join(' ')} `.repeat(14), 'Answer A: ice.\nAnswer B: no.\n'],
      },
    ],
  };
  const tokens = (await one.tokens(long))[0]?.[0]?.length ?? 0;
  expect(tokens).toBeGreaterThan(one.info.batchSize);
  const expected = await together(one, [long]);
  expect(await together(one, [long]), 'warm cache').toEqual(expected);
  expect(await together(two, [long]), 'two threads').toEqual(expected);
});

test('exact gives the same bits without a critique past one batch, whatever else is asked', async () => {
  const prefix = (words: number): Deliberation['prefix'] => [
    { role: 'system', segments: ['You compare two answers.'] },
    { role: 'user', segments: ['ice '.repeat(words), 'Answer A: ice.\nAnswer B: no.\n'] },
  ];
  const middleOf = async (words: number) =>
    (await one.tokens({ ...comparison('kettle', 'river'), prefix: prefix(words) }))[0]?.[1]?.length ?? 0;
  const { batchSize } = one.info;
  const exactly = batchSize + 1 - (await middleOf(batchSize)) + batchSize;
  // The last token of this segment is decoded alone.
  expect(await middleOf(exactly)).toBe(batchSize + 1);
  for (const words of [exactly + 30, exactly]) {
    const both = { ...comparison('kettle', 'river'), prefix: prefix(words) };
    const [better, kind] = both.questions.map((question) => ({ ...both, questions: [question] }));
    if (better === undefined || kind === undefined) throw new Error('expected two questions');
    const [expected] = await together(one, [both]);
    expect(expected?.[0]?.answers).toHaveLength(2);
    expect(await together(two, [both]), 'two threads').toEqual([expected]);
    const turned = { ...both, questions: both.questions.toReversed() };
    expect(await standsOn(two, turned)).toEqual((await standsOn(one, both)).toReversed());
    const alone = await together(two, [kind, better]);
    expect(alone.toReversed().map((result) => result[0]?.answers[0])).toEqual(expected?.[0]?.answers);
  }
});

test('both orders of a pair, averaged, are antisymmetric to the bit, and every distribution sums to one', async () => {
  const odds = async (request: Deliberation) => {
    const [sample] = content(await one.deliberate(request));
    const better = sample?.answers[0]?.logProbabilities ?? {};
    for (const { logProbabilities } of sample?.answers ?? [])
      expect(Object.values(logProbabilities).reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(
        1,
        12,
      );
    return (better.A ?? Number.NaN) - (better.B ?? Number.NaN);
  };
  /** Log-odds that `first` is better than `second`, over both orders. */
  const preference = async (first: Name, second: Name) =>
    ((await odds(comparison(first, second))) - (await odds(comparison(second, first)))) / 2;
  for (const [first, second] of [
    ['kettle', 'river'],
    ['sum', 'river'],
    ['kettle', 'sum'],
  ] as const) {
    const forth = await preference(first, second);
    const back = await preference(second, first);
    expect(forth + back).toBe(0);
    expect(1 / (1 + Math.exp(-forth)) + 1 / (1 + Math.exp(-back))).toBeCloseTo(1, 12);
  }
  expect(await preference('river', 'river')).toBe(0);
});
