/** A suite: data × rubrics × judges, and the gates that a run of it must pass. */
import { z } from 'zod';
import { CritiqueMode } from './judgment.ts';
import { Name, Probability, Words } from './primitives.ts';

const Scalar = z.union([z.string(), z.number(), z.boolean()]);

/** A file of samples. Paths are relative to the suite's own file. */
export const SuiteData = z.strictObject({
  id: Name.describe('Name of these data in gates, reports and folders'),
  file: Words.describe('JSONL, CSV or Parquet, relative to the suite'),
  rubrics: z.array(Words).min(1).optional().describe('Default: the rubrics of the suite'),
  limit: z.int().positive().optional().describe('Only the first n samples'),
  where: z
    .record(z.string(), Scalar)
    .optional()
    .describe('Only samples with these values; a name is a field of the metadata, or `group`'),
});
export type SuiteData = z.infer<typeof SuiteData>;

/** Who judges. */
export const SuiteJudge = z.strictObject({
  id: Name.describe('Name of this judge in gates, reports and folders'),
  model: Words.optional().describe(
    'A catalogue name, a .gguf file, hf:owner/repository/file or a remote provider:model; default smollm2-135m',
  ),
  replay: Words.optional().describe('A recording to play back instead of a model, relative to the suite'),
  baseUrl: z.url().optional().describe('Server of an openai:model'),
  numerics: z
    .enum(['exact', 'fast'])
    .optional()
    .describe('exact: same request, same bits; default: exact on a CPU, fast on a GPU'),
  gpu: z.enum(['auto', 'cuda', 'vulkan', 'metal', 'off']).optional().describe('Compute layer; default auto'),
  threads: z.int().positive().optional().describe('Default: measured'),
  context: z.int().min(256).optional().describe('Tokens per sequence'),
});
export type SuiteJudge = z.infer<typeof SuiteJudge>;

/** How the judges deliberate; the flags of `juror judge` by another name. */
export const SuiteProtocol = z.strictObject({
  seed: z
    .int()
    .nonnegative()
    .default(0)
    .describe('Of the fences in prompts and of critiques; figures and gates draw nothing'),
  critique: CritiqueMode.default('none').describe(
    '`none`; `brief` or `full` before the verdict; `after`: written from it',
  ),
  critiqueTokens: z.int().positive().optional().describe('Budget of one critique; default 96, of `full` 320'),
  samples: z.int().positive().default(1).describe('Critiques per judgment, averaged'),
  steps: z
    .enum(['given', 'lines', 'numbered'])
    .default('given')
    .describe('Stepwise: cut answers without steps at their lines or numbered lines'),
  tieBand: z.number().min(0).max(30).default(0).describe('Nats within which orders that disagree are a tie'),
});
export type SuiteProtocol = z.infer<typeof SuiteProtocol>;

/** What a gate may measure of verdicts. */
export const SuiteMeasure = z
  .enum(['score', 'pass-rate', 'win-rate', 'agreement', 'kappa', 'flip-rate'])
  .describe(
    `score: mean score in [0, 1] · pass-rate: share of answers that score \`pass\` or more · win-rate: mean probability that answers of \`model\` (default: first answers) win · agreement: share of verdicts as their labels say · kappa: Cohen's, of the same · flip-rate: share of pairs whose two orders disagree`,
  );
export type SuiteMeasure = z.infer<typeof SuiteMeasure>;

/** Which verdicts a gate looks at; what is left out is all of them. */
const selection = {
  data: Name.optional().describe('Only these data; default: all'),
  judge: Name.optional().describe('Only this judge; default: all'),
  rubric: Name.optional().describe('Only this rubric; default: all that the measure fits'),
  criterion: Name.optional().describe('One criterion instead of the whole verdict'),
  objective: Name.optional().describe('One objective instead of the whole verdict'),
  slice: z.record(z.string(), Scalar).optional().describe('Only samples with these values'),
  each: Words.optional().describe('A slice of the suite: the gate holds for each of its values'),
};

const named = {
  id: Name.describe('Name of the gate'),
  description: Words.optional().describe('Why it is there; shown where it fails'),
};

const bound = z
  .enum(['worst', 'estimate', 'best'])
  .default('worst')
  .describe(
    'What must meet the threshold: the bound of the 95 % interval that is nearer to failing (worst: passes only where it is sure), the estimate, or the other bound (best: fails only where it is sure)',
  );

