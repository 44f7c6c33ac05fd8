/** Sequences of one context, each with the segments its KV cache holds. A segment is evaluated whole or not at all. */
import type { LlamaContextSequence, LlamaModel, Token } from 'node-llama-cpp';

/** Told after every decode; asked between decodes. */
export interface Progress {
  readonly signal: AbortSignal;
  advance(evaluated: number, generated: number): void;
}

/** A sequence and what it holds. */
export interface Slot {
  readonly sequence: LlamaContextSequence;
  held: (readonly Token[])[];
  busy: boolean;
  lastUse: number;
}

/** Log-probabilities of chosen next tokens. */
export type NextLogProbabilities = ReadonlyMap<Token, number>;

/** Leases slots; the one that holds the longest common prefix is preferred, then the least recently used. */
export interface Slots {
  readonly batchSize: number;
  lease<T>(segments: readonly (readonly Token[])[], use: (slot: Slot) => Promise<T>): Promise<T>;
}

/** Make a slot of every sequence. */
export function createSlots(sequences: readonly LlamaContextSequence[], batchSize: number): Slots {
  const slots = sequences.map((sequence): Slot => ({ sequence, held: [], busy: false, lastUse: 0 }));
  const waiting: (() => void)[] = [];
  let clock = 0;
  return {
    batchSize,
    async lease(segments, use) {
      let slot = choose(slots, segments);
      while (slot === undefined) {
        await new Promise<void>((resolve) => waiting.push(resolve));
        slot = choose(slots, segments);
      }
      slot.busy = true;
      slot.lastUse = ++clock;
      try {
        return await use(slot);
      } catch (error) {
        // What a failed decode left behind is not to be trusted.
        slot.held = [];
        throw error;
      } finally {
        slot.busy = false;
        waiting.shift()?.();
      }
    },
  };
}

function choose(slots: readonly Slot[], segments: readonly (readonly Token[])[]): Slot | undefined {
  return slots
    .filter((slot) => !slot.busy)
    .map((slot) => ({ slot, shared: tokenCount(slot.held.slice(0, sharedSegments(slot.held, segments))) }))
    .sort((left, right) => right.shared - left.shared || left.slot.lastUse - right.slot.lastUse)[0]?.slot;
}

/** How many leading segments are equal. */
function sharedSegments(held: readonly (readonly Token[])[], wanted: readonly (readonly Token[])[]): number {
  let count = 0;
  while (count < held.length && count < wanted.length && sameTokens(held[count], wanted[count])) count++;
  return count;
}

function sameTokens(left: readonly Token[] | undefined, right: readonly Token[] | undefined): boolean {
  if (left === right) return true;
  if (left === undefined || right === undefined || left.length !== right.length) return false;
  return left.every((token, index) => token === right[index]);
}

/** Number of tokens in segments. */
export function tokenCount(segments: readonly (readonly Token[])[]): number {
  return segments.reduce((sum, segment) => sum + segment.length, 0);
}

/** Bring the sequence to hold exactly `segments`; returns the tokens evaluated and reused. */
export async function holdSegments(
  slots: Slots,
  slot: Slot,
  segments: readonly (readonly Token[])[],
  progress: Progress,
): Promise<{ evaluated: number; reused: number }> {
  await truncate(slot, sharedSegments(slot.held, segments));
  const reused = tokenCount(slot.held);
  for (const segment of segments.slice(slot.held.length)) await appendSegment(slots, slot, segment, progress);
  return { evaluated: tokenCount(segments) - reused, reused };
}

/** Keep the first `count` segments. Sequences that cannot forget exactly fall back to fewer whole segments. */
export async function truncate(slot: Slot, count: number): Promise<void> {
  let keep = count;
  for (;;) {
    slot.held = slot.held.slice(0, keep);
    const length = tokenCount(slot.held);
    if (slot.sequence.nextTokenIndex > length)
      await slot.sequence.eraseContextTokenRanges([{ start: length, end: slot.sequence.nextTokenIndex }]);
    if (slot.sequence.nextTokenIndex === length) return;
    if (keep === 0) {
      await slot.sequence.clearHistory();
      return;
    }
    keep--;
  }
}

/** Evaluate one segment after what is held, batch by batch. */
export async function appendSegment(
  slots: Slots,
  slot: Slot,
  segment: readonly Token[],
  progress: Progress,
): Promise<void> {
  for (let start = 0; start < segment.length; start += slots.batchSize) {
    progress.signal.throwIfAborted();
    const chunk = segment.slice(start, start + slots.batchSize);
    await slot.sequence.evaluateWithoutGeneratingNewTokens(chunk);
    progress.advance(chunk.length, 0);
  }
  slot.held.push(segment);
  if (slot.sequence.needsCheckpoints) await slot.sequence.takeCheckpoint();
}

