/** Hidden states of conversations. */
import type { LlamaEmbeddingContext, LlamaModel, Token } from 'node-llama-cpp';
import type { Message, ReadOut } from '../schema.ts';
import type { Embedding, ReadOutPlace } from './engine.ts';
import type { LoadedModel } from './llama-child-model.ts';
import { messageSegments, tokenize } from './llama-child-render.ts';
import type { Progress } from './llama-child-slots.ts';
import { endOfTurnOf } from './llama-child-vocabulary.ts';

const embeddingContexts = new WeakMap<LlamaModel, Promise<LlamaEmbeddingContext>>();

/** State of each conversation after the final norm, before any scaling to unit length. Throws ContextOverflow. */
export async function embed(
  loaded: LoadedModel,
  conversations: readonly (readonly Message[])[],
  readOut: ReadOut,
  progress: Progress,
): Promise<Embedding[]> {
  const { model, info } = loaded;
  let pending = embeddingContexts.get(model);
  if (pending === undefined) {
    pending = model.createEmbeddingContext({
      contextSize: info.contextSize,
      batchSize: info.contextSize,
      ...(info.threads > 0 ? { threads: info.threads } : {}),
    });
    embeddingContexts.set(model, pending);
  }
  const context = await pending;
  const embeddings: Embedding[] = [];
  for (const messages of conversations) {
    progress.signal.throwIfAborted();
    const tokens = conversationTokens(loaded, messages, readOut);
    loaded.assertFits(tokens.length + 2);
    // Some model files have the binding append an end token, whose state would be read instead.
    if (context.calculateInputLength([...tokens]) !== tokens.length)
      throw new Error(
        'the model file adds tokens to what is embedded, so the state of a chosen token cannot be read',
      );
    const { vector } = await context.getEmbeddingFor(tokens);
    embeddings.push({ vector: Float32Array.from(vector), tokens: tokens.length });
    progress.advance(tokens.length, 0);
  }
  return embeddings;
}

/** Tokens of the beginning that show where a state is read. */
const shownTokens = 12;

/** Where the state of each conversation is read, without evaluating anything. */
export function readOutPlaces(
  loaded: LoadedModel,
  conversations: readonly (readonly Message[])[],
  readOut: ReadOut,
): ReadOutPlace[] {
  const { model, info } = loaded;
  const { bos } = model.tokens;
  const end = endOfTurnOf(loaded);
  return conversations.map((messages) => {
    const tokens = conversationTokens(loaded, messages, readOut);
    const others = tokens.findIndex((token) => token !== bos);
    const begins = others < 0 ? tokens.length : others;
    const ends = tokens.length - 1 - tokens.findLastIndex((token) => token !== end);
    const show = (part: readonly Token[]) => model.detokenize(part, true);
    return {
      tokens: tokens.length,
      fits: tokens.length + 2 <= info.contextSize,
      begins,
      ends,
      before: show(tokens.slice(-shownTokens, -1)),
      read: show(tokens.slice(-1)),
    };
  });
}

/** Tokens up to the one whose state is read. */
function conversationTokens(model: LoadedModel, messages: readonly Message[], readOut: ReadOut): Token[] {
  if (readOut === 'next-turn') return messageSegments(model, messages).flat();
  const gaps = model.template.gaps(messages.map((message) => message.role));
  const tokens = messages.flatMap(({ content }, index) => [
    ...(gaps[index] ?? []),
    ...tokenize(model, content),
  ]);
  return readOut === 'turn-end' ? [...tokens, endOfTurnOf(model)] : tokens;
}
