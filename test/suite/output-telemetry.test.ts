import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Sample } from '../../src/schema.ts';
import { capturesContent, sendTelemetry } from '../../src/suite/output-telemetry.ts';
import {
  conventionNames,
  conventionVersion,
  evaluationEvent,
  jurorNames,
} from '../../src/suite/output-telemetry-names.ts';
import { fakeEngine } from '../support/fake-engine.ts';
import { logServer } from '../support/log-server.ts';
import { judgedRun } from '../support/suite-run.ts';

// The SDK's own copy; juror has the names alone.
const near = createRequire(createRequire(import.meta.url).resolve('@opentelemetry/sdk-logs'));

const secret = (index: number) => `secret-${(index * 7919 + 104_729).toString(36)}-${index}`;

/** Samples with a secret in every text; the second half goes unscored with a secret in the message. */
const secretSamples = (count: number): Sample[] =>
  Array.from({ length: count }, (_, index) => ({
    id: `chat-${index}`,
    prompt: `My password is ${secret(index)}.`,
    reference: `The reference of ${secret(index)}.`,
    responses: [{ id: `chatcmpl-${index}`, text: `I keep ${secret(index)} to myself.`, model: 'gpt' }],
    metadata: { note: secret(index), subset: `subset of ${secret(index)}` },
    label: 0.5,
  }));

const telling = fakeEngine({
  answer: (request) => {
    const [own] = /secret-\w+-\d+/.exec(JSON.stringify(request.prefix)) ?? [''];
    if (Number(/\d+$/.exec(own)?.[0]) % 2 === 1)
      return { status: 'unscored', reason: 'engine', message: `failed on ${own}` };
    return {
      status: 'done',
      samples: (request.critique?.seeds ?? [0]).map(() => ({
        critique: { text: `The answer tells ${own}.`, finish: 'stop' as const },
        usage: { evaluated: 1, reused: 0, generated: 1 },
        answers: request.questions.map(({ id, labels }) => ({
          questionId: id,
          logProbabilities: Object.fromEntries(
            labels.map(({ label }) => [label, Math.log(1 / labels.length)]),
          ),
          labelMass: -0.1,
          usage: { evaluated: 1, reused: 0, generated: 1 },
        })),
      })),
    };
  },
});

const home = await mkdtempDisposable(join(tmpdir(), 'juror-telemetry-'));
afterAll(() => home.remove());
const secrets = await judgedRun(home.path, 'answers', {
  rubrics: ['helpfulness'],
  samples: secretSamples(1000),
  engine: telling,
  critique: 'brief',
});

test('names are those of the conventions, and of juror alone otherwise', async () => {
  const conventions = near('@opentelemetry/semantic-conventions/incubating');
  const manifest = join(near.resolve('@opentelemetry/semantic-conventions'), '../../package.json');
  expect(JSON.parse(await readFile(manifest, 'utf8')).version).toBe(conventionVersion);
  expect(evaluationEvent).toBe(conventions.EVENT_GEN_AI_EVALUATION_RESULT);
  expect(conventionNames).toEqual({
    name: conventions.ATTR_GEN_AI_EVALUATION_NAME,
    score: conventions.ATTR_GEN_AI_EVALUATION_SCORE_VALUE,
    label: conventions.ATTR_GEN_AI_EVALUATION_SCORE_LABEL,
    explanation: conventions.ATTR_GEN_AI_EVALUATION_EXPLANATION,
    responseId: conventions.ATTR_GEN_AI_RESPONSE_ID,
    errorType: conventions.ATTR_ERROR_TYPE,
  });
  for (const name of Object.values(jurorNames)) expect(name).toMatch(/^juror(\.[a-z]+)+$/);
});

