/** Training a reward head: from labels and a reader of features to a head, and everything that is to be said of it. */
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import { type CompleteLoss, completeLoss, type HeadLoss } from '../head/losses.ts';
import type { HeadBelief } from '../head/opinion.ts';
import { partOf, type TrainingData } from '../head/problem.ts';
import type { TrainedMember } from '../head/train.ts';
import { Name, type RewardHead } from '../schema.ts';
import { jurorVersion } from '../store/manifest.ts';
import { type Doubts, doubtsOf } from './doubts.ts';
import { evaluateHead } from './evaluate.ts';
import type { ReadingProgress } from './feature-matrix.ts';
import type { FeatureReader } from './features.ts';
import { type FitSettings, fitHead } from './fit.ts';
import type { Head } from './head-file.ts';
import { type ChosenPenalty, choosePenalty } from './penalty.ts';
import type { TrainingFiles } from './training-files.ts';
import {
  balanceOf,
  type LabelOptions,
  type LabelSet,
  pairData,
  rankingData,
  rowsRecord,
  scoreData,
} from './training-sets.ts';
import { type Outputs, outputsOf } from './outputs.ts';
import { readSides } from './sides.ts';

/** What a head is trained on, and how. */
export interface TrainHeadOptions extends LabelOptions {
  /** Reads the features; the head will refuse others. */
  readonly features: FeatureReader;
  readonly data: TrainingFiles;
  /** A test set of its own, of the same kind; its prompts are left out of the training. Default: a share of the data. */
  readonly anchors?: TrainingFiles | undefined;
  /** Default by the data: `bradley-terry` for comparisons, `cross-entropy` for steps and for labels 0 and 1, `regression` for other scores. */
  readonly loss?: HeadLoss | undefined;
  /** Penalty on the weights, or `auto`: the one with the least loss on unseen prompts. Default `auto`. */
  readonly l2?: number | 'auto' | undefined;
  /** Units of a hidden layer. Default 0: a linear head. */
  readonly hidden?: number | undefined;
  /** Default 1. */
  readonly members?: number | undefined;
  /** Share of the prompts that are held out. Default 0.2; 0 holds out none. */
  readonly holdout?: number | undefined;
  /** Share of all comparisons that the head may decide wrongly; beyond it abstains. Default 0.1. */
  readonly errorRate?: number | undefined;
  /** Of the split, the folds, the members and the intervals. Default 0. */
  readonly seed?: number | undefined;
  /** Default `reward`. */
  readonly name?: string | undefined;
  /** Default `1`. */
  readonly version?: string | undefined;
  readonly signal?: AbortSignal;
  readonly onEvent?: Listener;
  /** Told after each text that was read. */
  readonly onProgress?: (progress: ReadingProgress) => void;
}

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
  const { name = 'reward', version = '1' } = options;
  requireName('a name of the head', name);
  const loss = completeLoss(options.loss ?? defaultLoss(data));
  requireKind(loss, data);
  const sides = await readSides(options, loss);
  const { training, held } = sides;
  const outputs = outputsOf(training.set, loss);
  const rows = dataOf(training.set, training.features, training.rowOf, loss, outputs, options);
  const fitting = { loss, hidden, members, seed, combination: outputs.combination };
  const penalty = choosePenalty(rows.data, fitting, options.l2 ?? 'auto');
  const settings: FitSettings = { ...fitting, l2: penalty.l2 };
  const { belief: plain, trained } = fitHead(rows.data, settings);
  for (const [member, { converged, iterations }] of trained.entries())
    if (!converged)
      options.onEvent?.({
        type: 'warning',
        message: `member ${member + 1} had not settled after ${iterations} steps`,
      });
  const compared = training.set.kind === 'pairs' ? pairData(training.set, training.rowOf, options) : null;
  const weights = training.set.kind === 'scores' ? outputs.labelWeights : null;
  const doubts = doubtsOf(rows.data, settings, { errorRate, weights, pairs: compared });
  const belief: HeadBelief = {
    ...plain,
    calibration: doubts.calibration?.line ?? null,
    conformal: doubts.conformal,
    range: doubts.range,
  };
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
          seed,
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
    combination: outputs.combination && {
      kind: 'constants',
      scale: outputs.combination.scale,
      weights: [...outputs.combination.weights],
      lengthSlopes: [...outputs.combination.lengthSlopes],
      length: outputs.combination.length,
    },
    kind: training.set.kind,
    loss: { kind: lossKind, options: optionsRecord(lossOptions) },
    l2: { value: penalty.l2, curve: penalty.curve },
    tieOdds: trained[0]?.ties ?? null,
    ...doubtsRecord(doubts, belief, rows.weight * penalty.l2),
    training: { rows: leavingOut(rowsRecord(training.set), rows.withoutOrder), balance: balanceOf(training.set) },
    heldOut,
    seed,
    juror: jurorVersion(),
  };
  return {
    record,
    belief,
    members: trained.map(({ member: _numbers, ...told }) => told),
    doubts,
    reading: sides.reading,
  };
}
