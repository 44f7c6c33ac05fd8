/** One run folder as a part of a report: its verdicts pass by once, and only columns and a shortlist stay. */

import { JurorError } from '../errors.ts';
import { rubricOf, verdictOf } from '../judge/run.ts';
import { openSampleBook, type SampleBook } from '../preference/sample-book.ts';
import type { EngineId, Judgment } from '../schema.ts';
import { readPlan } from '../store/export.ts';
import { readRun } from '../store/run.ts';
import type { RunReport, SetUp, ShownSample, TextsAtHand, TokenCounts } from './report.ts';
import { type FigureOptions, reportTally } from './rubric-report.ts';
import { showSample, showUnscored } from './shown-sample.ts';
import { addVerdict, createTally, type Tally, type TallyOptions } from './tally.ts';

/** How a run is read. */
export interface ReadRunOptions extends TallyOptions, FigureOptions {
  readonly name: RunReport['name'];
  /** Files with the texts; empty: there are none. */
  readonly data: readonly string[];
  readonly redact: boolean;
  /** What is said where the data are not those that were judged. Default: that is an error. */
  readonly withoutTexts?: string | undefined;
}

const noData =
  'A run keeps digests of texts, not the texts. Name the data that were judged with --data FILE, and prompts and answers stand here.';

/** A run as a part of a report. Throws JurorError `store` for no run folder, `data` for texts or labels that are not those of the run. */
export async function reportRun(folder: string, options: ReadRunOptions): Promise<RunReport> {
  await using run = await readRun(folder);
  const derive = verdictOf(run);
  const tallies = new Map<string, Tally>();
  const tokens = createTokenCounter();
  for await (const { row, judgments } of readPlan(run)) {
    const { id } = row.rubric;
    const tally = tallies.get(id) ?? createTally(rubricOf(run, id).rubric, row.mode, options);
    tallies.set(id, tally);
    tally.planned++;
    if (judgments === null) {
      tally.pending++;
      continue;
    }
    tokens.add(judgments);
    addVerdict(tally, row, derive(row, judgments), judgments, options);
  }
  const { juror, configuration } = run.manifest;
  const { samples, ...rest } = configuration;
  const setup: SetUp = { juror, ...rest, samples };
  const shown = await showSamples([...tallies.values()], configuration.engines, options);
  return {
    name: options.name,
    missing: null,
    texts: shown.texts,
    setup,
    tokens: tokens.counts(),
    rubrics: [...tallies.values()].map((tally, place) => ({
      ...reportTally(tally, options),
      contested: shown.contested[place] ?? [],
      unscored: tally.unscored.map((entry) => showUnscored(entry, options)),
    })),
  };
}

async function showSamples(
  tallies: readonly Tally[],
  engines: readonly EngineId[],
  options: ReadRunOptions,
): Promise<{ readonly texts: TextsAtHand; readonly contested: readonly (readonly ShownSample[])[] }> {
  const { data, redact, withoutTexts } = options;
  const show = (book: SampleBook | null) =>
    tallies.map((tally) =>
      tally.contested.entries().map((entry) => showSample(entry, { book, redact, engines })),
    );
  if (redact) return { texts: { state: 'redacted' }, contested: show(null) };
  const without = (reason: string) =>
    ({ texts: { state: 'missing', reason }, contested: show(null) }) as const;
  if (data.length === 0) return without(noData);
  try {
    using book = await openSampleBook(data, { onBadRow: () => {} });
    return { texts: { state: 'shown' }, contested: show(book) };
  } catch (error) {
    if (withoutTexts === undefined || !JurorError.isInstance(error)) throw error;
    return without(withoutTexts);
  }
}

/** Counts each key once; what a key has spared elsewhere is counted beside. */
function createTokenCounter(): {
  add(judgments: readonly Judgment[]): void;
  counts(): TokenCounts;
} {
  const keys = new Set<string>();
  const counts = { prompt: 0, generated: 0, repeated: 0, repeatedPrompt: 0 };
  return {
    add(judgments) {
      for (const { key, usage } of judgments) {
        if (keys.has(key)) {
          counts.repeated++;
          counts.repeatedPrompt += usage.prompt;
          continue;
        }
        keys.add(key);
        counts.prompt += usage.prompt;
        counts.generated += usage.generated;
      }
    },
    counts: () => ({ judgments: keys.size, ...counts }),
  };
}
