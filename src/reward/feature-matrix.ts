/** Features of all training texts at once. */
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import type { FeatureMatrix } from '../head/data.ts';
import type { FeatureReader, FeatureText } from './features.ts';

/** How far the reading is. */
export interface ReadingProgress {
  readonly done: number;
  readonly total: number;
  /** Tokens evaluated now, and tokens whose states were found. */
  readonly read: number;
  readonly found: number;
}

/** How texts are read. */
export interface FeatureMatrixOptions {
  readonly signal?: AbortSignal;
  readonly onEvent?: Listener;
  /** Told after each text. */
  readonly onProgress?: (progress: ReadingProgress) => void;
}

/** Features of the texts that could be read. */
export interface ReadFeatures {
  readonly matrix: FeatureMatrix;
  /** Row of each text; −1 where it could not be read. */
  readonly rows: Int32Array;
  /** Texts without features: why → how many. */
  readonly unread: Readonly<Record<string, number>>;
  readonly progress: ReadingProgress;
}

/** Read the features of all texts; what was read is in the reader's store as soon as it is. Throws JurorError `data` where none can be read. */
export async function readFeatureMatrix(
  reader: FeatureReader,
  texts: readonly FeatureText[],
  { onProgress, ...options }: FeatureMatrixOptions = {},
): Promise<ReadFeatures> {
  const { size } = reader.spec;
  const values = new Float32Array(texts.length * size);
  const rows = new Int32Array(texts.length).fill(-1);
  const unread = new Map<string, number>();
  let [count, done, read, found] = [0, 0, 0, 0];
  for await (const feature of reader.read(texts, options)) {
    if (feature.status === 'read') {
      values.set(feature.vector, count * size);
      rows[done] = count++;
      if (feature.cached) found += feature.tokens;
      else read += feature.tokens;
    } else unread.set(feature.reason, (unread.get(feature.reason) ?? 0) + 1);
    done++;
    onProgress?.({ done, total: texts.length, read, found });
  }
  if (count === 0) {
    const reasons = [...unread].map(([reason, n]) => `${reason} ${n}`).join(', ');
    throw new JurorError(
      'data',
      `expected answers that the backbone can read, got none (${reasons || 'no texts'})`,
    );
  }
  return {
    matrix: { rows: count, columns: size, values: values.subarray(0, count * size) },
    rows,
    unread: Object.fromEntries(unread),
    progress: { done, total: texts.length, read, found },
  };
}
