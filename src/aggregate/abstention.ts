/** When a judge had better not decide, and when a larger one is asked instead. */
import { JurorError } from '../errors.ts';
import { requireScore } from './moments.ts';
import type { Member } from './turnout.ts';

/** What is known about one verdict; null is what its protocol does not tell. */
export interface Evidence {
  /** In [0, 1]; null when unscored. */
  readonly score: number | null;
  /** Why it is unscored, where it is. */
  readonly unscored?: string;
  /** Largest minus smallest score over judges and samples. */
  readonly disagreement?: number | null;
  /** Natural log of the probability that the model gave to all labels together; the smallest over the judgments. */
  readonly labelMass?: number | null;
  /** Whether the orders of a pair name different winners. */
  readonly flipped?: boolean | null;
  /** Ids of the responses without content; empty when all have some. */
  readonly contentFree?: readonly string[] | null;
}

/** When to abstain; a rule that is left out is not applied. */
export interface AbstentionRules {
  /** Abstain on scores strictly within this distance of `center`: too close to call. */
  readonly band?: number;
  /** Default 0.5. */
  readonly center?: number;
  /** Abstain when members and samples are further apart than this. */
  readonly disagreement?: number;
  /** Abstain when the labels had less than this probability in all, from 0 to 1: the model wanted to say something else. */
  readonly labelMass?: number;
  /** Abstain when the orders name different winners. Default false. */
  readonly flipped?: boolean;
  /** Abstain when any response says nothing: no score can be about it. Default false. */
  readonly contentFree?: boolean;
}

/** What spoke against a verdict. */
export type AbstentionKind = 'unscored' | 'band' | 'disagreement' | 'label-mass' | 'flipped' | 'content-free';

/** Whether to abstain, and why. */
export interface Abstention {
  readonly abstain: boolean;
  /** Everything that spoke against it, not the first alone; empty when nothing did. */
  readonly reasons: readonly { readonly kind: AbstentionKind; readonly message: string }[];
  /** Rules that could not be applied, because the evidence does not tell. They neither pass nor fail. */
  readonly unchecked: readonly AbstentionKind[];
}

/** Applies the rules to one verdict. No score is always a reason; the rules only ever add to it. */
export function judgeAbstention(evidence: Evidence, rules: AbstentionRules): Abstention {
  requireRules(rules);
  const { score, disagreement = null, labelMass = null, flipped = null, contentFree = null } = evidence;
  const { band, center = 0.5 } = rules;
  const mass = labelMass === null ? null : Math.exp(labelMass);
  if (score !== null && !(score >= 0 && score <= 1))
    throw new JurorError('usage', `expected a score from 0 to 1, got ${score}`);
  if (disagreement !== null) requireScore(disagreement, 'disagreement');
  if (mass !== null) requireScore(mass, 'label mass');

  const reasons: Abstention['reasons'][number][] = [];
  const unchecked: AbstentionKind[] = [];
  const check = (kind: AbstentionKind, fails: boolean | null, message: string) => {
    if (fails === null) unchecked.push(kind);
    else if (fails) reasons.push({ kind, message });
  };
  check('unscored', score === null, `no score: ${evidence.unscored ?? 'no reason given'}`);
  if (band !== undefined) {
    // Bounds, not a distance: 0.6 is not within 0.1 of 0.5, whatever rounding makes of the difference.
    const within = score === null ? null : score > center - band && score < center + band;
    check('band', within, `score ${shown(score)} is within ${band} of ${center}`);
  }
  if (rules.disagreement !== undefined) {
    const apart = disagreement === null ? null : disagreement > rules.disagreement;
    check('disagreement', apart, `scores are ${shown(disagreement)} apart, more than ${rules.disagreement}`);
  }
  if (rules.labelMass !== undefined) {
    const low = mass === null ? null : mass < rules.labelMass;
    check(
      'label-mass',
      low,
      `the labels had probability ${shown(mass)} in all, less than ${rules.labelMass}`,
    );
  }
  if (rules.flipped) check('flipped', flipped, 'the orders name different winners');
  if (rules.contentFree)
    check('content-free', contentFree && contentFree.length > 0, withoutContent(contentFree ?? []));
  return { abstain: reasons.length > 0, reasons, unchecked };
}

