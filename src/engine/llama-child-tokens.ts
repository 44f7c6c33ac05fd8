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
      .update(JSON.stringify([wrapper.wrapperName, renderSlots(wrapper, ['system', 'user', 'assistant', 'user', 'assistant'])]))
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
      if (Number(match[1]) !== gaps.length - 1) throw new Error('the chat template does not keep the order of its messages');
      if (match.index > 0) gaps.at(-1)?.push(rest.slice(0, match.index));
      gaps.push([]);
      rest = rest.slice(match.index + match[0].length);
    }
    if (rest) gaps.at(-1)?.push(rest);
  }
  if (gaps.length !== count + 1) throw new Error('the chat template drops a message');
  return gaps.slice(0, count);
}

/** Longest run of one character class handed to the tokenizer at once: longer ones crash std::regex in llama.cpp. */
const longestRun = 2048;
const runPattern = new RegExp(`\\p{L}{${longestRun}}|\\p{N}{${longestRun}}|\\s{${longestRun}}|[^\\p{L}\\p{N}\\s]{${longestRun}}`, 'u');

/**
 * Tokens of untrusted text, special tokens off. Lone surrogates become U+FFFD.
 * Throws where the vocabulary yields a control token all the same.
 */
export function tokenizePlain(model: LlamaModel, text: string): Token[] {
  const tokens: Token[] = [];
  for (const piece of breakLongRuns(text.toWellFormed())) for (const token of tokenizePiece(model, piece)) tokens.push(token);
  return tokens;
}

function breakLongRuns(text: string): string[] {
  const pieces: string[] = [];
  let rest = text;
  for (let match = runPattern.exec(rest); match; match = runPattern.exec(rest)) {
    const end = match.index + match[0].length;
    pieces.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  if (rest) pieces.push(rest);
  return pieces;
}

/** Some vocabularies declare tokens that are matched in plain text too; cutting the text inside the literal prevents it. */
function tokenizePiece(model: LlamaModel, piece: string): Token[] {
  const tokens = model.tokenize(piece, false);
  const special = tokens.find((token) => model.isSpecialToken(token));
  if (special === undefined) return tokens;
  const literal = model.detokenize([special], true);
  const at = literal.length > 1 ? piece.indexOf(literal) : -1;
  if (at < 0) throw new Error('the text yields a special token that cannot be taken apart');
  return [...tokenizePiece(model, piece.slice(0, at + 1)), ...tokenizePiece(model, piece.slice(at + 1))];
}
