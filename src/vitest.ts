/**
 * juror in vitest: matchers that ask a judge, and a judge for each test file. Importing it adds the matchers.
 *
 * ```ts
 * import { expect, test } from 'vitest';
 * import { useJudge } from 'juror/vitest';
 *
 * useJudge({ rubric: 'answer-correctness' });
 *
 * test('names the capital', async () => {
 *   const prompt = 'Name the capital of France.';
 *   await expect({ prompt, response: await ask(prompt), reference: 'Paris' }).toScoreAtLeast(0.5);
 * });
 * ```
 *
 * @module
 */
import { afterAll, expect } from 'vitest';
import { closeCurrentJudge } from './vitest/file-judge.ts';
import { type AnswerMatchers, answerMatchers } from './vitest/matchers.ts';

expect.extend(answerMatchers);
// The judge of a file that made none.
afterAll(closeCurrentJudge, 600_000);

export type { AnswerScore, AnswersToCompare, AnswerToScore } from './scoring/answer-judge.ts';
export type { RecordingUpdate } from './scoring/recording.ts';
export { type FileJudge, type FileJudgeCall, type FileJudgeOptions, useJudge } from './vitest/file-judge.ts';
export type {
  AnswerMatcherOptions,
  AnswerMatchers,
  BeatOptions,
  PassOptions,
} from './vitest/matchers.ts';

declare global {
  // vitest's assertions are made of chai's, and only chai's have the same form in every version of vitest.
  namespace Chai {
    interface Assertion extends AnswerMatchers {}
  }
}
