/** A number becomes another one that looks like it. */
import type { Random } from '../aggregate/random.ts';
import { draw, type Edit, type PureEditOperator } from './edit-operator.ts';
import { linesOf, overlaps, protectedSpans, type Span } from './text-spans.ts';

/** A number in a text: its digits with separators, and the ending of an ordinal. */
export interface FoundNumber extends Span {
  readonly digits: string;
  readonly ordinal: string;
  /** The largest value that means something in its place, such as 59 for minutes. */
  readonly most: number;
}

/** Thousands separated by commas, or plain digits; a decimal point. No part of a word, version, date or telephone number. */
const numeral =
  /(?<![\p{L}\p{N}_]|\d[.,]|[\p{L}_]-)(?<digits>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?!\d|[.,]\d|[eExX][\d+-]?\d)(?<ordinal>(?:st|nd|rd|th)\b)?/gu;
const compound = /\d+(?:[-/.]\d+){2,}|\+\d[\d -]{6,}\d|\d+(?:[ -]\d{2,}){2,}|\b0[xX][\da-fA-F]+|\[\d+\]/g;

/** The numbers that may be changed, in the text's order. Numbers of lists are none. */
export function numbersIn(
  text: string,
  { start, end }: Span = { start: 0, end: text.length },
): FoundNumber[] {
  const marks = linesOf(text).map((line) => ({ start: line.start, end: line.content }));
  const compounds = [...text.matchAll(compound)].map(({ index, 0: match }) => ({
    start: index,
    end: index + match.length,
  }));
  const barred = [...protectedSpans(text), ...marks, ...compounds];
  return [...text.matchAll(numeral)]
    .map(({ index, 0: match, groups }) => ({
      start: index,
      end: index + match.length,
      digits: groups?.digits ?? '',
      ordinal: groups?.ordinal ?? '',
      most: mostAt(text, index, index + match.length),
    }))
    .filter((found) => found.start >= start && found.end <= end && !overlaps(found, barred));
}

/**
 * Another number in the same format: as many digits before and after the point, separators and leading zeros as they were, the
 * ordinal's ending of the new number. It is 10 to 50 % away where its digits allow; a year 2 to 40.
 */
export function otherNumber({ digits, ordinal, most }: FoundNumber, random: Random): string {
  const [whole = '', fraction = ''] = digits.replaceAll(',', '').split('.');
  const plainDigits = whole + fraction;
  const changed =
    plainDigits.length > 12
      ? otherDigit(plainDigits, random)
      : String(
          otherValue(Number(plainDigits), {
            ...rangeOf(whole, fraction, most),
            year: fraction === '' && !digits.includes(',') && /^(1[5-9]|20)\d\d$/.test(whole),
            random,
          }),
        ).padStart(plainDigits.length, '0');
  const integer = changed.slice(0, whole.length);
  const grouped = digits.includes(',') ? integer.replace(/\B(?=(\d{3})+$)/g, ',') : integer;
  const point = fraction === '' ? '' : `.${changed.slice(whole.length)}`;
  return `${grouped}${point}${ordinal === '' ? '' : ordinalOf(Number(integer))}`;
}

/** The text with one number in the place of another. */
export function withNumber(text: string, found: FoundNumber, number: string): Edit {
  const old = `${found.digits}${found.ordinal}`;
  return {
    text: text.slice(0, found.start) + number + text.slice(found.end),
    detail: `"${old}" became "${number}"`,
  };
}

/** Swap one number for another. */
export const swapNumber: PureEditOperator = {
  name: 'swap-number',
  objective: 'correctness',
  description: 'one number becomes another of the same format',
  length: 'same',
  apply({ answer }, random) {
    const found = draw(numbersIn(answer), random);
    return found === undefined ? null : withNumber(answer, found, otherNumber(found, random));
  },
};

/** Percentages to 100, minutes to 59, hours to 23. */
function mostAt(text: string, start: number, end: number): number {
  const before = text.slice(Math.max(0, start - 3), start);
  const after = text.slice(end, end + 3);
  if (/^ ?%/.test(after) && Number(text.slice(start, end)) <= 100) return 100;
  if (/\d:$/.test(before)) return 59;
  return /^:\d\d/.test(after) && Number(text.slice(start, end)) <= 23 ? 23 : Number.POSITIVE_INFINITY;
}

/** Integers that have the same digits before and after the point, in units of the last one; 0 is no other number. */
function rangeOf(whole: string, fraction: string, most: number): { least: number; greatest: number } {
  const unit = 10 ** fraction.length;
  const padded = whole.length > 1 && whole.startsWith('0');
  const least = whole.length === 1 || padded ? 1 : 10 ** (whole.length - 1) * unit;
  const greatest = Math.min(10 ** whole.length * unit - 1, most * unit);
  return { least, greatest: Math.max(least, greatest) };
}

function otherValue(
  value: number,
  range: {
    readonly least: number;
    readonly greatest: number;
    readonly year: boolean;
    readonly random: Random;
  },
): number {
  const { least, greatest, year, random } = range;
  const nearest = year ? 2 : Math.max(1, Math.ceil(value * 0.1));
  const farthest = year ? 40 : Math.max(nearest + 1, Math.floor(value * 0.5));
  const distance = nearest + random.below(Math.min(2 ** 32, farthest - nearest + 1));
  const signs = random.below(2) === 0 ? [1, -1] : [-1, 1];
  const near = signs
    .map((sign) => value + sign * distance)
    .find((other) => other >= least && other <= greatest);
  if (near !== undefined) return near;
  const drawn = least + random.below(Math.min(2 ** 32, greatest - least + 1));
  if (drawn !== value) return drawn;
  return value < greatest ? value + 1 : value > 1 ? value - 1 : value + 1;
}

/** One digit of a very long number, not the first. */
function otherDigit(digits: string, random: Random): string {
  const place = 1 + random.below(digits.length - 1);
  const other = (Number(digits[place]) + 1 + random.below(9)) % 10;
  return `${digits.slice(0, place)}${other}${digits.slice(place + 1)}`;
}

function ordinalOf(value: number): string {
  const teens = value % 100;
  if (teens >= 11 && teens <= 13) return 'th';
  return { 1: 'st', 2: 'nd', 3: 'rd' }[value % 10] ?? 'th';
}
