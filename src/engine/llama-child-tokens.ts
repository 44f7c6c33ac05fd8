/** Text to tokens: chat template with special tokens on, everything else with special tokens off. */
import { createHash } from 'node:crypto';
import {
  type ChatHistoryItem,
  type ChatWrapper,
  type LlamaModel,
  LlamaText,
  type LlamaTextValue,
  type Token,
} from 'node-llama-cpp';
import type { Turn } from './engine.ts';

/** The conversation has more tokens than the context. */
export class ContextOverflow extends Error {}

/** Chat turns with their content cut into evaluation segments; the last turn is the assistant's, cut where it goes on. */
export interface Template {
  readonly name: string;
  readonly digest: string;
  /** Template tokens around each turn's content: `gaps[i]` stands before turn `i`; nothing stands after the last. */
  gaps(roles: readonly Turn['role'][]): Token[][];
}

const slot = (index: number) => `JUROR-SLOT-${index}-END`;
const slotPattern = /JUROR-SLOT-(\d+)-END/;

/** Wrap a chat wrapper: the template is rendered around slots, so content never passes through it. */
export function createTemplate(model: LlamaModel, wrapper: ChatWrapper): Template {
  const cache = new Map<string, Token[][]>();
  return {
    name: wrapper.wrapperName,
    digest: createHash('sha256')
      .update(
        JSON.stringify([
          wrapper.wrapperName,
          renderSlots(wrapper, ['system', 'user', 'assistant', 'user', 'assistant']),
        ]),
      )
      .digest('hex'),
    gaps(roles) {
      const key = roles.join(' ');
      const known = cache.get(key);
      if (known) return known;
      const gaps = splitAtSlots(renderSlots(wrapper, roles), roles.length).map((values) =>
        LlamaText(values).tokenize(model.tokenizer),
      );
      const begin = model.tokens.shouldPrependBosToken ? model.tokens.bos : null;
      if (begin !== null && gaps[0]?.[0] !== begin) gaps[0]?.unshift(begin);
      cache.set(key, gaps);
      return gaps;
    },
  };
}

function renderSlots(wrapper: ChatWrapper, roles: readonly Turn['role'][]): readonly LlamaTextValue[] {
  const chatHistory = roles.map((role, index): ChatHistoryItem => {
    if (role === 'assistant') return { type: 'model', response: [slot(index)] };
    return { type: role, text: slot(index) };
  });
  return wrapper.generateContextState({ chatHistory }).contextText.values;
}

/** Template values before each slot; what follows the last slot is dropped. */
function splitAtSlots(values: readonly LlamaTextValue[], count: number): LlamaTextValue[][] {
  const gaps: LlamaTextValue[][] = [[]];
  for (const value of values) {
    if (typeof value !== 'string') {
      gaps.at(-1)?.push(value);
      continue;
    }
    let rest = value;
    for (let match = slotPattern.exec(rest); match; match = slotPattern.exec(rest)) {
      if (Number(match[1]) !== gaps.length - 1)
        throw new Error('the chat template does not keep the order of its messages');
      if (match.index > 0) gaps.at(-1)?.push(rest.slice(0, match.index));
      gaps.push([]);
      rest = rest.slice(match.index + match[0].length);
    }
    if (rest) gaps.at(-1)?.push(rest);
  }
  if (gaps.length !== count + 1) throw new Error('the chat template drops a message');
  return gaps.slice(0, count);
}

/** Untrusted text that the vocabulary cannot spell without a control token. */
export class UnspeakableText extends Error {}

/**
 * Tokens of untrusted text, special tokens off. Lone surrogates become U+FFFD.
 * Throws ContextOverflow, having read little more than fits, for more than `limit` tokens, and UnspeakableText where the vocabulary
 * yields a control token all the same.
 */
export function tokenizePlain(model: LlamaModel, text: string, limit: number): Token[] {
  const tokens: Token[] = [];
  for (const piece of cutText(text.toWellFormed())) {
    for (const token of tokenizePiece(model, piece)) tokens.push(token);
    if (tokens.length > limit)
      throw new ContextOverflow(`needs more than the ${limit} tokens of the context`);
  }
  return tokens;
}

/** Longest run of one character class handed to the tokenizer at once: longer ones crash std::regex in llama.cpp. */
const longestRun = 2048;
const runPattern = ['\\p{L}', '\\p{N}', '\\s', '[^\\p{L}\\p{N}\\s]']
  .map((kind) => `(?:${kind}){1,${longestRun}}`)
  .join('|');
/** Longest text handed to the tokenizer at once, in UTF-16 code units: a longer one would block the process for seconds. */
const longestPiece = 256 * 1024;

/** The text in pieces: none has a run of one character class that is too long, and none is too long itself. */
export function* cutText(text: string): Generator<string> {
  let start = 0;
  if (text.length > longestRun)
    for (const { 0: run, index } of text.matchAll(new RegExp(runPattern, 'gu'))) {
      const end = index + run.length;
      const fullRun = run.length >= longestRun && [...run].length >= longestRun;
      if (!fullRun && end - start < longestPiece) continue;
      yield text.slice(start, end);
      start = end;
    }
  if (start < text.length) yield text.slice(start);
}

/** Some vocabularies declare tokens that are matched in plain text too; cutting the text inside the literals prevents it. */
function tokenizePiece(model: LlamaModel, piece: string): Token[] {
  const tokens: Token[] = [];
  const waiting = [piece];
  for (let text = waiting.pop(); text !== undefined; text = waiting.pop()) {
    const read = model.tokenize(text, false);
    const special = read.find((token) => model.isSpecialToken(token));
    if (special === undefined) {
      for (const token of read) tokens.push(token);
      continue;
    }
    const literal = model.detokenize([special], true);
    const parts = text.split(literal);
    if (literal.length < 2 || parts.length < 2)
      throw new UnspeakableText('the text yields a special token that cannot be taken apart');
    const cut = parts.map((part, index) => {
      const before = index > 0 ? literal.slice(1) : '';
      const after = index < parts.length - 1 ? literal.slice(0, 1) : '';
      return before + part + after;
    });
    waiting.push(...cut.reverse());
  }
  return tokens;
}
