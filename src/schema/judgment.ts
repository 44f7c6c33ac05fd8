/** One deliberation and what came of it. */
import { z } from 'zod';
import { Id, Name, Probability } from './primitives.ts';

/** Label → probability; sums to 1. */
export const Distribution = z.record(z.string(), Probability);
export type Distribution = z.infer<typeof Distribution>;

/** Why there is no score. */
export const UnscoredReason = z.enum(['truncated', 'context', 'engine', 'aborted', 'invalid']);
export type UnscoredReason = z.infer<typeof UnscoredReason>;

/** A score read from the model, or the reason there is none. Never a made-up number. */
export const Outcome = z.discriminatedUnion('status', [
  z.strictObject({
    status: z.literal('scored'),
    /** The most probable label. */
    label: z.string(),
    /** Expectation over the distribution, in [0, 1]. */
    score: Probability,
    distribution: Distribution,
  }),
  z.strictObject({ status: z.literal('unscored'), reason: UnscoredReason, message: z.string() }),
]);
export type Outcome = z.infer<typeof Outcome>;

/** When and how long the judge writes. */
export const CritiqueMode = z.enum(['none', 'brief', 'full', 'after']);
export type CritiqueMode = z.infer<typeof CritiqueMode>;

/** What the judge wrote; `length` means its budget cut it, `repetition` that the guard stopped it. */
export const Critique = z.strictObject({
  text: z.string(),
  finish: z.enum(['stop', 'length', 'repetition']),
});
export type Critique = z.infer<typeof Critique>;

/** Tokens that an engine spent. `evaluated` + `reused` is what a judge without a shared prefix would have read. */
export const Usage = z.strictObject({
  /** Prompt tokens pushed through the model. */
  evaluated: z.int().nonnegative(),
  /** Prompt tokens found in the KV cache. */
  reused: z.int().nonnegative(),
  /** Tokens written. */
  generated: z.int().nonnegative(),
});
export type Usage = z.infer<typeof Usage>;

/** Tokens of one judgment, whatever the cache held: the same on every machine and after every interruption. */
export const JudgmentUsage = z.strictObject({
  /** Prompt tokens that the judgment stands on. */
  prompt: z.int().nonnegative(),
  /** Tokens written. */
  generated: z.int().nonnegative(),
});
export type JudgmentUsage = z.infer<typeof JudgmentUsage>;

/** Everything about an engine that can change its answers. */
export const EngineId = z.strictObject({
  kind: z.enum(['llama', 'langchain', 'replay']),
  /** Name for people. */
  model: z.string(),
  /** SHA-256 of the model file. */
  digest: z.string(),
  /** SHA-256 of the chat template. */
  template: z.string(),
  /** Settings that move a logit: numerics, flash attention, cache type, device, engine build. */
  settings: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});
export type EngineId = z.infer<typeof EngineId>;

/** One criterion of one rubric, asked once about the responses in one order. */
export const Judgment = z.strictObject({
  key: z.string().regex(/^[0-9a-f]{64}$/),
  sampleId: Id,
  /** In the order shown. */
  responseIds: z.array(Id).min(1),
  rubric: z.strictObject({ id: Name, version: z.string(), digest: z.string() }),
  criterionId: Name,
  /** Stepwise: index of the step that was asked about, from 0. */
  step: z.int().nonnegative().optional(),
  engine: EngineId,
  seed: z.int(),
  sampleIndex: z.int().nonnegative(),
  critique: Critique.nullable(),
  outcome: Outcome,
  usage: JudgmentUsage,
  /** How the distribution was obtained. */
  protocol: z.enum(['logits', 'top-logprobs', 'structured']),
});
export type Judgment = z.infer<typeof Judgment>;
