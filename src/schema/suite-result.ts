/** What a run of a suite ends with: the one record that every output is made from. */
import { z } from 'zod';
import { FigureRecord } from './figure.ts';
import { UnscoredReason } from './judgment.ts';
import { Id, Name, Probability } from './primitives.ts';
import { SuiteMeasure } from './suite.ts';

const Slice = z.strictObject({ name: z.string(), value: z.string() });

/** One run folder of a suite: data under a judge, or under all of them together. */
export const SuiteRun = z.strictObject({
  data: Name,
  /** The judge's id; `panel` for all of them together. */
  judge: Name,
  /** Relative to the suite's folder. */
  folder: z.string(),
  /** The data, relative to the suite's folder. */
  file: z.string(),
  rubrics: z.array(Name).min(1),
  models: z.array(z.string()).min(1),
  /** Rows of the data that were refused; each was told. */
  refused: z.int().nonnegative(),
  verdicts: z.int().nonnegative(),
  scored: z.int().nonnegative(),
  /** Verdicts that lack a judgment. */
  pending: z.int().nonnegative(),
  /** Verdicts that abstain; they have a score all the same. */
  abstained: z.int().nonnegative(),
  /** Reason → judgments. */
  unscored: z.partialRecord(UnscoredReason, z.int().positive()),
  judgments: z.int().nonnegative(),
  /** Tokens that the judgments stand on, and those written. */
  tokens: z.strictObject({ prompt: z.int().nonnegative(), generated: z.int().nonnegative() }),
});
export type SuiteRun = z.infer<typeof SuiteRun>;

/** One figure of one run under one rubric. */
export const SuiteFigure = z.strictObject({
  data: Name,
  judge: Name,
  rubric: Name,
  measure: SuiteMeasure,
  part: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('whole') }),
    z.strictObject({ kind: z.literal('criterion'), id: Name }),
    z.strictObject({ kind: z.literal('objective'), id: Name }),
  ]),
  /** win-rate: whose answers; absent for those that stand first. */
  model: z.string().optional(),
  /** Null for all samples. */
  slice: Slice.nullable(),
  figure: FigureRecord,
  /** Verdicts of the selection without a score, which the figure leaves out. */
  unscored: z.int().nonnegative(),
});
export type SuiteFigure = z.infer<typeof SuiteFigure>;

/** A sample that a gate is about. */
export const SuiteItem = z.strictObject({
  sampleId: Id,
  responseIds: z.array(Id).min(1),
  before: Probability.nullable(),
  after: Probability.nullable(),
});
export type SuiteItem = z.infer<typeof SuiteItem>;

/** One gate for one run, rubric and slice. */
export const SuiteCheck = z.strictObject({
  /** The gate's id; several checks may be of one gate. */
  gate: Name,
  kind: z.enum(['figure', 'comparison', 'regressions', 'card']),
  /** Null for a card. */
  data: Name.nullable(),
  judge: Name,
  rubric: Name.nullable(),
  slice: Slice.nullable(),
  /** `unmeasured`: there is nothing to hold against the threshold; such a run is incomplete. */
  status: z.enum(['passed', 'failed', 'unmeasured']),
  /** What is asked, such as `mean score of helpfulness ≥ 0.6 (worst bound)`. */
  expected: z.string(),
  /** What there was, such as `0.58 (0.51–0.66), 40 answers`, or why there is none. */
  found: z.string(),
  description: z.string().optional(),
  /** The figure, or for comparisons the difference; null for the other kinds. */
  figure: FigureRecord.nullable(),
  /** Regressions: those that fell, worst first; at most 100, `fell` counts them all. */
  items: z.array(SuiteItem).optional(),
  fell: z.int().nonnegative().optional(),
});
export type SuiteCheck = z.infer<typeof SuiteCheck>;

/** `suite.json`. Nothing of time, place or host is in it: equal runs have equal bytes. */
export const SuiteResult = z.strictObject({
  schemaVersion: z.literal(1),
  juror: z.string(),
  suite: z.strictObject({ name: Name, description: z.string().optional(), digest: z.string() }),
  /** One part of n, from 1; absent for the whole. A part checks no gates: `juror suite --merge` does. */
  shard: z.strictObject({ index: z.int().positive(), count: z.int().positive() }).optional(),
  /** `--filter`, as given. Gates are checked on what is left. */
  filter: z.array(z.string()).optional(),
  /** `incomplete`: more unscored than tolerated, rows refused or a gate unmeasured; it outranks `failed`. */
  status: z.enum(['passed', 'failed', 'incomplete']),
  /** Why it is incomplete; empty where it is not. */
  incomplete: z.array(z.string()),
  tolerance: z.strictObject({ unscored: Probability, found: Probability }),
  runs: z.array(SuiteRun).min(1),
  figures: z.array(SuiteFigure),
  checks: z.array(SuiteCheck),
});
export type SuiteResult = z.infer<typeof SuiteResult>;
