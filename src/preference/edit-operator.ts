/** Edits with a known direction: what they may look at, what they give, and how one is carried out. */
import { createRandom, type Random } from '../aggregate/random.ts';
import type { TextGenerator } from '../engine/generate.ts';
import type { Message } from '../schema.ts';

/** A good answer to another prompt. */
export interface Donor {
  /** `promptCluster` of its prompt. */
  readonly cluster: string;
  readonly text: string;
}

/** What an edit may look at. */
export interface EditContext {
  /** As the data have it. */
  readonly prompt: string | readonly Message[];
  readonly answer: string;
  /** The answer's steps, where the data give them. */
  readonly steps?: readonly string[];
  /** Answers to other prompts; never one to the same. */
  readonly donors: readonly Donor[];
}

/** An answer made worse. */
export interface Edit {
  readonly text: string;
  /** The steps after the edit, where steps were edited. */
  readonly steps?: readonly string[];
  /** For people: what was done. */
  readonly detail: string;
}

/** What is known of an edit before it is made. */
interface EditFacts {
  readonly name: string;
  /** What it must lower. */
  readonly objective: string;
  /** For people. */
  readonly description: string;
  /** How long the edited answer is beside the original; `either`: that depends. */
  readonly length: 'shorter' | 'longer' | 'same' | 'either';
}

/** An edit that is a pure function of the answer, what stands beside it, and random draws. */
export interface PureEditOperator extends EditFacts {
  /** Null where the answer has no place for it. */
  readonly apply: (context: EditContext, random: Random) => Edit | null;
}

/** How a model writes. */
export interface EditWriting {
  readonly generator: TextGenerator;
  readonly seed: number;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly signal?: AbortSignal;
}

/** An edit that a model writes; where its numerics are exact, the same seed gives the same text. */
export interface WrittenEditOperator extends EditFacts {
  /** Null where the model writes nothing that serves. Throws what the generator throws. */
  readonly write: (context: EditContext, writing: EditWriting) => Promise<Edit | null>;
}

/** A named edit after which an answer must be worse. */
export type EditOperator = PureEditOperator | WrittenEditOperator;

/**
 * Carry out a pure edit. Null where there is no place for it; never the same text, blanks and case aside, and never a lone surrogate
 * that the answer did not have.
 */
export function applyEdit(operator: PureEditOperator, context: EditContext, seed: number): Edit | null {
  return checkedEdit(operator.apply(context, createRandom(seed)), context.answer);
}

/** The edit, where it is one. */
export function checkedEdit(edit: Edit | null, answer: string): Edit | null {
  if (edit === null || plain(edit.text) === plain(answer)) return null;
  return answer.isWellFormed() && !edit.text.isWellFormed() ? null : edit;
}

/** The question that the answer answers: the last turn of a user. */
export function questionOf(prompt: EditContext['prompt']): string {
  if (typeof prompt === 'string') return prompt;
  return prompt.findLast(({ role }) => role === 'user')?.content ?? prompt.at(-1)?.content ?? '';
}

/** One of them, drawn evenly; undefined of none. */
export function draw<Value>(values: readonly Value[], random: Random): Value | undefined {
  return values.length === 0 ? undefined : values[random.below(values.length)];
}

/** What two texts share that differ in blanks alone. */
function plain(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
