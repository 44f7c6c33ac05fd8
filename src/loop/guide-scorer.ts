/** What guides the writing: anything that scores answers, and perhaps their beginnings. */
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import type { Guided, JudgmentUsage, Sample } from '../schema.ts';

/** What a scorer says of one answer. A failure is never a number: it is a reason. */
export type GuideScore = (
  | {
      readonly score: number;
      /** Standard deviation of `score`, in its unit. */
      readonly deviation?: number;
      /** In words, where the scorer has some. */
      readonly reason?: string;
    }
  | { readonly score: null; readonly reason: string }
) & {
  /** What it stands on, such as judgments. Several scores may stand on one. */
  readonly standsOn?: readonly Footing[];
};

/** Something that was read for a score: its key, and the tokens that it took, whatever a cache held. */
export interface Footing {
  readonly key: string;
  /** Whether it is a judgment, which a journal or cache has under this key. */
  readonly judgment: boolean;
  readonly usage: JudgmentUsage;
}

/** How answers are scored. */
export interface ScoreOptions {
  /** The right answer, for scorers that may see it. Default none. */
  readonly reference?: string;
  readonly signal?: AbortSignal;
  /** Told of judgments, restarts and progress. */
  readonly onEvent?: Listener;
}

/** Scores answers to a prompt: higher is better. */
export interface AnswerScorer {
  /** For people. */
  readonly name: string;
  /** Content hash of all that can change a score. */
  readonly identity: string;
  /** What its scores are, as a source of preferences. */
  readonly source: Omit<Guided['scorer'], 'name'>;
  /** One score for each text, in their order. Throws JurorError `aborted`, and `usage` for a prompt that it cannot take. */
  score(
    prompt: Sample['prompt'],
    texts: readonly string[],
    options?: ScoreOptions,
  ): Promise<readonly GuideScore[]>;
  /** One score for each solution so far, given as its steps. Without it, a beginning is scored as if it were an answer. */
  scoreSteps?(
    prompt: Sample['prompt'],
    solutions: readonly (readonly string[])[],
    options?: ScoreOptions,
  ): Promise<readonly GuideScore[]>;
}

/** Scores of answers, as many as there are texts. Throws JurorError `engine` where a scorer breaks its contract. */
export async function scoreAll(
  scorer: AnswerScorer,
  prompt: Sample['prompt'],
  texts: readonly string[],
  options: ScoreOptions,
): Promise<readonly GuideScore[]> {
  return checked(scorer, await scorer.score(prompt, texts, options), texts.length);
}

/** Scores of beginnings, given as their steps. Throws like {@link scoreAll}. */
export async function scoreBeginnings(
  scorer: AnswerScorer,
  prompt: Sample['prompt'],
  solutions: readonly (readonly string[])[],
  options: ScoreOptions,
): Promise<readonly GuideScore[]> {
  if (scorer.scoreSteps) {
    const scores = await scorer.scoreSteps(prompt, solutions, options);
    return checked(scorer, scores, solutions.length);
  }
  const texts = solutions.map((steps) => steps.join(''));
  return scoreAll(scorer, prompt, texts, options);
}

function checked(
  { name }: AnswerScorer,
  scores: readonly GuideScore[],
  expected: number,
): readonly GuideScore[] {
  const wrong = scores.find(({ score }) => score !== null && !Number.isFinite(score));
  if (scores.length === expected && wrong === undefined) return scores;
  const got = wrong ? `a score of ${wrong.score}` : `${scores.length}`;
  throw new JurorError('engine', `${name}: expected ${expected} finite scores, got ${got}`);
}
