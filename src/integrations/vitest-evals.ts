/**
 * juror as a judge of vitest-evals, and as the model behind its own judges.
 *
 * ```ts
 * import { jurorJudge } from 'juror/vitest-evals';
 *
 * const correct = jurorJudge({ rubric: 'answer-correctness' });
 * await expect(await run(question)).toSatisfyJudge(correct, { expected: 'Paris', threshold: 0.5 });
 * ```
 *
 * @module
 */
import { JurorError } from '../errors.ts';
import { evaluator, type Json, type JudgeSource, scoreOf } from './evaluate.ts';
import { type AnswerReading, answerIn } from './reading.ts';
import { openWriter, type WriterSource, written } from './writer.ts';

export type { Json, JudgeSource, Rationale } from './evaluate.ts';
export type { AnswerReading } from './reading.ts';
export type { WriterSampling, WriterSource } from './writer.ts';

/** What of vitest-evals' types is not read here, so that the package is not needed. */
// biome-ignore lint/suspicious/noExplicitAny: vitest-evals takes a judge only whose context is assignable to its own
type Unread = any;

/** What vitest-evals hands a judge; `expected` comes from the assertion. */
export interface JudgedRun {
  input: Unread;
  output: Unread;
  expected?: unknown;
  signal?: AbortSignal | undefined;
  toolCalls: Unread;
  run: Unread;
  session: Unread;
  harness: Unread;
}

/** How a judge is named, and reads a run. */
export interface RunReading extends AnswerReading<JudgedRun> {
  /** Default: the rubric's id; of a file or a given judge `juror`. */
  readonly name?: string | undefined;
}

/** A judge as `toSatisfyJudge` and `describeEval` take it. Disposing closes the engine that it opened. */
export interface JurorRunJudge extends AsyncDisposable {
  readonly name: string;
  /** Score a run. Throws JurorError `engine` where there is no score. */
  assess(run: JudgedRun): Promise<{
    score: number;
    metadata: { rationale: string } & Record<string, Json | undefined>;
  }>;
}

/**
 * A judge of runs. vitest-evals counts a score of null as 0, so an answer without a score is a JurorError `engine`: the test fails with
 * its reason. Under a rubric for pairs, the score is the probability that the output is better than `expected`.
 */
export function jurorJudge(options: JudgeSource & RunReading): JurorRunJudge {
  const { name, prompt, response, reference, ...source } = options;
  const asked = evaluator(source);
  const reading = { prompt, response, reference };
  return {
    name: name ?? nameOf(source),
    async assess(run) {
      const evaluated = await asked.evaluate(
        answerIn(run, reading, { prompt: 'input', response: 'output', reference: 'expected' }),
        run.signal ? { signal: run.signal } : {},
      );
      return { score: scoreOf(evaluated), metadata: { ...evaluated.rationale } };
    },
    [Symbol.asyncDispose]: () => asked[Symbol.asyncDispose](),
  };
}

function nameOf(source: JudgeSource): string {
  if ('judge' in source) return 'juror';
  if (typeof source.rubric !== 'string') return source.rubric.rubric.id;
  return /\.(ya?ml|json)$/.test(source.rubric) ? 'juror' : source.rubric;
}

/** What a judge of vitest-evals asks its model. */
export interface JudgePrompt {
  readonly system?: string;
  readonly prompt: string;
  readonly responseFormat?: { readonly type: 'json'; readonly schema?: Json };
}

/** What answers such a prompt. Disposing closes the engine that it opened. */
export interface JudgeRun extends AsyncDisposable {
  (input: JudgePrompt, options?: { readonly signal?: AbortSignal }): Promise<string>;
}

/**
 * The local model behind vitest-evals' own judges, such as FactualityJudge: `createJudgeHarness({ run: jurorRun({ model }) })`. A JSON
 * schema is held by a grammar. An answer that its budget cut is a JurorError `usage`.
 */
export function jurorRun(source: WriterSource): JudgeRun {
  const opened = openWriter(source);
  const run = async (
    { system, prompt, responseFormat }: JudgePrompt,
    { signal }: { readonly signal?: AbortSignal } = {},
  ) => {
    const { text, finish } = await written(opened, {
      messages: [
        ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
        { role: 'user', content: prompt },
      ],
      schema: responseFormat?.schema,
      signal,
    });
    if (finish === 'length')
      throw new JurorError('usage', 'expected room for the whole answer, got one cut by its budget', {
        place: { field: 'maxTokens' },
      });
    return text;
  };
  return Object.assign(run, { [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() });
}
