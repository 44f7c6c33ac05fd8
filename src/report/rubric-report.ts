/** From a rubric's columns to figures with intervals. */
import { orderFigures } from '../aggregate/agreement.ts';
import { type BootstrapOptions, type Figure, meanInterval, proportion } from '../aggregate/interval.ts';
import { meetingsByModels, modelRates } from '../aggregate/model-rates.ts';
import type { LabelRange } from '../aggregate/score-agreement.ts';
import type {
  LabelsReport,
  PairsReport,
  PanelReport,
  RubricCounts,
  RubricReport,
  ScoreDistribution,
} from './report.ts';
import type { Tally } from './tally.ts';
import { figuresOf, named, take } from './tally-figures.ts';
import { labelsOf } from './tally-labels.ts';

/** How figures are made. */
export interface FigureOptions {
  /** Of the bootstrap. */
  readonly seed: number;
  /** Scale of numeric labels. Default: evident for 0 and 1 only. */
  readonly labelRange?: LabelRange | undefined;
  /** Whether figures are wanted, or those of a suite are at hand. */
  readonly withFigures: boolean;
}

/** Bins of a distribution. */
export const scoreBins = 20;
/** Pairs of models that are shown. */
const mostModels = 10;
/** Rows times resamples: beyond it fewer resamples are drawn, and the intervals of so many rows are narrow. */
const resampledRows = 2e7;

/** Everything of a rubric but its samples. */
export function reportTally(
  tally: Tally,
  { seed, labelRange, withFigures }: FigureOptions,
): Omit<RubricReport, 'contested' | 'unscored'> {
  const options = { seed, resamples: resamplesFor(tally.scores.length) };
  const labels = labelsOf(tally, options, labelRange);
  return {
    rubric: tally.rubric,
    mode: tally.mode,
    counts: countsOf(tally),
    ...(withFigures ? figuresOf(tally, options) : { figures: [], groupsLeftOut: 0 }),
    distributions: distributionsOf(tally),
    pairs: tally.mode === 'pairwise' ? pairsOf(tally, labels, options) : null,
    labels,
    panel: panelOf(tally, options),
    ladder: tally.ladder,
  };
}

/** 2,000, and for more than 10,000 rows fewer. */
export function resamplesFor(rows: number): number {
  return Math.max(200, Math.min(2000, Math.floor(resampledRows / Math.max(1, rows))));
}

function countsOf({ planned, pending, abstained, contentFree, reasons, scores }: Tally): RubricCounts {
  const scored = scores.filter((score) => score !== null).length;
  const unscored = scores.length - scored;
  return { planned, scored, unscored, pending, abstained, contentFree, reasons };
}

function distributionsOf(tally: Tally): ScoreDistribution[] {
  return [
    { criterion: null, counts: histogram(tally.scores) },
    ...named(tally.criteria).map(([criterion, values]) => ({ criterion, counts: histogram(values) })),
  ];
}

function histogram(values: readonly (number | null)[]): number[] {
  const counts = new Array<number>(scoreBins).fill(0);
  for (const value of values) {
    if (value === null) continue;
    const bin = Math.min(scoreBins - 1, Math.floor(value * scoreBins));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}

function pairsOf({ rows }: Tally, labels: LabelsReport | null, options: BootstrapOptions): PairsReport {
  const winners = { first: 0, second: 0, tie: 0 };
  for (const { winner } of rows) if (winner !== null) winners[winner]++;
  const both = rows.flatMap(({ cluster, lean, flipped }) =>
    lean === null || flipped === null ? [] : [{ cluster, lean, flipped }],
  );
  // They need no label, and are among the figures of those that have some.
  const { orderConsistency, firstShownWins, positionLean } =
    labels?.report.mode === 'pairwise' ? labels.report.figures : orderFigures(both, options);
  const models = modelRates(rows, { ...options, most: mostModels });
  return {
    winners,
    flipped: both.filter(({ flipped }) => flipped).length,
    bothOrders: both.length,
    orderConsistency,
    firstShownWins,
    positionLean,
    models,
    modelsLeftOut: meetingsByModels(rows).length - models.length,
  };
}

function panelOf(tally: Tally, options: BootstrapOptions): PanelReport | null {
  if (tally.panel === null) return null;
  const all = [...tally.scores.keys()];
  const { known, clusters } = take(tally, all, tally.disagreements);
  return {
    ...tally.panel,
    members: [...tally.members].map(([name, scores]) => {
      const own = take(tally, all, scores);
      return {
        name,
        meanScore: meanInterval(own.known, own.clusters, options),
        withPanel: sameSide(tally, scores),
        silent: tally.scores.length - own.known.length,
      };
    }),
    disagreement: { mean: meanInterval(known, clusters, options), counts: histogram(tally.disagreements) },
  };
}

function sameSide(tally: Tally, scores: readonly (number | null)[]): Figure {
  const both = tally.scores.flatMap((score, place) => {
    const own = scores[place];
    if (score === null || own === null || own === undefined) return [];
    return [{ hit: score >= 0.5 === own >= 0.5, cluster: tally.clusters[place] ?? '' }];
  });
  return proportion(
    both.map(({ hit }) => hit),
    both.map(({ cluster }) => cluster),
  );
}
