import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type Deliberation, type Engine, UnanswerableRequest } from '../../src/engine/engine.ts';
import { isTextGenerator } from '../../src/engine/generate.ts';
import { openReplay, recordEngine } from '../../src/engine/replay.ts';
import { stubEngine } from '../reward/stub-engine.ts';
import { fakeEngine } from '../support/fake-engine.ts';
import { fakePolicy } from '../support/fake-policy.ts';
import { fakeWriter } from '../support/fake-writer.ts';

const request = (text: string): Deliberation => ({
  prefix: [{ role: 'user', segments: [text] }],
  critique: null,
  questions: [
    {
      id: 'q',
      text: '?',
      opening: '',
      labels: [
        { label: 'A', text: ' A' },
        { label: 'B', text: ' B' },
      ],
    },
  ],
});

/** Answers with a probability that depends on the text, and counts what it is asked. */
function countingEngine(model = 'counter'): Engine & { calls: number } {
  return {
    calls: 0,
    id: { kind: 'llama', model, digest: 'd', template: 't', settings: {} },
    concurrency: 1,
    protocol: 'logits',
    async deliberate({ prefix }) {
      this.calls++;
      const p = 1 / (2 + (prefix[0]?.segments[0]?.length ?? 0));
      const usage = { evaluated: 3, reused: 0, generated: 0 };
      const answers = [
        { questionId: 'q', logProbabilities: { A: Math.log(p), B: Math.log(1 - p) }, labelMass: -0.1, usage },
      ];
      return { status: 'done', samples: [{ critique: null, answers, usage }] };
    },
    logprob: () => Promise.reject(new Error('unused')),
    embed: () => Promise.reject(new Error('unused')),
    async [Symbol.asyncDispose]() {},
  };
}

test('a recording plays back bit for bit, under the recorded id, without the engine', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-replay-'));
  const file = join(folder.path, 'deep', 'recording.jsonl');
  const engine = countingEngine();
  const recorder = await recordEngine(engine, file);
  const made = [
    await recorder.deliberate(request('x')),
    await recorder.deliberate(request('{"__proto__":1}\ud800')),
  ];
  await recorder.deliberate(request('x'));
  await recorder[Symbol.asyncDispose]();
  expect((await readFile(file, 'utf8')).trim().split('\n')).toHaveLength(3);

  await using replay = await openReplay(file);
  expect(replay.id).toEqual(engine.id);
  expect([
    await replay.deliberate(request('x')),
    await replay.deliberate(request('{"__proto__":1}\ud800')),
  ]).toEqual(made);
  expect(engine.calls).toBe(3);
});

test('what was not recorded is an error, never an invention', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-replay-'));
  const file = join(folder.path, 'recording.jsonl');
  await (await recordEngine(countingEngine(), file)).deliberate(request('x'));
  await using replay = await openReplay(file);
  await expect(replay.deliberate(request('y'))).rejects.toMatchObject({ code: 'engine', place: { file } });
  await expect(replay.logprob({ messages: [], continuation: '' })).rejects.toMatchObject({ code: 'engine' });
  await expect(replay.embed([[{ role: 'user', content: 'x' }]])).rejects.toMatchObject({ code: 'engine' });
  const signal = AbortSignal.abort();
  await expect(replay.deliberate(request('x'), { signal })).rejects.toMatchObject({ code: 'aborted' });
});

test('a recording goes on with the same engine and refuses another', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-replay-'));
  const file = join(folder.path, 'recording.jsonl');
  await (await recordEngine(countingEngine(), file)).deliberate(request('x'));
  await (await recordEngine(countingEngine(), file)).deliberate(request('y'));
  await using replay = await openReplay(file);
  expect((await replay.deliberate(request('y'))).status).toBe('done');
  await expect(recordEngine(countingEngine('other'), file)).rejects.toMatchObject({
    code: 'data',
    place: { file },
  });
});

test('half a line of a killed recorder is cut off when the recording goes on', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-replay-'));
  const file = join(folder.path, 'recording.jsonl');
  await (await recordEngine(countingEngine(), file)).deliberate(request('ä'));
  const whole = await readFile(file, 'utf8');
  await writeFile(file, `${whole}{"request":"0`);
  await (await recordEngine(countingEngine(), file)).deliberate(request('b'));
  const text = await readFile(file, 'utf8');
  expect(text.startsWith(whole)).toBe(true);
  expect(text.trim().split('\n')).toHaveLength(3);
  const replay = await openReplay(file);
  expect(await replay.deliberate(request('b'))).toMatchObject({ status: 'done' });
});

test('a damaged recording names the line', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-replay-'));
  const file = join(folder.path, 'recording.jsonl');
  await (await recordEngine(countingEngine(), file)).deliberate(request('x'));
  const text = await readFile(file, 'utf8');
  for (const [damaged, line] of [
    [text.slice(0, -20), 2],
    [text.replace('"recording":1', '"recording":2'), 1],
    [`${text}{"request":"short","result":{}}\n`, 3],
    ['not json\n', 1],
  ] as const) {
    await writeFile(file, damaged);
    await expect(openReplay(file)).rejects.toMatchObject({ code: 'data', place: { file, line } });
  }
  await writeFile(file, '');
  await expect(openReplay(file)).rejects.toMatchObject({ code: 'data', place: { file } });
});

