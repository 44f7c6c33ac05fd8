/** What a judge is asked, and in what terms it may answer. */
import { z } from 'zod';
import { Name, Probability, Words } from './primitives.ts';

const Anchors = z
  .record(z.string(), z.string().min(1))
  .describe('What each level means, by label; shown to the judge');

/** The finite set of answers a criterion allows. */
export const Scale = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('integer'), min: z.int(), max: z.int(), anchors: Anchors.optional() }),
  z.strictObject({
    kind: z.literal('choice'),
    choices: z.record(z.string().min(1).max(40), Probability).describe('Label → score in [0, 1]'),
    anchors: Anchors.optional(),
  }),
]);
export type Scale = z.infer<typeof Scale>;

/** One question of a rubric. */
export const Criterion = z.strictObject({
  id: Name,
  description: Words.describe('What is judged; critiques are told to consider it'),
  question: Words.optional().describe(
    'The words that are asked before the label is read; default: the description',
  ),
  scale: Scale.describe('The finite set of answers that it allows'),
  weight: z.number().positive().default(1).describe('In the weighted mean of the criteria'),
  objective: Name.default('quality').describe(
    'The objective column it counts towards, such as helpfulness or safety',
  ),
});
export type Criterion = z.infer<typeof Criterion>;

/** How the criteria of one rubric become one score. */
export const Combine = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('weighted-mean') }),
  z.strictObject({ kind: z.literal('min') }),
  z.strictObject({ kind: z.literal('chebyshev') }),
  z.strictObject({
    kind: z.literal('gated'),
    gates: z
      .array(z.strictObject({ criterion: Name, below: Probability, cap: Probability }))
      .min(1)
      .describe(
        'When `criterion` scores below `below`, the whole is at most `cap`; otherwise the weighted mean',
      ),
  }),
]);
export type Combine = z.infer<typeof Combine>;

/** What a judge is asked, and in what terms it may answer. */
export const Rubric = z.strictObject({
  id: Name,
  version: z.string().min(1).describe('Yours to count; it is part of every record'),
  mode: z
    .enum(['pointwise', 'pairwise', 'listwise', 'stepwise'])
    .describe('One answer, two, several, or the steps of a solution'),
  description: z.string().min(1).describe('What the judge is told first'),
  prompt: Name.describe('Name of a template in `prompts/`, without `.md`'),
  criteria: z.array(Criterion).min(1).describe('What is asked, one question each'),
  combine: Combine.default({ kind: 'weighted-mean' }).describe('How the criteria become one score'),
  reference: z
    .enum(['never', 'if-given', 'required'])
    .default('never')
    .describe('Whether the judge is shown a reference answer'),
  examples: z
    .array(
      z.strictObject({
        prompt: z.string(),
        responses: z.array(z.string()).min(1),
        critique: z.string().optional(),
        label: z.string(),
      }),
    )
    .optional()
    .describe('Worked examples shown to the judge, oldest first'),
});
export type Rubric = z.infer<typeof Rubric>;
