import { InMemoryCache } from '@langchain/core/caches';
import { AIMessage, HumanMessage, SystemMessage, ToolMessage } from '@langchain/core/messages';
import { ChatPromptTemplate } from '@langchain/core/prompts';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { GenerateOptions, Generation, GenerationResult } from '../../src/engine/generate.ts';
import { JurorError } from '../../src/errors.ts';
import { JurorChatModel, type JurorChatModelFields } from '../../src/langchain.ts';

/** An engine that writes `text` in pieces of three characters, and what it was asked. */
function writing(
  text: string | ((request: Generation) => string),
  finish: GenerationResult['finish'] = 'stop',
) {
  const requests: Generation[] = [];
  const signals: (AbortSignal | undefined)[] = [];
  let written = 0;
  return {
    id: { kind: 'llama', model: 'fake', digest: 'fake', template: 'fake', settings: {} },
    requests,
    signals,
    get written() {
      return written;
    },
    async generate(request: Generation, { signal, onText }: GenerateOptions = {}): Promise<GenerationResult> {
      requests.push(request);
      signals.push(signal);
      const whole = typeof text === 'string' ? text : text(request);
      for (const piece of whole.match(/[\s\S]{1,3}/g) ?? []) {
        await new Promise((resolve) => setImmediate(resolve));
        if (signal?.aborted) throw new JurorError('aborted', 'the judgment was aborted');
        written++;
        onText?.(piece);
      }
      return { text: whole, finish, usage: { evaluated: 5, reused: 7, generated: 4 } };
    },
  } as const;
}

function model(engine: JurorChatModelFields['engine'], fields: Partial<JurorChatModelFields> = {}) {
  return new JurorChatModel({ engine, ...fields });
}

const usage = {
  input_tokens: 12,
  output_tokens: 4,
  total_tokens: 16,
  input_token_details: { cache_read: 7 },
};

test('an answer has its text, why it ended, and what it took', async () => {
  const engine = writing('Paris, of course.', 'length');
  const answer = await model(engine, { maxTokens: 8, stop: ['\n'] }).invoke(
    [
      new SystemMessage('Be brief.'),
      new HumanMessage([
        { type: 'text', text: 'Capital ' },
        { type: 'text', text: 'of France?' },
      ]),
      new AIMessage('Hm.'),
      new HumanMessage('Well?'),
    ],
    { temperature: 0.5, topP: 0.9, seed: 3, stop: ['!', '\n'] },
  );
  expect(answer.content).toBe('Paris, of course.');
  expect(answer.usage_metadata).toEqual(usage);
  expect(answer.response_metadata).toMatchObject({
    finish_reason: 'length',
    model_name: 'fake',
    model_provider: 'juror',
  });
  expect(engine.requests).toEqual([
    {
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Capital of France?' },
        { role: 'assistant', content: 'Hm.' },
        { role: 'user', content: 'Well?' },
      ],
      maxTokens: 8,
      temperature: 0.5,
      topP: 0.9,
      seed: 3,
      stop: ['\n', '!'],
      schema: null,
    },
  ]);
});

test('a stream gives the pieces and then the usage; together they are what invoke gives', async () => {
  const engine = writing('Paris, of course.');
  const tokens: string[] = [];
  const chunks = await Array.fromAsync(
    await model(engine).stream('Capital?', {
      callbacks: [{ handleLLMNewToken: (text: string) => void tokens.push(text) }],
    }),
  );
  expect(chunks.map(({ text }) => text)).toEqual(['Par', 'is,', ' of', ' co', 'urs', 'e.', '']);
  expect(tokens.filter((text) => text !== '')).toEqual(['Par', 'is,', ' of', ' co', 'urs', 'e.']);
  const whole = chunks.reduce((left, right) => left.concat(right));
  const invoked = await model(engine).invoke('Capital?');
  expect(whole.text).toBe(invoked.text);
  expect(invoked.usage_metadata).toEqual(usage);
  expect(whole.usage_metadata).toMatchObject(usage);
  expect(whole.response_metadata).toMatchObject({ finish_reason: 'stop', model_name: 'fake' });
  expect(invoked.response_metadata).toMatchObject(whole.response_metadata);
});

test('a batch, and a chain with a prompt', async () => {
  const engine = writing(({ messages }) => `<${messages.at(-1)?.content}>`);
  const chain = ChatPromptTemplate.fromTemplate('Say {word}').pipe(model(engine));
  const answers = await chain.batch([{ word: 'a' }, { word: 'b' }, { word: '{c}' }]);
  expect(answers.map(({ text }) => text)).toEqual(['<Say a>', '<Say b>', '<Say {c}>']);
});