test('1,000 secrets in prompts, answers, critiques and messages: none leaves without capture, all critiques with it', async () => {
  await using server = await logServer();
  const report = await sendTelemetry([secrets], { url: server.url });
  const events = server.events();
  const criteria = new Set(events.map(({ attributes }) => attributes[jurorNames.criterion])).size - 1;
  expect(report).toEqual({ sent: 1000 * (1 + criteria), failure: undefined });
  expect(events).toHaveLength(report.sent);
  const everything = server.requests.map(({ body, headers }) => body + JSON.stringify(headers)).join('');
  expect(everything).not.toContain('secret');

  const [first] = events;
  expect(first).toMatchObject({
    name: 'gen_ai.evaluation.result',
    attributes: {
      'gen_ai.evaluation.name': 'helpfulness',
      'gen_ai.evaluation.score.value': 0.5,
      'gen_ai.response.id': 'chatcmpl-0',
      'juror.suite.name': 'support-bot',
      'juror.sample.id': 'chat-0',
      'juror.rubric.id': 'helpfulness',
      'juror.response.models': ['gpt'],
    },
  });
  expect(first?.attributes['juror.verdict.keys']).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
  const names = [...Object.values(conventionNames), ...Object.values(jurorNames)];
  for (const { name, attributes } of events) {
    expect(name).toBe(evaluationEvent);
    expect(Object.keys(attributes).filter((key) => !names.some((known) => known === key))).toEqual([]);
    const failed = Number(String(attributes['juror.sample.id']).slice(5)) % 2 === 1;
    expect(attributes['error.type']).toBe(failed ? 'engine' : undefined);
    expect('gen_ai.evaluation.score.value' in attributes).toBe(!failed);
  }

  await using other = await logServer();
  await sendTelemetry([secrets], { url: `${other.url}/v1/logs`, captureContent: true });
  expect(other.requests[0]?.path).toBe('/v1/logs');
  const texts = other.requests.map(({ body }) => body).join('');
  for (let index = 0; index < 1000; index++)
    expect(texts).toContain(
      index % 2 === 0 ? `The answer tells ${secret(index)}.` : `failed on ${secret(index)}`,
    );
  expect(texts).not.toContain('My password');
});

const pair: Sample = {
  id: 'p',
  prompt: 'Name a colour.',
  responses: [
    { id: 'a', text: 'Blue.' },
    { id: 'b', text: 'Table.' },
  ],
};

test('a pair says which side won; names that juror gave are no ids of completions', async () => {
  await using server = await logServer();
  const source = await judgedRun(home.path, 'pairs', { rubrics: ['better-answer'], samples: [pair] });
  const { suite: _, ...alone } = source;
  await sendTelemetry([alone], {
    url: server.url,
    environment: { OTEL_SERVICE_NAME: 'bot', OTEL_RESOURCE_ATTRIBUTES: 'team=a%20b,service.name=other' },
  });
  const events = server.events();
  expect(events.map(({ attributes }) => attributes['gen_ai.evaluation.name'])).toEqual([
    'better-answer',
    expect.stringMatching(/^better-answer\/[a-z-]+$/),
  ]);
  for (const { attributes } of events) {
    expect(['first', 'second', 'tie']).toContain(attributes['gen_ai.evaluation.score.label']);
    expect(attributes).not.toHaveProperty('gen_ai.response.id');
    expect(attributes).not.toHaveProperty('juror.suite.name');
    expect(attributes['juror.response.ids']).toEqual(['a', 'b']);
  }
  const [{ resource }] = JSON.parse(server.requests[0]?.body ?? '').resourceLogs;
  expect(resource.attributes).toEqual([
    { key: 'service.name', value: { stringValue: 'bot' } },
    { key: 'team', value: { stringValue: 'a b' } },
  ]);
});

test('a receiver that is down or refuses ends telemetry, and is told', async () => {
  const send = (options: Parameters<typeof sendTelemetry>[1]) =>
    sendTelemetry([secrets], { timeout: 200, ...options });
  expect(await send({ url: 'http://127.0.0.1:9' })).toEqual({
    sent: 0,
    failure: expect.stringMatching(/\S/),
  });
  await using refusing = await logServer((index) => (index === 0 ? { status: 200 } : { status: 400 }));
  const { sent, failure } = await send({ url: refusing.url });
  expect(sent).toBeGreaterThan(500);
  expect(failure).toMatch(/\S/);
  expect(refusing.requests).toHaveLength(2);
  expect(await send({ environment: { OTEL_SDK_DISABLED: 'true' } })).toEqual({
    sent: 0,
    failure: 'OTEL_SDK_DISABLED is set',
  });
  for (const url of ['localhost:4318', 'file:///tmp/x', ''])
    await expect(send({ url })).rejects.toThrow('--telemetry: expected an address');
});

test('the environment turns capture on only in the words that instrumentations know', () => {
  const of = (value?: string) =>
    capturesContent({ OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: value });
  for (const value of ['EVENT_ONLY', 'span_and_event', 'true', ' TRUE '])
    expect(of(value)).toEqual({ capture: true });
  for (const value of [undefined, '', 'NO_CONTENT', 'span_only', 'False'])
    expect(of(value)).toEqual({ capture: false });
  expect(of('yes')).toEqual({ capture: false, unknown: 'yes' });
});
