/**
 * juror in the AI SDK: a local model as a language model, and a judge as a middleware of any model.
 *
 * ```ts
 * import { generateText, wrapLanguageModel } from 'ai';
 * import { createJuror, judgeMiddleware } from 'juror/ai-sdk';
 *
 * await using juror = createJuror();
 * const { text, usage } = await generateText({ model: juror('smollm2-135m'), prompt: 'Name a colour.' });
 *
 * const judged = wrapLanguageModel({ model: anyModel, middleware: judgeMiddleware({ rubric: 'helpfulness' }) });
 * const { providerMetadata } = await generateText({ model: judged, prompt: 'Name a colour.' });
 * providerMetadata?.juror?.score;
 * ```
 *
 * @module
 */

export { type JudgeMiddleware, judgeMiddleware } from './ai-sdk-judge.ts';
export {
  createJuror,
  type JurorLanguageModel,
  type JurorProvider,
  type JurorProviderOptions,
} from './ai-sdk-model.ts';
export type {
  AiCallOptions,
  AiFinishReason,
  AiGenerateResult,
  AiPromptMessage,
  AiStreamPart,
  AiStreamResult,
  AiUsage,
  AiWarning,
} from './ai-sdk-types.ts';
export type { Json, JudgeSource, Rationale } from './evaluate.ts';
export type { WriterSampling, WriterSource } from './writer.ts';
