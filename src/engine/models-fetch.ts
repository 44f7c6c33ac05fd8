/** Download over HTTP that resumes, retries what can pass, and gives up within seconds on what cannot. */
import { JurorError } from '../errors.ts';
import { reasonOf } from './models-home.ts';
import { pause } from './models-lock.ts';
import type { PartFile } from './models-part.ts';

/** Options of fetchInto. */
export interface FetchOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Size that the whole file must have. */
  readonly sizeBytes?: number;
  /** Longest wait for the answer's head. Default 8 s. */
  readonly connectTimeoutMs?: number;
  /** Longest wait for the next bytes. Default 30 s. */
  readonly stallTimeoutMs?: number;
  /** Attempts in a row that bring nothing new before giving up. Default 4. */
  readonly attempts?: number;
  /** First delay between attempts; it doubles. Default 0.5 s. */
  readonly retryDelayMs?: number;
  readonly signal?: AbortSignal;
  /** Told of bytes in the file and of all bytes, 0 when unknown. */
  readonly onProgress?: (receivedBytes: number, totalBytes: number) => void;
}

/** Longest delay between attempts, also when the server asks for more. */
const LONGEST_DELAY_MS = 30_000;

class HttpFailure extends Error {
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    options: { retryable: boolean; retryAfterMs?: number | undefined; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.retryable = options.retryable;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/**
 * Fetch `url` into the part, from its end when the server can. A server that cannot be reached, or that refuses, fails at
 * once; 408, 429, 5xx, a cut and a stall are tried again with back-off. Throws an Error that says why, or JurorError
 * `aborted`.
 */
export async function fetchInto(url: string, part: PartFile, options: FetchOptions = {}): Promise<void> {
  const { attempts = 4, retryDelayMs = 500, signal } = options;
  if (options.sizeBytes !== undefined && part.receivedBytes === options.sizeBytes) return;
  const contact = { made: false };
  let most = part.receivedBytes;
  for (let failures = 0; ; ) {
    try {
      return await attempt(url, part, contact, options);
    } catch (failure) {
      if (signal?.aborted)
        throw new JurorError('aborted', 'stopped while downloading a model', { cause: failure });
      if (!(failure instanceof HttpFailure) || !failure.retryable) throw failure;
      failures = part.receivedBytes > most ? 1 : failures + 1;
      most = Math.max(most, part.receivedBytes);
      if (failures >= attempts)
        throw new Error(`${failure.message} (tried ${attempts} times)`, { cause: failure.cause });
      const delay = failure.retryAfterMs ?? retryDelayMs * 2 ** (failures - 1);
      await pause(Math.min(delay, LONGEST_DELAY_MS), signal);
    }
  }
}

async function attempt(
  url: string,
  part: PartFile,
  contact: { made: boolean },
  options: FetchOptions,
): Promise<void> {
  using watch = watchdog(options.signal);
  const response = await connect(url, part, watch, contact, options);
  contact.made = true;
  const whole = await wholeSize(response, part);
  if (whole === 'complete') return;
  if (options.sizeBytes !== undefined && whole !== undefined && whole !== options.sizeBytes) {
    await response.body?.cancel();
    throw new HttpFailure(`expected a file of ${options.sizeBytes} bytes, got one of ${whole}`, {
      retryable: false,
    });
  }
  await receive(response, part, watch, whole ?? options.sizeBytes, options);
}

/** Ask for the missing bytes and wait for the answer's head. */
async function connect(
  url: string,
  part: PartFile,
  watch: Watchdog,
  contact: { readonly made: boolean },
  options: FetchOptions,
): Promise<Response> {
  const connectTimeoutMs = options.connectTimeoutMs ?? 8_000;
  watch.expect(connectTimeoutMs, `no answer within ${connectTimeoutMs / 1000} s`);
  const headers: Record<string, string> = { 'accept-encoding': 'identity', ...options.headers };
  if (part.receivedBytes > 0) {
    headers.range = `bytes=${part.receivedBytes}-`;
    if (part.validator !== null) headers['if-range'] = part.validator;
  }
  try {
    return await fetch(url, { headers, signal: watch.signal, redirect: 'follow' });
  } catch (cause) {
    throw new HttpFailure(watch.reason ?? reasonOf(cause), { retryable: contact.made, cause });
  }
}

/** Write the answer's body to the part. */
async function receive(
  response: Response,
  part: PartFile,
  watch: Watchdog,
  totalBytes: number | undefined,
  options: FetchOptions,
): Promise<void> {
  const stallTimeoutMs = options.stallTimeoutMs ?? 30_000;
  const stalled = `nothing received for ${stallTimeoutMs / 1000} s`;
  watch.expect(stallTimeoutMs, stalled);
  const body = response.body;
  if (!body) throw new HttpFailure('the answer has no content', { retryable: true });
  const chunks = body[Symbol.asyncIterator]();
  for (;;) {
    const next = await chunks.next().catch((cause: unknown) => {
      throw new HttpFailure(watch.reason ?? `the connection was cut: ${reasonOf(cause)}`, {
        retryable: true,
        cause,
      });
    });
    if (next.done) break;
    await part.append(next.value);
    options.onProgress?.(part.receivedBytes, totalBytes ?? 0);
    watch.expect(stallTimeoutMs, stalled);
  }
  if (totalBytes !== undefined && part.receivedBytes < totalBytes) {
    throw new HttpFailure(`the connection was cut at ${part.receivedBytes} of ${totalBytes} bytes`, {
      retryable: true,
    });
  }
  if (totalBytes !== undefined && part.receivedBytes > totalBytes) {
    await part.reset();
    throw new HttpFailure(`expected ${totalBytes} bytes, got more`, { retryable: false });
  }
}

/** Bytes of the whole file, undefined when the server does not say, or `complete` when the part has them all. */
async function wholeSize(response: Response, part: PartFile): Promise<number | 'complete' | undefined> {
  const { status, headers } = response;
  const range = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
  const total = range?.[2] === undefined || range[2] === '*' ? undefined : Number(range[2]);
  if (status === 206 && range?.[1] !== undefined && Number(range[1]) === part.receivedBytes) return total;
  if (status === 200) {
    await part.reset();
    await part.commit({ validator: validatorOf(headers), committedBytes: null });
    const length = headers.get('content-length');
    const coded = (headers.get('content-encoding') ?? 'identity') !== 'identity';
    return length === null || coded ? undefined : Number(length);
  }
  await response.body?.cancel();
  if (status === 416 && total !== undefined && total === part.receivedBytes) return 'complete';
  if (status === 206 || status === 416) {
    await part.reset();
    throw new HttpFailure('the server sent another range than asked for', { retryable: true });
  }
  throw new HttpFailure(`answered ${status} ${response.statusText}`.trim() + adviceFor(status), {
    retryable: status === 408 || status === 429 || status >= 500,
    retryAfterMs: retryAfter(headers),
  });
}

function adviceFor(status: number): string {
  if (status === 401 || status === 403)
    return ': it asks for permission (for the Hugging Face hub, set HF_TOKEN)';
  return status === 404 ? ': there is no such file' : '';
}

/** A weak ETag cannot vouch for a range (RFC 9110, 13.1.5). */
function validatorOf(headers: Headers): string | null {
  const tag = headers.get('etag');
  return tag?.startsWith('"') ? tag : headers.get('last-modified');
}

function retryAfter(headers: Headers): number | undefined {
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  const milliseconds = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(milliseconds) ? undefined : Math.max(0, milliseconds);
}

interface Watchdog extends Disposable {
  readonly signal: AbortSignal;
  /** What was waited for in vain, once the watchdog has fired. */
  readonly reason: string | undefined;
  /** Fire with `reason` unless called again within the time. */
  expect(milliseconds: number, reason: string): void;
}

function watchdog(outer: AbortSignal | undefined): Watchdog {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let fired: string | undefined;
  return {
    signal: outer ? AbortSignal.any([controller.signal, outer]) : controller.signal,
    get reason() {
      return fired;
    },
    expect(milliseconds, reason) {
      clearTimeout(timer);
      timer = setTimeout(() => {
        fired = reason;
        controller.abort();
      }, milliseconds);
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      controller.abort();
    },
  };
}
