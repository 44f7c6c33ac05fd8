/** From a rubric's columns to figures with intervals. */
import { agreementReport } from '../aggregate/agree.ts';
import { type AnnotatorsReport, annotatorsReport } from '../aggregate/annotators-report.ts';
import { orderFigures } from '../aggregate/agreement.ts';
import { confidenceReport } from '../aggregate/confidence-report.ts';
import { type BootstrapOptions, type Figure, meanInterval, proportion } from '../aggregate/interval.ts';
import { modelRates } from '../aggregate/model-rates.ts';
import type { Winner } from '../aggregate/pairs.ts';
import { processReport } from '../aggregate/process-report.ts';
import type { LabelRange } from '../aggregate/score-agreement.ts';
import type {
  Confusion,
  LabelsReport,
  PairsReport,
  PanelReport,
  ReportFigure,
  RubricCounts,
  RubricReport,
  ScoreDistribution,
} from './report.ts';
import type { Tally } from './tally.ts';

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
/** Pairs of models that are shown, and values of a slice. */
const [mostModels, mostGroups] = [10, 30];
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
    figures: withFigures ? figuresOf(tally, options) : [],
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

function figuresOf(tally: Tally, options: BootstrapOptions): ReportFigure[] {
  const all = [...tally.scores.keys()];
  const members = new Map<string, number[]>();
  for (const [place, group] of tally.groups.entries()) {
    if (group === undefined) continue;
    const own = members.get(group);
    if (own) own.push(place);
    else members.set(group, [place]);
  }
  const groups = [...members].sort(([left], [right]) => (left < right ? -1 : 1));
  return [
    ...selectionFigures(tally, all, null, options),
    ...(groups.length < 2 ? [] : groups.slice(0, mostGroups)).flatMap(([value, places]) =>
      selectionFigures(tally, places, { name: 'group', value }, options),
    ),
  ];
}

function selectionFigures(
  tally: Tally,
  places: readonly number[],
  slice: ReportFigure['slice'],
  options: BootstrapOptions,
): ReportFigure[] {
  const pairwise = tally.mode === 'pairwise';
  const measure = pairwise ? 'win-rate' : 'score';
  const columns: { part: ReportFigure['part']; values: readonly (number | null | undefined)[] }[] = [
    { part: { kind: 'whole' }, values: tally.scores },
    ...named(tally.criteria).map(([id, values]) => ({ part: { kind: 'criterion' as const, id }, values })),
    ...named(tally.objectives).map(([id, values]) => ({ part: { kind: 'objective' as const, id }, values })),
  ];
  const figures = columns.map(({ part, values }): ReportFigure => {
    const { known, clusters } = take(tally, places, values);
    return {
      measure,
      part,
      slice,
      figure: meanInterval(known, clusters, options),
      unscored: places.length - known.length,
    };
  });
  const { known, clusters } = take(tally, places, tally.scores);
  const rate: ReportFigure = pairwise
    ? { ...flipRate(tally, places), measure: 'flip-rate', part: { kind: 'whole' }, slice }
    : {
        measure: 'pass-rate',
        part: { kind: 'whole' },
        slice,
        figure: proportion(
          known.map((score) => score >= 0.5),
          clusters,
        ),
        unscored: places.length - known.length,
      };
  return [...figures.slice(0, 1), rate, ...figures.slice(1)];
}

/** One criterion or one objective says what the whole says. */
function named(columns: ReadonlyMap<string, (number | null)[]>): [string, (number | null)[]][] {
  return columns.size < 2 ? [] : [...columns];
}

function take(tally: Tally, places: readonly number[], values: readonly (number | null | undefined)[]) {
  const known: number[] = [];
  const clusters: string[] = [];
  for (const place of places) {
    const value = values[place];
    if (value === null || value === undefined) continue;
    known.push(value);
    clusters.push(tally.clusters[place] ?? '');
  }
  return { known, clusters };
}

function flipRate({ rows }: Tally, places: readonly number[]): Pick<ReportFigure, 'figure' | 'unscored'> {
  const asked = places.flatMap((place) => {
    const { flipped, cluster } = rows[place] ?? {};
    return flipped === null || flipped === undefined ? [] : [{ flipped, cluster: cluster ?? '' }];
  });
  return {
    figure: proportion(
      asked.map(({ flipped }) => flipped),
      asked.map(({ cluster }) => cluster),
    ),
    unscored: places.length - asked.length,
  };
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
  return {
    winners,
    flipped: both.filter(({ flipped }) => flipped).length,
    bothOrders: both.length,
    orderConsistency,
    firstShownWins,
    positionLean,
    models: modelRates(rows, { ...options, most: mostModels }),
  };
}

function labelsOf(
  { mode, rows, solutions, unread }: Tally,
  options: BootstrapOptions,
  labelRange: LabelRange | undefined,
): LabelsReport | null {
  if (mode === 'stepwise') {
    const labelled = solutions.some(({ label, outcome }) => label !== null || outcome !== null);
    if (!labelled) return null;
    const report = processReport(solutions, options);
    return { report, confusion: null, confidence: null, annotators: null, unread };
  }
  const several = rows.some(({ votes }) => votes !== undefined);
  if (!several && !rows.some(({ label }) => label !== null)) return null;
  const range = labelRange === undefined ? {} : { labelRange };
  const report = agreementReport(rows, { mode, ...options, ...range });
  const annotators: AnnotatorsReport | null = several
    ? annotatorsReport(rows, { mode, ...options, ...range })
    : null;
  return {
    report,
    confusion: mode === 'pairwise' ? pairConfusion(rows) : scoreConfusion(rows, report),
    confidence: confidenceReport(rows, { mode, ...options, ...range }),
    annotators,
    unread,
  };
}

const winnerKinds: readonly Winner[] = ['first', 'second', 'tie'];

function pairConfusion(rows: Tally['rows']): Confusion {
  return confusion(
    winnerKinds,
    rows.flatMap(({ winner, label }) =>
      winner === null || label === null || typeof label === 'number' ? [] : [[winner, label] as const],
    ),
  );
}

function scoreConfusion(rows: Tally['rows'], report: LabelsReport['report']): Confusion | null {
  if (report.mode !== 'pointwise' || !report.twoValued || !report.labelRange) return null;
  const { max } = report.labelRange;
  return confusion(
    ['pass', 'fail'],
    rows.flatMap(({ score, label }) =>
      score === null || typeof label !== 'number'
        ? []
        : [[score >= 0.5 ? 'pass' : 'fail', label === max ? 'pass' : 'fail'] as const],
    ),
  );
}

function confusion(kinds: readonly string[], pairs: readonly (readonly [string, string])[]): Confusion {
  const counts = kinds.map(() => kinds.map(() => 0));
  for (const [judge, label] of pairs) {
    const row = counts[kinds.indexOf(judge)] ?? [];
    const column = kinds.indexOf(label);
    row[column] = (row[column] ?? 0) + 1;
  }
  // A kind that nobody used, such as a tie, is no row.
  const used = kinds.flatMap((kind, place) =>
    pairs.some((pair) => pair.includes(kind)) ? [{ kind, place }] : [],
  );
  return {
    kinds: used.map(({ kind }) => kind),
    counts: used.map(({ place }) => used.map((other) => counts[place]?.[other.place] ?? 0)),
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
