/** Supervisor of engine children: queues requests, watches token progress, restarts what crashes or hangs. Never tokenises. */
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import type { EngineId } from '../schema.ts';
import type { Deliberation, Engine, EngineOptions } from './engine.ts';
import { type Child, type ChildFailure, startChild } from './llama-process.ts';
import type { CacheType, ChildRequest, ChildResult, Gpu, LoadOptions, ModelInfo, Numerics } from './llama-protocol.ts';
import { jurorHome } from './models-home.ts';
import { recallProbe, rememberProbe } from './probe.ts';

/** Options of {@link openLlama}. */
export interface LlamaOptions {
  /** A model file whose digest has been checked. */
  readonly model: { readonly name: string; readonly path: string; readonly sha256: string };
  /** Default `auto`. */
  readonly gpu?: Gpu;
  /** Default: `exact` on a CPU, `fast` on a GPU. */
  readonly numerics?: Numerics;
  /** Tokens per sequence. Default 8192, or what the model was trained on. */
  readonly contextSize?: number;
  /** Default: what the accuracy measurement in docs/benchmarks.md supports. */
  readonly flashAttention?: boolean;
  /** Number format of the KV cache. Default `f16`: docs/decisions/0002-numerics.md. */
  readonly cacheType?: CacheType;
  /** Threads of each child. Default: probed once per machine and model. */
  readonly threads?: number;
  /** Where the probe is remembered. Default: juror's folder; null: nowhere. */
  readonly home?: string | null;
  /** Sequences of each child. Default 2 for `exact`, 8 for `fast`. */
  readonly sequences?: number;
  /** Child processes. Default 1. */
  readonly children?: number;
  readonly onEvent?: Listener;
  readonly signal?: AbortSignal;
}

/** A local engine, with what only a local engine knows. */
export interface LlamaEngine extends Engine {
  readonly info: ModelInfo;
  /** Evaluation segments of each question, as token ids. */
  tokens(request: Deliberation, options?: EngineOptions): Promise<number[][][]>;
  /** Process ids of the children that are alive. */
  readonly childIds: readonly number[];
}

interface Job {
  readonly request: ChildRequest;
  readonly options: EngineOptions;
  readonly resolve: (result: ChildResult) => void;
  readonly reject: (error: unknown) => void;
  readonly failures: Record<ChildFailure, number>;
}

/** How often one request may fail before it is given up. A kill from outside is no evidence against the request. */
const tolerance: Record<ChildFailure, number> = { crash: 2, hang: 3, killed: 20 };
const failedStarts = 5;

/** Flash attention on is nearer to a float32 reference (docs/benchmarks.md). */
const flashAttentionDefault = true;
const cacheTypeDefault: CacheType = 'f16';

