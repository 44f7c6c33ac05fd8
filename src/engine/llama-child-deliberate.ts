/** Deliberations on one model: build segments, write critiques, read labels. */
import type { Token } from 'node-llama-cpp';
import type { Message, Usage } from '../schema.ts';
import type { Answer, Deliberation, DeliberationResult, DeliberationSample, Question, Turn } from './engine.ts';
import type { LoadedModel } from './llama-child-model.ts';
import {
  appendAndRead,
  generate,
  holdSegments,
  nextLogProbabilities,
  type Progress,
  readOf,
  type Slot,
  tokenCount,
  truncate,
} from './llama-child-slots.ts';
import { tokenizePlain } from './llama-child-tokens.ts';

type Segments = readonly (readonly Token[])[];

/** A question in tokens: its own segment, and the label chains that branch off its end. */
interface TokenQuestion {
  readonly question: Question;
  readonly segment: readonly Token[];
  readonly chains: ReadonlyMap<string, readonly Token[]>;
}

/** Perform a deliberation. Throws only for engine failures and aborts. */
export async function deliberate(
  model: LoadedModel,
  request: Deliberation,
  progress: Progress,
): Promise<DeliberationResult> {
  const prefix = prefixSegments(model, request);
  const questions = request.questions.map((question) => tokenQuestion(model, request, question));
  const needed =
    tokenCount(prefix) +
    (request.critique?.maxTokens ?? 0) +
    Math.max(0, ...questions.map(({ segment, chains }) => segment.length + Math.max(0, ...[...chains.values()].map((chain) => chain.length))));
  if (needed > model.info.contextSize)
    return {
      status: 'unscored',
      reason: 'context',
      message: `needs ${needed} tokens, the context has ${model.info.contextSize}`,
    };
  return model.slots.lease([...prefix, ...(questions[0] ? [questions[0].segment] : [])], async (slot) => {
    const samples: DeliberationSample[] = [];
    if (request.critique === null) samples.push(await readSample(model, slot, prefix, questions, null, progress));
    else
      for (const seed of request.critique.seeds)
        samples.push(await readSample(model, slot, prefix, questions, { ...request.critique, seed }, progress));
    return { status: 'done', samples };
  });
}

async function readSample(
  model: LoadedModel,
  slot: Slot,
  prefix: Segments,
  questions: readonly TokenQuestion[],
  critiqueOptions: { maxTokens: number; temperature: number; topP: number; seed: number } | null,
  progress: Progress,
): Promise<DeliberationSample> {
  let held: Segments = prefix;
  let critique: DeliberationSample['critique'] = null;
  let usage: Usage;
  if (critiqueOptions === null) {
    usage = { ...(await holdSegments(model.slots, slot, prefix, progress)), generated: 0 };
  } else {
    // The last segment is evaluated again: sampling starts from its last token's logits.
    const last = prefix.at(-1) ?? [];
    const read = await holdSegments(model.slots, slot, prefix.slice(0, -1), progress);
    const { tokens, finish } = await generate(model.model, slot, last, critiqueOptions, progress);
    critique = { text: model.model.detokenize(tokens).trim(), finish };
    usage = { evaluated: read.evaluated + last.length, reused: read.reused, generated: tokens.length };
    held = [...slot.held];
  }
  const answers: Answer[] = [];
  for (const question of questions) {
    await truncate(slot, held.length);
    // What a sequence could not keep has to be read again, and is counted.
    const restored = await holdSegments(model.slots, slot, held, progress);
    const { logProbabilities, evaluated } = await readLabels(model, slot, question, progress);
    const { normalized, mass } = normalize(logProbabilities);
    answers.push({
      questionId: question.question.id,
      logProbabilities: normalized,
      labelMass: mass,
      usage: {
        evaluated: evaluated + restored.evaluated,
        reused: answers.length === 0 ? 0 : restored.reused,
        generated: 0,
      },
    });
  }
  return { critique, answers, usage };
}

/** Log-probability of each label's chain. */
async function readLabels(model: LoadedModel, slot: Slot, question: TokenQuestion, progress: Progress) {
  const logProbabilities = new Map<string, number>();
  let evaluated = 0;
  const descend = async (segment: readonly Token[], depth: number, labels: readonly string[], sum: number) => {
    const next = new Set(labels.map((label) => at(question.chains.get(label), depth)));
    const read = await appendAndRead(model.slots, slot, segment, [...next], progress);
    evaluated += segment.length;
    const here = slot.held.length;
    for (const token of next) {
      const along = labels.filter((label) => at(question.chains.get(label), depth) === token);
      const total = sum + (read.get(token) ?? Number.NEGATIVE_INFINITY);
      const longer = along.filter((label) => (question.chains.get(label)?.length ?? 0) > depth + 1);
      for (const label of along) if (!longer.includes(label)) logProbabilities.set(label, total);
      if (longer.length === 0) continue;
      await truncate(slot, here);
      await descend([token], depth + 1, longer, total);
    }
  };
  await descend(question.segment, 0, [...question.chains.keys()], 0);
  return { logProbabilities, evaluated };
}

function at(chain: readonly Token[] | undefined, index: number): Token {
  const token = chain?.[index];
  if (token === undefined) throw new Error('a label ends too early');
  return token;
}

