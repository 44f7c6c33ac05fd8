/** The embedded model as LangChain sees it. */
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { openLlama } from '../../src/engine/llama.ts';
import type { JurorEvent } from '../../src/events.ts';
import { JurorChatModel, JurorEmbeddings } from '../../src/langchain.ts';
import { runNode } from '../cli/juror.ts';
import { testModel } from '../support/model.ts';

test('the embedded model as a chat model and as embeddings', async () => {
  const restarts: JurorEvent[] = [];
  await using engine = await openLlama({
    onEvent: (event) => {
      if (event.type === 'engine-restart') restarts.push(event);
    },
    model: await testModel(),
    gpu: 'off',
    threads: 1,
    contextSize: 512,
    home: null,
  });
  const model = new JurorChatModel({ engine, maxTokens: 12 });
  const question = 'Name three colours, with an emoji for each.';
  const invoked = await model.invoke(question);
  const chunks = await Array.fromAsync(await model.stream(question));
  expect(chunks.length).toBeGreaterThan(3);
  expect(chunks.map(({ text }) => text).join('')).toBe(invoked.text);
  expect(invoked.usage_metadata).toMatchObject({ output_tokens: 12 });
  expect(invoked.response_metadata).toMatchObject({ finish_reason: 'length' });
  expect(chunks.at(-1)).toMatchObject({
    usage_metadata: { output_tokens: 12, input_token_details: { cache_read: expect.any(Number) } },
  });

  const sampled = await model.invoke(question, { temperature: 1, seed: 5 });
  expect((await model.invoke(question, { temperature: 1, seed: 5 })).text).toBe(sampled.text);
  const seen: string[] = [];
  for await (const { text } of await model.stream(question, { temperature: 1, seed: 5 })) {
    seen.push(text);
    // A new child writes the same text from its beginning; what was given before is not given again.
    if (seen.length === 3) for (const child of engine.childIds) process.kill(child, 'SIGKILL');
  }
  expect(restarts).toHaveLength(1);
  expect(seen.join('')).toBe(sampled.text);

  const word = invoked.text.trim().split(/\s+/)[2] ?? '';
  const stopped = await model.invoke(question, { stop: [word] });
  expect(stopped.text).toBe(invoked.text.slice(0, invoked.text.indexOf(word)));
  expect(stopped.response_metadata).toMatchObject({ finish_reason: 'stop' });

  const schema = z.object({
    colour: z.enum(['red', 'green']),
    score: z.int().min(1).max(5),
    note: z.string().max(8),
    tags: z.array(z.boolean()).max(2),
    more: z.tuple([z.null(), z.iso.date()]),
  });
  for (const temperature of [0, 2]) {
    const roomy = new JurorChatModel({ engine, maxTokens: 120, temperature });
    const { raw, parsed } = await roomy
      .withStructuredOutput(schema, { includeRaw: true })
      .invoke('Rate the colour red.');
    expect(schema.parse(parsed)).toEqual(parsed);
    expect(JSON.parse(raw.text)).toEqual(parsed);
    expect(raw.response_metadata).toMatchObject({ finish_reason: 'stop' });
  }
  await expect(model.withStructuredOutput(schema).invoke('Rate the colour red.')).rejects.toMatchObject({
    code: 'usage',
  });
  await expect(model.invoke('a '.repeat(600))).rejects.toMatchObject({ code: 'engine' });

  const vectors = await new JurorEmbeddings({ engine }).embedDocuments(['red', 'green']);
  const direct = await engine.embed([
    [{ role: 'user', content: 'red' }],
    [{ role: 'user', content: 'green' }],
  ]);
  expect(vectors).toEqual(direct.map(({ vector }) => [...vector]));
});

test('the example', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-example-'));
  const { path } = await testModel();
  const program = ['--import', './test/support/source.ts', 'examples/langchain-chat.ts'];
  const { code, stdout, stderr } = await runNode(program, home.path, { JUROR_MODEL: path });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^.+\n\{ verdict: '(good|bad)', score: [1-5] \}\n\d+ [01]\.\d{3}\n$/);
});