/** A panel's members with their abstentions taken: a member that had better not decide has no score, and says why. */
export function abstainMembers(
  members: readonly (Evidence & { readonly id: string })[],
  rules: AbstentionRules,
): Member[] {
  return members.map(({ id, ...evidence }): Member => {
    const { abstain, reasons } = judgeAbstention(evidence, rules);
    return abstain || evidence.score === null
      ? { id, value: null, reason: reasons.map(({ message }) => message).join('; ') }
      : { id, value: evidence.score };
  });
}

/** Judges from the smallest to the largest, and when to go on to the next. */
export interface Ladder {
  /** One set of rules for each judge. */
  readonly judges: readonly AbstentionRules[];
  /** Reasons that a larger judge can help with; any other one ends in abstention. Default all. */
  readonly escalateOn?: readonly AbstentionKind[];
}

/** What to do after the verdicts so far. Judges count from 0, the smallest. */
export type Escalation =
  /** The verdict of `judge` stands. */
  | { readonly action: 'accept'; readonly judge: number; readonly abstentions: readonly Abstention[] }
  /** Ask `judge`; the last of `abstentions` says why. */
  | { readonly action: 'ask'; readonly judge: number; readonly abstentions: readonly Abstention[] }
  /** Nobody decides; the last of `abstentions` says why. */
  | { readonly action: 'abstain'; readonly judge: null; readonly abstentions: readonly Abstention[] };

/**
 * The next step on a ladder of judges, from the evidence of those asked so far, smallest first. The first that does not
 * abstain is accepted; its successors' evidence, were there any, is an error, and so is more evidence than judges.
 */
export function nextStep(evidence: readonly Evidence[], ladder: Ladder): Escalation {
  const { judges, escalateOn } = ladder;
  if (judges.length === 0) throw new JurorError('usage', 'expected at least one judge, got none');
  if (evidence.length > judges.length)
    throw new JurorError(
      'usage',
      `expected evidence of at most ${judges.length} judges, got ${evidence.length}`,
    );
  const abstentions = evidence.map((own, judge) => judgeAbstention(own, judges[judge] ?? {}));
  const helpless = ({ reasons }: Abstention) =>
    escalateOn !== undefined && reasons.some(({ kind }) => !escalateOn.includes(kind));
  const end = abstentions.findIndex((abstention) => !abstention.abstain || helpless(abstention));
  if (end >= 0 && end < evidence.length - 1) {
    throw new JurorError('usage', `expected no evidence after judge ${end + 1}, which ends it, got more`);
  }
  const judge = evidence.length;
  if (end >= 0 && !abstentions[end]?.abstain) return { action: 'accept', judge: end, abstentions };
  return end >= 0 || judge === judges.length
    ? { action: 'abstain', judge: null, abstentions }
    : { action: 'ask', judge, abstentions };
}

function requireRules({ band, center, disagreement, labelMass }: AbstentionRules): void {
  const bounds = { band, center, disagreement, labelMass };
  for (const [name, bound] of Object.entries(bounds)) {
    if (bound === undefined || (bound >= 0 && bound <= 1)) continue;
    throw new JurorError('usage', `${name}: expected a bound from 0 to 1, got ${bound}`);
  }
}

function withoutContent(ids: readonly string[]): string {
  const named = ids.map((id) => `'${id}'`).join(', ');
  return ids.length === 1 ? `response ${named} has no content` : `responses ${named} have no content`;
}

/** Four significant digits are enough for a reason. */
function shown(figure: number | null): string {
  return figure === null ? 'unknown' : String(Number(figure.toPrecision(4)));
}
