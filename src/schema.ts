/** Every record of juror: a Zod schema and its type share one name. Records are plain, readonly JSON data. */
import { z } from 'zod';

const Id = z.string().min(1).max(256);
const Probability = z.number().min(0).max(1);
const Words = z.string().regex(/\S/, 'expected words, got none');
/** Names of rubrics and criteria; safe as file names and column names. */
const Name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'expected lower-case letters, digits, ".", "_" or "-"');

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

/** One prompt and its answers. */
export const Sample = z.strictObject({
  id: Id,
  prompt: z.union([z.string(), z.array(Message).min(1)]),
  responses: z.array(Response).min(1),
  reference: z.string().optional(),
  label: Label.optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
});
export type Sample = z.infer<typeof Sample>;

/** Description of each level, by label. */
const Anchors = z.record(z.string(), z.string().min(1));

/** The finite set of answers a criterion allows. */
export const Scale = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('integer'), min: z.int(), max: z.int(), anchors: Anchors.optional() }),
  z.strictObject({
    kind: z.literal('choice'),
    /** Label → score in [0, 1]. */
    choices: z.record(z.string().min(1).max(40), Probability),
    anchors: Anchors.optional(),
  }),
]);
export type Scale = z.infer<typeof Scale>;

/** One question of a rubric. */
export const Criterion = z.strictObject({
  id: Name,
  /** What is judged; critiques are told to consider it. */
  description: Words,
  /** The words that are asked before the label is read. Default: the description. */
  question: Words.optional(),
  scale: Scale,
  weight: z.number().positive().default(1),
  /** The objective column it counts towards, such as helpfulness or safety. */
  objective: Name.default('quality'),
});
export type Criterion = z.infer<typeof Criterion>;

/** How the criteria of one rubric become one score. */
export const Combine = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('weighted-mean') }),
  z.strictObject({ kind: z.literal('min') }),
  z.strictObject({ kind: z.literal('chebyshev') }),
  z.strictObject({
    kind: z.literal('gated'),
    /** When `criterion` scores below `below`, the whole is at most `cap`; otherwise the weighted mean. */
    gates: z.array(z.strictObject({ criterion: Name, below: Probability, cap: Probability })).min(1),
  }),
]);
export type Combine = z.infer<typeof Combine>;

/** What a judge is asked, and in what terms it may answer. */
export const Rubric = z.strictObject({
  id: Name,
  version: z.string().min(1),
  mode: z.enum(['pointwise', 'pairwise', 'listwise', 'stepwise']),
  description: z.string().min(1),
  /** Name of a template in `prompts/`, without `.md`. */
  prompt: Name,
  criteria: z.array(Criterion).min(1),
  combine: Combine.default({ kind: 'weighted-mean' }),
  reference: z.enum(['never', 'if-given', 'required']).default('never'),
  /** Worked examples shown to the judge, oldest first. */
  examples: z
    .array(
      z.strictObject({
        prompt: z.string(),
        responses: z.array(z.string()).min(1),
        critique: z.string().optional(),
        label: z.string(),
      }),
    )
    .optional(),
});
export type Rubric = z.infer<typeof Rubric>;

/** Label → probability; sums to 1. */
export const Distribution = z.record(z.string(), Probability);
export type Distribution = z.infer<typeof Distribution>;

/** Why there is no score. */
export const UnscoredReason = z.enum(['truncated', 'context', 'engine', 'aborted', 'invalid']);
export type UnscoredReason = z.infer<typeof UnscoredReason>;

/** A score read from the model, or the reason there is none. Never a made-up number. */
export const Outcome = z.discriminatedUnion('status', [
  z.strictObject({
    status: z.literal('scored'),
    /** The most probable label. */
    label: z.string(),
    /** Expectation over the distribution, in [0, 1]. */
    score: Probability,
    distribution: Distribution,
  }),
  z.strictObject({ status: z.literal('unscored'), reason: UnscoredReason, message: z.string() }),
]);
export type Outcome = z.infer<typeof Outcome>;

/** When and how long the judge writes. */
export const CritiqueMode = z.enum(['none', 'brief', 'full', 'after']);
export type CritiqueMode = z.infer<typeof CritiqueMode>;

/** What the judge wrote; `length` means its budget cut it, `repetition` that the guard stopped it. */
export const Critique = z.strictObject({
  text: z.string(),
  finish: z.enum(['stop', 'length', 'repetition']),
});
export type Critique = z.infer<typeof Critique>;

/** Tokens that an engine spent. `evaluated` + `reused` is what a judge without a shared prefix would have read. */
export const Usage = z.strictObject({
  /** Prompt tokens pushed through the model. */
  evaluated: z.int().nonnegative(),
  /** Prompt tokens found in the KV cache. */
  reused: z.int().nonnegative(),
  /** Tokens written. */
  generated: z.int().nonnegative(),
});
export type Usage = z.infer<typeof Usage>;

