/** Judged text on the page: never markup, invisible characters made visible, directions kept apart, long texts folded. */
import { element, fill } from './dom.js';
import { count } from './words.js';

/** Characters that show nothing or move others: controls, formats, lone surrogates, fillers, separators. Line feeds and tabs stay. */
const invisible =
  /(?!\ufe0e|\ufe0f|[\n\t\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2])(?:[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|\p{Default_Ignorable_Code_Point})/gu;
const joiners = new Set(['\u200c', '\u200d']);
const tag = /^[\u{e0020}-\u{e007e}]$/u;
/** Beyond this many, marks of one text are text without a frame. */
const framedMarks = 400;
const foldedCharacters = 1_500;
const foldedLines = 24;
const unfoldedCharacters = 100_000;
const names = new Map([
  ['\u00ad', 'soft hyphen'],
  ['\u061c', 'Arabic letter mark'],
  ['\u200b', 'zero-width space'],
  ['\u200c', 'zero-width non-joiner'],
  ['\u200d', 'zero-width joiner'],
  ['\u200e', 'left-to-right mark'],
  ['\u200f', 'right-to-left mark'],
  ['\u202a', 'left-to-right embedding'],
  ['\u202b', 'right-to-left embedding'],
  ['\u202c', 'end of embedding'],
  ['\u202d', 'left-to-right override'],
  ['\u202e', 'right-to-left override'],
  ['\u2060', 'word joiner'],
  ['\u2066', 'left-to-right isolate'],
  ['\u2067', 'right-to-left isolate'],
  ['\u2068', 'isolate'],
  ['\u2069', 'end of isolate'],
  ['\ufeff', 'byte order mark'],
]);

/** @typedef {{ readonly text: string, readonly mark: string | null }} Piece */

/**
 * A text cut into what is shown as it is and marks for what cannot be seen. `mark` says what a mark stands for.
 * @param {string} text
 * @returns {Piece[]}
 */
export function piecesOf(text) {
  const lines = text.replaceAll('\r\n', '\n');
  /** @type {Piece[]} */
  const pieces = [];
  let from = 0;
  /** @type {{ character: string, from: number, to: number, times: number, hidden: string } | null} */
  let run = null;
  const close = () => {
    if (!run) return;
    if (run.from > from) pieces.push({ text: lines.slice(from, run.from), mark: null });
    pieces.push(markOf(run.character, run.times, run.hidden));
    from = run.to;
    run = null;
  };
  for (const match of lines.matchAll(invisible)) {
    const character = match[0];
    const at = match.index;
    if (joiners.has(character) && joins(lines, at)) continue;
    const to = at + character.length;
    const hidden = tag.test(character) ? String.fromCodePoint((character.codePointAt(0) ?? 0) - 0xe0000) : '';
    if (run && run.to === at && (run.character === character || (run.hidden && hidden))) {
      run.to = to;
      run.times += 1;
      run.hidden += hidden;
    } else {
      close();
      run = { character, from: at, to, times: 1, hidden };
    }
  }
  close();
  if (from < lines.length) pieces.push({ text: lines.slice(from), mark: null });
  return pieces;
}

/**
 * A joiner between letters or pictures that need it shows itself in them.
 * @param {string} text
 * @param {number} at
 */
function joins(text, at) {
  return (text.charCodeAt(at - 1) || 0) > 0x2ff && (text.charCodeAt(at + 1) || 0) > 0x2ff;
}

/**
 * @param {string} character
 * @param {number} times
 * @param {string} hidden
 * @returns {Piece}
 */
function markOf(character, times, hidden) {
  if (hidden) return { text: `hidden “${hidden}”`, mark: 'text in invisible tag characters' };
  const code = character.codePointAt(0) ?? 0;
  const address = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  const picture = code < 0x20 ? String.fromCodePoint(0x2400 + code) : code === 0x7f ? '\u2421' : address;
  const name = names.get(character);
  return {
    text: times > 1 ? `${picture}×${times}` : picture,
    mark: name ? `${name}, ${address}` : `character ${address}`,
  };
}

/**
 * A text as a string without invisible characters: for labels, options and titles.
 * @param {string} text
 * @param {number} [most] Characters; the rest is cut.
 */
export function plain(text, most = 120) {
  const line = piecesOf(cut(text, most + 1))
    .map((piece) => piece.text)
    .join('')
    .replace(/\s+/g, ' ');
  return line.length > most ? `${cut(line, most)}…` : line;
}

/**
 * A short text within a sentence, kept apart from the sentence's direction.
 * @param {string} text
 * @param {number} [most]
 */
export function shown(text, most = 200) {
  const short = cut(text, most);
  return element('bdi', { class: 'judged' }, nodesOf(short), short.length < text.length && '…');
}

/** @param {string} text */
function nodesOf(text) {
  return piecesOf(text).map((piece, index) =>
    piece.mark !== null && index < framedMarks
      ? element('span', { class: 'mark', title: piece.mark }, piece.text)
      : piece.text,
  );
}

/**
 * A text of any length, in its own lines; folded where it is long.
 * @param {string} text
 * @param {{ readonly name?: string }} [options] What the text is, for the button that unfolds it.
 */
export function passage(text, options = {}) {
  if (text === '') return element('p', { class: 'note' }, 'Empty.');
  const words = element('div', { class: 'words judged', dir: 'auto' });
  const whole = element('div', { class: 'passage' }, words);
  const beginning = beginningOf(text);
  fill(words, nodesOf(beginning));
  if (beginning.length === text.length) return whole;
  words.classList.add('folded');
  let upTo = beginning.length;
  const label = (/** @type {string} */ action) => `${action}${options.name ? ` of ${options.name}` : ''}`;
  const button = element('button', { type: 'button', class: 'fold', 'aria-expanded': 'false' });
  const tell = () => {
    const left = text.length - upTo;
    const open = left === 0;
    button.setAttribute('aria-expanded', String(open));
    words.classList.toggle('folded', !open);
    const more = Math.min(left, unfoldedCharacters);
    button.textContent = open
      ? label('Show less')
      : more === left && upTo === beginning.length
        ? label(`Show all ${count(text.length)} characters`)
        : label(`Show ${count(more)} more of ${count(left)} characters`);
  };
  button.addEventListener('click', () => {
    if (upTo === text.length) {
      upTo = beginning.length;
      fill(words, nodesOf(beginning));
    } else {
      const next = cut(text.slice(upTo), unfoldedCharacters);
      words.append(...nodesOf(next));
      upTo += next.length;
    }
    tell();
  });
  tell();
  whole.append(button);
  return whole;
}

/** @param {string} text */
function beginningOf(text) {
  let end = -1;
  for (let line = 0; line < foldedLines; line += 1) {
    end = text.indexOf('\n', end + 1);
    if (end < 0) break;
  }
  const most = Math.min(end < 0 ? text.length : end, foldedCharacters);
  // A fold that hides a line or two costs more than it saves.
  return text.length <= most * 1.2 ? text : cut(text, most);
}

/**
 * @param {string} text
 * @param {number} most
 */
function cut(text, most) {
  if (text.length <= most) return text;
  const last = text.charCodeAt(most - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? most - 1 : most);
}