const measured = {
  measure: SuiteMeasure,
  pass: Probability.optional().describe(
    'pass-rate, and agreement and kappa of answers: the least score that passes; default: the one of the suite',
  ),
  model: Words.optional().describe('win-rate: whose answers; default: those that stand first'),
};

/** A figure above or below a threshold. */
export const FigureGate = z.strictObject({
  ...named,
  kind: z.literal('figure'),
  ...selection,
  ...measured,
  min: z.number().optional().describe('The least that passes'),
  max: z.number().optional().describe('The most that passes'),
  bound,
});
export type FigureGate = z.infer<typeof FigureGate>;

const answers = z
  .enum(['same', 'new'])
  .default('same')
  .describe(
    'same: only samples whose answers are the same texts in both runs, for another judge; new: other answers to the same prompts too, for another version of what is judged',
  );

/** This run less a baseline run, on the samples that both have. */
export const ComparisonGate = z.strictObject({
  ...named,
  kind: z.literal('comparison'),
  ...selection,
  ...measured,
  against: Name.describe('A baseline of the suite, or `baseline` for the folder that --baseline names'),
  answers,
  min: z.number().optional().describe('Least difference, such as -0.02'),
  max: z.number().optional(),
  bound,
});
export type ComparisonGate = z.infer<typeof ComparisonGate>;

/** Samples that were better in a baseline run. */
export const RegressionGate = z.strictObject({
  ...named,
  kind: z.literal('regressions'),
  ...selection,
  against: Name.describe('A baseline of the suite, or `baseline` for the folder that --baseline names'),
  answers,
  drop: Probability.describe('A sample has regressed when its score fell by more than this'),
  max: z.int().nonnegative().default(0).describe('How many may'),
});
export type RegressionGate = z.infer<typeof RegressionGate>;

/** What a report card says that the judge is good for. */
export const CardGate = z.strictObject({
  ...named,
  kind: z.literal('card'),
  judge: Name.optional(),
  file: Words.describe('A report card of `juror card`, relative to the suite'),
  use: z.enum(['gate', 'assist']).default('gate').describe('What the card must allow'),
});
export type CardGate = z.infer<typeof CardGate>;

/** A condition that a run must meet. */
export const SuiteGate = z.discriminatedUnion('kind', [FigureGate, ComparisonGate, RegressionGate, CardGate]);
export type SuiteGate = z.infer<typeof SuiteGate>;

/** A suite file. */
export const Suite = z.strictObject({
  $schema: z.string().optional().describe('For editors'),
  name: Name.describe('Name in reports, and of the folder where none is given'),
  description: Words.optional().describe('Shown in reports'),
  data: z.array(SuiteData).min(1).describe('What is judged'),
  rubrics: z.array(Words).min(1).describe('Ready rubrics by id, or files relative to the suite'),
  judges: z.array(SuiteJudge).min(1).describe('Several judge one after another, or together as a panel'),
  panel: z
    .strictObject({
      reducer: z.string().default('mean').describe('mean, median, majority, worst or mean-std:λ'),
      quorum: z.union([z.enum(['all', 'majority']), z.int().positive()]).default('all'),
    })
    .optional()
    .describe('All judges give one verdict together'),
  escalate: z
    .boolean()
    .default(false)
    .describe('Each further judge is asked only where the one before abstains'),
  abstain: z
    .array(Words)
    .default([])
    .describe('band:X, center:X, disagreement:X, flipped, content-free: abstain on such verdicts'),
  protocol: SuiteProtocol.prefault({}).describe('How the judges deliberate'),
  calibration: Words.optional().describe('A file of `juror calibrate`, relative to the suite'),
  slices: z
    .array(Words)
    .default([])
    .describe('Fields of the metadata, or `group`, by whose values figures are told apart'),
  pass: Probability.default(0.5).describe('The least score that passes'),
  unscored: Probability.default(0).describe(
    'Share of verdicts that may be missing; above it the run is incomplete (exit code 3), whatever the gates say',
  ),
  baselines: z.record(Name, Words).default({}).describe('Earlier results by name: folders of `juror suite`'),
  gates: z.array(SuiteGate).default([]).describe('What must hold'),
});
export type Suite = z.infer<typeof Suite>;
/** A suite as people write it: defaults may be left out. */
export type SuiteInput = z.input<typeof Suite>;
