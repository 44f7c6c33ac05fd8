/** What heads are trained on: rows of features, and what is known of them. */

/** Features, row-major; a row is one answer. */
export interface FeatureMatrix {
  readonly rows: number;
  readonly columns: number;
  /** `rows` × `columns`. */
  readonly values: Float32Array;
}

/** Comparisons of rows. All arrays have one entry for each. */
export interface PairData {
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** That `left` is better, in [0, 1]; a tie is ½. */
  readonly target: Float64Array;
  /** Marked ties, for losses that give ties a probability of their own. */
  readonly tie: Uint8Array;
  /** At least 0, in the units of the scores' difference. */
  readonly margin: Float64Array;
  /** What each counts. A prompt with many pairs should not count more than one with a single pair. */
  readonly weight: Float64Array;
  /** The prompt of each pair: what is resampled and what is held out together. */
  readonly cluster: readonly string[];
}

/** Orders of rows, best first, each over the answers of one prompt. */
export interface RankingData {
  readonly orders: readonly Int32Array[];
  readonly weight: Float64Array;
  readonly cluster: readonly string[];
}

/** What is known of each row under each of k objectives. */
export interface ScoreData {
  /** Rows that have a target. */
  readonly row: Int32Array;
  readonly objectives: readonly string[];
  /** Row-major, one line for each entry of `row`; NaN where nothing is known. */
  readonly target: Float64Array;
  readonly weight: Float64Array;
  readonly cluster: readonly string[];
}

/** The features of one row, without copying. */
export function rowOf({ values, columns }: FeatureMatrix, row: number): Float32Array {
  return values.subarray(row * columns, (row + 1) * columns);
}
