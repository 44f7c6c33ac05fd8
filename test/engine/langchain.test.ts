/** The engine for remote models, against a real server on this machine. */
import { inspect } from 'node:util';
import { afterEach, expect, test, vi } from 'vitest';
import type { Deliberation, DeliberationResult } from '../../src/engine/engine.ts';
import { type LangChainOptions, openLangChain } from '../../src/engine/langchain.ts';
import { JurorError } from '../../src/errors.ts';
import type { JurorEvent } from '../../src/events.ts';
import { EngineId } from '../../src/schema.ts';
import { type ChatServer, chatServer, completes, cuts, fails, hangs, says } from '../support/chat-server.ts';

const key = 'sk-test-0123456789abcdefghijklmnop';
const verdict = completes([{ token: ' A', top: { ' A': 0.6, ' B': 0.2, A: 0.01, The: 0.05 } }]);
const plain = completes('yes', { withoutLogprobs: true });
/** Pauses between attempts, short. */
const quick = { backoffMs: 2, maxBackoffMs: 4 };

afterEach(() => vi.unstubAllEnvs());

function ask(overrides: Partial<Deliberation> = {}): Deliberation {
  return {
    prefix: [
      { role: 'system', segments: ['You are a judge.\n', 'Be fair.'] },
      { role: 'user', segments: ['Task.\n', 'Answers.\n'] },
    ],
    critique: null,
    questions: [
      { id: 'better', text: 'Which is better?\n', opening: 'Better answer:', labels: labels('A', 'B') },
    ],
    ...overrides,
  };
}

function labels(...names: readonly string[]) {
  return names.map((label) => ({ label, text: ` ${label}` }));
}

const critique = { instruction: 'Compare.', maxTokens: 50, temperature: 0.7, topP: 0.95, seeds: [11, 12] };

/** An engine on a server; without a probe unless one is wanted. */
function open(server: ChatServer, options: Partial<LangChainOptions> = {}) {
  return openLangChain({
    model: 'openai:judge-1',
    baseUrl: server.baseUrl,
    apiKey: key,
    protocol: 'top-logprobs',
    ...options,
    limits: { ...quick, ...options.limits },
  });
}

function probabilitiesOf(result: DeliberationResult, sample = 0, question = 0) {
  if (result.status !== 'done') throw new Error(result.message);
  const answer = result.samples[sample]?.answers[question];
  if (answer === undefined) throw new Error('no answer');
  return Object.fromEntries(
    Object.entries(answer.logProbabilities).map(([label, value]) => [label, Math.exp(value)]),
  );
}

async function errorOf(promise: Promise<unknown>): Promise<JurorError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!JurorError.isInstance(error)) throw new Error(`expected a JurorError, got ${inspect(error)}`);
  expect(inspect(error, { depth: 12, showHidden: true })).not.toContain(key);
  expect(`${error.stack}`).not.toContain(key);
  return error;
}

test('labels are read from log-probabilities after the forced opening', async () => {
  await using server = await chatServer(verdict);
  await using engine = await open(server, { protocol: 'auto' });
  expect(engine.protocol).toBe('top-logprobs');
  const result = await engine.deliberate(ask());
  expect(probabilitiesOf(result)).toEqual({ A: expect.closeTo(0.75, 9), B: expect.closeTo(0.25, 9) });
  expect(result).toMatchObject({
    samples: [{ critique: null, answers: [{ questionId: 'better', labelMass: Math.log(0.8) }] }],
  });
  expect(server.requests).toHaveLength(2);
  expect(server.requests[1]).toEqual({
    authorization: `Bearer ${key}`,
    body: {
      model: 'judge-1',
      messages: [
        { role: 'system', content: 'You are a judge.\nBe fair.' },
        { role: 'user', content: 'Task.\nAnswers.\nWhich is better?\n' },
        { role: 'assistant', content: 'Better answer:' },
      ],
      max_tokens: 8,
      temperature: 0,
      seed: 0,
      logprobs: true,
      top_logprobs: 20,
      add_generation_prompt: false,
      continue_final_message: true,
      stream: false,
    },
  });
});

