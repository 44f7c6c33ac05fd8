/** Chat models made by LangChain, and completions asked of them. Nothing is retried, traced or logged here. */
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import type { AIMessage, UsageMetadata } from '@langchain/core/messages';
import { JurorError } from '../errors.ts';
import type { Usage } from '../schema.ts';
import type { ChatMessage } from './langchain-messages.ts';
import { type Provider, parseRemoteName } from './langchain-providers.ts';

/** How one kind of request is sampled; what is left out is left to the provider. */
export interface ModelSettings {
  readonly maxTokens: number;
  readonly temperature?: number;
  readonly topP?: number;
  readonly seed?: number;
  /** Ask for the log-probabilities of this many tokens. */
  readonly topLogprobs?: number;
  /** The last message is the assistant's and is to be continued. */
  readonly continues?: boolean;
}

/** Makes a chat model with these settings. */
export type ModelFactory = (settings: ModelSettings) => BaseChatModel | Promise<BaseChatModel>;

/** A finished reply. */
export interface Completion {
  readonly text: string;
  /** As the provider says it, in lower case. */
  readonly finish: string;
  readonly logprobs: unknown;
  readonly usage: Usage;
  /** Of a schema-constrained answer: what it holds; null where it holds something else. */
  readonly parsed: unknown;
}

/** A factory for `provider:model`. Throws JurorError `usage` for an unknown provider or a missing package. */
export function modelFactory(
  name: string,
  options: {
    baseUrl: string | undefined;
    apiKey: string | undefined;
    parameters: Readonly<Record<string, unknown>>;
  },
): ModelFactory {
  const { provider, model, traits } = parseRemoteName(name);
  return async (settings) => {
    const { initChatModel, MODEL_PROVIDER_CONFIG } = await import('langchain/chat_models/universal');
    try {
      const configurable = await initChatModel(model, {
        modelProvider: provider,
        maxRetries: 0,
        verbose: false,
        ...constructorOptions(traits, settings, options),
      });
      // The configurable model keeps a model for every set of call options it ever saw.
      return await configurable._getModelInstance();
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      if (!/Unable to import|Cannot find (package|module)|ERR_MODULE_NOT_FOUND/.test(text)) throw error;
      const needed: string = MODEL_PROVIDER_CONFIG[provider as keyof typeof MODEL_PROVIDER_CONFIG].package;
      throw new JurorError(
        'usage',
        `the provider '${provider}' needs the package ${needed}, which is not installed: npm install ${needed}`,
      );
    }
  };
}

/** A factory for a chat model that is there already: its own settings rule, and the call's are offered to it. */
export function givenModel(model: BaseChatModel): ModelFactory {
  return () => model;
}

function constructorOptions(
  traits: Provider,
  settings: ModelSettings,
  { baseUrl, apiKey, parameters }: Parameters<typeof modelFactory>[1],
): Record<string, unknown> {
  const { configuration, modelKwargs, ...others } = parameters as Record<string, Record<string, unknown>>;
  const continuing =
    settings.continues && traits.baseUrl === 'configuration'
      ? { add_generation_prompt: false, continue_final_message: true }
      : {};
  const body = { ...continuing, ...modelKwargs };
  const configured = {
    ...(traits.baseUrl === 'configuration' && baseUrl !== undefined ? { baseURL: baseUrl } : {}),
    ...configuration,
  };
  return {
    [traits.maxTokens ?? 'maxTokens']: settings.maxTokens,
    ...(settings.temperature === undefined ? {} : { temperature: settings.temperature }),
    ...(settings.topP === undefined || traits.topP === false ? {} : { topP: settings.topP }),
    ...(settings.seed !== undefined && traits.seed === 'constructor' ? { seed: settings.seed } : {}),
    ...(settings.topLogprobs === undefined || traits.logprobs !== true
      ? {}
      : { logprobs: true, topLogprobs: settings.topLogprobs }),
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(baseUrl !== undefined && traits.baseUrl !== undefined && traits.baseUrl !== 'configuration'
      ? { [traits.baseUrl]: baseUrl }
      : {}),
    ...(Object.keys(configured).length > 0 ? { configuration: configured } : {}),
    ...(Object.keys(body).length > 0 ? { modelKwargs: body } : {}),
    ...others,
  };
}

/** Ask for one completion; with labels, for one that a schema constrains to them. */
export async function complete(
  factory: ModelFactory,
  messages: readonly ChatMessage[],
  settings: ModelSettings,
  options: { signal: AbortSignal; labels?: readonly string[] },
): Promise<Completion> {
  const model = await factory(settings);
  const call = { ...callOptions(settings), signal: options.signal, callbacks: [await silence()] };
  const input = messages.map(({ role, content }) => ({ role, content }));
  if (options.labels === undefined) return completionOf(await model.invoke(input, call), undefined);
  const structured = model.withStructuredOutput<Record<string, unknown>>(verdictSchema(options.labels), {
    name: 'verdict',
    includeRaw: true,
  });
  const { raw, parsed } = await structured.invoke(input, call);
  return completionOf(raw as AIMessage, parsed);
}

/** The reason that a model has no schema-constrained answers; undefined where it has. */
export async function unstructured(factory: ModelFactory): Promise<string | undefined> {
  const model = await factory({ maxTokens: 1 });
  try {
    model.withStructuredOutput(verdictSchema(['yes', 'no']), { name: 'verdict', includeRaw: true });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** What models may take with a call. Those made by a provider's class have most of it from their constructor. */
function callOptions({
  maxTokens,
  temperature,
  topP,
  seed,
  topLogprobs,
}: ModelSettings): Record<string, unknown> {
  return {
    maxTokens,
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(seed === undefined ? {} : { seed }),
    ...(topLogprobs === undefined ? {} : { logprobs: true, topLogprobs }),
  };
}

function verdictSchema(labels: readonly string[]): Record<string, unknown> {
  return {
    title: 'verdict',
    description: 'The verdict.',
    type: 'object',
    properties: { verdict: { type: 'string', enum: labels } },
    required: ['verdict'],
    additionalProperties: false,
  };
}

function completionOf(message: AIMessage, parsed: unknown): Completion {
  const { text, response_metadata: metadata } = message;
  const usage = message.usage_metadata as UsageMetadata | undefined;
  const finish =
    metadata.finish_reason ??
    metadata.stop_reason ??
    metadata.stopReason ??
    metadata.finishReason ??
    metadata.done_reason;
  const read = count(usage?.input_tokens);
  const reused = Math.min(read, count(usage?.input_token_details?.cache_read));
  return {
    text,
    finish: String(finish ?? 'stop').toLowerCase(),
    logprobs: metadata.logprobs,
    usage: { evaluated: read - reused, reused, generated: count(usage?.output_tokens) },
    parsed,
  };
}

function count(value: unknown): number {
  return typeof value === 'number' && value > 0 ? Math.round(value) : 0;
}

/**
 * A handler that does nothing, under the name of LangChain's tracer: LangChain adds its tracer, which sends prompts away
 * where the environment asks for it, only when there is none of that name.
 */
async function silence() {
  const { BaseCallbackHandler } = await import('@langchain/core/callbacks/base');
  class Silence extends BaseCallbackHandler {
    override name = 'langchain_tracer';
    override ignoreLLM = true;
    override ignoreChain = true;
    updateFromRunTree(): void {}
    getRunTreeWithTracingConfig(): undefined {}
  }
  return new Silence();
}
