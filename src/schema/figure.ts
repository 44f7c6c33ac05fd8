/** A figure with its interval, as records keep it. */
import { z } from 'zod';

/** A figure with its 95 % interval; what is undefined is null, and `reason` says why. */
export const FigureRecord = z.strictObject({
  estimate: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  n: z.int().nonnegative(),
  clusters: z.int().nonnegative(),
  reason: z.string().optional(),
});
