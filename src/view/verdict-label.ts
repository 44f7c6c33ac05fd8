/** Whether a verdict is what its label says. */
import { scaleLabels, scoreOf } from '../scale.ts';
import type { Rubric, Verdict } from '../schema.ts';

/** How numeric labels of a rubric are read. */
export type LabelScale = 'probabilities' | 'scale' | 'unknown';

/**
 * How numbers among the labels of a rubric are to be read: as shares of 1 where all lie in [0, 1], on the scale of an only criterion where
 * all lie on that, else not at all.
 */
export function labelScaleOf(numbers: Iterable<number>, rubric: Pick<Rubric, 'criteria'>): LabelScale {
  const scale = onlyScale(rubric);
  let [shares, onScale] = [true, scale?.kind === 'integer'];
  for (const value of numbers) {
    if (Number.isNaN(value)) continue;
    shares &&= value >= 0 && value <= 1;
    onScale &&= scale?.kind === 'integer' && value >= scale.min && value <= scale.max;
  }
  return shares ? 'probabilities' : onScale ? 'scale' : 'unknown';
}

/** A label of one answer or solution as a share of 1; undefined where it cannot be read so. */
export function labelShare(
  label: Verdict['label'],
  rubric: Pick<Rubric, 'criteria'>,
  scale: LabelScale,
): number | undefined {
  const only = onlyScale(rubric);
  if (typeof label === 'string')
    return only && scaleLabels(only).includes(label) ? scoreOf(only, label) : undefined;
  if (typeof label !== 'number' || scale === 'unknown') return undefined;
  if (scale === 'probabilities') return label;
  return only?.kind === 'integer' ? (label - only.min) / (only.max - only.min) : undefined;
}

/** The scale of a rubric with one criterion. */
export function onlyScale({ criteria }: Pick<Rubric, 'criteria'>) {
  const [criterion, ...others] = criteria;
  return others.length === 0 ? criterion?.scale : undefined;
}

/**
 * Whether a solution's label says another first error than the verdict; undefined where either says none. Null is no error.
 */
export function stepsDiffer({ label, firstError, score }: Verdict): boolean | undefined {
  if (typeof label !== 'object' || label === null || !('steps' in label) || !Array.isArray(label.steps))
    return undefined;
  if (firstError === undefined || (firstError === null && score === null)) return undefined;
  const wrong = label.steps.findIndex((step) => step !== null && step < 0.5);
  return firstError !== (wrong < 0 ? null : wrong);
}
