/** Rounds of self-training: what was added, what it did, and what was decided. */
import { z } from 'zod';
import { FigureRecord } from './figure.ts';
import { Name, Probability } from './primitives.ts';

/** The guards of a round, in the order in which they speak: five of its labels, before a head is trained, and three of the head. */
export const GuardName = z.enum([
  'chosen-longer',
  'label-entropy',
  'label-balance',
  'order-consistency',
  'agreement',
  'probes',
  'length-anchors',
  'length-pool',
]);
export type GuardName = z.infer<typeof GuardName>;

/** What one guard found. */
export const GuardRecord = z.strictObject({
  guard: GuardName,
  /** Null where it could not be checked, or is off. */
  value: z.number().nullable(),
  /** Null: off. */
  limit: z.number().nullable(),
  refused: z.boolean(),
  /** What was found, or why nothing was checked. */
  message: z.string(),
});
export type GuardRecord = z.infer<typeof GuardRecord>;

/** Everything a guard may be told to hold; null turns it off. */
export const GuardLimits = z.strictObject({
  /** Most that the longer side may be chosen, and, of one minus it, least. Of 1 nothing is asked. */
  chosenLonger: z.number().min(0.5).max(1).nullable(),
  /** Least mean entropy of judged labels, in bits. */
  labelEntropy: Probability.nullable(),
  /** Most that the first answer in the data may win, and, of one minus it, least. */
  labelBalance: z.number().min(0.5).max(1).nullable(),
  /** Least share of judged pairs whose two orders agree. */
  orderConsistency: Probability.nullable(),
  /** Least agreement of new labels with the head before, as a share of what that head's probabilities promise, in [-1, 1]. */
  agreement: z.number().min(-1).max(1).nullable(),
  /** Most that accuracy on the probes may fall below that of the head before. */
  probes: Probability.nullable(),
  /** Most that the correlation of score and length may grow over the base round, on the anchors and on the pool. */
  lengthAnchors: z.number().min(0).max(2).nullable(),
  lengthPool: z.number().min(0).max(2).nullable(),
  /** Fewer labels than this tell the guards of labels nothing. */
  leastLabels: z.int().positive(),
});
export type GuardLimits = z.infer<typeof GuardLimits>;

/** A correlation without an interval. */
const CorrelationRecord = z.strictObject({
  estimate: z.number().nullable(),
  n: z.int().nonnegative(),
  clusters: z.int().nonnegative(),
  reason: z.string().optional(),
});