test('without a forced opening the judge is asked for the label alone, and spellings add up', async () => {
  await using server = await chatServer(completes([{ token: 'A', top: { A: 0.5, ' A': 0.1, B: 0.2 } }]));
  await using engine = await open(server, { opening: 'ask' });
  expect(probabilitiesOf(await engine.deliberate(ask()))).toEqual({
    A: expect.closeTo(0.75, 9),
    B: expect.closeTo(0.25, 9),
  });
  expect(server.requests[0]?.body).not.toHaveProperty('continue_final_message');
  expect(server.requests[0]?.body.messages.at(-1)).toEqual({
    role: 'user',
    content: 'Task.\nAnswers.\nWhich is better?\n\nReply with the label alone, exactly one of: A, B.',
  });
});

test('segments can be sent as parts', async () => {
  await using server = await chatServer(verdict);
  await using engine = await open(server, { segments: 'parts' });
  await engine.deliberate(ask());
  expect(server.requests[0]?.body.messages[1]?.content).toEqual([
    { type: 'text', text: 'Task.\n' },
    { type: 'text', text: 'Answers.\n' },
    { type: 'text', text: 'Which is better?\n' },
  ]);
  await using joined = await open(server);
  expect(joined.id.template).not.toBe(engine.id.template);
});

test('a critique for each seed, and every question after it; tokens do not depend on the company', async () => {
  await using server = await chatServer((request, ...rest) => {
    const reading = {
      prompt_tokens: 190,
      completion_tokens: 1,
      prompt_tokens_details: { cached_tokens: 64 },
    };
    const writing = { prompt_tokens: 100, completion_tokens: 40 };
    const reply = request.logprobs
      ? completes([{ token: ' A', top: { ' A': 0.6, ' B': 0.2 } }], { usage: reading })
      : completes(` B is wrong (${request.seed}). `, {
          finish: request.seed === 11 ? 'length' : 'stop',
          usage: writing,
        });
    return reply(request, ...rest);
  });
  await using engine = await open(server, { price: { input: 2, cachedInput: 1, output: 8 } });
  const questions = ['better', 'again'].flatMap((id) =>
    ask().questions.map((question) => ({ ...question, id })),
  );
  const result = await engine.deliberate(ask({ critique, questions }));
  if (result.status !== 'done') throw new Error(result.message);
  expect(result.samples.map((sample) => sample.critique)).toEqual([
    { text: 'B is wrong (11).', finish: 'length' },
    { text: 'B is wrong (12).', finish: 'stop' },
  ]);
  const [sample] = result.samples;
  expect(sample?.usage).toEqual({ evaluated: 100, reused: 0, generated: 40 });
  expect(sample?.answers.map(({ usage }) => usage)).toEqual([
    { evaluated: 50, reused: 0, generated: 1 },
    { evaluated: 126, reused: 64, generated: 1 },
  ]);
  // First: 100 + 50; others: 190 less the 40 that the critique wrote. The same.
  const [asked, ...answered] = server.requests
    .map(({ body }) => body)
    .sort((left, right) => left.messages.length - right.messages.length)
    .slice(1);
  expect(asked).toMatchObject({ max_tokens: 50, temperature: 0.7, top_p: 0.95 });
  expect(asked?.messages.at(-1)?.content).toBe('Task.\nAnswers.\nCompare.');
  expect(asked).not.toHaveProperty('logprobs');
  expect(answered[0]?.messages.slice(1).map(({ role }) => role)).toEqual([
    'user',
    'assistant',
    'user',
    'assistant',
  ]);
  expect(engine.spent).toEqual({
    requests: 6,
    retries: 0,
    usage: { evaluated: 2 * 100 + 4 * 126, reused: 4 * 64, generated: 2 * 40 + 4 },
    cost: (704 * 2 + 256 * 1 + 84 * 8) / 1e6,
  });
});

test('where the log-probabilities lack a label, the list bounds it and the mass says what was seen', async () => {
  await using server = await chatServer(completes([{ token: ' A', top: { ' A': 0.9, The: 0.06 } }]));
  await using engine = await open(server);
  const result = await engine.deliberate(ask());
  expect(probabilitiesOf(result).B).toBeCloseTo(0.04 / 0.94, 9);
  expect(result).toMatchObject({ samples: [{ answers: [{ labelMass: expect.closeTo(Math.log(0.9), 9) }] }] });
  server.script(completes([{ token: 'Sure', top: { Sure: 0.9, The: 0.06 } }]));
  expect(await engine.deliberate(ask())).toEqual({
    status: 'unscored',
    reason: 'invalid',
    message: 'expected one of A, B among the 20 most probable tokens, got none',
  });
});

