/** Calibrations as text, and beside an agreement report. */
import { calibrateProbability } from '../aggregate/calibration.ts';
import {
  type CalibrationFigures,
  calibrationFigures,
  type ReliabilityBin,
} from '../aggregate/calibration-error.ts';
import type { Figure } from '../aggregate/interval.ts';
import {
  type CalibrationRowOptions,
  calibrationDataDigest,
  createCalibrator,
  readCalibrationRows,
} from '../judge/calibrate.ts';
import { calibrationSubject } from '../judge/calibration-subject.ts';
import { estimateCalibration, type FittedCalibration } from '../judge/fit-calibration.ts';
import type { Calibration } from '../schema.ts';
import type { Run } from '../store/run.ts';
import { count, percent, plural, table } from './terminal.ts';

type Interval = Pick<Figure, 'estimate' | 'low' | 'high'>;

const rows = [
  ['logLoss', 'log-loss, nats'],
  ['brier', 'Brier score'],
  ['calibrationError', 'calibration error'],
] as const;

/** What `juror calibrate` prints. */
export function describeCalibration({ calibration, reliability }: FittedCalibration): string {
  const { rubric, mode, data, crossValidation } = calibration;
  const { before, after, change, bins, folds } = crossValidation;
  const { reason } = after.logLoss;
  const signed = (figure: Interval) => number(figure, (value) => (value < 0 ? '' : '+') + value.toFixed(3));
  return [
    [
      `${rubric.id} · ${mode} · ${describeParameters(calibration)}`,
      `${plural(data.n, 'labelled verdict')} of ${plural(data.clusters, 'prompt')} · 95 % intervals in brackets, clustered by prompt`,
    ].join('\n'),
    table(
      ['', 'before', 'after', 'change'],
      rows.map(([name, noun]) => [noun, number(before[name]), number(after[name]), signed(change[name])]),
    ),
    reason === undefined
      ? `After: each prompt by a fit on the other ${folds - 1} of ${folds} folds. Calibration error: ${plural(bins, 'bin')} of equal mass.`
      : `After: none, ${reason}.`,
    ...reliabilityTable('as judged', reliability.before, mode),
    ...reliabilityTable('calibrated, prompts of other folds', reliability.after, mode),
  ].join('\n\n');
}

/** `temperature 2.31`, or what its limit means. */
function describeParameters({ kind, mode, parameters: { slope, intercept } }: Calibration): string {
  if (kind === 'temperature')
    return slope === 0
      ? 'no temperature is high enough, all become 50 %: being surer does not go with being right'
      : `temperature ${(1 / slope).toFixed(2)}`;
  const line = `Platt, slope ${slope.toFixed(2)}${mode === 'pairwise' ? '' : `, intercept ${intercept.toFixed(2)}`}`;
  return slope < 0 ? `${line}: worse than chance on these labels, so turned round` : line;
}

/** An agreement's calibrated half. */
export interface CalibratedFigures {
  readonly rubricId: string;
  readonly calibration: Calibration;
  /** These very rows were fitted on. */
  readonly fittedOnThese: boolean;
  readonly before: CalibrationFigures;
  readonly after: CalibrationFigures;
}

/** Figures of a run's probabilities as judged and calibrated. Throws where the calibration is not of this run's judge. */
export async function calibratedFigures(
  run: Run,
  calibration: Calibration,
  options: CalibrationRowOptions & { readonly seed?: number },
): Promise<CalibratedFigures> {
  const { mode, rubric, parameters, labelRange, crossValidation } = calibration;
  createCalibrator(calibration, calibrationSubject(run, rubric.id));
  const read = await readCalibrationRows(run, rubric.id, {
    ...(labelRange ? { labelRange } : {}),
    ...options,
  });
  const clusters = read.rows.map(({ cluster }) => cluster);
  const scores = read.rows.map(({ score }) => score);
  const figures = (probabilities: readonly number[]) =>
    calibrationFigures(
      estimateCalibration(read.rows, probabilities, mode, crossValidation.bins),
      clusters,
      options.seed === undefined ? {} : { seed: options.seed },
    );
  return {
    rubricId: rubric.id,
    calibration,
    fittedOnThese: calibrationDataDigest(read.rows) === calibration.data.digest,
    before: figures(scores),
    after: figures(scores.map((score) => calibrateProbability(parameters, score))),
  };
}

/** The table beside an agreement report. */
export function describeCalibratedFigures(of: CalibratedFigures): string {
  const { calibration, before, after, fittedOnThese } = of;
  const figures = table(
    [calibration.kind, 'as judged', 'calibrated', 'n'],
    rows.map(([name, noun]) => [noun, number(before[name]), number(after[name]), count(before[name].n)]),
    ['n'],
  );
  return [
    `calibrated: ${describeParameters(calibration)}`,
    ...(fittedOnThese
      ? ['fitted on these very labels; juror calibrate prints figures of unseen prompts']
      : []),
    '',
    figures,
  ].join('\n');
}

const width = 31;

/** Bins as a table: probability, share with its interval, both drawn on one line. Empty without bins. */
export function reliabilityTable(
  title: string,
  bins: readonly ReliabilityBin[],
  mode: Calibration['mode'],
): string[] {
  if (bins.length === 0) return [];
  const happened = mode === 'pairwise' ? 'preferred answer is better' : 'label';
  const lines = bins.map(({ predicted, observed, count: size }) => [
    percent(predicted),
    `${percent(observed.estimate)}${interval(observed, (value) => (value * 100).toFixed(1))}`,
    sketch(predicted, observed),
    count(size),
  ]);
  return [table([title, happened, `0 %${'100 %'.padStart(width - 3)}`, 'n'], lines, ['n'])];
}

/** The interval as a line, the share as ●, the probability as │. */
function sketch(predicted: number, { estimate, low, high }: Interval): string {
  const place = (share: number) => Math.round(share * (width - 1));
  const cells = Array.from<unknown, string>({ length: width }, (_, cell) =>
    cell >= place(low ?? 1) && cell <= place(high ?? 0) ? '─' : '·',
  );
  cells[place(predicted)] = '│';
  if (estimate !== null) cells[place(estimate)] = '●';
  return cells.join('');
}

function number(figure: Interval, format = (value: number) => value.toFixed(3)): string {
  return figure.estimate === null ? '–' : format(figure.estimate) + interval(figure, format);
}

function interval({ low, high }: Pick<Interval, 'low' | 'high'>, format: (value: number) => string): string {
  return low === null || high === null || low === high ? '' : ` [${format(low)}, ${format(high)}]`;
}
