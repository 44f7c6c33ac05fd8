/** One engine child: start it, talk to it, watch it, end it. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import { UnanswerableRequest } from './engine.ts';
import {
  type ChildRequest,
  type ChildResult,
  FromChild,
  type LoadOptions,
  type ModelInfo,
  type ToChild,
} from './llama-protocol.ts';
import { createPace, watchSilence } from './llama-watchdog.ts';

/**
 * Why a request has no result: the child crashed, made no progress and was ended, or was killed by somebody else; or it lives and
 * reported an error.
 */
export type ChildFailure = 'crash' | 'hang' | 'killed' | 'error';

/** A running child. */
export interface Child {
  readonly info: ModelInfo;
  readonly processId: number;
  /** True as soon as the process is known to have ended: it is sent nothing any more. */
  readonly isGone: boolean;
  /** Resolves with the reason when the process is gone. */
  readonly ended: Promise<string>;
  /** Throws ChildFault when the child fails or is lost, and JurorError `aborted`. */
  send(request: ChildRequest, options: SendOptions): Promise<ChildResult>;
  kill(): Promise<void>;
}

/** Options of {@link Child.send}. */
export interface SendOptions {
  readonly signal?: AbortSignal;
  readonly onProgress: (evaluated: number, generated: number) => void;
  /** Told of text that the child writes. */
  readonly onText?: (text: string) => void;
  /** Factor on the progress deadline. */
  readonly patience: number;
}

/** What the supervision of a child goes by. Tests replace it. */
export interface Supervision {
  /** Program of the child. */
  readonly program: string;
  /** Longest silence while loading, and until the child's speed is known. */
  readonly loadDeadlineMs: number;
  /** Longest silence afterwards, however fast the child is. */
  readonly leastDeadlineMs: number;
  /** Wait before the first restart; it doubles with each one that follows without progress. */
  readonly restartDelayMs: number;
}

const program = `./llama-child${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`;
/** What real children are supervised by. */
export const defaultSupervision: Supervision = {
  program: fileURLToPath(new URL(program, import.meta.url)),
  loadDeadlineMs: 120_000,
  leastDeadlineMs: 20_000,
  restartDelayMs: 50,
};

/** A request or a loading that failed with its child. `failure` is undefined for a request that had not begun. */
export class ChildFault extends JurorError {
  readonly failure: ChildFailure | undefined;

  constructor(code: 'engine' | 'model', message: string, failure: ChildFailure | undefined) {
    super(code, message);
    this.failure = failure;
  }
}

interface Pending {
  readonly options: SendOptions;
  settle(outcome: { result: ChildResult } | { error: unknown }): void;
  started: boolean;
}

