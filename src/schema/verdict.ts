/** What judgments add up to. */
import { z } from 'zod';
import { UnscoredReason } from './judgment.ts';
import { Id, Name, Probability } from './primitives.ts';
import { Label } from './sample.ts';

/**
 * One criterion of a verdict. For a pair, `score` is the probability that the first response is better. Counts are of samples, or
 * of a panel's members.
 */
export const CriterionVerdict = z.strictObject({
  score: Probability.nullable(),
  decided: z.int().nonnegative(),
  total: z.int().positive(),
});
export type CriterionVerdict = z.infer<typeof CriterionVerdict>;

/** One step of a solution. */
export const StepVerdict = z.strictObject({
  /** That the step is good, given the steps before it: its expected score. Null when unscored. */
  probability: Probability.nullable(),
  /** Why there is none. */
  reason: UnscoredReason.optional(),
});
export type StepVerdict = z.infer<typeof StepVerdict>;

/** Who of a panel of engines decided. */
const PanelRecord = z.strictObject({
  /** `mean`, `median`, `majority`, `worst` or `mean-std:λ`. */
  reducer: z.string(),
  quorum: z.union([z.enum(['all', 'majority']), z.int().positive()]),
  /** Members with a score. */
  decided: z.int().nonnegative(),
  total: z.int().positive(),
  /** `partial`: some are silent, and the quorum is met; `undecided`: it is not, or the reducer has no value for what they said. */
  state: z.enum(['complete', 'partial', 'undecided']),
  /** Null when complete. */
  reason: z.string().nullable(),
  /** By name and the first digits of the model's digest, in that order. */
  members: z
    .array(
      z.strictObject({ engine: z.string(), score: Probability.nullable(), reason: z.string().optional() }),
    )
    .min(1),
});

/** What spoke against a verdict. */
const AbstainedRecord = z.strictObject({
  reasons: z
    .array(
      z.strictObject({
        kind: z.enum(['unscored', 'band', 'disagreement', 'label-mass', 'flipped', 'content-free']),
        message: z.string(),
      }),
    )
    .min(1),
});

/** Who was asked on a ladder of engines, smallest first. */
const EscalationRecord = z.strictObject({
  /** Whose verdict it is; null when everybody asked abstained. */
  decided: z.string().nullable(),
  asked: z
    .array(
      z.strictObject({ engine: z.string(), score: Probability.nullable(), reasons: z.array(z.string()) }),
    )
    .min(1),
});

/** One sample under one rubric, over criteria, orders, samples and judges. */
export const Verdict = z.strictObject({
  sampleId: Id,
  rubricId: Name,
  mode: z.enum(['pointwise', 'pairwise', 'stepwise']),
  /** The responses judged, in the data's order. */
  responseIds: z.array(Id).min(1),
  /**
   * Pointwise: combined score in [0, 1]. Pairwise: probability that the first response is better. Stepwise: `min`.
   * Null when unscored.
   */
  score: Probability.nullable(),
  /** Pairwise: the better response's id, or `tie`. */
  winner: z.string().nullable(),
  /** Pairwise: probability of the winner; for a tie, of the likelier response. Pointwise: probability mass of the most probable labels. */
  probability: Probability.nullable(),
  /** Spread of the score over a panel's members, or over the samples of one judge; null when there is one. */
  standardError: z.number().nonnegative().nullable(),
  perCriterion: z.record(z.string(), CriterionVerdict),
  perObjective: z.record(z.string(), Probability.nullable()),
  /** Pairwise: the orders disagree about the winner. */
  flipped: z.boolean().nullable(),
  /** Pairwise: mean log-odds given to whichever response is shown first, in nats. */
  positionLean: z.number().nullable(),
  /** Largest minus smallest score over a panel's members, or over the samples of one judge. */
  disagreement: z.number().nonnegative().nullable(),
  /** Reasons of the judgments that have no score. */
  unscored: z.array(UnscoredReason),
  /** Responses that are empty, punctuation only, or an opener alone, told without the judge; scores are as it read them. */
  contentFree: z.array(Id).min(1).optional(),
  /** Several engines: who decided. Absent for one. */
  panel: PanelRecord.optional(),
  /** Present where the run's rules say that this verdict had better not decide; score and winner stay what was read. */
  abstained: AbstainedRecord.optional(),
  /** A ladder of engines: who was asked, and who decided. */
  escalation: EscalationRecord.optional(),
  /** Stepwise: every step, in order. */
  steps: z.array(StepVerdict).min(1).optional(),
  /**
   * Stepwise: index, from 0, of the first step below 0.5. Null where there is none, and, with a score of null, where a step
   * without a probability leaves it open.
   */
  firstError: z.int().nonnegative().nullable().optional(),
  /** Stepwise: the probability of the last step; null when it is unscored. */
  last: Probability.nullable().optional(),
  /** Stepwise: the lowest probability; null when any step is unscored, as are the next two. */
  min: Probability.nullable().optional(),
  /** Stepwise: the mean of the probabilities. */
  mean: Probability.nullable().optional(),
  /** Stepwise: their product. */
  product: Probability.nullable().optional(),
  label: Label.optional(),
  /** Keys of the judgments it was made from. */
  judgments: z.array(z.string()),
});
export type Verdict = z.infer<typeof Verdict>;
