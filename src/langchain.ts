/**
 * juror in LangChain: a local model as a chat model and as embeddings, and a judge as a Runnable.
 *
 * ```ts
 * import { openLlama, resolveModel } from 'juror';
 * import { JurorChatModel } from 'juror/langchain';
 *
 * await using engine = await openLlama({ model: await resolveModel('smollm2-135m') });
 * const model = new JurorChatModel({ engine, maxTokens: 64 });
 * for await (const { text } of await model.stream('Name the capital of France.')) process.stdout.write(text);
 * ```
 *
 * @module
 */
export {
  type JurorCallOptions,
  JurorChatModel,
  type JurorChatModelFields,
  type JurorSampling,
} from './langchain/chat-model.ts';
export { JurorEmbeddings, type JurorEmbeddingsFields } from './langchain/embeddings.ts';
export { judgeRunnable } from './langchain/judge-runnable.ts';
export type { StructuredSchema } from './langchain/structured.ts';
