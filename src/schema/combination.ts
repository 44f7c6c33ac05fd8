/** How the objectives of a head become one score, and how that was found. */
import { z } from 'zod';
import { FigureRecord } from './figure.ts';

/** What a combination was fitted on, and why it is the one that is served. */
const CombinationFit = z.strictObject({
  /** Comparisons of the data themselves, or those of scored answers to one prompt: by an overall label, or by the mean of the objectives. */
  comparisons: z.enum(['pairs', 'overall', 'mean']),
  /** The overall label; null without one. */
  overall: z.string().nullable(),
  pairs: z.int().nonnegative(),
  prompts: z.int().nonnegative(),
  /** Comparisons that could not be used: why → how many. */
  leftOut: z.record(z.string(), z.int().positive()),
  /** Spearman's |ρ| with log length that was allowed; null where nothing was taken off. */
  lengthLimit: z.number().nonnegative().nullable(),
  /** ρ of the served differences with those of log length, on these comparisons; null where it is not known. */
  lengthCorrelation: z.number().nullable(),
  /** Loss of constants and gate on prompts that neither saw, in nats for each comparison, and by how much the gate's is less. */
  heldOut: z
    .strictObject({
      constants: FigureRecord,
      gate: FigureRecord,
      gain: FigureRecord,
      ridge: z.number().positive(),
    })
    .nullable(),
  /** Why constants or gate. */
  reason: z.string(),
});

/** τ Σ g (r / u − λ ℓ): what each objective r counts, constant or (`gate`) by the prompt, in units u, and what length ℓ takes off. */
export const CombinationRecord = z.strictObject({
  kind: z.enum(['constants', 'gate']),
  scale: z.number().positive(),
  /** Of a gate their mean over training prompts. */
  weights: z.array(z.number()),
  /** Standard deviation of each objective's training labels; absent where scores are taken as they are. */
  units: z.array(z.number().positive()).optional(),
  lengthSlopes: z.array(z.number()),
  length: z.strictObject({ mean: z.number(), deviation: z.number().positive() }).nullable(),
  /** Absent where there was one label alone, and in heads of earlier versions. */
  fit: CombinationFit.optional(),
});
export type CombinationRecord = z.infer<typeof CombinationRecord>;
