/** The local model as a LangChain chat model. */
import type { CallbackManagerForLLMRun } from '@langchain/core/callbacks/manager';
import type {
  BaseLanguageModelInput,
  StructuredOutputMethodOptions,
} from '@langchain/core/language_models/base';
import {
  BaseChatModel,
  type BaseChatModelCallOptions,
  type BaseChatModelParams,
  type LangSmithParams,
} from '@langchain/core/language_models/chat_models';
import {
  AIMessage,
  AIMessageChunk,
  type BaseMessage,
  type StandardMessageStructure,
  type UsageMetadata,
} from '@langchain/core/messages';
import { ChatGenerationChunk, type ChatResult } from '@langchain/core/outputs';
import type { Runnable } from '@langchain/core/runnables';
import type { Generation, GenerationResult, TextGenerator } from '../engine/generate.ts';
import type { GrammarSchema } from '../engine/grammar-schema.ts';
import { engineMessages } from './messages.ts';
import { type StructuredSchema, structuredOutput } from './structured.ts';

/** How an answer is written. */
export interface JurorSampling {
  /** Default 512. Prompt and budget have to fit the context together. */
  readonly maxTokens?: number;
  /** Default 0: the likeliest token, always. */
  readonly temperature?: number;
  /** Default 1. */
  readonly topP?: number;
  /** Default 0. The same seed gives the same text where numerics are exact. */
  readonly seed?: number;
}

/** Options of {@link JurorChatModel}. */
export interface JurorChatModelFields extends JurorSampling, BaseChatModelParams {
  /** A local engine, as `openLlama` opens it. It stays the caller's: close it after the last call. */
  readonly engine: TextGenerator;
  /** Texts that end every answer. */
  readonly stop?: readonly string[];
}

/** Options of one call; `stop` comes on top of the model's. */
export interface JurorCallOptions extends BaseChatModelCallOptions, JurorSampling {
  /** Holds the answer to a schema; `withStructuredOutput` sets it. */
  readonly grammar?: GrammarSchema;
}

/**
 * A local model as a LangChain chat model: `invoke`, `stream`, `batch`, and `withStructuredOutput` by a grammar. It calls no tools and
 * reads no images; both are a JurorError `usage`.
 */
export class JurorChatModel extends BaseChatModel<JurorCallOptions> {
  readonly engine: TextGenerator;
  readonly sampling: Required<JurorSampling>;
  readonly stop: readonly string[];

  static override lc_name(): string {
    return 'JurorChatModel';
  }

  constructor(fields: JurorChatModelFields) {
    super(fields);
    this.engine = fields.engine;
    this.sampling = sampling(fields, { maxTokens: 512, temperature: 0, topP: 1, seed: 0 });
    this.stop = fields.stop ?? [];
  }

  /** Names the kind of model in LangChain's records. */
  override _llmType(): string {
    return 'juror';
  }

  /** Everything that decides the answer: LangChain's caches go by it. */
  override _identifyingParams(): Record<string, unknown> {
    return { engine: this.engine.id, ...this.sampling, stop: this.stop };
  }

  /** What callbacks are told of a call's settings. */
  override invocationParams(options?: this['ParsedCallOptions']): Record<string, unknown> {
    return {
      model: this.engine.id.model,
      ...sampling(options ?? {}, this.sampling),
      stop: this.stopOf(options),
    };
  }

  /** What LangSmith shows of a call. */
  override getLsParams(options: this['ParsedCallOptions']): LangSmithParams {
    const { temperature, maxTokens } = sampling(options, this.sampling);
    return {
      ls_provider: 'juror',
      ls_model_name: this.engine.id.model,
      ls_model_type: 'chat',
      ls_temperature: temperature,
      ls_max_tokens: maxTokens,
      ls_stop: this.stopOf(options),
    };
  }

  /** One answer, whole. */
  override async _generate(messages: BaseMessage[], options: this['ParsedCallOptions']): Promise<ChatResult> {
    const { signal } = options;
    const result = await this.engine.generate(this.request(messages, options), signal ? { signal } : {});
    const message = new AIMessage<StandardMessageStructure>({
      content: result.text,
      usage_metadata: usageOf(result),
      response_metadata: this.described(result),
    });
    return { generations: [{ text: result.text, message }], llmOutput: { tokenUsage: tokenUsage(result) } };
  }

