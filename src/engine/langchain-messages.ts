/** Deliberations as chat messages. */
import { contentHash } from '../canonical.ts';
import type { Message } from '../schema.ts';
import type { Deliberation, Question, Turn } from './engine.ts';

/** A message whose text is one piece or, with `parts`, one part for each segment. */
export interface ChatMessage {
  readonly role: Message['role'];
  readonly content: string | { readonly type: 'text'; readonly text: string }[];
}

/** How deliberations become messages. */
export interface Layout {
  /** `joined`: a turn is one text. `parts`: a part for each segment, for a server that evaluates each on its own. */
  readonly segments: 'joined' | 'parts';
  /** `continue`: the answer's opening is forced. `ask`: the judge is asked for the label alone. */
  readonly opening: 'continue' | 'ask';
}

/** Raised when the same deliberation becomes other messages. */
const layoutVersion = 1;

/** Stands for the chat template, which only the server knows. */
export function layoutDigest(layout: Layout): string {
  return contentHash({ layoutVersion, ...layout });
}

/** The conversation that asks for the critique. */
export function critiqueMessages(request: Deliberation, instruction: string, layout: Layout): ChatMessage[] {
  return messagesOf(withSegment(request.prefix, instruction), layout);
}

/** The conversation that asks a question, after the critique where there is one. */
export function questionMessages(
  request: Deliberation,
  question: Question,
  critique: string | null,
  layout: Layout,
): ChatMessage[] {
  const asked =
    layout.opening === 'continue'
      ? question.text
      : `${question.text.trimEnd()}\n\nReply with the label alone, exactly one of: ${question.labels
          .map(({ text }) => text.trim())
          .join(', ')}.`;
  const turns: Turn[] =
    critique === null
      ? withSegment(request.prefix, asked)
      : [
          ...withSegment(request.prefix, request.critique?.instruction ?? ''),
          { role: 'assistant', segments: [critique] },
          { role: 'user', segments: [asked] },
        ];
  const opening: Turn[] =
    layout.opening === 'continue' ? [{ role: 'assistant', segments: [question.opening] }] : [];
  return messagesOf([...turns, ...opening], layout);
}

function withSegment(turns: readonly Turn[], segment: string): Turn[] {
  const last = turns.at(-1);
  if (last?.role !== 'user') return [...turns, { role: 'user', segments: [segment] }];
  return [...turns.slice(0, -1), { role: 'user', segments: [...last.segments, segment] }];
}

function messagesOf(turns: readonly Turn[], { segments }: Layout): ChatMessage[] {
  return turns.map((turn) => ({
    role: turn.role,
    content:
      segments === 'joined'
        ? turn.segments.join('')
        : turn.segments.filter((text) => text !== '').map((text) => ({ type: 'text', text })),
  }));
}
