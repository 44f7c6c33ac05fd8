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
  /** Both answers are the same text. */
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

/** Every two answers of one prompt, whatever samples they stand in; prompts and answers in the order of the readings. */
export function* comparePrompts<Value>(
  readings: readonly Reading<Value>[],
  { answerOf, compare, leftOut, source, marginUnit }: PairingOptions<Value>,
): Generator<Preference> {
  for (const group of Map.groupBy(readings, ({ cluster }) => cluster).values()) {
    if (group.length === 1) leftOut('alone', group[0]?.sampleId ?? '');
    // Texts are looked up once for each answer, prompt by prompt.
    const answers = new Map(group.length < 2 ? [] : group.map((reading) => [reading, answerOf(reading)]));
    for (const [left, right] of pairsOf(group)) {
      const [first, second] = [answers.get(left), answers.get(right)];
      if (!first || !second) continue;
      if (first.response.text === second.response.text) {
        leftOut('same-text', left.sampleId);
        continue;
      }
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
