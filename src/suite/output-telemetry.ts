/** Verdicts as OpenTelemetry events, sent as OTLP over HTTP. Without capture nothing that anybody wrote leaves but names. */
import type { LogRecord } from '@opentelemetry/api';
import { SeverityNumber } from '@opentelemetry/api';
import { OTLPLogExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { LoggerProvider, type LoggerProviderOptions, type ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { JurorError } from '../errors.ts';
import type { Judgment } from '../schema.ts';
import { captureVariable, conventionNames, evaluationEvent, jurorNames } from './output-telemetry-names.ts';
import { readVerdicts, type SourcedVerdict, type VerdictSource } from './output-verdicts.ts';

/** Options of {@link sendTelemetry}. */
export interface TelemetryOptions {
  /**
   * Where to, such as `http://localhost:4318`; `/v1/logs` is added unless it ends so. Default: what
   * OTEL_EXPORTER_OTLP_LOGS_ENDPOINT or OTEL_EXPORTER_OTLP_ENDPOINT says, else `http://localhost:4318`.
   */
  readonly url?: string;
  /** Send critiques and messages of errors too. Default: false; see {@link capturesContent}. */
  readonly captureContent?: boolean;
  /** Milliseconds for one request with its retries. Default: what OTEL_EXPORTER_OTLP_TIMEOUT says, else 10,000. */
  readonly timeout?: number;
  /** Version of juror, for the scope of the events. */
  readonly version?: string;
  /** Default: the process's. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** What became of telemetry. */
export interface TelemetryReport {
  /** Events that the receiver took. */
  readonly sent: number;
  /** Why there are no more; undefined where all were taken. */
  readonly failure: string | undefined;
}

/** Events of one request. */
const batchSize = 512;

/**
 * Send one event for each verdict, named by its rubric, and one for each of its criteria, named `rubric/criterion`. Telemetry that
 * is down never throws: the report says so, and nothing is sent after a request that failed. Throws JurorError `usage` for an
 * address that is none, `store` for a folder that is no run.
 */
export async function sendTelemetry(
  sources: readonly VerdictSource[],
  { url, captureContent = false, timeout, version, environment = process.env }: TelemetryOptions = {},
): Promise<TelemetryReport> {
  if (environment.OTEL_SDK_DISABLED?.trim().toLowerCase() === 'true')
    return { sent: 0, failure: 'OTEL_SDK_DISABLED is set' };
  const exporter = new OTLPLogExporter({
    ...(url === undefined ? {} : { url: logsAddress(url) }),
    ...(timeout === undefined ? {} : { timeoutMillis: timeout }),
  });
  const waiting: ReadableLogRecord[] = [];
  const provider = new LoggerProvider({
    resource: resourceOf(environment),
    processors: [
      { onEmit: (record) => void waiting.push(record), forceFlush: async () => {}, shutdown: async () => {} },
    ],
  });
  const logger = provider.getLogger('juror', version);
  let sent = 0;
  let failure: string | undefined;
  const flush = async () => {
    const batch = waiting.splice(0);
    if (batch.length === 0) return;
    failure = await new Promise<string | undefined>((resolve) =>
      exporter.export(batch, ({ code, error }) =>
        resolve(code === 0 ? undefined : (error?.message ?? 'the receiver did not take it')),
      ),
    );
    if (failure === undefined) sent += batch.length;
  };
  try {
    for await (const sourced of readVerdicts(sources)) {
      for (const record of eventsOf(sourced, captureContent)) logger.emit(record);
      if (waiting.length >= batchSize) await flush();
      if (failure !== undefined) break;
    }
    if (failure === undefined) await flush();
  } finally {
    await exporter.shutdown();
    await provider.shutdown();
  }
  return { sent, failure };
}

/**
 * Whether the environment turns the capture of texts in events on, and, where its value is none that instrumentations know, that
 * value. `EVENT_ONLY`, `SPAN_AND_EVENT` and the older `true` do; `NO_CONTENT`, `SPAN_ONLY` and `false` do not.
 */
export function capturesContent(environment: Readonly<Record<string, string | undefined>>): {
  readonly capture: boolean;
  readonly unknown?: string;
} {
  const value = environment[captureVariable]?.trim() ?? '';
  const word = value.toUpperCase();
  if (['EVENT_ONLY', 'SPAN_AND_EVENT', 'TRUE'].includes(word)) return { capture: true };
  return ['', 'NO_CONTENT', 'SPAN_ONLY', 'FALSE'].includes(word)
    ? { capture: false }
    : { capture: false, unknown: value };
}

function logsAddress(url: string): string {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (address === undefined || !/^https?:$/.test(address.protocol))
    throw new JurorError(
      'usage',
      `--telemetry: expected an address such as http://localhost:4318, got '${url}'`,
    );
  if (!/\/v1\/logs\/?$/.test(address.pathname))
    address.pathname = `${address.pathname.replace(/\/$/, '')}/v1/logs`;
  return address.href;
}

/** What the environment says of the service; nothing of the host. */
function resourceOf(
  environment: Readonly<Record<string, string | undefined>>,
): NonNullable<LoggerProviderOptions['resource']> {
  const given = (environment.OTEL_RESOURCE_ATTRIBUTES ?? '').split(',').flatMap((pair) => {
    const [name, ...value] = pair.split('=').map((part) => part.trim());
    return name && value.length > 0 ? [[name, decoded(value.join('='))] as const] : [];
  });
  const service = environment.OTEL_SERVICE_NAME?.trim();
  const attributes = {
    'service.name': 'juror',
    ...Object.fromEntries(given),
    ...(service ? { 'service.name': service } : {}),
  };
  const resource = { attributes, merge: () => resource, getRawAttributes: () => Object.entries(attributes) };
  return resource;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The event of a verdict, then those of its criteria. */
function eventsOf(sourced: SourcedVerdict, capture: boolean): LogRecord[] {
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
