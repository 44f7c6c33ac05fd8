/** What juror uses of the AI SDK's language model specification, version 4, written out so that the package is not needed. */
import type { Json } from './evaluate.ts';

/** One turn of a prompt: text, or parts of which only texts can be read. */
export interface AiPromptMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool';
  readonly content: string | readonly { readonly type: string; readonly text?: string }[];
}

/** What a call asks for. */
export interface AiCallOptions {
  readonly prompt: readonly AiPromptMessage[];
  readonly maxOutputTokens?: number | undefined;
  readonly temperature?: number | undefined;
  readonly stopSequences?: readonly string[] | undefined;
  readonly topP?: number | undefined;
  readonly topK?: number | undefined;
  readonly presencePenalty?: number | undefined;
  readonly frequencyPenalty?: number | undefined;
  readonly responseFormat?:
    | { readonly type: 'text' }
    | { readonly type: 'json'; readonly schema?: unknown }
    | undefined;
  readonly seed?: number | undefined;
  readonly tools?: readonly unknown[] | undefined;
  readonly reasoning?: string | undefined;
  readonly abortSignal?: AbortSignal | undefined;
}

/** Tokens of a call. */
export interface AiUsage {
  inputTokens: {
    total: number | undefined;
    noCache: number | undefined;
    cacheRead: number | undefined;
    cacheWrite: number | undefined;
  };
  outputTokens: { total: number | undefined; text: number | undefined; reasoning: number | undefined };
}

/** Why an answer ended. */
export interface AiFinishReason {
  unified: 'stop' | 'length';
  raw: string | undefined;
}

/** What a call asked for and did not get. */
export type AiWarning =
  | { type: 'unsupported'; feature: string; details?: string }
  | { type: 'compatibility'; feature: string; details?: string };

/** Figures of a provider, by the provider's name. */
export type AiMetadata = Record<string, { [key: string]: Json }>;

/** One answer, whole. */
export interface AiGenerateResult {
  content: { type: 'text'; text: string }[];
  finishReason: AiFinishReason;
  usage: AiUsage;
  providerMetadata?: AiMetadata;
  response: { modelId: string };
  warnings: AiWarning[];
}

/** A piece of an answer that is being written. */
export type AiStreamPart =
  | { type: 'stream-start'; warnings: AiWarning[] }
  | { type: 'response-metadata'; modelId: string }
  | { type: 'text-start'; id: string }
  | { type: 'text-delta'; id: string; delta: string }
  | { type: 'text-end'; id: string }
  | { type: 'finish'; usage: AiUsage; finishReason: AiFinishReason }
  | { type: 'error'; error: unknown };

/** An answer in pieces. */
export interface AiStreamResult {
  stream: ReadableStream<AiStreamPart>;
}