/** Soft-max over the labels; `mass` is the log of their total probability. */
function normalize(logProbabilities: ReadonlyMap<string, number>) {
  const highest = Math.max(...logProbabilities.values());
  let sum = 0;
  for (const value of logProbabilities.values()) sum += Math.exp(value - highest);
  const mass = highest + Math.log(sum);
  return { normalized: Object.fromEntries([...logProbabilities].map(([label, value]) => [label, value - mass])), mass };
}

/** Segments before the questions; with a critique, up to where the assistant begins to write. */
function prefixSegments(model: LoadedModel, request: Deliberation): Segments {
  const { prefix, critique } = request;
  const turns = critique === null ? prefix : withLastSegment(prefix, critique.instruction);
  const gaps = model.template.gaps([...turns.map((turn) => turn.role), 'assistant']);
  const segments: Token[][] = [];
  for (const [index, turn] of turns.entries()) {
    // A turn's opening belongs to what comes before it, so that a shared segment ends where the next differs.
    const opening = gaps[index] ?? [];
    const contents = turn.segments.map((segment) => tokenizePlain(model.model, segment));
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
  if (last === undefined || last.role !== 'user') throw new Error('the conversation must end with a user turn');
  return [...turns.slice(0, -1), { role: last.role, segments: [...last.segments, segment] }];
}

function tokenQuestion(model: LoadedModel, request: Deliberation, question: Question): TokenQuestion {
  const roles = request.prefix.map((turn) => turn.role);
  const text = tokenizePlain(model.model, question.text);
  const lead =
    request.critique === null
      ? [...text, ...(model.template.gaps([...roles, 'assistant']).at(-1) ?? [])]
      : (() => {
          const gaps = model.template.gaps([...roles, 'assistant', 'user', 'assistant']);
          return [...(gaps.at(-2) ?? []), ...text, ...(gaps.at(-1) ?? [])];
        })();
  const chains = new Map(question.labels.map(({ label, text }) => [label, tokenizePlain(model.model, question.opening + text)]));
  const shared = sharedPrefix([...chains.values()]);
  const segment = [...lead, ...([...chains.values()][0] ?? []).slice(0, shared)];
  const rest = [...chains].map(([label, chain]) => [label, chain.slice(shared)] as const);
  const end = model.endOfTurn;
  const ended = rest.map(([label, chain]) => {
    // A label that begins another one is told apart by the end of the turn.
    const ambiguous = rest.some(([other, longer]) => other !== label && chain.every((token, index) => token === longer[index]));
    return [label, ambiguous ? [...chain, end] : chain] as const;
  });
  return { question, segment, chains: new Map(ended) };
}

function sharedPrefix(chains: readonly (readonly Token[])[]): number {
  const [first, ...others] = chains;
  if (first === undefined) throw new Error('a question needs labels');
  let length = 0;
  while (length < first.length && others.length > 0 && others.every((chain) => chain[length] === first[length])) length++;
  return others.length === 0 ? Math.max(0, first.length - 1) : length;
}

/** Segments evaluated for each question, without a critique's tokens. */
export function segmentsOf(model: LoadedModel, request: Deliberation): number[][][] {
  const prefix = prefixSegments(model, request);
  return request.questions.map((question) => [...prefix, tokenQuestion(model, request, question).segment].map((segment) => [...segment]));
}

/** Tokens of messages as segments, ending where the assistant begins. */
export function messageSegments(model: LoadedModel, messages: readonly Message[]): Segments {
  const turns = messages.map(({ role, content }): Turn => ({ role, segments: [content] }));
  const gaps = model.template.gaps([...turns.map((turn) => turn.role), 'assistant']);
  return turns
    .map((turn, index) => [...(gaps[index] ?? []), ...tokenizePlain(model.model, turn.segments[0] ?? '')])
    .concat([gaps.at(-1) ?? []])
    .filter((segment) => segment.length > 0);
}

/** Log-probability of each token of a continuation of the assistant's turn. */
export async function logprob(model: LoadedModel, messages: readonly Message[], continuation: string, progress: Progress) {
  const segments = messageSegments(model, messages);
  const tokens = tokenizePlain(model.model, continuation);
  model.assertFits(tokenCount(segments) + tokens.length);
  if (tokens.length === 0) return { tokens: [], logProbabilities: [] };
  return model.slots.lease(segments, async (slot) => {
    const last = segments.at(-1) ?? [];
    await holdSegments(model.slots, slot, segments.slice(0, -1), progress);
    const first = await appendAndRead(model.slots, slot, last, [at(tokens, 0)], progress);
    const logProbabilities = [first.get(at(tokens, 0)) ?? Number.NaN];
    for (let start = 0; start < tokens.length - 1; start += model.slots.batchSize) {
      progress.signal.throwIfAborted();
      const chunk = tokens.slice(start, Math.min(start + model.slots.batchSize, tokens.length - 1));
      const output = await slot.sequence.controlledEvaluate(
        chunk.map((token, index) => [token, { generateNext: readOf([at(tokens, start + index + 1)]) }]),
      );
      for (const index of chunk.keys()) {
        const next = at(tokens, start + index + 1);
        logProbabilities.push(nextLogProbabilities(output[index]?.next, [next]).get(next) ?? Number.NaN);
      }
      slot.held.push(chunk);
      progress.advance(chunk.length, 0);
    }
    return { tokens: tokens.map(Number), logProbabilities };
  });
}
