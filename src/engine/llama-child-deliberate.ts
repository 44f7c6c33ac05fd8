/** Deliberations on one model: hold segments, write critiques, read labels. */
import type { Token } from 'node-llama-cpp';
import type { Usage } from '../schema.ts';
import type { Answer, Deliberation, DeliberationResult, DeliberationSample } from './engine.ts';
import type { Decoding } from './llama-child-contexts.ts';
import type { LoadedModel } from './llama-child-model.ts';
import {
  at,
  prefixSegments,
  type Segments,
  type TokenQuestion,
  tokenQuestion,
} from './llama-child-render.ts';
import {
  appendAndRead,
  generate,
  holdSegments,
  type Progress,
  type Slot,
  type Slots,
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
  if (request.critique === null)
    return { status: 'done', samples: [await readDirectly(model, prefix, questions, progress)] };
  const { seeds, ...options } = request.critique;
  const slots = await model.contexts.slots('single');
  const first = questions[0] ? [questions[0].segment] : [];
  return slots.lease([...prefix, ...first], async (slot) => {
    const samples: DeliberationSample[] = [];
    for (const seed of seeds) {
      const { critique, usage } = await write({ slots, slot, progress }, model, prefix, { ...options, seed });
      const answers = await readAnswers({ slots, slot, progress }, [...slot.held], questions, true);
      samples.push({ critique, answers, usage });
    }
    return { status: 'done', samples };
  });
}

/** Where to evaluate. */
interface Desk {
  readonly slots: Slots;
  readonly slot: Slot;
  readonly progress: Progress;
}

/**
 * Read the answers without a critique. How a question is decoded depends on its own tokens and those before it, never on the other
 * questions: the same question gives the same bits in any company.
 */
async function readDirectly(
  model: LoadedModel,
  prefix: Segments,
  questions: readonly TokenQuestion[],
  progress: Progress,
): Promise<DeliberationSample> {
  const decodings = questions.map((question) => decodingOf(prefix, question, model.info.batchSize));
  let usage: Usage | undefined;
  const answers = new Map<TokenQuestion, Answer>();
  // The first question's decoding comes first: its answer is the one that does not count the prefix.
  for (const decoding of new Set(decodings)) {
    const some = questions.filter((_, index) => decodings[index] === decoding);
    const slots = await model.contexts.slots(decoding);
    await slots.lease([...prefix, ...some.slice(0, 1).map(({ segment }) => segment)], async (slot) => {
      const counted = usage === undefined;
      usage ??= { ...(await holdSegments(slots, slot, prefix, progress)), generated: 0 };
      const read = await readAnswers({ slots, slot, progress }, prefix, some, counted);
      for (const [index, question] of some.entries()) {
        const answer = read[index];
        if (answer) answers.set(question, answer);
      }
    });
  }
  return {
    critique: null,
    answers: questions.flatMap((question) => answers.get(question) ?? []),
    usage: usage ?? { evaluated: 0, reused: 0, generated: 0 },
  };
}

/** Whether reading a question decodes some token alone: the last one of a batch, or one in the middle of a label. */
function decodingOf(prefix: Segments, { segment, chains }: TokenQuestion, batchSize: number): Decoding {
  const alone =
    [...prefix, segment].some(({ length }) => length % batchSize === 1) ||
    [...chains.values()].some(({ length }) => length > 1);
  return alone ? 'single' : 'whole';
}

/** Write a critique. The last segment is evaluated again: sampling starts from its last token's logits. */
async function write(
  { slots, slot, progress }: Desk,
  { model }: LoadedModel,
  prefix: Segments,
  options: { maxTokens: number; temperature: number; topP: number; seed: number },
): Promise<Pick<DeliberationSample, 'critique' | 'usage'>> {
  const last = prefix.at(-1) ?? [];
  const read = await holdSegments(slots, slot, prefix.slice(0, -1), progress);
  const { tokens, finish } = await generate(model, slot, last, options, progress);
  return {
    critique: { text: model.detokenize(tokens).trim(), finish },
    usage: { evaluated: read.evaluated + last.length, reused: read.reused, generated: tokens.length },
  };
}

/** Branch every question off `held`, which is counted elsewhere for the first of them where `counted` says so. */
async function readAnswers(
  { slots, slot, progress }: Desk,
  held: Segments,
  questions: readonly TokenQuestion[],
  counted: boolean,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const question of questions) {
    await truncate(slot, held.length);
    // What a sequence could not keep has to be read again, and is counted.
    const restored = await holdSegments(slots, slot, held, progress);
    const { logProbabilities, evaluated } = await readLabels({ slots, slot, progress }, question);
    const { normalized, mass } = normalize(logProbabilities);
    answers.push({
      questionId: question.question.id,
      logProbabilities: normalized,
      labelMass: mass,
      usage: {
        evaluated: evaluated + restored.evaluated,
        reused: counted && answers.length === 0 ? 0 : restored.reused,
        generated: 0,
      },
    });
  }
  return answers;
}

/** Log-probability of each label's chain. */
async function readLabels({ slots, slot, progress }: Desk, question: TokenQuestion) {
  const logProbabilities = new Map<string, number>();
  let evaluated = 0;
  const descend = async (
    segment: readonly Token[],
    depth: number,
    labels: readonly string[],
    sum: number,
  ) => {
    const next = new Set(labels.map((label) => at(question.chains.get(label), depth)));
    const read = await appendAndRead(slots, slot, segment, [...next], progress);
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
