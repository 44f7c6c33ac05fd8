/** Several answers in order. */
import { z } from 'zod';
import { UnscoredReason } from './judgment.ts';
import { Id, Name, Probability } from './primitives.ts';
import { Label } from './sample.ts';

/** One response's place in a ranking. */
export const RankedResponse = z.strictObject({
  responseId: Id,
  /** 1 is best; equal strengths share the smaller number. */
  rank: z.int().positive(),
  /** 95 % interval of the rank. */
  rankLow: z.int().positive(),
  rankHigh: z.int().positive(),
  /** In nats from the mean of the responses: differences are log-odds of being better. */
  strength: z.number(),
  /** 95 % interval of the strength. */
  low: z.number(),
  high: z.number(),
  /** 1000 + 400 · strength / ln 10, for display. */
  elo: z.number(),
});
export type RankedResponse = z.infer<typeof RankedResponse>;

/** The responses of one sample, ranked by comparisons in pairs under a pairwise rubric. */
export const Ranking = z.strictObject({
  sampleId: Id,
  rubricId: Name,
  /** In the data's order. */
  responseIds: z.array(Id).min(2),
  /** Best first. Empty when the comparisons link not all responses; `reason` then says so. */
  places: z.array(RankedResponse),
  reason: z.string().optional(),
  /** The comparisons alone leave strengths without bounds (somebody only wins); a normal prior of 3 nats gives them. */
  prior: z.boolean(),
  comparisons: z.strictObject({
    /** Pairs asked, each in both orders. */
    asked: z.int().nonnegative(),
    /** Of these, pairs with a probability. */
    scored: z.int().nonnegative(),
    /** All pairs there are. */
    possible: z.int().positive(),
  }),
  /** Share of cycles (a over b over c over a) among triples compared in full; null without any. */
  cyclicShare: Probability.nullable(),
  /** Why no further pair was asked. */
  stopped: z.enum(['all-pairs', 'budget', 'rounds', 'settled']),
  /** Schedule `information`: lower 95 % bound of Kendall's τ with the ranking of the true strengths. */
  certainty: z.number().min(-1).max(1).nullable(),
  /** Pairs asked that have no probability, and why. */
  unscored: z.array(
    z.strictObject({ responseIds: z.array(Id).length(2), reasons: z.array(UnscoredReason).min(1) }),
  ),
  label: Label.optional(),
});
export type Ranking = z.infer<typeof Ranking>;
