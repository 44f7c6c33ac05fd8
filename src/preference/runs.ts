/** The verdicts of a run as preferences. */
import { logOdds } from '../aggregate/logits.ts';
import type { Preference } from '../schema.ts';
import type { Run } from '../store/run.ts';
import { sideOf } from './labels.ts';
import { preferencesOfAnswers } from './pointwise.ts';
import { preferencesOfRankings } from './rankings.ts';
import { largestNats, preferenceOf } from './record.ts';
import {
  agreementOf,
  isRanked,
  openReading,
  type RunPreferenceOptions,
  type RunReading,
} from './run-reading.ts';
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
    const [first, second] = responses;
    if (!first || !second) continue;
    if (first.text === second.text) {
      leftOut('same-text', row.sampleId);
      continue;
    }
    const { score, winner, panel } = verdict;
    yield preferenceOf({
      sampleId: sample.id,
      cluster: row.cluster,
      prompt: sample.prompt,
      left: sideOf({ sample, response: first }, sample),
      right: sideOf({ sample, response: second }, sample),
      probability: score,
      tie: winner === 'tie',
      margin: natsOf(score),
      marginUnit: 'nats',
      objectives: verdict.perObjective,
      orderConsistent: verdict.flipped === null ? null : !verdict.flipped,
      agreement: panel
        ? agreementOf(
            panel.members.map((member) => member.score),
            score,
          )
        : null,
      source: { ...source, keys: verdict.judgments.toSorted() },
    });
  }
}

/** Log-odds, never more than {@link largestNats} either way. */
export function natsOf(probability: number): number {
  return Math.min(largestNats, Math.max(-largestNats, logOdds(probability)));
}
