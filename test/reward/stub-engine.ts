/** An engine without a model: states are drawn from the hash of the conversation, but for what its last answer says. */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../../src/canonical.ts';
import { type Engine, UnanswerableRequest } from '../../src/engine/engine.ts';
import { JurorError } from '../../src/errors.ts';
import type { Message } from '../../src/schema.ts';

/** Numbers in its states. */
export const stubSize = 8;

/** A stub engine, and the conversations that it was asked to read. */
export interface StubEngine extends Engine {
  readonly asked: string[];
}

/** Make a stub. An answer of more than 200 characters does not fit; words `good` and `bad` show in the first two numbers. */
export function stubEngine(id: Partial<Engine['id']> = {}): StubEngine {
  const asked: string[] = [];
  return {
    asked,
    id: {
      kind: 'llama',
      model: 'stub',
      digest: 'd'.repeat(64),
      template: 't'.repeat(64),
      settings: { build: '1' },
      ...id,
    },
    concurrency: 2,
    protocol: 'logits',
    deliberate: () => Promise.reject(new Error('unused')),
    logprob: () => Promise.reject(new Error('unused')),
    async embed(conversations, { readOut = 'next-turn', signal } = {}) {
      if (signal?.aborted) throw new JurorError('aborted', 'the reading was aborted');
      return conversations.map((messages) => {
        const text = canonicalJson([messages, readOut]);
        asked.push(text);
        if (text.length > 400) throw new UnanswerableRequest('context', 'expected a shorter answer');
        return { vector: stateOf(messages, text), tokens: Math.ceil(text.length / 4) };
      });
    },
    async [Symbol.asyncDispose]() {},
  };
}

function stateOf(messages: readonly Message[], text: string): Float32Array {
  const digest = createHash('sha256').update(text).digest();
  const state = Float32Array.from(
    { length: stubSize },
    (_, place) => digest.readInt16LE(2 * place) / 2 ** 15,
  );
  const words = (messages.findLast(({ role }) => role === 'assistant')?.content ?? '').split(/\W+/);
  const count = (word: string) => words.filter((own) => own === word).length;
  state[0] = count('good') + 0.2 * (state[0] ?? 0);
  state[1] = count('bad') + 0.2 * (state[1] ?? 0);
  return state;
}
