/** Verdicts on pairs as preferences, whoever keeps them: a run folder, a loop, or a program that has just judged. */
import { logOdds } from '../aggregate/logits.ts';
import { promptCluster } from '../canonical.ts';
import type { Engine } from '../engine/engine.ts';
import { JurorError } from '../errors.ts';
import type { LoadedRubric } from '../rubric.ts';
import type { Preference, Sample, Verdict } from '../schema.ts';
import { sideOf } from './labels.ts';
import type { LeftOut } from './readings.ts';
import { largestNats, preferenceOf } from './record.ts';

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
  const { score } = verdict;
  const reason =
    score === null
      ? 'unscored'
      : verdict.abstained
        ? 'abstained'
        : verdict.contentFree
          ? 'content-free'
          : undefined;
  if (score === null || reason !== undefined) {
    leftOut(reason ?? 'unscored', sample.id);
    return null;
  }
  const source: VerdictSource = {
    method: 'pairwise',
    run,
    round: null,
    rubric: { id: rubric.id, version: rubric.version, digest },
    engines: engines.map(({ id }) => ({ model: id.model, digest: id.digest })),
  };
  const preference = pairPreference(sample, { ...verdict, score }, source);
  if (preference === null) leftOut('same-text', sample.id);
  return preference;
}

/** All of a source but the judgments' keys, which the verdict has. */
export type VerdictSource = Omit<Preference['source'], 'keys'>;

/** The preference of a scored verdict, whatever else is said of it; null for two answers of one text. Throws as the former does. */
export function pairPreference(
  sample: Sample,
  verdict: Verdict & { readonly score: number },
  source: VerdictSource,
): Preference | null {
  const { score, winner, panel } = verdict;
  const [first, second, ...others] = verdict.responseIds.map((id) =>
    sample.responses.find((response) => response.id === id),
  );
  if (verdict.sampleId !== sample.id || !first || !second || others.length > 0)
    throw new JurorError(
      'usage',
      `expected a verdict on two answers of sample '${sample.id}', got one on ${verdict.responseIds.join(', ')} of '${verdict.sampleId}'`,
    );
  if (first.text === second.text) return null;
  return preferenceOf({
    sampleId: sample.id,
    cluster: promptCluster(sample.prompt),
    prompt: sample.prompt,
    left: sideOf({ sample, response: first }, sample),
    right: sideOf({ sample, response: second }, sample),
    probability: score,
    tie: winner === 'tie',
    margin: natsOf(score),
    marginUnit: 'nats',
    objectives: verdict.perObjective,
    orderConsistent: verdict.flipped === null ? null : !verdict.flipped,
    agreement: panel
      ? agreementOf(
          panel.members.map((member) => member.score),
          score,
        )
      : null,
    source: { ...source, keys: verdict.judgments.toSorted() },
  });
}

/** Share of all members, silent ones among them, that name the same winner as the whole. */
export function agreementOf(scores: readonly (number | null)[], whole: number): number {
  const side = Math.sign(whole - 0.5);
  return scores.filter((score) => score !== null && Math.sign(score - 0.5) === side).length / scores.length;
}

/** Log-odds, never more than {@link largestNats} either way. */
export function natsOf(probability: number): number {
  return Math.min(largestNats, Math.max(-largestNats, logOdds(probability)));
}
