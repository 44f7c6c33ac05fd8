/** Slices: what the metadata of samples say, as a column of small numbers for each name. */
import type { Sample } from '../schema.ts';

/** A field with more values tells samples apart, not groups of them. */
const mostValues = 1000;
/** Names beyond these are left out. */
const mostNames = 64;
/** Values that are listed. */
const listedValues = 50;
/** Longest value and name, in characters; longer ones are texts. */
const longest = 120;

/** Values of samples by name. */
export interface Slices {
  add(sample: number, content: Pick<Sample, 'metadata'>): void;
  /** A sample's value under a name alone, where the data are not at hand. */
  addValue(sample: number, name: string, value: string): void;
  /** Name → its values, the most frequent first. */
  list(): Record<string, string[]>;
  /** Whether a sample has a value; undefined for a name that is no slice. */
  matcher(name: string, value: string): ((sample: number) => boolean) | undefined;
}

interface Slice {
  readonly codes: Map<string, number>;
  readonly counts: number[];
  /** Code + 1 of each sample; 0 for none. */
  readonly column: Uint16Array;
}

/** Slices over `samples` samples. `subset` goes by the name of `group` too. */
export function createSlices(samples: number): Slices {
  const slices = new Map<string, Slice>();
  const refused = new Set<string>();
  const addValue = (sample: number, name: string, value: string): void => {
    if (refused.has(name) || value.length > longest || name.length > longest) return;
    let slice = slices.get(name);
    if (slice === undefined) {
      if (slices.size >= mostNames) return;
      slice = { codes: new Map(), counts: [], column: new Uint16Array(samples) };
      slices.set(name, slice);
    }
    let code = slice.codes.get(value);
    if (code === undefined) {
      code = slice.codes.size;
      if (code >= mostValues) {
        slices.delete(name);
        refused.add(name);
        return;
      }
      slice.codes.set(value, code);
    }
    const former = slice.column[sample] ?? 0;
    if (former > 0) slice.counts[former - 1] = (slice.counts[former - 1] ?? 1) - 1;
    slice.counts[code] = (slice.counts[code] ?? 0) + 1;
    slice.column[sample] = code + 1;
  };
  return {
    addValue,
    add(sample, { metadata }) {
      for (const [name, value] of Object.entries(metadata ?? {}))
        if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
          addValue(sample, name, String(value));
    },
    list: () =>
      Object.fromEntries(
        [...slices].map(([name, { codes, counts }]) => [
          name,
          [...codes]
            .filter(([, code]) => (counts[code] ?? 0) > 0)
            .sort(([left, one], [right, other]) => {
              const more = (counts[other] ?? 0) - (counts[one] ?? 0);
              return more !== 0 ? more : left < right ? -1 : 1;
            })
            .slice(0, listedValues)
            .map(([value]) => value),
        ]),
      ),
    matcher(name, value) {
      const slice = slices.get(name) ?? (name === 'group' ? slices.get('subset') : undefined);
      if (slice === undefined) return undefined;
      const code = slice.codes.get(value);
      return code === undefined ? () => false : (sample) => slice.column[sample] === code + 1;
    },
  };
}
