/** Rows of labels as the losses take them, and what is said of them in a head's record. */
import { createHash } from 'node:crypto';
import { proportion } from '../aggregate/interval.ts';
import { canonicalJson } from '../canonical.ts';
import type { PairData, RankingData, ScoreData } from '../head/data.ts';
import type { HeadRows, HeldOut } from '../schema.ts';
import type {
  TrainingKind,
  TrainingPair,
  TrainingRows,
  TrainingScore,
  TrainingText,
} from './training-rows.ts';

/** How labels are taken. */
export interface LabelOptions {
  /** Margins of pairs: none, the data's own, or one for all but ties. Default none. */
  readonly margin?: 'none' | 'data' | number;
  /** Ties are trained with a target of ½ or left out. Default `half`. */
  readonly ties?: 'half' | 'drop';
  /** Each prompt's pairs together count as much as those of a prompt with one. Default true. */
  readonly weightsPerPrompt?: boolean;
}

/** Rows of one side of the split. */
export interface LabelSet {
  readonly kind: TrainingKind;
  readonly texts: readonly TrainingText[];
  readonly pairs: readonly TrainingPair[];
  /** Scores, or steps. */
  readonly scores: readonly TrainingScore[];
  /** Why → rows left out. */
  readonly leftOut: Readonly<Record<string, number>>;
}

/** What is kept of a row: nothing, or the reason against it. */
export type RowFilter = (cluster: string, texts: readonly number[]) => string | null;

/** The rows that `refuse` has nothing against and, of pairs, ties where they are wanted. */
export function labelSet(
  { texts, ...rows }: TrainingRows,
  kind: TrainingKind,
  refuse: RowFilter,
  { ties = 'half' }: LabelOptions = {},
): LabelSet {
  const leftOut = new Map<string, number>();
  const keep = (reason: string | null): boolean => {
    if (reason !== null && reason !== '') leftOut.set(reason, (leftOut.get(reason) ?? 0) + 1);
    return reason === null;
  };
  const pairs = rows.pairs.filter(({ cluster, left, right, target }) =>
    keep(refuse(cluster, [left, right]) ?? (ties === 'drop' && target === 0.5 ? 'tie' : null)),
  );
  const scores = (kind === 'steps' ? rows.steps : rows.scores).filter(({ cluster, text }) =>
    keep(refuse(cluster, [text])),
  );
  return {
    kind,
    texts,
    pairs: kind === 'pairs' ? pairs : [],
    scores: kind === 'pairs' ? [] : scores,
    leftOut: Object.fromEntries([...leftOut].sort()),
  };
}

/** Number of labels. */
export function sizeOf({ pairs, scores }: LabelSet): number {
  return pairs.length + scores.length;
}

/** Pairs of rows of features; `rowOf` finds a text's. */
export function pairData(
  { pairs }: Pick<LabelSet, 'pairs'>,
  rowOf: (text: number) => number,
  { margin = 'none', weightsPerPrompt = true }: LabelOptions = {},
): PairData {
  const counts = new Map<string, number>();
  for (const { cluster } of pairs) counts.set(cluster, (counts.get(cluster) ?? 0) + 1);
  const marginOf = (pair: TrainingPair) =>
    margin === 'none' || pair.target === 0.5 ? 0 : margin === 'data' ? pair.margin : margin;
  return {
    left: Int32Array.from(pairs, ({ left }) => rowOf(left)),
    right: Int32Array.from(pairs, ({ right }) => rowOf(right)),
    target: Float64Array.from(pairs, ({ target }) => target),
    tie: Uint8Array.from(pairs, ({ tie }) => (tie ? 1 : 0)),
    margin: Float64Array.from(pairs, marginOf),
    weight: Float64Array.from(pairs, ({ weight, cluster }) =>
      weightsPerPrompt ? weight / (counts.get(cluster) ?? 1) : weight,
    ),
    cluster: pairs.map(({ cluster }) => cluster),
  };
}

/** Scores of rows under all objectives that any of them has, sorted by name. */
export function scoreData(
  { scores }: Pick<LabelSet, 'scores'>,
  objectives: readonly string[],
  rowOf: (text: number) => number,
): ScoreData {
  return {
    row: Int32Array.from(scores, ({ text }) => rowOf(text)),
    objectives,
    target: Float64Array.from(
      scores.flatMap(({ targets }) =>
        objectives.map((name) => (Object.hasOwn(targets, name) ? (targets[name] ?? Number.NaN) : Number.NaN)),
      ),
    ),
    weight: Float64Array.from(scores, ({ weight }) => weight),
    cluster: scores.map(({ cluster }) => cluster),
  };
}

