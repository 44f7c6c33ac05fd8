/** What verdicts add up to for one answer: its objectives as columns, and one number for training. */
import { z } from 'zod';
import { Id, Name, Probability } from './primitives.ts';

/** Several rubrics that give one objective, reduced to one score. */
const RewardPanel = z.strictObject({
  /** Members with a score. */
  decided: z.int().nonnegative(),
  total: z.int().positive(),
  /** Who is silent and why; null when nobody is. */
  reason: z.string().nullable(),
  /** Rubric, and where one judged several times by whom → score. */
  members: z.record(z.string(), Probability.nullable()),
});

/** One answer under several objectives, and what they come to. */
export const Reward = z.strictObject({
  sampleId: Id,
  responseId: Id,
  /** First digits of the SHA-256 of the prompt: answers with the same ones are compared with each other. */
  cluster: z.string(),
  /** Subset of the data, where it names one. */
  subset: z.string().optional(),
  /** Objective → score, before any normalisation; null where there is none. Every row has every objective. */
  objectives: z.record(Name, Probability.nullable()),
  /** Objectives that several rubrics give. */
  panels: z.record(Name, RewardPanel).optional(),
  /** The combined score. */
  score: z.number().nullable(),
  /** Why there is no score; null where there is one. */
  reason: z.string().nullable(),
  /** Objectives whose gates lowered the score. */
  capped: z.array(Name),
  /** Among the answers of the prompt, 1 is best; equal scores share the smaller number. Null without a score. */
  rank: z.int().positive().nullable(),
  /** No answer of the prompt is better in one counted objective and as good in all others. Null where one is missing. */
  pareto: z.boolean().nullable(),
  /** What normalisation over the answers of the prompt found fault with; `objective` is null for the combined scores. */
  flags: z.array(
    z.strictObject({ objective: Name.nullable(), flag: z.enum(['none', 'single', 'no-spread']) }),
  ),
});
export type Reward = z.infer<typeof Reward>;

const OneOrMore = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)], {
  error: 'expected a name or a list of names',
});

/** Weights of the prompts that `when` describes; objectives that it does not name keep theirs. */
export const WeightRule = z.strictObject({
  /** Everything that is stated must fit. */
  when: z.strictObject({ subset: OneOrMore.optional(), cluster: OneOrMore.optional() }),
  weights: z.record(Name, z.number().nonnegative()),
});
export type WeightRule = z.infer<typeof WeightRule>;