  /** Pieces as they are written, then the usage. A consumer that stops early ends the writing. */
  override async *_streamResponseChunks(
    messages: BaseMessage[],
    options: this['ParsedCallOptions'],
    runManager?: CallbackManagerForLLMRun,
  ): AsyncGenerator<ChatGenerationChunk> {
    const request = this.request(messages, options);
    const left = new AbortController();
    const signal = options.signal ? AbortSignal.any([options.signal, left.signal]) : left.signal;
    let outcome: { result: GenerationResult } | { error: unknown } | undefined;
    const pieces = new ReadableStream<string>({
      start: async (controller) => {
        outcome = await this.engine
          .generate(request, { signal, onText: (text) => controller.enqueue(text) })
          .then(
            (result) => ({ result }),
            (error: unknown) => ({ error }),
          );
        if (!left.signal.aborted) controller.close();
      },
      cancel: () => left.abort(),
    });
    for await (const text of pieces) {
      yield new ChatGenerationChunk({ text, message: new AIMessageChunk({ content: text }) });
      await runManager?.handleLLMNewToken(text);
    }
    if (outcome === undefined) return;
    if ('error' in outcome) throw outcome.error;
    const { result } = outcome;
    yield new ChatGenerationChunk({
      text: '',
      message: new AIMessageChunk<StandardMessageStructure>({
        content: '',
        usage_metadata: usageOf(result),
        response_metadata: this.described(result),
      }),
    });
  }

  /**
   * Answers as values of a Zod schema, of another standard schema, or of a JSON schema, held to its form by a grammar: they always
   * parse. What a grammar does not hold, such as a pattern or a range of real numbers, the schema checks afterwards. An answer cut by its
   * budget is a JurorError `usage`; so is a schema that a grammar cannot hold, or a JSON schema that nothing could check afterwards.
   */
  override withStructuredOutput<Output extends Record<string, unknown>>(
    schema: StructuredSchema<Output>,
    config?: StructuredOutputMethodOptions<false>,
  ): Runnable<BaseLanguageModelInput, Output>;
  override withStructuredOutput<Output extends Record<string, unknown>>(
    schema: StructuredSchema<Output>,
    config?: StructuredOutputMethodOptions<true>,
  ): Runnable<BaseLanguageModelInput, { raw: BaseMessage; parsed: Output }>;
  override withStructuredOutput<Output extends Record<string, unknown>>(
    schema: StructuredSchema<Output>,
    config: StructuredOutputMethodOptions<boolean> = {},
  ):
    | Runnable<BaseLanguageModelInput, Output>
    | Runnable<BaseLanguageModelInput, { raw: BaseMessage; parsed: Output }> {
    return structuredOutput(schema, config, (grammar) => this.withConfig({ grammar }));
  }

  private request(messages: readonly BaseMessage[], options: this['ParsedCallOptions']): Generation {
    return {
      messages: engineMessages(messages),
      ...sampling(options, this.sampling),
      stop: this.stopOf(options),
      schema: options.grammar ?? null,
    };
  }

  private stopOf(options: { readonly stop?: readonly string[] | undefined } = {}): string[] {
    return [...new Set([...this.stop, ...(options.stop ?? [])])];
  }

  private described({ finish }: GenerationResult): Record<string, unknown> {
    return { finish_reason: finish, model_name: this.engine.id.model, model_provider: 'juror' };
  }
}

function sampling(given: JurorSampling, otherwise: Required<JurorSampling>): Required<JurorSampling> {
  return {
    maxTokens: given.maxTokens ?? otherwise.maxTokens,
    temperature: given.temperature ?? otherwise.temperature,
    topP: given.topP ?? otherwise.topP,
    seed: given.seed ?? otherwise.seed,
  };
}

function usageOf({ usage }: GenerationResult): UsageMetadata {
  const { evaluated, reused, generated } = usage;
  return {
    input_tokens: evaluated + reused,
    output_tokens: generated,
    total_tokens: evaluated + reused + generated,
    input_token_details: { cache_read: reused },
  };
}

function tokenUsage(result: GenerationResult) {
  const { input_tokens, output_tokens, total_tokens } = usageOf(result);
  return { promptTokens: input_tokens, completionTokens: output_tokens, totalTokens: total_tokens };
}
