/** Load a model into this process: binding, weights, context, template, probe. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import {
  AlpacaChatWrapper,
  FalconChatWrapper,
  GeneralChatWrapper,
  getLlama,
  LlamaLogLevel,
  type LlamaModel,
  resolveChatWrapper,
} from 'node-llama-cpp';
import { type Contexts, createContexts } from './llama-child-contexts.ts';
import type { Renderer } from './llama-child-render.ts';
import { ContextOverflow, createTemplate, type Template } from './llama-child-tokens.ts';
import type { LoadOptions, ModelInfo } from './llama-protocol.ts';

/** A model ready to answer. */
export interface LoadedModel extends Renderer {
  readonly contexts: Contexts;
  readonly info: ModelInfo;
  /** Throws ContextOverflow when `tokens` do not fit one sequence. */
  assertFits(tokens: number): void;
}

/** Tokens in one decode. Fixed, because it decides where long segments are cut. */
const batchSize = 512;

/** Load weights and context, choosing threads by a short probe where none are given. */
export async function loadModel(
  options: LoadOptions,
  onProgress: (fraction: number) => void,
): Promise<LoadedModel> {
  const llama = await getLlama({
    gpu: options.gpu === 'off' ? false : options.gpu,
    build: 'never',
    progressLogs: false,
    logLevel: LlamaLogLevel.error,
    maxThreads: 0,
  });
  const device = llama.gpu === false ? 'cpu' : llama.gpu;
  const numerics = options.numerics === 'auto' ? (device === 'cpu' ? 'exact' : 'fast') : options.numerics;
  const model = await llama.loadModel({
    modelPath: options.modelPath,
    // What embeddings take: they read a conversation in one decode, whose scores would need quadratic memory without it.
    defaultContextFlashAttention: options.flashAttention !== 'off',
    experimentalDefaultContextKvCacheKeyType: options.cacheType === 'f32' ? 'F32' : 'F16',
    experimentalDefaultContextKvCacheValueType: options.cacheType === 'f32' ? 'F32' : 'F16',
    onLoadProgress: onProgress,
    ignoreMemorySafetyChecks: false,
  });
  const flashAttention = options.flashAttention ?? (numerics === 'fast' ? 'on' : 'whole');
  const template = chatTemplate(model);
  const contextSize = Math.min(options.contextSize, model.trainContextSize);
  const sequences = options.sequences ?? (numerics === 'exact' ? 2 : 8);
  const probe =
    options.threads === undefined && device === 'cpu'
      ? await probeThreads(model, flashAttention !== 'off', () => onProgress(1))
      : undefined;
  const threads = options.threads ?? probe?.threads ?? 0;
  const settings = { contextSize, sequences, batchSize, threads, flashAttention };
  const contexts = await createContexts(model, settings);
  const endOfTurn = model.tokens.eot ?? model.tokens.eos;
  if (endOfTurn === null) throw new Error('the model declares no end-of-turn token');
  const info: ModelInfo = {
    templateDigest: template.digest,
    wrapper: template.name,
    architecture: String(model.fileInfo.metadata.general?.architecture ?? 'unknown'),
    contextSize: contexts.contextSize,
    trainContextSize: model.trainContextSize,
    embeddingSize: model.embeddingVectorSize,
    vocabularySize: model.fileInfo.metadata.tokenizer?.ggml?.tokens?.length ?? 1,
    device,
    numerics,
    flashAttention,
    batchSize,
    threads,
    sequences,
    tokensPerSecond: probe?.tokensPerSecond ?? options.tokensPerSecond ?? null,
    build: bindingVersion(),
  };
  const loaded: LoadedModel = {
    model,
    template,
    contexts,
    info,
    endOfTurn,
    contextSize: info.contextSize,
    assertFits(tokens) {
      if (tokens > info.contextSize)
        throw new ContextOverflow(`needs ${tokens} tokens, the context has ${info.contextSize}`);
    },
  };
  return loaded;
}

/**
 * The model's own Jinja template where it renders our turns, else node-llama-cpp's choice; without visible reasoning.
 * Templates that mark turns with plain text are refused: a judged answer could forge them.
 */
function chatTemplate(model: LlamaModel): Template {
  const settings = {
    warningLogs: false,
    customWrapperSettings: { jinjaTemplate: { reasoning: false }, qwen: { thoughts: 'discourage' } },
  } as const;
  const own = resolveChatWrapper(model, {
    ...settings,
    type: 'jinjaTemplate',
    fallbackToOtherWrappersOnJinjaError: true,
  });
  for (const wrapper of [own, resolveChatWrapper(model, settings)]) {
    if (wrapper === null || plainTextWrappers.some((plain) => wrapper instanceof plain)) continue;
    try {
      const template = createTemplate(model, wrapper);
      template.gaps(['system', 'user', 'assistant', 'user', 'assistant']);
      return template;
    } catch {
      // This wrapper drops or reorders messages; the next one may not.
    }
  }
  throw new Error(
    'the chat template marks turns with plain text, which a judged answer could forge, or drops messages; use an instruct model with special turn tokens',
  );
}

const plainTextWrappers = [GeneralChatWrapper, AlpacaChatWrapper, FalconChatWrapper];

/** Measure prompt speed for each thread count and take the fastest. */
async function probeThreads(model: LlamaModel, flashAttention: boolean, onStep: () => void) {
  const cores = availableParallelism();
  const counts = [...new Set([cores, Math.ceil(cores / 2), 1])];
  const tokens = model
    .tokenize('The quick brown fox jumps over the lazy dog. '.repeat(12), false)
    .slice(0, 96);
  let best: { threads: number; tokensPerSecond: number } | undefined;
  for (const threads of counts) {
    const context = await model.createContext({
      contextSize: 256,
      batchSize: 128,
      sequences: 1,
      flashAttention,
      threads: { ideal: threads, min: threads },
    });
    const sequence = context.getSequence();
    await sequence.evaluateWithoutGeneratingNewTokens(tokens.slice(0, 8));
    const start = performance.now();
    await sequence.evaluateWithoutGeneratingNewTokens(tokens.slice(8));
    const tokensPerSecond = ((tokens.length - 8) * 1000) / (performance.now() - start);
    await context.dispose();
    onStep();
    if (best === undefined || tokensPerSecond > best.tokensPerSecond) best = { threads, tokensPerSecond };
    else if (tokensPerSecond < best.tokensPerSecond * 0.7) break;
  }
  return best;
}

/** The binding keeps its manifest out of its exports; it lies one folder above the entry. */
function bindingVersion(): string {
  const manifest = new URL('../package.json', import.meta.resolve('node-llama-cpp'));
  return `node-llama-cpp ${JSON.parse(readFileSync(manifest, 'utf8')).version}`;
}
