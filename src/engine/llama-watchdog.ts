/** When a child counts as hung: silence, measured against how fast it has been. */
import type { ModelInfo } from './llama-protocol.ts';

/** A decode may take this many times longer than the child's speed says. */
const slowness = 10;
/** The clock is read this often, or more often where the deadline is short. */
const tickMs = 500;

/** How long a child may be silent while it works. */
export interface Pace {
  expect(info: Pick<ModelInfo, 'batchSize' | 'tokensPerSecond'>): void;
  /** Told of evaluated tokens, as they are. */
  advance(evaluated: number): void;
  /** Told when there is nothing to do. */
  rest(): void;
  deadlineMs(): number;
}

/**
 * A pace that is known from a probe, or from the first batch of tokens; a machine that gets busy raises the deadline, as more tokens
 * show it. `tokensPerSecond` is what an earlier probe measured.
 */
export function createPace(
  limits: { readonly loadDeadlineMs: number; readonly leastDeadlineMs: number },
  tokensPerSecond: number | undefined,
): Pace {
  let batchSize = 512;
  let probed = tokensPerSecond;
  let seen: number | undefined;
  let tokens = 0;
  let since: number | undefined;
  return {
    expect(info) {
      batchSize = info.batchSize;
      probed = info.tokensPerSecond ?? probed;
    },
    advance(evaluated) {
      const now = performance.now();
      // The first message says when the clock may start; what came before it may have been waiting.
      if (since !== undefined) tokens += evaluated;
      since ??= now;
      if (tokens < batchSize) return;
      seen = (tokens * 1000) / (now - since);
      tokens = 0;
      since = now;
    },
    rest() {
      since = undefined;
      tokens = 0;
    },
    deadlineMs() {
      const speed = seen === undefined || probed === undefined ? (seen ?? probed) : Math.min(seen, probed);
      if (speed === undefined) return limits.loadDeadlineMs;
      return Math.max(limits.leastDeadlineMs, (slowness * 1000 * batchSize) / speed);
    },
  };
}

/** Options of {@link watchSilence}. */
export interface SilenceOptions {
  readonly isWorking: () => boolean;
  readonly deadlineMs: () => number;
  readonly onSilence: () => void;
}

/** Calls back when a child that works is silent for too long. Time in which this process itself stood still does not count. */
export function watchSilence({ isWorking, deadlineMs, onSilence }: SilenceOptions): {
  reset(): void;
  stop(): void;
} {
  let silentMs = 0;
  let last = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const tick = (): void => {
    const now = performance.now();
    const everyMs = Math.max(5, Math.min(tickMs, deadlineMs() / 4));
    silentMs = isWorking() ? silentMs + Math.min(now - last, 2 * everyMs) : 0;
    last = now;
    if (silentMs >= deadlineMs()) onSilence();
    timer = setTimeout(tick, everyMs).unref();
  };
  tick();
  return {
    reset() {
      silentMs = 0;
    },
    stop: () => clearTimeout(timer),
  };
}