test('a signal ends an answer; a consumer that leaves a stream ends the writing', async () => {
  const engine = writing('x'.repeat(300));
  const stopping = new AbortController();
  const seen: string[] = [];
  const aborted = (async () => {
    for await (const { text } of await model(engine).stream('x', { signal: stopping.signal })) {
      seen.push(text);
      if (seen.length === 2) stopping.abort();
    }
  })();
  await expect(aborted).rejects.toThrow(/abort/i);
  await expect(model(engine).invoke('x', { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
  for await (const { text } of await model(engine).stream('x')) {
    expect(text).toBe('xxx');
    break;
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(engine.signals.at(-1)?.aborted).toBe(true);
  expect(engine.written).toBeLessThan(100);
});

test('a failure comes after the pieces that were written', async () => {
  const failing = model({
    id: writing('').id,
    async generate(_, options) {
      options?.onText?.('one');
      throw new JurorError('engine', 'no such luck');
    },
  });
  const seen: string[] = [];
  const read = (async () => {
    for await (const { text } of await failing.stream('x')) seen.push(text);
  })();
  await expect(read).rejects.toMatchObject({ code: 'engine', message: 'no such luck' });
  expect(seen).toEqual(['one']);
  await expect(failing.invoke('x')).rejects.toMatchObject({ code: 'engine' });
});

test('what a text model cannot read is refused with its place', async () => {
  const engine = writing('');
  const cases: [Parameters<JurorChatModel['invoke']>[0], string][] = [
    [[new AIMessage('Hm.')], 'messages.0: expected a message of the user at the end, got assistant'],
    [
      [new ToolMessage({ content: 'x', tool_call_id: '1' }), new HumanMessage('x')],
      'messages.0: expected a system, user or assistant message, got tool',
    ],
    [
      [new AIMessage({ content: '', tool_calls: [{ name: 'x', args: {} }] }), new HumanMessage('x')],
      'messages.0: expected text, got a call of a tool',
    ],
    [
      [new HumanMessage({ content: [{ type: 'image_url', image_url: 'data:,' }] })],
      'messages.0: expected text, got image_url',
    ],
    [[], 'messages.0: expected a message of the user at the end, got none'],
  ];
  for (const [messages, message] of cases)
    await expect(model(engine).invoke(messages)).rejects.toMatchObject({ code: 'usage', message });
  expect(engine.requests).toEqual([]);
});

test("LangChain's cache tells models, settings and schemas apart", async () => {
  const engine = writing('{"a":1}');
  const cache = new InMemoryCache();
  const schema = z.object({ a: z.int() });
  for (let round = 0; round < 2; round++) {
    await model(engine, { cache }).invoke('x');
    await model(engine, { cache, seed: 1 }).invoke('x');
    await model(engine, { cache }).invoke('x', { stop: ['y'] });
    await model({ ...engine, id: { ...engine.id, digest: 'other' } }, { cache }).invoke('x');
    await model(engine, { cache }).withStructuredOutput(schema).invoke('x');
  }
  expect(engine.requests).toHaveLength(5);
});

test('structured output is held to the schema by a grammar, and checked', async () => {
  const schema = z.object({ winner: z.enum(['A', 'B']), share: z.number().min(0).max(1) });
  const engine = writing('{"winner": "A", "share": 0.5}');
  expect(await model(engine).withStructuredOutput(schema).invoke('x')).toEqual({ winner: 'A', share: 0.5 });
  expect(engine.requests[0]?.schema).toEqual({
    type: 'object',
    properties: { winner: { enum: ['A', 'B'] }, share: { type: 'number' } },
    additionalProperties: false,
  });
  const raw = await model(engine).withStructuredOutput(schema, { includeRaw: true }).invoke('x');
  expect(raw.parsed).toEqual({ winner: 'A', share: 0.5 });
  expect(raw.raw.text).toBe('{"winner": "A", "share": 0.5}');
  const beyond = model(writing('{"winner": "A", "share": 2}'));
  await expect(beyond.withStructuredOutput(schema).invoke('x')).rejects.toThrow('share');
  expect(await beyond.withStructuredOutput(schema, { includeRaw: true }).invoke('x')).toMatchObject({
    parsed: null,
  });
  const plain = { type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] };
  expect(await model(writing('{"a": 4}')).withStructuredOutput(plain).invoke('x')).toEqual({ a: 4 });
});

test('an answer that was cut, and a schema that cannot be held, are errors', async () => {
  const schema = z.object({ a: z.string() });
  const cut = model(writing('{"a": "b', 'length'));
  await expect(cut.withStructuredOutput(schema).invoke('x')).rejects.toMatchObject({
    code: 'usage',
    message: 'maxTokens: expected room for the whole answer, got one cut by its budget',
  });
  const refused = (run: () => unknown, message: string) =>
    expect(run).toThrow(
      expect.objectContaining({ code: 'usage', message: expect.stringContaining(message) }),
    );
  refused(() => cut.withStructuredOutput(z.object({ a: z.any() })), 'a: expected one known type');
  refused(
    () => cut.withStructuredOutput({ type: 'object', properties: { a: { type: 'string', pattern: 'x' } } }),
    'got a: pattern; a Zod schema would be checked afterwards',
  );
  refused(
    () => cut.withStructuredOutput(schema, { method: 'functionCalling' }),
    'method: expected jsonSchema, got',
  );
});
