/** Where in an answer words may be changed: sentences, blocks that stay whole, and spans that must not be touched. */

/** Part of a text, in UTF-16 code units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A sentence, or a block (code, a row of a table) that is kept or left out whole. Without the white space and list mark around it. */
export interface Unit extends Span {
  readonly kind: 'sentence' | 'block';
  /** Place of its line or paragraph in the text, from 0. */
  readonly paragraph: number;
}

/** A line of a text, without its line break. */
interface Line extends Span {
  readonly kind: 'prose' | 'code' | 'table' | 'blank';
  /** Where its content begins, after list marks, heading marks and quotation marks. */
  readonly content: number;
}

const sentences = new Intl.Segmenter('en', { granularity: 'sentence' });
const words = new Intl.Segmenter('en', { granularity: 'word' });

/** List marks, heading marks and quotation marks at the beginning of a line. */
const lineMark = /^[ \t]*(?:(?:>|#{1,6}|[-*+•–]|(?:\d{1,3}|[a-zA-Z])[.)]|(?:step|Step) \d{1,3}[.:)])[ \t]+)*/;
const fence = /^ {0,3}(`{3,}|~{3,})/;
/** What ends in a full stop and ends no sentence. */
const abbreviation =
  /(?:^|[\s(“"'])(?:(?:Dr|Mr|Mrs|Ms|Prof|St|Jr|Sr|vs|etc|e\.g|i\.e|cf|No|Fig|Eq|approx|Inc|Ltd|Co|ca|al|[A-Z])\.|\d{1,3}\.)\s*$/;

/** Sentences and whole blocks of a text, in its order. Hard line breaks inside a sentence do not end it. */
export function unitsOf(text: string): Unit[] {
  const units: Unit[] = [];
  let paragraph = -1;
  for (const group of groupsOf(linesOf(text))) {
    const [first] = group;
    const last = group.at(-1);
    if (first === undefined || last === undefined || first.kind === 'blank') continue;
    paragraph++;
    if (first.kind !== 'prose') {
      units.push({ kind: 'block', paragraph, ...trimmed(text, { start: first.start, end: last.end }) });
      continue;
    }
    const span = { start: first.content, end: last.end };
    for (const sentence of sentencesIn(text, span)) units.push({ kind: 'sentence', paragraph, ...sentence });
  }
  return units;
}

/** Code, addresses, targets of links, and a calculator's notes (`<<2*3=6>>`): what single words or numbers are not changed in. */
export function protectedSpans(text: string): Span[] {
  const code = groupsOf(linesOf(text))
    .filter(([first]) => first?.kind === 'code')
    .map((group) => ({ start: group[0]?.start ?? 0, end: group.at(-1)?.end ?? 0 }));
  const inline = [
    ...text.matchAll(/`[^`\n]+`|<<[^<>\n]*>>|\]\([^)\s]*\)|\b(?:https?:\/\/|www\.)\S+|\S+@\S+/g),
  ];
  return [...code, ...inline.map(({ index, 0: match }) => ({ start: index, end: index + match.length }))];
}

/** Whether a span shares a place with one of the others. */
export function overlaps({ start, end }: Span, others: readonly Span[]): boolean {
  return others.some((other) => start < other.end && other.start < end);
}

/** Words of a text with their places; punctuation is none. */
export function wordsOf(text: string): (Span & { readonly text: string })[] {
  return [...words.segment(text)]
    .filter(({ isWordLike }) => isWordLike)
    .map(({ index, segment }) => ({ start: index, end: index + segment.length, text: segment }));
}

/** Whether a cut here leaves code fences, inline code and bold text closed that are closed in the whole text. */
export function leavesMarkupClosed(text: string, cut: number): boolean {
  const kept = text.slice(0, cut);
  return ['`', '**', '__'].every((mark) => odd(text, mark) || !odd(kept, mark));
}

/** The lines of a text by their kind; a fence that nothing closes lasts to the end. */
export function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  let open: string | undefined;
  let start = 0;
  for (const line of text.split('\n')) {
    const mark = fence.exec(line)?.[1];
    const inside = open !== undefined;
    if (open === undefined) open = mark;
    else if (mark?.startsWith(open) && line.trim() === mark) open = undefined;
    const kind =
      inside || mark !== undefined
        ? 'code'
        : line.trim() === ''
          ? 'blank'
          : /^\s*\|/.test(line)
            ? 'table'
            : 'prose';
    lines.push({
      kind,
      start,
      end: start + line.length,
      content: start + (kind === 'prose' ? (lineMark.exec(line)?.[0].length ?? 0) : 0),
    });
    start += line.length + 1;
  }
  return lines.map((line) => ({ ...line, content: Math.min(line.content, line.end) }));
}

const english = new Set(
  'the of and to is that it for with are this you not from be have they which can by at an or as in'.split(
    ' ',
  ),
);
/** Those of them that other languages have too. */
const shared = new Set([
  'an',
  'or',
  'as',
  'in',
  'by',
  'at',
  'it',
  'for',
  'you',
  'be',
  'is',
  'to',
  'can',
  'not',
]);

/** Whether a text is English prose, by its commonest words. Rules of English do nothing to other texts. */
export function isEnglish(text: string): boolean {
  const found = wordsOf(text)
    .map((word) => word.text.toLowerCase())
    .filter((word) => /^\p{L}/u.test(word));
  const common = found.filter((word) => english.has(word));
  const plain = common.filter((word) => !shared.has(word)).length;
  return common.length >= 0.12 * found.length && (plain >= 1 || common.length >= 2);
}

/** A letter, made upper case where another is. */
export function likeCase(text: string, model: string): string {
  const first = model[0] ?? '';
  return first !== first.toLowerCase() ? `${text[0]?.toUpperCase() ?? ''}${text.slice(1)}` : text;
}

/** Lines that belong together: a block of code, rows of a table, or a sentence broken over lines. */
function groupsOf(lines: readonly Line[]): Line[][] {
  const groups: Line[][] = [];
  for (const line of lines) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    if (group && last?.kind === 'code' && line.kind === 'code') group.push(line);
    else groups.push([line]);
  }
  return groups;
}

function sentencesIn(text: string, span: Span): Span[] {
  const found: Span[] = [];
  let open: number | undefined;
  for (const { index, segment } of sentences.segment(text.slice(span.start, span.end))) {
    const start = open ?? span.start + index;
    const end = span.start + index + segment.length;
    open = abbreviation.test(text.slice(start, end)) && end < span.end ? start : undefined;
    if (open === undefined) found.push(trimmed(text, { start, end }));
  }
  return found.filter(({ start, end }) => end > start);
}

function trimmed(text: string, { start, end }: Span): Span {
  const inner = text.slice(start, end);
  return {
    start: start + (inner.length - inner.trimStart().length),
    end: end - (inner.length - inner.trimEnd().length),
  };
}

function odd(text: string, mark: string): boolean {
  return text.split(mark).length % 2 === 0;
}
