/** What a judge’s probabilities are worth, and how to set them right. */
import { z } from 'zod';
import { FigureRecord } from './figure.ts';
import { CritiqueMode, Distribution } from './judgment.ts';
import { Name } from './primitives.ts';

const CalibrationQuality = z.strictObject({
  logLoss: FigureRecord,
  brier: FigureRecord,
  calibrationError: FigureRecord,
});

/** Who judges, by model digest; every engine of a panel. */
const Engines = z
  .array(z.strictObject({ model: z.string(), digest: z.string(), template: z.string() }))
  .min(1);
/** What else moves the probabilities. */
const BoundProtocol = z.strictObject({
  critique: CritiqueMode,
  samples: z.int().positive(),
  prompt: z.string(),
  /** How several engines became one, such as `median, quorum all`; absent for one. */
  panel: z.string().optional(),
});
const BoundRubric = z.strictObject({ id: Name, version: z.string(), digest: z.string() });

/** A line in log-odds from a judge's probabilities to calibrated ones, what it was fitted on, and what it is good for. */
export const Calibration = z.strictObject({
  schemaVersion: z.literal(1),
  kind: z.enum(['temperature', 'platt']),
  /** Calibrated log-odds = slope · log-odds + intercept. A temperature is 1 / slope. */
  parameters: z.strictObject({ slope: z.number(), intercept: z.number() }),
  mode: z.enum(['pointwise', 'pairwise']),
  rubric: BoundRubric,
  engines: Engines,
  protocol: BoundProtocol,
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

/**
 * What a judge says of each label whatever it reads, to be divided out of its distributions: the mean over a batch (batch
 * calibration) or over answers without content (contextual calibration). No labels of people are in it.
 */
export const LabelPrior = z.strictObject({
  schemaVersion: z.literal(1),
  kind: z.enum(['batch', 'content-free']),
  mode: z.enum(['pointwise', 'stepwise']),
  rubric: BoundRubric,
  engines: Engines,
  protocol: BoundProtocol,
  /** The prior's exponent: 1 takes it out, 0 leaves everything as it was. */
  strength: z.number(),
  /** One for each criterion and engine. */
  priors: z
    .array(
      z.strictObject({
        criterionId: Name,
        engine: z.strictObject({ digest: z.string(), template: z.string() }),
        distribution: Distribution,
        n: z.int().positive(),
      }),
    )
    .min(1),
  /** What it was taken from. */
  data: z.strictObject({
    /** SHA-256 of the judgments: key and distribution. */
    digest: z.string().regex(/^[0-9a-f]{64}$/),
    n: z.int().positive(),
  }),
});
export type LabelPrior = z.infer<typeof LabelPrior>;

/** Everything that `juror calibrate` writes, told apart by `kind`. */
export const AnyCalibration = z.discriminatedUnion('kind', [Calibration, LabelPrior]);
export type AnyCalibration = z.infer<typeof AnyCalibration>;
