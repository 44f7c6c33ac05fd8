/** The engine on chat models that the caller made. */
import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager';
import { BaseChatModel, type BaseChatModelParams } from '@langchain/core/language_models/chat_models';
import { AIMessage, type BaseMessage } from '@langchain/core/messages';
import type { ChatResult } from '@langchain/core/outputs';
import { expect, test } from 'vitest';
import type { Deliberation } from '../../src/engine/engine.ts';
import { type LangChainOptions, openLangChain } from '../../src/engine/langchain.ts';

/** A chat model that replies as it is told, and remembers what it was asked. */
class ToldModel extends BaseChatModel {
  readonly asked: { messages: BaseMessage[]; options: Record<string, unknown> }[] = [];
  readonly model = 'told-1';
  readonly reply: (
    messages: BaseMessage[],
    options: Record<string, unknown>,
  ) => AIMessage | Promise<AIMessage>;

  constructor(reply: ToldModel['reply'], params: BaseChatModelParams = {}) {
    super(params);
    this.reply = reply;
  }

  _llmType(): string {
    return 'told';
  }

  async _generate(
    messages: BaseMessage[],
    options: Record<string, unknown>,
    _manager?: CallbackManagerForLLMRun,
  ): Promise<ChatResult> {
    this.asked.push({ messages, options });
    const message = await this.reply(messages, options);
    return { generations: [{ text: message.text, message }] };
  }
}

const request: Deliberation = {
  prefix: [{ role: 'user', segments: ['Task. ', 'Answers. '] }],
  critique: null,
  questions: [
    {
      id: 'better',
      text: 'Which?',
      opening: 'Better answer:',
      labels: ['A', 'B'].map((label) => ({ label, text: ` ${label}` })),
    },
  ],
};

function withLogprobs(top: Record<string, number>): AIMessage {
  const [token = ''] = Object.keys(top);
  const listed = Object.entries(top).map(([text, p]) => ({ token: text, logprob: Math.log(p) }));
  const content = [{ token, logprob: Math.log(top[token] ?? 1), top_logprobs: listed }];
  return Object.assign(new AIMessage(token), {
    response_metadata: { finish_reason: 'stop', logprobs: { content } },
    usage_metadata: { input_tokens: 7, output_tokens: 1, total_tokens: 8 },
  });
}

test('a chat model that gives log-probabilities is read; settings are offered with each call', async () => {
  const model = new ToldModel(() => withLogprobs({ B: 0.6, A: 0.3 }));
  await using engine = await openLangChain({ model });
  expect(engine).toMatchObject({
    protocol: 'top-logprobs',
    id: { kind: 'langchain', model: 'ToldModel:told-1' },
  });
  const result = await engine.deliberate(request);
  expect(result).toMatchObject({
    status: 'done',
    samples: [
      {
        answers: [
          { labelMass: expect.closeTo(Math.log(0.9), 9), usage: { evaluated: 7, reused: 0, generated: 1 } },
        ],
      },
    ],
  });
  const { messages, options } = model.asked[1] ?? {};
  expect(messages?.map((message) => message.text)).toEqual([
    'Task. Answers. Which?\n\nReply with the label alone, exactly one of: A, B.',
  ]);
  expect(options).toMatchObject({ maxTokens: 8, temperature: 0, seed: 0, logprobs: true, topLogprobs: 20 });
});

test('one that gives none, and has no schema-constrained answers either, is refused at opening', async () => {
  const model = new ToldModel(() => new AIMessage('A'));
  await expect(openLangChain({ model })).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringMatching(
      /^ToldModel:told-1 has neither log-probabilities nor schema-constrained answers: .*bindTools/,
    ),
  });
});

test('a function makes a model for each kind of request', async () => {
  const made: object[] = [];
  const options: LangChainOptions = {
    name: 'mine',
    opening: 'continue',
    model: (settings) => {
      made.push(settings);
      return new ToldModel(() =>
        settings.topLogprobs === undefined
          ? new AIMessage('A says why.')
          : withLogprobs({ ' A': 0.5, ' B': 0.5 }),
      );
    },
  };
  await using engine = await openLangChain(options);
  const critique = { instruction: 'Compare.', maxTokens: 33, temperature: 0.5, topP: 1, seeds: [5] };
  expect(await engine.deliberate({ ...request, critique })).toMatchObject({
    status: 'done',
    samples: [{ critique: { text: 'A says why.', finish: 'stop' } }],
  });
  expect(made.slice(-2)).toEqual([
    { maxTokens: 33, temperature: 0.5, seed: 5 },
    { maxTokens: 8, temperature: 0, seed: 0, topLogprobs: 20, continues: true },
  ]);
  await expect(openLangChain({ model: () => new ToldModel(() => new AIMessage('')) })).rejects.toThrow(
    'expected a name',
  );
});

test('a model that does not heed its signal is left behind, and what it throws is told without its key', async () => {
  const secret = 'not shaped like a key';
  const slow = new ToldModel(() => new Promise(() => {}));
  const limits = { requestTimeoutMs: 20, retries: 1, backoffMs: 1 };
  await using stuck = await openLangChain({ model: slow, protocol: 'top-logprobs', limits });
  expect(await stuck.deliberate(request)).toEqual({
    status: 'unscored',
    reason: 'engine',
    message: 'no reply within 0.02 s (2 attempts)',
  });
  const failing = new ToldModel(() => {
    throw new Error(`broken with ${secret}`);
  });
  Object.assign(failing, { apiKey: secret });
  await using broken = await openLangChain({ model: failing, protocol: 'top-logprobs', limits });
  expect(await broken.deliberate(request)).toMatchObject({
    reason: 'engine',
    message: 'broken with [key] (2 attempts)',
  });
});

test('numbers that mean nothing are refused', async () => {
  const model = new ToldModel(() => new AIMessage('A'));
  const refused = (options: Partial<LangChainOptions>) =>
    expect(openLangChain({ model, protocol: 'top-logprobs', ...options })).rejects;
  await refused({ smoothing: 0 }).toThrow('smoothing: expected a number above 0, got 0');
  await refused({ answers: 1.5 }).toThrow('answers: expected a whole number of 1 or more');
  await refused({ limits: { concurrency: 0 } }).toThrow('concurrency: expected a whole number');
  await refused({ price: { input: -1, output: 1 } }).toThrow('input: expected a number of 0 or more');
});
