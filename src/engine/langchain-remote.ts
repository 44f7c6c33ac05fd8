/** A remote model: what it is able to do, and one request to it at a time. */
import type { Usage } from '../schema.ts';
import { returnedTokens } from './langchain-labels.ts';
import type { ChatMessage, Layout } from './langchain-messages.ts';
import { type Completion, complete, type ModelFactory, type ModelSettings } from './langchain-model.ts';
import { type Bounds, type Requester, Unanswered } from './langchain-request.ts';

/** What a server takes and gives, as the first request showed or as the caller said. */
export interface Abilities {
  /** Listed tokens with log-probabilities; 0 where there are none and answers are constrained by a schema. */
  readonly topLogprobs: number;
  readonly temperature: boolean;
  readonly topP: boolean;
  readonly seed: boolean;
  /** Continues an assistant's message. */
  readonly continues: boolean;
}

/** How answers are obtained. */
export interface Manner extends Layout {
  readonly abilities: Abilities;
  /** Budget of an answer, in tokens. */
  readonly answerTokens: number;
  /** Schema-constrained answers to each question, averaged. */
  readonly answers: number;
  /** Added to the count of every label of schema-constrained answers. */
  readonly smoothing: number;
}

/** A remote model to ask. */
export interface Remote {
  readonly factory: ModelFactory;
  readonly requester: Requester;
  readonly manner: Manner;
  /** Told of every reply's tokens. */
  readonly spend: (usage: Usage) => void;
}

/** What a request needs of a remote model. */
type Asked = Omit<Remote, 'manner'> & { readonly manner: Pick<Manner, 'abilities'> };

/** Ask for one completion, leaving out what the server does not take. Throws Unanswered, and JurorError `aborted`. */
export async function send(
  { factory, requester, manner, spend }: Asked,
  messages: readonly ChatMessage[],
  { temperature, topP, seed, topLogprobs, ...rest }: ModelSettings,
  bounds: Bounds,
  labels?: readonly string[],
): Promise<Completion> {
  const { abilities } = manner;
  const settings: ModelSettings = {
    ...rest,
    ...(temperature !== undefined && abilities.temperature ? { temperature } : {}),
    ...(topP !== undefined && abilities.topP ? { topP } : {}),
    ...(seed !== undefined && abilities.seed ? { seed } : {}),
    ...(topLogprobs ? { topLogprobs } : {}),
  };
  const reply = await requester.send(
    (signal) =>
      complete(factory, messages, settings, { signal, ...(labels === undefined ? {} : { labels }) }),
    bounds,
  );
  spend(reply.usage);
  bounds.onEvent({
    type: 'engine-progress',
    evaluated: reply.usage.evaluated,
    generated: reply.usage.generated,
  });
  return reply;
}

/**
 * One small request, to learn what the server takes: what it refuses by name is not sent again. Throws Unanswered where it
 * refuses the rest, and JurorError `aborted`.
 */
export async function probeAbilities(
  remote: Omit<Remote, 'manner'>,
  wanted: Abilities,
  bounds: Bounds,
): Promise<Abilities> {
  for (let abilities = wanted; ; ) {
    const manner = { abilities };
    try {
      const reply = await send(
        { ...remote, manner },
        [
          { role: 'user', content: 'Reply with the word yes.' },
          ...(abilities.continues ? [{ role: 'assistant' as const, content: 'Reply:' }] : []),
        ],
        {
          maxTokens: abilities.topLogprobs > 0 ? 16 : structuredTokens,
          temperature: 0,
          topP: 0.95,
          seed: 0,
          topLogprobs: abilities.topLogprobs,
          continues: abilities.continues,
        },
        bounds,
      );
      return returnedTokens(reply.logprobs) === null ? { ...abilities, topLogprobs: 0 } : abilities;
    } catch (error) {
      const fewer = error instanceof Unanswered ? withoutRefused(abilities, error) : undefined;
      if (fewer === undefined) throw error;
      abilities = fewer;
    }
  }
}

/** Budget of a schema-constrained answer: braces, names, and what a model may think before. */
export const structuredTokens = 512;

/** How servers refuse an assistant's message at the end, or the settings that ask to continue it. */
const unwilling =
  /continue_final_message|add_generation_prompt|prefill|last (role|message)|assistant message/i;

function withoutRefused(abilities: Abilities, { status, message }: Unanswered): Abilities | undefined {
  if (status === undefined || ![400, 403, 422].includes(status)) return undefined;
  if (/top_?logprobs/i.test(message) && abilities.topLogprobs > 5) return { ...abilities, topLogprobs: 5 };
  if (/logprobs/i.test(message) && abilities.topLogprobs > 0) return { ...abilities, topLogprobs: 0 };
  if (unwilling.test(message) && abilities.continues) return { ...abilities, continues: false };
  if (/temperature/i.test(message) && abilities.temperature) return { ...abilities, temperature: false };
  if (/top_?p\b/i.test(message) && abilities.topP) return { ...abilities, topP: false };
  if (/\bseed\b/i.test(message) && abilities.seed) return { ...abilities, seed: false };
  return undefined;
}

/** Throws Unanswered for a reply that the provider stopped for what it says. */
export function refuseFiltered(finish: string): void {
  if (/filter|safety|refusal|prohibited|blocklist/.test(finish))
    throw new Unanswered('invalid', `expected a reply, got none: the provider stopped it with '${finish}'`);
}

/** Whether a reply ended because its budget did. */
export function cut(finish: string): boolean {
  return /length|max_?tokens/.test(finish);
}