/** Tokens of one judgment, whatever the cache held: the same on every machine and after every interruption. */
export const JudgmentUsage = z.strictObject({
  /** Prompt tokens that the judgment stands on. */
  prompt: z.int().nonnegative(),
  /** Tokens written. */
  generated: z.int().nonnegative(),
});
export type JudgmentUsage = z.infer<typeof JudgmentUsage>;

/** Everything about an engine that can change its answers. */
export const EngineId = z.strictObject({
  kind: z.enum(['llama', 'langchain', 'replay']),
  /** Name for people. */
  model: z.string(),
  /** SHA-256 of the model file. */
  digest: z.string(),
  /** SHA-256 of the chat template. */
  template: z.string(),
  /** Settings that move a logit: numerics, flash attention, cache type, device, engine build. */
  settings: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});
export type EngineId = z.infer<typeof EngineId>;

/** One criterion of one rubric, asked once about the responses in one order. */
export const Judgment = z.strictObject({
  key: z.string().regex(/^[0-9a-f]{64}$/),
  sampleId: Id,
  /** In the order shown. */
  responseIds: z.array(Id).min(1),
  rubric: z.strictObject({ id: Name, version: z.string(), digest: z.string() }),
  criterionId: Name,
  /** Stepwise: index of the step that was asked about, from 0. */
  step: z.int().nonnegative().optional(),
  engine: EngineId,
  seed: z.int(),
  sampleIndex: z.int().nonnegative(),
  critique: Critique.nullable(),
  outcome: Outcome,
  usage: JudgmentUsage,
  /** How the distribution was obtained. */
  protocol: z.enum(['logits', 'top-logprobs', 'structured']),
});
export type Judgment = z.infer<typeof Judgment>;

/**
 * One criterion of a verdict. For a pair, `score` is the probability that the first response is better. Counts are of samples, or
 * of a panel's members.
 */
export const CriterionVerdict = z.strictObject({
  score: Probability.nullable(),
  decided: z.int().nonnegative(),
  total: z.int().positive(),
});
export type CriterionVerdict = z.infer<typeof CriterionVerdict>;

/** One step of a solution. */
export const StepVerdict = z.strictObject({
  /** That the step is good, given the steps before it: its expected score. Null when unscored. */
  probability: Probability.nullable(),
  /** Why there is none. */
  reason: UnscoredReason.optional(),
});
export type StepVerdict = z.infer<typeof StepVerdict>;

/** Who of a panel of engines decided. */
const PanelRecord = z.strictObject({
  /** `mean`, `median`, `majority`, `worst` or `mean-std:λ`. */
  reducer: z.string(),
  quorum: z.union([z.enum(['all', 'majority']), z.int().positive()]),
  /** Members with a score. */
  decided: z.int().nonnegative(),
  total: z.int().positive(),
  /** `partial`: some are silent, and the quorum is met; `undecided`: it is not, or the reducer has no value for what they said. */
  state: z.enum(['complete', 'partial', 'undecided']),
  /** Null when complete. */
  reason: z.string().nullable(),
  /** By name and the first digits of the model's digest, in that order. */
  members: z
    .array(
      z.strictObject({ engine: z.string(), score: Probability.nullable(), reason: z.string().optional() }),
    )
    .min(1),
});

/** What spoke against a verdict. */
const AbstainedRecord = z.strictObject({
  reasons: z
    .array(
      z.strictObject({
        kind: z.enum(['unscored', 'band', 'disagreement', 'label-mass', 'flipped']),
        message: z.string(),
      }),
    )
    .min(1),
});

/** Who was asked on a ladder of engines, smallest first. */
const EscalationRecord = z.strictObject({
  /** Whose verdict it is; null when everybody asked abstained. */
  decided: z.string().nullable(),
  asked: z
    .array(
      z.strictObject({ engine: z.string(), score: Probability.nullable(), reasons: z.array(z.string()) }),
    )
    .min(1),
});

