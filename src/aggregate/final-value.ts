/** What an answer comes to: the value at its end, so that answers that say the same differently can be counted together. */

/** Ways to say which value is meant, the surest first; of several places the last one counts. */
const marks: readonly RegExp[] = [
  /^\s*####\s*(.+)$/gm,
  /^[\s*_#]*(?:final answer|answer|A)[\s*_]*[:=](.+)$/gim,
  /\banswer is:?\s+(.+?)(?:[.;!?](?:\s|$)|$)/gim,
];
const number = /[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:\/\d+)?/g;

/**
 * The final value of an answer: what is in its last `\boxed{}`, else after `####`, `Answer:`, `A:` or `the answer is`, else its last
 * number; null where there is none of these. Numbers are written in one way (`1,200.0` and `1200` are equal, as are `3/4` and
 * `0.75`); other text is compared without regard to case, blanks, markup and a full stop.
 */
export function finalValue(text: string): string | null {
  const boxed = lastBoxed(text);
  const found = boxed ?? marks.map((mark) => [...text.matchAll(mark)].at(-1)?.[1]).find(Boolean);
  if (found !== undefined) {
    const numbers = found.match(number) ?? [];
    const [only] = numbers;
    if (only !== undefined && numbers.length === 1 && !found.includes('\\')) return written(only);
    const plain = found
      .replace(/[*_`$]/g, '')
      .replace(/\s+/g, ' ')
      .trim()
      .replace(/\.$/, '')
      .toLowerCase();
    if (plain !== '') return plain;
  }
  const last = text.match(number)?.at(-1);
  return last === undefined ? null : written(last);
}

function written(text: string): string {
  const [over = '', under] = text.replaceAll(',', '').split('/');
  const value = under === undefined ? Number(over) : Number(over) / Number(under);
  return Number.isFinite(value) ? String(value === 0 ? 0 : value) : text;
}

function lastBoxed(text: string): string | undefined {
  const opening = '\\boxed{';
  const start = text.lastIndexOf(opening);
  if (start < 0) return undefined;
  let depth = 1;
  for (let place = start + opening.length; place < text.length; place++) {
    if (text[place] === '{') depth++;
    if (text[place] === '}') depth--;
    if (depth === 0) return text.slice(start + opening.length, place);
  }
  return undefined;
}
