/** Free text from a remote model, against a real server on this machine. */
import { expect, test } from 'vitest';
import { openLangChain } from '../../src/engine/langchain.ts';
import { chatServer, completes, fails } from '../support/chat-server.ts';

const asked = {
  messages: [{ role: 'user' as const, content: 'Say hello.' }],
  ...{ maxTokens: 7, temperature: 0.5, topP: 0.9, seed: 3, stop: [], schema: null },
};

test('a remote model writes: what is sent, what comes back, what is cut, refused and not known', async () => {
  await using server = await chatServer(completes('Hello there.'));
  await using engine = await openLangChain({
    model: 'openai:writer',
    baseUrl: server.baseUrl,
    apiKey: 'sk-test-0123456789',
    protocol: 'top-logprobs',
    limits: { backoffMs: 2, maxBackoffMs: 4, retries: 1 },
  });
  const pieces: string[] = [];
  expect(await engine.generate(asked, { onText: (text) => void pieces.push(text) })).toEqual({
    text: 'Hello there.',
    finish: 'stop',
    usage: { evaluated: 100, reused: 0, generated: 1 },
  });
  expect(pieces).toEqual(['Hello there.']);
  const { body } = server.requests[0] ?? {};
  expect(body).toMatchObject({ messages: asked.messages, temperature: 0.5, top_p: 0.9, seed: 3 });
  expect(body?.max_tokens ?? body?.max_completion_tokens).toBe(7);
  expect(engine.spent).toMatchObject({ requests: 1, usage: { evaluated: 100 } });

  server.script(completes('Hel', { finish: 'length' }));
  expect(await engine.generate(asked)).toMatchObject({ text: 'Hel', finish: 'length' });
  server.script(completes('', { finish: 'content_filter' }));
  await expect(engine.generate(asked)).rejects.toMatchObject({ code: 'engine', reason: 'invalid' });
  server.script(fails(500, { message: 'broken' }));
  await expect(engine.generate(asked)).rejects.toMatchObject({ code: 'engine' });
  server.script(fails(401, { message: 'no key' }));
  await expect(engine.generate(asked)).rejects.toMatchObject({ code: 'usage' });
  await expect(engine.generate({ ...asked, stop: ['x'] })).rejects.toThrow(/no stop texts and no schema/);
  await expect(engine.generate({ ...asked, maxTokens: 0 })).rejects.toMatchObject({ code: 'usage' });
  await expect(engine.generate(asked, { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'aborted',
  });
});
