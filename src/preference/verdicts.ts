/** Verdicts on pairs as preferences, for a program that has just judged. */
import { promptCluster } from '../canonical.ts';
import type { Engine } from '../engine/engine.ts';
import { JurorError } from '../errors.ts';
import type { LoadedRubric } from '../rubric.ts';
import type { Preference, Sample, Verdict } from '../schema.ts';
import { preferenceOfVerdict } from './pair-verdict.ts';
import type { LeftOut } from './readings.ts';

/** Who gave a verdict, and what becomes of one that is no preference. */
export interface VerdictPreferenceOptions {
  readonly rubric: Pick<LoadedRubric, 'rubric' | 'digest'>;
  /** All that judged. */
  readonly engines: readonly Pick<Engine, 'id'>[];
  /** Name of the data or the run, for the record. Default null. */
  readonly run?: string | null;
  /** Told of a verdict that became none. Default: nobody is. */
  readonly leftOut?: LeftOut;
}

/**
 * The preference of a verdict on the two answers of a sample: the verdict's probability, its log-odds as margin. Null for a verdict
 * without a score, that abstains, of answers without content, or of two answers of one text; `leftOut` is told which. Throws JurorError
 * `usage` for a verdict that is not of the sample's two answers.
 */
export function preferenceFromVerdict(
  sample: Sample,
  verdict: Verdict,
  { rubric: { rubric, digest }, engines, run = null, leftOut = () => {} }: VerdictPreferenceOptions,
): Preference | null {
  const responses = verdict.responseIds.flatMap(
    (id) => sample.responses.find((response) => response.id === id) ?? [],
  );
  if (verdict.sampleId !== sample.id || responses.length !== 2 || verdict.responseIds.length !== 2)
    throw new JurorError(
      'usage',
      `expected a verdict on two answers of sample '${sample.id}', got one on ${verdict.responseIds.join(', ')} of '${verdict.sampleId}'`,
    );
  const made = preferenceOfVerdict({
    sample,
    responses,
    verdict,
    cluster: promptCluster(sample.prompt),
    source: {
      method: 'pairwise',
      run,
      round: null,
      rubric: { id: rubric.id, version: rubric.version, digest },
      engines: engines.map(({ id }) => ({ model: id.model, digest: id.digest })),
    },
  });
  if (typeof made !== 'string') return made;
  leftOut(made, sample.id);
  return null;
}
