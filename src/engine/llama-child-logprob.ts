/** Log-probability of every token of a given text. */
import type { ContinuationRequest, TokenLogProbabilities } from './engine.ts';
import type { LoadedModel } from './llama-child-model.ts';
import { at, messageSegments, tokenize } from './llama-child-render.ts';
import {
  appendAndRead,
  holdSegments,
  nextLogProbabilities,
  type Progress,
  readOf,
  tokenCount,
} from './llama-child-slots.ts';
import { tokenEnds } from './llama-child-text.ts';
import { endOfTurnOf } from './llama-child-vocabulary.ts';

/**
 * Log-probability of each token of a continuation of the assistant's turn, and of the token that ends the turn where it is asked for.
 * Throws ContextOverflow and UnspeakableText before any evaluation.
 */
export async function logprob(
  model: LoadedModel,
  { messages, continuation, end }: Required<ContinuationRequest>,
  progress: Progress,
): Promise<TokenLogProbabilities> {
  const segments = messageSegments(model, messages);
  const text = tokenize(model, continuation);
  const tokens = end ? [...text, endOfTurnOf(model)] : text;
  model.assertFits(tokenCount(segments) + tokens.length);
  const places = tokenEnds(continuation.toWellFormed(), text, {
    detokenize: (some, before) => model.model.detokenize(some, false, before),
    // Some vocabularies drop the space that begins a text.
    before: model.model.tokenize('\n', false),
  });
  const ends = places && (end ? [...places, continuation.length] : places);
  if (tokens.length === 0) return { tokens: [], logProbabilities: [], ends };
  const slots = await model.contexts.slots('single');
  return slots.lease(segments, async (slot) => {
    const last = segments.at(-1) ?? [];
    await holdSegments(slots, slot, segments.slice(0, -1), progress);
    const first = await appendAndRead(slots, slot, last, [at(tokens, 0)], progress);
    const logProbabilities = [first.get(at(tokens, 0)) ?? Number.NaN];
    for (let start = 0; start < tokens.length - 1; start += slots.batchSize) {
      progress.signal.throwIfAborted();
      const chunk = tokens.slice(start, Math.min(start + slots.batchSize, tokens.length - 1));
      const output = await slot.sequence.controlledEvaluate(
        chunk.map((token, index) => [token, { generateNext: readOf([at(tokens, start + index + 1)]) }]),
      );
      for (const index of chunk.keys()) {
        const next = at(tokens, start + index + 1);
        logProbabilities.push(nextLogProbabilities(output[index]?.next, [next]).get(next) ?? Number.NaN);
      }
      slot.held.push(chunk);
      progress.advance(chunk.length, 0);
    }
    return { tokens: tokens.map(Number), logProbabilities, ends };
  });
}