/** Load a model in child processes. Throws JurorError `model` when it cannot be loaded. */
export async function openLlama(options: LlamaOptions): Promise<LlamaEngine> {
  const home = options.home === undefined ? jurorHome() : options.home;
  const probe = options.threads === undefined && home !== null ? await recallProbe(home, options.model.sha256) : undefined;
  const load: LoadOptions = {
    modelPath: options.model.path,
    gpu: options.gpu ?? 'auto',
    numerics: options.numerics ?? 'auto',
    contextSize: options.contextSize ?? 8192,
    flashAttention: options.flashAttention ?? flashAttentionDefault,
    cacheType: options.cacheType ?? cacheTypeDefault,
    threads: options.threads ?? probe?.threads,
    tokensPerSecond: probe?.tokensPerSecond,
    sequences: options.sequences,
  };
  const emit = options.onEvent ?? (() => {});
  const first = await startChild(load, { name: options.model.name, onEvent: emit, ...(options.signal ? { signal: options.signal } : {}) });
  const info = first.info;
  const { threads, tokensPerSecond } = info;
  if (load.threads === undefined && tokensPerSecond !== null && home !== null)
    await rememberProbe(home, options.model.sha256, { threads, tokensPerSecond, measuredAt: Date.now() });
  const settled: LoadOptions = { ...load, threads: threads || undefined, tokensPerSecond: tokensPerSecond ?? undefined };
  const workers: (Child | undefined)[] = [first];
  const inFlight = new Map<Child, Set<Job>>([[first, new Set()]]);
  const queue: Job[] = [];
  const perChild = info.numerics === 'exact' ? 2 : info.sequences;
  let disposed = false;
  let restarts = 0;

  const dispatch = (): void => {
    for (const child of workers) {
      const busy = child && inFlight.get(child);
      while (child && busy && busy.size < perChild && queue.length > 0) {
        const job = queue.shift();
        if (job === undefined || job.options.signal?.aborted) continue;
        busy.add(job);
        child.send(job.request, {
          ...(job.options.signal ? { signal: job.options.signal } : {}),
          onProgress: (evaluated, generated) => {
            restarts = 0;
            job.options.onEvent?.({ type: 'engine-progress', evaluated, generated });
          },
          patience: 2 ** job.failures.hang,
        }).then(
          (result) => {
            busy.delete(job);
            job.resolve(result);
            dispatch();
          },
          (error: unknown) => {
            busy.delete(job);
            // A dead child's jobs come back through `replace`.
            if (!child.exited) job.reject(error);
            else retry(job, child.failureOf(error), error);
            dispatch();
          },
        );
      }
    }
  };

  const retry = (job: Job, failure: ChildFailure | undefined, error: unknown): void => {
    if (disposed) return job.reject(new JurorError('aborted', 'the engine was closed'));
    if (failure !== undefined && ++job.failures[failure] >= tolerance[failure]) job.reject(error);
    else queue.unshift(job);
  };

  const keepAlive = (index: number, child: Child): void => {
    void child.ended.then(async (reason) => {
      inFlight.delete(child);
      workers[index] = undefined;
      if (disposed) return;
      const delayMs = Math.min(5000, 50 * 2 ** restarts++);
      emit({ type: 'engine-restart', reason, delayMs });
      for (let attempt = 1; !disposed; attempt++) {
        await new Promise((resolve) => setTimeout(resolve, delayMs * attempt));
        try {
          await begin(index);
          return;
        } catch (error) {
          if (attempt < failedStarts) continue;
          for (const job of queue.splice(0)) job.reject(error);
          return;
        }
      }
    });
  };

  const begin = async (index: number): Promise<void> => {
    if (disposed) return;
    const child = await startChild(settled, { name: options.model.name, onEvent: emit });
    if (disposed) return child.kill();
    workers[index] = child;
    inFlight.set(child, new Set());
    keepAlive(index, child);
    dispatch();
  };

  keepAlive(0, first);
  await Promise.all(Array.from({ length: (options.children ?? 1) - 1 }, (_, index) => begin(index + 1)));

  const perform = (request: ChildRequest, callOptions: EngineOptions = {}): Promise<ChildResult> => {
    if (disposed) return Promise.reject(new JurorError('engine', 'the engine is closed'));
    return new Promise<ChildResult>((resolve, reject) => {
      const { signal } = callOptions;
      if (signal?.aborted) return reject(new JurorError('aborted', 'the judgment was aborted'));
      const onAbort = () => {
        const index = queue.indexOf(job);
        if (index >= 0) queue.splice(index, 1);
        reject(new JurorError('aborted', 'the judgment was aborted'));
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      const finish = <Value>(settle: (value: Value) => void) => (value: Value) => {
        signal?.removeEventListener('abort', onAbort);
        settle(value);
      };
      const job: Job = {
        request,
        options: callOptions,
        resolve: finish(resolve),
        reject: finish(reject),
        failures: { crash: 0, hang: 0, killed: 0 },
      };
      queue.push(job);
      dispatch();
    });
  };

  return {
    id: engineId(options.model, load, info),
    info,
    protocol: 'logits',
    concurrency: perChild * workers.length,
    get childIds() {
      return workers.flatMap((child) => (child ? [child.processId] : []));
    },
    async deliberate(request, callOptions) {
      try {
        const result = await perform({ kind: 'deliberate', deliberation: request }, callOptions);
        return narrow(result, 'deliberate').result;
      } catch (error) {
        if (JurorError.isInstance(error) && error.code === 'engine' && !disposed)
          return { status: 'unscored', reason: 'engine', message: error.message };
        throw error;
      }
    },
    async logprob({ messages, continuation }, callOptions) {
      const { tokens, logProbabilities } = narrow(await perform({ kind: 'logprob', messages, continuation }, callOptions), 'logprob');
      return { tokens, logProbabilities };
    },
    async embed(conversations, callOptions) {
      return narrow(await perform({ kind: 'embed', conversations }, callOptions), 'embed').vectors;
    },
    async tokens(request, callOptions) {
      return narrow(await perform({ kind: 'tokens', deliberation: request }, callOptions), 'tokens').questions;
    },
    async [Symbol.asyncDispose]() {
      disposed = true;
      for (const job of queue.splice(0)) job.reject(new JurorError('aborted', 'the engine was closed'));
      await Promise.all(workers.map((child) => child?.kill()));
    },
  };
}

function narrow<Kind extends ChildResult['kind']>(result: ChildResult, kind: Kind): Extract<ChildResult, { kind: Kind }> {
  if (result.kind !== kind) throw new JurorError('engine', `expected a ${kind} result, got ${result.kind}`);
  return result as Extract<ChildResult, { kind: Kind }>;
}

function engineId(model: LlamaOptions['model'], load: LoadOptions, info: ModelInfo): EngineId {
  return {
    kind: 'llama',
    model: model.name,
    digest: model.sha256,
    template: info.templateDigest,
    settings: {
      numerics: info.numerics,
      device: info.device,
      flashAttention: load.flashAttention,
      cacheType: load.cacheType,
      batchSize: info.batchSize,
      contextSize: info.contextSize,
      build: info.build,
    },
  };
}