test('labels that begin alike: the beginning is forced where the reply went another way', async () => {
  await using server = await chatServer(
    completes([{ token: ' 2', top: { ' 2': 0.6, ' 1': 0.4 } }]),
    completes([{ token: '0', top: { '0': 0.75, '\n': 0.25 } }]),
  );
  await using engine = await open(server);
  const questions = [
    { id: 'score', text: 'Score?', opening: 'Score:', labels: labels('1', '2', '10', '11') },
  ];
  const read = probabilitiesOf(await engine.deliberate(ask({ questions })));
  expect(server.requests.map(({ body }) => body.messages.at(-1)?.content)).toEqual(['Score:', 'Score: 1']);
  expect(read['2']).toBeCloseTo(0.6, 2);
  expect(read['10']).toBeCloseTo(0.3, 2);
  expect(read['1']).toBeCloseTo(0.1, 2);
});

test('without log-probabilities a schema constrains the answer', async () => {
  await using server = await chatServer(plain, completes('{"verdict":"B"}'));
  await using engine = await open(server, { protocol: 'auto' });
  expect(engine.protocol).toBe('structured');
  const result = await engine.deliberate(ask());
  expect(probabilitiesOf(result)).toEqual({
    A: expect.closeTo(0.01 / 1.02, 9),
    B: expect.closeTo(1.01 / 1.02, 9),
  });
  expect(result).toMatchObject({ samples: [{ answers: [{ labelMass: 0 }] }] });
  expect(server.requests[1]?.body).toMatchObject({
    temperature: 0,
    response_format: {
      type: 'json_schema',
      json_schema: {
        name: 'verdict',
        schema: { properties: { verdict: { enum: ['A', 'B'] } }, required: ['verdict'] },
      },
    },
  });
  expect(server.requests[1]?.body.messages.at(-1)?.role).toBe('user');
  server.script(completes('{"verdict":"C"}'));
  expect(await engine.deliberate(ask())).toMatchObject({
    status: 'unscored',
    reason: 'invalid',
    message: expect.stringContaining('one of A, B'),
  });
  server.script(completes('{"verdict": "A', { finish: 'length' }));
  expect(await engine.deliberate(ask())).toMatchObject({ status: 'unscored', reason: 'invalid' });
});

test('several schema-constrained answers are averaged, and what is no label is counted as such', async () => {
  await using server = await chatServer((request, ...rest) =>
    completes(`{"verdict":"${['A', 'A', 'B', 'none'][Number(request.seed)]}"}`)(request, ...rest),
  );
  await using engine = await open(server, { protocol: 'structured', answers: 4, smoothing: 0.5 });
  const result = await engine.deliberate(ask());
  expect(probabilitiesOf(result)).toEqual({ A: expect.closeTo(2.5 / 4, 9), B: expect.closeTo(1.5 / 4, 9) });
  expect(result).toMatchObject({
    samples: [{ answers: [{ labelMass: expect.closeTo(Math.log(3 / 4), 9) }] }],
  });
  expect(server.requests.map(({ body }) => [body.seed, body.temperature])).toContainEqual([3, 1]);
});

test('the first request finds out what a server does not take', async () => {
  const unsupported = (parameter: string) =>
    fails(400, { message: `Unsupported parameter: '${parameter}' is not supported with this model.` });
  await using server = await chatServer((request, ...rest) => {
    const refused = ['logprobs', 'temperature', 'top_p'].find((name) => name in request);
    return (refused === undefined ? completes('{"verdict":"A"}') : unsupported(refused))(request, ...rest);
  });
  await using engine = await open(server, { protocol: 'auto' });
  expect(engine.protocol).toBe('structured');
  expect(engine.id.settings).toMatchObject({ temperature: false, topP: false, seed: true });
  expect(await engine.deliberate(ask())).toMatchObject({ status: 'done' });
  server.script((request, ...rest) =>
    (Number(request.top_logprobs) > 5 ? fails(422, { message: 'top_logprobs must be at most 5' }) : verdict)(
      request,
      ...rest,
    ),
  );
  await using fewer = await open(server, { protocol: 'auto' });
  expect(fewer.id.settings).toMatchObject({ topLogprobs: 5 });
});

