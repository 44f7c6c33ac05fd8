/** Implicit rewards: what a tuned model prefers over the model it was tuned from. */
import { z } from 'zod';
import { UnscoredReason } from './judgment.ts';
import { Id } from './primitives.ts';
import { Label } from './sample.ts';

/** The implicit reward of one response, or the reason there is none. */
export const ImplicitResponse = z.discriminatedUnion('status', [
  z.strictObject({
    status: z.literal('scored'),
    responseId: Id,
    /** β · log π(y|x)/π_ref(y|x), in units of β nats. Compares with responses to the same prompt alone. */
    total: z.number(),
    /** `total` over `tokens`. */
    perToken: z.number(),
    /** Tokens of the response, and the one that ends the turn. */
    tokens: z.int().positive(),
    /** log π(y|x), in nats. */
    policy: z.number(),
    /** log π_ref(y|x), in nats. */
    reference: z.number(),
    /**
     * The share of `total` of each step: they sum to it. A step is null where no token ends in it, and all of them where the tokens
     * cannot be traced back to the text. Missing where none were asked for.
     */
    steps: z.array(z.number().nullable()).min(1).nullable().optional(),
  }),
  z.strictObject({
    status: z.literal('unscored'),
    responseId: Id,
    reason: UnscoredReason,
    message: z.string(),
  }),
]);
export type ImplicitResponse = z.infer<typeof ImplicitResponse>;

const Model = z.strictObject({ model: z.string(), digest: z.string() });

/** The implicit rewards of one sample's responses. */
export const ImplicitRewards = z.strictObject({
  /** Content hash of all that can change the rewards but for β, which scales them. */
  key: z.string().regex(/^[0-9a-f]{64}$/),
  sampleId: Id,
  policy: Model,
  reference: Model,
  beta: z.number().positive(),
  /** In the data's order. */
  responses: z.array(ImplicitResponse).min(1),
  label: Label.optional(),
});
export type ImplicitRewards = z.infer<typeof ImplicitRewards>;
