import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Deliberation, DeliberationResult } from '../../src/engine/engine.ts';
import { type LlamaEngine, type LlamaOptions, openLlama } from '../../src/engine/llama.ts';
import type { JurorEvent } from '../../src/events.ts';
import { isAlive, until } from '../support/processes.ts';

let folder: string;
let events: JurorEvent[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'juror-supervisor-'));
  events = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const program = fileURLToPath(new URL('./fixtures/scripted-child.ts', import.meta.url));

function open({ supervision, ...options }: Partial<LlamaOptions> = {}): Promise<LlamaEngine> {
  return openLlama({
    model: { name: 'scripted', path: folder, sha256: 'none' },
    home: null,
    supervision: { program, loadDeadlineMs: 5000, leastDeadlineMs: 400, restartDelayMs: 1, ...supervision },
    onEvent: (event) => events.push(event),
    ...options,
  });
}

/** What the scripted child does with it is in the text. */
function ask(command: string): Deliberation {
  return {
    prefix: [{ role: 'user', segments: [command] }],
    critique: null,
    questions: [
      {
        id: command,
        text: '',
        opening: '',
        labels: [
          { label: 'A', text: 'A' },
          { label: 'B', text: 'B' },
        ],
      },
    ],
  };
}

/** The command that was answered, or why there is no answer. */
function outcome(result: DeliberationResult): string {
  return result.status === 'done'
    ? (result.samples[0]?.answers[0]?.questionId ?? 'nothing')
    : `unscored: ${result.reason}`;
}

async function askAll(engine: LlamaEngine, commands: readonly string[]): Promise<string[]> {
  return Promise.all(commands.map(async (command) => outcome(await engine.deliberate(ask(command)))));
}

const restarts = () => events.flatMap((event) => (event.type === 'engine-restart' ? [event.reason] : []));

test('a crash is retried, and the other requests are answered all the same', async () => {
  await using engine = await open();
  const commands = ['one', 'once crash', 'two', 'three'];
  expect(await askAll(engine, commands)).toEqual(commands);
  expect(restarts()).toEqual(['the engine crashed (SIGSEGV)']);
});

test('a request that crashes twice is unscored with the last words as the reason, whether or not it said that it began', async () => {
  await using engine = await open();
  expect(await askAll(engine, ['one', 'always crash', 'two', 'silent', 'three'])).toEqual([
    'one',
    'unscored: engine',
    'two',
    'unscored: engine',
    'three',
  ]);
  expect(restarts()).toHaveLength(4);
  const result = await engine.deliberate(ask('always speak-and-crash'));
  expect(result).toEqual({
    status: 'unscored',
    reason: 'engine',
    message: 'the engine crashed (SIGABRT): GGML_ASSERT: the last words',
  });
});

test('of requests that run side by side only the guilty one is given up', async () => {
  await using engine = await open({ numerics: 'fast', sequences: 4 });
  const commands = ['slow 1', 'always crash', 'slow 2', 'slow 3'];
  expect(await askAll(engine, commands)).toEqual(['slow 1', 'unscored: engine', 'slow 2', 'slow 3']);
});

test('a child that makes no progress is ended and its request is retried', async () => {
  await using engine = await open();
  const commands = ['one', 'once stop', 'once block', 'once hang', 'two'];
  expect(await askAll(engine, commands)).toEqual(commands);
  expect(restarts()).toEqual(Array(3).fill('the engine made no progress and was ended'));
});

test('a request that hangs every time is given up', async () => {
  await using engine = await open({ supervision: { leastDeadlineMs: 60 } });
  expect(await askAll(engine, ['always hang', 'two'])).toEqual(['unscored: engine', 'two']);
  expect(restarts()).toHaveLength(4);
});

test('slow is not hung, as long as there is progress', async () => {
  await using engine = await open({ supervision: { leastDeadlineMs: 700 } });
  expect(await askAll(engine, ['slow 1', 'slow 2'])).toEqual(['slow 1', 'slow 2']);
  expect(restarts()).toEqual([]);
});

test('a child that talks nonsense is ended and its request is retried, and given up the second time', async () => {
  await using engine = await open();
  expect(await askAll(engine, ['once garbage', 'two'])).toEqual(['once garbage', 'two']);
  expect(restarts()).toEqual(['the engine sent an unknown message and was ended']);
  expect(await askAll(engine, ['always garbage', 'three'])).toEqual(['unscored: engine', 'three']);
});

test('an error that the child reports is retried once and does not end the child', async () => {
  await using engine = await open();
  expect(await engine.deliberate(ask('error'))).toEqual({
    status: 'unscored',
    reason: 'engine',
    message: 'no such luck',
  });
  expect(restarts()).toEqual([]);
});

test('a child that is killed again and again costs no result', async () => {
  await using engine = await open({ children: 2 });
  const commands = Array.from({ length: 8 }, (_, index) => `slow ${index}`);
  const answers = askAll(engine, commands);
  for (let kills = 0; kills < 5; kills++) {
    await pause(120);
    const [victim] = await until(() => (engine.childIds.length > 0 ? engine.childIds : undefined));
    process.kill(victim ?? 0, kills === 2 ? 'SIGTERM' : 'SIGKILL');
    await until(() => !engine.childIds.includes(victim ?? 0));
  }
  expect(await answers).toEqual(commands);
  expect(restarts().every((reason) => reason.startsWith('the engine was killed'))).toBe(true);
  expect(restarts()).toHaveLength(5);
});

