/** What a judge is asked, and in what terms it may answer. */
import { z } from 'zod';
import { Name, Probability, Words } from './primitives.ts';

/** Description of each level, by label. */
const Anchors = z.record(z.string(), z.string().min(1));

/** The finite set of answers a criterion allows. */
export const Scale = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('integer'), min: z.int(), max: z.int(), anchors: Anchors.optional() }),
  z.strictObject({
    kind: z.literal('choice'),
    /** Label → score in [0, 1]. */
    choices: z.record(z.string().min(1).max(40), Probability),
    anchors: Anchors.optional(),
  }),
]);
export type Scale = z.infer<typeof Scale>;

/** One question of a rubric. */
export const Criterion = z.strictObject({
  id: Name,
  /** What is judged; critiques are told to consider it. */
  description: Words,
  /** The words that are asked before the label is read. Default: the description. */
  question: Words.optional(),
  scale: Scale,
  weight: z.number().positive().default(1),
  /** The objective column it counts towards, such as helpfulness or safety. */
  objective: Name.default('quality'),
});
export type Criterion = z.infer<typeof Criterion>;

/** How the criteria of one rubric become one score. */
export const Combine = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('weighted-mean') }),
  z.strictObject({ kind: z.literal('min') }),
  z.strictObject({ kind: z.literal('chebyshev') }),
  z.strictObject({
    kind: z.literal('gated'),
    /** When `criterion` scores below `below`, the whole is at most `cap`; otherwise the weighted mean. */
    gates: z.array(z.strictObject({ criterion: Name, below: Probability, cap: Probability })).min(1),
  }),
]);
export type Combine = z.infer<typeof Combine>;

/** What a judge is asked, and in what terms it may answer. */
export const Rubric = z.strictObject({
  id: Name,
  version: z.string().min(1),
  mode: z.enum(['pointwise', 'pairwise', 'listwise', 'stepwise']),
  description: z.string().min(1),
  /** Name of a template in `prompts/`, without `.md`. */
  prompt: Name,
  criteria: z.array(Criterion).min(1),
  combine: Combine.default({ kind: 'weighted-mean' }),
  reference: z.enum(['never', 'if-given', 'required']).default('never'),
  /** Worked examples shown to the judge, oldest first. */
  examples: z
    .array(
      z.strictObject({
        prompt: z.string(),
        responses: z.array(z.string()).min(1),
        critique: z.string().optional(),
        label: z.string(),
      }),
    )
    .optional(),
});
export type Rubric = z.infer<typeof Rubric>;
