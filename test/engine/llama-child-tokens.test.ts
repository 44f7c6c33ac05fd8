import fc from 'fast-check';
import type { LlamaModel, Token } from 'node-llama-cpp';
import { expect, test } from 'vitest';
import {
  ContextOverflow,
  cutText,
  tokenizePlain,
  UnspeakableText,
} from '../../src/engine/llama-child-tokens.ts';

/** A vocabulary of characters that matches these literals in plain text too, from token 0x200000 on. */
function vocabulary(literals: readonly string[]): LlamaModel {
  const base = 0x20_0000;
  const model = {
    tokenize(text: string): Token[] {
      const tokens: number[] = [];
      for (let at = 0; at < text.length; ) {
        const special = literals.findIndex((literal) => text.startsWith(literal, at));
        const point = text.codePointAt(at) ?? 0;
        tokens.push(special < 0 ? point : base + special);
        at += special < 0 ? String.fromCodePoint(point).length : (literals[special] ?? '').length;
      }
      return tokens as Token[];
    },
    isSpecialToken: (token: Token) => token >= base,
    detokenize: (tokens: Token[]) => tokens.map((token) => literals[token - base] ?? '').join(''),
  };
  return model as unknown as LlamaModel;
}

const textOf = (tokens: readonly Token[]) => tokens.map((token) => String.fromCodePoint(token)).join('');
const runs = /\p{L}{2049}|\p{N}{2049}|\s{2049}|[^\p{L}\p{N}\s]{2049}/u;

test('a text is cut only inside runs that are too long and pieces that are too long', () => {
  const part = fc.tuple(
    fc.constantFrom('a', 'é', '𝒳', '1', ' ', '\n', '!', '\u0301', '🙂', '<|x|>'),
    fc.nat(3000),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
      const text = parts.map(([character, count]) => character.repeat(count)).join('');
      const pieces = [...cutText(text)];
      expect(pieces.join('') === text).toBe(true);
      expect(pieces.every((piece) => !runs.test(piece) && piece.isWellFormed())).toBe(true);
      if (!runs.test(text) && text.length < 200_000)
        expect(pieces.length).toBeLessThanOrEqual(1 + text.length / 2048);
    }),
    { numRuns: 30 },
  );
  expect([...cutText('a'.repeat(2047))]).toHaveLength(1);
  expect([...cutText('a'.repeat(5000))].map(({ length }) => length)).toEqual([2048, 2048, 904]);
  expect([...cutText('a b '.repeat(200_000))].map(({ length }) => length)).toEqual([
    262_144, 262_144, 262_144, 13_568,
  ]);
});

test('literals that a vocabulary matches in plain text are taken apart, however many there are and however they overlap', () => {
  const model = vocabulary(['<s>', '<|end|>', '>>', 'aa']);
  const fragment = fc.constantFrom('<s>', '<|end|>', '>', 'a', '<', 's', '|end|', ' ', 'é', '🙂');
  fc.assert(
    fc.property(fc.array(fragment, { maxLength: 60 }), (fragments) => {
      const text = fragments.join('');
      const tokens = tokenizePlain(model, text, 1000);
      expect(textOf(tokens)).toBe(text);
    }),
    { numRuns: 300 },
  );
  const many = '<s>'.repeat(60_000);
  expect(textOf(tokenizePlain(model, many, 1e6)) === many).toBe(true);
});

test('a text over the limit is refused without reading all of it; lone surrogates become U+FFFD', () => {
  let read = 0;
  const model = vocabulary([]);
  const counting = {
    ...model,
    tokenize: (text: string) => {
      read += text.length;
      return model.tokenize(text);
    },
  } as unknown as LlamaModel;
  expect(() => tokenizePlain(counting, 'ab '.repeat(2 ** 20), 1000)).toThrow(ContextOverflow);
  expect(read).toBeLessThan(300_000);
  expect(tokenizePlain(model, 'abc', 3)).toHaveLength(3);
  expect(() => tokenizePlain(model, 'abcd', 3)).toThrow('needs more than the 3 tokens');
  expect(textOf(tokenizePlain(model, 'x\ud800y', 9))).toBe('x\ufffdy');
  expect(() => tokenizePlain(vocabulary(['x']), 'x', 9)).toThrow(UnspeakableText);
});
