/** Comparisons of two answers to one prompt, as trainers take them. */
import { z } from 'zod';
import { Id, Name, Probability } from './primitives.ts';
import { Message } from './sample.ts';

/** One side of a comparison. */
export const PreferenceSide = z.strictObject({
  /** The response's. */
  id: Id,
  /** Of the answer, where it stands in another sample of the prompt than the preference is named after. */
  sampleId: Id.optional(),
  text: z.string(),
  /** Who wrote it, where known. */
  model: z.string().optional(),
  /** What the answer scores by itself, where it was judged or rated alone; the margin is then the difference. */
  score: z.number().optional(),
});
export type PreferenceSide = z.infer<typeof PreferenceSide>;

/**
 * How a preference came about: a pairwise verdict, two pointwise verdicts, the process of two solutions, a ranking, implicit rewards,
 * combined rewards, a human's or a known label, an edit that must lower an objective, or a reward head.
 */
export const PreferenceMethod = z.enum([
  'pairwise',
  'pointwise',
  'stepwise',
  'ranking',
  'implicit',
  'reward',
  'label',
  'synthetic',
  'head',
]);
export type PreferenceMethod = z.infer<typeof PreferenceMethod>;

/** Where a preference comes from: enough to find again all that it stands on. */
export const PreferenceSource = z.strictObject({
  method: PreferenceMethod,
  /** Name of the run folder or file; null where there is none. */
  run: z.string().nullable(),
  /** Keys of the judgments, sorted; empty where nobody judged. */
  keys: z.array(z.string()),
  /** Round of self-training, from 0; null outside of it. */
  round: z.int().nonnegative().nullable(),
  rubric: z.strictObject({ id: Name, version: z.string(), digest: z.string() }).optional(),
  /** Who judged: name and digest of the model. */
  engines: z.array(z.strictObject({ model: z.string(), digest: z.string() })).optional(),
  /** `synthetic`: the edit, its seed, and what it did. */
  edit: z
    .strictObject({ operator: Name, seed: z.int(), objective: Name, detail: z.string().optional() })
    .optional(),
});
export type PreferenceSource = z.infer<typeof PreferenceSource>;

/** One comparison: which of two answers is better, and how surely. */
export const Preference = z.strictObject({
  schemaVersion: z.literal(1),
  /** First 32 hexadecimal digits of the content hash of prompt, texts and source. */
  id: z.string().regex(/^[0-9a-f]{32}$/),
  sampleId: Id,
  /** Same for all comparisons of one prompt: `promptCluster`. */
  cluster: z.string(),
  prompt: z.union([z.string(), z.array(Message).min(1)]),
  /** The likelier one; of a tie, the first in the data. */
  chosen: PreferenceSide,
  rejected: PreferenceSide,
  /** That `chosen` is better, in [0.5, 1]; of a tie 0.5. */
  probability: z.number().min(0.5).max(1),
  /** Neither is better: kept apart in exports, trained with a target of ½. */
  tie: z.boolean(),
  /** How much better, at least 0: nats of log-odds for comparisons, the difference of scores otherwise; see `marginUnit`. */
  margin: z.number().nonnegative(),
  marginUnit: z.enum(['nats', 'score']),
  /** Objective → probability that `chosen` is better under it; null where nobody said. */
  objectives: z.record(Name, Probability.nullable()),
  /** Both orders name the same winner; null where there are none. */
  orderConsistent: z.boolean().nullable(),
  /** Share of a panel's members that name the same winner; null without a panel. */
  agreement: Probability.nullable(),
  /** What it counts in training; 1 where nothing is said. */
  weight: z.number().positive(),
  source: PreferenceSource,
});
export type Preference = z.infer<typeof Preference>;
