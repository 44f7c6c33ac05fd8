/** Ground truth in its many spellings. */
import type { Label, Response } from '../schema.ts';
import { type Field, type Fields, isObject, keep, kindOf, unfit } from './fields.ts';

const ties = ['tie', 'ties', 'tied', 'draw', 'equal', 'same', 'both'];
/** Ties that say more than that; the word stays in the metadata. */
const richTies = ['bothbad', 'bothgood', 'tie(bothbad)', 'tie(bothgood)', 'neither'];
const firsts = ['a', '1', 'first', 'left'];
const seconds = ['b', '2', 'second', 'right'];

/**
 * The winner that a field names: a response's id, `tie`, a model's name, or, between two, a position: a/A/1/first or
 * b/B/2/second (also as in `model_a`, `[[B]]`), 0, 0.5, 1.5 and `[[C]]` for a tie, and comparisons such as `A>B`, `A=B`, `B>>A`.
 * AlpacaEval's `preference` lies between 1 and 2. Anything else is an error.
 */
export function winnerOf(fields: Fields, field: Field, responses: readonly Response[]): string {
  const { value } = field;
  if (typeof value === 'string') {
    const named = responses.find((response) => response.id === value);
    if (named) return named.id;
    const byModel = responses.filter((response) => response.model === value);
    if (byModel.length === 1 && byModel[0]) return byModel[0].id;
  }
  const pair = responses.length === 2;
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  const position = tieOf(text) ?? (pair ? positionOf(text, field) : undefined);
  const winner =
    position?.side === undefined || position.side === 'tie' ? position?.side : responses[position.side]?.id;
  if (position === undefined || winner === undefined) {
    const ids = responses.map((response) => `"${response.id}"`).join(', ');
    const positions = pair ? ', a, b, 1, 2, 0, 0.5, "A>B", "A=B", "B>A"' : '';
    throw unfit(
      fields,
      field.name,
      `expected ${ids}, "tie"${positions} or a model's name, got ${kindOf(value)}`,
    );
  }
  if (!position.exact) keep(fields, field.name);
  return winner;
}

/** A side, and whether the spelling says nothing more. */
interface Position {
  readonly side: 0 | 1 | 'tie';
  readonly exact: boolean;
}

function wordOf(text: string): string {
  return text.toLowerCase().replaceAll(/[\s_\-[\]"']/g, '');
}

function tieOf(text: string): Position | undefined {
  const word = wordOf(text);
  if (ties.includes(word)) return { side: 'tie', exact: true };
  return richTies.includes(word) ? { side: 'tie', exact: false } : undefined;
}

function positionOf(text: string, field: Field): Position | undefined {
  const number = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isNaN(number)) return numberedPosition(number, field);
  const word = wordOf(text);
  const bare = word.replace(/^(model|response|assistant|output|answer|candidate|completion|option)(?=.)/, '');
  if (word === 'c') return { side: 'tie', exact: true };
  if (firsts.includes(bare)) return { side: 0, exact: true };
  if (seconds.includes(bare)) return { side: 1, exact: true };
  const comparison = /^(?:a(<+|>+|=+)b|b(<+|>+|=+)a)$/.exec(word);
  if (!comparison) return undefined;
  const sign = comparison[1] ?? comparison[2] ?? '';
  if (sign.startsWith('=')) return { side: 'tie', exact: true };
  const first = sign.startsWith('>') === (comparison[1] !== undefined);
  return { side: first ? 0 : 1, exact: sign.length === 1 };
}

function numberedPosition(number: number, field: Field): Position | undefined {
  if (number === 1 || number === 2) return { side: number === 1 ? 0 : 1, exact: true };
  if (number === 0 || number === 0.5 || number === 1.5) return { side: 'tie', exact: true };
  const graded = field.name.toLowerCase() === 'preference' && number > 1 && number < 2;
  return graded ? { side: number < 1.5 ? 0 : 1, exact: false } : undefined;
}

/** The label of one response: a number, true and false as 1 and 0, a map of numbers, or a choice by its word. */
export function scoreOf(fields: Fields, field: Field): Label {
  const { name, value } = field;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'string' && value.trim() !== '') return numeric(value) ?? value;
  if (isObject(value)) return scoresOf(fields, field);
  throw unfit(
    fields,
    name,
    `expected a number, true, false, a choice or {criterion: number}, got ${kindOf(value)}`,
  );
}

/** A number, where a word would be a mistake. */
export function numberOf(fields: Fields, field: Field): number {
  const label = typeof field.value === 'string' ? numeric(field.value) : field.value;
  if (typeof label === 'number' && Number.isFinite(label)) return label;
  throw unfit(fields, field.name, `expected a number, got ${kindOf(field.value)}`);
}

/** Right or wrong as 1 or 0. */
export function correctOf(fields: Fields, field: Field): number {
  const word = String(field.value).toLowerCase();
  if (['true', '1', 'correct', 'yes'].includes(word)) return 1;
  if (['false', '0', 'incorrect', 'no'].includes(word)) return 0;
  throw unfit(fields, field.name, `expected true or false, got ${kindOf(field.value)}`);
}

/** One number for each criterion. */
export function scoresOf(fields: Fields, field: Field): Record<string, number> {
  const { name, value } = field;
  if (!isObject(value) || Object.keys(value).length === 0) {
    throw unfit(fields, name, `expected {criterion: number}, got ${kindOf(value)}`);
  }
  const scores: [string, number][] = [];
  for (const [criterion, item] of Object.entries(value)) {
    if (criterion === '__proto__')
      throw unfit(fields, `${name}.${criterion}`, 'expected another criterion name');
    if (item === null) keep(fields, name);
    else scores.push([criterion, numberOf(fields, { name: `${name}.${criterion}`, value: item })]);
  }
  if (scores.length === 0) throw unfit(fields, name, 'expected at least one number, got only null');
  return Object.fromEntries(scores);
}

function numeric(text: string): number | undefined {
  const number = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isFinite(number) ? number : undefined;
}
