/** What a cascade of a head, a judge and people decides, and the thresholds it decides by. */
import { z } from 'zod';
import { CritiqueMode, JudgmentUsage } from './judgment.ts';
import { Id, Name, Probability } from './primitives.ts';
import { Label } from './sample.ts';

/** Who is asked: the reward head, the judge at once, the judge after a critique. After them only people are left. */
export const CascadeStage = z.enum(['head', 'direct', 'critique']);
export type CascadeStage = z.infer<typeof CascadeStage>;

/** What one stage said of one question. */
export const CascadeOpinion = z.strictObject({
  stage: CascadeStage,
  /** Two: whether the first is better. One: whether it is good. */
  responseIds: z.array(Id).min(1).max(2),
  /** Of yes, by this stage alone; null where it has none. */
  probability: Probability.nullable(),
  /** The same in nats, within ±30. */
  logOdds: z.number().nullable(),
  /** With what the stages before said added, where the policy adds. */
  combined: z.number().optional(),
  /** How sure the stage itself is; null where it has no log-odds. */
  confidence: z.number().nonnegative().nullable(),
  /** It says that neither is better. */
  tie: z.boolean(),
  /** What spoke against its deciding, whatever its confidence. */
  against: z.array(z.string()),
  /** Keys of the judgments. */
  judgments: z.array(z.string()),
  /** What it stands on, whatever a cache held; one round of a judge counts once. */
  tokens: JudgmentUsage,
});
export type CascadeOpinion = z.infer<typeof CascadeOpinion>;

/** What a cascade made of a pair, of one answer, or of several answers of which the best is looked for. */
export const CascadeVerdict = z.strictObject({
  schemaVersion: z.literal(1),
  sampleId: Id,
  rubricId: Name,
  mode: z.enum(['pairwise', 'pointwise', 'best-of']),
  /** In the data's order. */
  responseIds: z.array(Id).min(1),
  /** Length of each response in UTF-16 code units. */
  characters: z.array(z.int().nonnegative()),
  /** Same for all samples with the same prompt. */
  cluster: z.string(),
  /** The better or best response, or `tie`; null for one answer, and where nobody decides. */
  winner: z.string().nullable(),
  /** Of a pair the probability that the first response is better, of one answer its score; null otherwise. */
  score: Probability.nullable(),
  /** Of the winner or of what the score says; for the best of several the least over the comparisons. Null where nobody decides. */
  probability: Probability.nullable(),
  /** Who decided, for the best of several the dearest stage that had to; null: it is for people. */
  decided: CascadeStage.nullable(),
  /** What every stage said that was asked, in the order of asking. */
  asked: z.array(CascadeOpinion).min(1),
  /** Spent up to the decision. */
  tokens: JudgmentUsage,
  label: Label.optional(),
});
export type CascadeVerdict = z.infer<typeof CascadeVerdict>;

/** Everything that the confidence of a stage depends on: thresholds mean something for this cascade alone. */
export const CascadeSubject = z.strictObject({
  /** Digest of the reward head, and what its confidence is. */
  head: z.strictObject({ name: z.string(), digest: z.string(), confidence: z.string() }),
  rubric: z.strictObject({ id: Name, version: z.string(), digest: z.string() }),
  engines: z.array(z.strictObject({ model: z.string(), digest: z.string(), template: z.string() })).min(1),
  /** The judge's stages, in their order. */
  stages: z
    .array(
      z.strictObject({
        stage: CascadeStage,
        critique: CritiqueMode,
        samples: z.int().positive(),
        /** Digest of the prompt template. */
        prompt: z.string(),
        /** Digest of the calibration; null without one. */
        calibration: z.string().nullable(),
        /** Rules under which it does not decide, as text, and how several engines become one. */
        rules: z.string(),
      }),
    )
    .min(1),
});
export type CascadeSubject = z.infer<typeof CascadeSubject>;

const Measure = z.strictObject({
  rows: z.int().nonnegative(),
  decided: z.int().nonnegative(),
  wrong: z.int().nonnegative(),
  tokens: z.number().nonnegative(),
});

/** Thresholds fitted on labels, and what is promised of them. */
export const CascadeFile = z.strictObject({
  schemaVersion: z.literal(1),
  subject: CascadeSubject,
  mode: z.enum(['pairwise', 'pointwise']),
  stages: z.array(CascadeStage).min(1),
  /** One for each stage: the least confidence with which it decides; null: never. */
  thresholds: z.array(z.number().nonnegative().nullable()).min(1),
  /** Where stages are added up: weights of each stage's log-odds and those before it. */
  lines: z.array(z.strictObject({ weights: z.array(z.number()).min(1), intercept: z.number() })).optional(),
  /** `error`: of the rows decided at most this share is wrong; `judge`: agreement at most this much below the last stage alone. */
  target: z.strictObject({ kind: z.enum(['error', 'judge']), most: z.number() }),
  /** That the bound holds. */
  confidence: z.number(),
  bound: z.number(),
  /** Rows that chose the candidates, and rows that they were tested on. */
  learn: Measure,
  test: Measure,
  candidates: z.int().positive(),
  tested: z.int().positive(),
  seed: z.int(),
  /** Prompts of the fit: figures are not told of rows with these. Sorted. */
  clusters: z.array(z.string()),
  /** SHA-256 of the labelled rows. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
});
export type CascadeFile = z.infer<typeof CascadeFile>;
