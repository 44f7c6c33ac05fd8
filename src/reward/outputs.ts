/** Which outputs a head has, and how they become one score. */
import { JurorError, nearestName } from '../errors.ts';
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
  /** Standard deviation of each objective's training labels, which makes ranges such as 0–3 and 0–1 alike; 1 where scores are log-odds. */
  readonly units: readonly number[];
  /** Objectives alike, in their units; null with one output. */
  readonly combination: ObjectiveCombination | null;
}

/**
 * The outputs of a head with this loss on these labels: objectives count alike, of quantiles only the middle one. The label `overall` judges
 * the others and has no output. Throws JurorError `usage` where it is none, or leaves fewer than two.
 */
export function outputsOf(
  set: Pick<LabelSet, 'kind' | 'scores'>,
  loss: CompleteLoss,
  overall?: string,
): Outputs {
  const all = set.kind === 'pairs' ? [onlyObjective] : objectivesOf(set.scores);
  const labels = all.filter((name) => name !== overall);
  if (overall !== undefined && (labels.length === all.length || labels.length < 2)) {
    const near = labels.length === all.length ? nearestName(overall, all) : undefined;
    throw new JurorError(
      'usage',
      `overall '${overall}': expected one of the labels beside two others or more, got ${all.join(', ')}${near === undefined ? '' : `; did you mean ${near}?`}`,
    );
  }
  const quantiles = loss.kind === 'quantile' ? loss.quantiles : [null];
  const middle = quantiles.reduce<number>(
    (best, value, place) => (away(value) < away(quantiles[best] ?? null) ? place : best),
    0,
  );
  const names = labels.flatMap((name) =>
    quantiles.map((value) => (value === null ? name : `${name}.q${Number((value * 100).toFixed(4))}`)),
  );
  const places = labels.map((name, index) => [name, index * quantiles.length + middle] as const);
  const units = labels.map((name) => (loss.kind === 'cross-entropy' ? 1 : deviationOf(set, name)));
  const spoken = new Set(places.map(([, place]) => place));
  return {
    labels,
    names,
    places: Object.fromEntries(places),
    units,
    combination:
      names.length === 1
        ? null
        : {
            objectives: names,
            scale: 1,
            weights: Float64Array.from(names, (_, place) => (spoken.has(place) ? 1 / labels.length : 0)),
            gate: null,
            ...(labels.length === 1
              ? {}
              : {
                  units: Float64Array.from(
                    names,
                    (_, place) => units[Math.floor(place / quantiles.length)] ?? 1,
                  ),
                }),
            lengthSlopes: new Float64Array(names.length),
            length: null,
          },
  };
}

/** Of the labels that are known, over n; 1 where they do not differ. */
function deviationOf({ scores }: Pick<LabelSet, 'scores'>, name: string): number {
  const known = scores.flatMap(({ targets }) => (Object.hasOwn(targets, name) ? [targets[name] ?? 0] : []));
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const deviation = Math.sqrt(known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / known.length);
  return deviation > 0 ? deviation : 1;
}

function away(quantile: number | null): number {
  return Math.abs((quantile ?? 0.5) - 0.5);
}