/** One sample under one rubric, over criteria, orders, samples and judges. */
export const Verdict = z.strictObject({
  sampleId: Id,
  rubricId: Name,
  mode: z.enum(['pointwise', 'pairwise', 'stepwise']),
  /** The responses judged, in the data's order. */
  responseIds: z.array(Id).min(1),
  /**
   * Pointwise: combined score in [0, 1]. Pairwise: probability that the first response is better. Stepwise: `min`.
   * Null when unscored.
   */
  score: Probability.nullable(),
  /** Pairwise: the better response's id, or `tie`. */
  winner: z.string().nullable(),
  /** Pairwise: probability of the winner; for a tie, of the likelier response. Pointwise: probability mass of the most probable labels. */
  probability: Probability.nullable(),
  /** Spread of the score over a panel's members, or over the samples of one judge; null when there is one. */
  standardError: z.number().nonnegative().nullable(),
  perCriterion: z.record(z.string(), CriterionVerdict),
  perObjective: z.record(z.string(), Probability.nullable()),
  /** Pairwise: the orders disagree about the winner. */
  flipped: z.boolean().nullable(),
  /** Pairwise: mean log-odds given to whichever response is shown first, in nats. */
  positionLean: z.number().nullable(),
  /** Largest minus smallest score over a panel's members, or over the samples of one judge. */
  disagreement: z.number().nonnegative().nullable(),
  /** Reasons of the judgments that have no score. */
  unscored: z.array(UnscoredReason),
  /** Responses that are empty, punctuation only, or an opener alone, told without the judge; scores are as it read them. */
  contentFree: z.array(Id).min(1).optional(),
  /** Several engines: who decided. Absent for one. */
  panel: PanelRecord.optional(),
  /** Present where the run's rules say that this verdict had better not decide; score and winner stay what was read. */
  abstained: AbstainedRecord.optional(),
  /** A ladder of engines: who was asked, and who decided. */
  escalation: EscalationRecord.optional(),
  /** Stepwise: every step, in order. */
  steps: z.array(StepVerdict).min(1).optional(),
  /**
   * Stepwise: index, from 0, of the first step below 0.5. Null where there is none, and, with a score of null, where a step
   * without a probability leaves it open.
   */
  firstError: z.int().nonnegative().nullable().optional(),
  /** Stepwise: the probability of the last step; null when it is unscored. */
  last: Probability.nullable().optional(),
  /** Stepwise: the lowest probability; null when any step is unscored, as are the next two. */
  min: Probability.nullable().optional(),
  /** Stepwise: the mean of the probabilities. */
  mean: Probability.nullable().optional(),
  /** Stepwise: their product. */
  product: Probability.nullable().optional(),
  label: Label.optional(),
  /** Keys of the judgments it was made from. */
  judgments: z.array(z.string()),
});
export type Verdict = z.infer<typeof Verdict>;

/** One response's place in a ranking. */
export const RankedResponse = z.strictObject({
  responseId: Id,
  /** 1 is best; equal strengths share the smaller number. */
  rank: z.int().positive(),
  /** 95 % interval of the rank. */
  rankLow: z.int().positive(),
  rankHigh: z.int().positive(),
  /** In nats from the mean of the responses: differences are log-odds of being better. */
  strength: z.number(),
  /** 95 % interval of the strength. */
  low: z.number(),
  high: z.number(),
  /** 1000 + 400 · strength / ln 10, for display. */
  elo: z.number(),
});
export type RankedResponse = z.infer<typeof RankedResponse>;

/** The responses of one sample, ranked by comparisons in pairs under a pairwise rubric. */
export const Ranking = z.strictObject({
  sampleId: Id,
  rubricId: Name,
  /** In the data's order. */
  responseIds: z.array(Id).min(2),
  /** Best first. Empty when the comparisons link not all responses; `reason` then says so. */
  places: z.array(RankedResponse),
  reason: z.string().optional(),
  /** The comparisons alone leave strengths without bounds (somebody only wins); a normal prior of 3 nats gives them. */
  prior: z.boolean(),
  comparisons: z.strictObject({
    /** Pairs asked, each in both orders. */
    asked: z.int().nonnegative(),
    /** Of these, pairs with a probability. */
    scored: z.int().nonnegative(),
    /** All pairs there are. */
    possible: z.int().positive(),
  }),
  /** Share of cycles (a over b over c over a) among triples compared in full; null without any. */
  cyclicShare: Probability.nullable(),
  /** Why no further pair was asked. */
  stopped: z.enum(['all-pairs', 'budget', 'rounds', 'settled']),
  /** Schedule `information`: lower 95 % bound of Kendall's τ with the ranking of the true strengths. */
  certainty: z.number().min(-1).max(1).nullable(),
  /** Pairs asked that have no probability, and why. */
  unscored: z.array(
    z.strictObject({ responseIds: z.array(Id).length(2), reasons: z.array(UnscoredReason).min(1) }),
  ),
  label: Label.optional(),
});
export type Ranking = z.infer<typeof Ranking>;

/** A figure with its 95 % interval; what is undefined is null, and `reason` says why. */
const FigureRecord = z.strictObject({
  estimate: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  n: z.int().nonnegative(),
  clusters: z.int().nonnegative(),
  reason: z.string().optional(),
});
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
