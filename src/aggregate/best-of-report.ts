/** What choosing is worth as the number of answers grows: best of n beside chance, votes and what an oracle would choose. */
import { JurorError } from '../errors.ts';
import { type Ballot, bestOfDivergence, bestOfN, voteOfN } from './best-of.ts';
import { type BootstrapOptions, type Figure, meanInterval, undefinedFigure } from './interval.ts';
import { seedFrom } from './random.ts';
import { NO_ROWS } from './statistic.ts';

/** One answer to a prompt. */
export interface BestOfAnswer {
  /** What it is chosen by; null where there is none. */
  readonly score: number | null;
  /** What it is worth. */
  readonly gold: number;
  /** What it comes to; null where it names nothing. */
  readonly value: string | null;
}

/** The answers to one prompt, drawn without regard to their scores. */
export interface BestOfPrompt {
  readonly cluster: string;
  readonly answers: readonly BestOfAnswer[];
}

/** What n answers are worth: means over prompts of the gold value of the answer that is chosen. */
export interface BestOfPoint {
  readonly n: number;
  /** Upper bound of the divergence from the model that wrote them, in nats. */
  readonly divergence: number;
  /** The highest score's. */
  readonly best: Figure;
  /** `best` less a random answer's, on the same prompts. */
  readonly gain: Figure;
  /** The most frequent value's. */
  readonly majority: Figure;
  /** That of the value with the most score. */
  readonly weighted: Figure;
  /** The highest gold value itself: no choice does better. */
  readonly oracle: Figure;
  /** The score of the highest one: what is optimised. */
  readonly score: Figure;
}

/** A curve over n. */
export interface BestOfReport {
  readonly prompts: number;
  /** Answers to each. */
  readonly answers: number;
  /** A random answer's gold value. */
  readonly random: Figure;
  readonly points: readonly BestOfPoint[];
  /** The first n after which the lower bound of `best` does not rise any more; null where it rises to the end. */
  readonly enough: number | null;
}

/**
 * The curve over n = 1, 2, 4, … and all, with intervals clustered by prompt. Unbiased only where how many answers were drawn does
 * not depend on their scores. Throws JurorError `usage` where prompts have different numbers of answers.
 */
export function bestOfReport(prompts: readonly BestOfPrompt[], options: BootstrapOptions = {}): BestOfReport {
  const counts = [...new Set(prompts.map(({ answers }) => answers.length))];
  if (counts.length > 1)
    throw new JurorError(
      'usage',
      `expected as many answers to each prompt, got ${counts.sort((left, right) => left - right).join(' and ')}`,
    );
  const [answers = 0] = counts;
  const clusters = prompts.map(({ cluster }) => cluster);
  const { seed = 0 } = options;
  const over = (
    of: (prompt: BestOfPrompt, index: number) => number | null,
    reason: string = NO_ROWS,
  ): Figure => {
    const values = prompts.map(of);
    const known = values.filter((value) => value !== null);
    if (known.length === 0) return undefinedFigure(reason, clusters);
    return meanInterval(
      known,
      clusters.filter((_, index) => values[index] !== null),
      options,
    );
  };
  const vote = (n: number, ballotOf: (answer: BestOfAnswer) => Ballot) =>
    over(
      (prompt, index) =>
        prompt.answers.every(({ value }) => value === null)
          ? null
          : voteOfN(prompt.answers.map(ballotOf), n, { seed: seedFrom(seed, index, n) }),
      'no final values',
    );
  const shares = prompts.every((prompt) =>
    scoresOf(prompt).every((score) => score === null || (score >= 0 && score <= 1)),
  );
  const points = sizes(answers).map((n): BestOfPoint => {
    const chosen = (prompt: BestOfPrompt, by: readonly (number | null)[]) => bestOfN(by, goldOf(prompt), n);
    return {
      n,
      divergence: bestOfDivergence(n),
      best: over((prompt) => chosen(prompt, scoresOf(prompt))),
      gain: over((prompt) => chosen(prompt, scoresOf(prompt)) - bestOfN(scoresOf(prompt), goldOf(prompt), 1)),
      majority: vote(n, ({ value, gold }) => ({ value, gold, weight: 1 })),
      weighted: shares
        ? vote(n, ({ value, gold, score }) => ({ value, gold, weight: score ?? 0 }))
        : undefinedFigure('scores are not from 0 to 1', clusters),
      oracle: over((prompt) => chosen(prompt, goldOf(prompt))),
      score: over((prompt) => {
        const known = scoresOf(prompt).filter((score) => score !== null);
        return known.length < prompt.answers.length ? null : bestOfN(known, known, n);
      }, 'unscored answers'),
    };
  });
  const still = points.findIndex(({ best }, index) => {
    const next = points[index + 1]?.best;
    return next !== undefined && (next.low ?? 0) <= (best.low ?? 0);
  });
  return {
    prompts: prompts.length,
    answers,
    random: over((prompt) => bestOfN(goldOf(prompt), goldOf(prompt), 1)),
    points,
    enough: points[still]?.n ?? null,
  };
}

function sizes(most: number): number[] {
  const all = [];
  for (let n = 1; n < most; n *= 2) all.push(n);
  return most > 0 ? [...all, most] : [];
}

function goldOf({ answers }: BestOfPrompt): number[] {
  return answers.map(({ gold }) => gold);
}

function scoresOf({ answers }: BestOfPrompt): (number | null)[] {
  return answers.map(({ score }) => score);
}
