/** A reward head: what it reads, what it says, what it was trained on, and what it is good for. */
import { z } from 'zod';
import { CombinationRecord } from './combination.ts';
import { FeatureSpec } from './feature.ts';
import { FigureRecord } from './figure.ts';
import { PreferenceMethod } from './preference.ts';
import { Id, Name, Probability } from './primitives.ts';
import { Label } from './sample.ts';

const Digest = z.string().regex(/^[0-9a-f]{64}$/);

/** What was minimised. */
const Loss = z.strictObject({
  kind: Name,
  options: z.record(z.string(), z.union([z.number(), z.null(), z.array(z.number())])),
});

/** One candidate for the penalty, and its mean loss on unseen prompts. */
const PenaltyPoint = z.strictObject({
  l2: z.number().nonnegative(),
  loss: z.number(),
  /** Of that mean, over prompts. */
  standardError: z.number().nonnegative(),
  converged: z.boolean(),
});

/** Rows of labels, as training and held-out sets have them. */
export const HeadRows = z.strictObject({
  /** SHA-256 of the rows: prompts and texts by digest, and what is said of them. */
  digest: Digest,
  /** Answers, each once. */
  texts: z.int().nonnegative(),
  /** Comparisons, scored answers or labelled steps. */
  rows: z.int().nonnegative(),
  prompts: z.int().nonnegative(),
  /** Where comparisons come from: method → how many. */
  sources: z.partialRecord(PreferenceMethod, z.int().positive()),
  /** Rows that were left out: why → how many. */
  leftOut: z.record(z.string(), z.int().positive()),
});
export type HeadRows = z.infer<typeof HeadRows>;

/** How the labels lie. */
const Balance = z.strictObject({
  /** Mean target: of comparisons that the side on the left is better, which is drawn. */
  mean: z.number(),
  /** Share of ties. */
  ties: Probability,
  /** Share of labels that are neither sure nor a tie: probabilities, or scores besides 0 and 1. */
  soft: Probability,
  /** Comparisons: share in which the longer answer is the better one. */
  longer: FigureRecord.nullable(),
});

/** One rule on held-out rows. Comparisons and outcomes have accuracy and log loss; other scores have errors and correlations. */
export const HeldOutFigures = z.record(Name, FigureRecord);
export type HeldOutFigures = z.infer<typeof HeldOutFigures>;

/** What a head is worth on prompts that it was not trained on. */
export const HeldOut = z.strictObject({
  /** A share of the prompts, or a set of its own. */
  how: z.enum(['holdout', 'anchors']),
  rows: HeadRows,
  balance: Balance,
  figures: HeldOutFigures,
  /** Trivial rules on the same rows. */
  baselines: z.record(Name, HeldOutFigures),
  /** Risk where the head is surest: share of the rows answered → share of these that is wrong. Empty for scores. */
  riskCoverage: z.array(z.strictObject({ coverage: Probability, threshold: z.number(), risk: Probability })),
});
export type HeldOut = z.infer<typeof HeldOut>;

/** Everything about a head besides its numbers. */
export const RewardHead = z.strictObject({
  schemaVersion: z.literal(1),
  name: Name,
  version: z.string().regex(/^[A-Za-z0-9.+-]{1,40}$/),
  /** In the order of the rows of its weights. */
  objectives: z.array(Name).min(1),
  feature: FeatureSpec,
  members: z.int().positive(),
  /** Units of the hidden layer; null for a linear head. */
  hidden: z.int().positive().nullable(),
  /** How objectives become one score; null with one objective. */
  combination: CombinationRecord.nullable(),
  /** What rows of labels it was trained on. */
  kind: z.enum(['pairs', 'scores', 'steps']),
  loss: Loss,
  /** The penalty on its weights, and the curve that it was chosen by; null where it was given. */
  l2: z.strictObject({ value: z.number().nonnegative(), curve: z.array(PenaltyPoint).nullable() }),
  /** Odds of a tie between equal answers, ν of `davidson`; null for other losses. */
  tieOdds: z.number().positive().nullable(),
  /** Calibrated log-odds = slope · log-odds, fitted on comparisons that other folds' heads looked at; null without comparisons. */
  calibration: z
    .strictObject({ slope: z.number().nonnegative(), folds: z.int().min(2), pairs: z.int().positive() })
    .nullable(),
  /** Of all comparisons at most about this share is decided and wrong, where the likelier answer must have more than the threshold. */
  conformal: z
    .strictObject({
      errorRate: z.number(),
      unit: z.enum(['prompts', 'one-per-prompt', 'pairs']),
      threshold: Probability,
      pairs: z.int().nonnegative(),
      prompts: z.int().nonnegative(),
      ties: z.int().nonnegative(),
    })
    .nullable(),
  /** Doubt of the weights, of linear heads with one member: N(w, H⁻¹) with H = ridge · I + the curvature of the pairs. */
  posterior: z.strictObject({ kind: z.literal('laplace'), ridge: z.number().positive() }).nullable(),
  /** Where training answers lie, to tell answers that are far from them. */
  range: z
    .strictObject({ shape: z.enum(['full', 'diagonal']), shrinkage: Probability, rows: z.int().positive() })
    .nullable(),
  training: z.strictObject({
    rows: HeadRows,
    balance: Balance,
    /** `looseCluster` of each prompt that it was trained on, sorted: no figure may count rows of these. */
    clusters: z.array(z.string()),
  }),
  heldOut: HeldOut.nullable(),
  seed: z.int(),
  /** Version of juror that made it. */
  juror: z.string(),
});
export type RewardHead = z.infer<typeof RewardHead>;

/** What a head says of one answer. */
const ScoredAnswer = z.discriminatedUnion('status', [
  z.strictObject({
    id: Id,
    status: z.literal('scored'),
    score: z.number(),
    /** Objective → score. */
    objectives: z.record(Name, z.number()),
    /** Standard deviation of the score over what the head does not know; null where it cannot tell. */
    deviation: z.number().nonnegative().nullable(),
    /** Share of the training answers that lie nearer to their middle; null where the head cannot tell. */
    distance: Probability.nullable(),
    /** Tokens read. */
    tokens: z.int().nonnegative(),
  }),
  z.strictObject({
    id: Id,
    status: z.literal('unscored'),
    reason: z.enum(['context', 'invalid']),
    message: z.string(),
  }),
]);

/** What a head says of the answers of one sample. */
export const HeadScore = z.strictObject({
  schemaVersion: z.literal(1),
  sampleId: Id,
  cluster: z.string(),
  head: z.strictObject({ name: Name, version: z.string(), digest: Digest }),
  responses: z.array(ScoredAnswer).min(1),
  /** The best answer against the next one; null with fewer than two scored answers. */
  best: z
    .strictObject({
      /** Null where the scores are equal. */
      winner: Id.nullable(),
      against: Id,
      /** That it is better than the next one; null where scores are no log-odds and nothing calibrates them. */
      probability: Probability.nullable(),
      /** Standard deviation of the difference of the two scores; null where the head cannot tell. */
      deviation: z.number().nonnegative().nullable(),
      /** Why the head had better not decide; null where it decides. */
      abstained: z.string().nullable(),
    })
    .nullable(),
  label: Label.optional(),
});
export type HeadScore = z.infer<typeof HeadScore>;
