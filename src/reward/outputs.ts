/** Which outputs a head has, and how they become one score. */
import type { ObjectiveCombination } from '../head/combination.ts';
import type { CompleteLoss } from '../head/losses.ts';
import { onlyObjective } from './training-rows.ts';
import { type LabelSet, objectivesOf } from './training-sets.ts';

/** What a head says. */
export interface Outputs {
  /** Objectives of the labels. */
  readonly labels: readonly string[];
  /** Names of the outputs, in their order; of quantiles `NAME.q10`, `NAME.q50` and so on. */
  readonly names: readonly string[];
  /** Objective of the labels → the output that says it: of quantiles the one nearest to the median. */
  readonly places: Readonly<Record<string, number>>;
  /** What each objective of the labels counts. */
  readonly labelWeights: readonly number[];
  /** Null with one output. */
  readonly combination: ObjectiveCombination | null;
}

/** The outputs of a head with this loss on these labels: objectives count alike, of quantiles only the middle one. */
export function outputsOf(set: LabelSet, loss: CompleteLoss): Outputs {
  const labels = set.kind === 'pairs' ? [onlyObjective] : objectivesOf(set.scores);
  const quantiles = loss.kind === 'quantile' ? loss.quantiles : [null];
  const middle = quantiles.reduce<number>(
    (best, value, place) => (away(value) < away(quantiles[best] ?? null) ? place : best),
    0,
  );
  const names = labels.flatMap((name) =>
    quantiles.map((value) => (value === null ? name : `${name}.q${Number((value * 100).toFixed(4))}`)),
  );
  const places = labels.map((name, index) => [name, index * quantiles.length + middle] as const);
  const spoken = new Set(places.map(([, place]) => place));
  return {
    labels,
    names,
    places: Object.fromEntries(places),
    labelWeights: labels.map(() => 1 / labels.length),
    combination:
      names.length === 1
        ? null
        : {
            objectives: names,
            scale: 1,
            weights: Float64Array.from(names, (_, place) => (spoken.has(place) ? 1 / labels.length : 0)),
            gate: null,
            lengthSlopes: new Float64Array(names.length),
            length: null,
          },
  };
}

function away(quantile: number | null): number {
  return Math.abs((quantile ?? 0.5) - 0.5);
}