/** Evaluate one segment and read the log-probabilities (over the whole vocabulary) of `next` after its last token. */
export async function appendAndRead(
  slots: Slots,
  slot: Slot,
  segment: readonly Token[],
  next: readonly Token[],
  progress: Progress,
): Promise<NextLogProbabilities> {
  const lastStart = Math.floor((segment.length - 1) / slots.batchSize) * slots.batchSize;
  for (let start = 0; start < lastStart; start += slots.batchSize) {
    progress.signal.throwIfAborted();
    await slot.sequence.evaluateWithoutGeneratingNewTokens(segment.slice(start, start + slots.batchSize));
    progress.advance(slots.batchSize, 0);
  }
  progress.signal.throwIfAborted();
  const tail = segment.slice(lastStart);
  const output = await slot.sequence.controlledEvaluate(
    tail.map((token, index) => (index === tail.length - 1 ? [token, { generateNext: readOf(next) }] : token)),
  );
  progress.advance(tail.length, 0);
  slot.held.push(segment);
  return nextLogProbabilities(output.at(-1)?.next, next);
}

/**
 * Options of controlledEvaluate that return what {@link nextLogProbabilities} needs. The greedy choice is the highest logit;
 * node-llama-cpp 3.22.1 returns what `includeMax` asks for only where `tokens` has it already.
 */
export function readOf(next: readonly Token[]) {
  return { logits: { filter: { tokens: next, includeSelected: true } }, totalLogitWeight: true } as const;
}

/** log p(t) = logit(t) − max − log Σ exp(logit − max). */
export function nextLogProbabilities(
  output: { logits?: Map<Token, number>; totalLogitWeight?: number } | undefined,
  next: readonly Token[],
): NextLogProbabilities {
  const logits = output?.logits;
  const weight = output?.totalLogitWeight;
  if (logits === undefined || weight === undefined) throw new Error('the engine returned no logits');
  const logNormalizer = Math.max(...logits.values()) + Math.log(weight);
  return new Map(
    next.map((token) => {
      const logit = logits.get(token);
      if (logit === undefined || !Number.isFinite(logit))
        throw new Error(`the engine returned no logit for token ${token}`);
      return [token, logit - logNormalizer] as const;
    }),
  );
}

/** Write tokens after `segment` until the model stops, the budget ends, or it repeats itself. All written tokens end up evaluated. */
export async function generate(
  model: LlamaModel,
  slot: Slot,
  segment: readonly Token[],
  options: { maxTokens: number; temperature: number; topP: number; seed: number },
  progress: Progress,
): Promise<{ tokens: Token[]; finish: 'stop' | 'length' | 'repetition' }> {
  const tokens: Token[] = [];
  let finish: 'stop' | 'length' | 'repetition' = 'stop';
  const before = tokenCount(slot.held) + segment.length;
  const { temperature, topP, seed } = options;
  for await (const token of slot.sequence.evaluate([...segment], {
    temperature,
    topP,
    topK: 40,
    minP: 0,
    seed,
  })) {
    if (tokens.length === 0) progress.advance(segment.length, 0);
    progress.signal.throwIfAborted();
    if (model.isSpecialToken(token) || model.isEogToken(token)) break;
    tokens.push(token);
    progress.advance(0, 1);
    if (tokens.length >= options.maxTokens) finish = 'length';
    else if (repeats(tokens)) finish = 'repetition';
    if (finish !== 'stop') break;
  }
  if (tokens.length > 0 && slot.sequence.nextTokenIndex < before + tokens.length)
    await slot.sequence.evaluateWithoutGeneratingNewTokens(tokens.slice(-1));
  slot.held.push(segment, ...tokens.map((token) => [token]));
  return { tokens, finish };
}

/** True when the end is one phrase of up to 32 tokens said four times over, at least 24 tokens in all. */
export function repeats(tokens: readonly number[]): boolean {
  for (let period = 1; period <= 32; period++) {
    const length = Math.max(period * 4, 24);
    if (length > tokens.length) continue;
    let same = true;
    for (let index = tokens.length - length + period; same && index < tokens.length; index++)
      same = tokens[index] === tokens[index - period];
    if (same) return true;
  }
  return false;
}
