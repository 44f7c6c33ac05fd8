/** Data files as what a head is trained on: preferences as they are, any other labelled data by their shape. */
import { readRows, readSamples } from '../dataset.ts';
import { JurorError } from '../errors.ts';
import { readPreferences } from '../preference/file.ts';
import { preferencesFromLabels } from '../preference/labels.ts';
import type { Preference, Sample } from '../schema.ts';
import {
  createTrainingRows,
  type TrainingKind,
  type TrainingRows,
  type TrainingRowsBuilder,
} from './training-rows.ts';
import { objectivesOf } from './training-sets.ts';

/** What is read of the files. */
export interface TrainingFileOptions {
  /**
   * The kind of labels. Samples with one scored answer each are compared within their prompt only where `pairs` are asked for. Default: the
   * one kind that the files hold, and `scores` of pairs beside scores under several objectives.
   */
  readonly kind?: TrainingKind | undefined;
  /** Told of each row that cannot be used; reading goes on. Default: the first one is thrown. */
  readonly onBadRow?: (error: JurorError) => void;
  readonly signal?: AbortSignal;
}

/** Rows of one kind, and which. */
export interface TrainingFiles {
  readonly kind: TrainingKind;
  readonly rows: TrainingRows;
}

/**
 * Read files of preferences (`.jsonl` or `.parquet`) or of anything that `readSamples` reads. Throws JurorError `data` where they hold no labels
 * of the kind, and `usage` where they hold several kinds and none was named.
 */
export async function readTrainingFiles(
  files: readonly string[],
  options: TrainingFileOptions = {},
): Promise<TrainingFiles> {
  const rows = createTrainingRows();
  for (const file of files) {
    if (await holdsPreferences(file)) {
      for await (const preference of readPreferences(file)) {
        requireGoing(options.signal);
        rows.addPreference(preference);
      }
    } else await readLabelled(file, rows, options);
  }
  const found = rows.rows();
  const counts = { pairs: found.pairs.length, steps: found.steps.length, scores: found.scores.length };
  const present = (['pairs', 'steps', 'scores'] as const).filter((kind) => counts[kind] > 0);
  // Pairs beside scores under several objectives say how these are weighed.
  const weighed = counts.pairs > 0 && counts.steps === 0 && objectivesOf(found.scores).length > 1;
  const kind = options.kind ?? (weighed ? 'scores' : present[0]);
  if (kind === undefined || counts[kind] === 0) {
    const reasons = Object.entries(found.unused).map(([reason, n]) => `${reason} ${n}`);
    const got = present.length > 0 ? present.map((other) => `${counts[other]} ${other}`) : reasons;
    throw new JurorError(
      'data',
      `${files.join(', ')}: expected labelled ${kind ?? 'comparisons, scores or steps'}, got ${got.join(', ') || 'no rows'}`,
    );
  }
  if (options.kind === undefined && !weighed && present.length > 1)
    throw new JurorError(
      'usage',
      `expected data with one kind of labels or --loss to choose, got ${present.map((other) => `${counts[other]} ${other}`).join(', ')}`,
    );
  return { kind, rows: found };
}

/**
 * Comparisons that a program has as they are, without a file: those of `preferenceFromVerdict`, of `synthesise`, of anything that gives
 * preferences.
 */
export async function trainingFromPreferences(
  preferences: Iterable<Preference> | AsyncIterable<Preference>,
): Promise<TrainingFiles> {
  const rows = createTrainingRows();
  for await (const preference of preferences) rows.addPreference(preference);
  return { kind: 'pairs', rows: rows.rows() };
}

async function readLabelled(
  file: string,
  rows: TrainingRowsBuilder,
  { kind, onBadRow, signal }: TrainingFileOptions,
): Promise<void> {
  async function* samples(): AsyncGenerator<Sample> {
    for await (const sample of readSamples(file, onBadRow ? { onBadRow } : {})) {
      requireGoing(signal);
      if (sample.responses.length > 1 || kind === 'pairs') yield sample;
      else rows.addSample(sample);
    }
  }
  const labelled = { file, onUnlabelled: () => rows.addUnused('nothing to compare') };
  for await (const preference of preferencesFromLabels(samples(), labelled)) rows.addPreference(preference);
}

/** Whether the first row is a preference; a faulty one is then told by line. */
async function holdsPreferences(file: string): Promise<boolean> {
  if (!/\.(jsonl|ndjson|parquet)$/i.test(file)) return false;
  for await (const { row } of readRows(file, { onBadRow: () => {} }))
    return 'schemaVersion' in row && 'chosen' in row && 'rejected' in row && 'probability' in row;
  return false;
}

function requireGoing(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new JurorError('aborted', 'reading the training data was aborted');
}
