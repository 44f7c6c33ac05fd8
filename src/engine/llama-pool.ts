/** Children that share a queue: requests go to whoever is free, and again when a child is lost; lost children are replaced. */
import { setTimeout as delay } from 'node:timers/promises';
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import type { EngineOptions } from './engine.ts';
import { type Child, type ChildFailure, ChildFault, type Supervision, startChild } from './llama-process.ts';
import type { ChildRequest, ChildResult, LoadOptions, ModelInfo } from './llama-protocol.ts';

/** Children with one model. */
export interface Pool extends AsyncDisposable {
  readonly info: ModelInfo;
  /** Requests worth having in flight. */
  readonly concurrency: number;
  /** Process ids of the children that are alive. */
  readonly childIds: readonly number[];
  /** Throws JurorError `engine` for a request that failed too often, `model` when no child can be started, and `aborted`. */
  perform(request: ChildRequest, options?: PoolOptions): Promise<ChildResult>;
}

/** Options of {@link Pool.perform}. */
export interface PoolOptions extends EngineOptions {
  /** Told of text as it is written, and by which attempt: one that follows a lost child begins anew. */
  readonly onText?: (text: string, attempt: number) => void;
}

interface Job {
  readonly request: ChildRequest;
  readonly options: PoolOptions;
  attempts: number;
  resolve(result: ChildResult): void;
  reject(error: unknown): void;
  readonly failures: Record<ChildFailure, number>;
}

/** How often one request may fail before it is given up. A kill from outside is no evidence against the request. */
const tolerance: Record<ChildFailure, number> = { crash: 2, error: 2, hang: 4, killed: 20 };
/** How often a child may fail to start, in a row. */
const startTolerance: Record<ChildFailure, number> = { crash: 2, error: 1, hang: 2, killed: 10 };
const failedRestarts = 5;
const longestDelayMs = 5000;

