/** What guides the writing: anything that scores answers, and perhaps their beginnings. */
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import type { Guided, GuideStrategy, JudgmentUsage, Sample } from '../schema.ts';

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

/**
 * What deviations of scores can be used for: `always` to rank any answers to a prompt, `together` only those that were scored in one call,
 * `never` where there are none, or none that say which of two answers is better.
 */
export type Doubts = 'always' | 'together' | 'never';

/** Scores answers to a prompt: higher is better. */
export interface AnswerScorer {
  /** For people. */
  readonly name: string;
  /** Content hash of all that can change a score. */
  readonly identity: string;
  /** What its scores are, as a source of preferences. */
  readonly source: Omit<Guided['scorer'], 'name'>;
  /** Whether its deviations can be taken off scores, as `pessimism` does. Default `always`. */
  readonly doubts?: Doubts;
  /**
   * That the first of two answers is better, in [0, 1]; null where it cannot tell of these. Heads have it where their scores compare:
   * the scores alone leave out how sure they are.
   */
  compare?(
    prompt: Sample['prompt'],
    first: string,
    second: string,
    options?: ScoreOptions,
  ): Promise<number | null>;
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

/** Throws JurorError `usage` for a pessimism that would be nothing, as nothing tells the deviations that it takes off. */
export function requireDoubts({ name, doubts = 'always' }: AnswerScorer, strategy: GuideStrategy): void {
  if (strategy.pessimism === 0 || doubts === 'always') return;
  const atOnce = strategy.kind === 'best-of' && strategy.patience === null;
  if (doubts === 'together' && atOnce) return;
  const why =
    doubts === 'never'
      ? 'has no deviations that compare answers'
      : 'has deviations only among answers that are scored together: use best-of without patience';
  throw new JurorError('usage', `expected a pessimism of 0, got ${strategy.pessimism}: ${name} ${why}`, {
    place: { field: 'pessimism' },
  });
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
