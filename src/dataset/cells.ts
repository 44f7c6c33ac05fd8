/** Values from the text of CSV cells, for the fields that are no text. */
import { aliasOf } from './fields.ts';
import { isDeeper } from './files.ts';

const structured = [
  'responses',
  'generations',
  'completions',
  'steps',
  'scores',
  'ratings',
  'labels',
  'label',
  'score',
  'turns',
  'models',
  'annotations',
  'votes',
  'annotators',
  'metadata',
  'meta',
];
const conversations = [
  'prompt',
  'messages',
  'conversation',
  'conversations',
  'conversationa',
  'conversationb',
  'chosen',
  'rejected',
  'response',
];
const numbers = ['min', 'max', 'turn'];
/** Fields for which an empty cell can only mean that there is none. */
const optional = [
  ...structured,
  ...numbers,
  'id',
  'pairid',
  'uid',
  'preference',
  'winner',
  'correct',
  'model',
  'generator',
];

/**
 * A CSV row as its writer meant it: lists and objects in the fields that hold such, conversations where each turn has a
 * role, numbers for `min`, `max` and `turn`. Everything else stays text.
 */
export function fromCells(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row)
      .filter(([name, value]) => value !== '' || !optional.includes(aliasOf(name)))
      .map(([name, value]) => [name, fromCell(name, value)]),
  );
}

/** The row without its empty cells: in a table, a cell that no field fills is empty. */
export function withoutEmptyCells(row: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== ''));
}

function fromCell(name: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const alias = aliasOf(name);
  if (numbers.includes(alias))
    return value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value;
  if (!/^\s*[[{]/.test(value)) return value;
  if (structured.includes(alias)) return parsed(value) ?? value;
  if (!conversations.includes(alias)) return value;
  const turns = parsed(value);
  const isTurn = (turn: unknown) =>
    typeof turn === 'object' && turn !== null && 'role' in turn && 'content' in turn;
  return Array.isArray(turns) && turns.length > 0 && turns.every(isTurn) ? turns : value;
}

function parsed(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !isDeeper(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
