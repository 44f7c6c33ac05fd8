/** Entry of the engine child: owns the model, answers requests. Only `llama-child*.ts` import node-llama-cpp. */
import { deliberate } from './llama-child-deliberate.ts';
import { embed, readOutPlaces } from './llama-child-embed.ts';
import { generateText } from './llama-child-generate.ts';
import { logprob } from './llama-child-logprob.ts';
import { type LoadedModel, loadModel } from './llama-child-model.ts';
import { segmentsOf } from './llama-child-render.ts';
import type { Progress } from './llama-child-slots.ts';
import { ContextOverflow, UnspeakableText } from './llama-child-tokens.ts';
import { tokenizerOf } from './llama-child-vocabulary.ts';
import type { ChildRequest, ChildResult, FromChild, ToChild } from './llama-protocol.ts';

let loaded: LoadedModel | undefined;
let tail: Promise<void> = Promise.resolve();
const controllers = new Map<number, AbortController>();

function send(message: FromChild): void {
  if (process.connected) process.send?.(message);
}

async function load(options: Extract<ToChild, { type: 'load' }>['options']): Promise<void> {
  try {
    loaded = await loadModel(options, (progress) => send({ type: 'loading', progress }));
    send({ type: 'ready', info: loaded.info });
  } catch (error) {
    send({ type: 'error', id: null, code: 'model', message: messageOf(error) });
  }
}

async function perform(
  model: LoadedModel,
  request: ChildRequest,
  progress: Progress,
  onText: (text: string) => void,
): Promise<ChildResult> {
  switch (request.kind) {
    case 'deliberate':
      return { kind: 'deliberate', result: await deliberate(model, request.deliberation, progress) };
    case 'logprob':
      return { kind: 'logprob', result: await logprob(model, request, progress) };
    case 'tokenizer':
      return { kind: 'tokenizer', tokenizer: tokenizerOf(model) };
    case 'generate':
      return { kind: 'generate', result: await generateText(model, request.generation, progress, onText) };
    case 'embed':
      return {
        kind: 'embed',
        embeddings: await embed(model, request.conversations, request.readOut, progress),
      };
    case 'read-outs':
      return {
        kind: 'read-outs',
        places: readOutPlaces(model, request.conversations, request.readOut),
      };
    case 'tokens':
      return { kind: 'tokens', questions: segmentsOf(model, request.deliberation) };
  }
}

async function answer(id: number, request: ChildRequest, signal: AbortSignal): Promise<void> {
  send({ type: 'start', id });
  const progress: Progress = {
    signal,
    advance: (evaluated, generated) => send({ type: 'progress', id, evaluated, generated }),
  };
  try {
    signal.throwIfAborted();
    if (loaded === undefined) throw new Error('no model is loaded');
    const onText = (text: string) => send({ type: 'text', id, text });
    send({ type: 'result', id, result: await perform(loaded, request, progress, onText) });
  } catch (error) {
    send({ type: 'error', id, code: signal.aborted ? 'aborted' : codeOf(error), message: messageOf(error) });
  } finally {
    controllers.delete(id);
  }
}

function codeOf(error: unknown): 'context' | 'invalid' | 'engine' {
  if (error instanceof ContextOverflow) return 'context';
  return error instanceof UnspeakableText ? 'invalid' : 'engine';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

process.on('message', (message: ToChild) => {
  switch (message.type) {
    case 'load':
      tail = load(message.options);
      break;
    case 'request': {
      const controller = new AbortController();
      controllers.set(message.id, controller);
      const run = () => answer(message.id, message.request, controller.signal);
      // In exact mode requests queue, so that a decode never holds two sequences.
      if (loaded?.info.numerics === 'fast') void tail.then(run);
      else tail = tail.then(run);
      break;
    }
    case 'abort':
      controllers.get(message.id)?.abort();
      break;
  }
});

// A terminal sends Ctrl-C to the whole process group: ending is the supervisor's decision.
process.on('SIGINT', () => {});
// Without a supervisor there is nobody to work for. SIGKILL skips native teardown, which may hang.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
