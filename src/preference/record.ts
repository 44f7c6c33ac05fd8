/** From a comparison of two answers, in the data's order, to the record that names the better one first. */
import { contentHash } from '../canonical.ts';
import type { Preference, PreferenceSide, Sample } from '../schema.ts';

/** Two answers to one prompt, in the data's order, and what is known of them. */
export interface Comparison
  extends Omit<
    Preference,
    'schemaVersion' | 'id' | 'chosen' | 'rejected' | 'probability' | 'margin' | 'objectives' | 'weight'
  > {
  readonly prompt: Sample['prompt'];
  readonly left: PreferenceSide;
  readonly right: PreferenceSide;
  /** That `left` is better, in [0, 1]. */
  readonly probability: number;
  /** How much better `left` is; below 0 where `right` is. */
  readonly margin: number;
  /** Objective → probability that `left` is better under it. */
  readonly objectives: Preference['objectives'];
  /** Default 1. */
  readonly weight?: number;
}

/** Largest margin of a probability in nats: ln(0.999999 / 0.000001). One that a model gives as exactly 1 has no finite log-odds. */
export const largestNats = Math.log(0.999999 / 0.000001);

/**
 * The record of a comparison. The likelier answer is chosen; of a tie, marked or with a probability of exactly ½, the left one, with
 * probability ½ and margin 0. A margin that speaks for the other answer than the probability does is 0.
 */
export function preferenceOf({ left, right, ...comparison }: Comparison): Preference {
  const tie = comparison.tie || comparison.probability === 0.5;
  const leftChosen = tie || comparison.probability > 0.5;
  const [chosen, rejected] = leftChosen ? [left, right] : [right, left];
  const turned = (probability: number | null) =>
    probability === null || leftChosen ? probability : 1 - probability;
  const { prompt, source } = comparison;
  const texts = { prompt, chosen: chosen.text, rejected: rejected.text };
  return {
    schemaVersion: 1,
    id: contentHash({ ...texts, source }).slice(0, 32),
    sampleId: comparison.sampleId,
    cluster: comparison.cluster,
    prompt,
    chosen,
    rejected,
    probability: tie ? 0.5 : Math.max(comparison.probability, 1 - comparison.probability),
    tie,
    margin: tie ? 0 : Math.max(0, leftChosen ? comparison.margin : -comparison.margin),
    marginUnit: comparison.marginUnit,
    objectives: Object.fromEntries(
      Object.entries(comparison.objectives).map(([name, probability]) => [name, turned(probability)]),
    ),
    orderConsistent: comparison.orderConsistent,
    agreement: comparison.agreement,
    weight: comparison.weight ?? 1,
    source,
  };
}

/** Every two of a list, the earlier one first. */
export function pairsOf<Item>(items: readonly Item[]): (readonly [Item, Item])[] {
  return items.flatMap((left, index) => items.slice(index + 1).map((right) => [left, right] as const));
}
