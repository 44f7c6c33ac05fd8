/** The rate among all rows, where only some have labels: as judged, by the labels alone, and corrected. */
import { type AgreementRow, evidentRange } from './agree.ts';
import { correctedRate } from './corrected.ts';
import { type BootstrapOptions, type Figure, meanInterval, undefinedFigure } from './interval.ts';
import { meetingsByModels } from './model-rates.ts';
import { predictionPoweredMean } from './prediction-powered.ts';
import { isTwoValued, type LabelRange } from './score-agreement.ts';
import { winPoints, winRate } from './win-rate.ts';

/** A verdict and, where known, the truth: 1 for a pass or a win, 0 for none, ½ for a tie. */
export interface RateRow {
  readonly cluster: string;
  readonly judged: number;
  readonly truth: number | null;
}

/** One rate, as it is estimated in four ways. */
export interface CorrectedFigures {
  /** Scored rows with a label, and without. */
  readonly labelled: number;
  readonly unlabelled: number;
  /** Labelled rows of the rarer outcome, null where there are more than two; below 20 `predictionPowered` is too sure. */
  readonly rarer: number | null;
  /** What the judge says of all rows. */
  readonly judged: Figure;
  /** The labels and nothing else. */
  readonly labels: Figure;
  /** By sensitivity and specificity on the labelled rows, of all rows; `correctedRate` with `contained`. */
  readonly roganGladen: Figure;
  /** It, or a bound of it, was outside 0 to 1 and was put on the edge. */
  readonly clipped: boolean;
  /** It before that; null where undefined. */
  readonly unclipped: number | null;
  readonly sensitivity: Figure;
  readonly specificity: Figure;
  /** By prediction-powered inference (PPI++). */
  readonly predictionPowered: Figure;
  /** λ, how far it trusts the judge; null where undefined. */
  readonly tuning: number | null;
}

/** The corrected rates of a run. */
export interface CorrectedReport {
  /**
   * Pass rate of answers, win rate of a model, or how often the first answer wins where no models are known; none where the
   * scale of the labels is not known.
   */
  readonly rates: readonly ({ readonly name: string } & CorrectedFigures)[];
  /** Rows with a label and without a score, which no rate counts. */
  readonly unscored: number;
  /** Scored rows without two different known models, which no rate counts where others have them. */
  readonly withoutModels: number;
}

/** What is corrected. */
export interface CorrectedOptions extends BootstrapOptions {
  readonly mode: 'pairwise' | 'pointwise';
  /** Pointwise: the labels' scale. Default 0 to 1 where all labels are 0 or 1. */
  readonly labelRange?: LabelRange | undefined;
}

/**
 * Rates corrected for the judge's measured errors; null when no scored row, or every one, has a label, where there is nothing
 * to correct. Both corrections hold where the labelled rows are a random sample; Rogan and Gladen's needs only that the judge
 * errs alike on both. An answer passes from the middle of the scale up.
 */
export function correctedReport(
  rows: readonly AgreementRow[],
  options: CorrectedOptions,
): CorrectedReport | null {
  const scored = rows.filter(({ score }) => score !== null);
  const labelled = scored.filter(({ label }) => label !== null).length;
  if (labelled === 0 || labelled === scored.length) return null;
  const named = options.mode === 'pairwise' ? winRows(scored) : passRows(rows, options.labelRange);
  const counted = named.reduce((sum, { rows }) => sum + rows.length, 0);
  return {
    rates: named.map(({ name, rows }) => ({ name, ...correctedFigures(rows, options) })),
    withoutModels: options.mode === 'pairwise' ? scored.length - counted : 0,
    unscored: rows.filter(({ score, label }) => score === null && label !== null).length,
  };
}

