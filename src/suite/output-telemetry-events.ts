/** What OpenTelemetry is told of one verdict. */
import { type LogRecord, SeverityNumber } from '@opentelemetry/api';
import type { Judgment } from '../schema.ts';
import { conventionNames, evaluationEvent, jurorNames } from './output-telemetry-names.ts';
import type { SourcedVerdict } from './output-verdicts.ts';

/** The event of a verdict, then those of its criteria; with `capture` the critiques too, and messages of errors. */
export function evaluationEvents(sourced: SourcedVerdict, capture: boolean): LogRecord[] {
  const { verdict, judgments } = sourced;
  const { rubricId, score, winner, responseIds } = verdict;
  const shared = sharedAttributes(sourced);
  const label = winner === null || winner === 'tie' ? winner : winner === responseIds[0] ? 'first' : 'second';
  const whole = eventOf(
    { ...shared, ...wholeAttributes(sourced) },
    { name: rubricId, score, label, reasons: verdict.unscored, judgments, capture },
  );
  const criteria = Object.entries(verdict.perCriterion).map(([id, { score }]) => {
    const own = judgments.filter(({ criterionId }) => criterionId === id);
    return eventOf(
      { ...shared, [jurorNames.criterion]: id },
      {
        name: `${rubricId}/${id}`,
        score,
        label: verdict.mode === 'pairwise' ? sideOf(score) : likeliest(own),
        reasons: reasonsOf(own),
        judgments: own,
        capture,
      },
    );
  });
  return [whole, ...criteria];
}

interface EventParts {
  readonly name: string;
  readonly score: number | null;
  readonly label: string | null;
  readonly reasons: readonly string[];
  readonly judgments: readonly Judgment[];
  readonly capture: boolean;
}

function eventOf(
  attributes: NonNullable<LogRecord['attributes']>,
  { name, score, label, reasons, judgments, capture }: EventParts,
): LogRecord {
  const texts = unique(judgments.flatMap(({ critique }) => (critique === null ? [] : [critique.text])));
  const messages = unique(
    judgments.flatMap(({ outcome }) => (outcome.status === 'unscored' ? [outcome.message] : [])),
  );
  return {
    eventName: evaluationEvent,
    severityNumber: score === null ? SeverityNumber.WARN : SeverityNumber.INFO,
    attributes: {
      [conventionNames.name]: name,
      ...(score === null
        ? { [conventionNames.errorType]: reasons[0] ?? '_OTHER' }
        : { [conventionNames.score]: score, ...(label === null ? {} : { [conventionNames.label]: label }) }),
      ...attributes,
      [jurorNames.keys]: unique(judgments.map(({ key }) => key)),
      ...(capture && texts.length > 0
        ? { [conventionNames.explanation]: texts.join('\n\n').toWellFormed() }
        : {}),
      ...(capture && messages.length > 0
        ? { [jurorNames.errorMessage]: messages.join('\n').toWellFormed() }
        : {}),
    },
  };
}

/** What all events of a verdict have. */
function sharedAttributes({ source, runId, verdict, row, judgments }: SourcedVerdict) {
  const { suite } = source;
  const [response] = verdict.responseIds;
  return {
    ...(suite && {
      [jurorNames.suite]: suite.name,
      [jurorNames.suiteDigest]: suite.digest,
      [jurorNames.data]: suite.data,
      [jurorNames.judge]: suite.judge,
    }),
    [jurorNames.judgeModels]: unique(judgments.map(({ engine }) => engine.model)).map((name) =>
      name.toWellFormed(),
    ),
    [jurorNames.run]: runId,
    [jurorNames.rubric]: row.rubric.id,
    [jurorNames.rubricVersion]: row.rubric.version,
    [jurorNames.rubricDigest]: row.rubric.digest,
    [jurorNames.mode]: verdict.mode,
    [jurorNames.sample]: verdict.sampleId.toWellFormed(),
    [jurorNames.responses]: verdict.responseIds.map((id) => id.toWellFormed()),
    ...(row.models && { [jurorNames.responseModels]: row.models.map((name) => (name ?? '').toWellFormed()) }),
    // A pair has two; names that juror gives where the data have none are nobody's.
    ...(response !== undefined && verdict.responseIds.length === 1 && !givenNames.test(response)
      ? { [conventionNames.responseId]: response.toWellFormed() }
      : {}),
  };
}

/** Names of responses that the data do not name themselves. */
const givenNames = /^(response|output|completion|answer|solution|chosen|rejected|a|b|r)\d*$/;

function wholeAttributes({ verdict }: SourcedVerdict) {
  const { probability, flipped, abstained } = verdict;
  return {
    ...(probability === null ? {} : { [jurorNames.probability]: probability }),
    ...(flipped === null ? {} : { [jurorNames.flipped]: flipped }),
    ...(abstained && { [jurorNames.abstained]: unique(abstained.reasons.map(({ kind }) => kind)) }),
  };
}

function sideOf(score: number | null): string | null {
  return score === null ? null : score > 0.5 ? 'first' : score < 0.5 ? 'second' : 'tie';
}

/** The label with the largest mean probability over judgments; null where none has one. */
function likeliest(judgments: readonly Judgment[]): string | null {
  const sums = new Map<string, number>();
  for (const { outcome } of judgments)
    if (outcome.status === 'scored')
      for (const [label, probability] of Object.entries(outcome.distribution))
        sums.set(label, (sums.get(label) ?? 0) + probability);
  const [best] = [...sums].toSorted(([, one], [, other]) => other - one);
  return best?.[0] ?? null;
}

function reasonsOf(judgments: readonly Judgment[]): string[] {
  return judgments.flatMap(({ outcome }) => (outcome.status === 'unscored' ? [outcome.reason] : []));
}

function unique<Value>(values: readonly Value[]): Value[] {
  return [...new Set(values)];
}
