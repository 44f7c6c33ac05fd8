/** Features of the texts that a loop has met, each read once. */
import { contentHash } from '../canonical.ts';
import type { FeatureMatrix } from '../head/data.ts';
import type { FeatureText } from '../reward/features.ts';
import type { LoopHead, SelfTrainParts } from './self-train-parts.ts';

/** Holds what it has read: memory grows with the distinct texts. */
export interface FeatureLibrary {
  /** Read what was not read before. */
  load(texts: readonly FeatureText[], signal?: AbortSignal): Promise<void>;
  /** Why a text cannot be read; null for one that was read. */
  refusal(text: FeatureText): string | null;
  /** Features of texts that were read, a row for each in their order. */
  matrix(texts: readonly FeatureText[]): FeatureMatrix;
}

/** A library over the reader of the parts. */
export function createLibrary(read: SelfTrainParts<unknown>['read']): FeatureLibrary {
  const known = new Map<string, Float32Array | string>();
  return {
    async load(texts, signal) {
      const missing = new Map<string, FeatureText>();
      for (const text of texts) {
        const key = keyOf(text);
        if (!known.has(key)) missing.set(key, text);
      }
      const keys = [...missing.keys()];
      let place = 0;
      for await (const feature of read(missing.values(), signal ? { signal } : {}))
        known.set(keys[place++] ?? '', feature.status === 'read' ? feature.vector : feature.reason);
    },
    refusal(text) {
      const found = known.get(keyOf(text));
      return typeof found === 'string' ? found : null;
    },
    matrix(texts) {
      const vectors = texts.map((text) => known.get(keyOf(text)) as Float32Array);
      const columns = vectors[0]?.length ?? 0;
      const values = new Float32Array(vectors.length * columns);
      for (const [row, vector] of vectors.entries()) values.set(vector, row * columns);
      return { rows: vectors.length, columns, values };
    },
  };
}

/** A head's differences, first minus second, of pairs whose texts were read. */
export function differencesOf(
  head: LoopHead,
  library: FeatureLibrary,
  pairs: readonly (readonly [first: FeatureText, second: FeatureText])[],
): number[] {
  const scores = head.score(library.matrix(pairs.flat()));
  return pairs.map((_, row) => (scores[2 * row] ?? 0) - (scores[2 * row + 1] ?? 0));
}

function keyOf({ prompt, text }: FeatureText): string {
  return contentHash([prompt, text ?? null]);
}
