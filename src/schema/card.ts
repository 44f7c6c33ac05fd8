/** A judge’s report card. */
import { z } from 'zod';
import { FigureRecord } from './figure.ts';
import { CritiqueMode, EngineId } from './judgment.ts';
import { Name } from './primitives.ts';

/** A probe on the pairs or on the single answers of a card. */
const ProbeFigures = z.strictObject({
  /** Twins judged. */
  twins: z.int().nonnegative(),
  /** Twins without a verdict to compare, for lack of a score of theirs or of what they are twins of. */
  unscored: z.int().nonnegative(),
  /** Share of the twins that the attack turned: the worse answer now wins, or the wrong one now passes, and it had not before. */
  flips: FigureRecord,
  /** Mean change of the attacked answer's probability to win, or of its score. */
  shift: FigureRecord,
});
const CardRetest = z.strictObject({
  /** Share of pairs and answers with the same winner, or on the same side of the middle. */
  agreement: FigureRecord,
  /** Mean absolute change of the probability or score. */
  change: FigureRecord,
});

/** What a judge model is good for, measured on public cuts: a report card. */
export const JudgeCard = z.strictObject({
  schemaVersion: z.literal(1),
  engine: EngineId,
  protocol: z.strictObject({
    seed: z.int(),
    critique: CritiqueMode,
    critiqueTokens: z.int().positive(),
    samples: z.int().positive(),
    temperature: z.number().nonnegative(),
    rubrics: z.array(z.strictObject({ id: Name, version: z.string(), digest: z.string() })),
    /** Prompt template → digest. */
    prompts: z.record(z.string(), z.string()),
  }),
  cuts: z.array(
    z.strictObject({
      name: z.string(),
      source: z.string(),
      rubric: Name,
      rows: z.int().nonnegative(),
      digest: z.string(),
    }),
  ),
  pairs: z.strictObject({
    accuracy: FigureRecord,
    kappa: FigureRecord,
    /** Accuracy of trivial rules on the same rows. */
    baselines: z.record(z.string(), FigureRecord),
    /** Share of pairs whose orders name different winners. */
    orderFlips: FigureRecord,
    /** Share of single-order verdicts won by whichever was shown first; ½ is fair. */
    firstShownWins: FigureRecord,
    /** Mean log-odds given to whichever is shown first, in nats; 0 is fair. */
    positionLean: FigureRecord,
  }),
  answers: z.strictObject({
    accuracy: FigureRecord,
    kappa: FigureRecord,
    areaUnderCurve: FigureRecord,
    baselines: z.record(z.string(), FigureRecord),
  }),
  retest: z.strictObject({
    /** The same requests again. */
    same: CardRetest,
    /** Under another seed, so with other critiques; null where no critique is written. */
    otherSeed: CardRetest.nullable(),
  }),
  probes: z.array(
    z.strictObject({
      name: Name,
      kind: z.enum(['control', 'style', 'injection', 'replacement']),
      description: z.string(),
      pairs: ProbeFigures,
      answers: ProbeFigures,
      /** Flips of pairs and answers together. */
      flips: FigureRecord,
      /** Family → its share of that. */
      families: z.record(
        z.string(),
        z.strictObject({ flips: z.int().nonnegative(), n: z.int().nonnegative() }),
      ),
    }),
  ),
  /** Share of all verdicts, of cuts and twins, that have no score. */
  unscored: FigureRecord,
  /** Share of the prompts in which a judged text got out of its fence. */
  fencesBroken: FigureRecord,
  /** Answers without content that are told without the judge. */
  contentFree: z.strictObject({
    planted: z.int().nonnegative(),
    caught: z.int().nonnegative(),
    /** Of the answers of the cuts. */
    falseAlarms: z.int().nonnegative(),
    genuine: z.int().nonnegative(),
  }),
  verdict: z.strictObject({
    /** Every requirement is met. */
    mayGate: z.boolean(),
    /** `gate`: its verdicts may fail a build. `assist`: people check them. `trial`: to try juror with. */
    use: z.enum(['gate', 'assist', 'trial']),
    requirements: z.array(
      z.strictObject({ id: Name, met: z.boolean(), requirement: z.string(), found: z.string() }),
    ),
  }),
});
export type JudgeCard = z.infer<typeof JudgeCard>;
