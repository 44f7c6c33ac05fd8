/** A local model as a language model of the AI SDK. */
import type { GenerationResult } from '../engine/generate.ts';
import { grammarForm } from '../engine/grammar-schema.ts';
import { JurorError } from '../errors.ts';
import type { Message } from '../schema.ts';
import type {
  AiCallOptions,
  AiGenerateResult,
  AiPromptMessage,
  AiStreamPart,
  AiStreamResult,
  AiUsage,
  AiWarning,
} from './ai-sdk-types.ts';
import { openWriter, type TextToWrite, type Writer, type WriterSource, written } from './writer.ts';

/** A language model of specification version 4. Disposing closes the engine that it opened. */
export interface JurorLanguageModel extends AsyncDisposable {
  readonly specificationVersion: 'v4';
  readonly provider: 'juror';
  readonly modelId: string;
  readonly supportedUrls: Record<string, RegExp[]>;
  /** One answer, whole. */
  doGenerate(options: AiCallOptions): Promise<AiGenerateResult>;
  /** One answer in pieces, then its usage. */
  doStream(options: AiCallOptions): Promise<AiStreamResult>;
}

/** Options of every model of a provider; each names its model itself. */
export type JurorProviderOptions = Omit<WriterSource, 'model'>;

/** A provider of the AI SDK. Disposing closes every engine that its models opened. */
export interface JurorProvider extends AsyncDisposable {
  /** The model of this name: one of the catalogue, a .gguf file or hf:owner/repository/file. */
  (model?: string): JurorLanguageModel;
  readonly specificationVersion: 'v4';
  /** The model of this name, as a call of the provider gives it. */
  languageModel(model: string): JurorLanguageModel;
  /** None: throws JurorError `usage`. */
  embeddingModel(model: string): never;
  /** None: throws JurorError `usage`. */
  imageModel(model: string): never;
}

/**
 * Local models for `generateText`, `streamText` and `generateObject`. A model is opened with its first call, once for each name. JSON is
 * held to its schema by a grammar. What a local model cannot do is a warning of the call where the answer stands without it, such as a
 * penalty or tools; images and results of tools are a JurorError `usage`.
 */
export function createJuror(options: JurorProviderOptions = {}): JurorProvider {
  const models = new Map<string, JurorLanguageModel>();
  const languageModel = (model = options.engine?.id.model ?? 'smollm2-135m'): JurorLanguageModel => {
    const known = models.get(model);
    if (known) return known;
    const made = modelOf(openWriter({ ...options, model }), model);
    models.set(model, made);
    return made;
  };
  const none = (kind: string) => (model: string) => {
    throw new JurorError('usage', `expected a language model, got '${model}': juror has no ${kind} model`);
  };
  return Object.assign((model?: string) => languageModel(model), {
    specificationVersion: 'v4' as const,
    languageModel,
    embeddingModel: none('embedding'),
    imageModel: none('image'),
    async [Symbol.asyncDispose]() {
      await Promise.all([...models.values()].map((model) => model[Symbol.asyncDispose]()));
      models.clear();
    },
  });
}

function modelOf(writer: Writer, modelId: string): JurorLanguageModel {
  return {
    specificationVersion: 'v4',
    provider: 'juror',
    modelId,
    supportedUrls: {},
    async doGenerate(options) {
      const { text, warnings } = textOf(options);
      const result = await written(writer, text);
      return {
        content: [{ type: 'text', text: result.text }],
        finishReason: { unified: result.finish, raw: result.finish },
        usage: usageOf(result),
        response: { modelId },
        warnings,
      };
    },
    async doStream(options) {
      const { text, warnings } = textOf(options);
      return { stream: streamOf(writer, text, modelId, warnings) };
    },
    [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose](),
  };
}

