/** The interface that every engine meets, and the records that cross it. */
import { z } from 'zod';
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import { Critique, type EngineId, type Message, type ReadOut, Usage } from '../schema.ts';

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

/** A text whose log-probability is asked: what the assistant writes after `messages`. */
export interface ContinuationRequest {
  readonly messages: readonly Message[];
  readonly continuation: string;
  /** Also read the token with which the chat template ends the turn; it is then the last one. Default false. */
  readonly end?: boolean;
}

/** Log-probability of each token of a continuation. */
export const TokenLogProbabilities = z.strictObject({
  tokens: z.array(z.int()).readonly(),
  /** Nats, one for each token. */
  logProbabilities: z.array(z.number()).readonly(),
  /**
   * For each token the place in the continuation, in UTF-16 code units, after the last character that it has a part of. Null
   * where the vocabulary does not spell the text as it was given.
   */
  ends: z.array(z.int().nonnegative()).readonly().nullable(),
});
export type TokenLogProbabilities = z.infer<typeof TokenLogProbabilities>;

/** How text becomes tokens. Engines for which all of it is equal cut every conversation into the same tokens. */
export const Tokenizer = z.strictObject({
  /** For people: kind, rules for cutting words, number of tokens. */
  name: z.string(),
  /** SHA-256 of tokens, merges and rules. */
  vocabulary: z.string(),
  /** SHA-256 of the tokens that the chat template writes around turns. */
  template: z.string(),
  /** The token with which the chat template ends an assistant's turn. */
  endOfTurn: z.int(),
});
export type Tokenizer = z.infer<typeof Tokenizer>;

/** The state of a conversation. */
export interface Embedding {
  /** Final hidden state of the token that is read, after the last norm, un-normalised; as long as the model is wide. */
  readonly vector: Float32Array;
  /** Tokens evaluated. */
  readonly tokens: number;
}

/** Where the state of a conversation is read. */
export const ReadOutPlace = z.strictObject({
  /** Tokens that would be evaluated. */
  tokens: z.int().nonnegative(),
  /** Whether they fit the context. */
  fits: z.boolean(),
  /** How often the token stands at the beginning that begins a text; more than once where a template and a tokenizer both add it. */
  begins: z.int().nonnegative(),
  /** How often the token stands at the end that ends a turn. */
  ends: z.int().nonnegative(),
  /** The last tokens before the one that is read, as text. */
  before: z.string(),
  /** The token that is read, as text. */
  read: z.string(),
});
export type ReadOutPlace = z.infer<typeof ReadOutPlace>;

/** Options of {@link Engine.embed}. */
export interface EmbedOptions extends EngineOptions {
  /** Default `next-turn`. */
  readonly readOut?: ReadOut;
}

/** A request that this engine can never perform: it does not fit the context, or its text cannot be spelled. */
export class UnanswerableRequest extends JurorError {
  readonly reason: 'context' | 'invalid';

  constructor(reason: 'context' | 'invalid', message: string) {
    super('engine', message);
    this.reason = reason;
  }
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
  /**
   * Log-probabilities of a text as the assistant's turn. Throws {@link UnanswerableRequest} before anything is evaluated, and
   * JurorError `engine` where the engine fails or has no log-probabilities of a given text.
   */
  logprob(request: ContinuationRequest, options?: EngineOptions): Promise<TokenLogProbabilities>;
  /** How text becomes tokens; missing where the engine does not know. No part of any key. */
  tokenizer?(options?: EngineOptions): Promise<Tokenizer>;
  /**
   * The final hidden state of each conversation, each evaluated whole in one decode, so that neither what was read before it nor
   * the size of the context moves it. Throws {@link UnanswerableRequest} for one that does not fit.
   */
  embed(conversations: readonly (readonly Message[])[], options?: EmbedOptions): Promise<Embedding[]>;
}
