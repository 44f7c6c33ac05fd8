/** Training a reward head: from labels and a reader of features to a head, and everything that is to be said of it. */
import { JurorError } from '../errors.ts';
import { type CompleteLoss, completeLoss } from '../head/losses.ts';
import type { HeadBelief } from '../head/opinion.ts';
import { partOf, type TrainingData } from '../head/problem.ts';
import type { TrainedMember } from '../head/train.ts';
import { Name } from '../schema/primitives.ts';
import { type HeadRows, RewardHead } from '../schema.ts';
import { jurorVersion } from '../store/manifest.ts';
import {
  type CombinedObjectives,
  combineObjectives,
  contextOf,
  textsOf,
  withState,
} from './combine-objectives.ts';
import { comparisonsOf } from './comparisons.ts';
import { type Doubts, doubtsOf } from './doubts.ts';
import { type CombinedEvaluation, evaluateHead } from './evaluate.ts';
import type { ReadingProgress } from './feature-matrix.ts';
import { crossFolds, type FitSettings, fitHead } from './fit.ts';
import type { Head } from './head-file.ts';
import { type Outputs, outputsOf } from './outputs.ts';
import { choosePenalty } from './penalty.ts';
import { readPromptStates } from './prompt-states.ts';
import { readSides, type Side } from './sides.ts';
import type { TrainHeadOptions } from './train-options.ts';
import { lossFor, requireTaken } from './training-loss.ts';
import {
  balanceOf,
  clustersOf,
  type LabelOptions,
  pairData,
  rankingData,
  rowsRecord,
  scoreData,
} from './training-sets.ts';

/** A head that was trained. */
export interface TrainedHead extends Omit<Head, 'digest'> {
  /** How each member was trained. */
  readonly members: readonly Omit<TrainedMember, 'member'>[];
  readonly doubts: Doubts;
  /** Tokens read and found. */
  readonly reading: ReadingProgress;
}

/**
 * Train a head on labels that are there: features are read (none twice), prompts held out by their hash, the penalty chosen, members fitted, and
 * the doubts and the worth of the head measured on prompts that it did not see. The same data, settings and features give the same bytes.
 * Throws JurorError `usage` for settings that do not fit each other or the data, `data` for labels that cannot be learned from, `aborted` and
 * `engine` as the reader does.
 */
export async function trainHead(options: TrainHeadOptions): Promise<TrainedHead> {
  const { features, data, hidden = 0, members = 1, seed = 0, errorRate = 0.1 } = options;
  const { name = 'reward', version = '1', resamples = 2000 } = options;
  const bootstrap = { seed, resamples };
  requireName('a name of the head', name);
  // Before hours of training, not after.
  if (!RewardHead.shape.version.safeParse(version).success)
    throw new JurorError(
      'usage',
      `a version of the head: expected at most 40 letters, digits, dots, dashes and pluses, got '${version}'`,
    );
  const given = lossFor(data, options.loss, options);
  const loss = completeLoss(given);
  requireTaken(loss.kind, options);
  const sides = await readSides(options);
  const { training, held } = sides;
  const outputs = outputsOf(training.set, loss, options.overall);
  const rows = dataOf(training, loss, outputs, options);
  const fitting = { loss: given, hidden, members, seed, combination: outputs.combination };
  const penalty = choosePenalty(rows.data, fitting, options.l2 ?? 'auto');
  const alike: FitSettings = { ...fitting, l2: penalty.l2 };
  const combined =
    outputs.labels.length > 1
      ? await combineObjectives({ side: training, data: rows.data, settings: alike, outputs }, options)
      : null;
  const combination = combined?.combination ?? outputs.combination;
  const settings: FitSettings = { ...alike, combination };
  const { belief: plain, trained } = fitHead(rows.data, settings);
  for (const [member, { converged, iterations }] of trained.entries())
    if (!converged)
      options.onEvent?.({
        type: 'warning',
        message: `member ${member + 1} had not settled after ${iterations} steps`,
      });
  const compared = training.set.kind === 'pairs' ? pairData(training.set, training.rowOf, options) : null;
  const doubts = doubtsOf(rows.data, settings, {
    errorRate,
    compareScores: training.set.kind === 'scores',
    pairs: compared ?? combined?.comparisons ?? null,
    combined,
    bootstrap,
  });
  const belief: HeadBelief = {
    ...plain,
    calibration: doubts.calibration?.line ?? null,
    conformal: doubts.conformal,
    range: doubts.range,
  };
  const tested = held && combined ? await heldOutComparisons(held, combined, outputs, options) : null;
  const heldOut =
    held === null
      ? null
      : evaluateHead({
          belief,
          features: held.features,
          rowOf: held.rowOf,
          held: held.set,
          training: training.set,
          how: options.anchors ? 'anchors' : 'holdout',
          outcome: loss.kind === 'cross-entropy',
          outputs: outputs.places,
          combined: tested,
          bootstrap,
        });
  const { kind: lossKind, ...lossOptions } = loss;
  const record: RewardHead = {
    schemaVersion: 1,
    name,
    version,
    objectives: [...outputs.names],
    feature: features.spec,
    members,
    hidden: hidden === 0 ? null : hidden,
    combination: combination && {
      kind: combination.gate ? 'gate' : 'constants',
      scale: combination.scale,
      weights: [...combination.weights],
      ...(combination.units ? { units: [...combination.units] } : {}),
      lengthSlopes: [...combination.lengthSlopes],
      length: combination.length,
      ...(combined ? { fit: combined.fit } : {}),
    },
    kind: training.set.kind,
    loss: { kind: lossKind, options: optionsRecord(lossOptions) },
    l2: { value: penalty.l2, curve: penalty.curve && [...penalty.curve] },
    tieOdds: trained[0]?.ties ?? null,
    ...doubtsRecord(doubts, belief, rows.weight * penalty.l2),
    training: {
      rows: leavingOut(rowsRecord(training.set), rows.withoutOrder),
      balance: balanceOf(training.set),
      clusters: clustersOf(training.set),
    },
    heldOut,
    seed,
    juror: jurorVersion(),
  };
  return {
    record,
    belief,
    members: trained.map(({ member: _numbers, ...told }) => told),
    doubts,
    reading: [combined?.reading, tested?.reading].reduce<ReadingProgress>(
      (sum, own) => (own ? together(sum, own) : sum),
      sides.reading,
    ),
  };
}

