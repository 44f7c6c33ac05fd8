/** Scores of answers by a head, and what it thinks of the best against the next one. */
import { logistic } from '../aggregate/logits.ts';
import type { Listener } from '../events.ts';
import type { FeatureMatrix } from '../head/data.ts';
import { type HeadMember, scoreMember } from '../head/head.ts';
import type { RewardHead, Sample } from '../schema.ts';
import { type FeatureReader, requireSameFeatures } from './features.ts';
import type { Head } from './head-file.ts';

/** What a scorer is made of. */
export interface ScorerOptions {
  readonly head: Head;
  /** Reads what the head was trained on: {@link requireSameFeatures}. */
  readonly features: FeatureReader;
  /** Told once where features are of another device or build than the head's. */
  readonly onEvent?: Listener;
}

/** Options of one call. */
export interface ScoreCallOptions {
  readonly signal?: AbortSignal;
  readonly onEvent?: Listener;
}

/** What a head says of one answer. */
export type AnswerScore =
  | {
      readonly status: 'scored';
      /** The objectives combined. */
      readonly score: number;
      /** Objective → score. */
      readonly objectives: Readonly<Record<string, number>>;
      /** Standard deviation of the score; null where the head cannot tell. */
      readonly deviation: number | null;
      /** What it costs to read, whether or not it was read now. */
      readonly tokens: number;
      readonly cached: boolean;
    }
  | { readonly status: 'unscored'; readonly reason: 'context' | 'invalid'; readonly message: string };

/** What a head says of one answer against another. */
export interface AnswerComparison {
  /** That the first is better. */
  readonly probability: number;
  /** Log-odds of that, as they are before any doubt of the head's own. */
  readonly difference: number;
  /** Standard deviation of the difference; null where the head cannot tell. */
  readonly deviation: number | null;
  /** Why the head had better not decide; null where it decides. */
  readonly abstained: string | null;
}

/** What a head says of the answers to one prompt. */
export interface PromptScores {
  /** One for each text, in their order. */
  readonly answers: readonly AnswerScore[];
  /** Places of the scored answers, best first; equal scores in the order of the texts. */
  readonly order: readonly number[];
  /** Two scored answers, by their places; null where one is unscored. */
  compare(left: number, right: number): AnswerComparison | null;
}

/** Scores answers with one head. */
export interface Scorer {
  readonly record: RewardHead;
  /** SHA-256 of the head's file. */
  readonly digest: string;
  /** Throws JurorError `aborted`, and `engine` where the engine fails. An answer that does not fit is `unscored`. */
  score(
    prompt: Sample['prompt'],
    texts: readonly string[],
    options?: ScoreCallOptions,
  ): Promise<PromptScores>;
}

/** A scorer. Throws JurorError `model`, saying what differs, for features of another backbone, template or read-out. */
export function openScorer({ head, features, onEvent }: ScorerOptions): Scorer {
  requireSameFeatures(head.record.feature, features.spec);
  const { record, members, digest } = head;
  void onEvent;
  return {
    record,
    digest,
    async score(prompt, texts, options = {}) {
      const found: ReadAnswer[] = [];
      for await (const feature of features.read(
        texts.map((text) => ({ prompt, text })),
        options,
      ))
        found.push(
          feature.status === 'unscored' ? { answer: feature, members: [] } : scored(feature, record, members),
        );
      const places = [...found.keys()].filter((place) => found[place]?.answer.status === 'scored');
      return {
        answers: found.map(({ answer }) => answer),
        order: places.sort((left, right) => scoreOf(found[right]) - scoreOf(found[left]) || left - right),
        compare: (left, right) => compare(found[left], found[right]),
      };
    },
  };
}

interface ReadAnswer {
  readonly answer: AnswerScore;
  /** Combined score by each member. */
  readonly members: readonly number[];
}

function scored(
  { vector, tokens, cached }: { vector: Float32Array; tokens: number; cached: boolean },
  { objectives, combination }: RewardHead,
  members: readonly HeadMember[],
): ReadAnswer {
  const features: FeatureMatrix = { rows: 1, columns: vector.length, values: vector };
  const each = members.map((member) => scoreMember(member, features));
  const combined = each.map((scores) =>
    scores.reduce((sum, score, index) => sum + score * (combination.weights[index] ?? 0), 0),
  );
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const answer: AnswerScore = {
    status: 'scored',
    score: mean(combined),
    objectives: Object.fromEntries(
      objectives.map((name, index) => [name, mean(each.map((scores) => scores[index] ?? 0))]),
    ),
    deviation: null,
    tokens,
    cached,
  };
  return { answer, members: combined };
}

function scoreOf(read: ReadAnswer | undefined): number {
  return read?.answer.status === 'scored' ? read.answer.score : Number.NEGATIVE_INFINITY;
}

function compare(left: ReadAnswer | undefined, right: ReadAnswer | undefined): AnswerComparison | null {
  if (left?.answer.status !== 'scored' || right?.answer.status !== 'scored') return null;
  const difference = left.answer.score - right.answer.score;
  return { probability: logistic(difference), difference, deviation: null, abstained: null };
}
