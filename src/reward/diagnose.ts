/** What may be wrong with a training before it costs time: features that say nothing, and a head that cannot learn even a few pairs. */
import type { FeatureMatrix } from '../head/data.ts';
import { scoreMember } from '../head/head.ts';
import { trainMember } from '../head/train.ts';
import { readFeatureMatrix } from './feature-matrix.ts';
import type { FeatureOptions, FeatureReader } from './features.ts';
import type { TrainingFiles } from './training-files.ts';
import { labelSet, objectivesOf, pairData, scoreData } from './training-sets.ts';

/** What was found. */
export interface TrainingDiagnosis {
  /** Answers that were read, and those that could not be. */
  readonly read: number;
  readonly unread: Readonly<Record<string, number>>;
  /** Numbers of the state that are the same in every answer. */
  readonly constant: number;
  /** Answers whose state is that of another text. */
  readonly alike: number;
  /** Labels that a head was fitted to, and the share of them that it then has right; null without two kinds of labels. */
  readonly overfit: { readonly rows: number; readonly accuracy: number } | null;
}

/** Labels that a head must be able to learn by heart. */
export const learnedByHeart = 32;
/** The share of them that it must have right. */
export const byHeart = 0.95;

/** So small that only labels that contradict each other keep a head with more numbers than rows from learning them. */
const smallPenalty = 1e-6;

/** Read the answers of a few labels, spread over the data, and fit a head to them. Throws as the reader does. */
export async function diagnoseTraining(
  features: FeatureReader,
  { kind, rows }: TrainingFiles,
  options: FeatureOptions = {},
): Promise<TrainingDiagnosis> {
  const all = labelSet(rows, kind, () => null, { ties: 'drop' });
  const set = { ...all, pairs: spread(all.pairs), scores: spread(all.scores) };
  const used = [
    ...new Set([
      ...set.pairs.flatMap(({ left, right }) => [left, right]),
      ...set.scores.map(({ text }) => text),
    ]),
  ];
  const texts = used.map((text) => rows.texts[text] as (typeof rows.texts)[number]);
  const read = await readFeatureMatrix(features, texts, options);
  const placed = new Map(used.map((text, place) => [text, read.rows[place] as number]));
  const rowOf = (text: number) => placed.get(text) ?? -1;
  const readable = {
    ...set,
    pairs: set.pairs.filter(({ left, right }) => rowOf(left) >= 0 && rowOf(right) >= 0),
    scores: set.scores.filter(({ text }) => rowOf(text) >= 0),
  };
  return {
    read: read.matrix.rows,
    unread: read.unread,
    constant: constantColumns(read.matrix),
    alike: read.matrix.rows - distinctRows(read.matrix),
    overfit:
      kind === 'pairs'
        ? overfitPairs(readable, read.matrix, rowOf)
        : overfitScores(readable, read.matrix, rowOf),
  };
}

function spread<Row>(rows: readonly Row[]): Row[] {
  const step = Math.max(1, rows.length / learnedByHeart);
  return Array.from(
    { length: Math.min(rows.length, learnedByHeart) },
    (_, place) => rows[Math.floor(place * step)] as Row,
  );
}

function constantColumns({ rows, columns, values }: FeatureMatrix): number {
  let count = 0;
  for (let column = 0; column < columns; column++) {
    let same = true;
    for (let row = 1; row < rows && same; row++) same = values[row * columns + column] === values[column];
    if (same && rows > 1) count++;
  }
  return count;
}

function distinctRows({ rows, columns, values }: FeatureMatrix): number {
  const seen = new Set(
    Array.from({ length: rows }, (_, row) => values.subarray(row * columns, (row + 1) * columns).join(' ')),
  );
  return seen.size;
}

type Rows = Parameters<typeof pairData>[0] & Parameters<typeof scoreData>[0];

function overfitPairs(
  set: Rows,
  features: FeatureMatrix,
  rowOf: (text: number) => number,
): TrainingDiagnosis['overfit'] {
  if (set.pairs.length === 0) return null;
  const pairs = pairData(set, rowOf);
  const loss = { kind: 'bradley-terry' } as const;
  const { member } = trainMember({ features, pairs }, { loss, l2: smallPenalty, seed: 0 });
  const scores = scoreMember(member, features);
  const hits = [...pairs.target].filter(
    (target, pair) =>
      (target - 0.5) *
        ((scores[pairs.left[pair] as number] as number) - (scores[pairs.right[pair] as number] as number)) >
      0,
  );
  return { rows: pairs.target.length, accuracy: hits.length / pairs.target.length };
}

/** Scores above their middle against those below. */
function overfitScores(
  set: Rows,
  features: FeatureMatrix,
  rowOf: (text: number) => number,
): TrainingDiagnosis['overfit'] {
  const [objective] = objectivesOf(set.scores);
  const own = set.scores.filter(
    ({ targets }) => objective !== undefined && Object.hasOwn(targets, objective),
  );
  const labels = own.map(({ targets }) => targets[objective ?? ''] ?? 0);
  const middle = labels.reduce((sum, label) => sum + label, 0) / labels.length;
  if (objective === undefined || !labels.some((label) => label !== labels[0])) return null;
  const twoValued = own.map((row) => ({
    ...row,
    targets: { [objective]: (row.targets[objective] ?? 0) > middle ? 1 : 0 },
  }));
  const scores = scoreData({ scores: twoValued }, [objective], rowOf);
  const loss = { kind: 'cross-entropy' } as const;
  const { member } = trainMember({ features, scores }, { loss, l2: smallPenalty, seed: 0 });
  const found = scoreMember(member, features);
  const hits = [...scores.target].filter(
    (target, place) => (target - 0.5) * (found[scores.row[place] as number] as number) > 0,
  );
  return { rows: scores.target.length, accuracy: hits.length / scores.target.length };
}
