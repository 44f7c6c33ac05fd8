/** One verdict as gates and figures see it. */
import type { Verdict } from '../schema.ts';

/** What figures, gates and comparisons are computed from; a column of these is all that a suite keeps in memory. */
export interface JudgedItem {
  readonly data: string;
  /** The judge's id, or `panel`. */
  readonly judge: string;
  readonly rubric: string;
  readonly mode: Verdict['mode'];
  readonly sampleId: string;
  readonly responseIds: readonly string[];
  /** Same for all samples with the same prompt: what intervals are clustered by. */
  readonly cluster: string;
  /** Who wrote each response, null where unknown. */
  readonly models: readonly (string | null)[];
  /** As in the verdict; null where there is none. */
  readonly score: number | null;
  /** Pairwise: a response's id or `tie`. */
  readonly winner: string | null;
  readonly flipped: boolean | null;
  readonly perCriterion: Readonly<Record<string, number | null>>;
  readonly perObjective: Readonly<Record<string, number | null>>;
  /** Pairwise: a response's id or `tie`; else a number in [0, 1]; undefined where nobody said. */
  readonly label: string | number | undefined;
  /** Slice → value; a slice that the sample lacks is missing. */
  readonly slices: Readonly<Record<string, string>>;
  /** Digest of each response's text, where known: another text is another item. */
  readonly texts: readonly string[] | undefined;
}
