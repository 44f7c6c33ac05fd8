/** Calibrations of a run's probabilities: fitted on its verdicts and labels, applied to verdicts of the same judge. */
import { agreementRow } from '../aggregate/agreement-row.ts';
import { calibrateProbability } from '../aggregate/calibration.ts';
import { isTwoValued, type LabelRange } from '../aggregate/score-agreement.ts';
import { contentHash } from '../canonical.ts';
import { JurorError } from '../errors.ts';
import type { Calibration, Label, Verdict } from '../schema.ts';
import { readPlan } from '../store/export.ts';
import type { Run } from '../store/run.ts';
import { type CalibrationSubject, mismatch, requireSubject } from './calibration-subject.ts';
import { verdictOf } from './run.ts';

/** A verdict beside its label, both in [0, 1]. */
export interface CalibrationRow {
  readonly sampleId: string;
  readonly responseIds: readonly string[];
  /** Rows of one cluster are dependent: the prompt, or its digest. */
  readonly cluster: string;
  /** Pairwise: probability that the first response is better. Pointwise: the score. */
  readonly score: number;
  /** Pairwise: 1 for the first response, 0 for the second, ½ for a tie. Pointwise: the place on the labels' scale. */
  readonly label: number;
}

/** The rows of a run, and how many verdicts are none. */
export interface CalibrationRows {
  readonly rows: readonly CalibrationRow[];
  readonly labelRange: LabelRange | null;
  readonly verdicts: number;
  readonly unlabelled: number;
  /** Labelled, and without a score. */
  readonly unscored: number;
}

/** Which labels to read. */
export interface CalibrationRowOptions {
  /** Default: the label that was judged along. */
  readonly labelOf?: (sampleId: string) => Label | undefined;
  /** The ends of numeric labels' scale. Default 0 to 1 where all labels are 0 or 1; an error for others. */
  readonly labelRange?: LabelRange;
}

/** The labelled verdicts of one rubric of a run, in the order of its plan. */
export async function readCalibrationRows(
  run: Run,
  rubricId: string,
  options: CalibrationRowOptions = {},
): Promise<CalibrationRows> {
  const derive = verdictOf(run);
  const labelled: (CalibrationRow | Unscored)[] = [];
  let verdicts = 0;
  let pairwise = false;
  for await (const { row, judgments } of readPlan(run)) {
    if (judgments === null || row.rubric.id !== rubricId) continue;
    verdicts++;
    pairwise = row.mode === 'pairwise';
    const given = options.labelOf ? options.labelOf(row.sampleId) : row.label;
    // A winner's name says nothing about one answer alone.
    if (given === undefined || (!pairwise && typeof given === 'string')) continue;
    const { label: _judgedAlong, ...verdict } = derive(row, judgments);
    const { label, score } = agreementRow(verdict, { lengths: row.characters, label: given });
    if (label === null) continue;
    const { sampleId, responseIds, cluster } = row;
    const value = label === 'first' ? 1 : label === 'second' ? 0 : label === 'tie' ? 0.5 : label;
    labelled.push({ sampleId, responseIds, cluster, score, label: value });
  }
  const labelRange = pairwise ? null : requireRange(labelled, options.labelRange);
  const rows = labelled.flatMap((row) => (isScored(row) ? [row] : []));
  const place = (label: number) =>
    labelRange === null ? label : (label - labelRange.min) / (labelRange.max - labelRange.min);
  return {
    rows: rows.map((row) => ({ ...row, label: place(row.label) })),
    labelRange,
    verdicts,
    unlabelled: verdicts - labelled.length,
    unscored: labelled.length - rows.length,
  };
}

/** SHA-256 of the rows, whatever their order. */
export function calibrationDataDigest(rows: readonly CalibrationRow[]): string {
  return contentHash(rows.map((row) => contentHash(row)).sort());
}

/**
 * The calibrated verdict of a verdict. Its score, its probability and, for a pair, its winner follow the calibrated
 * probability, so that P(a, b) + P(b, a) = 1 holds as before; a slope above 0 leaves winners as they were. What describes
 * single judgments (criteria, objectives, spread, flips, lean) stays as it was read. Throws JurorError `usage` when rubric,
 * engine or protocol are not those that the calibration was fitted for, naming both.
 */
export function createCalibrator(
  calibration: Calibration,
  subject: CalibrationSubject,
): (verdict: Verdict) => Verdict {
  requireSubject(calibration, subject);
  const { parameters, mode, rubric } = calibration;
  return (verdict) => {
    if (verdict.rubricId !== rubric.id || verdict.mode !== mode)
      throw mismatch('rubric', `${rubric.id} (${mode})`, `${verdict.rubricId} (${verdict.mode})`);
    if (verdict.score === null) return verdict;
    const score = calibrateProbability(parameters, verdict.score);
    if (mode === 'pointwise') return { ...verdict, score };
    return {
      ...verdict,
      score,
      winner: winnerOf(verdict, score, parameters.slope),
      probability: Math.max(score, 1 - score),
    };
  };
}

interface Unscored extends Omit<CalibrationRow, 'score'> {
  readonly score: null;
}

function isScored(row: CalibrationRow | Unscored): row is CalibrationRow {
  return row.score !== null;
}

/** A tie by its label or by the tie band stays a tie. */
function winnerOf({ winner, responseIds }: Verdict, score: number, slope: number): string | null {
  if (slope > 0 || winner === null || winner === 'tie') return winner;
  const [first = '', second = ''] = responseIds;
  return score === 0.5 ? 'tie' : score > 0.5 ? first : second;
}

function requireRange(
  rows: readonly { readonly label: number }[],
  given: LabelRange | undefined,
): LabelRange {
  const range = given ?? { min: 0, max: 1 };
  const labels = rows.map(({ label }) => label);
  if (given) isTwoValued(labels, given);
  const other = given ? undefined : labels.find((label) => label !== 0 && label !== 1);
  if (other !== undefined)
    throw new JurorError(
      'usage',
      `expected labels 0 and 1, or the ends of their scale, got the label ${other}`,
    );
  return range;
}
