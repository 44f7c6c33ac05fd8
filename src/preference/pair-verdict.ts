/** From the verdict on two answers to the preference that it is, wherever the verdict comes from. */
import { logOdds } from '../aggregate/logits.ts';
import type { Preference, Response, Sample, Verdict } from '../schema.ts';
import { sideOf } from './labels.ts';
import type { LeftOutReason } from './readings.ts';
import { largestNats, preferenceOf } from './record.ts';

/** Which verdicts are used beside those that decide on answers that say something. */
export interface VerdictUse {
  /** Use verdicts that abstain. Default false. */
  readonly withAbstained?: boolean | undefined;
  /** Use verdicts on answers without content. Default false. */
  readonly withContentFree?: boolean | undefined;
}

/** Why a verdict becomes no preference, whatever it is of; null where it can. */
export function unusable(
  verdict: Pick<Verdict, 'score' | 'abstained' | 'contentFree'>,
  { withAbstained, withContentFree }: VerdictUse = {},
): Extract<LeftOutReason, 'unscored' | 'abstained' | 'content-free'> | null {
  if (verdict.score === null) return 'unscored';
  if (verdict.abstained && !withAbstained) return 'abstained';
  if (verdict.contentFree && !withContentFree) return 'content-free';
  return null;
}

/** What a verdict on two answers stands on. */
export interface PairVerdict {
  readonly sample: Sample;
  /** The two answers that were judged. Default: those of the sample. */
  readonly responses?: readonly Response[] | undefined;
  readonly verdict: Verdict;
  /** The prompt's. */
  readonly cluster: string;
  readonly source: Omit<Preference['source'], 'keys'>;
}

/**
 * The preference that a verdict on two answers is: its probability, its log-odds in nats as margin, whether its orders agree and, of a
 * panel, how many of its members do; or why it is none.
 */
export function preferenceOfVerdict(
  { sample, responses = sample.responses, verdict, cluster, source }: PairVerdict,
  use: VerdictUse = {},
): Preference | Extract<LeftOutReason, 'unscored' | 'abstained' | 'content-free' | 'same-text'> {
  const [first, second] = responses;
  const { score, panel } = verdict;
  const reason = unusable(verdict, use);
  if (reason !== null) return reason;
  if (score === null || !first || !second) return 'unscored';
  if (first.text === second.text) return 'same-text';
  return preferenceOf({
    sampleId: sample.id,
    cluster,
    prompt: sample.prompt,
    left: sideOf({ sample, response: first }, sample),
    right: sideOf({ sample, response: second }, sample),
    probability: score,
    tie: verdict.winner === 'tie',
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
