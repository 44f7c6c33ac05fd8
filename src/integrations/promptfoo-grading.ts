/** What juror says, in promptfoo's words. */
import { z } from 'zod';
import { Message, type Sample } from '../schema.ts';
import type { AnswerScore } from '../scoring/answer-judge.ts';
import type { PromptfooGrading, PromptfooTokens } from './promptfoo-types.ts';

/** A verdict as a grade. What has no score fails and says so in `metadata.graderError`, which promptfoo never turns into a pass. */
export function gradingOf(said: AnswerScore, threshold: number): PromptfooGrading {
  const { score, reason, critique, verdict, judgments } = said;
  const tokensUsed = tokensOf(
    judgments.map(({ usage }) => usage),
    judgments.length,
  );
  const juror = {
    rubric: verdict.rubricId,
    probability: verdict.probability,
    keys: verdict.judgments,
    ...(verdict.mode === 'pairwise' ? { flipped: verdict.flipped, positionLean: verdict.positionLean } : {}),
  };
  if (score === null)
    return {
      pass: false,
      score: 0,
      reason: `no score (${reason ?? 'unscored'})`,
      tokensUsed,
      metadata: { graderError: true, juror },
    };
  const graded = (value: number, text: string): PromptfooGrading => ({
    pass: value >= threshold,
    score: value,
    reason: text,
  });
  const criteria = Object.entries(verdict.perCriterion).flatMap(([name, own]) =>
    own.score === null ? [] : [[name, own.score] as const],
  );
  const says = `${verdict.rubricId}: ${score.toFixed(3)}, passes from ${threshold}`;
  return {
    ...graded(score, critique === null ? says : `${says}. ${critique}`),
    namedScores: Object.fromEntries(criteria),
    tokensUsed,
    ...(criteria.length > 1
      ? { componentResults: criteria.map(([name, value]) => graded(value, `${name}: ${value.toFixed(3)}`)) }
      : {}),
    metadata: { juror },
  };
}

/** Tokens of several judgments or answers. */
export function tokensOf(
  usages: readonly { readonly prompt: number; readonly generated: number }[],
  numRequests: number,
): PromptfooTokens {
  const prompt = usages.reduce((sum, usage) => sum + usage.prompt, 0);
  const completion = usages.reduce((sum, usage) => sum + usage.generated, 0);
  return { total: prompt + completion, prompt, completion, numRequests };
}

/** A rendered prompt: JSON of a list of turns is a conversation, anything else text. */
export function promptOf(rendered: string): Sample['prompt'] {
  if (!/^\s*\[/.test(rendered)) return rendered;
  try {
    return z.array(Message).min(1).safeParse(JSON.parse(rendered)).data ?? rendered;
  } catch {
    return rendered;
  }
}

/** The first variable of these names that is text. */
export function variable(
  vars: Readonly<Record<string, unknown>>,
  names: readonly string[],
): string | undefined {
  return names
    .map((name) => (Object.hasOwn(vars, name) ? vars[name] : undefined))
    .find((value): value is string => typeof value === 'string' && value !== '');
}

/** Text of an output, which promptfoo parses where it is JSON. */
export function outputText(output: unknown): string {
  return typeof output === 'string' ? output : JSON.stringify(output);
}
