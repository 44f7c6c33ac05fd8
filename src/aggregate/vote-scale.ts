/** Votes as categories, and as places on a scale from 0 to 1. */
import type { AgreementVote } from './agree.ts';
import { isTwoValued, type LabelRange, levelOf } from './score-agreement.ts';
import { winPoints } from './win-rate.ts';

/** How labels are read. */
export interface VoteScale {
  /** Undefined where labels have no levels; `reason` says why. */
  readonly category: ((value: AgreementVote['label']) => string) | undefined;
  /** What α may say of two labels. */
  readonly level: 'nominal' | 'interval';
  /** Onto [0, 1]; undefined where the scale is unknown. */
  readonly share: ((label: AgreementVote['label']) => number) | undefined;
  /** From a score in [0, 1] to the scale. */
  readonly stretch: (score: number) => number;
  readonly reason: string;
}

/** The scale of votes: winners, or numbers of a range, by default 0 to 1 where all are 0 or 1. */
export function voteScale(
  votes: readonly AgreementVote[],
  mode: 'pairwise' | 'pointwise',
  labelRange?: LabelRange,
): VoteScale {
  const identity = (score: number) => score;
  if (mode === 'pairwise')
    return {
      category: String,
      level: 'nominal',
      share: (label) => (typeof label === 'number' ? label : winPoints(label)),
      stretch: identity,
      reason: '',
    };
  const labels = votes.map(({ label }) => Number(label));
  const evident = labels.every((label) => label === 0 || label === 1) ? { min: 0, max: 1 } : undefined;
  const range = labelRange ?? evident;
  if (!range)
    return {
      category: undefined,
      level: 'interval',
      share: undefined,
      stretch: identity,
      reason: "the range of the labels' scale is not known",
    };
  const twoValued = isTwoValued(labels, range);
  const level = levelOf(range, twoValued);
  const { min, max } = range;
  return {
    category: level && ((label) => String(level(Number(label)))),
    level: twoValued ? 'nominal' : 'interval',
    share: (label) => (Number(label) - min) / (max - min),
    stretch: (score) => min + score * (max - min),
    reason: 'the labels have no levels to round to',
  };
}
