import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Engine, EngineOptions } from '../../src/engine/engine.ts';
import { JurorEmbeddings } from '../../src/langchain.ts';
import type { Message } from '../../src/schema.ts';

/** Embeds a text as its length and its first character's code. */
function embedding(asked: (readonly Message[])[] = []): Pick<Engine, 'embed'> {
  return {
    async embed(conversations) {
      asked.push(...conversations);
      return conversations.map(([message]) => ({
        vector: Float32Array.of(message?.content.length ?? 0, message?.content.codePointAt(0) ?? 0),
        tokens: 1,
      }));
    },
  };
}

test('a vector for each text, as the engine gives it, in their order', async () => {
  const asked: (readonly Message[])[] = [];
  const embeddings = new JurorEmbeddings({ engine: embedding(asked) });
  expect(await embeddings.embedDocuments(['a', 'bcd'])).toEqual([
    [1, 97],
    [3, 98],
  ]);
  expect(await embeddings.embedQuery('a')).toEqual([1, 97]);
  expect(await embeddings.embedDocuments([])).toEqual([]);
  expect(asked[1]).toEqual([{ role: 'user', content: 'bcd' }]);
});

test('vectors of length 1 point where they pointed; one without a direction is an error', async () => {
  const embeddings = new JurorEmbeddings({ engine: embedding(), normalize: true });
  await fc.assert(
    fc.asyncProperty(fc.string({ minLength: 1, unit: 'grapheme' }), async (text) => {
      const [x = 0, y = 0] = await embeddings.embedQuery(text);
      expect(Math.hypot(x, y)).toBeCloseTo(1, 12);
      expect(x * (text.codePointAt(0) ?? 0)).toBeCloseTo(y * text.length, 6);
    }),
  );
  await expect(embeddings.embedQuery('')).rejects.toMatchObject({
    code: 'engine',
    message: 'expected a vector with a direction, got one of length 0',
  });
});

test('the first failure ends the other texts', async () => {
  const signals: (AbortSignal | undefined)[] = [];
  const engine: Pick<Engine, 'embed'> = {
    async embed([conversation], options?: EngineOptions) {
      signals.push(options?.signal);
      if (conversation?.[0]?.content === 'bad') throw new Error('no such luck');
      return new Promise(() => {});
    },
  };
  await expect(new JurorEmbeddings({ engine }).embedDocuments(['a', 'bad', 'c'])).rejects.toThrow(
    'no such luck',
  );
  expect(signals.map((signal) => signal?.aborted)).toEqual([true, true, true]);
});
