/** Requests to a remote model: a queue with rate limits, attempts with deadlines, back-off with full jitter. */
import { setTimeout as pause } from 'node:timers/promises';
import PQueue from 'p-queue';
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import type { Failure } from './langchain-failure.ts';

/** How hard a remote model may be pressed, and how long it is waited for. */
export interface RequestLimits {
  /** Requests in flight. Default 8. */
  readonly concurrency: number;
  /** Requests that may start in `intervalMs`. Default: no limit. */
  readonly requestsPerInterval: number;
  /** Default one minute. */
  readonly intervalMs: number;
  /** Time for one attempt. Default one minute. */
  readonly requestTimeoutMs: number;
  /** Time for a whole deliberation, with waiting and all attempts. Default ten minutes. */
  readonly deliberationTimeoutMs: number;
  /** Attempts after the first. Default 5. */
  readonly retries: number;
  /** Attempt n is followed by a pause drawn evenly from 0 to `backoffMs` · 2ⁿ. Default half a second. */
  readonly backoffMs: number;
  /** The longest such pause; what a server asks for with Retry-After is waited for on top. Default half a minute. */
  readonly maxBackoffMs: number;
}

const defaultLimits: RequestLimits = {
  concurrency: 8,
  requestsPerInterval: Number.POSITIVE_INFINITY,
  intervalMs: 60_000,
  requestTimeoutMs: 60_000,
  deliberationTimeoutMs: 600_000,
  retries: 5,
  backoffMs: 500,
  maxBackoffMs: 30_000,
};

/** Timers cannot count further. */
const longestMs = 2 ** 31 - 1;

/** The limits with their defaults. Throws JurorError `usage` for one that means nothing. */
export function limitsOf(given: Partial<RequestLimits> = {}): RequestLimits {
  const limits = { ...defaultLimits, ...given };
  const { concurrency, requestsPerInterval, intervalMs, retries, backoffMs, maxBackoffMs } = limits;
  const { requestTimeoutMs, deliberationTimeoutMs } = limits;
  const counts = (value: number) => isCount(value) || value === Number.POSITIVE_INFINITY;
  checkNumbers({ concurrency }, 'a whole number of 1 or more', isCount);
  checkNumbers({ requestsPerInterval }, 'a whole number of 1 or more, or Infinity', counts);
  checkNumbers({ retries }, 'a whole number of 0 or more', (value) => isCount(value + 1));
  const pauses = { backoffMs, maxBackoffMs };
  checkNumbers(pauses, 'a time of 0 to 24 days', (value) => value >= 0 && value <= longestMs);
  const spans = { intervalMs, requestTimeoutMs, deliberationTimeoutMs };
  checkNumbers(spans, 'a time above 0, of at most 24 days', (value) => value > 0 && value <= longestMs);
  return limits;
}

/** Throws JurorError `usage` for a number that does not fit. */
export function checkNumbers(
  values: Readonly<Record<string, number | undefined>>,
  expected: string,
  fits: (value: number) => boolean,
): void {
  for (const [name, value] of Object.entries(values))
    if (value !== undefined && !fits(value))
      throw new JurorError('usage', `${name}: expected ${expected}, got ${value}`);
}

/** Whether a number counts something that is there. */
export function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}

/** Why a request has no usable reply. `final`: no other request will have one either. */
export class Unanswered extends Error {
  readonly reason: 'context' | 'engine' | 'invalid' | 'final';
  /** HTTP status, where there was one. */
  readonly status: number | undefined;

  constructor(reason: Unanswered['reason'], message: string, status?: number) {
    super(message);
    this.name = 'Unanswered';
    this.reason = reason;
    this.status = status;
  }
}

/** What bounds all requests of one call. */
export interface Bounds {
  /** Fires when the caller gives up. */
  readonly signal: AbortSignal;
  /** On the clock of `performance.now()`. */
  readonly deadline: number;
  /** Told of further attempts. */
  readonly onEvent: Listener;
}

