/** Messages between the supervisor and its child. Structured clone carries them; Zod checks what the child sends. */
import { z } from 'zod';
import type { Message, ReadOut } from '../schema.ts';
import {
  type ContinuationRequest,
  type Deliberation,
  DeliberationResult,
  ReadOutPlace,
  Tokenizer,
  TokenLogProbabilities,
} from './engine.ts';
import { type Generation, GenerationResult } from './generate.ts';

/** Which compute layer to use. */
export type Gpu = 'auto' | 'cuda' | 'vulkan' | 'metal' | 'off';

/** `exact`: one sequence in a decode, same request same bits. `fast`: sequences share decodes. */
export type Numerics = 'exact' | 'fast';

/**
 * Where flash attention is used in deliberations. `whole`: wherever no token is decoded alone. On a CPU, llama.cpp's flash attention
 * of a single token splits its sums by threads from 512 cells of cache on.
 */
export const FlashAttention = z.enum(['on', 'off', 'whole']);
export type FlashAttention = z.infer<typeof FlashAttention>;

/** Number format of the KV cache. */
export type CacheType = 'f16' | 'f32';

/** What the child needs to load a model. */
export interface LoadOptions {
  readonly modelPath: string;
  readonly gpu: Gpu;
  readonly numerics: Numerics | 'auto';
  /** Tokens per sequence; smaller where the model was trained on less. */
  readonly contextSize: number;
  /** Undefined: `whole` for `exact`, `on` for `fast`. */
  readonly flashAttention: FlashAttention | undefined;
  readonly cacheType: CacheType;
  /** Undefined: probe. */
  readonly threads: number | undefined;
  /** What an earlier probe measured, for the progress deadline. */
  readonly tokensPerSecond: number | undefined;
  readonly sequences: number | undefined;
}

/** Work for the child. */
export type ChildRequest =
  | { readonly kind: 'deliberate'; readonly deliberation: Deliberation }
  | ({ readonly kind: 'logprob' } & Required<ContinuationRequest>)
  | { readonly kind: 'tokenizer' }
  | { readonly kind: 'generate'; readonly generation: Generation }
  | {
      readonly kind: 'embed';
      readonly conversations: readonly (readonly Message[])[];
      readonly readOut: ReadOut;
    }
  | {
      readonly kind: 'read-outs';
      readonly conversations: readonly (readonly Message[])[];
      readonly readOut: ReadOut;
    }
  | { readonly kind: 'tokens'; readonly deliberation: Deliberation };

/** Supervisor → child. */
export type ToChild =
  | { readonly type: 'load'; readonly options: LoadOptions }
  | { readonly type: 'request'; readonly id: number; readonly request: ChildRequest }
  | { readonly type: 'abort'; readonly id: number };

/** Facts about a loaded model. */
export const ModelInfo = z.strictObject({
  /** SHA-256 of the chat wrapper's name and its rendering of a fixed conversation. */
  templateDigest: z.string(),
  wrapper: z.string(),
  architecture: z.string(),
  contextSize: z.int().positive(),
  trainContextSize: z.int().positive(),
  embeddingSize: z.int().positive(),
  vocabularySize: z.int().positive(),
  device: z.string(),
  numerics: z.enum(['exact', 'fast']),
  flashAttention: FlashAttention,
  batchSize: z.int().positive(),
  threads: z.int().nonnegative(),
  sequences: z.int().positive(),
  /** Prompt tokens per second of the probe, or null when nothing was probed. */
  tokensPerSecond: z.number().positive().nullable(),
  /** Version of the binding; it names the llama.cpp build. */
  build: z.string(),
});
export type ModelInfo = z.infer<typeof ModelInfo>;

const Result = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('deliberate'),
    result: DeliberationResult,
  }),
  z.strictObject({ kind: z.literal('logprob'), result: TokenLogProbabilities }),
  z.strictObject({ kind: z.literal('tokenizer'), tokenizer: Tokenizer }),
  z.strictObject({
    kind: z.literal('embed'),
    embeddings: z.array(
      z.strictObject({
        vector: z.custom<Float32Array>((value) => value instanceof Float32Array),
        tokens: z.int().positive(),
      }),
    ),
  }),
  z.strictObject({ kind: z.literal('read-outs'), places: z.array(ReadOutPlace) }),
  z.strictObject({ kind: z.literal('generate'), result: GenerationResult }),
  /** Evaluation segments of each question, in order: for tests and the doctor. */
  z.strictObject({ kind: z.literal('tokens'), questions: z.array(z.array(z.array(z.int()))) }),
]);
export type ChildResult = z.infer<typeof Result>;

/** Child → supervisor. */
export const FromChild = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('loading'), progress: z.number() }),
  z.strictObject({ type: z.literal('ready'), info: ModelInfo }),
  z.strictObject({ type: z.literal('start'), id: z.int() }),
  z.strictObject({ type: z.literal('progress'), id: z.int(), evaluated: z.int(), generated: z.int() }),
  /** Text of an answer that is being written. */
  z.strictObject({ type: z.literal('text'), id: z.int(), text: z.string() }),
  z.strictObject({ type: z.literal('result'), id: z.int(), result: Result }),
  z.strictObject({
    type: z.literal('error'),
    id: z.int().nullable(),
    code: z.enum(['model', 'engine', 'aborted', 'context', 'invalid']),
    message: z.string(),
  }),
]);
export type FromChild = z.infer<typeof FromChild>;
