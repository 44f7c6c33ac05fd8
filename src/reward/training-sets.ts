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
  /** Margins of pairs: none, the data's own, or one for all but ties; for losses that take them. Default none. */
  readonly margin?: 'none' | 'data' | number;
  /** Ties are trained with a target of ½ or left out; for losses of pairs. Default `half`. */
  readonly ties?: 'half' | 'drop' | undefined;
  /** Each prompt's rows (pairs, orders, scores or steps) together count as much as those of a prompt with one. Default true. */
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

/** Why a row of these texts and this prompt is left out; the empty text for one of another side, null for one that stays. */
export type RowFilter = (cluster: string, texts: readonly number[]) => string | null;

/** The rows of one side, without ties where they are not wanted, and of these the readable ones. */
export function labelSet(
  { texts, ...rows }: TrainingRows,
  kind: TrainingKind,
  side: RowFilter,
  { ties = 'half' }: LabelOptions = {},
  readable: RowFilter = () => null,
): LabelSet {
  const leftOut = new Map<string, number>();
  const keep = (reason: string | null): boolean => {
    if (reason !== null && reason !== '') leftOut.set(reason, (leftOut.get(reason) ?? 0) + 1);
    return reason === null;
  };
  const pairs = (kind === 'pairs' ? rows.pairs : []).filter(({ cluster, left, right, target }) => {
    const both = [left, right];
    const tie = ties === 'drop' && target === 0.5 ? 'tie' : null;
    return keep(side(cluster, both) ?? tie ?? readable(cluster, both));
  });
  const own = { pairs: [], steps: rows.steps, scores: rows.scores }[kind];
  const scores = own.filter(({ cluster, text }) => keep(side(cluster, [text]) ?? readable(cluster, [text])));
  return {
    kind,
    texts,
    pairs,
    scores,
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
  const marginOf = (pair: TrainingPair) =>
    margin === 'none' || pair.target === 0.5 ? 0 : margin === 'data' ? pair.margin : margin;
  return {
    left: Int32Array.from(pairs, ({ left }) => rowOf(left)),
    right: Int32Array.from(pairs, ({ right }) => rowOf(right)),
    target: Float64Array.from(pairs, ({ target }) => target),
    tie: Uint8Array.from(pairs, ({ tie }) => (tie ? 1 : 0)),
    margin: Float64Array.from(pairs, marginOf),
    weight: weightsOf(pairs, weightsPerPrompt),
    cluster: pairs.map(({ cluster }) => cluster),
  };
}

/** What each row counts, divided by the number of rows of its prompt where prompts count alike. */
function weightsOf(
  rows: readonly { readonly weight: number; readonly cluster: string }[],
  perPrompt: boolean,
): Float64Array {
  const counts = new Map<string, number>();
  for (const { cluster } of rows) counts.set(cluster, (counts.get(cluster) ?? 0) + 1);
  return Float64Array.from(rows, ({ weight, cluster }) =>
    perPrompt ? weight / (counts.get(cluster) ?? 1) : weight,
  );
}

/** Scores of rows under all objectives that any of them has, sorted by name. */
export function scoreData(
  { scores }: Pick<LabelSet, 'scores'>,
  objectives: readonly string[],
  rowOf: (text: number) => number,
  { weightsPerPrompt = true }: LabelOptions = {},
): ScoreData {
  return {
    row: Int32Array.from(scores, ({ text }) => rowOf(text)),
    objectives,
    target: Float64Array.from(
      scores.flatMap(({ targets }) =>
        objectives.map((name) => (Object.hasOwn(targets, name) ? (targets[name] ?? Number.NaN) : Number.NaN)),
      ),
    ),
    weight: weightsOf(scores, weightsPerPrompt),
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
  { weightsPerPrompt = true }: LabelOptions = {},
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
  const weight = weightsOf(
    cluster.map((name) => ({ weight: 1, cluster: name })),
    weightsPerPrompt,
  );
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

/** The prompts of the rows, each once, sorted. */
export function clustersOf({ pairs, scores }: Pick<LabelSet, 'pairs' | 'scores'>): string[] {
  return [...new Set([...pairs, ...scores].map(({ cluster }) => cluster))].sort();
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
