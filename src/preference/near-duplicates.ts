/** Preferences that say nearly the same as an earlier one: MinHash finds candidates, shingles decide. */
import { createRandom } from '../aggregate/random.ts';
import type { Preference } from '../schema.ts';
import type { PreferenceFacts } from './spool.ts';

/** What counts as a copy. */
export interface NearDuplicateOptions {
  /** Least Jaccard similarity of the shingles, above 0. Default 0.8. */
  readonly threshold?: number | undefined;
}

/** Words of a shingle; texts that are shorter are one shingle. */
const shingleWords = 3;
/** 32 bands of 4 rows: a pair as similar as 0.8 is missed with a probability of (1 − 0.8⁴)³² < 10⁻⁷, one of 0.5 is looked at mostly in vain. */
const bands = 32;
const rows = 4;

/**
 * Place of each preference that nearly repeats an earlier one → that one's place. Compared are prompt and chosen answer together, by the
 * Jaccard similarity of their sets of three words (Broder, 1997); candidates share a band of MinHashes and are then measured exactly. Two
 * comparisons of one prompt are copies only where the rejected answers are as similar as well. Of copies the first stays.
 */
export function nearDuplicates(
  facts: readonly PreferenceFacts[],
  get: (index: number) => Pick<Preference, 'prompt' | 'chosen' | 'rejected'>,
  { threshold = 0.8 }: NearDuplicateOptions = {},
): Map<number, number> {
  const buckets = new Map<string, number[]>();
  const kept = new Map<number, { cluster: string; both: Uint32Array; rejected: Uint32Array }>();
  const copies = new Map<number, number>();
  for (const { index, cluster } of facts) {
    const { prompt, chosen, rejected } = get(index);
    const asked = typeof prompt === 'string' ? prompt : prompt.map(({ content }) => content).join('\n');
    const own = { cluster, both: shingles(`${asked}\n${chosen.text}`), rejected: shingles(rejected.text) };
    const keys = bandKeys(own.both);
    const seen = new Set(keys.flatMap((key) => buckets.get(key) ?? []));
    const twin = [...seen]
      .sort((left, right) => left - right)
      .find((place) => {
        const other = kept.get(place);
        if (!other || jaccard(own.both, other.both) < threshold) return false;
        return other.cluster !== cluster || jaccard(own.rejected, other.rejected) >= threshold;
      });
    if (twin !== undefined) {
      copies.set(index, twin);
      continue;
    }
    kept.set(index, own);
    for (const key of keys) {
      const bucket = buckets.get(key);
      if (bucket) bucket.push(index);
      else buckets.set(key, [index]);
    }
  }
  return copies;
}

/** Hashes of the runs of words, sorted, each once. Case, punctuation and white space do not count. */
function shingles(text: string): Uint32Array {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [text];
  const runs = Array.from({ length: Math.max(1, words.length - shingleWords + 1) }, (_, start) =>
    hash(words.slice(start, start + shingleWords).join(' ')),
  );
  return Uint32Array.from(new Set(runs)).sort();
}

/** FNV-1a over UTF-16 code units, 32 bits. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let place = 0; place < text.length; place++)
    state = Math.imul(state ^ text.charCodeAt(place), 0x01000193);
  return state >>> 0;
}

const multipliers = drawMultipliers();

/** Odd multipliers and offsets of the permutations, drawn once from a fixed seed. */
function drawMultipliers(): readonly (readonly [number, number])[] {
  const random = createRandom(1997);
  return Array.from({ length: bands * rows }, () => [random.bits() | 1, random.bits()] as const);
}

function bandKeys(set: Uint32Array): string[] {
  const least = multipliers.map(([factor, offset]) => {
    let smallest = 0xffffffff;
    for (const item of set) {
      // A multiplication alone leaves low bits to low bits; the shift mixes high ones in.
      const product = Math.imul(item ^ (item >>> 15), factor) + offset;
      const value = (product ^ (product >>> 13)) >>> 0;
      if (value < smallest) smallest = value;
    }
    return smallest;
  });
  return Array.from(
    { length: bands },
    (_, band) => `${band}:${least.slice(band * rows, (band + 1) * rows).join(',')}`,
  );
}

/** Shared shingles over all, of two sorted sets. */
function jaccard(left: Uint32Array, right: Uint32Array): number {
  let [shared, one, other] = [0, 0, 0];
  while (one < left.length && other < right.length) {
    const [first, second] = [left[one] ?? 0, right[other] ?? 0];
    if (first === second) shared++;
    if (first <= second) one++;
    if (second <= first) other++;
  }
  return shared / (left.length + right.length - shared);
}