test('log-probabilities, what does not fit, and the tokenizer play back as they were read', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-replay-'));
  const file = join(folder.path, 'recording.jsonl');
  const engine = fakePolicy({ contextSize: 3 });
  const ask = (continuation: string, end = true) => ({
    messages: [{ role: 'user' as const, content: 'x' }],
    continuation,
    end,
  });
  const recorder = await recordEngine(engine, file);
  const read = await recorder.logprob(ask('two words'));
  await expect(recorder.logprob(ask('far too many words'))).rejects.toThrow(UnanswerableRequest);
  const tokenizer = await recorder.tokenizer?.();
  await recorder[Symbol.asyncDispose]();
  // A recorder that goes on writes nothing twice.
  const whole = await readFile(file, 'utf8');
  await using again = await recordEngine(engine, file);
  await again.logprob(ask('two words'));
  await again.tokenizer?.();
  expect(await readFile(file, 'utf8')).toBe(whole);

  await using replay = await openReplay(file);
  expect(await replay.logprob(ask('two words'))).toEqual(read);
  expect(await replay.tokenizer?.()).toEqual(tokenizer);
  await expect(replay.logprob(ask('far too many words'))).rejects.toMatchObject({
    reason: 'context',
    message: 'needs 5 tokens, the context has 3',
  });
  await expect(replay.logprob(ask('two words', false))).rejects.toMatchObject({ code: 'engine' });
});

test('written texts, and what does not fit, play back; an engine that writes none plays none', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-replay-'));
  const file = join(folder.path, 'recording.jsonl');
  const writer = fakeWriter(({ messages, seed }) => {
    if (messages[0]?.content === 'long') throw new UnanswerableRequest('context', 'needs 9 tokens');
    return `text ${seed}`;
  });
  const asked = (content: string, seed: number) => ({
    messages: [{ role: 'user' as const, content }],
    ...{ maxTokens: 4, temperature: 1, topP: 1, seed, stop: [], schema: null },
  });
  const recorder = await recordEngine({ ...fakeEngine(), ...writer }, file);
  const written = await recorder.generate(asked('x', 1));
  await recorder.generate(asked('x', 1));
  await expect(recorder.generate(asked('long', 1))).rejects.toThrow(UnanswerableRequest);
  await recorder[Symbol.asyncDispose]();
  expect((await readFile(file, 'utf8')).trim().split('\n')).toHaveLength(3);

  await using replay = await openReplay(file);
  if (!isTextGenerator(replay)) throw new Error('expected a replay that writes');
  const pieces: string[] = [];
  expect(await replay.generate(asked('x', 1), { onText: (text) => void pieces.push(text) })).toEqual(written);
  expect(pieces).toEqual(['text 1']);
  await expect(replay.generate(asked('x', 2))).rejects.toMatchObject({ code: 'engine', place: { file } });
  await expect(replay.generate(asked('long', 1))).rejects.toMatchObject({ reason: 'context' });
  const other = join(folder.path, 'other.jsonl');
  await (await recordEngine(countingEngine(), other)).deliberate(request('x'));
  expect(isTextGenerator(await openReplay(other))).toBe(false);
});

test('hidden states play back bit for bit, each on its own and where it was read; what does not fit is refused again', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-replay-'));
  const file = join(folder.path, 'recording.jsonl');
  const engine = stubEngine();
  const awkward = Float32Array.of(-0, 1e-45, 3.4028234663852886e38, 0.1);
  const embed: Engine['embed'] = async (conversations, options) => {
    const states = await engine.embed(conversations, options);
    return states.map((state, place) =>
      conversations[place]?.[0]?.content === 'awkward' ? { vector: awkward, tokens: 3 } : state,
    );
  };
  const said = (content: string) => [{ role: 'user' as const, content }];
  const long = said('x'.repeat(500));
  const recorder = await recordEngine({ ...engine, embed }, file);
  const made = await recorder.embed([said('awkward'), said('one')]);
  const elsewhere = await recorder.embed([said('one')], { readOut: 'turn-end' });
  await recorder.embed([said('one')]);
  await expect(recorder.embed([said('one'), long])).rejects.toThrow(UnanswerableRequest);
  await recorder[Symbol.asyncDispose]();
  const whole = await readFile(file, 'utf8');
  expect(whole.trim().split('\n')).toHaveLength(5);
  await using again = await recordEngine({ ...engine, embed }, file);
  await again.embed([said('one')]);
  expect(await readFile(file, 'utf8')).toBe(whole);

  await using replay = await openReplay(file);
  const played = await replay.embed([said('awkward'), said('one')], { readOut: 'next-turn' });
  expect(played).toEqual(made);
  expect(Object.is(played[0]?.vector[0], -0)).toBe(true);
  expect(await replay.embed([said('one')], { readOut: 'turn-end' })).toEqual(elsewhere);
  expect(elsewhere[0]?.vector).not.toEqual(made[1]?.vector);
  await expect(replay.embed([long])).rejects.toMatchObject({ reason: 'context' });
  await expect(replay.embed([said('one')], { readOut: 'answer-end' })).rejects.toMatchObject({
    code: 'engine',
    place: { file },
  });
  const signal = AbortSignal.abort();
  await expect(replay.embed([said('one')], { signal })).rejects.toMatchObject({ code: 'aborted' });
  await writeFile(file, whole.replace(/"vector":"..../, '"vector":"'));
  await expect(openReplay(file)).rejects.toMatchObject({ code: 'data', place: { file, line: 2 } });
});
