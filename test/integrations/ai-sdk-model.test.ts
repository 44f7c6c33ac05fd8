import { expect, test } from 'vitest';
import type { GenerateOptions, Generation, GenerationResult } from '../../src/engine/generate.ts';
import { JurorError } from '../../src/errors.ts';
import { createJuror } from '../../src/integrations/ai-sdk.ts';
import { jurorRun } from '../../src/integrations/vitest-evals.ts';

/** An engine that writes `text` a piece at a time, and what it was asked. */
function writing(text: string, finish: GenerationResult['finish'] = 'stop') {
  const requests: Generation[] = [];
  const told = { written: 0 };
  return {
    id: { kind: 'llama', model: 'fake', digest: 'fake', template: 'fake', settings: {} },
    requests,
    told,
    async generate(request: Generation, { signal, onText }: GenerateOptions = {}): Promise<GenerationResult> {
      requests.push(request);
      for (const piece of text.match(/[\s\S]{1,3}/g) ?? []) {
        await new Promise((resolve) => setImmediate(resolve));
        if (signal?.aborted) throw new JurorError('aborted', 'writing was aborted');
        told.written++;
        onText?.(piece);
      }
      return { text, finish, usage: { evaluated: 5, reused: 7, generated: 4 } };
    },
  } as const;
}

const prompt = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: [{ type: 'text', text: 'Capital of Peru?' }] },
] as const;
const usage = {
  inputTokens: { total: 12, noCache: 5, cacheRead: 7, cacheWrite: undefined },
  outputTokens: { total: 4, text: 4, reasoning: 0 },
};

test('an answer has its text, why it ended and what it took; the call goes before the provider', async () => {
  const engine = writing('Lima, of course.', 'length');
  const model = createJuror({ engine, maxTokens: 8, seed: 3 })();
  const schema = { type: 'object', properties: { capital: { type: 'string', pattern: '^L' } } };
  const responseFormat = { type: 'json', schema } as const;
  const result = await model.doGenerate({
    prompt,
    temperature: 0.5,
    seed: 4,
    stopSequences: ['!'],
    topK: 3,
    tools: [{}],
    responseFormat,
  });
  expect(result).toMatchObject({
    content: [{ type: 'text', text: 'Lima, of course.' }],
    finishReason: { unified: 'length', raw: 'length' },
    usage,
    warnings: [
      { type: 'unsupported', feature: 'topK' },
      { type: 'unsupported', feature: 'tools' },
      { type: 'compatibility', feature: 'responseFormat', details: 'not held: capital: pattern' },
    ],
  });
  expect(engine.requests).toMatchObject([
    {
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Capital of Peru?' },
      ],
      maxTokens: 8,
      temperature: 0.5,
      topP: 1,
      seed: 4,
      stop: ['!'],
      schema: { type: 'object', additionalProperties: false },
    },
  ]);
});

test('a stream is the text in pieces, then the usage', async () => {
  const { stream } = await createJuror({ engine: writing('Lima.') })().doStream({ prompt });
  expect(await Array.fromAsync(stream)).toEqual([
    { type: 'stream-start', warnings: [] },
    { type: 'response-metadata', modelId: 'fake' },
    { type: 'text-start', id: 'text' },
    { type: 'text-delta', id: 'text', delta: 'Lim' },
    { type: 'text-delta', id: 'text', delta: 'a.' },
    { type: 'text-end', id: 'text' },
    { type: 'finish', usage, finishReason: { unified: 'stop', raw: 'stop' } },
  ]);
});

test('a consumer that leaves early ends the writing, and a failure is a part of the stream', async () => {
  const engine = writing('a text that would go on for a good while');
  const { stream } = await createJuror({ engine })().doStream({ prompt });
  for await (const part of stream) if (part.type === 'text-delta') break;
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(engine.told.written).toBeLessThan(4);
  const aborted = await createJuror({ engine })().doStream({ prompt, abortSignal: AbortSignal.abort() });
  expect((await Array.fromAsync(aborted.stream)).at(-1)).toMatchObject({
    type: 'error',
    error: { code: 'aborted' },
  });
});

test.for([
  [[{ role: 'user', content: [{ type: 'file' }] }], 'prompt.0: expected text, got file'],
  [
    [{ role: 'tool', content: [] }],
    'prompt.0: expected a turn of system, user or assistant, got one of a tool',
  ],
  [[{ role: 'assistant', content: 'x' }], 'prompt.0: expected a turn of the user at the end, got assistant'],
] as const)('what a text model cannot read is refused: %o', async ([prompt, message]) => {
  await expect(createJuror({ engine: writing('x') })().doGenerate({ prompt })).rejects.toMatchObject({
    code: 'usage',
    message,
  });
});

test('a name is one model; juror embeds nothing for the AI SDK', () => {
  const juror = createJuror({ engine: writing('x') });
  expect(juror('a')).toBe(juror.languageModel('a'));
  expect(juror()).toMatchObject({ specificationVersion: 'v4', provider: 'juror', modelId: 'fake' });
  expect(() => juror.embeddingModel('a')).toThrow(
    "expected a language model, got 'a': juror has no embedding model",
  );
});

test("a model behind another's judge answers in its schema, or says that it was cut", async () => {
  const schema = { type: 'object', properties: { choice: { enum: ['A', 'B'] } } };
  const asked = { system: 'Judge.', prompt: 'Which?', responseFormat: { type: 'json', schema } } as const;
  const engine = writing('{"choice":"A"}');
  expect(await jurorRun({ engine })(asked)).toBe('{"choice":"A"}');
  expect(engine.requests[0]).toMatchObject({
    messages: [{ role: 'system' }, { role: 'user' }],
    schema: { type: 'object' },
  });
  await expect(jurorRun({ engine: writing('{"cho', 'length') })(asked)).rejects.toMatchObject({
    code: 'usage',
  });
});
