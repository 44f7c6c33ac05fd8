/** What the viewer keeps of each verdict in memory: a few numbers, in typed arrays. */
import type { Verdict } from '../schema.ts';

/** Bits of {@link Columns.flags}. */
export const flagOf = {
  first: 1,
  second: 2,
  tie: 4,
  flipped: 8,
  abstained: 16,
  pairwise: 32,
  /** Members of a panel differ by {@link judgesDiffer} or more. */
  judges: 64,
  /** Not as the label says. */
  label: 128,
} as const;

/** Scores of two judges that are this far apart differ. */
export const judgesDiffer = 0.2;

/** One entry for each item; an item's number is its place. */
export interface Columns {
  readonly size: number;
  /** Number of the run. */
  readonly run: Uint16Array;
  /** Number of the rubric within its run. */
  readonly rubric: Uint16Array;
  /** Number of the sample in the folder's {@link SampleTable}. */
  readonly sample: Int32Array;
  /** Where `verdicts.jsonl` of the run has the verdict, in bytes; -1: nowhere, it is derived from the journal. */
  readonly offset: Float64Array;
  readonly length: Uint32Array;
  /** NaN where there is none. */
  readonly score: Float64Array;
  /** How contested it is, annotators of the viewer aside; NaN without a score. */
  readonly contest: Float64Array;
  readonly flags: Uint16Array;
}

/** Columns that grow. */
export interface GrowingColumns {
  readonly size: number;
  /** A label that is a number, as the data have it; NaN where there is none. Looked at once all are known. */
  readonly labels: readonly number[];
  add(item: NewItem): void;
  /** The columns; nothing is added afterwards. */
  finish(): Columns;
}

/** An item to be added. */
export interface NewItem {
  readonly run: number;
  readonly rubric: number;
  readonly sample: number;
  readonly offset: number;
  readonly length: number;
  readonly verdict: Verdict;
  readonly contest: number;
  /** Bits beyond those of the verdict itself. */
  readonly flags?: number;
}

type Numbers = Uint16Array | Uint32Array | Int32Array | Float64Array;

/** Empty columns. */
export function growingColumns(): GrowingColumns {
  let capacity = 1024;
  let size = 0;
  const labels: number[] = [];
  const columns = {
    run: new Uint16Array(capacity),
    rubric: new Uint16Array(capacity),
    sample: new Int32Array(capacity),
    offset: new Float64Array(capacity),
    length: new Uint32Array(capacity),
    score: new Float64Array(capacity),
    contest: new Float64Array(capacity),
    flags: new Uint16Array(capacity),
  };
  const grow = (): void => {
    capacity *= 2;
    for (const name of Object.keys(columns) as (keyof typeof columns)[]) {
      const former = columns[name];
      const larger = new (former.constructor as new (length: number) => Numbers)(capacity);
      larger.set(former as never);
      columns[name] = larger as never;
    }
  };
  return {
    get size() {
      return size;
    },
    labels,
    add({ run, rubric, sample, offset, length, verdict, contest, flags = 0 }) {
      if (size === capacity) grow();
      columns.run[size] = run;
      columns.rubric[size] = rubric;
      columns.sample[size] = sample;
      columns.offset[size] = offset;
      columns.length[size] = length;
      columns.score[size] = verdict.score ?? Number.NaN;
      columns.contest[size] = contest;
      columns.flags[size] = flagsOf(verdict) | flags;
      labels.push(typeof verdict.label === 'number' ? verdict.label : Number.NaN);
      size++;
    },
    finish: () => ({ size, ...columns }),
  };
}

/** What a verdict says in bits, its label aside. */
function flagsOf(verdict: Verdict): number {
  const { winner, responseIds, flipped, abstained, mode, panel, escalation } = verdict;
  const members = (panel?.members ?? escalation?.asked ?? []).flatMap(({ score }) =>
    score === null ? [] : [score],
  );
  const spread = members.length < 2 ? 0 : Math.max(...members) - Math.min(...members);
  return (
    (winner === null || mode !== 'pairwise' ? 0 : winnerFlag(winner, responseIds)) |
    (flipped === true ? flagOf.flipped : 0) |
    (abstained === undefined ? 0 : flagOf.abstained) |
    (mode === 'pairwise' ? flagOf.pairwise : 0) |
    (spread >= judgesDiffer ? flagOf.judges : 0)
  );
}

/** The bit of a pair's winner: an id goes before the word `tie`. */
export function winnerFlag(winner: string, responseIds: readonly string[]): number {
  if (winner === responseIds[0]) return flagOf.first;
  if (winner === responseIds[1]) return flagOf.second;
  return winner === 'tie' ? flagOf.tie : 0;
}

/** Samples by number: an id of one source of data. */
export interface SampleTable {
  readonly size: number;
  /** The number of an id, made where it is new. */
  number(source: number, id: string): number;
  /** The number of an id; undefined for one that no item has. */
  find(source: number, id: string): number | undefined;
  idOf(sample: number): string;
  sourceOf(sample: number): number;
}

/** An empty table. */
export function createSampleTable(): SampleTable {
  const numbers: Map<string, number>[] = [];
  const ids: string[] = [];
  const sources: number[] = [];
  const mapOf = (source: number): Map<string, number> => {
    const found = numbers[source] ?? new Map<string, number>();
    numbers[source] = found;
    return found;
  };
  return {
    get size() {
      return ids.length;
    },
    number(source, id) {
      const map = mapOf(source);
      const known = map.get(id);
      if (known !== undefined) return known;
      map.set(id, ids.length);
      ids.push(id);
      sources.push(source);
      return ids.length - 1;
    },
    find: (source, id) => numbers[source]?.get(id),
    idOf: (sample) => ids[sample] ?? '',
    sourceOf: (sample) => sources[sample] ?? 0,
  };
}
