/** What decides how a model cuts text into tokens, as digests that two models can be compared by. */
import { createHash } from 'node:crypto';
import type { GgufMetadata, LlamaModel, Token } from 'node-llama-cpp';
import type { Tokenizer } from './engine.ts';
import type { Renderer } from './llama-child-render.ts';

/** What a model file declares of its vocabulary. */
export type Vocabulary = GgufMetadata['tokenizer']['ggml'] & {
  readonly remove_extra_whitespaces?: boolean;
  readonly escape_whitespaces?: boolean;
  readonly precompiled_charsmap?: readonly number[];
};

const known = new WeakMap<LlamaModel, Tokenizer>();

/** How this model cuts conversations into tokens; a vocabulary is read once. */
export function tokenizerOf(model: Renderer): Tokenizer {
  const tokenizer = known.get(model.model) ?? readTokenizer(model);
  known.set(model.model, tokenizer);
  return tokenizer;
}

function readTokenizer(model: Renderer): Tokenizer {
  const vocabulary: Vocabulary = model.model.fileInfo.metadata.tokenizer.ggml;
  const conversations = [['user'], ['system', 'user'], ['system', 'user', 'assistant', 'user']] as const;
  const gaps = conversations.map((roles) =>
    model.template.gaps([...roles, 'assistant']).map((gap) => [...gap]),
  );
  return {
    ...vocabularyDigest(vocabulary),
    template: sha256(gaps),
    endOfTurn: Number(endOfTurnOf(model)),
  };
}

/**
 * The token that the template itself writes after an assistant's turn. What a file declares as its end of text may be another one:
 * a base model and the chat model tuned from it often differ in that alone.
 */
export function endOfTurnOf({ model, template, endOfTurn }: Renderer): Token {
  const [, , gap = []] = template.gaps(['user', 'assistant', 'user', 'assistant']);
  return gap.find((token) => model.isSpecialToken(token)) ?? endOfTurn;
}

/** Declared by converters for embedding rows that no text reaches. */
const unusedType = 5;

/**
 * Digest of all that decides which tokens a text becomes: the tokens and their kinds, merges (scores where there are none), the rules
 * for cutting words, and spaces. Left out are the ids of tokens for beginnings, ends and padding, which no text yields, and
 * unused tokens at the end, by which files of one vocabulary are padded to different sizes.
 */
export function vocabularyDigest(declared: Vocabulary): Pick<Tokenizer, 'name' | 'vocabulary'> {
  const types: readonly number[] = declared.token_type ?? [];
  let size = declared.tokens.length;
  while (size > 0 && types[size - 1] === unusedType) size--;
  const merges = declared.merges ?? [];
  const vocabulary = sha256([
    declared.model,
    declared.pre ?? 'default',
    Array.from(declared.tokens).slice(0, size),
    Array.from(types).slice(0, size),
    Array.from(merges),
    merges.length > 0 ? [] : Array.from(declared.scores ?? []).slice(0, size),
    declared.unknown_token_id ?? null,
    declared.add_space_prefix ?? null,
    declared.remove_extra_whitespaces ?? null,
    declared.escape_whitespaces ?? null,
    Array.from(declared.precompiled_charsmap ?? []),
  ]);
  const name = `${declared.model}/${declared.pre ?? 'default'}, ${size} tokens`;
  return { name, vocabulary };
}

function sha256(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
