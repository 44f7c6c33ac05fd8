/** What records are made of. */
import { z } from 'zod';

/** Names of samples and responses, as the data have them. */
export const Id = z.string().min(1).max(256);
/** A share of certainty. */
export const Probability = z.number().min(0).max(1);
/** Text that says something. */
export const Words = z.string().regex(/\S/, 'expected words, got none');
/** Names of rubrics and criteria; safe as file names and column names. */
export const Name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'expected lower-case letters, digits, ".", "_" or "-"');
