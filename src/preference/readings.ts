/** Answers that were judged one by one, compared with the other answers to their prompt. */
import { promptCluster } from '../canonical.ts';
import type { Preference, Sample } from '../schema.ts';
import { sideOf } from './labels.ts';
import { pairsOf, preferenceOf } from './record.ts';
import type { Answer } from './truth.ts';

/** Why a verdict, or a pair, became no preference. */
export type LeftOutReason =
  | 'pending'
  | 'unscored'
  | 'abstained'
  | 'content-free'
  /** The only answer of its prompt that could be compared. */
  | 'alone'
  /** No label says anything of it. */
  | 'unlabelled'
  /** As a single answer: wins as much as it loses. */
  | 'undecided'
  /** The same text as another answer to the prompt, which stands for both. */
  | 'same-text';

/** Told of what became no preference. */
export type LeftOut = (reason: LeftOutReason, sampleId: string) => void;

/** One answer and what was read of it. */
export interface Reading<Value> {
  readonly sampleId: string;
  readonly responseId: string;
  readonly cluster: string;
  readonly score: number;
  readonly keys: readonly string[];
  readonly value: Value;
}

/** What two readings say of their answers. */
export interface ReadingComparison {
  /** That the first is better. */
  readonly probability: number;
  /** Of the first above the second. */
  readonly margin: number;
  readonly objectives: Preference['objectives'];
  readonly agreement: number | null;
}

/** How readings become preferences. */
export interface PairingOptions<Value> {
  readonly marginUnit: Preference['marginUnit'];
  readonly source: Omit<Preference['source'], 'keys'>;
  readonly leftOut: LeftOut;
  /** The texts of a reading, checked. */
  answerOf(reading: Reading<Value>): Answer;
  compare(left: Reading<Value>, right: Reading<Value>): ReadingComparison;
}

/**
 * Every two answers of one prompt, whatever samples they stand in; prompts and answers in the order of the readings. Of answers with one
 * text the first counts.
 */
export function* comparePrompts<Value>(
  readings: readonly Reading<Value>[],
  { answerOf, compare, leftOut, source, marginUnit }: PairingOptions<Value>,
): Generator<Preference> {
  for (const group of Map.groupBy(readings, ({ cluster }) => cluster).values()) {
    const answers = new Map<string, { reading: Reading<Value>; answer: Answer }>();
    for (const reading of group) {
      const answer = answerOf(reading);
      const { text } = answer.response;
      if (answers.has(text)) leftOut('same-text', reading.sampleId);
      else answers.set(text, { reading, answer });
    }
    if (answers.size === 1) leftOut('alone', group[0]?.sampleId ?? '');
    for (const [{ reading: left, answer: first }, { reading: right, answer: second }] of pairsOf([
      ...answers.values(),
    ])) {
      const said = compare(left, right);
      yield preferenceOf({
        sampleId: left.sampleId,
        cluster: left.cluster,
        prompt: first.sample.prompt,
        left: sideOf(first, first.sample, left.score),
        right: sideOf(second, first.sample, right.score),
        tie: said.probability === 0.5,
        ...said,
        marginUnit,
        orderConsistent: null,
        source: { ...source, keys: [...new Set([...left.keys, ...right.keys])].sort() },
      });
    }
  }
}

/** What a sample's prompt is compared by. */
export function clusterOf({ prompt }: Sample): string {
  return promptCluster(prompt);
}
