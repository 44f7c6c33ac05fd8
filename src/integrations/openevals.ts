/**
 * juror as an evaluator of openevals and LangSmith. For openevals' own prompts judged by a local model, hand its `createLLMAsJudge` a
 * `JurorChatModel` of `juror/langchain` as `judge`.
 *
 * ```ts
 * import { jurorEvaluator } from 'juror/openevals';
 *
 * await using correct = jurorEvaluator({ rubric: 'answer-correctness' });
 * await evaluate(target, { data, evaluators: [correct] });
 * ```
 *
 * @module
 */
import { evaluator, type JudgeSource, type Rationale } from './evaluate.ts';
import { type AnswerReading, answerIn } from './reading.ts';

export type { JudgeSource, Rationale } from './evaluate.ts';
export type { AnswerReading } from './reading.ts';

/** What an evaluator is handed. */
export interface EvaluatorArguments {
  readonly inputs?: unknown;
  readonly outputs?: unknown;
  readonly referenceOutputs?: unknown;
}

/** How an evaluator names its score, and reads what it is handed. */
export interface EvaluatorReading extends AnswerReading<EvaluatorArguments> {
  /** Key of the feedback. Default: the rubric's id. */
  readonly feedbackKey?: string | undefined;
}

/** Feedback on one run. */
export interface EvaluatorFeedback {
  readonly key: string;
  /** Null where there is none; `comment` then says why. */
  readonly score: number | null;
  readonly comment: string;
  readonly metadata: Record<string, unknown> & Rationale;
}

/** An evaluator. Disposing closes the engine that it opened. */
export interface JurorEvaluator extends AsyncDisposable {
  (given: EvaluatorArguments): Promise<EvaluatorFeedback>;
}

/**
 * An evaluator of `{inputs, outputs, referenceOutputs}`, for calls of your own and for LangSmith's `evaluate`. LangSmith logs an
 * evaluator's error and goes on without its feedback, so an answer without a score is not thrown: its score is null, and the comment says
 * why. Under a rubric for pairs, the score is the probability that the outputs are better than the reference outputs.
 */
export function jurorEvaluator(options: JudgeSource & EvaluatorReading): JurorEvaluator {
  const { feedbackKey, prompt, response, reference, ...source } = options;
  const asked = evaluator(source);
  const juror = async (given: EvaluatorArguments): Promise<EvaluatorFeedback> => {
    const reading = { prompt, response, reference };
    const { rubric, score, rationale } = await asked.evaluate(
      answerIn(given, reading, { prompt: 'inputs', response: 'outputs', reference: 'referenceOutputs' }),
    );
    return { key: feedbackKey ?? rubric, score, comment: rationale.rationale, metadata: { ...rationale } };
  };
  return Object.assign(juror, { [Symbol.asyncDispose]: () => asked[Symbol.asyncDispose]() });
}
