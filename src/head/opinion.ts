/** What a head has to say of answers to one prompt, and how sure it is. Needs numbers alone: heads are read elsewhere. */
import type { CalibrationLine } from '../aggregate/calibration.ts';
import { logistic } from '../aggregate/logits.ts';
import { exactMean } from '../aggregate/moments.ts';
import { JurorError } from '../errors.ts';
import { type CombinationInputs, combineScores, type ObjectiveCombination } from './combination.ts';
import { abstains, type ConformalThreshold } from './conformal.ts';
import { type FeatureMatrix, rowOf } from './data.ts';
import { type FeatureDistance, type FeatureRange, featureDistance } from './distance.ts';
import { type EnsembleReducer, memberDeviation, reduceEnsemble } from './ensemble.ts';
import { type HeadMember, scoreMember } from './head.ts';
import {
  answerDeviation,
  type LaplacePosterior,
  moderatedLogOdds,
  pairDeviation,
  whiten,
} from './laplace.ts';

/** A head and what is known of its doubts. */
export interface HeadBelief {
  /** At least one; of the same objectives. */
  readonly members: readonly HeadMember[];
  /** Of heads with several objectives; null with one. */
  readonly combination: ObjectiveCombination | null;
  /** Of linear heads with one objective. With one, deviations are the posterior's; without, those over members. */
  readonly posterior: LaplacePosterior | null;
  /** Of the moderated log-odds; null leaves them as they are. */
  readonly calibration: CalibrationLine | null;
  /** Null never abstains, except where answers score the same. */
  readonly conformal: Pick<ConformalThreshold, 'threshold'> | null;
  /** Null: distances are not told. */
  readonly range: FeatureRange | null;
}

/** What a head thinks of two answers to one prompt. */
export interface PairOpinion {
  /** Left less right, as the head serves it: the mean over members. */
  readonly difference: number;
  /** That left is better: calibrated logistic of the moderated log-odds. */
  readonly probability: number;
  /** The same before the calibration, as log-odds: what a calibration is fitted on. */
  readonly logOdds: number;
  /** Standard deviation of the difference; null where neither posterior nor second member tells. */
  readonly deviation: number | null;
  /** Of the difference over members; null for one member. */
  readonly memberDeviation: number | null;
  /** The head had better not decide. */
  readonly abstain: boolean;
  /** Of the answer that is farther from the training answers; null without a range. */
  readonly distance: FeatureDistance | null;
}

/** What a head thinks of one answer beside the others. */
export interface AnswerOpinion {
  /** Mean over members. Prompts have levels of their own: compare answers of one prompt alone. */
  readonly score: number;
  /** By the reducer that was asked for; the score where none was. */
  readonly cautious: number;
  /** Standard deviation √(φᵀ H⁻¹ φ) of the answer alone; null without a posterior. */
  readonly deviation: number | null;
  readonly distance: FeatureDistance | null;
}

/** Answers to one prompt. */
export interface GroupOpinion {
  readonly answers: readonly AnswerOpinion[];
  /** Answers by falling score, those of one score in their order. */
  readonly order: readonly number[];
  /** Of any two answers by their places. The first two of the order were chosen by the head: no error rate is promised of them. */
  readonly pair: (left: number, right: number) => PairOpinion;
}

/** What the answers need beside their features, and which score is cautious. */
export interface OpinionInputs extends CombinationInputs {
  /** Default the mean. */
  readonly reducer?: EnsembleReducer;
}

/**
 * The opinion of a head on the answers of **one** prompt, a row of features each. Every answer is scored and whitened once (d²/2
 * multiplications with a posterior), pairs are distances between what that gave. Throws JurorError `data` where the widths differ, and
 * where a gate has no state of the prompt or a length is missing.
 */
export function groupOpinion(
  belief: HeadBelief,
  answers: FeatureMatrix,
  { reducer, ...inputs }: OpinionInputs = {},
): GroupOpinion {
  const { posterior, range, calibration, conformal } = belief;
  const served = servedScores(belief, answers, inputs);
  const rows = Array.from({ length: answers.rows }, (_, row) => rowOf(answers, row));
  const white = posterior ? rows.map((row) => whiten(posterior, row)) : null;
  const distances = range ? rows.map((row) => featureDistance(range, row)) : null;
  // Not by way of centring: an answer's score must not depend, not even by rounding, on the answers beside it.
  const scores = rows.map((_, row) => exactMean(served.map((own) => own[row] as number)));
  const unit = belief.combination?.scale ?? 1;
  const cautious = reducer && rows.length > 0 ? reduceEnsemble(served, reducer) : scores;

  const pair = (left: number, right: number): PairOpinion => {
    for (const place of [left, right])
      if (!(Number.isInteger(place) && place >= 0 && place < rows.length))
        throw new JurorError('usage', `expected an answer from 0 to ${rows.length - 1}, got ${place}`);
    const difference = (scores[left] as number) - (scores[right] as number);
    const overMembers = memberDeviation(served, left, right);
    const deviation = white
      ? unit * pairDeviation(white[left] as Float64Array, white[right] as Float64Array)
      : overMembers;
    const logOdds = moderatedLogOdds(difference, deviation ?? 0);
    const probability = logistic((calibration?.slope ?? 1) * logOdds);
    return {
      difference,
      probability,
      logOdds,
      deviation,
      memberDeviation: overMembers,
      abstain: abstains(conformal ?? { threshold: 0 }, probability),
      distance: distances
        ? farther(distances[left] as FeatureDistance, distances[right] as FeatureDistance)
        : null,
    };
  };
  return {
    answers: rows.map((_, row) => ({
      score: scores[row] as number,
      cautious: cautious[row] as number,
      deviation: white ? unit * answerDeviation(white[row] as Float64Array) : null,
      distance: distances?.[row] ?? null,
    })),
    order: [...rows.keys()].sort((left, right) => (scores[right] as number) - (scores[left] as number)),
    pair,
  };
}

/** The opinion of a head on two answers to one prompt, the first and the second row. */
export function pairOpinion(
  belief: HeadBelief,
  answers: FeatureMatrix,
  inputs: OpinionInputs = {},
): PairOpinion {
  if (answers.rows !== 2) throw new JurorError('data', `expected two answers, got ${answers.rows}`);
  return groupOpinion(belief, answers, inputs).pair(0, 1);
}

/** Each member's scores of the answers, as they are served. */
function servedScores(
  { members, combination, posterior, calibration }: HeadBelief,
  answers: FeatureMatrix,
  inputs: CombinationInputs,
): Float64Array[] {
  const objectives = combination?.objectives.length ?? 1;
  if (members.length === 0)
    throw new JurorError('data', 'expected a head with at least one member, got none');
  if (posterior && objectives > 1)
    throw new JurorError(
      'data',
      'expected a posterior of one objective, got one beside a combination of several',
    );
  if (calibration && calibration.intercept !== 0)
    throw new JurorError(
      'data',
      `expected a calibration of pairs, without an intercept, got ${calibration.intercept}`,
    );
  return members.map((member, place) => {
    if (member.inputs !== answers.columns)
      throw new JurorError('data', `expected features of ${member.inputs} numbers, got ${answers.columns}`);
    if (member.bias.length !== objectives)
      throw new JurorError(
        'data',
        `member ${place + 1}: expected ${objectives} objectives, got ${member.bias.length}`,
      );
    const scores = scoreMember(member, answers);
    return combination ? combineScores(combination, scores, inputs) : scores;
  });
}

function farther(left: FeatureDistance, right: FeatureDistance): FeatureDistance {
  return left.distance >= right.distance ? left : right;
}
