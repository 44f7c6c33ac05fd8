/** What a reward head reads: hidden states, and everything that decides their numbers. */
import { z } from 'zod';

/**
 * Where a conversation's state is read. `answer-end`: the last token of the last message. `turn-end`: the token with which the chat
 * template ends it. `next-turn`: where the assistant begins to write the next one.
 */
export const ReadOut = z.enum(['answer-end', 'turn-end', 'next-turn']);
export type ReadOut = z.infer<typeof ReadOut>;

/** Which hidden state of which model. Heads refuse features of another specification. */
export const FeatureSpec = z.strictObject({
  /** Name of the backbone for people. */
  model: z.string(),
  /** SHA-256 of the backbone's file. */
  digest: z.string(),
  /** SHA-256 of the chat template. */
  template: z.string(),
  readOut: ReadOut,
  /** A user's turn after the answer, at whose end or after which the state is read; null: none. */
  suffix: z.string().nullable(),
  /** Numbers in a state. */
  size: z.int().positive(),
  /** What else moves them: numerics, device, build. Every text is evaluated whole, in one decode. */
  settings: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});
export type FeatureSpec = z.infer<typeof FeatureSpec>;
