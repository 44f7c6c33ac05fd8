/** Rows that are asked, not judged: a prompt, and whatever else they have. */
import type { ErrorPlace } from '../errors.ts';
import type { Message, Sample } from '../schema.ts';
import { isConversation, messagesOf } from './conversation.ts';
import { aliasOf, fieldsOf, find, unfit } from './fields.ts';
import { idOf, metadataOf, promptNames, referenceOf, textOrMessages } from './recognise.ts';
import { answerGroups } from './responses.ts';

/** A prompt without answers. */
export type PromptRow = Pick<Sample, 'id' | 'prompt' | 'reference' | 'metadata'>;
/** A prompt that may not have an id yet. */
export type PromptDraft = Omit<PromptRow, 'id'> & { readonly id: string | undefined };

const conversationNames = ['messages', 'conversation', 'conversations'];
/** Answers, and what is said of them: none of it is about answers that are still to be written. */
const answered = new Set([
  ...answerGroups.flat(),
  ...['responses', 'generations', 'completions', 'steps', 'labels', 'label', 'preference', 'winner'],
  ...[
    'score',
    'scores',
    'ratings',
    'correct',
    'model',
    'generator',
    'models',
    'votes',
    'annotations',
    'annotators',
  ],
]);

/**
 * The prompt that a row holds; answers and their labels are left out. A conversation that ends with the assistant's turn is cut before
 * it. Throws JurorError `data` at `place`, naming the field.
 */
export function recognisePrompt(row: Readonly<Record<string, unknown>>, place: ErrorPlace): PromptDraft {
  const fields = fieldsOf(row, place);
  const id = idOf(fields);
  const field = find(fields, [...promptNames, ...conversationNames]);
  if (field === undefined)
    throw unfit(
      fields,
      'prompt',
      `expected one of ${[...promptNames, ...conversationNames].join(', ')}, got ${Object.keys(row).join(', ') || 'no fields'}`,
    );
  fields.taken.add(field.name);
  const prompt = isConversation(field.value)
    ? asked(messagesOf(fields, field))
    : textOrMessages(fields, field);
  if (prompt.length === 0)
    throw unfit(fields, field.name, 'expected a prompt, got none before the assistant’s turn');
  const reference = referenceOf(fields);
  for (const name of Object.keys(row)) if (answered.has(aliasOf(name))) fields.taken.add(name);
  const metadata = metadataOf(fields);
  return {
    id,
    prompt,
    ...(reference === undefined ? {} : { reference }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

function asked(messages: readonly Message[]): Message[] {
  return messages.at(-1)?.role === 'assistant' ? messages.slice(0, -1) : [...messages];
}