/** Names of the objectives that scores have, sorted. */
export function objectivesOf(scores: readonly TrainingScore[]): string[] {
  return [...new Set(scores.flatMap(({ targets }) => Object.keys(targets)))].sort();
}

/**
 * The orders that pairs add up to: of each sample in which every two answers were compared, none as a tie, and each beats another number of
 * them. Returns how many samples have no such order.
 */
export function rankingData(
  { pairs }: Pick<LabelSet, 'pairs'>,
  rowOf: (text: number) => number,
): { readonly rankings: RankingData; readonly withoutOrder: number } {
  const orders: Int32Array[] = [];
  const cluster: string[] = [];
  let withoutOrder = 0;
  for (const [, own] of Map.groupBy(pairs, ({ sampleId, cluster }) => canonicalJson([sampleId, cluster]))) {
    const order = orderOf(own);
    if (order === null) withoutOrder++;
    else {
      orders.push(Int32Array.from(order, rowOf));
      cluster.push(own[0]?.cluster ?? '');
    }
  }
  const weight = new Float64Array(orders.length).fill(1);
  return { rankings: { orders, weight, cluster }, withoutOrder };
}

/** Texts of complete comparisons, best first; null where they are no order. */
function orderOf(pairs: readonly TrainingPair[]): number[] | null {
  const wins = new Map<number, number>();
  const compared = new Set<string>();
  for (const { left, right, target } of pairs) {
    if (target === 0.5) return null;
    const [better, worse] = target > 0.5 ? [left, right] : [right, left];
    wins.set(better, (wins.get(better) ?? 0) + 1);
    wins.set(worse, wins.get(worse) ?? 0);
    compared.add(`${Math.min(left, right)} ${Math.max(left, right)}`);
  }
  const size = wins.size;
  if (compared.size !== pairs.length || pairs.length !== (size * (size - 1)) / 2) return null;
  if (new Set(wins.values()).size !== size) return null;
  return [...wins].sort(([, left], [, right]) => right - left).map(([text]) => text);
}

/** What a record says of the rows. */
export function rowsRecord({ texts, pairs, scores, leftOut }: LabelSet): HeadRows {
  const hash = createHash('sha256');
  const used = new Set<number>();
  const named = (text: number) => {
    used.add(text);
    return texts[text]?.digest;
  };
  const prompts = new Set<string>();
  const sources = new Map<TrainingPair['method'], number>();
  for (const { left, right, target, tie, margin, weight, cluster, method } of pairs) {
    hash.update(`${canonicalJson([named(left), named(right), target, tie, margin, weight])}\n`);
    prompts.add(cluster);
    sources.set(method, (sources.get(method) ?? 0) + 1);
  }
  for (const { text, targets, weight, cluster } of scores) {
    hash.update(`${canonicalJson([named(text), targets, weight])}\n`);
    prompts.add(cluster);
  }
  return {
    digest: hash.digest('hex'),
    texts: used.size,
    rows: pairs.length + scores.length,
    prompts: prompts.size,
    sources: Object.fromEntries([...sources].sort()),
    leftOut,
  };
}

/** How the labels of the rows lie. */
export function balanceOf({ texts, pairs, scores }: LabelSet): HeldOut['balance'] {
  const targets = [
    ...pairs.map(({ target }) => target),
    ...scores.flatMap(({ targets }) => Object.values(targets)),
  ];
  const share = (test: (target: number) => boolean) =>
    targets.filter(test).length / Math.max(1, targets.length);
  const decided = pairs.filter(
    ({ left, right, target }) => target !== 0.5 && lengthOf(texts, left) !== lengthOf(texts, right),
  );
  return {
    mean: targets.reduce((sum, target) => sum + target, 0) / Math.max(1, targets.length),
    ties: share((target) => pairs.length > 0 && target === 0.5),
    soft: share((target) => target !== 0 && target !== 1 && !(pairs.length > 0 && target === 0.5)),
    longer:
      decided.length === 0
        ? null
        : proportion(
            decided.map(
              ({ left, right, target }) => lengthOf(texts, left) > lengthOf(texts, right) === target > 0.5,
            ),
            decided.map(({ cluster }) => cluster),
          ),
  };
}

/** Characters of a text. */
export function lengthOf(texts: readonly TrainingText[], text: number): number {
  return texts[text]?.text.length ?? 0;
}
