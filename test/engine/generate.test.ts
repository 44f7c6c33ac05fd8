import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Generation } from '../../src/engine/generate.ts';
import { type LlamaEngine, openLlama } from '../../src/engine/llama.ts';
import type { JurorEvent } from '../../src/events.ts';

let folder: string;
let events: JurorEvent[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'juror-generate-'));
  events = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const program = fileURLToPath(new URL('./fixtures/scripted-child.ts', import.meta.url));

function open(): Promise<LlamaEngine> {
  return openLlama({
    model: { name: 'scripted', path: folder, sha256: 'none' },
    home: null,
    supervision: { program, loadDeadlineMs: 5000, leastDeadlineMs: 400, restartDelayMs: 1 },
    onEvent: (event) => events.push(event),
  });
}

/** The scripted child reads what to do in the last message. */
function saying(command: string, changes: Partial<Generation> = {}): Generation {
  const messages = [{ role: 'user', content: command }] as const;
  return { messages, maxTokens: 9, temperature: 0, topP: 1, seed: 0, stop: [], schema: null, ...changes };
}

const restarts = () => events.flatMap((event) => (event.type === 'engine-restart' ? [event.reason] : []));

test('an answer comes in pieces that make up its text', async () => {
  await using engine = await open();
  const pieces: string[] = [];
  const progress: JurorEvent[] = [];
  const result = await engine.generate(saying('say a bb ccc'), {
    onText: (text) => pieces.push(text),
    onEvent: (event) => progress.push(event),
  });
  expect(pieces).toEqual(['a', 'bb', 'ccc']);
  expect(result).toEqual({
    text: 'abbccc',
    finish: 'length',
    usage: { evaluated: 3, reused: 1, generated: 3 },
  });
  expect(progress).toEqual(Array(3).fill({ type: 'engine-progress', evaluated: 0, generated: 1 }));
  expect(await engine.generate(saying('say x', { stop: ['y'] }))).toMatchObject({ finish: 'stop' });
});

test('a child that is lost while it writes begins anew, and no piece is told twice', async () => {
  await using engine = await open();
  const pieces: string[] = [];
  const result = await engine.generate(saying('lose a bb ccc dddd'), { onText: (text) => pieces.push(text) });
  expect(pieces).toEqual(['a', 'bb', 'ccc', 'dddd']);
  expect(result.text).toBe('abbcccdddd');
  expect(restarts()).toEqual(['the engine crashed (SIGSEGV)']);
});

test('where the second text differs from what was told, that is an error; where nothing was told, it is the answer', async () => {
  await using engine = await open();
  for (const command of ['differ a bb ccc', 'shorten a bb ccc']) {
    const pieces: string[] = [];
    await expect(
      engine.generate(saying(command), { onText: (text) => pieces.push(text) }),
    ).rejects.toMatchObject({
      code: 'engine',
      message: 'the engine was lost while it wrote, and wrote something else the second time',
    });
    expect(pieces).toEqual(['a', 'bb']);
  }
  expect(await engine.generate(saying('differ 1 22 333'))).toMatchObject({ text: '333221' });
  expect(await engine.generate(saying('say on'))).toMatchObject({ text: 'on' });
});

test('an abort ends the writing and the pieces, and the engine goes on', async () => {
  await using engine = await open();
  const stopping = new AbortController();
  const pieces: string[] = [];
  await expect(
    engine.generate(saying('slowly a b c d e f g h'), {
      signal: stopping.signal,
      onText(text) {
        pieces.push(text);
        stopping.abort();
      },
    }),
  ).rejects.toMatchObject({ code: 'aborted' });
  expect(await engine.generate(saying('say on'), { onText: (text) => pieces.push(text) })).toMatchObject({
    text: 'on',
  });
  expect(pieces).toEqual(['a', 'on']);
  expect(restarts()).toEqual([]);
  await expect(engine.generate(saying('say x'), { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'aborted',
  });
});

test('an engine that fails twice, and a request that means nothing, are errors', async () => {
  await using engine = await open();
  await expect(engine.generate(saying('error'))).rejects.toMatchObject({
    code: 'engine',
    message: 'no such luck',
  });
  const wrong: [Partial<Generation>, string][] = [
    [{ maxTokens: 0 }, 'maxTokens'],
    [{ temperature: -1 }, 'temperature'],
    [{ topP: 0 }, 'topP'],
    [{ seed: 2 ** 32 }, 'seed'],
    [{ stop: [''] }, 'stop.0'],
    [{ messages: [] }, 'messages'],
  ];
  for (const [changes, field] of wrong)
    await expect(engine.generate(saying('say x', changes))).rejects.toMatchObject({
      code: 'usage',
      place: { field },
    });
});