/** Fork a child and load the model in it. Throws JurorError `model`; it is a ChildFault when the child was lost. */
export async function startChild(
  load: LoadOptions,
  settings: {
    readonly name: string;
    readonly supervision: Supervision;
    readonly onEvent: Listener;
    readonly signal?: AbortSignal;
  },
): Promise<Child> {
  const { name, supervision, onEvent, signal } = settings;
  if (signal?.aborted) throw new JurorError('aborted', 'loading was aborted');
  const child = fork(supervision.program, {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [],
  });
  const pending = new Map<number, Pending>();
  const lastWords = captureTail(child);
  const pace = createPace(supervision, load.tokensPerSecond);
  let nextId = 1;
  let ready = false;
  /** Why this process ended the child. */
  let cause: { failure: 'crash' | 'hang'; words: string } | undefined;
  let startup: { resolve: (info: ModelInfo) => void; reject: (error: unknown) => void } | undefined;

  const end = (failure: 'crash' | 'hang', words: string): void => {
    cause ??= { failure, words };
    child.kill('SIGKILL');
  };
  const silence = watchSilence({
    isWorking: () => !ready || pending.size > 0,
    deadlineMs: () => {
      const started = [...pending.values()].filter((request) => request.started);
      const deadlineMs = ready ? pace.deadlineMs() : supervision.loadDeadlineMs;
      return deadlineMs * Math.max(1, ...started.map(({ options }) => options.patience));
    },
    onSilence: () => end('hang', 'made no progress and was ended'),
  });

  const ended = exitOf(child).then((how) => {
    silence.stop();
    const wasKilled = child.signalCode === 'SIGKILL' || child.signalCode === 'SIGTERM';
    const failure = cause?.failure ?? (wasKilled ? 'killed' : 'crash');
    const words = cause?.words ?? `${wasKilled ? 'was killed' : 'crashed'} (${how})`;
    const reason = [`the engine ${words}`, lastWords()].filter((part) => part).join(': ');
    startup?.reject(new ChildFault('model', `${name} could not be loaded: ${reason}`, failure));
    // Requests begin in their order: when none has said so, the first one had its chance all the same.
    const requests = [...pending.values()];
    const blamed = requests.filter(({ started }) => started);
    if (blamed.length === 0) blamed.push(...requests.slice(0, 1));
    pending.clear();
    for (const request of requests)
      request.settle({
        error: new ChildFault('engine', reason, blamed.includes(request) ? failure : undefined),
      });
    return reason;
  });

  const onLoading = (message: FromChild): void => {
    if (message.type === 'loading') onEvent({ type: 'engine-load', model: name, progress: message.progress });
    if (message.type === 'error')
      startup?.reject(new JurorError('model', `${name} could not be loaded: ${message.message}`));
    if (message.type !== 'ready') return;
    ready = true;
    pace.expect(message.info);
    startup?.resolve(message.info);
  };
  const onRequest = (request: Pending, message: FromChild & { id: number | null }): void => {
    if (message.type === 'start') request.started = true;
    if (message.type === 'progress') {
      pace.advance(message.evaluated);
      request.options.onProgress(message.evaluated, message.generated);
    }
    if (message.type === 'text') request.options.onText?.(message.text);
    if (message.type === 'result') request.settle({ result: message.result });
    if (message.type === 'error') request.settle({ error: faultOf(message) });
  };
  child.on('message', (raw) => {
    const { data: message } = FromChild.safeParse(raw);
    if (message === undefined) return end('crash', 'sent an unknown message and was ended');
    silence.reset();
    if (!('id' in message) || message.id === null) return onLoading(message);
    const request = pending.get(message.id);
    if (request === undefined) return;
    if (message.type === 'result' || message.type === 'error') pending.delete(message.id);
    onRequest(request, message);
  });

  const post = (message: ToChild): void => {
    // A failed send means the child is gone: its exit handler settles everything.
    child.send(message, () => {});
  };
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  const info = await new Promise<ModelInfo>((resolve, reject) => {
    startup = { resolve, reject };
    signal?.addEventListener('abort', () => reject(new JurorError('aborted', 'loading was aborted')), {
      once: true,
    });
    post({ type: 'load', options: load });
  }).catch(async (error: unknown) => {
    await kill();
    throw error;
  });
  startup = undefined;

  return {
    info,
    processId: child.pid ?? 0,
    get isGone() {
      return cause !== undefined || child.exitCode !== null || child.signalCode !== null;
    },
    ended,
    send(request, options) {
      const id = nextId++;
      return new Promise<ChildResult>((resolve, reject) => {
        if (pending.size === 0) silence.reset();
        const onAbort = (): void => post({ type: 'abort', id });
        options.signal?.addEventListener('abort', onAbort, { once: true });
        pending.set(id, {
          options,
          started: false,
          settle(outcome) {
            if (pending.size === 0) pace.rest();
            options.signal?.removeEventListener('abort', onAbort);
            if ('result' in outcome) resolve(outcome.result);
            else reject(outcome.error);
          },
        });
        post({ type: 'request', id, request });
      });
    },
    kill,
  };
}

/** What an error that the child reports means for its request. */
function faultOf({ code, message }: Extract<FromChild, { type: 'error' }>): JurorError {
  if (code === 'aborted') return new JurorError('aborted', 'the judgment was aborted');
  if (code === 'context' || code === 'invalid') return new UnanswerableRequest(code, message);
  return code === 'engine' ? new ChildFault('engine', message, 'error') : new JurorError('engine', message);
}

/** How the process ended, once its last words are read. A process of its own that holds the pipe open is not waited for. */
function exitOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.once('exit', (code, signalName) => {
      const how = signalName ?? `exit code ${code}`;
      child.once('close', () => resolve(how));
      setTimeout(() => resolve(how), 200).unref();
    });
  });
}

/** Remember the last words on stderr: the last error where there is one, else the last line. */
function captureTail(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-4000);
  });
  return () => {
    const lines = text.split('\n').flatMap((line) => (line.trim() ? [line.trim()] : []));
    return lines.findLast((line) => /error|abort|assert|fatal/i.test(line)) ?? lines.at(-1) ?? '';
  };
}
