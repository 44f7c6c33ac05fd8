/** What is judged: prompts, answers, ground truth. */
import { z } from 'zod';
import { Id, Probability } from './primitives.ts';

/** One turn of a conversation. */
export const Message = z.strictObject({ role: z.enum(['system', 'user', 'assistant']), content: z.string() });
export type Message = z.infer<typeof Message>;

/** One answer. */
export const Response = z.strictObject({
  id: Id,
  text: z.string(),
  steps: z.array(z.string()).optional(),
  model: z.string().optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
});
export type Response = z.infer<typeof Response>;

/** Ground truth of a solution in steps. */
export const ProcessLabel = z.strictObject({
  /** For each step the probability that it is right: 1 right, 0 wrong, null where nobody said, as after a first error. */
  steps: z.array(Probability.nullable()).min(1),
  /** The same of the final answer. */
  outcome: Probability.optional(),
});
export type ProcessLabel = z.infer<typeof ProcessLabel>;

/** Ground truth: a winner's response id or `tie`, a score, one score per criterion, or what is known of each step. */
export const Label = z.union([z.string(), z.number(), z.record(z.string(), z.number()), ProcessLabel]);
export type Label = z.infer<typeof Label>;

/** What one annotator said of a sample. */
export const Annotation = z.strictObject({
  /** Who said it; missing where nobody knows. One annotator speaks once of a sample. */
  annotator: Id.optional(),
  /** A winner's response id or `tie`, a score, or the word of a choice. */
  label: z.union([z.string(), z.number()]),
  /** Where a vote without a name stood among those of its row, from 0; missing where it stands there still. */
  place: z.int().min(0).optional(),
});
export type Annotation = z.infer<typeof Annotation>;

/** One prompt and its answers. */
export const Sample = z.strictObject({
  id: Id,
  prompt: z.union([z.string(), z.array(Message).min(1)]),
  responses: z.array(Response).min(1),
  reference: z.string().optional(),
  label: Label.optional(),
  /** What several annotators said, where they may disagree. */
  annotations: z.array(Annotation).min(1).optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
});
export type Sample = z.infer<typeof Sample>;
