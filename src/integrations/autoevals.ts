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
import { type Scorer, type ScorerOptions, scorer } from './scorer.ts';

export type { JudgeSource, Rationale } from './evaluate.ts';
export type { Scorer, ScorerArguments, ScorerOptions, ScorerReading, ScorerResult } from './scorer.ts';

/**
 * A scorer of `{input, output, expected}`. An answer without a score is `score: null`, which autoevals and Braintrust leave out of their
 * means; `metadata.unscored` says why. Under a rubric for pairs, the score is the probability that the output is better than `expected`.
 */
export function jurorScorer<Input = unknown, Output = unknown>(
  options: ScorerOptions<Input, Output>,
): Scorer<number | null, Input, Output> {
  return scorer(options, ({ score }) => score);
}