/** Sends requests. */
export interface Requester {
  /** Attempts after the first, of all requests so far. */
  readonly retried: number;
  /**
   * The reply of `perform`, which is called once for each attempt and should heed its signal. Throws Unanswered when there
   * is none, and JurorError `aborted`.
   */
  send<Reply>(perform: (signal: AbortSignal) => Promise<Reply>, bounds: Bounds): Promise<Reply>;
}

/** Make a requester. */
export function createRequester(limits: RequestLimits, classify: (error: unknown) => Failure): Requester {
  const limited = Number.isFinite(limits.requestsPerInterval);
  const queue = new PQueue({
    concurrency: limits.concurrency,
    ...(limited
      ? { intervalCap: limits.requestsPerInterval, interval: limits.intervalMs, strict: true }
      : {}),
  });
  /** A server that asks for a pause is not asked anything before it is over. */
  let notBefore = 0;

  const attempt = async <Reply>(
    perform: (signal: AbortSignal) => Promise<Reply>,
    signal: AbortSignal,
  ): Promise<Reply> => {
    const wait = notBefore - performance.now();
    if (wait > 0) await pause(wait, undefined, { signal });
    const slow = AbortSignal.timeout(limits.requestTimeoutMs);
    try {
      return await unlessAborted(perform, AbortSignal.any([signal, slow]));
    } catch (error) {
      if (slow.aborted && !signal.aborted)
        throw new Error(`no reply within ${seconds(limits.requestTimeoutMs)}`);
      throw error;
    }
  };

  let retried = 0;
  return {
    get retried() {
      return retried;
    },
    async send(perform, { signal, deadline, onEvent }) {
      let last = '';
      const late = () =>
        new Unanswered(
          'engine',
          `no reply within ${seconds(limits.deliberationTimeoutMs)} for all of it${last && `; ${last}`}`,
        );
      for (let tried = 0; ; tried++) {
        const left = deadline - performance.now();
        if (left <= 0) throw late();
        const over = AbortSignal.timeout(Math.ceil(left));
        const either = AbortSignal.any([signal, over]);
        try {
          return await queue.add(() => attempt(perform, either), { signal: either });
        } catch (error) {
          if (signal.aborted) throw aborted();
          if (over.aborted) throw late();
          const failure = classify(error);
          if (failure.kind !== 'again')
            throw new Unanswered(reasons[failure.kind], failure.message, failure.status);
          last = failure.message;
          if (tried >= limits.retries) throw new Unanswered('engine', `${last} (${tried + 1} attempts)`);
          const asked = failure.retryAfterMs ?? 0;
          const jitter = Math.random() * Math.min(limits.maxBackoffMs, limits.backoffMs * 2 ** tried);
          const delayMs = Math.round(asked + jitter);
          if (performance.now() + delayMs >= deadline)
            throw new Unanswered(
              'engine',
              `${last}; another attempt in ${seconds(delayMs)} would be too late`,
            );
          if (asked > 0) notBefore = Math.max(notBefore, performance.now() + asked);
          retried++;
          onEvent({
            type: 'warning',
            message: `${last}; attempt ${tried + 2} of ${limits.retries + 1} in ${seconds(delayMs)}`,
          });
          await pause(delayMs, undefined, { signal }).catch(() => {
            throw aborted();
          });
        }
      }
    },
  };
}

const reasons = { final: 'final', context: 'context', invalid: 'invalid', refused: 'invalid' } as const;

/** The error of a call whose caller gave up. */
export function aborted(): JurorError {
  return new JurorError('aborted', 'the judgment was aborted');
}

/** A time for people. */
export function seconds(milliseconds: number): string {
  return `${Number((milliseconds / 1000).toPrecision(3))} s`;
}

/** Not every model heeds a signal; its late reply is dropped. */
function unlessAborted<Reply>(
  perform: (signal: AbortSignal) => Promise<Reply>,
  signal: AbortSignal,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    perform(signal)
      .finally(() => signal.removeEventListener('abort', stop))
      .then(resolve, reject);
  });
}