test('a model that cannot be loaded is a JurorError with what the child said', async () => {
  writeFileSync(join(folder, 'load'), 'refuse');
  await expect(open()).rejects.toMatchObject({
    code: 'model',
    message: 'scripted could not be loaded: not a model',
  });
  writeFileSync(join(folder, 'load'), 'always speak-and-crash');
  await expect(open({ children: 3 })).rejects.toMatchObject({
    code: 'model',
    message: 'scripted could not be loaded: the engine crashed (SIGABRT): GGML_ASSERT: the last words',
  });
  await expect(open({ supervision: { program: '/none/such.js' } })).rejects.toMatchObject({ code: 'model' });
});

test('a child that is lost while it loads is started again', async () => {
  for (const how of ['crash', 'stop']) {
    writeFileSync(join(folder, 'load'), `once ${how}`);
    await using engine = await open({ supervision: { loadDeadlineMs: 1500 } });
    expect(await askAll(engine, ['one'])).toEqual(['one']);
  }
  expect(restarts()).toHaveLength(2);
});

test('when no child can be started any more, each request is an error and none waits for ever; a later one tries again', async () => {
  await using engine = await open();
  writeFileSync(join(folder, 'load'), 'refuse');
  const answers = Promise.allSettled([engine.deliberate(ask('once crash')), engine.deliberate(ask('two'))]);
  expect((await answers).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(engine.deliberate(ask('three'))).rejects.toMatchObject({ code: 'model' });
  writeFileSync(join(folder, 'load'), '');
  expect(await askAll(engine, ['four'])).toEqual(['four']);
});

test('an aborted request ends at once, waiting or under way, and the others go on', async () => {
  await using engine = await open();
  const controller = new AbortController();
  const options = { signal: controller.signal };
  const doomed = ['slow 1', 'slow 2', 'always block'].map((command) =>
    engine.deliberate(ask(command), options),
  );
  const other = engine.deliberate(ask('other'));
  await pause(60);
  controller.abort();
  for (const result of doomed) await expect(result).rejects.toMatchObject({ code: 'aborted' });
  expect(outcome(await other)).toBe('other');
  await expect(engine.deliberate(ask('late'), options)).rejects.toMatchObject({ code: 'aborted' });
  await expect(open(options)).rejects.toMatchObject({ code: 'aborted' });
});

test('disposing ends every child, also one that is being started, and rejects what is under way', async () => {
  const engine = await open({ children: 2 });
  const [killed = 0, other = 0] = engine.childIds;
  const answers = Promise.allSettled(
    ['always block', 'always stop', 'always hang'].map((command) => engine.deliberate(ask(command))),
  );
  writeFileSync(join(folder, 'load'), 'always hang');
  process.kill(killed, 'SIGKILL');
  await until(() => restarts().length > 0);
  await pause(150);
  await engine[Symbol.asyncDispose]();
  expect([killed, other].map(isAlive)).toEqual([false, false]);
  for (const result of await answers)
    expect(result).toMatchObject({ status: 'rejected', reason: { code: 'aborted' } });
  await expect(engine.deliberate(ask('late'))).rejects.toThrow('closed');
});

test('children end with a parent that is killed', async () => {
  const parent = fork(fileURLToPath(new URL('./fixtures/scripted-parent.ts', import.meta.url)), [folder], {
    execArgv: [],
  });
  const children = await new Promise<number[]>((resolve) =>
    parent.once('message', (ids) => resolve(ids as number[])),
  );
  expect(children.map(isAlive)).toEqual([true, true]);
  parent.kill('SIGKILL');
  await until(() => children.every((id) => !isAlive(id)));
});

/** Requests of lanes, all at once: by lane, the children that answered and how many were under way in one of them. */
async function askLanes(engine: LlamaEngine, lanes: readonly string[]) {
  const finished: string[] = [];
  const answered = await Promise.all(
    lanes.map(async (lane, index) => {
      const result = await engine.deliberate(ask(`lane ${lane} ${index}`), { lane });
      if (result.status !== 'done') throw new Error(result.message);
      finished.push(`${lane} ${index}`);
      return { lane, usage: result.samples[0]?.usage };
    }),
  );
  const usages = [...Map.groupBy(answered, ({ lane }) => lane).values()];
  return {
    finished,
    children: usages.map((own) => [...new Set(own.map(({ usage }) => usage?.evaluated))]),
    together: Math.max(...answered.map(({ usage }) => usage?.reused ?? 0)),
  };
}

test('a lane stays with one child while it has requests, and lanes share the children', async () => {
  await using engine = await open({ children: 2 });
  const lanes = ['a', 'b'].flatMap((lane) => Array.from({ length: 6 }, () => lane));
  const { children } = await askLanes(engine, lanes);
  expect(children.map(({ length }) => length)).toEqual([1, 1]);
  expect(new Set(children.flat())).toEqual(new Set(engine.childIds));
});

test('where requests share decodes, those of a lane go one after the other, in their order', async () => {
  await using engine = await open({ numerics: 'fast' });
  const { finished, together } = await askLanes(engine, ['a', 'a', 'a', 'a']);
  expect(finished).toEqual(['a 0', 'a 1', 'a 2', 'a 3']);
  expect(together).toBe(1);
  const apart = await askLanes(engine, ['a', 'b', 'c', 'd']);
  expect(apart.together).toBe(2);
});

test('a lane goes on with another child when its own is lost', async () => {
  await using engine = await open({ children: 2 });
  const commands = ['lane a 0', 'once crash', 'lane a 1', 'lane a 2'];
  const results = await Promise.all(
    commands.map((command) => engine.deliberate(ask(command), { lane: 'a' })),
  );
  expect(results.map(outcome)).toEqual(commands);
});
