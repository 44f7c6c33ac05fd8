/** What a head is worth on rows that it was not trained on. */
import type { BootstrapOptions } from '../aggregate/interval.ts';
import type { FeatureMatrix } from '../head/data.ts';
import type { HeadBelief, PairOpinion } from '../head/opinion.ts';
import type { HeldOut, HeldOutFigures } from '../schema.ts';
import { type AnswerContext, type Comparisons, outputScores, pairOpinions } from './fit.ts';
import { type PairAnswers, type PairColumns, pairsHeldOut } from './held-out-pairs.ts';
import { type ScoreColumns, scoresHeldOut } from './held-out-scores.ts';
import { balanceOf, type LabelSet, lengthOf, objectivesOf, rowsRecord } from './training-sets.ts';

/** Comparisons that judge the objectives together. */
export interface CombinedEvaluation {
  readonly held: Comparisons;
  /** What the rule of length is fitted on. */
  readonly training: Comparisons;
  readonly context: AnswerContext;
  /** Characters of the answer of a row of the training. */
  readonly trainingLengthOf: (row: number) => number;
}

/** What is compared. */
export interface EvaluationInputs {
  readonly belief: HeadBelief;
  readonly features: FeatureMatrix;
  /** Row of a text. */
  readonly rowOf: (text: number) => number;
  readonly held: LabelSet;
  readonly training: LabelSet;
  readonly how: HeldOut['how'];
  /** Scores are log-odds of what is labelled. */
  readonly outcome: boolean;
  /** Objectives of the scores, and which output of the head says each. */
  readonly outputs: Readonly<Record<string, number>>;
  /** Of heads with several objectives; null for others. */
  readonly combined: CombinedEvaluation | null;
  readonly bootstrap: BootstrapOptions;
}

/** The figures, beside what needs no head. */
export function evaluateHead(inputs: EvaluationInputs): HeldOut {
  const { belief, features, rowOf, held, training, how, bootstrap } = inputs;
  const shared = { how, rows: rowsRecord(held), balance: balanceOf(held) };
  if (held.kind !== 'pairs') {
    const alone = scoreFigures(inputs);
    const together = combinedFigures(inputs);
    const baselines = { ...alone.baselines };
    for (const [rule, own] of Object.entries(together.baselines))
      baselines[rule] = { ...baselines[rule], ...own };
    const figures = { ...alone.figures, ...together.figures };
    return { ...shared, figures, baselines, riskCoverage: together.riskCoverage };
  }
  const answers = answersOf(pairOpinions(belief, features, pairsOf(held, rowOf)));
  const figures = pairsHeldOut(answers, pairColumns(held), pairColumns(training), bootstrap);
  return { ...shared, ...figures };
}

function answersOf(opinions: readonly PairOpinion[]): PairAnswers {
  return {
    probabilities: opinions.map(({ probability }) => probability),
    differences: opinions.map(({ difference }) => difference),
    abstained: opinions.map(({ abstain }) => abstain),
  };
}

/** What the combined score is worth on comparisons, under names that begin with `combined.`, beside length. */
function combinedFigures({
  belief,
  features,
  combined,
  bootstrap,
}: EvaluationInputs): Pick<HeldOut, 'figures' | 'baselines' | 'riskCoverage'> {
  if (combined?.held.target.every((target) => target === 0.5) ?? true)
    return { figures: {}, baselines: {}, riskCoverage: [] };
  const { held, training, context, trainingLengthOf } = combined as CombinedEvaluation;
  const columns = ({ left, right, target, cluster }: Comparisons, lengthOf: AnswerContext['lengthOf']) => ({
    targets: [...target],
    lengths: Array.from(left, (row, pair) => lengthOf(row) - lengthOf(right[pair] as number)),
    clusters: cluster,
  });
  const found = pairsHeldOut(
    answersOf(pairOpinions(belief, features, held, context)),
    columns(held, context.lengthOf),
    columns(training, trainingLengthOf),
    bootstrap,
  );
  const named = (figures: HeldOutFigures): HeldOutFigures =>
    Object.fromEntries(Object.entries(figures).map(([name, value]) => [`combined.${name}`, value]));
  // Which of two scored answers is on the left is the order of the file, which is no rule.
  const { constant: _side, ...rules } = found.baselines;
  return {
    figures: named(found.figures),
    baselines: Object.fromEntries(Object.entries(rules).map(([rule, own]) => [rule, named(own)])),
    riskCoverage: found.riskCoverage,
  };
}

function pairsOf({ pairs }: LabelSet, rowOf: (text: number) => number): Comparisons {
  return {
    left: Int32Array.from(pairs, ({ left }) => rowOf(left)),
    right: Int32Array.from(pairs, ({ right }) => rowOf(right)),
    target: Float64Array.from(pairs, ({ target }) => target),
    cluster: pairs.map(({ cluster }) => cluster),
  };
}

function pairColumns({ pairs, texts }: LabelSet): PairColumns {
  return {
    targets: pairs.map(({ target }) => target),
    lengths: pairs.map(({ left, right }) => lengthOf(texts, left) - lengthOf(texts, right)),
    clusters: pairs.map(({ cluster }) => cluster),
  };
}

function scoreFigures({
  belief,
  features,
  rowOf,
  held,
  training,
  outcome,
  outputs,
  bootstrap,
}: EvaluationInputs): Pick<HeldOut, 'figures' | 'baselines'> {
  const objectives = objectivesOf(held.scores).filter((name) => Object.hasOwn(outputs, name));
  const scores = outputScores(belief.members, features);
  const parts = objectives.map((name) => {
    const own = held.scores.filter(({ targets }) => Object.hasOwn(targets, name));
    const predicted = own.map(({ text }) => scores[outputs[name] ?? 0]?.[rowOf(text)] ?? 0);
    const found = scoresHeldOut(predicted, scoreColumns(held, name), scoreColumns(training, name), {
      outcome,
      ...bootstrap,
    });
    const prefix = objectives.length === 1 ? '' : `${name}.`;
    const named = (record: HeldOutFigures): HeldOutFigures =>
      Object.fromEntries(Object.entries(record).map(([key, value]) => [`${prefix}${key}`, value]));
    return {
      figures: named(found.figures),
      rules: Object.entries(found.baselines).map(([rule, own]) => [rule, named(own)] as const),
    };
  });
  const baselines: Record<string, HeldOutFigures> = {};
  for (const [rule, own] of parts.flatMap(({ rules }) => rules))
    baselines[rule] = { ...baselines[rule], ...own };
  return { figures: Object.assign({}, ...parts.map(({ figures }) => figures)), baselines };
}

function scoreColumns({ scores, texts }: LabelSet, objective: string): ScoreColumns {
  const own = scores.filter(({ targets }) => Object.hasOwn(targets, objective));
  return {
    targets: own.map(({ targets }) => targets[objective] ?? 0),
    lengths: own.map(({ text }) => lengthOf(texts, text)),
    clusters: own.map(({ cluster }) => cluster),
  };
}
