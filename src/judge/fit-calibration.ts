/** Fitting a calibration and measuring it on prompts that it has not seen. */
import {
  boundedLogOdds,
  type CalibrationLine,
  calibrateProbability,
  fitPlatt,
  fitTemperature,
} from '../aggregate/calibration.ts';
import {
  type CalibrationEstimators,
  calibrationChange,
  calibrationEstimators,
  calibrationFigures,
  DEFAULT_BINS,
  foldPairs,
  type ReliabilityBin,
  reliabilityBins,
} from '../aggregate/calibration-error.ts';
import { undefinedFigure } from '../aggregate/interval.ts';
import { seedFrom } from '../aggregate/random.ts';
import { JurorError } from '../errors.ts';
import type { Calibration } from '../schema.ts';
import { type CalibrationRow, type CalibrationRows, calibrationDataDigest } from './calibrate.ts';
import type { CalibrationSubject } from './calibration-subject.ts';

/** Fewer labels than this say nothing about probabilities. */
const LEAST_ROWS = 10;
const FOLDS = 5;

/** How a calibration is fitted. */
export interface FitCalibrationOptions {
  /** Default `temperature`. */
  readonly kind?: Calibration['kind'];
  /** Bins of the calibration error. Default 10. */
  readonly bins?: number;
  /** Of the bootstrap. Default 0. */
  readonly seed?: number;
}

/** A calibration and its reliability diagrams. */
export interface FittedCalibration {
  readonly calibration: Calibration;
  /** Before, and after in cross-validation (empty where that has no figures); of pairs from the preferred answer's side. */
  readonly reliability: { readonly before: ReliabilityBin[]; readonly after: ReliabilityBin[] };
}

/**
 * A calibration fitted on all rows, with its figures before and after in cross-validation: folds are by hash of the prompt
 * cluster, so no prompt is on both sides and the order of rows does not matter. Throws JurorError `data` for fewer than ten
 * rows, one prompt, labels of one kind, or scores that are all the same.
 */
export function fitCalibration(
  data: CalibrationRows,
  subject: CalibrationSubject,
  options: FitCalibrationOptions = {},
): FittedCalibration {
  const { kind = 'temperature', bins = DEFAULT_BINS, seed = 0 } = options;
  const { mode } = subject;
  requireEnough(data, subject);
  // In one order, so that sums are the same to the last bit.
  const rows = [...data.rows].sort((left, right) => (identity(left) < identity(right) ? -1 : 1));
  const clusters = rows.map(({ cluster }) => cluster);
  const parameters = fitParameters(kind, rows, mode);
  const scores = rows.map(({ score }) => score);
  const unseen = calibrateUnseen(kind, rows, mode);
  const figures = (estimators: CalibrationEstimators) => calibrationFigures(estimators, clusters, { seed });
  const before = estimateCalibration(rows, scores, mode, bins);
  const after =
    unseen.probabilities === null ? undefined : estimateCalibration(rows, unseen.probabilities, mode, bins);
  const missing = undefinedFigure(unseen.probabilities === null ? unseen.reason : '', clusters);
  const none = { logLoss: missing, brier: missing, calibrationError: missing };
  return {
    calibration: {
      schemaVersion: 1,
      kind,
      parameters,
      mode,
      rubric: { ...subject.rubric },
      engines: subject.engines.map((engine) => ({ ...engine })),
      protocol: { ...subject.protocol },
      labelRange: data.labelRange === null ? null : { ...data.labelRange },
      data: { digest: calibrationDataDigest(rows), n: rows.length, clusters: new Set(clusters).size },
      crossValidation: {
        folds: FOLDS,
        bins,
        before: figures(before),
        after: after ? figures(after) : none,
        change: after ? figures(calibrationChange(after, before)) : none,
      },
    },
    reliability: {
      before: diagram(rows, scores, mode, bins),
      after: unseen.probabilities === null ? [] : diagram(rows, unseen.probabilities, mode, bins),
    },
  };
}

function requireEnough(
  { rows, verdicts, unlabelled, unscored }: CalibrationRows,
  { rubric }: CalibrationSubject,
): void {
  if (rows.length < LEAST_ROWS) {
    const of = `${verdicts} verdicts, ${unlabelled} without a label, ${unscored} without a score`;
    throw new JurorError(
      'data',
      `expected at least ${LEAST_ROWS} labelled verdicts of '${rubric.id}' to calibrate on, got ${rows.length} (${of})`,
    );
  }
  if (new Set(rows.map(({ cluster }) => cluster)).size < 2)
    throw new JurorError(
      'data',
      `expected verdicts of several prompts to calibrate '${rubric.id}' on, got one prompt`,
    );
}

/** Figures of probabilities beside the rows' labels. */
export function estimateCalibration(
  rows: readonly CalibrationRow[],
  probabilities: readonly number[],
  mode: CalibrationSubject['mode'],
  bins: number,
): CalibrationEstimators {
  const labels = rows.map(({ label }) => label);
  return calibrationEstimators(probabilities, labels, { bins, pairs: mode === 'pairwise' });
}

function diagram(
  rows: readonly CalibrationRow[],
  probabilities: readonly number[],
  mode: CalibrationSubject['mode'],
  bins: number,
): ReliabilityBin[] {
  const labels = rows.map(({ label }) => label);
  const shown = mode === 'pairwise' ? foldPairs(probabilities, labels) : { probabilities, labels };
  const clusters = rows.map(({ cluster }) => cluster);
  return reliabilityBins(shown.probabilities, shown.labels, clusters, bins);
}

function fitParameters(
  kind: Calibration['kind'],
  rows: readonly CalibrationRow[],
  mode: CalibrationSubject['mode'],
): CalibrationLine {
  const fitLine = kind === 'temperature' ? fitTemperature : fitPlatt;
  return fitLine(
    rows.map(({ score }) => boundedLogOdds(score)),
    rows.map(({ label }) => label),
    { pairs: mode === 'pairwise' },
  );
}

/** Each row's probability, calibrated by a fit on the other folds; or why there is none. */
function calibrateUnseen(
  kind: Calibration['kind'],
  rows: readonly CalibrationRow[],
  mode: CalibrationSubject['mode'],
): { probabilities: number[] } | { probabilities: null; reason: string } {
  const folds = rows.map(({ cluster }) => seedFrom('calibration fold', cluster) % FOLDS);
  const probabilities = rows.map(({ score }) => score);
  for (const fold of new Set(folds)) {
    const others = rows.filter((_, row) => folds[row] !== fold);
    try {
      const line = fitParameters(kind, others, mode);
      for (const [row, { score }] of rows.entries())
        if (folds[row] === fold) probabilities[row] = calibrateProbability(line, score);
    } catch (error) {
      if (!JurorError.isInstance(error) || error.code !== 'data') throw error;
      return { probabilities: null, reason: `without one of ${FOLDS} folds of prompts: ${error.message}` };
    }
  }
  return { probabilities };
}

function identity({ sampleId, responseIds }: CalibrationRow): string {
  return JSON.stringify([sampleId, responseIds]);
}