/** The card of a round: every figure on which its decision stands. */
export const RoundCard = z.strictObject({
  schemaVersion: z.literal(1),
  round: z.int().nonnegative(),
  seed: z.int(),
  comparisons: z.strictObject({
    synthetic: z.int().nonnegative(),
    judged: z.int().nonnegative(),
    /** Of the synthetic ones, by the edit that made them. */
    operators: z.record(Name, z.int().positive()),
    /** Pairs sent to the judge, by how they were chosen. */
    chosen: z.strictObject({ uncertainty: z.int().nonnegative(), random: z.int().nonnegative() }),
    /** What the round could have had, and why it has not. */
    dropped: z.strictObject({
      /** Judged pairs whose orders disagree. */
      inconsistent: z.int().nonnegative(),
      /** Judged pairs without a verdict, by reason. */
      unscored: z.record(z.string(), z.int().positive()),
      /** Comparisons of which a side could not be read by the backbone, by reason. */
      unread: z.record(z.string(), z.int().positive()),
      /** Comparisons that the training has already, from this round or an earlier one. */
      repeated: z.int().nonnegative(),
    }),
    prompts: z.int().nonnegative(),
  }),
  labels: z.strictObject({
    chosenLonger: FigureRecord,
    entropy: FigureRecord,
    firstWins: FigureRecord,
    orderConsistency: FigureRecord,
    /** With the head before; null where there is none. */
    agreement: z
      .strictObject({ observed: Probability, expected: Probability, ratio: FigureRecord })
      .nullable(),
  }),
  /** What the head was trained on, and what its maker says of it; null where the labels were refused before. */
  training: z
    .strictObject({
      /** Rounds whose comparisons it has. */
      rounds: z.array(z.int().nonnegative()),
      comparisons: z.int().positive(),
      prompts: z.int().positive(),
      details: z.record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null()])),
    })
    .nullable(),
  /** The head on the synthetic pairs that are never trained on; null without a head. */
  probes: z.strictObject({ accuracy: FigureRecord, difference: FigureRecord.nullable() }).nullable(),
  /** Spearman's ρ of score and length, both less their prompt's mean; null without a head. */
  length: z.strictObject({ anchors: CorrelationRecord, pool: CorrelationRecord }).nullable(),
  guards: z.array(GuardRecord),
  /** The head on the anchors; null where a guard refused the round before their labels were looked at. */
  anchors: z
    .strictObject({
      accuracy: FigureRecord,
      /** Mean log-likelihood of the labels, in nats. */
      logLikelihood: FigureRecord,
      /** Accuracy of the rule that the longer answer is better, and the head's accuracy less it. */
      longer: FigureRecord,
      overLonger: FigureRecord,
      /** Against the best head so far; null where there is none. */
      test: z
        .strictObject({
          measure: z.enum(['accuracy', 'log-likelihood']),
          /** Round of the best head. */
          against: z.int().nonnegative(),
          look: z.int().positive(),
          level: Probability,
          /** With the interval at `level`. */
          difference: FigureRecord,
          pValue: Probability.nullable(),
        })
        .nullable(),
    })
    .nullable(),
});
export type RoundCard = z.infer<typeof RoundCard>;

/**
 * What became of a round. `base`: the first one that nothing refused, promoted however little it is worth. `promoted`: better than the best
 * head so far. `held`: not shown to be better; its comparisons stay. `refused`: by a guard, or worse on the anchors than the best head, or than a coin; its comparisons are
 * never trained on again.
 */
export const RoundOutcome = z.enum(['base', 'promoted', 'held', 'refused']);
export type RoundOutcome = z.infer<typeof RoundOutcome>;

/** The decision on a round, and where the loop stands after it. */
export const RoundDecision = z.strictObject({
  schemaVersion: z.literal(1),
  round: z.int().nonnegative(),
  outcome: RoundOutcome,
  reasons: z.array(z.string()).min(1),
  /** Round of the head that counts from now on; null while there is none. */
  current: z.int().nonnegative().nullable(),
  /** Round that correlations with length are measured against: the base. */
  base: z.int().nonnegative().nullable(),
  /** How often the labels of the anchors have decided. */
  looks: z.int().nonnegative(),
  /** Rounds since the last promotion. */
  without: z.int().nonnegative(),
});
export type RoundDecision = z.infer<typeof RoundDecision>;

/** Everything that decides a loop besides the number of its rounds; a folder goes on under no other. */
export const SelfTrainSettings = z.strictObject({
  schemaVersion: z.literal(1),
  seed: z.int(),
  /** Digests of the content of the data. */
  data: z.strictObject({ samples: z.string(), anchors: z.string() }),
  /** What the parts say of themselves: the backbone, the read-out, the edits, the judge, the training. */
  parts: z.record(z.string(), z.string()),
  pairsPerRound: z.int().positive(),
  judgedShare: Probability,
  randomShare: Probability,
  probeShare: Probability,
  poolAnswers: z.int().positive(),
  limits: GuardLimits,
  promotion: z.strictObject({
    measure: z.enum(['accuracy', 'log-likelihood']),
    alpha: Probability,
    spending: z.boolean(),
    resamples: z.int().positive(),
  }),
  patience: z.int().positive(),
});
export type SelfTrainSettings = z.infer<typeof SelfTrainSettings>;
