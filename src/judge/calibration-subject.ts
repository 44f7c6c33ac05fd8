/** Which judge a calibration is of: its rubric, engines and protocol. */
import { JurorError } from '../errors.ts';
import type { Calibration, Rubric } from '../schema.ts';
import type { Run } from '../store/run.ts';
import { rubricOf } from './run.ts';

/** Who judges under one rubric: everything that its probabilities depend on. */
export interface JudgeSubject extends Pick<Calibration, 'rubric' | 'engines' | 'protocol'> {
  readonly mode: Rubric['mode'];
}

/** Whose probabilities are calibrated on labels. */
export interface CalibrationSubject extends JudgeSubject {
  readonly mode: Calibration['mode'];
}

/**
 * What a calibration of a run's rubric is bound to. Throws JurorError `usage` for a rubric that the run lacks, and for one whose
 * verdicts have no single probability.
 */
export function calibrationSubject(run: Pick<Run, 'manifest'>, rubricId: string): CalibrationSubject {
  const { mode, ...subject } = judgeSubject(run, rubricId);
  if (mode !== 'pairwise' && mode !== 'pointwise')
    throw new JurorError(
      'usage',
      `expected a pointwise or pairwise rubric to calibrate, got '${rubricId}' (${mode})`,
    );
  return { mode, ...subject };
}

/** Who judged a run under one of its rubrics. Throws JurorError `usage` for a rubric that the run lacks. */
export function judgeSubject(run: Pick<Run, 'manifest'>, rubricId: string): JudgeSubject {
  const { engines, prompts, critique, samples, settings } = run.manifest.configuration;
  const { panel, quorum, escalate, abstain = '' } = settings;
  const together = escalate
    ? `ladder, ${abstain}`
    : panel === undefined
      ? undefined
      : `${panel}, quorum ${quorum}`;
  const found = rubricOf(run, rubricId);
  const { id, version, mode, prompt } = found.rubric;
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

/** Throws JurorError `usage` when rubric, engine or protocol are not those that something was fitted for, naming both. */
export function requireSubject(
  fittedFor: Omit<JudgeSubject, 'mode'>,
  subject: Omit<JudgeSubject, 'mode'>,
): void {
  const engines = (of: Omit<JudgeSubject, 'mode' | 'protocol'>) =>
    of.engines.map(({ model, digest, template }) => ({ name: model, digest: `${digest} ${template}` }));
  const rubric = (of: Omit<JudgeSubject, 'mode' | 'protocol'>) => [
    { name: `${of.rubric.id} ${of.rubric.version}`, digest: of.rubric.digest },
  ];
  compare('rubric', rubric(fittedFor), rubric(subject));
  compare('engine', engines(fittedFor), engines(subject));
  const [fitted, given] = [fittedFor.protocol, subject.protocol];
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

/** The error of something fitted for one judge and given another. */
export function mismatch(noun: string, fitted: string, given: string): JurorError {
  return new JurorError(
    'usage',
    `expected the ${noun} that the calibration was fitted for, ${fitted}, got ${given}; fit it again with juror calibrate`,
  );
}
