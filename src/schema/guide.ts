/** Guided writing: the answers that a model wrote to a prompt, what a scorer said of them, and which one was chosen. */
import { z } from 'zod';
import { JudgmentUsage } from './judgment.ts';
import { PreferenceSource } from './preference.ts';
import { Id } from './primitives.ts';
import { Message } from './sample.ts';

/** How answers are drawn. */
const Sampling = {
  /** Candidate i has the i-th of them, over and over. 0 is greedy. */
  temperatures: z.array(z.number().nonnegative()).min(1).readonly(),
  topP: z.number().positive().max(1),
  seed: z.int(),
  /** Candidates are ranked by score − pessimism · deviation. */
  pessimism: z.number().nonnegative(),
};

/** How answers are found. */
export const GuideStrategy = z.discriminatedUnion('kind', [
  /** n answers, of which the best is chosen. */
  z.strictObject({
    kind: z.literal('best-of'),
    ...Sampling,
    /** Of one answer. */
    maxTokens: z.int().positive(),
    n: z.int().positive(),
    /** Draw so many at a time, and no more after a round that does not raise the best lower bound; null: all n. */
    patience: z.int().positive().nullable(),
  }),
  /** Answers one after another, until one has the score. */
  z.strictObject({
    kind: z.literal('rejection'),
    ...Sampling,
    maxTokens: z.int().positive(),
    /** Most answers to draw. */
    n: z.int().positive(),
    /** The score that is enough. */
    accept: z.number(),
  }),
  /** Answers written step by step; after each step the best beginnings go on. */
  z.strictObject({
    kind: z.literal('beam'),
    ...Sampling,
    /** Beginnings written at each depth. */
    n: z.int().positive(),
    /** How many ways each kept beginning goes on: n / width are kept. */
    width: z.int().positive(),
    /** What ends a step. */
    boundary: z.enum(['line', 'blank-line']),
    /** Of one step; a step that is longer ends there. */
    stepTokens: z.int().positive(),
    maxSteps: z.int().positive(),
    /** n / width trees of their own, of each of which one beginning is kept (DVTS). */
    independent: z.boolean(),
    /** Greedy steps written after a beginning to score it by; they are thrown away. */
    lookahead: z.int().nonnegative(),
  }),
]);
export type GuideStrategy = z.infer<typeof GuideStrategy>;

/** One answer, or with beams the beginning of one. */
export const GuidedCandidate = z.strictObject({
  /** `c1`, `c2`, … in the order of their drawing. */
  id: Id,
  /** All of it, from the first step on. */
  text: z.string(),
  /** Beams: the steps of `text`. */
  steps: z.array(z.string()).optional(),
  /** Beams: the beginning that it goes on from; null at the first step. */
  parent: Id.nullable().optional(),
  /** `stop`: whole. `length`: cut by a budget. `step`: a beginning. */
  finish: z.enum(['stop', 'length', 'step']),
  seed: z.int().nonnegative(),
  temperature: z.number().nonnegative(),
  /** Null where the scorer has none; `reason` then says why. */
  score: z.number().nullable(),
  /** Standard deviation of the score, where the scorer knows one. */
  deviation: z.number().nonnegative().optional(),
  /** What the scorer says of it. */
  reason: z.string().optional(),
  /** Chosen; a beginning: gone on from. */
  kept: z.boolean(),
  /** Why it was kept or not. */
  fate: z.string(),
  /** Keys of the judgments that the score stands on. */
  judgments: z.array(z.string()).optional(),
});
export type GuidedCandidate = z.infer<typeof GuidedCandidate>;

/** What came of one prompt. */
export const Guided = z.strictObject({
  schemaVersion: z.literal(1),
  /** Content hash of all that can change it; what things are called cannot. */
  key: z.string().regex(/^[0-9a-f]{64}$/),
  sampleId: Id,
  /** Same for all samples with the same prompt: `promptCluster`. */
  cluster: z.string(),
  prompt: z.union([z.string(), z.array(Message).min(1)]),
  generator: z.strictObject({ model: z.string(), digest: z.string() }),
  /** Who scored, and on what that stands. */
  scorer: z.strictObject({
    name: z.string(),
    method: PreferenceSource.shape.method,
    rubric: PreferenceSource.shape.rubric,
    engines: PreferenceSource.shape.engines,
  }),
  strategy: GuideStrategy,
  candidates: z.array(GuidedCandidate),
  /** Null where no candidate has a score; for rejection, where none is good enough. */
  chosen: Id.nullable(),
  /** How far the chosen one's rank is above that of the next one, in units of the score; null without a next one. */
  margin: z.number().nonnegative().nullable(),
  /** Why the one, or why none. */
  why: z.string(),
  /** Tokens that it stands on, whatever a cache held. */
  tokens: z.strictObject({ writing: JudgmentUsage, judging: JudgmentUsage }),
  /** Why nothing more could be written, such as a prompt that does not fit. */
  failure: z
    .strictObject({ reason: z.enum(['context', 'invalid', 'engine']), message: z.string() })
    .optional(),
});
export type Guided = z.infer<typeof Guided>;
