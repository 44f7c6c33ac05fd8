/**
 * juror as a scorer of evalite.
 *
 * ```ts
 * import { evalite } from 'evalite';
 * import { jurorScorer } from 'juror/evalite';
 *
 * evalite('Capitals', {
 *   data: [{ input: 'Capital of France?', expected: 'Paris' }],
 *   task: (input) => ask(input),
 *   scorers: [jurorScorer({ rubric: 'answer-correctness' })],
 * });
 * ```
 *
 * @module
 */
import { scoreOf } from './evaluate.ts';
import { type Scorer, type ScorerOptions, scorer } from './scorer.ts';

export type { JudgeSource, Rationale } from './evaluate.ts';
export type { AnswerReading } from './reading.ts';
export type { Scorer, ScorerArguments, ScorerOptions, ScorerReading, ScorerResult } from './scorer.ts';

/**
 * A scorer of `{input, output, expected}`. evalite counts a score of null as 0, so an answer without a score is a JurorError `engine`
 * instead: the case fails with its reason, and no mean moves. Under a rubric for pairs, the score is the probability that the output is
 * better than `expected`.
 */
export function jurorScorer<Input = unknown, Output = unknown>(
  options: ScorerOptions<Input, Output>,
): Scorer<number, Input, Output> {
  return scorer(options, scoreOf);
}
