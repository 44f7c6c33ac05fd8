/** What is measured of a round without the labels of the anchors. */
import { labelAgreement, labelFigures, lengthCorrelation } from '../aggregate/drift.ts';
import type { LabelEvidence } from '../aggregate/drift-guards.ts';
import { type Figure, meanInterval, undefinedFigure } from '../aggregate/interval.ts';
import { type AnchorGains, anchorFigure, anchorGains } from '../aggregate/promotion.ts';
import { looseCluster } from '../canonical.ts';
import type { FeatureText } from '../reward/features.ts';
import type { Preference, SelfTrainSettings } from '../schema.ts';
import { sidesOf, targetOf } from './self-train-data.ts';
import type { LoopFolder } from './self-train-files.ts';
import type { Gathered, GatherInput } from './self-train-gather.ts';
import { differencesOf, type FeatureLibrary } from './self-train-library.ts';
import type { AnchorPair, LoopHead, SelfTrainParts } from './self-train-parts.ts';

/** What all rounds of a loop share. */
export interface LoopContext<Head> {
  readonly parts: SelfTrainParts<Head>;
  readonly settings: SelfTrainSettings;
  readonly folder: LoopFolder;
  readonly library: FeatureLibrary;
  readonly pool: GatherInput['pool'];
  readonly probes: readonly Preference[];
  /** Read by the backbone, all of them. */
  readonly anchors: readonly AnchorPair[];
  /** Answers on which the correlation with length is watched. */
  readonly watched: { readonly texts: readonly FeatureText[]; readonly clusters: readonly string[] };
  readonly signal?: AbortSignal;
}

type Correlation = ReturnType<typeof lengthCorrelation>;

/** Figures of a round's labels; `former` is the head that counts. */
export function labelsOf(
  { comparisons, chosenFirst, orders }: Gathered,
  former: LoopHead | null,
  library: FeatureLibrary,
  seed: number,
): LabelEvidence {
  return {
    ...labelFigures(
      comparisons.map((comparison) => ({
        probability: targetOf(comparison),
        chosenLength: comparison.chosen.text.length,
        rejectedLength: comparison.rejected.text.length,
        cluster: comparison.cluster,
        chosenFirst: chosenFirst.get(comparison.id) ?? null,
      })),
      seed,
    ),
    orderConsistency:
      orders.length === 0
        ? undefinedFigure('nothing was judged')
        : meanInterval(
            orders.map(({ consistent }) => Number(consistent)),
            orders.map(({ cluster }) => cluster),
            { seed },
          ),
    agreement:
      former === null
        ? null
        : labelAgreement(
            comparisons.map(targetOf),
            differencesOf(former, library, comparisons.map(sidesOf)),
            comparisons.map(({ cluster }) => cluster),
            seed,
          ),
  };
}

/** Accuracy on the probes, and less that of the head that counts. */
export function probesOf(
  { probes, library }: LoopContext<unknown>,
  head: LoopHead,
  former: LoopHead | null,
  seed: number,
): { readonly accuracy: Figure; readonly difference: Figure | null } {
  const pairs = probes.map(sidesOf);
  const known = { target: probes.map(() => 1), cluster: probes.map(({ cluster }) => cluster) };
  const now = anchorGains(differencesOf(head, library, pairs), known);
  if (probes.length === 0) {
    const none = undefinedFigure('no probes');
    return { accuracy: none, difference: former === null ? null : none };
  }
  return {
    accuracy: anchorFigure(now, seed),
    difference:
      former === null
        ? null
        : differenceOf(now, anchorGains(differencesOf(former, library, pairs), known), seed),
  };
}

/** Correlations of score and length. */
export function lengthsOf(
  { anchors, watched, library }: LoopContext<unknown>,
  head: LoopHead,
): { readonly anchors: Correlation; readonly pool: Correlation } {
  const correlate = (texts: readonly FeatureText[], clusters: readonly string[]) =>
    lengthCorrelation(
      Array.from(head.score(library.matrix(texts))),
      texts.map(({ text }) => text?.length ?? 0),
      clusters,
    );
  const sides = anchors.flatMap(anchorTexts);
  return {
    anchors: correlate(
      sides,
      sides.map(({ prompt }) => looseCluster(prompt)),
    ),
    pool: correlate(watched.texts, watched.clusters),
  };
}

/** Both sides of an anchor, as they are read. */
export function anchorTexts({ prompt, first, second }: AnchorPair): [FeatureText, FeatureText] {
  return [
    { prompt, text: first },
    { prompt, text: second },
  ];
}

/** The mean of the differences of two columns of gains, row by row. */
export function differenceOf(left: AnchorGains, right: AnchorGains, seed: number): Figure {
  const gained = left.gains.map((gain, row) => gain - (right.gains[row] ?? 0));
  return meanInterval(gained, left.cluster, { seed });
}
