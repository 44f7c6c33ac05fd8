/**
 * juror as a scorer of autoevals and Braintrust.
 *
 * ```ts
 * import { jurorScorer } from 'juror/autoevals';
 *
 * await using correct = jurorScorer({ rubric: 'answer-correctness' });
 * const { score, metadata } = await correct({ input: 'Capital of France?', output: 'Lyon', expected: 'Paris' });
 * ```
 *
 * @module
 */
import { scoreOf } from './evaluate.ts';
import { type Scorer, type ScorerOptions, scorer } from './scorer.ts';

export type { JudgeSource, Rationale } from './evaluate.ts';
export type { AnswerReading } from './reading.ts';
export type { Scorer, ScorerArguments, ScorerOptions, ScorerReading, ScorerResult } from './scorer.ts';

/** Options of {@link jurorScorer}. */
export type AutoevalsOptions<Input = unknown, Output = unknown> = ScorerOptions<Input, Output> & {
  /**
   * What becomes of an answer without a score. Default `null`. `error` for a scorer within another: ListContains and others of autoevals
   * count null as 0, so it has to end there.
   */
  readonly unscored?: 'null' | 'error' | undefined;
};

/**
 * A scorer of `{input, output, expected}`. An answer without a score is `score: null`, which autoevals and Braintrust leave out of their
 * means, and `metadata.unscored` says why; or, with `unscored: 'error'`, a JurorError `engine`. Under a rubric for pairs, the score is the
 * probability that the output is better than `expected`.
 */
export function jurorScorer<Input = unknown, Output = unknown>(
  options: AutoevalsOptions<Input, Output>,
): Scorer<number | null, Input, Output> {
  const { unscored = 'null', ...rest } = options;
  return scorer(rest, (said) => (unscored === 'error' ? scoreOf(said) : said.score));
}
