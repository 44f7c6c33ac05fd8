/** What labels say of two answers. */
import { isProcessLabel } from '../aggregate/process.ts';
import type { Label, Response, Sample } from '../schema.ts';

/** One answer, and the sample that it stands in. */
export interface Answer {
  readonly sample: Sample;
  readonly response: Response;
}

/** What a label says of two answers: the first one's chance of being better, and by how much. */
export interface PairTruth {
  /** 1, 0, ½ for a tie, or the share of the votes. */
  readonly probability: number;
  /** Difference of scores, or of shares of the votes. */
  readonly margin: number;
  readonly scores?: readonly [number, number];
  /** Criterion → probability, for labels with a score for each. */
  readonly objectives: Readonly<Record<string, number>>;
}

/** Criterion → what it counts; the rest counts nothing. Default: each 1. */
export type LabelWeights = Readonly<Record<string, number>>;

/**
 * What is known of two answers to one prompt: within a sample the votes of its annotators, the numbers that all its responses have
 * (`rating`, `overall_score` or `score` in their metadata), or the best one's id, in this order, but ratings that contradict the id do
 * not count; between samples of one answer each, their labels. Null where nothing is said.
 */
export function truthOfPair(left: Answer, right: Answer, weights?: LabelWeights): PairTruth | null {
  if (left.sample !== right.sample) return ofScores(answerScore(left, weights), answerScore(right, weights));
  const { sample } = left;
  const { label, responses } = sample;
  const votes = sharesOf(sample, left.response.id, right.response.id);
  if (votes !== null) return votes;
  const ratings = ratingsOf(sample);
  const top = ratings && Math.max(...ratings.values());
  if (ratings && (typeof label !== 'string' || label === 'tie' || ratings.get(label) === top)) {
    const scores = [ratings.get(left.response.id), ratings.get(right.response.id)] as const;
    return ofScores(plain(scores[0]), plain(scores[1]));
  }
  if (label === left.response.id || label === right.response.id)
    return decided(label === left.response.id ? 1 : 0);
  return label === 'tie' && responses.length > 1 ? decided(0.5) : null;
}

/** The numbers that all responses of a sample have, by id; undefined where one has none. */
function ratingsOf({ responses }: Sample): Map<string, number> | undefined {
  const ratings = responses.map(({ metadata }) =>
    Number(metadata?.rating ?? metadata?.overall_score ?? metadata?.score ?? Number.NaN),
  );
  if (responses.length < 2 || !ratings.every(Number.isFinite)) return undefined;
  return new Map(responses.map(({ id }, index) => [id, ratings[index] ?? 0]));
}

/** What the votes that name a winner among two answers come to; a tie is half a vote for each. */
function sharesOf(sample: Sample, left: string, right: string): PairTruth | null {
  if (sample.responses.length !== 2) return null;
  const points = (sample.annotations ?? []).flatMap(({ label }) =>
    label === left ? [1] : label === right ? [0] : label === 'tie' ? [0.5] : [],
  );
  if (points.length === 0) return null;
  return decided(points.reduce((sum, point) => sum + point, 0) / points.length);
}

interface AnswerScore {
  readonly score: number;
  readonly criteria: Readonly<Record<string, number>>;
}

/** What is known of an answer alone: a number, the mean of a number for each criterion, or whether a solution is right. */
function answerScore({ sample, response }: Answer, weights?: LabelWeights): AnswerScore | null {
  if (sample.responses.length !== 1) return plain(ratingsOf(sample)?.get(response.id));
  const { label } = sample;
  if (typeof label === 'number') return plain(label);
  if (label === undefined || typeof label === 'string') return null;
  if (isProcessLabel(label)) return plain(processScore(label));
  const weighed = Object.entries(label).map(([name, score]) => {
    return { score, weight: weights === undefined ? 1 : (weights[name] ?? 0) };
  });
  const total = weighed.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) return null;
  const score = weighed.reduce((sum, { weight, score }) => sum + weight * score, 0) / total;
  return { score, criteria: label };
}

/** Whether a solution is right: its outcome, or whether all its known steps are. */
function processScore({ outcome, steps }: Extract<Label, { steps: unknown }>): number | undefined {
  if (typeof outcome === 'number') return outcome;
  const known = (steps as readonly (number | null)[]).filter((step) => step !== null);
  return known.length === 0 ? undefined : Math.min(...known);
}

function plain(score: number | undefined): AnswerScore | null {
  return score === undefined ? null : { score, criteria: {} };
}

function ofScores(left: AnswerScore | null, right: AnswerScore | null): PairTruth | null {
  if (left === null || right === null) return null;
  const names = Object.keys(left.criteria).filter((name) => Object.hasOwn(right.criteria, name));
  return {
    probability: ahead(left.score, right.score),
    margin: left.score - right.score,
    scores: [left.score, right.score],
    objectives: Object.fromEntries(
      names.map((name) => [name, ahead(left.criteria[name] ?? 0, right.criteria[name] ?? 0)]),
    ),
  };
}

function decided(probability: number): PairTruth {
  return { probability, margin: 2 * probability - 1, objectives: {} };
}

function ahead(left: number, right: number): number {
  return left > right ? 1 : left < right ? 0 : 0.5;
}
