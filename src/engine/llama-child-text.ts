/** Tokens to text as they are written: whole characters only, and nothing of a text that ends the answer. */
import type { Token } from 'node-llama-cpp';

/** Takes tokens and gives text that is final. */
export interface TextWriter {
  /** Text that became final with this token; often empty. */
  write(token: Token): string;
  /** True once a stop text was written: nothing follows. */
  readonly stopped: boolean;
  /** Which one it was; undefined before. */
  readonly stopText: string | undefined;
  /** What was held back for what might have followed. */
  end(): string;
}

/** A character has at most four bytes; so many tokens without an end of one are no character. */
const longestStall = 16;
/** Tokens that decide how the next one is spelled. */
const context = 8;

/**
 * Make a writer. `detokenize` spells tokens after others; bytes of an unfinished character come as U+FFFD. `begun` are the tokens
 * of the answer that stand before the first one written.
 */
export function createTextWriter(
  detokenize: (tokens: readonly Token[], before: readonly Token[]) => string,
  stop: readonly string[],
  begun: readonly Token[] = [],
): TextWriter {
  let before: readonly Token[] = begun.slice(-context);
  let pending: Token[] = [];
  let pause = createPause();
  let held = '';
  let stopText: string | undefined;

  const spell = (): string => {
    const text = detokenize(pending, before);
    before = [...before, ...pending].slice(-context);
    pending = [];
    pause = createPause();
    return text;
  };
  const release = (text: string): string => {
    held += text;
    const found = stop
      .map((ending) => ({ ending, index: held.indexOf(ending) }))
      .filter(({ index }) => index >= 0)
      .sort((left, right) => left.index - right.index || right.ending.length - left.ending.length)[0];
    stopText = found?.ending;
    const length = found ? found.index : held.length - unfinished(held, stop);
    const released = held.slice(0, length);
    held = found ? '' : held.slice(length);
    return released;
  };

  return {
    get stopped() {
      return stopText !== undefined;
    },
    get stopText() {
      return stopText;
    },
    write(token) {
      if (stopText !== undefined) return '';
      pending.push(token);
      if (pause(detokenize(pending, before))) return '';
      return release(spell());
    },
    end() {
      if (stopText !== undefined) return '';
      const last = pending.length > 0 ? release(spell()) : '';
      const rest = last + held;
      held = '';
      return rest;
    },
  };
}

/**
 * Says of tokens spelled together, one more at each call, whether to wait for the next one: their end is not the end of a character,
 * and one still comes.
 */
function createPause(): (spelled: string) => boolean {
  let whole = 0;
  let stalled = 0;
  return (spelled) => {
    const length = spelled.replace(/\ufffd+$/, '').length;
    stalled = length > whole ? 1 : stalled + 1;
    whole = length;
    return length < spelled.length && stalled < longestStall;
  };
}

/** Length of the longest end of `text` that begins a stop text. */
function unfinished(text: string, stop: readonly string[]): number {
  const longest = Math.max(0, ...stop.map(({ length }) => length - 1));
  for (let length = Math.min(longest, text.length); length > 0; length--)
    if (stop.some((ending) => ending.length > length && ending.startsWith(text.slice(-length))))
      return length;
  return 0;
}

/** How {@link tokenEnds} spells tokens. */
export interface Spelling {
  /** Text of tokens after others; bytes of an unfinished character come as U+FFFD. */
  detokenize(tokens: readonly Token[], before: readonly Token[]): string;
  /** What stands before the first token. */
  readonly before: readonly Token[];
}

/**
 * For each token of a well-formed text the place, in UTF-16 code units, after the last character that it has a part of. Null where
 * the tokens spell another text.
 */
export function tokenEnds(
  text: string,
  tokens: readonly Token[],
  { detokenize, before }: Spelling,
): number[] | null {
  const ends: number[] = [];
  let known = [...before];
  let pending: Token[] = [];
  let pause = createPause();
  let place = 0;
  for (const token of tokens) {
    pending.push(token);
    const spelled = detokenize(pending, known);
    const length = commonLength(spelled, text, place);
    const whole = length === spelled.length;
    ends.push(place + length + (whole ? 0 : characterLength(text, place + length)));
    if (pause(spelled)) continue;
    if (!whole) return null;
    place += length;
    known = [...known, ...pending].slice(-context);
    pending = [];
    pause = createPause();
  }
  const last = pending.length === 0 ? '' : detokenize(pending, known);
  return text.slice(place) === last ? ends : null;
}

function commonLength(spelled: string, text: string, place: number): number {
  let length = 0;
  while (length < spelled.length && spelled[length] === text[place + length]) length++;
  return length;
}

function characterLength(text: string, place: number): number {
  const character = text.codePointAt(place);
  return character === undefined ? 0 : String.fromCodePoint(character).length;
}
