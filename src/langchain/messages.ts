/** LangChain's messages to the engine's. */
import type { BaseMessage } from '@langchain/core/messages';
import { JurorError } from '../errors.ts';
import type { Message } from '../schema.ts';

const roles: Readonly<Record<string, Message['role']>> = {
  system: 'system',
  developer: 'system',
  human: 'user',
  user: 'user',
  ai: 'assistant',
  assistant: 'assistant',
};

/**
 * Conversation of the engine, whose last message is the user's. Throws JurorError `usage` for what a local text model cannot read:
 * images and other media, tools and their results.
 */
export function engineMessages(messages: readonly BaseMessage[]): Message[] {
  const read = messages.map(engineMessage);
  const last = read.at(-1)?.role ?? 'none';
  if (last !== 'user') throw refused(read.length - 1, `a message of the user at the end, got ${last}`);
  return read;
}

function engineMessage(message: BaseMessage, index: number): Message {
  const given = 'role' in message ? String(message.role) : message.type;
  const role = roles[given];
  if (role === undefined) throw refused(index, `a system, user or assistant message, got ${given}`);
  if ('tool_calls' in message && Array.isArray(message.tool_calls) && message.tool_calls.length > 0)
    throw refused(index, 'text, got a call of a tool');
  const { content } = message;
  if (typeof content === 'string') return { role, content };
  const texts = content.map((block) => {
    if (block.type === 'text' && typeof block.text === 'string') return block.text;
    throw refused(index, `text, got ${block.type}`);
  });
  return { role, content: texts.join('') };
}

function refused(index: number, expectation: string): JurorError {
  return new JurorError('usage', `expected ${expectation}`, {
    place: { field: `messages.${Math.max(0, index)}` },
  });
}
