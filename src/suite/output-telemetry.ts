/** Verdicts as OpenTelemetry events, sent as OTLP over HTTP. Without capture nothing that anybody wrote leaves but names. */
import type { LoggerProviderOptions, ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { JurorError } from '../errors.ts';
import { captureVariable } from './output-telemetry-names.ts';
import { readVerdicts, type VerdictSource } from './output-verdicts.ts';

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
  const address = url === undefined ? {} : { url: logsAddress(url) };
  // Loaded here: every start of the command line would wait for what few need.
  const { LoggerProvider } = await import('@opentelemetry/sdk-logs');
  const { OTLPLogExporter } = await import('@opentelemetry/exporter-logs-otlp-http');
  const { evaluationEvents } = await import('./output-telemetry-events.ts');
  const exporter = new OTLPLogExporter({
    ...address,
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
        resolve(code === 0 ? undefined : error?.message || 'the receiver did not take it'),
      ),
    ).catch(String);
    if (failure === undefined) sent += batch.length;
  };
  try {
    for await (const sourced of readVerdicts(sources)) {
      for (const record of evaluationEvents(sourced, captureContent)) logger.emit(record);
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
