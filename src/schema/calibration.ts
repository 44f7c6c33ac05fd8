/** What a judge’s probabilities are worth, and how to set them right. */
import { z } from 'zod';
import { FigureRecord } from './figure.ts';
import { CritiqueMode } from './judgment.ts';
import { Name } from './primitives.ts';

const CalibrationQuality = z.strictObject({
  logLoss: FigureRecord,
  brier: FigureRecord,
  calibrationError: FigureRecord,
});

/** A line in log-odds from a judge's probabilities to calibrated ones, what it was fitted on, and what it is good for. */
export const Calibration = z.strictObject({
  schemaVersion: z.literal(1),
  kind: z.enum(['temperature', 'platt']),
  /** Calibrated log-odds = slope · log-odds + intercept. A temperature is 1 / slope. */
  parameters: z.strictObject({ slope: z.number(), intercept: z.number() }),
  mode: z.enum(['pointwise', 'pairwise']),
  rubric: z.strictObject({ id: Name, version: z.string(), digest: z.string() }),
  /** By model digest; every engine of a panel. */
  engines: z.array(z.strictObject({ model: z.string(), digest: z.string(), template: z.string() })).min(1),
  /** What else moves the probabilities. */
  protocol: z.strictObject({
    critique: CritiqueMode,
    samples: z.int().positive(),
    prompt: z.string(),
    /** How several engines became one, such as `median, quorum all`; absent for one. */
    panel: z.string().optional(),
  }),
  /** The ends of the labels' scale; null for pairs. */
  labelRange: z.strictObject({ min: z.number(), max: z.number() }).nullable(),
  /** What it was fitted on. */
  data: z.strictObject({
    /** SHA-256 of the rows: sample, responses, prompt cluster, probability and label. */
    digest: z.string().regex(/^[0-9a-f]{64}$/),
    n: z.int().positive(),
    clusters: z.int().positive(),
  }),
  /** Figures over the same rows: each probability calibrated by a fit on the other folds. Folds are by prompt cluster. */
  crossValidation: z.strictObject({
    folds: z.int().min(2),
    /** Bins of the calibration error. */
    bins: z.int().positive(),
    before: CalibrationQuality,
    after: CalibrationQuality,
    /** After minus before. */
    change: CalibrationQuality,
  }),
});
export type Calibration = z.infer<typeof Calibration>;
