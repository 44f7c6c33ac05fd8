/** Text and conversations as data files write them. */
import { nearestName } from '../errors.ts';
import type { Message } from '../schema.ts';
import { type Field, type Fields, isObject, keep, kindOf, unfit } from './fields.ts';

const roles: Readonly<Record<string, Message['role']>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  human: 'user',
  assistant: 'assistant',
  gpt: 'assistant',
  model: 'assistant',
};

/** Whether a value is a list of turns rather than of texts. */
export function isConversation(value: unknown): value is Record<string, unknown>[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((turn) => isObject(turn) && ('role' in turn || 'from' in turn))
  );
}

/** The turns of a message list, with ShareGPT's names accepted. What a turn has besides goes to the metadata. */
export function messagesOf(fields: Fields, field: Field): Message[] {
  if (!isConversation(field.value)) {
    throw unfit(fields, field.name, `expected a list of {role, content}, got ${kindOf(field.value)}`);
  }
  return field.value.map((turn, index) => {
    const at = `${field.name}.${index}`;
    const name = turn.role ?? turn.from;
    const role = typeof name === 'string' && Object.hasOwn(roles, name) ? roles[name] : undefined;
    if (!role) {
      const near = typeof name === 'string' ? nearestName(name, Object.keys(roles)) : undefined;
      const hint = near ? `; did you mean "${near}"?` : '';
      throw unfit(fields, `${at}.role`, `expected system, user or assistant, got ${kindOf(name)}${hint}`);
    }
    if (Object.keys(turn).some((key) => !['role', 'content', 'from', 'value'].includes(key)))
      keep(fields, field.name);
    return { role, content: contentOf(fields, turn.content ?? turn.value, `${at}.content`) };
  });
}

function contentOf(fields: Fields, content: unknown, at: string): string {
  if (typeof content === 'string') return content;
  const parts = Array.isArray(content) ? content : [];
  if (parts.length > 0 && parts.every((part) => isObject(part) && typeof part.text === 'string')) {
    return parts.map((part) => part.text).join('');
  }
  throw unfit(fields, at, `expected text, got ${kindOf(content)}`);
}

/** Text of a field: text itself, a number written out, or the last turn of a conversation, which must be the assistant's. */
export function textOf(fields: Fields, field: Field): string {
  const { value } = field;
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (isConversation(value)) {
    const messages = messagesOf(fields, field);
    if (messages.length > 1) keep(fields, field.name);
    return answerOf(fields, field, messages).response;
  }
  throw unfit(fields, field.name, `expected text, got ${kindOf(value)}`);
}

/** A conversation cut before its last turn, which is the response and must be the assistant's. */
export function answerOf(
  fields: Fields,
  field: Field,
  messages: readonly Message[],
): { readonly prompt: Message[]; readonly response: string } {
  const last = messages.at(-1);
  if (last?.role !== 'assistant') {
    throw unfit(
      fields,
      field.name,
      `expected the assistant to have the last turn, got ${kindOf(last?.role)}`,
    );
  }
  return { prompt: messages.slice(0, -1), response: last.content };
}

/**
 * Two conversations cut where they part: what they share is the prompt. Where they differ in the last turn alone, it
 * is the response; where they differ before (as in the second turn of MT-Bench), the response is a transcript.
 */
export function partConversations(
  first: readonly Message[],
  second: readonly Message[],
): { readonly prompt: Message[]; readonly responses: readonly [string, string] } {
  const longest = Math.min(first.length, second.length) - 1;
  let shared = 0;
  while (
    shared < longest &&
    first[shared]?.role === second[shared]?.role &&
    first[shared]?.content === second[shared]?.content
  ) {
    shared++;
  }
  return {
    prompt: first.slice(0, shared),
    responses: [transcript(first.slice(shared)), transcript(second.slice(shared))],
  };
}

/** The text of one turn by the assistant, or several turns under headings. */
export function transcript(messages: readonly Message[]): string {
  const only = messages.length === 1 ? messages[0] : undefined;
  if (only?.role === 'assistant') return only.content;
  return messages
    .map(({ role, content }) => `### ${role[0]?.toUpperCase()}${role.slice(1)}:\n${content}`)
    .join('\n\n');
}
