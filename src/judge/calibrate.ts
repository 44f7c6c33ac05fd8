/** Calibrations of a run's probabilities: fitted on its verdicts and labels, applied to verdicts of the same judge. */
import { agreementRow } from '../aggregate/agreement-row.ts';
import { calibrateProbability } from '../aggregate/calibration.ts';
import { isTwoValued, type LabelRange } from '../aggregate/score-agreement.ts';
import { contentHash } from '../canonical.ts';
import { JurorError } from '../errors.ts';
import type { Calibration, Label, Verdict } from '../schema.ts';
import { readPlan } from '../store/export.ts';
import type { Run } from '../store/run.ts';
import { verdictOf } from './run.ts';

/** Whose probabilities are calibrated: everything that a calibration depends on. */
export type CalibrationSubject = Pick<Calibration, 'mode' | 'rubric' | 'engines' | 'protocol'>;

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

/** What a calibration of a run's rubric is bound to. Throws JurorError `usage` for a rubric that the run lacks. */
export function calibrationSubject(run: Pick<Run, 'manifest'>, rubricId: string): CalibrationSubject {
  const { rubrics, engines, prompts, critique, samples, settings } = run.manifest.configuration;
  const { panel, quorum, escalate, abstain = '' } = settings;
  const together = escalate
    ? `ladder, ${abstain}`
    : panel === undefined
      ? undefined
      : `${panel}, quorum ${quorum}`;
  const found = rubrics.find(({ rubric }) => rubric.id === rubricId);
  if (!found) {
    const known = rubrics.map(({ rubric }) => rubric.id).join(', ');
    throw new JurorError('usage', `expected a rubric of the run (${known}), got '${rubricId}'`);
  }
  const { id, version, mode, prompt } = found.rubric;
  if (mode !== 'pairwise' && mode !== 'pointwise')
    throw new JurorError(
      'usage',
      `expected a pointwise or pairwise rubric to calibrate, got '${id}' (${mode})`,
    );
  return {
    mode,
    rubric: { id, version, digest: found.digest },
    engines: engines.map(({ model, digest, template }) => ({ model, digest, template })),
    protocol: {
      critique,
      samples,
      prompt: prompts[prompt] ?? '',
      ...(together === undefined ? {} : { panel: together }),
    },
  };
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

function requireSubject(calibration: Calibration, subject: CalibrationSubject): void {
  const engines = (of: CalibrationSubject) =>
    of.engines.map(({ model, digest, template }) => ({ name: model, digest: `${digest} ${template}` }));
  const rubric = (of: CalibrationSubject) => [
    { name: `${of.rubric.id} ${of.rubric.version}`, digest: of.rubric.digest },
  ];
  compare('rubric', rubric(calibration), rubric(subject));
  compare('engine', engines(calibration), engines(subject));
  const [fitted, given] = [calibration.protocol, subject.protocol];
  if (fitted.prompt !== given.prompt)
    throw mismatch('prompt template', fitted.prompt.slice(0, 12), given.prompt.slice(0, 12));
  if (protocolText(fitted) !== protocolText(given))
    throw mismatch('protocol', protocolText(fitted), protocolText(given));
}

function protocolText({ critique, samples, panel }: Calibration['protocol']): string {
  const together = panel === undefined ? '' : `, ${panel}`;
  return `critique ${critique}, ${samples} ${samples === 1 ? 'sample' : 'samples'}${together}`;
}

interface Named {
  readonly name: string;
  readonly digest: string;
}

/** Panels are compared whatever their order; names alone may differ. */
function compare(noun: string, fitted: readonly Named[], given: readonly Named[]): void {
  const digests = (of: readonly Named[]) => JSON.stringify(of.map(({ digest }) => digest).sort());
  if (digests(fitted) === digests(given)) return;
  const text = (of: readonly Named[]) =>
    of.map(({ name, digest }) => `${name} (${digest.slice(0, 12)})`).join(' + ');
  throw mismatch(noun, text(fitted), text(given));
}

function mismatch(noun: string, fitted: string, given: string): JurorError {
  return new JurorError(
    'usage',
    `expected the ${noun} that the calibration was fitted for, ${fitted}, got ${given}; fit it again with juror calibrate`,
  );
}
