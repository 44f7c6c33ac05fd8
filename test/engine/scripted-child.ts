/** A child without a model: the first segment of a deliberation says what becomes of it, the model path is a folder for its memory. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelInfo, ToChild } from '../../src/engine/llama-protocol.ts';

const info: ModelInfo = {
  templateDigest: 'none',
  wrapper: 'none',
  architecture: 'none',
  contextSize: 1024,
  trainContextSize: 1024,
  embeddingSize: 8,
  vocabularySize: 8,
  device: 'cpu',
  numerics: 'exact',
  flashAttention: false,
  batchSize: 64,
  threads: 1,
  sequences: 2,
  tokensPerSecond: 100_000,
  build: 'scripted',
};
let folder = '';
let numerics: ModelInfo['numerics'] = 'exact';
let tail: Promise<void> = Promise.resolve();
const aborted = new Set<number>();

const send = (message: unknown) => process.send?.(message);
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** True the first time in all processes with this folder. */
function first(what: string): boolean {
  const mark = join(folder, what.replace(/\W/g, '_'));
  if (existsSync(mark)) return false;
  writeFileSync(mark, '');
  return true;
}

async function misbehave(how: string): Promise<void> {
  if (how === 'crash') process.kill(process.pid, 'SIGSEGV');
  if (how === 'speak-and-crash') {
    process.stderr.write('GGML_ASSERT: the last words\nand a line after them\n', () => process.abort());
  }
  if (how === 'stop') process.kill(process.pid, 'SIGSTOP');
  if (how === 'garbage') send({ type: 'result', id: 'none', text: '�' });
  if (how === 'block') for (const end = Date.now() + 60_000; Date.now() < end; );
  await pause(60_000);
}

async function answer(id: number, command: string): Promise<void> {
  if (!command.startsWith('silent')) send({ type: 'start', id });
  const [how = '', ...rest] = command.split(' ');
  if (how === 'once' ? first(command) : how === 'always') await misbehave(rest[0] ?? '');
  if (how.startsWith('silent')) await misbehave('crash');
  if (how === 'error') return void send({ type: 'error', id, code: 'engine', message: 'no such luck' });
  for (let step = 0; step < (how === 'slow' ? 20 : 2); step++) {
    await pause(how === 'slow' ? 45 : 1);
    if (aborted.has(id)) return void send({ type: 'error', id, code: 'aborted', message: 'aborted' });
    send({ type: 'progress', id, evaluated: 8, generated: 0 });
  }
  const usage = { evaluated: 16, reused: 0, generated: 0 };
  const answers = [
    { questionId: command, logProbabilities: { A: -Math.LN2, B: -Math.LN2 }, labelMass: 0, usage },
  ];
  send({
    type: 'result',
    id,
    result: { kind: 'deliberate', result: { status: 'done', samples: [{ critique: null, answers, usage }] } },
  });
}

async function load(options: Extract<ToChild, { type: 'load' }>['options']): Promise<void> {
  folder = options.modelPath;
  if (options.numerics === 'fast') numerics = 'fast';
  const plan = existsSync(join(folder, 'load')) ? readFileSync(join(folder, 'load'), 'utf8') : '';
  const [how = '', ...rest] = plan.split(' ');
  if (how === 'refuse') return void send({ type: 'error', id: null, code: 'model', message: 'not a model' });
  if (how === 'once' ? first(plan) : how === 'always') await misbehave(rest[0] ?? '');
  send({ type: 'loading', progress: 1 });
  send({ type: 'ready', info: { ...info, numerics } });
}

process.on('message', (message: ToChild) => {
  if (message.type === 'load') tail = load(message.options);
  if (message.type === 'abort') aborted.add(message.id);
  if (message.type !== 'request' || message.request.kind !== 'deliberate') return;
  const { id, request } = message;
  const run = () => answer(id, request.deliberation.prefix[0]?.segments[0] ?? '');
  if (numerics === 'fast') void run();
  else tail = tail.then(run);
});
process.on('SIGINT', () => {});
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
