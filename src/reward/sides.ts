/** Labels and features of the prompts that are trained on, and of those that are held out. */
import { JurorError } from '../errors.ts';
import type { FeatureMatrix } from '../head/data.ts';
import { type ReadFeatures, type ReadingProgress, readFeatureMatrix } from './feature-matrix.ts';
import { isHeldOut } from './split.ts';
import type { TrainHeadOptions } from './train-options.ts';
import type { TrainingFiles } from './training-files.ts';
import type { TrainingText } from './training-rows.ts';
import { type LabelSet, labelSet, objectivesOf, type RowFilter, sizeOf } from './training-sets.ts';

/** One side. */
export interface Side {
  readonly set: LabelSet;
  readonly features: FeatureMatrix;
  /** Row of a text. */
  readonly rowOf: (text: number) => number;
  /** The text of a row. */
  readonly textOf: (row: number) => TrainingText;
  /** Comparisons that stand beside scores under several objectives; null where there are none. */
  readonly beside: LabelSet | null;
}

/** Both sides; nothing may be held out. */
export interface Sides {
  readonly training: Side;
  readonly held: Side | null;
  readonly reading: ReadingProgress;
}

/** A row of the other side, which is no loss. */
const elsewhere = '';

/** Part the prompts, and read the features of every answer that is labelled. Throws JurorError `data` where a side is empty. */
export async function readSides(options: TrainHeadOptions): Promise<Sides> {
  const { data, anchors, seed = 0, holdout = 0.2 } = options;
  if (!(holdout >= 0 && holdout < 1))
    throw new JurorError(
      'usage',
      `expected a share of prompts to hold out from 0 to below 1, got ${holdout}`,
    );
  if (anchors && anchors.kind !== data.kind)
    throw new JurorError('usage', `expected anchors with ${data.kind} as the data have, got ${anchors.kind}`);
  const known = new Set(anchors?.rows.texts.map(({ cluster }) => cluster));
  const isHeld = (cluster: string) => !anchors && isHeldOut(cluster, holdout, seed);
  const train: RowFilter = (cluster) =>
    known.has(cluster) ? 'prompt of the anchors' : isHeld(cluster) ? elsewhere : null;
  const test: RowFilter = (cluster) => (isHeld(cluster) ? null : elsewhere);

  const setsOf = ({ rows, kind }: TrainingFiles, filter: RowFilter) => [
    labelSet(rows, kind, filter, options),
    ...(hasBeside({ rows, kind }) ? [labelSet(rows, 'pairs', filter, options)] : []),
  ];
  const wanted = [train, test].flatMap((filter) => setsOf(data, filter));
  const own = await readTexts(options, data, wanted);
  const training = sideOf(options, data, own, train);
  if (sizeOf(training.set) === 0) throw nothing('to train on', training.set);
  if (anchors) {
    const all: RowFilter = () => null;
    const read = await readTexts(options, anchors, setsOf(anchors, all), own.progress);
    const held = sideOf(options, anchors, read, all);
    if (sizeOf(held.set) === 0) throw nothing('among the anchors', held.set);
    return { training, held, reading: read.progress };
  }
  const held = holdout === 0 ? null : sideOf(options, data, own, test);
  if (held && sizeOf(held.set) === 0)
    throw nothing(`to hold out with a share of ${holdout} and seed ${seed}; 0 holds out none`, held.set);
  return { training, held, reading: own.progress };
}

type Read = ReadFeatures & Pick<Side, 'rowOf' | 'textOf'>;

async function readTexts(
  { features, signal, onEvent, onProgress }: TrainHeadOptions,
  { rows: { texts } }: TrainingFiles,
  sets: readonly LabelSet[],
  before: ReadingProgress = { done: 0, total: 0, read: 0, found: 0 },
): Promise<Read> {
  const named = sets.flatMap(({ pairs, scores }) => [
    ...pairs.flatMap(({ left, right }) => [left, right]),
    ...scores.map(({ text }) => text),
  ]);
  const used = [...new Set(named)].sort((left, right) => left - right);
  const add = (progress: ReadingProgress): ReadingProgress => ({
    done: before.done + progress.done,
    total: before.total + progress.total,
    read: before.read + progress.read,
    found: before.found + progress.found,
  });
  const asked = used.map((text) => texts[text] as (typeof texts)[number]);
  const read = await readFeatureMatrix(features, asked, {
    ...(signal ? { signal } : {}),
    ...(onEvent ? { onEvent } : {}),
    ...(onProgress ? { onProgress: (progress) => onProgress(add(progress)) } : {}),
  });
  const rows = new Int32Array(texts.length).fill(-1);
  const shown: TrainingText[] = [];
  for (const [index, text] of used.entries()) {
    const row = read.rows[index] as number;
    rows[text] = row;
    if (row >= 0) shown[row] = texts[text] as TrainingText;
  }
  return {
    ...read,
    progress: add(read.progress),
    rowOf: (text) => rows[text] as number,
    textOf: (row) => shown[row] as TrainingText,
  };
}

function sideOf(
  options: TrainHeadOptions,
  { rows, kind }: TrainingFiles,
  read: Read,
  filter: RowFilter,
): Side {
  const readable: RowFilter = (_, texts) =>
    texts.every((text) => read.rowOf(text) >= 0) ? null : 'an answer that cannot be read';
  const set = labelSet(rows, kind, filter, options, readable);
  const beside = hasBeside({ rows, kind }) ? labelSet(rows, 'pairs', filter, options, readable) : null;
  return { set, features: read.matrix, rowOf: read.rowOf, textOf: read.textOf, beside };
}

function hasBeside({ rows, kind }: TrainingFiles): boolean {
  return kind === 'scores' && rows.pairs.length > 0 && objectivesOf(rows.scores).length > 1;
}

function nothing(what: string, { kind, leftOut }: LabelSet): JurorError {
  const reasons = Object.entries(leftOut).map(([reason, n]) => `${reason} ${n}`);
  return new JurorError(
    'data',
    `expected labelled ${kind} ${what}, got none${reasons.length === 0 ? '' : ` (${reasons.join(', ')})`}`,
  );
}
