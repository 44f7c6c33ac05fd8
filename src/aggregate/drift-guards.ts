/** What the guards of a loop say: each alone can refuse a round. */
import type { GuardLimits, GuardName, GuardRecord } from '../schema.ts';
import { correlationGrowth, type LabelAgreement, type LabelFigures } from './drift.ts';
import type { Figure } from './interval.ts';

/** Limits where nothing else is said. */
export const defaultGuardLimits: GuardLimits = {
  chosenLonger: 0.9,
  labelEntropy: 0.02,
  labelBalance: 0.9,
  orderConsistency: 0.5,
  agreement: 0,
  probes: 0.1,
  lengthAnchors: 0.2,
  lengthPool: 0.2,
  leastLabels: 20,
};

/** Figures of a round's labels, before anything is trained on them. */
export interface LabelEvidence extends LabelFigures {
  /** Share of all judged pairs, dropped ones too, whose two orders agree. */
  readonly orderConsistency: Figure;
  /** With the head before; null where there is none. */
  readonly agreement: LabelAgreement | null;
}

/** A correlation of the new head and of the base. */
export interface LengthEvidence {
  readonly now: Pick<Figure, 'estimate' | 'reason'>;
  /** Null in the base round. */
  readonly base: number | null;
}

/** Figures of a round's head, without the labels of the anchors. */
export interface HeadEvidence {
  /** Accuracy on the probes. */
  readonly accuracy: Figure;
  /** That less the accuracy of the head before; null where there is none. */
  readonly probes: Figure | null;
  readonly anchors: LengthEvidence;
  readonly pool: LengthEvidence;
}

/** The five guards of labels. */
export function guardLabels(
  { chosenLonger, entropy, firstWins, orderConsistency, agreement }: LabelEvidence,
  limits: GuardLimits,
): GuardRecord[] {
  const least = limits.leastLabels;
  return [
    check('chosen-longer', limits.chosenLonger, enough(chosenLonger, least), (value, limit) => [
      value > limit || value < 1 - limit,
      `the longer answer is chosen in ${percent(value)} of ${chosenLonger.n} labels, allowed ${percent(1 - limit)} to ${percent(limit)}`,
    ]),
    check('label-entropy', limits.labelEntropy, enough(entropy, least), (value, limit) => [
      value < limit,
      `mean entropy of ${entropy.n} judged labels ${value.toFixed(3)} bits, at least ${limit.toFixed(3)}`,
    ]),
    check('label-balance', limits.labelBalance, enough(firstWins, least), (value, limit) => [
      value > limit || value < 1 - limit,
      `the first answer in the data wins ${percent(value)} of ${firstWins.n} judged labels, allowed ${percent(1 - limit)} to ${percent(limit)}`,
    ]),
    check('order-consistency', limits.orderConsistency, enough(orderConsistency, least), (value, limit) => [
      value < limit,
      `both orders agree in ${percent(value)} of ${orderConsistency.n} judged pairs, at least ${percent(limit)}`,
    ]),
    check(
      'agreement',
      limits.agreement,
      agreement === null
        ? { value: null, reason: 'no head before' }
        : enough({ ...agreement.ratio, estimate: agreement.ratio.high }, least),
      (value, limit) => [
        value < limit,
        agreement === null
          ? ''
          : `new labels agree with the head before in ${percent(agreement.observed)}, its probabilities promise ${percent(agreement.expected)}: ${(agreement.ratio.estimate ?? 0).toFixed(2)} of it, at most ${value.toFixed(2)} (upper end of the 95 % interval), at least ${limit.toFixed(2)}`,
      ],
    ),
  ];
}

/** Of fewer prompts a bootstrap has no doubt where a coin would give the same in one of twenty: 2 · ½⁶ < 0.05 ≤ 2 · ½⁵. */
const fewestPrompts = 6;

/** Whether an accuracy is below that of a coin: the whole interval below ½, of enough prompts for an interval to mean something. */
export function isBelowCoin({ high, clusters }: Figure): boolean {
  return high !== null && high < 0.5 && clusters >= fewestPrompts;
}

/** The three guards of a head. Without a head before, that of the probes asks whether a coin would do better. */
export function guardHead(
  { accuracy, probes, anchors, pool }: HeadEvidence,
  limits: GuardLimits,
): GuardRecord[] {
  return [
    probes === null ? coinGuard(accuracy, limits) : fallGuard(probes, limits),
    lengthGuard('length-anchors', limits.lengthAnchors, anchors),
    lengthGuard('length-pool', limits.lengthPool, pool),
  ];
}

function coinGuard(accuracy: Figure, { probes }: GuardLimits): GuardRecord {
  const { estimate, high, n, clusters, reason = 'no figure' } = accuracy;
  return check(
    'probes',
    probes === null ? null : 0.5,
    estimate === null || high === null
      ? { value: null, reason }
      : clusters < fewestPrompts
        ? { value: null, reason: `probes of ${clusters} prompts, fewer than ${fewestPrompts}` }
        : { value: high },
    (value) => [
      isBelowCoin(accuracy),
      `accuracy on ${n} probes ${percent(estimate ?? 0)}, at most ${percent(value)} (upper end of the 95 % interval), a coin 50.0 %`,
    ],
  );
}

function fallGuard(probes: Figure, limits: GuardLimits): GuardRecord {
  return check(
    'probes',
    limits.probes,
    probes.estimate === null
      ? { value: null, reason: probes.reason ?? 'no figure' }
      : { value: probes.estimate },
    (value, limit) => [
      // A fall that the interval does not exclude is not one.
      value < -limit && (probes.high === null || probes.high < 0),
      `accuracy on ${probes.n} probes ${signed(100 * value, 1)} points against the head before, at most ${(100 * limit).toFixed(1)} fewer`,
    ],
  );
}

function lengthGuard(guard: GuardName, limit: number | null, { now, base }: LengthEvidence): GuardRecord {
  const growth =
    now.estimate === null
      ? { value: null, reason: now.reason ?? 'no figure' }
      : base === null
        ? { value: null, reason: 'nothing to compare with' }
        : { value: correlationGrowth(now.estimate, base) };
  return check(guard, limit, growth, (value, most) => [
    value > most,
    `correlation of score and length ${(now.estimate ?? 0).toFixed(2)}, in the base round ${(base ?? 0).toFixed(2)}: grown by ${value.toFixed(2)}, at most ${most.toFixed(2)}`,
  ]);
}

type Found = { readonly value: number } | { readonly value: null; readonly reason: string };

function check(
  guard: GuardName,
  limit: number | null,
  found: Found,
  say: (value: number, limit: number) => readonly [refused: boolean, message: string],
): GuardRecord {
  if (limit === null) return { guard, value: null, limit, refused: false, message: 'off' };
  if (found.value === null)
    return { guard, value: null, limit, refused: false, message: `not checked: ${found.reason}` };
  const [refused, message] = say(found.value, limit);
  return { guard, value: found.value, limit, refused, message };
}

function enough(figure: Figure, least: number): Found {
  if (figure.n === 0 && figure.reason !== undefined) return { value: null, reason: figure.reason };
  if (figure.n < least) return { value: null, reason: `${figure.n} labels, fewer than ${least}` };
  return figure.estimate === null
    ? { value: null, reason: figure.reason ?? 'no figure' }
    : { value: figure.estimate };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function signed(value: number, digits: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(digits)}`;
}