/** Pieces as they are written. A consumer that stops early ends the writing. */
function streamOf(
  writer: Writer,
  text: TextToWrite,
  modelId: string,
  warnings: AiWarning[],
): AiStreamResult['stream'] {
  const left = new AbortController();
  const signal = text.signal ? AbortSignal.any([text.signal, left.signal]) : left.signal;
  const id = 'text';
  return new ReadableStream<AiStreamPart>({
    async start(controller) {
      controller.enqueue({ type: 'stream-start', warnings });
      controller.enqueue({ type: 'response-metadata', modelId });
      controller.enqueue({ type: 'text-start', id });
      const onText = (delta: string) => {
        if (!left.signal.aborted) controller.enqueue({ type: 'text-delta', id, delta });
      };
      // Not awaited: a stream is read only once its start has returned.
      written(writer, { ...text, signal, onText }).then(
        (result) => {
          if (left.signal.aborted) return;
          controller.enqueue({ type: 'text-end', id });
          const finishReason = { unified: result.finish, raw: result.finish };
          controller.enqueue({ type: 'finish', usage: usageOf(result), finishReason });
          controller.close();
        },
        (error: unknown) => {
          if (left.signal.aborted) return;
          controller.enqueue({ type: 'error', error });
          controller.close();
        },
      );
    },
    cancel: () => left.abort(),
  });
}

/** What is written for a call, and what of it is not done. */
function textOf(options: AiCallOptions): { readonly text: TextToWrite; readonly warnings: AiWarning[] } {
  const { responseFormat, reasoning, tools } = options;
  const schema = responseFormat?.type === 'json' ? responseFormat.schema : undefined;
  const warnings: AiWarning[] = (['topK', 'presencePenalty', 'frequencyPenalty'] as const)
    .filter((feature) => options[feature] !== undefined)
    .map((feature) => ({ type: 'unsupported', feature }));
  if (tools !== undefined && tools.length > 0) warnings.push({ type: 'unsupported', feature: 'tools' });
  if (reasoning !== undefined && reasoning !== 'provider-default' && reasoning !== 'none')
    warnings.push({ type: 'unsupported', feature: 'reasoning' });
  if (responseFormat?.type === 'json' && schema === undefined)
    warnings.push({
      type: 'unsupported',
      feature: 'responseFormat',
      details: 'JSON without a schema is not held',
    });
  const unheld = schema === undefined ? [] : grammarForm(schema).unheld;
  if (unheld.length > 0)
    warnings.push({
      type: 'compatibility',
      feature: 'responseFormat',
      details: `not held: ${unheld.join(', ')}`,
    });
  return {
    text: {
      messages: messagesOf(options.prompt),
      maxTokens: options.maxOutputTokens,
      temperature: options.temperature,
      topP: options.topP,
      seed: options.seed,
      stop: options.stopSequences,
      schema,
      signal: options.abortSignal,
    },
    warnings,
  };
}

function messagesOf(prompt: readonly AiPromptMessage[]): Message[] {
  const messages = prompt.map(({ role, content }, index): Message => {
    if (role === 'tool') throw refused(index, 'a turn of system, user or assistant, got one of a tool');
    if (typeof content === 'string') return { role, content };
    const texts = content.map(({ type, text }) => {
      if (type === 'text' && typeof text === 'string') return text;
      throw refused(index, `text, got ${type}`);
    });
    return { role, content: texts.join('') };
  });
  const last = messages.at(-1)?.role ?? 'none';
  if (last !== 'user') throw refused(messages.length - 1, `a turn of the user at the end, got ${last}`);
  return messages;
}

function refused(index: number, expectation: string): JurorError {
  return new JurorError('usage', `expected ${expectation}`, {
    place: { field: `prompt.${Math.max(0, index)}` },
  });
}

function usageOf({ usage: { evaluated, reused, generated } }: GenerationResult): AiUsage {
  return {
    inputTokens: { total: evaluated + reused, noCache: evaluated, cacheRead: reused, cacheWrite: undefined },
    outputTokens: { total: generated, text: generated, reasoning: 0 },
  };
}