function requireName(what: string, name: string): void {
  const { error } = Name.safeParse(name);
  if (error) throw new JurorError('usage', `${what}: ${error.issues[0]?.message}, got '${name}'`);
}

/** Comparisons of held-out prompts by the same rule, with the states that a gate needs. */
async function heldOutComparisons(
  held: Side,
  { combination, comparisons, context }: CombinedObjectives,
  outputs: Outputs,
  options: TrainHeadOptions,
): Promise<CombinedEvaluation & { readonly reading: ReadingProgress | null }> {
  const all = comparisonsOf(held, outputs, options, comparisons.from);
  const gated = combination.gate !== null && all.cluster.length > 0;
  const states = gated ? await readPromptStates(options, textsOf(held, all)) : null;
  const none = { left: new Int32Array(), right: new Int32Array(), target: new Float64Array(), cluster: [] };
  return {
    held: states ? withState(all, held, states) : gated ? none : all,
    training: comparisons,
    context: contextOf(held, states),
    trainingLengthOf: context.lengthOf,
    reading: states?.progress ?? null,
  };
}

function together(first: ReadingProgress, second: ReadingProgress): ReadingProgress {
  return {
    done: first.done + second.done,
    total: first.total + second.total,
    read: first.read + second.read,
    found: first.found + second.found,
  };
}

interface Rows {
  readonly data: TrainingData;
  /** Sum of the weights. */
  readonly weight: number;
  /** Samples whose comparisons are no order. */
  readonly withoutOrder: number;
}

function dataOf(
  { set, features, rowOf }: Side,
  loss: CompleteLoss,
  { labels }: Outputs,
  options: LabelOptions,
): Rows {
  const sum = (weights: Float64Array) => weights.reduce((total, weight) => total + weight, 0);
  const part = partOf(loss);
  if (part === 'scores') {
    const scores = scoreData(set, labels, rowOf, options);
    return { data: { features, scores }, weight: sum(scores.weight), withoutOrder: 0 };
  }
  if (part === 'pairs') {
    const pairs = pairData(set, rowOf, options);
    return { data: { features, pairs }, weight: sum(pairs.weight), withoutOrder: 0 };
  }
  const { rankings, withoutOrder } = rankingData(set, rowOf, options);
  return { data: { features, rankings }, weight: sum(rankings.weight), withoutOrder };
}

function leavingOut(rows: HeadRows, withoutOrder: number): HeadRows {
  return withoutOrder === 0
    ? rows
    : { ...rows, leftOut: { ...rows.leftOut, 'sample whose comparisons are no order': withoutOrder } };
}

function optionsRecord(options: object): RewardHead['loss']['options'] {
  const entries = Object.entries(options).map(([name, value]) => [
    name,
    Array.isArray(value) ? [...value] : value,
  ]);
  return Object.fromEntries(entries);
}

function doubtsRecord(
  { calibration, conformal, range, pairs }: Doubts,
  belief: HeadBelief,
  ridge: number,
): Pick<RewardHead, 'calibration' | 'conformal' | 'posterior' | 'range'> {
  return {
    calibration: calibration && { slope: calibration.line.slope, folds: crossFolds, pairs },
    conformal,
    posterior: belief.posterior && { kind: 'laplace', ridge },
    range: range && { shape: range.shape, shrinkage: range.shrinkage, rows: range.rows },
  };
}