test('a server that does not continue an assistant’s message is asked for the label', async () => {
  await using server = await chatServer((request, ...rest) => {
    const refused = request.messages.at(-1)?.role === 'assistant';
    const reply = refused
      ? fails(400, { message: 'Unrecognized request argument supplied: continue_final_message' })
      : completes([{ token: 'A', top: { A: 0.5, B: 0.3 } }]);
    return reply(request, ...rest);
  });
  await using engine = await open(server, { protocol: 'auto' });
  expect(engine.id.settings).toMatchObject({ opening: 'ask', topLogprobs: 20 });
  expect(probabilitiesOf(await engine.deliberate(ask())).A).toBeCloseTo(0.625, 9);
});

test('a server that is asked too much is left alone for as long as it says', async () => {
  await using server = await chatServer(
    fails(429, { message: `Slow down, ${key}` }, { 'retry-after': '0.2' }),
    verdict,
  );
  await using engine = await open(server);
  const events: JurorEvent[] = [];
  const result = await engine.deliberate(ask(), { onEvent: (event) => events.push(event) });
  expect(result.status).toBe('done');
  expect(engine.spent.retries).toBe(1);
  expect(events).toEqual([
    {
      type: 'warning',
      message: expect.stringMatching(/^429 Slow down, \[key\]; attempt 2 of 6 in 0\.2\d* s$/),
    },
    { type: 'engine-progress', evaluated: 100, generated: 1 },
  ]);
  server.script(fails(429, { message: 'Slow down' }, { 'retry-after': '3600' }));
  expect(await engine.deliberate(ask())).toMatchObject({
    status: 'unscored',
    reason: 'engine',
    message: expect.stringContaining('too late'),
  });
});

test('500, cut connections and silence are tried again', async () => {
  await using server = await chatServer(
    fails(500, { message: 'oops' }),
    cuts(),
    hangs(),
    cuts({ before: true }),
    verdict,
  );
  await using engine = await open(server, { limits: { requestTimeoutMs: 300 } });
  const reasons: string[] = [];
  const result = await engine.deliberate(ask(), {
    onEvent: (event) => {
      if (event.type === 'warning') reasons.push(event.message.split(';')[0] ?? '');
    },
  });
  expect(result.status).toBe('done');
  expect(reasons).toEqual([
    '500 oops',
    expect.stringMatching(/^the connection /),
    'no reply within 0.3 s',
    expect.stringMatching(/^the connection /),
  ]);
  expect(server.requests).toHaveLength(5);
});

test('what stays broken is unscored with the reason', async () => {
  await using server = await chatServer(fails(503, { message: 'overloaded' }));
  await using engine = await open(server, { limits: { retries: 2 } });
  expect(await engine.deliberate(ask())).toEqual({
    status: 'unscored',
    reason: 'engine',
    message: '503 overloaded (3 attempts)',
  });
  server.script(cuts());
  expect(await engine.deliberate(ask())).toMatchObject({
    status: 'unscored',
    reason: 'engine',
    message: expect.stringMatching(/^the connection .*3 attempts/),
  });
  const gone = vi.fn();
  server.script(hangs(gone));
  await using hasty = await open(server, {
    limits: { requestTimeoutMs: 60_000, deliberationTimeoutMs: 150 },
  });
  expect(await hasty.deliberate(ask())).toMatchObject({
    status: 'unscored',
    reason: 'engine',
    message: 'no reply within 0.15 s for all of it',
  });
  await vi.waitFor(() => expect(gone).toHaveBeenCalled());
});

test('malformed replies are invalid, and are not asked for again', async () => {
  await using server = await chatServer(verdict);
  await using engine = await open(server);
  for (const body of [
    '{"choices":[{"mess',
    '',
    '[]',
    '{}',
    '{"choices":[]}',
    'null',
    '"text"',
    '<html>busy</html>',
  ]) {
    server.script(says(body));
    const before = server.requests.length;
    expect(await engine.deliberate(ask()), body).toMatchObject({ status: 'unscored', reason: 'invalid' });
    expect(server.requests.length - before, body).toBe(1);
  }
  server.script(plain);
  expect(await engine.deliberate(ask())).toMatchObject({
    reason: 'invalid',
    message: 'expected log-probabilities in the reply, got none',
  });
  server.script(completes(' ', { finish: 'length' }));
  expect(await engine.deliberate(ask({ critique }))).toMatchObject({
    reason: 'invalid',
    message: "expected a critique, got an empty reply that ended with 'length'",
  });
  server.script(completes('', { finish: 'content_filter' }));
  expect(await engine.deliberate(ask({ critique }))).toMatchObject({
    reason: 'invalid',
    message: expect.stringContaining('content_filter'),
  });
});

