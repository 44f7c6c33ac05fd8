/** One engine child: start it, talk to it, watch it, end it. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import { type ChildRequest, type ChildResult, FromChild, type LoadOptions, type ModelInfo, type ToChild } from './llama-protocol.ts';

/** Why a child ended: it crashed, it stopped making progress and was killed, or somebody else killed it. */
export type ChildFailure = 'crash' | 'hang' | 'killed';

/** A running child. */
export interface Child {
  readonly info: ModelInfo;
  readonly processId: number;
  readonly exited: boolean;
  /** Resolves with the reason when the process is gone. */
  readonly ended: Promise<string>;
  send(request: ChildRequest, options: SendOptions): Promise<ChildResult>;
  /** The failure to count against the request that `error` ended, or undefined when it had not begun. */
  failureOf(error: unknown): ChildFailure | undefined;
  kill(): Promise<void>;
}

interface SendOptions {
  readonly signal?: AbortSignal;
  readonly onProgress: (evaluated: number, generated: number) => void;
  /** Factor on the progress deadline. */
  readonly patience: number;
}

interface Pending {
  readonly options: SendOptions;
  readonly resolve: (result: ChildResult) => void;
  readonly reject: (error: unknown) => void;
  started: boolean;
}

const childPath = fileURLToPath(new URL(`./llama-child${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url));
const loadDeadlineMs = 120_000;
const leastDeadlineMs = 20_000;
/** A decode may take this many times longer than the probe said before the child counts as hung. */
const slowness = 10;

/** Fork a child and load the model in it. Throws JurorError `model` when that fails. */
export async function startChild(
  load: LoadOptions,
  { name, onEvent, signal }: { name: string; onEvent: Listener; signal?: AbortSignal },
): Promise<Child> {
  const child = fork(childPath, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: [] });
  const pending = new Map<number, Pending>();
  const noise = captureTail(child);
  let nextId = 1;
  let lastProgress = performance.now();
  let deadlineMs = loadDeadlineMs;
  let ready = false;
  let failure: ChildFailure = 'crash';
  let startup: { resolve: (info: ModelInfo) => void; reject: (error: unknown) => void } | undefined;

  const exit = new Promise<string>((resolve) => {
    child.once('exit', (code, signalName) => resolve(describeExit(code, signalName)));
    child.once('error', (error) => resolve(error.message));
  });
  const ended = exit.then((how) => {
    clearInterval(watchdog);
    if (failure === 'crash' && (child.signalCode === 'SIGKILL' || child.signalCode === 'SIGTERM')) failure = 'killed';
    const words = { crash: `crashed (${how})`, hang: 'made no progress and was ended', killed: `was killed (${how})` }[failure];
    const reason = [`the engine ${words}`, noise()].filter((part) => part).join(': ');
    startup?.reject(new JurorError('model', `${name} could not be loaded: ${reason}`));
    for (const request of pending.values()) request.reject(new ChildLost(reason, request.started ? failure : undefined));
    pending.clear();
    return reason;
  });
  const watchdog = setInterval(() => {
    const active = [...pending.values()].filter((request) => request.started);
    if (ready && pending.size === 0) lastProgress = performance.now();
    const patience = Math.max(1, ...active.map((request) => request.options.patience));
    if (performance.now() - lastProgress < deadlineMs * patience) return;
    failure = 'hang';
    child.kill('SIGKILL');
  }, 500);
  watchdog.unref();

  const onMessage = (message: FromChild): void => {
    lastProgress = performance.now();
    if (message.type === 'loading') return onEvent({ type: 'engine-load', model: name, progress: message.progress });
    if (message.type === 'ready') {
      ready = true;
      if (message.info.tokensPerSecond !== null)
        deadlineMs = (slowness * 1000 * message.info.batchSize) / message.info.tokensPerSecond;
      deadlineMs = ready && message.info.tokensPerSecond !== null ? Math.max(leastDeadlineMs, deadlineMs) : loadDeadlineMs;
      return startup?.resolve(message.info);
    }
    if (message.type === 'error' && message.id === null)
      return startup?.reject(new JurorError('model', `${name} could not be loaded: ${message.message}`));
    const request = pending.get(message.id ?? -1);
    if (request === undefined) return;
    if (message.type === 'start') request.started = true;
    else if (message.type === 'progress') request.options.onProgress(message.evaluated, message.generated);
    else {
      pending.delete(message.id ?? -1);
      if (message.type === 'result') request.resolve(message.result);
      else if (message.code === 'aborted') request.reject(new JurorError('aborted', 'the judgment was aborted'));
      else request.reject(new JurorError('engine', message.message));
    }
  };
  child.on('message', (raw) => {
    const message = FromChild.safeParse(raw);
    if (message.success) return onMessage(message.data);
    failure = 'crash';
    child.kill('SIGKILL');
  });

  const post = (message: ToChild): void => {
    // A failed send means the child is gone: its exit handler settles everything.
    child.send(message, () => {});
  };
  const stop = (): Promise<void> => {
    child.kill('SIGKILL');
    return ended.then(() => {});
  };
  const info = await new Promise<ModelInfo>((resolve, reject) => {
    startup = { resolve, reject };
    signal?.addEventListener('abort', () => reject(new JurorError('aborted', 'loading was aborted')), { once: true });
    post({ type: 'load', options: load });
  }).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  startup = undefined;

  return {
    info,
    processId: child.pid ?? 0,
    ended,
    get exited() {
      return child.exitCode !== null || child.signalCode !== null;
    },
    send(request, options) {
      const id = nextId++;
      return new Promise<ChildResult>((resolve, reject) => {
        if (pending.size === 0) lastProgress = performance.now();
        pending.set(id, { options, resolve, reject, started: false });
        options.signal?.addEventListener('abort', () => pending.has(id) && post({ type: 'abort', id }), { once: true });
        post({ type: 'request', id, request });
      });
    },
    failureOf: (error) => (error instanceof ChildLost ? error.failure : undefined),
    kill: stop,
  };
}

/** A request whose child went away; `failure` is undefined when the request had not begun. */
class ChildLost extends JurorError {
  readonly failure: ChildFailure | undefined;

  constructor(message: string, failure: ChildFailure | undefined) {
    super('engine', message);
    this.failure = failure;
  }
}

/** Remember the last words on stderr. */
function captureTail(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text = (text + chunk).slice(-2000);
  });
  return () => text.trim().split('\n').at(-1) ?? '';
}

function describeExit(code: number | null, signal: NodeJS.Signals | null): string {
  return signal ?? `exit code ${code}`;
}
