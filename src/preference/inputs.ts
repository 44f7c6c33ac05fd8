/** What preferences can be made from: run folders, files of rewards, files of preferences, labelled data. */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { JurorError } from '../errors.ts';
import type { Preference } from '../schema.ts';
import { readRun } from '../store/run.ts';
import { readPreferences } from './file.ts';
import { preferencesFromLabels } from './labels.ts';
import { preferencesFromImplicit, preferencesFromRewards, rewardFileKind } from './reward-files.ts';
import { openReading, type RunPreferenceOptions } from './run-reading.ts';
import { preferencesFromRun } from './runs.ts';
import type { SampleBook } from './sample-book.ts';
import { type LabelledSolution, solutionsFromLabels, solutionsFromRun } from './solutions.ts';
import type { KnownOfPair } from './spool.ts';
import { type LabelWeights, truthOfPair } from './truth.ts';

/** Something preferences are made from. */
export interface PreferenceInput {
  readonly path: string;
  readonly kind: 'run' | 'implicit' | 'reward' | 'preference' | 'labels';
}

/** How inputs become preferences. */
export interface InputOptions extends RunPreferenceOptions {
  readonly temperature?: number | undefined;
  readonly weights?: LabelWeights | undefined;
}

/** What a path is. Throws JurorError `data` for one where nothing is. */
export async function recogniseInput(path: string): Promise<PreferenceInput> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new JurorError('data', 'expected a run folder or a file, got none at this path', {
      place: { file: path },
      cause,
    });
  });
  return { path, kind: found.isDirectory() ? 'run' : ((await rewardFileKind(path)) ?? 'labels') };
}

/** The preferences of an input, in its order. Labelled data must be in the book. */
export async function* preferencesOf(
  { path, kind }: PreferenceInput,
  options: InputOptions,
): AsyncGenerator<Preference> {
  const { book, weights, leftOut = () => {} } = options;
  if (kind === 'preference') return yield* readPreferences(path);
  if (kind === 'implicit') return yield* preferencesFromImplicit(path, options);
  if (kind === 'reward') return yield* preferencesFromRewards(path, options);
  if (kind === 'labels')
    return yield* preferencesFromLabels(book.samples(path), {
      file: path,
      ...(weights ? { weights } : {}),
      onUnlabelled: ({ id }) => leftOut('unlabelled', id),
    });
  await using run = await readRun(path);
  yield* preferencesFromRun(run, options);
}

/** The solutions of an input, for the stepwise format. Throws JurorError `usage` for one that has none. */
export async function* solutionsOf(
  { path, kind }: PreferenceInput,
  options: InputOptions,
): AsyncGenerator<LabelledSolution> {
  const { book, leftOut = () => {} } = options;
  if (kind === 'labels') return yield* solutionsFromLabels(book.samples(path), basename(path), leftOut);
  if (kind !== 'run')
    throw new JurorError(
      'usage',
      '--format stepwise: expected a run or data labelled step by step, got another file',
      {
        place: { file: path },
      },
    );
  await using run = await readRun(path);
  yield* solutionsFromRun(openReading(run, options));
}

/** What the data say of a preference's answers; null where they do not have them, or have other texts. */
export function knownOf(
  { sampleId, chosen, rejected, source }: Preference,
  book: SampleBook,
  weights?: LabelWeights,
): KnownOfPair | null {
  const [better, worse] = [chosen, rejected].map(({ id, sampleId: own, text }) => {
    const sample = book.find(own ?? sampleId);
    const response = sample?.responses.find((of) => of.id === id && of.text === text);
    return sample && response ? { sample, response } : undefined;
  });
  if (!better || !worse) return null;
  const same = better.sample.id === worse.sample.id;
  const truth =
    source.method === 'label'
      ? null
      : truthOfPair(better, same ? { ...worse, sample: better.sample } : worse, weights);
  const { responses } = better.sample;
  const placeOf = (id: string) => responses.findIndex((response) => response.id === id);
  // Of two samples, the one that the preference is named after comes first.
  const first = same ? placeOf(chosen.id) < placeOf(rejected.id) : chosen.sampleId === undefined;
  return { truth: truth?.probability ?? null, first };
}
