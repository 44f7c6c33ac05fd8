/** What the environment asks LangChain to send to LangSmith is not sent for judgments. A file of its own: LangSmith reads the environment once. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FakeListChatModel } from '@langchain/core/utils/testing';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openLangChain } from '../../src/engine/langchain.ts';
import { chatServer, completes } from '../support/chat-server.ts';

const traced: string[] = [];
const tracer = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  traced.push(Buffer.concat(chunks).toString('utf8'));
  response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
});

beforeAll(async () => {
  await new Promise<void>((resolve) => tracer.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('LANGSMITH_TRACING', 'true');
  vi.stubEnv('LANGCHAIN_TRACING_V2', 'true');
  vi.stubEnv('LANGSMITH_ENDPOINT', `http://127.0.0.1:${(tracer.address() as AddressInfo).port}`);
  vi.stubEnv('LANGSMITH_API_KEY', 'traced');
  // Without compression a trace is plain text.
  vi.stubEnv('LANGSMITH_DISABLE_RUN_COMPRESSION', 'true');
});

afterAll(async () => {
  vi.unstubAllEnvs();
  tracer.closeAllConnections();
  await new Promise((resolve) => tracer.close(resolve));
});

test('tracing asked for by the environment sees none of it, and nothing is printed', async () => {
  const printed = (['log', 'warn', 'error', 'info'] as const).map((name) => vi.spyOn(console, name));
  await using server = await chatServer((request, ...rest) => {
    const reply = request.logprobs
      ? completes([{ token: 'A', top: { A: 0.6, B: 0.2 } }])
      : completes('{"verdict":"B"}');
    return reply(request, ...rest);
  });
  const question = {
    id: 'better',
    text: 'Which?',
    opening: 'Better:',
    labels: ['A', 'B'].map((label) => ({ label, text: ` ${label}` })),
  };
  for (const protocol of ['top-logprobs', 'structured'] as const) {
    await using engine = await openLangChain({ model: 'openai:judge', baseUrl: server.baseUrl, protocol });
    const result = await engine.deliberate({
      prefix: [{ role: 'user', segments: ['the judged text'] }],
      critique: null,
      questions: [question],
    });
    expect(result.status).toBe('done');
  }
  expect(JSON.stringify(server.requests)).toContain('the judged text');
  // LangChain traces this call, after all that came before it.
  await new FakeListChatModel({ responses: ['x'] }).invoke('the control');
  await vi.waitFor(() => expect(traced.join()).toContain('the control'), { timeout: 20_000 });
  expect(traced.join()).not.toContain('the judged text');
  for (const spy of printed) expect(spy).not.toHaveBeenCalled();
});
