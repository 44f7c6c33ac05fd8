/** Comparisons by which the objectives of scored answers are weighed. */
import type { CombinationRecord } from '../schema.ts';
import { type Comparisons, scoreComparisons } from './fit.ts';
import type { Outputs } from './outputs.ts';
import type { Side } from './sides.ts';
import { type LabelOptions, pairData, scoreData } from './training-sets.ts';

/** Comparisons, what each counts, and where they come from. */
export interface WeighedComparisons extends Comparisons {
  readonly weight: Float64Array;
  readonly from: NonNullable<CombinationRecord['fit']>['comparisons'];
  /** Why → how many could not be used. */
  readonly leftOut: Readonly<Record<string, number>>;
}

/** How comparisons are found. */
export interface ComparisonOptions extends LabelOptions {
  /** Label by which answers to one prompt are compared. Default: the data's own pairs, or the mean of the objectives where there are none. */
  readonly overall?: string | undefined;
}

/** Where comparisons of a side come from. */
export function sourceOf(
  { beside }: Pick<Side, 'beside'>,
  { overall }: ComparisonOptions,
): WeighedComparisons['from'] {
  return overall !== undefined ? 'overall' : (beside?.pairs.length ?? 0) > 0 ? 'pairs' : 'mean';
}

/** Comparisons of a side from this source; the mean is that of the objectives in their units. */
export function comparisonsOf(
  { set, beside, rowOf }: Side,
  { labels, units }: Pick<Outputs, 'labels' | 'units'>,
  options: ComparisonOptions,
  from: WeighedComparisons['from'],
): WeighedComparisons {
  if (from === 'pairs') {
    const leftOut = beside?.leftOut ?? {};
    return { ...pairData({ pairs: beside?.pairs ?? [] }, rowOf, options), from, leftOut };
  }
  const names = from === 'overall' ? [options.overall ?? ''] : labels;
  const weights = from === 'overall' ? [1] : units.map((unit) => 1 / unit);
  const { unknown, ...all } = scoreComparisons(scoreData(set, names, rowOf), weights);
  const kept = [...all.cluster.keys()].filter(
    (place) => options.ties !== 'drop' || all.target[place] !== 0.5,
  );
  const cluster = kept.map((place) => all.cluster[place] as string);
  const counts = new Map<string, number>();
  for (const name of cluster) counts.set(name, (counts.get(name) ?? 0) + 1);
  const perPrompt = options.weightsPerPrompt ?? true;
  const ties = all.cluster.length - kept.length;
  return {
    left: Int32Array.from(kept, (place) => all.left[place] as number),
    right: Int32Array.from(kept, (place) => all.right[place] as number),
    target: Float64Array.from(kept, (place) => all.target[place] as number),
    cluster,
    weight: Float64Array.from(cluster, (name) => (perPrompt ? 1 / (counts.get(name) ?? 1) : 1)),
    from,
    leftOut: {
      ...(ties > 0 ? { tie: ties } : {}),
      ...(unknown > 0 ? { 'no label that both answers have': unknown } : {}),
    },
  };
}
