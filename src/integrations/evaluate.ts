/** What every evaluator does: ask a judge for one answer, and tell what it said in plain data. */
import { JurorError } from '../errors.ts';
import type { Sample } from '../schema.ts';
import {
  type AnswerJudge,
  type AnswerJudgeOptions,
  type AnswerScore,
  createAnswerJudge,
} from '../scoring/answer-judge.ts';

/** Who judges: a judge that is there already and stays open, or how to make one. */
export type JudgeSource = AnswerJudgeOptions | { readonly judge: AnswerJudge };

/** A value of JSON. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** What a judge said, for the records of other programs. */
export interface Rationale {
  /** The critique; without one, the labels the judge found likeliest. */
  readonly rationale: string;
  readonly rubric: string;
  /** Name of the model that judged. */
  readonly judge: string;
  /** Score of each criterion; null where it has none. */
  readonly criteria: { [id: string]: number | null };
  /** Pairwise: whether the two orders disagree; null otherwise. */
  readonly flipped: boolean | null;
  /** Why there is no score; null where there is one. */
  readonly unscored: string | null;
  /** Keys of the judgments, by which they are found in a journal or a cache. */
  readonly judgments: string[];
}

/** An answer for an evaluator; under a rubric for pairs, the reference is the answer that it is compared with. */
export interface AnswerToEvaluate {
  readonly prompt: Sample['prompt'];
  readonly response: string;
  readonly reference: string | undefined;
}

/** A score, and what is told of it. */
export interface Evaluated {
  readonly rubric: string;
  readonly score: number | null;
  readonly rationale: Rationale;
}

/** An evaluator's judge. Disposing closes what it opened. */
export interface Evaluator extends AsyncDisposable {
  evaluate(answer: AnswerToEvaluate, options?: { readonly signal?: AbortSignal }): Promise<Evaluated>;
}

/** Make an evaluator of a judge. */
export function evaluator(source: JudgeSource): Evaluator {
  const judge = 'judge' in source ? source.judge : createAnswerJudge(source);
  return {
    async evaluate({ prompt, response, reference }, options) {
      const { rubric } = await judge.rubric();
      if (rubric.mode !== 'pairwise')
        return evaluated(await judge.score({ prompt, response, reference }, options));
      if (reference === undefined)
        throw new JurorError(
          'usage',
          `rubric: '${rubric.id}' compares an answer with what was expected, and nothing was expected of this one`,
        );
      return evaluated(await judge.compare({ prompt, first: response, second: reference }, options));
    },
    async [Symbol.asyncDispose]() {
      if (!('judge' in source)) await judge[Symbol.asyncDispose]();
    },
  };
}

/** The score, for programs that would count none as 0. Throws JurorError `engine` where there is none. */
export function scoreOf({ score, rationale }: Evaluated): number {
  if (score !== null) return score;
  throw new JurorError('engine', `the answer is not scored: ${rationale.unscored}`);
}

function evaluated(said: AnswerScore): Evaluated {
  const { verdict, judgments, critique, reason, score } = said;
  const models = [...new Set(judgments.map(({ engine }) => engine.model))];
  return {
    rubric: verdict.rubricId,
    score,
    rationale: {
      rationale: critique ?? (score === null ? `not scored: ${reason}` : likeliest(said)),
      rubric: verdict.rubricId,
      judge: models.join(', '),
      criteria: Object.fromEntries(
        Object.entries(verdict.perCriterion).map(([id, { score }]) => [id, score]),
      ),
      flipped: verdict.flipped,
      unscored: reason,
      judgments: [...verdict.judgments],
    },
  };
}

/** The label of each judgment, with its probability. */
function likeliest({ judgments }: AnswerScore): string {
  return judgments
    .flatMap(({ criterionId, outcome }) =>
      outcome.status === 'scored'
        ? [`${criterionId}: ${outcome.label} (${(outcome.distribution[outcome.label] ?? 0).toFixed(2)})`]
        : [],
    )
    .join('; ');
}
