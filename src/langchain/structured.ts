/** Structured output: a schema becomes a grammar, and the answer a value. */
import type {
  BaseLanguageModelInput,
  StructuredOutputMethodOptions,
} from '@langchain/core/language_models/base';
import {
  assembleStructuredOutputPipeline,
  createContentParser,
} from '@langchain/core/language_models/structured_output';
import type { AIMessageChunk, BaseMessage } from '@langchain/core/messages';
import { type Runnable, RunnableLambda } from '@langchain/core/runnables';
import { toJsonSchema } from '@langchain/core/utils/json_schema';
import { isSerializableSchema, type SerializableSchema } from '@langchain/core/utils/standard_schema';
import { type InteropZodType, isInteropZodSchema } from '@langchain/core/utils/types';
import { type GrammarSchema, grammarForm } from '../engine/grammar-schema.ts';
import { JurorError } from '../errors.ts';

/** A Zod schema, another standard schema that knows its JSON schema, or a JSON schema. */
export type StructuredSchema<Output extends Record<string, unknown>> =
  | InteropZodType<Output>
  | SerializableSchema<Output>
  | Record<string, unknown>;

/** Pipe a model that is held to the schema into what reads its answer. */
export function structuredOutput<Output extends Record<string, unknown>>(
  schema: StructuredSchema<Output>,
  { method = 'jsonSchema', includeRaw, name }: StructuredOutputMethodOptions<boolean>,
  bind: (grammar: GrammarSchema) => Runnable<BaseLanguageModelInput, AIMessageChunk>,
):
  | Runnable<BaseLanguageModelInput, Output>
  | Runnable<BaseLanguageModelInput, { raw: BaseMessage; parsed: Output }> {
  if (method !== 'jsonSchema')
    throw new JurorError('usage', `expected jsonSchema, got ${method}`, { place: { field: 'method' } });
  const checks = isInteropZodSchema(schema) || isSerializableSchema(schema);
  const { schema: grammar, unheld } = grammarForm(checks ? toJsonSchema(schema) : schema);
  if (!checks && unheld.length > 0)
    throw new JurorError(
      'usage',
      `expected a JSON schema that a grammar holds, got ${unheld.join(', ')}; a Zod schema would be checked afterwards`,
    );
  const parser = createContentParser<Output>(schema);
  const read = RunnableLambda.from(async (message: BaseMessage, config): Promise<Output> => {
    if (message.response_metadata.finish_reason === 'length')
      throw new JurorError('usage', 'expected room for the whole answer, got one cut by its budget', {
        place: { field: 'maxTokens' },
      });
    return parser.invoke(message.text, config);
  });
  return assembleStructuredOutputPipeline(
    bind(grammar),
    read,
    includeRaw ?? false,
    name ?? 'StructuredOutput',
  );
}
