/**
 * The same judge in process and through LangChain and a server of its own. The server speaks the OpenAI protocol, is sent
 * segments as parts and evaluates each on its own, as the local engine does; so what is read is the same.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { openLangChain } from '../../src/engine/langchain.ts';
import { type LlamaEngine, openLlama } from '../../src/engine/llama.ts';
import { createJudge } from '../../src/judge/judge.ts';
import { loadRubric } from '../../src/rubric.ts';
import { type Judgment, Message, type Sample } from '../../src/schema.ts';
import { chatServer, completes, type Reply, type SentMessage } from '../support/chat-server.ts';
import { testModel } from '../support/model.ts';

let local: LlamaEngine;

beforeAll(async () => {
  local = await openLlama({ model: await testModel(), gpu: 'off' });
});

afterAll(async () => {
  await local?.[Symbol.asyncDispose]();
});

/** Next tokens that the server lists; each is one token of the model, so their probabilities are over its whole vocabulary. */
const listed = [' A', ' B', ' The', ' I', ' It', ' C', '\n'];

/** Continues the assistant's message by one token. */
function serves(engine: Engine): Reply {
  return async (request, response, raw) => {
    const opening = request.messages.at(-1);
    const turns = request.messages
      .slice(0, -1)
      .map(({ role, content }) => ({ role: Message.shape.role.parse(role), segments: parts(content) }));
    const text = turns.at(-1)?.segments.pop() ?? '';
    const result = await engine.deliberate({
      prefix: turns,
      critique: null,
      questions: [
        {
          id: 'next',
          text,
          opening: parts(opening?.content ?? '').join(''),
          labels: listed.map((token) => ({ label: token, text: token })),
        },
      ],
    });
    if (result.status !== 'done') throw new Error(result.message);
    const answer = result.samples[0]?.answers[0];
    const entries = listed.map((token): [string, number] => [
      token,
      Math.exp((answer?.logProbabilities[token] ?? 0) + (answer?.labelMass ?? 0)),
    ]);
    const [token] = entries.reduce((left, right) => (right[1] > left[1] ? right : left));
    await completes([{ token, top: Object.fromEntries(entries) }])(request, response, raw);
  };
}

function parts(content: SentMessage['content']): string[] {
  return typeof content === 'string' ? [content] : content.map(({ text }) => text);
}

async function judgmentsOf(engine: Engine, samples: readonly Sample[]): Promise<Judgment[]> {
  const judgments: Judgment[] = [];
  const judge = createJudge({
    engine,
    rubrics: [await loadRubric('better-answer')],
    onEvent: (event) => {
      if (event.type === 'judgment-finish') judgments.push(event.judgment);
    },
  });
  for (const sample of samples) await judge.judge(sample);
  return judgments.sort((left, right) => name(left).localeCompare(name(right)));
}

function name({ sampleId, responseIds }: Judgment): string {
  return JSON.stringify([sampleId, responseIds]);
}

test('a judge through LangChain and a server reads the label distribution that it reads in process', async () => {
  const samples = [
    ['Name the capital of France.', 'Paris.', 'Bananas are yellow.'],
    ['What is 2 + 2?', 'The answer is 5.', 'It is 4.'],
  ].map(([prompt = '', first = '', second = ''], index) => ({
    id: `sample-${index}`,
    prompt,
    responses: [
      { id: 'a', text: first },
      { id: 'b', text: second },
    ],
  }));
  await using server = await chatServer(serves(local));
  await using remote = await openLangChain({
    model: 'openai:embedded',
    baseUrl: server.baseUrl,
    apiKey: 'none',
    protocol: 'top-logprobs',
    segments: 'parts',
    limits: { requestTimeoutMs: 120_000 },
  });
  const here = await judgmentsOf(local, samples);
  const there = await judgmentsOf(remote, samples);
  expect(there.map(name)).toEqual(here.map(name));
  expect(here).toHaveLength(4);
  for (const [index, judgment] of here.entries()) {
    const other = there[index]?.outcome;
    if (judgment.outcome.status !== 'scored' || other?.status !== 'scored')
      throw new Error('expected scores');
    for (const [label, probability] of Object.entries(judgment.outcome.distribution))
      expect(Math.abs(probability - (other.distribution[label] ?? Number.NaN))).toBeLessThan(1e-3);
  }
  // Different pairs are read differently: equality is not that of a constant.
  expect(new Set(here.map(({ outcome }) => JSON.stringify(outcome))).size).toBe(4);
});
