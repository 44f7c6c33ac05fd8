/** What went wrong with a remote model, whether another attempt can help, and how to say it without giving a key away. */

/** What a failed attempt means. */
export interface Failure {
  /**
   * `again`: may succeed when sent again. `final`: never will, for no request. `refused`: not for this request.
   * `context`: the request is too long. `invalid`: the reply is not what the protocol says.
   */
  readonly kind: 'again' | 'final' | 'refused' | 'context' | 'invalid';
  readonly status: number | undefined;
  /** One line, without secrets. */
  readonly message: string;
  /** What the server asked for. */
  readonly retryAfterMs: number | undefined;
}

/** Takes secrets out of a text. */
export type Conceal = (text: string) => string;

const longest = 300;

/** Make a {@link Conceal} for these secrets; what looks like a key goes too. */
export function concealing(secrets: readonly string[]): Conceal {
  const known = secrets
    .filter((secret) => secret.length > 3)
    .flatMap((secret) => [secret, encodeURIComponent(secret)])
    .sort((left, right) => right.length - left.length);
  return (text) =>
    known
      .reduce((rest, secret) => rest.replaceAll(secret, '[key]'), text)
      .replace(/\b(Bearer|Basic)\s+[^\s"']+/gi, '$1 [key]')
      .replace(/\b(?:sk|pk|rk|gsk|xai|key|hf|csk|pplx|fw)[-_][\w*.-]{8,}/g, '[key]')
      .replace(/:\/\/[^\s/@]+@/g, '://[key]@');
}

/** Values of a structure that are secrets by the name they stand under, at any depth. */
export function secretsIn(value: unknown, named = false, depth = 0): string[] {
  if (typeof value === 'string') return named ? [value] : [];
  if (typeof value !== 'object' || value === null || depth > 6) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    secretsIn(inner, named || isSecretName(key), depth + 1),
  );
}

/** Whether a setting of this name holds a secret. */
export function isSecretName(name: string): boolean {
  return /(key|token)$|secret|passw|passphrase|credential|authorization|cookie/i.test(name);
}

/** Classify what an attempt threw. */
export function failureOf(error: unknown, conceal: Conceal): Failure {
  const chain = chainOf(error);
  const status = firstOf(chain, statusOf);
  const text = chain.map(({ message }) => message).find((message) => typeof message === 'string' && message);
  const code = firstOf(chain, codeOf);
  const failure = (kind: Failure['kind'], said = String(text ?? error)): Failure => ({
    kind,
    status,
    message: `${status === undefined ? '' : `${status} `}${tidy(conceal(said))}`.trim(),
    retryAfterMs: firstOf(chain, retryAfterOf),
  });
  const names = chain.flatMap((link) => [String(link.name ?? ''), link.constructor.name]);
  const said = chain.map(({ message }) => String(message ?? '')).join(' ');
  if (names.includes('ContextOverflowError') || tooLong.test(said) || code === 'context_length_exceeded')
    return failure('context');
  if (status === undefined) {
    if (code !== undefined && network.test(code)) return failure('again', `the connection failed (${code})`);
    if (cut.test(said) || names.some((name) => /Connection|Timeout|FetchError/.test(name)))
      return failure('again', 'the connection was cut');
    if (malformed.test(names.join(' ')) || error instanceof TypeError || code === 'OUTPUT_PARSING_FAILURE')
      return failure('invalid', `the reply is malformed: ${text ?? error}`);
    return failure('again');
  }
  if (code === 'content_filter' || /content.?(filter|management|policy)/i.test(said))
    return failure('refused');
  if (status === 413) return failure('context');
  if (status === 429)
    return failure(code === 'insufficient_quota' || /insufficient[_ ]quota/i.test(said) ? 'final' : 'again');
  if (status >= 500 || status === 408 || status === 409 || status === 425) return failure('again');
  return status >= 400 ? failure('final') : failure('invalid');
}

const tooLong =
  /context_length_exceeded|maximum context length|exceeds? (the|its) (available )?context|context window/i;
const network = /^(E[A-Z]{3,}|UND_ERR_\w+|ERR_(STREAM|SOCKET|HTTP2|TLS|SSL)\w*)$/;
const cut =
  /^terminated|fetch failed|other side closed|socket hang up|premature close|connection (error|reset|closed)/i;
const malformed =
  /SyntaxError|ZodError|OutputParserException|LengthFinishReasonError|ContentFilterFinishReasonError/;

interface Link {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly [field: string]: unknown;
}

/** An error and its causes. */
function chainOf(error: unknown): Link[] {
  const chain: Link[] = [];
  for (
    let link: unknown = error;
    isObject(link) && chain.length < 6 && !chain.includes(link);
    link = link.cause
  )
    chain.push(link);
  return chain;
}

function firstOf<Value>(chain: readonly Link[], look: (link: Link) => Value | undefined): Value | undefined {
  for (const link of chain) {
    const found = look(link);
    if (found !== undefined) return found;
  }
  return undefined;
}

function statusOf(link: Link): number | undefined {
  const response = isObject(link.response) ? link.response.status : undefined;
  return [link.status, link.statusCode, link.status_code, response].find(
    (value): value is number => typeof value === 'number' && value >= 100 && value < 600,
  );
}

function codeOf(link: Link): string | undefined {
  const body = isObject(link.error) ? link.error.code : undefined;
  return [link.code, link.lc_error_code, body].find((value): value is string => typeof value === 'string');
}

/** `retry-after-ms`, or `Retry-After` in seconds or as a date. */
function retryAfterOf(link: Link): number | undefined {
  const response = isObject(link.response) ? link.response : {};
  for (const headers of [link.headers, response.headers]) {
    const milliseconds = Number(header(headers, 'retry-after-ms') ?? Number.NaN);
    if (milliseconds >= 0) return milliseconds;
    const text = header(headers, 'retry-after')?.trim();
    if (!text) continue;
    if (Number(text) >= 0) return Number(text) * 1000;
    const date = Date.parse(text);
    if (!Number.isNaN(date)) return Math.max(0, date - Date.now());
  }
  return undefined;
}

function header(headers: unknown, name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined;
  if (!isObject(headers)) return undefined;
  const found = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  return found === undefined || found === null ? undefined : String(found);
}

function isObject(value: unknown): value is Link {
  return typeof value === 'object' && value !== null;
}

/** One line without LangChain's link to its own help, the status once, and not too long. */
function tidy(text: string): string {
  const line = text
    .replace(/Troubleshooting URL:\s*\S+/g, '')
    .replace(/\s+/g, ' ')
    .replace(/^\d{3} /, '')
    .trim();
  return line.length > longest ? `${line.slice(0, longest)}…` : line;
}
