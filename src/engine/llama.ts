/** The local engine: a model in child processes, which are watched, and replaced when they crash or hang. Never tokenises. */
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import type { EngineId, Message, ReadOut } from '../schema.ts';
import type { Deliberation, Engine, EngineOptions, ReadOutPlace, Tokenizer } from './engine.ts';
import { generateOnce, type TextGenerator } from './generate.ts';
import { openPool, type PoolOptions } from './llama-pool.ts';
import { defaultSupervision, type Supervision } from './llama-process.ts';
import type {
  CacheType,
  ChildRequest,
  ChildResult,
  FlashAttention,
  Gpu,
  LoadOptions,
  ModelInfo,
  Numerics,
} from './llama-protocol.ts';
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
  /**
   * Default: `whole` for `exact`, `on` for `fast` (docs/decisions/0002-numerics.md). On a CPU, `on` makes the thread count part of
   * what decides the bits, and of the key.
   */
  readonly flashAttention?: FlashAttention;
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
  /** How children are watched and replaced. */
  readonly supervision?: Partial<Supervision>;
  readonly onEvent?: Listener;
  readonly signal?: AbortSignal;
}

/** A local engine, with what only a local engine knows. */
export interface LlamaEngine extends Engine, TextGenerator {
  readonly info: ModelInfo;
  tokenizer(options?: EngineOptions): Promise<Tokenizer>;
  /** Where the state of each conversation would be read. */
  readOuts(
    conversations: readonly (readonly Message[])[],
    readOut: ReadOut,
    options?: EngineOptions,
  ): Promise<ReadOutPlace[]>;
  /** Evaluation segments of each question, as token ids. */
  tokens(request: Deliberation, options?: EngineOptions): Promise<number[][][]>;
  /** Process ids of the children that are alive. */
  readonly childIds: readonly number[];
}

/** As near to float32 as a float32 cache of twice the size (docs/decisions/0002-numerics.md). */
const cacheTypeDefault: CacheType = 'f16';

/** Load a model in child processes. Throws JurorError `model` when it cannot be loaded. */
export async function openLlama(options: LlamaOptions): Promise<LlamaEngine> {
  const home = options.home === undefined ? jurorHome() : options.home;
  const probe =
    options.threads === undefined && home !== null
      ? await recallProbe(home, options.model.sha256)
      : undefined;
  const load: LoadOptions = {
    modelPath: options.model.path,
    gpu: options.gpu ?? 'auto',
    numerics: options.numerics ?? 'auto',
    contextSize: options.contextSize ?? 8192,
    flashAttention: options.flashAttention,
    cacheType: options.cacheType ?? cacheTypeDefault,
    threads: options.threads ?? probe?.threads,
    tokensPerSecond: probe?.tokensPerSecond,
    sequences: options.sequences,
  };
  const pool = await openPool(load, {
    name: options.model.name,
    children: Math.max(1, options.children ?? 1),
    supervision: { ...defaultSupervision, ...options.supervision },
    onEvent: options.onEvent ?? (() => {}),
    ...(options.signal ? { signal: options.signal } : {}),
  });
  const { info } = pool;
  const { threads, tokensPerSecond } = info;
  if (load.threads === undefined && tokensPerSecond !== null && home !== null)
    await rememberProbe(home, options.model.sha256, { threads, tokensPerSecond, measuredAt: Date.now() });
  let disposed = false;
  const perform = (request: ChildRequest, callOptions?: PoolOptions) => pool.perform(request, callOptions);

  return {
    id: engineId(options.model, load, info),
    info,
    protocol: 'logits',
    concurrency: pool.concurrency,
    get childIds() {
      return pool.childIds;
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
    async logprob({ messages, continuation, end = false }, callOptions) {
      const request = { kind: 'logprob', messages, continuation, end } as const;
      return narrow(await perform(request, callOptions), 'logprob').result;
    },
    async tokenizer(callOptions) {
      return narrow(await perform({ kind: 'tokenizer' }, callOptions), 'tokenizer').tokenizer;
    },
    generate: (request, callOptions = {}) =>
      generateOnce(
        request,
        callOptions,
        async (work, options) => narrow(await perform(work, options), 'generate').result,
      ),
    async embed(conversations, { readOut = 'next-turn', ...callOptions } = {}) {
      return narrow(await perform({ kind: 'embed', conversations, readOut }, callOptions), 'embed')
        .embeddings;
    },
    async readOuts(conversations, readOut, callOptions) {
      return narrow(await perform({ kind: 'read-outs', conversations, readOut }, callOptions), 'read-outs')
        .places;
    },
    async tokens(request, callOptions) {
      return narrow(await perform({ kind: 'tokens', deliberation: request }, callOptions), 'tokens')
        .questions;
    },
    async [Symbol.asyncDispose]() {
      disposed = true;
      await pool[Symbol.asyncDispose]();
    },
  };
}

function narrow<Kind extends ChildResult['kind']>(
  result: ChildResult,
  kind: Kind,
): Extract<ChildResult, { kind: Kind }> {
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
      flashAttention: info.flashAttention,
      cacheType: load.cacheType,
      batchSize: info.batchSize,
      contextSize: info.contextSize,
      build: info.build,
      ...(bitsDependOnThreads(info) ? { threads: info.threads } : {}),
    },
  };
}

function bitsDependOnThreads({ numerics, device, flashAttention }: ModelInfo): boolean {
  return numerics === 'exact' && device === 'cpu' && flashAttention === 'on';
}
