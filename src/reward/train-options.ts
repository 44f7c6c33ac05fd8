/** What training a head takes. */
import type { Listener } from '../events.ts';
import type { HeadLoss } from '../head/losses.ts';
import type { ReadingProgress } from './feature-matrix.ts';
import type { FeatureReader } from './features.ts';
import type { TrainingFiles } from './training-files.ts';
import type { LabelOptions } from './training-sets.ts';

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
  /**
   * Of several objectives: the label by which answers to one prompt are compared to weigh the others. Default: the pairs that the data hold
   * beside the scores, or else the mean of the objectives, each in standard deviations of its labels.
   */
  readonly overall?: string | undefined;
  /** Of several objectives: `auto` tries weights by the prompt and keeps them where they are better held out; `never` has constants. Default `auto`. */
  readonly gate?: 'auto' | 'never' | undefined;
  /** Of several objectives: Spearman's |ρ| that the score may have with log length; null takes nothing off. Default 0.03. */
  readonly lengthLimit?: number | null | undefined;
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
  /** Resamples of prompts that the intervals stand on. Default 2,000. */
  readonly resamples?: number | undefined;
  /** Default `reward`. */
  readonly name?: string | undefined;
  /** Default `1`. */
  readonly version?: string | undefined;
  readonly signal?: AbortSignal;
  readonly onEvent?: Listener;
  /** Told after each text that was read. */
  readonly onProgress?: (progress: ReadingProgress) => void;
}
