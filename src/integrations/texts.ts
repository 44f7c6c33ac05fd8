/** What evaluators hand over, as texts: a prompt, an answer and what was expected, whatever form a program keeps them in. */
import { JurorError } from '../errors.ts';
import type { Sample } from '../schema.ts';

/** Turns of a conversation as chat APIs write them. */
interface Turn {
  readonly role: string;
  readonly content: unknown;
}

const roles: Readonly<Record<string, 'system' | 'user' | 'assistant'>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  human: 'user',
  assistant: 'assistant',
  ai: 'assistant',
};

/**
 * A prompt: a text as it is; turns of a conversation, alone or under `messages`, as turns; an object with one text as that text; anything
 * else as indented JSON, so that the judge reads all of it. Throws JurorError `usage`, naming the field, for nothing at all and for turns
 * that are no text.
 */
export function promptOf(value: unknown, field: string): Sample['prompt'] {
  const turns = turnsOf(value);
  if (turns === undefined) return textOf(value, field);
  return turns.map((turn, index) => {
    const place = `${field}.${index}`;
    const role = roles[turn.role];
    if (role === undefined) throw refused(place, `a turn of system, user or assistant, got '${turn.role}'`);
    return { role, content: contentOf(turn.content, place) };
  });
}

/**
 * An answer: a text as it is; the last turn of a conversation; a message's content; an object with one text as that text; anything else as
 * indented JSON. Throws JurorError `usage`, naming the field, for nothing at all and for a turn that is no text.
 */
export function textOf(value: unknown, field: string): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) throw refused(field, `a text, got ${value}`);
  const last = turnsOf(value)?.at(-1) ?? (isTurn(value) ? value : undefined);
  if (last !== undefined) return contentOf(last.content, field);
  if (typeof value === 'object' && !Array.isArray(value)) {
    const values = Object.values(value);
    if (values.length === 1 && typeof values[0] === 'string') return values[0];
  }
  return JSON.stringify(value, null, 2) ?? String(value);
}

/** What was expected, where something was. */
export function referenceOf(value: unknown, field: string): string | undefined {
  return value === undefined || value === null ? undefined : textOf(value, field);
}

function turnsOf(value: unknown): readonly Turn[] | undefined {
  const list = isObject(value) && 'messages' in value ? value.messages : value;
  return Array.isArray(list) && list.length > 0 && list.every(isTurn) ? list : undefined;
}

/** Text, or the parts of a text. */
function contentOf(content: unknown, field: string): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content))
    throw refused(field, `text, got ${content === null ? 'null' : typeof content}`);
  return content
    .map((part: unknown) => {
      if (isObject(part) && part.type === 'text' && typeof part.text === 'string') return part.text;
      throw refused(field, `text, got a part of type ${isObject(part) ? String(part.type) : typeof part}`);
    })
    .join('');
}

function isTurn(value: unknown): value is Turn {
  return isObject(value) && typeof value.role === 'string' && 'content' in value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refused(field: string, expectation: string): JurorError {
  return new JurorError('usage', `expected ${expectation}`, { place: { field } });
}
