/** What a loop of self-training is made of: parts that others give, so that each can be another one. */
import type { FeatureMatrix } from '../head/data.ts';
import type { Feature, FeatureText } from '../reward/features.ts';
import type { GuardLimits, Preference, RoundCard, RoundDecision, Sample } from '../schema.ts';

/** A head as the loop uses it. */
export interface LoopHead {
  /** One score for each row, on the log-odds scale of comparisons. */
  score(features: FeatureMatrix): ArrayLike<number>;
  /** Standard deviation √(zᵀH⁻¹z) of the difference of the scores of each two rows. */
  deviation(features: FeatureMatrix, left: Int32Array, right: Int32Array): ArrayLike<number>;
}

/** A head that was just trained, and what is to be said of it on the card. */
export interface TrainedHead<Head> {
  readonly head: Head;
  readonly details: NonNullable<RoundCard['training']>['details'];
}

/** What came of a pair that was judged in both orders. */
export type JudgedPair =
  | { readonly status: 'judged'; readonly preference: Preference }
  | { readonly status: 'unscored'; readonly reason: string };

/** How a part is called. The same seed and the same data give the same answer, whenever it is asked. */
export interface PartOptions {
  readonly seed: number;
  readonly signal?: AbortSignal;
}

/** The parts of a loop. None of them belongs to it: what they hold open stays the caller's. */
export interface SelfTrainParts<Head> {
  /** All that decides what the parts do; a folder goes on with no other parts. */
  readonly identity: Readonly<Record<string, string>>;
  /** Comparisons whose direction is known because one side was made from the other. `round`: null for the probes. */
  synthesise(
    samples: readonly Sample[],
    options: PartOptions & { readonly round: number | null },
  ): AsyncIterable<Preference>;
  /** Judge the two answers of each sample in both orders, in the order given. Null: nobody judges. */
  readonly judge:
    | ((samples: readonly Sample[], options: Pick<PartOptions, 'signal'>) => AsyncIterable<JudgedPair>)
    | null;
  /** Features of answers, in the order of the texts. */
  read(texts: Iterable<FeatureText>, options: { readonly signal?: AbortSignal }): AsyncIterable<Feature>;
  /**
   * A head from comparisons alone, of which a prompt with many counts no more than one with a single one: what regularises it is chosen
   * on prompts held out from them.
   */
  train(
    comparisons: readonly Preference[],
    options: PartOptions & { readonly round: number },
  ): TrainedHead<Head> | Promise<TrainedHead<Head>>;
  /** Write a head into an empty folder that is there. */
  writeHead(folder: string, head: Head): Promise<void>;
  /** The head that {@link SelfTrainParts.writeHead} wrote there. */
  readHead(folder: string): Promise<LoopHead>;
}

/** What is done to the folder of a loop. */
export interface LoopFiles {
  /** A file that is old or new, never a mix. */
  write(file: string, text: string): Promise<void>;
  /** An empty folder, whatever was there. */
  empty(folder: string): Promise<void>;
  /** Give a folder its final name; nothing has that name. */
  keep(partial: string, folder: string): Promise<void>;
  /** Make `folder` a copy of another one, whatever it was. */
  mirror(from: string, folder: string): Promise<void>;
}

/** A pair of answers of which people said which is better. Never trained on. */
export interface AnchorPair {
  readonly prompt: Sample['prompt'];
  readonly first: string;
  readonly second: string;
  /** That the first is better, in [0, 1]; a tie is ½. */
  readonly target: number;
}

/** Options of {@link selfTrain}. */
export interface SelfTrainOptions {
  /** Rounds that the folder has at the end, those that it has already included, unless it stops before. */
  readonly rounds: number;
  /** Default 0. */
  readonly seed?: number;
  /** Comparisons that a round asks for. Default 200. */
  readonly pairsPerRound?: number;
  /** Share of them that is judged, where somebody judges. Default 0.5. */
  readonly judgedShare?: number;
  /** Share of the judged ones that is drawn at random. Default 0.2. */
  readonly randomShare?: number;
  /** Share of the prompts that is kept for the probes. Default 0.1. */
  readonly probeShare?: number;
  /** Most answers of the data on which the correlation with length is watched, and from which a round chooses pairs. Default 1,000. */
  readonly poolAnswers?: number;
  /** Default {@link defaultGuardLimits}. */
  readonly limits?: Partial<GuardLimits>;
  /** Default: accuracy, α = 0.05 divided among the looks, 10,000 resamples. */
  readonly promotion?: {
    readonly measure?: 'accuracy' | 'log-likelihood';
    readonly alpha?: number;
    readonly spending?: boolean;
    readonly resamples?: number;
  };
  /** Rounds without a promotion after which the loop stops. Default 2. */
  readonly patience?: number;
  readonly signal?: AbortSignal;
  /** Told of each round when it is kept, those that the folder has already not among them. */
  readonly onRound?: (round: Round) => void;
  /** Where the folder is written. Default: the disk. */
  readonly files?: LoopFiles;
}

/** A round that is done. */
export interface Round {
  readonly card: RoundCard;
  readonly decision: RoundDecision;
}

/** What a loop ended with. */
export interface SelfTrainResult {
  /** All rounds of the folder. */
  readonly rounds: readonly Round[];
  /** How many of them were there before. */
  readonly found: number;
  /** Samples of the data left out because an anchor has their prompt. */
  readonly removed: number;
  /** Samples for training, and for the probes. */
  readonly pool: number;
  readonly probes: number;
  readonly anchors: { readonly pairs: number; readonly ties: number; readonly unread: number };
  /** Why there are fewer rounds than asked for; null where there are not. */
  readonly stopped: string | null;
}