/** Start the children. Throws JurorError `model` when the model cannot be loaded. */
export async function openPool(
  load: LoadOptions,
  settings: {
    readonly name: string;
    readonly children: number;
    readonly supervision: Supervision;
    readonly onEvent: Listener;
    readonly signal?: AbortSignal;
  },
): Promise<Pool> {
  const { name, supervision, onEvent } = settings;
  const closing = new AbortController();
  const queue: Job[] = [];
  const alive = new Map<Child, Set<Job>>();
  /** The child that holds a lane's prefix, while there are requests of the lane. */
  const lanes = new Map<string, Child>();
  /** Work that brings a child back, to be waited for at the end. */
  const restarting = new Set<Promise<void>>();
  /** How many children may still come back. */
  let expected = 0;
  /** Restarts since the last progress. */
  let restarts = 0;

  const pause = async (reason: string): Promise<void> => {
    const delayMs = Math.min(longestDelayMs, supervision.restartDelayMs * 2 ** restarts++);
    onEvent({ type: 'engine-restart', reason, delayMs });
    await delay(delayMs, undefined, { signal: closing.signal });
  };

  /** Start a child. One that is lost while it loads is started again; a model that cannot be loaded is an error at once. */
  const start = async (options: LoadOptions, signal: AbortSignal): Promise<Child> => {
    const failures: Record<ChildFailure, number> = { crash: 0, error: 0, hang: 0, killed: 0 };
    for (;;)
      try {
        return await startChild(options, { name, supervision, onEvent, signal });
      } catch (error) {
        const failure = error instanceof ChildFault ? error.failure : undefined;
        if (failure === undefined || ++failures[failure] >= startTolerance[failure]) throw error;
        await pause(messageOf(error));
      }
  };

  const adopt = async (child: Child): Promise<void> => {
    if (closing.signal.aborted) return child.kill();
    alive.set(child, new Set());
    void child.ended.then((reason) => {
      alive.delete(child);
      restart(reason);
      // Its lanes may go on elsewhere.
      dispatch();
    });
    dispatch();
  };

  const restart = (reason: string): void => {
    if (closing.signal.aborted) return;
    expected++;
    const work = replace(reason).finally(() => restarting.delete(work));
    restarting.add(work);
  };

  const replace = async (reason: string): Promise<void> => {
    for (let attempt = 1; ; attempt++)
      try {
        await pause(reason);
        const child = await start(settled, closing.signal);
        expected--;
        return adopt(child);
      } catch (error) {
        if (closing.signal.aborted) return;
        // It had been loaded once: what hinders it now may pass, such as a lack of memory.
        if (attempt < failedRestarts) continue;
        expected--;
        if (alive.size + expected === 0) for (const job of queue.splice(0)) job.reject(error);
        return;
      }
  };

  /** The next job that a child with these others may take. A suspect is alone, so that a crash tells who is guilty. */
  const take = (child: Child, busy: ReadonlySet<Job>): Job | undefined => {
    if (child.isGone || busy.size >= perChild || [...busy].some(isSuspect)) return undefined;
    const index = queue.findIndex((job) => isOpen(job.options.lane, child, busy));
    const job = queue[index];
    if (job === undefined || (busy.size > 0 && isSuspect(job))) return undefined;
    queue.splice(index, 1);
    if (job.options.lane !== undefined) lanes.set(job.options.lane, child);
    return job;
  };

  /** A lane stays with its child. Where requests share decodes, the next one waits until what it grows on is held. */
  const isOpen = (lane: string | undefined, child: Child, busy: ReadonlySet<Job>): boolean => {
    if (lane === undefined) return true;
    const home = lanes.get(lane);
    if (home !== undefined && home !== child && alive.has(home)) return false;
    return info.numerics === 'exact' || ![...busy].some(({ options }) => options.lane === lane);
  };

  const leaveLane = (lane: string | undefined): void => {
    if (lane === undefined) return;
    const jobs = [...queue, ...[...alive.values()].flatMap((busy) => [...busy])];
    if (!jobs.some(({ options }) => options.lane === lane)) lanes.delete(lane);
  };

  const dispatch = (): void => {
    for (const [child, busy] of alive)
      for (let job = take(child, busy); job !== undefined; job = take(child, busy))
        void assign(job, child, busy);
  };

  const assign = async (job: Job, child: Child, busy: Set<Job>): Promise<void> => {
    busy.add(job);
    const { signal, onEvent: listener, onText } = job.options;
    const attempt = ++job.attempts;
    try {
      const result = await child.send(job.request, {
        ...(signal ? { signal } : {}),
        onProgress: (evaluated, generated) => {
          restarts = 0;
          listener?.({ type: 'engine-progress', evaluated, generated });
        },
        ...(onText ? { onText: (text: string) => onText(text, attempt) } : {}),
        patience: 2 ** job.failures.hang,
      });
      job.resolve(result);
    } catch (error) {
      if (!(error instanceof ChildFault) || closing.signal.aborted) job.reject(error);
      else if (error.failure !== undefined && ++job.failures[error.failure] >= tolerance[error.failure])
        job.reject(error);
      else if (!signal?.aborted) queue.unshift(job);
    } finally {
      busy.delete(job);
      leaveLane(job.options.lane);
      dispatch();
    }
  };

  const dispose = async (): Promise<void> => {
    closing.abort();
    for (const job of queue.splice(0)) job.reject(closed());
    await Promise.all([...[...alive.keys()].map((child) => child.kill()), ...restarting]);
  };

  const signal = settings.signal ? AbortSignal.any([settings.signal, closing.signal]) : closing.signal;
  const first = await start(load, signal);
  const { info } = first;
  const settled: LoadOptions = {
    ...load,
    threads: info.threads || undefined,
    tokensPerSecond: info.tokensPerSecond ?? undefined,
  };
  const perChild = info.numerics === 'exact' ? 2 : info.sequences;
  await adopt(first);
  const others = Array.from({ length: settings.children - 1 }, () => start(settled, signal).then(adopt));
  const failed = (await Promise.allSettled(others)).find((other) => other.status === 'rejected');
  if (failed) {
    await dispose();
    throw failed.reason;
  }

  return {
    info,
    concurrency: perChild * settings.children,
    get childIds() {
      return [...alive.keys()].map(({ processId }) => processId);
    },
    perform(request, options = {}) {
      return new Promise<ChildResult>((resolve, reject) => {
        const { signal } = options;
        if (closing.signal.aborted) return reject(new JurorError('engine', 'the engine is closed'));
        if (signal?.aborted) return reject(aborted());
        const onAbort = (): void => {
          const index = queue.indexOf(job);
          if (index >= 0) queue.splice(index, 1);
          reject(aborted());
        };
        const job: Job = {
          request,
          options,
          attempts: 0,
          resolve(result) {
            signal?.removeEventListener('abort', onAbort);
            resolve(result);
          },
          reject(error) {
            signal?.removeEventListener('abort', onAbort);
            reject(closing.signal.aborted ? closed() : error);
          },
          failures: { crash: 0, error: 0, hang: 0, killed: 0 },
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        queue.push(job);
        if (alive.size + expected === 0) restart('the engine could not be started again');
        dispatch();
      });
    },
    [Symbol.asyncDispose]: dispose,
  };
}

function isSuspect({ failures }: Job): boolean {
  return failures.crash > 0 || failures.hang > 0;
}

function aborted(): JurorError {
  return new JurorError('aborted', 'the judgment was aborted');
}

function closed(): JurorError {
  return new JurorError('aborted', 'the engine was closed');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
