/** Shortlisted verdicts with what was judged, as the page shows them. */
import { firstErrorOf, isProcessLabel } from '../aggregate/process.ts';
import { engineIdentity, engineLabels } from '../judge/identity.ts';
import { judgedTexts, type SampleBook } from '../preference/sample-book.ts';
import type { EngineId, Judgment, Label } from '../schema.ts';
import type { Reading, ShownSample, UnscoredSample } from './report.ts';
import type { ShortlistedVerdict } from './tally.ts';

/** What may be shown of a sample. */
export interface ShowOptions {
  /** The texts; null where there are none or they are not to be shown. */
  readonly book: SampleBook | null;
  /** Nothing that quotes what was judged, critiques included. */
  readonly redact: boolean;
  readonly engines: readonly EngineId[];
}

/** A contested verdict in full. Throws JurorError `data`, naming the sample, where the book has other texts than were judged. */
export function showSample(
  { row, verdict, judgments, contest, label }: ShortlistedVerdict,
  { book, redact, engines }: ShowOptions,
): ShownSample {
  const found = book === null ? null : judgedTexts(book, row);
  const names = engineLabels(engines);
  return {
    sampleId: row.sampleId,
    contest,
    verdict,
    label: label === undefined ? null : labelText(label),
    group: row.group ?? null,
    text: found && {
      prompt: found.sample.prompt,
      reference: found.sample.reference ?? null,
      metadata: found.sample.metadata ?? {},
    },
    responses: row.responseIds.map((id, place) => ({
      id,
      model: row.models?.[place] ?? null,
      text: found?.responses[place]?.text ?? null,
    })),
    readings: judgments.map((judgment) => reading(judgment, names, redact)),
  };
}

/** A verdict without a score, with the first reason that a judgment gave. */
export function showUnscored(
  { row, verdict, judgments }: Pick<ShortlistedVerdict, 'row' | 'verdict' | 'judgments'>,
  { redact }: Pick<ShowOptions, 'redact'>,
): UnscoredSample {
  const outcome = judgments.map((judgment) => judgment.outcome).find(({ status }) => status === 'unscored');
  return {
    sampleId: row.sampleId,
    responseIds: row.responseIds,
    reasons: [...new Set(verdict.unscored)],
    message: redact || outcome?.status !== 'unscored' ? null : outcome.message,
  };
}

function reading(
  { responseIds, criterionId, engine, sampleIndex, step, outcome, critique }: Judgment,
  names: ReadonlyMap<string, string>,
  redact: boolean,
): Reading {
  return {
    responseIds,
    criterionId,
    engine: names.get(engineIdentity(engine)) ?? engine.model,
    sampleIndex,
    step: step ?? null,
    outcome:
      outcome.status === 'scored'
        ? { status: 'scored', distribution: outcome.distribution }
        : { status: 'unscored', reason: outcome.reason, message: redact ? null : outcome.message },
    critique: redact ? null : critique,
  };
}

function labelText(label: Label): string {
  if (typeof label !== 'object') return String(label);
  if (!isProcessLabel(label))
    return Object.entries(label)
      .map(([criterion, value]) => `${criterion} ${value}`)
      .join(', ');
  const first = firstErrorOf(label.steps);
  const steps =
    first === null
      ? 'steps labelled in part'
      : first === 'none'
        ? 'no error'
        : `first error in step ${first + 1}`;
  const { outcome } = label;
  return outcome === undefined ? steps : `${steps}, answer ${outcome >= 0.5 ? 'right' : 'wrong'}`;
}
