/** The interface that every engine meets, and the records that cross it. */
import { z } from 'zod';
import type { Listener } from '../events.ts';
import { Critique, type EngineId, type Message, Usage } from '../schema.ts';

/** A turn whose content is cut where evaluation is cut: each segment is evaluated on its own, so a shared one is computed once. */
export interface Turn {
  readonly role: Message['role'];
  readonly segments: readonly string[];
}

/** A label of a question: its name in the distribution and the text the model would write for it. */
export interface QuestionLabel {
  readonly label: string;
  readonly text: string;
}

/** One question with a finite set of answers. */
export interface Question {
  readonly id: string;
  /** Appended to the last user turn, or a user turn of its own after a critique. */
  readonly text: string;
  /** The answer's opening words, forced before the label is read. */
  readonly opening: string;
  readonly labels: readonly QuestionLabel[];
}

/** How the critique is sampled. Temperature 0 is greedy. */
export interface CritiqueRequest {
  /** What the judge is asked to write; appended to the last user turn. */
  readonly instruction: string;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topP: number;
  /** One critique is written for each seed. */
  readonly seeds: readonly number[];
}

/** A conversation prefix, an optional critique, and questions that branch off it. */
export interface Deliberation {
  readonly prefix: readonly Turn[];
  readonly critique: CritiqueRequest | null;
  readonly questions: readonly Question[];
}

/** Natural log-probability of every label, normalised over the labels of its question. */
export const Answer = z.strictObject({
  questionId: z.string(),
  logProbabilities: z.record(z.string(), z.number()),
  /** Natural log of the probability that the model gives to all labels together, before normalising. */
  labelMass: z.number(),
  usage: Usage,
});
export type Answer = z.infer<typeof Answer>;

/** One critique and the answers read after it. */
export const DeliberationSample = z.strictObject({
  critique: Critique.nullable(),
  answers: z.array(Answer).readonly(),
  /** Tokens of the prefix and the critique, without the questions'. */
  usage: Usage,
});
export type DeliberationSample = z.infer<typeof DeliberationSample>;

/** What came of a deliberation: samples, or the reason there are none. */
export const DeliberationResult = z.discriminatedUnion('status', [
  z.strictObject({ status: z.literal('done'), samples: z.array(DeliberationSample).readonly() }),
  z.strictObject({
    status: z.literal('unscored'),
    reason: z.enum(['context', 'engine', 'invalid']),
    message: z.string(),
  }),
]);
export type DeliberationResult = z.infer<typeof DeliberationResult>;

/** Log-probability of each token of a continuation. */
export interface TokenLogProbabilities {
  readonly tokens: readonly number[];
  /** Nats, one for each token. */
  readonly logProbabilities: readonly number[];
}

/** Options of every engine call. */
export interface EngineOptions {
  readonly signal?: AbortSignal;
  /** Requests of one lane grow on each other's prefix: they are performed in their order, where the prefix is held. */
  readonly lane?: string;
  /** Told of restarts and of token progress. */
  readonly onEvent?: Listener;
}

/** Anything that can deliberate: a local model, a remote one, or a recording. Safe to call concurrently. */
export interface Engine extends AsyncDisposable {
  /** Goes into every key. */
  readonly id: EngineId;
  /** How many deliberations are worth having in flight. */
  readonly concurrency: number;
  /** How distributions are obtained. */
  readonly protocol: 'logits' | 'top-logprobs' | 'structured';
  /** Read the questions' answers after an optional critique. Throws JurorError `aborted` when the signal fires. */
  deliberate(request: Deliberation, options?: EngineOptions): Promise<DeliberationResult>;
  /** Log-probabilities of `continuation` as the assistant's turn after `messages`. */
  logprob(
    request: { messages: readonly Message[]; continuation: string },
    options?: EngineOptions,
  ): Promise<TokenLogProbabilities>;
  /** Last token's final hidden state of each conversation, un-normalised, one float32 vector of the model's width each. */
  embed(conversations: readonly (readonly Message[])[], options?: EngineOptions): Promise<Float32Array[]>;
}