/** The four estimates of one rate. */
export function correctedFigures(rows: readonly RateRow[], options: BootstrapOptions = {}): CorrectedFigures {
  const labelled = rows.flatMap(({ truth, ...row }) => (truth === null ? [] : [{ ...row, truth }]));
  const others = rows.filter(({ truth }) => truth === null);
  const column = (of: readonly RateRow[]) => ({
    judged: of.map(({ judged }) => judged),
    clusters: of.map(({ cluster }) => cluster),
  });
  const truths = labelled.map(({ truth }) => truth);
  const range = { min: 0, max: 1 };
  const powered = predictionPoweredMean(column(others), { ...column(labelled), truth: truths }, { range });
  const everything = column(rows);
  const known = column(labelled);
  const yesOrNo = [...everything.judged, ...truths].every((value) => value === 0 || value === 1);
  const passes = truths.filter(isPass).length;
  const winners = (values: readonly number[]) =>
    values.map((value) => (value === 0.5 ? 'tie' : isPass(value) ? 'first' : 'second'));
  const points = [...everything.judged, ...truths].every((value) => [0, 0.5, 1].includes(value));
  const rate = (values: readonly number[], clusters: readonly string[]) =>
    points ? winRate(winners(values), clusters) : meanInterval(values, clusters, options);
  const shared = {
    labelled: labelled.length,
    unlabelled: others.length,
    rarer: yesOrNo ? Math.min(passes, truths.length - passes) : null,
    judged: rate(everything.judged, everything.clusters),
    labels: rate(truths, known.clusters),
    predictionPowered: powered.mean,
    tuning: powered.tuning,
  };
  if (!yesOrNo) {
    const reason = 'sensitivity and specificity are of yes and no; here are ties or scores between';
    const missing = undefinedFigure(reason, everything.clusters);
    const none = { roganGladen: missing, clipped: false, unclipped: null };
    return { ...shared, ...none, sensitivity: missing, specificity: missing };
  }
  const corrected = correctedRate(
    { ...everything, judged: everything.judged.map(isPass) },
    { ...known, judged: known.judged.map(isPass), truth: truths.map(isPass) },
    { contained: true },
  );
  return {
    ...shared,
    roganGladen: corrected.rate,
    clipped: corrected.clipped,
    unclipped: corrected.unclipped,
    sensitivity: corrected.sensitivity,
    specificity: corrected.specificity,
  };
}

function isPass(value: number): boolean {
  return value === 1;
}

type Named = readonly { readonly name: string; readonly rows: readonly RateRow[] }[];

function winRows(rows: readonly AgreementRow[]): Named {
  const point = (winner: AgreementRow['label']) =>
    winner === null || typeof winner === 'number' ? null : winPoints(winner);
  const pairs = meetingsByModels(rows).map(({ model, against, meetings }) => ({
    name: `${model} against ${against}`,
    rows: meetings,
  }));
  const named = pairs.length > 0 ? pairs : [{ name: 'the first answer wins', rows }];
  return named.map(({ name, rows }) => ({
    name,
    rows: rows.flatMap(({ cluster, winner, label }) => {
      const judged = point(winner);
      return judged === null ? [] : [{ cluster, judged, truth: point(label) }];
    }),
  }));
}

/** The scale and its values are those of all labels, scored or not, as in the agreement report. */
function passRows(rows: readonly AgreementRow[], given: LabelRange | undefined): Named {
  const labels = rows.flatMap(({ label }) => (typeof label === 'number' ? [label] : []));
  const range = given ?? evidentRange(rows);
  if (!range) return [];
  const twoValued = isTwoValued(labels, range);
  const share = (label: number) => (label - range.min) / (range.max - range.min);
  return [
    {
      name: twoValued ? 'pass rate' : 'mean score, from 0 to 1',
      rows: rows.flatMap(({ cluster, score, label }) =>
        score === null
          ? []
          : [
              {
                cluster,
                judged: twoValued ? Number(score >= 0.5) : score,
                truth: typeof label === 'number' ? share(label) : null,
              },
            ],
      ),
    },
  ];
}
