/** The verdicts of a run as preferences. */
import type { Preference } from '../schema.ts';
import type { Run } from '../store/run.ts';
import { preferenceOfVerdict } from './pair-verdict.ts';
import { preferencesOfAnswers } from './pointwise.ts';
import { preferencesOfRankings } from './rankings.ts';
import { isRanked, openReading, type RunPreferenceOptions, type RunReading } from './run-reading.ts';
import { judgedTexts } from './sample-book.ts';

/**
 * Preferences of a run's verdicts, in the order of its plan. Pairs: the verdict's probability, its log-odds as margin. Answers judged
 * alone, and solutions judged step by step: every two of one prompt. Rankings: every two of a sample. Verdicts without a score,
 * that abstain or are of answers without content become none, and `leftOut` is told. Throws JurorError `data` where the data are not
 * what was judged, and `usage` for a run of several rubrics without a choice among them.
 */
export async function* preferencesFromRun(
  run: Run,
  options: RunPreferenceOptions,
): AsyncGenerator<Preference> {
  const reading = openReading(run, options);
  if (isRanked(run)) yield* preferencesOfRankings(reading);
  else if (reading.rubric.mode === 'pairwise') yield* preferencesOfPairs(reading);
  else yield* preferencesOfAnswers(reading);
}

async function* preferencesOfPairs(reading: RunReading): AsyncGenerator<Preference> {
  const { options, leftOut, source } = reading;
  for await (const { row, verdict } of reading.verdicts()) {
    const { sample, responses } = judgedTexts(options.book, row);
    const made = preferenceOfVerdict({ sample, responses, verdict, cluster: row.cluster, source }, options);
    if (typeof made === 'string') leftOut(made, row.sampleId);
    else yield made;
  }
}
