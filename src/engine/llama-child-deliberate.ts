/** Deliberations on one model: hold segments, write critiques, read labels. */
import type { Token } from 'node-llama-cpp';
import type { Message, Usage } from '../schema.ts';
import type { Answer, Deliberation, DeliberationResult, DeliberationSample } from './engine.ts';
import type { LoadedModel } from './llama-child-model.ts';
import {
  at,
  messageSegments,
  prefixSegments,
  type Segments,
  type TokenQuestion,
  tokenize,
  tokenQuestion,
} from './llama-child-render.ts';
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
import { ContextOverflow, UnspeakableText } from './llama-child-tokens.ts';

/** Perform a deliberation. What cannot be judged is unscored before any evaluation; throws only for engine failures and aborts. */
export async function deliberate(
  model: LoadedModel,
  request: Deliberation,
  progress: Progress,
): Promise<DeliberationResult> {
  try {
    return await deliberateTokens(model, request, progress);
  } catch (error) {
    if (error instanceof ContextOverflow)
      return { status: 'unscored', reason: 'context', message: error.message };
    if (error instanceof UnspeakableText)
      return { status: 'unscored', reason: 'invalid', message: error.message };
    throw error;
  }
}

async function deliberateTokens(
  model: LoadedModel,
  request: Deliberation,
  progress: Progress,
): Promise<DeliberationResult> {
  const prefix = prefixSegments(model, request);
  const questions = request.questions.map((question) => tokenQuestion(model, request, question));
  const needed =
    tokenCount(prefix) +
    (request.critique?.maxTokens ?? 0) +
    Math.max(
      // A critique alone ends up evaluated to its last token, and the binding keeps one place free.
      1,
      ...questions.map(
        ({ segment, chains }) =>
          segment.length + Math.max(0, ...[...chains.values()].map((chain) => chain.length)),
      ),
    );
  model.assertFits(needed);
  return model.slots.lease([...prefix, ...(questions[0] ? [questions[0].segment] : [])], async (slot) => {
    const samples: DeliberationSample[] = [];
    if (request.critique === null)
      samples.push(await readSample(model, slot, prefix, questions, null, progress));
    else
      for (const seed of request.critique.seeds)
        samples.push(
          await readSample(model, slot, prefix, questions, { ...request.critique, seed }, progress),
        );
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
  const descend = async (
    segment: readonly Token[],
    depth: number,
    labels: readonly string[],
    sum: number,
  ) => {
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

/** Soft-max over the labels; `mass` is the log of their total probability. */
function normalize(logProbabilities: ReadonlyMap<string, number>) {
  const highest = Math.max(...logProbabilities.values());
  let sum = 0;
  for (const value of logProbabilities.values()) sum += Math.exp(value - highest);
  const mass = highest + Math.log(sum);
  return {
    normalized: Object.fromEntries([...logProbabilities].map(([label, value]) => [label, value - mass])),
    mass,
  };
}

/** Log-probability of each token of a continuation of the assistant's turn. */
export async function logprob(
  model: LoadedModel,
  messages: readonly Message[],
  continuation: string,
  progress: Progress,
) {
  const segments = messageSegments(model, messages);
  const tokens = tokenize(model, continuation);
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
