/** A judge as a scorer of `{input, output, expected}`, the form of autoevals, Braintrust and evalite. */
import { type Evaluated, evaluator, type JudgeSource, type Rationale } from './evaluate.ts';
import { type AnswerReading, answerIn } from './reading.ts';

/** What a scorer is handed. */
export interface ScorerArguments<Input = unknown, Output = unknown> {
  readonly input?: Input;
  readonly output: Output;
  readonly expected?: Output | undefined;
}

/** How a scorer names its score, and reads what it is handed. */
export interface ScorerReading<Input = unknown, Output = unknown>
  extends AnswerReading<ScorerArguments<Input, Output>> {
  /** Default: the rubric's id. */
  readonly name?: string | undefined;
}

/** A judge, and how a scorer reads what it is handed. */
export type ScorerOptions<Input = unknown, Output = unknown> = JudgeSource & ScorerReading<Input, Output>;

/** A score of an answer. */
export interface ScorerResult<Score extends number | null> {
  readonly name: string;
  readonly score: Score;
  readonly metadata: Record<string, unknown> & Rationale;
}

/** A scorer. Disposing closes the engine that it opened. */
export interface Scorer<Score extends number | null, Input = unknown, Output = unknown>
  extends AsyncDisposable {
  (given: ScorerArguments<Input, Output>): Promise<ScorerResult<Score>>;
}

/** Make a scorer; `read` says what becomes of an answer without a score. */
export function scorer<Score extends number | null, Input, Output>(
  options: ScorerOptions<Input, Output>,
  read: (evaluated: Evaluated) => Score,
): Scorer<Score, Input, Output> {
  const { name, prompt, response, reference, ...source } = options;
  const asked = evaluator(source);
  const score = async (given: ScorerArguments<Input, Output>): Promise<ScorerResult<Score>> => {
    const reading = { prompt, response, reference };
    const evaluated = await asked.evaluate(
      answerIn(given, reading, { prompt: 'input', response: 'output', reference: 'expected' }),
    );
    return { name: name ?? evaluated.rubric, score: read(evaluated), metadata: { ...evaluated.rationale } };
  };
  return Object.assign(score, { [Symbol.asyncDispose]: () => asked[Symbol.asyncDispose]() });
}