test('a request that is too long is unscored: context', async () => {
  await using server = await chatServer(
    fails(400, {
      message: "This model's maximum context length is 8192 tokens.",
      code: 'context_length_exceeded',
    }),
  );
  await using engine = await open(server);
  expect(await engine.deliberate(ask())).toMatchObject({ status: 'unscored', reason: 'context' });
  server.script(
    fails(400, {
      message: 'the request exceeds the available context size, try increasing it',
      type: 'exceed_context_size_error',
    }),
  );
  expect(await engine.deliberate(ask())).toMatchObject({ status: 'unscored', reason: 'context' });
});

test.for([
  [
    401,
    'usage',
    /expected a valid key, the key in OPENAI_API_KEY was refused: 401 Incorrect API key provided: \[key\]/,
  ],
  [403, 'usage', /the key in OPENAI_API_KEY does not allow this/],
  [404, 'model', /no such model or address for the key in OPENAI_API_KEY/],
  [400, 'usage', /the request was refused, with the key in OPENAI_API_KEY/],
] as const)(
  '%i is final, names the variable of the key and never the key',
  async ([status, code, message]) => {
    await using server = await chatServer(
      fails(status, { message: `Incorrect API key provided: ${key}. Bearer ${key}` }),
    );
    await using engine = await open(server);
    const error = await errorOf(engine.deliberate(ask()));
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(server.requests).toHaveLength(1);
    expect(await errorOf(open(server, { protocol: 'auto' }))).toMatchObject({ code });
  },
);

test('an account without quota is final, and keys of every origin stay out of errors', async () => {
  await using server = await chatServer(
    fails(429, { message: `No quota for ${key}`, code: 'insufficient_quota' }),
  );
  vi.stubEnv('OPENAI_API_KEY', key);
  const { apiKey: _, ...rest } = {
    apiKey: key,
    model: 'openai:judge-1',
    baseUrl: server.baseUrl,
    limits: quick,
  };
  const error = await errorOf(openLangChain(rest));
  expect(error.message).toContain('no quota left');
  expect(server.requests[0]?.authorization).toBe(`Bearer ${key}`);
  const token = 'of no usual shape';
  server.script(fails(500, { message: `x-gateway-token was ${token}` }));
  const parameters = { configuration: { defaultHeaders: { 'x-gateway-token': token } } };
  const engine = await open(server, { apiKey: 'unused-key-0', parameters, limits: { retries: 0 } });
  const result = await engine.deliberate(ask());
  expect(result).toMatchObject({ status: 'unscored', message: expect.stringContaining('[key]') });
  expect(JSON.stringify([result, engine.id])).not.toContain(token);
});

test('an abort ends the request and the waiting, and says so', async () => {
  const gone = vi.fn();
  await using server = await chatServer(hangs(gone));
  await using engine = await open(server);
  const controller = new AbortController();
  const deliberation = errorOf(engine.deliberate(ask({ critique }), { signal: controller.signal }));
  await vi.waitFor(() => expect(server.requests).toHaveLength(2));
  controller.abort();
  expect((await deliberation).code).toBe('aborted');
  await vi.waitFor(() => expect(gone).toHaveBeenCalledTimes(2));
  expect((await errorOf(engine.deliberate(ask(), { signal: controller.signal }))).code).toBe('aborted');
  server.script(fails(429, { message: 'wait' }, { 'retry-after': '30' }));
  const waiting = new AbortController();
  const paused = errorOf(
    engine.deliberate(ask(), { signal: waiting.signal, onEvent: () => waiting.abort() }),
  );
  expect((await paused).code).toBe('aborted');
});

test('an engine that is closed ends what is under way', async () => {
  await using server = await chatServer(hangs());
  const engine = await open(server);
  const deliberation = errorOf(engine.deliberate(ask()));
  await vi.waitFor(() => expect(server.requests).toHaveLength(1));
  await engine[Symbol.asyncDispose]();
  expect(await deliberation).toMatchObject({ code: 'engine', message: 'the engine is closed' });
});

