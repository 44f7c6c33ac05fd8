/** Requests to tokens: declared segments, questions and the label chains that branch off them. */
import type { LlamaModel, Token } from 'node-llama-cpp';
import type { Message } from '../schema.ts';
import type { Deliberation, Question, Turn } from './engine.ts';
import { type Template, tokenizePlain } from './llama-child-tokens.ts';

/** What it takes to turn a request into tokens. */
export interface Renderer {
  readonly model: LlamaModel;
  readonly template: Template;
  /** Token that ends an answer. */
  readonly endOfTurn: Token;
  /** Tokens of one sequence. */
  readonly contextSize: number;
}

/** Tokens of untrusted text. Throws ContextOverflow where it alone does not fit. */
export function tokenize({ model, contextSize }: Renderer, text: string): Token[] {
  return tokenizePlain(model, text, contextSize);
}

/** Tokens cut where evaluation is cut. */
export type Segments = readonly (readonly Token[])[];

/** A question in tokens: its own segment, and the label chains that branch off its end. */
export interface TokenQuestion {
  readonly question: Question;
  readonly segment: readonly Token[];
  readonly chains: ReadonlyMap<string, readonly Token[]>;
}

/** Segments before the questions; with a critique, up to where the assistant begins to write. */
export function prefixSegments(model: Renderer, request: Deliberation): Segments {
  const { prefix, critique } = request;
  const turns = critique === null ? prefix : withLastSegment(prefix, critique.instruction);
  const gaps = model.template.gaps([...turns.map((turn) => turn.role), 'assistant']);
  const segments: Token[][] = [];
  for (const [index, turn] of turns.entries()) {
    // A turn's opening belongs to what comes before it, so that a shared segment ends where the next differs.
    const opening = gaps[index] ?? [];
    const contents = turn.segments.map((segment) => tokenize(model, segment));
    const before = segments.at(-1);
    if (before) before.push(...opening);
    else contents[0]?.unshift(...opening);
    segments.push(...contents);
  }
  if (critique !== null) segments.at(-1)?.push(...(gaps.at(-1) ?? []));
  return segments.filter((segment) => segment.length > 0);
}

function withLastSegment(turns: readonly Turn[], segment: string): Turn[] {
  const last = turns.at(-1);
  if (last === undefined || last.role !== 'user')
    throw new Error('the conversation must end with a user turn');
  return [...turns.slice(0, -1), { role: last.role, segments: [...last.segments, segment] }];
}

/** A question in tokens, standing after the prefix or after a critique. */
export function tokenQuestion(model: Renderer, request: Deliberation, question: Question): TokenQuestion {
  const roles = request.prefix.map((turn) => turn.role);
  const text = tokenize(model, question.text);
  const lead =
    request.critique === null
      ? [...text, ...(model.template.gaps([...roles, 'assistant']).at(-1) ?? [])]
      : (() => {
          const gaps = model.template.gaps([...roles, 'assistant', 'user', 'assistant']);
          return [...(gaps.at(-2) ?? []), ...text, ...(gaps.at(-1) ?? [])];
        })();
  const chains = new Map(
    question.labels.map(({ label, text }) => [label, tokenize(model, question.opening + text)]),
  );
  const shared = sharedPrefix([...chains.values()]);
  const segment = [...lead, ...([...chains.values()][0] ?? []).slice(0, shared)];
  const rest = [...chains].map(([label, chain]) => [label, chain.slice(shared)] as const);
  const end = model.endOfTurn;
  const ended = rest.map(([label, chain]) => {
    // A label that begins another one is told apart by the end of the turn.
    const ambiguous = rest.some(
      ([other, longer]) => other !== label && chain.every((token, index) => token === longer[index]),
    );
    return [label, ambiguous ? [...chain, end] : chain] as const;
  });
  return { question, segment, chains: new Map(ended) };
}

function sharedPrefix(chains: readonly (readonly Token[])[]): number {
  const [first, ...others] = chains;
  if (first === undefined) throw new Error('a question needs labels');
  let length = 0;
  while (
    length < first.length &&
    others.length > 0 &&
    others.every((chain) => chain[length] === first[length])
  )
    length++;
  return others.length === 0 ? Math.max(0, first.length - 1) : length;
}

/** Segments evaluated for each question, without a critique's tokens. */
export function segmentsOf(model: Renderer, request: Deliberation): number[][][] {
  const prefix = prefixSegments(model, request);
  return request.questions.map((question) =>
    [...prefix, tokenQuestion(model, request, question).segment].map((segment) => [...segment]),
  );
}

/** Tokens of messages as segments, ending where the assistant begins. */
export function messageSegments(model: Renderer, messages: readonly Message[]): Segments {
  const turns = messages.map(({ role, content }): Turn => ({ role, segments: [content] }));
  const gaps = model.template.gaps([...turns.map((turn) => turn.role), 'assistant']);
  return turns
    .map((turn, index) => [...(gaps[index] ?? []), ...tokenize(model, turn.segments[0] ?? '')])
    .concat([gaps.at(-1) ?? []])
    .filter((segment) => segment.length > 0);
}

/** The token at an index of a label's chain, which must reach that far. */
export function at(chain: readonly Token[] | undefined, index: number): Token {
  const token = chain?.[index];
  if (token === undefined) throw new Error('a label ends too early');
  return token;
}
