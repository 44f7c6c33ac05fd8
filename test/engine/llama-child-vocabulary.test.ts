import type { Token } from 'node-llama-cpp';
import { expect, test } from 'vitest';
import type { Renderer } from '../../src/engine/llama-child-render.ts';
import {
  endOfTurnOf,
  tokenizerOf,
  type Vocabulary,
  vocabularyDigest,
} from '../../src/engine/llama-child-vocabulary.ts';

const vocabulary: Vocabulary = {
  model: 'gpt2',
  pre: 'smollm',
  tokens: ['<|im_start|>', '<|im_end|>', 'a', 'b', 'ab'],
  token_type: [3, 3, 1, 1, 1],
  merges: ['a b'],
  bos_token_id: 0,
  eos_token_id: 1,
  unknown_token_id: 0,
  add_space_prefix: false,
};

test('whatever decides how a text is cut changes the digest', () => {
  const changed: Partial<Vocabulary>[] = [
    { model: 'llama' },
    { pre: 'qwen2' },
    { tokens: ['<|im_start|>', '<|im_end|>', 'b', 'a', 'ab'] },
    { tokens: [...vocabulary.tokens, 'ba'], token_type: [...vocabulary.token_type, 1] },
    { token_type: [3, 4, 1, 1, 1] },
    { merges: ['b a'] },
    { merges: [] },
    { merges: [], scores: [0, 0, 1, 2, 3] },
    { unknown_token_id: 2 },
    { add_space_prefix: true },
    { remove_extra_whitespaces: true },
    { precompiled_charsmap: [1] },
  ];
  const digests = [{}, ...changed].map((change) => vocabularyDigest({ ...vocabulary, ...change }).vocabulary);
  expect(new Set(digests).size).toBe(changed.length + 1);
  expect(vocabularyDigest(vocabulary).name).toBe('gpt2/smollm, 5 tokens');
});

test('what no text yields does not', () => {
  const { vocabulary: digest } = vocabularyDigest(vocabulary);
  const same: Partial<Vocabulary>[] = [
    { eos_token_id: 0, bos_token_id: 1, padding_token_id: 1, eot_token_id: 1 },
    { scores: [0, 0, 1, 2, 3] },
    // Padded to the size of a larger embedding table.
    { tokens: [...vocabulary.tokens, '[PAD5]', '[PAD6]'], token_type: [...vocabulary.token_type, 5, 5] },
  ];
  for (const change of same) expect(vocabularyDigest({ ...vocabulary, ...change }).vocabulary).toBe(digest);
});

/** A model of this vocabulary; its template writes these tokens before each turn. */
function renderer(gap: (role: string, index: number) => number[], declared = vocabulary): Renderer {
  const model = {
    fileInfo: { metadata: { tokenizer: { ggml: declared } } },
    isSpecialToken: (token: Token) => declared.token_type[token] === 3,
  };
  return {
    model,
    template: { name: '', digest: '', gaps: (roles: readonly string[]) => roles.map(gap) },
    endOfTurn: 0,
    contextSize: 8,
  } as unknown as Renderer;
}

test('a template is told by its tokens, and the end of a turn is what it writes after one', () => {
  const chat = (role: string, index: number) => [...(index > 0 ? [2, 1] : []), 0, role === 'user' ? 3 : 4];
  const own = tokenizerOf(renderer(chat));
  expect(own).toMatchObject({ name: 'gpt2/smollm, 5 tokens', endOfTurn: 1 });
  expect(tokenizerOf(renderer(chat, { ...vocabulary, eos_token_id: 0 }))).toEqual(own);
  // A default system message is in conversations without one alone.
  const greeting = (role: string, index: number) =>
    index === 0 && role === 'user' ? [0, 4, 1, ...chat(role, index)] : chat(role, index);
  expect(tokenizerOf(renderer(greeting)).template).not.toBe(own.template);
  expect(endOfTurnOf(renderer(() => [2]))).toBe(0);
});