test('no more requests than allowed are in flight or start in an interval', async () => {
  let inFlight = 0;
  let most = 0;
  await using server = await chatServer(async (request, response, raw) => {
    most = Math.max(most, ++inFlight);
    await new Promise((resolve) => setTimeout(resolve, 20));
    inFlight--;
    await verdict(request, response, raw);
  });
  await using engine = await open(server, { limits: { concurrency: 2 } });
  expect(engine.concurrency).toBe(2);
  await Promise.all(Array.from({ length: 6 }, () => engine.deliberate(ask())));
  expect(most).toBe(2);
  await using slow = await open(server, { limits: { requestsPerInterval: 2, intervalMs: 60_000 } });
  const controller = new AbortController();
  const ends = Array.from({ length: 3 }, () => slow.deliberate(ask(), { signal: controller.signal }));
  const third = errorOf(Promise.all(ends));
  await Promise.all(ends.slice(0, 2));
  controller.abort();
  expect((await third).code).toBe('aborted');
  expect(server.requests).toHaveLength(6 + 2);
});

test('the id holds what can change an answer, and nothing secret', async () => {
  await using server = await chatServer(verdict);
  await using engine = await open(server);
  await using otherKey = await open(server, { apiKey: 'sk-another-0123456789' });
  await using other = await open(server, { model: 'openai:judge-2' });
  await using tuned = await open(server, { parameters: { frequencyPenalty: 0.5 } });
  await using secret = await open(server, {
    parameters: { frequencyPenalty: 0.5, configuration: { apiKey: key } },
  });
  expect(EngineId.parse(engine.id)).toMatchObject({
    kind: 'langchain',
    model: 'openai:judge-1',
    settings: { provider: 'openai', baseUrl: server.baseUrl, opening: 'continue', topLogprobs: 20 },
  });
  expect(otherKey.id).toEqual(engine.id);
  const digests = [engine, other, tuned].map(({ id }) => id.digest);
  expect(new Set(digests).size).toBe(3);
  expect(secret.id.settings.baseUrl).toBe(engine.id.settings.baseUrl);
  expect(JSON.stringify([engine.id, secret.id])).not.toContain(key);
});

test('wrong names, addresses and missing keys are told before anything is sent', async () => {
  vi.stubEnv('OPENAI_API_KEY', '');
  vi.stubEnv('OPENAI_BASE_URL', '');
  const failing = async (options: LangChainOptions) => (await errorOf(openLangChain(options))).message;
  expect(await failing({ model: 'opena:gpt-4.1' })).toContain("did you mean 'openai:gpt-4.1'?");
  expect(await failing({ model: 'gpt-4.1' })).toContain('expected provider:model');
  expect(await failing({ model: 'openai:gpt-4.1' })).toContain('OPENAI_API_KEY, which is not set');
  expect(await failing({ model: 'openai:x', baseUrl: 'localhost:8000' })).toContain(
    'expected an address such as',
  );
  expect(await failing({ model: 'openai:x', baseUrl: `http://user:${key}@localhost/v1` })).toContain(
    'without a user',
  );
  expect(await failing({ model: 'cohere:x', baseUrl: 'http://localhost/v1' })).toContain('openai:MODEL');
  const limits = { requestTimeoutMs: 1e12 };
  expect(await failing({ model: 'openai:x', apiKey: key, limits })).toContain('at most 24 days');
  expect(await failing({ model: 'cohere:command', apiKey: key, protocol: 'top-logprobs' })).toContain(
    'no log-probabilities',
  );
  expect(await failing({ model: 'cohere:command', apiKey: key })).toContain('npm install @langchain/cohere');
});

test('a server of one’s own needs no key', async () => {
  vi.stubEnv('OPENAI_API_KEY', '');
  await using server = await chatServer(verdict);
  await using engine = await openLangChain({ model: 'openai:local', baseUrl: server.baseUrl });
  expect(engine.protocol).toBe('top-logprobs');
  expect(server.requests[0]?.authorization).toBe('Bearer none');
});

test('a server that is not there is an engine error at opening, unscored later', async () => {
  const server = await chatServer(verdict);
  const engine = await open(server, { limits: { retries: 1 } });
  await server[Symbol.asyncDispose]();
  expect(await engine.deliberate(ask())).toMatchObject({ status: 'unscored', reason: 'engine' });
  expect(await errorOf(open(server, { protocol: 'auto', limits: { retries: 1 } }))).toMatchObject({
    code: 'engine',
    message: expect.stringContaining(server.baseUrl),
  });
});

test('what only local models can do is refused in clear words', async () => {
  await using server = await chatServer(verdict);
  await using engine = await open(server);
  const expected = { code: 'usage', message: expect.stringContaining('openLlama') };
  expect(await errorOf(engine.logprob({ messages: [], continuation: 'x' }))).toMatchObject(expected);
  expect(await errorOf(engine.embed([]))).toMatchObject(expected);
});
