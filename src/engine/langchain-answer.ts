/** Answers of a remote model: labels are read from log-probabilities, or chosen under a schema. */
import type { Usage } from '../schema.ts';
import type { Answer, Deliberation, Question } from './engine.ts';
import {
  type LabelReading,
  labelProbabilities,
  type OpenBranch,
  readLabels,
  returnedTokens,
} from './langchain-labels.ts';
import { questionMessages } from './langchain-messages.ts';
import { cut, type Remote, refuseFiltered, send, structuredTokens } from './langchain-remote.ts';
import { type Bounds, Unanswered } from './langchain-request.ts';

/** A question of a deliberation, after its critique where there is one. */
export interface Asking {
  readonly request: Deliberation;
  readonly question: Question;
  readonly critique: string | null;
}

/** Branches followed for one question, and the probability from which on they are. */
const followed = { most: 4, fromProbability: 1e-3 };

/** The answer to one question. Throws Unanswered, and JurorError `aborted`. */
export function answer(remote: Remote, asking: Asking, bounds: Bounds): Promise<Answer> {
  return remote.manner.abilities.topLogprobs > 0
    ? read(remote, asking, bounds)
    : choose(remote, asking, bounds);
}

/** Read the labels from the log-probabilities of an answer's first tokens. */
async function read(remote: Remote, asking: Asking, bounds: Bounds): Promise<Answer> {
  const { manner } = remote;
  const { request, question, critique } = asking;
  const forced = manner.opening === 'continue';
  const usages: Usage[] = [];
  const readAfter = async (text: string): Promise<LabelReading | null> => {
    const continued = { ...question, opening: question.opening + text };
    const reply = await send(
      remote,
      questionMessages(request, continued, critique, manner),
      {
        maxTokens: manner.answerTokens,
        temperature: 0,
        seed: 0,
        topLogprobs: manner.abilities.topLogprobs,
        continues: forced,
      },
      bounds,
    );
    usages.push(reply.usage);
    refuseFiltered(reply.finish);
    const tokens = returnedTokens(reply.logprobs);
    if (tokens === null) throw new Unanswered('invalid', 'expected log-probabilities in the reply, got none');
    const labels = question.labels
      .filter((label) => label.text.startsWith(text) && label.text !== text)
      .map((label) => ({ label: label.label, text: label.text.slice(text.length) }));
    return readLabels(tokens, { opening: continued.opening, labels }, { forced, ended: !cut(reply.finish) });
  };
  const first = await readAfter('');
  const whole = first && forced ? await followBranches(first, readAfter, question) : first;
  const labels = question.labels.map(({ label }) => label);
  const probabilities = whole && labelProbabilities(whole, labels);
  if (!probabilities)
    throw new Unanswered(
      'invalid',
      `expected one of ${labels.join(', ')} among the ${manner.abilities.topLogprobs} most probable tokens, got none`,
    );
  return { questionId: question.id, ...probabilities, usage: usages.reduce(sum, nothing) };
}

/** Where several labels begin alike and the reply went another way, the beginning is forced and the rest is read. */
async function followBranches(
  reading: LabelReading,
  readAfter: (text: string) => Promise<LabelReading | null>,
  question: Question,
): Promise<LabelReading> {
  const seen = new Map(reading.seen);
  const open: OpenBranch[] = [];
  const ranked = [...reading.open].sort((left, right) => right.logprob - left.logprob);
  for (const [index, branch] of ranked.entries()) {
    const worth = index < followed.most && Math.exp(branch.logprob) >= followed.fromProbability;
    const spelled = question.labels.some(({ text }) => text.startsWith(branch.text));
    const rest = worth && spelled ? await readAfter(branch.text) : null;
    if (rest === null) {
      open.push(branch);
      continue;
    }
    const add = (label: string, probability: number) => {
      const before = Math.exp(seen.get(label) ?? Number.NEGATIVE_INFINITY);
      if (probability > 0) seen.set(label, Math.log(before + Math.exp(branch.logprob) * probability));
    };
    for (const [label, logprob] of rest.seen) add(label, Math.exp(logprob));
    for (const further of rest.open)
      open.push({ ...further, text: branch.text + further.text, logprob: branch.logprob + further.logprob });
    // What leads to none of the longer labels is the one that the beginning is.
    const whole = question.labels.find(({ text }) => text === branch.text);
    const longer = [...rest.seen.values(), ...rest.open.map(({ logprob }) => logprob)];
    if (whole) add(whole.label, 1 - longer.reduce((sum, logprob) => sum + Math.exp(logprob), 0));
  }
  return { ...reading, seen, open };
}

/**
 * Have the labels chosen under a schema: (count + smoothing) / (valid answers + smoothing · labels). What is no label is not
 * counted and lowers the label mass.
 */
async function choose(remote: Remote, asking: Asking, bounds: Bounds): Promise<Answer> {
  const { answers, smoothing } = remote.manner;
  const { request, question, critique } = asking;
  const named = new Map(question.labels.map(({ label, text }) => [text.trim(), label]));
  const names = [...named.keys()];
  const messages = questionMessages(request, question, critique, { ...remote.manner, opening: 'ask' });
  const replies = await Promise.all(
    Array.from({ length: answers }, (_, seed) =>
      send(
        remote,
        messages,
        { maxTokens: structuredTokens, temperature: answers > 1 ? 1 : 0, seed },
        bounds,
        names,
      ),
    ),
  );
  const chosen = replies.map(({ parsed }) => verdictOf(parsed)).filter((name) => named.has(name));
  if (chosen.length === 0) {
    const [reply] = replies;
    refuseFiltered(reply?.finish ?? '');
    const got = cut(reply?.finish ?? '') ? 'an answer that was cut' : `'${(reply?.text ?? '').slice(0, 80)}'`;
    throw new Unanswered('invalid', `expected {"verdict": …} with one of ${names.join(', ')}, got ${got}`);
  }
  const total = chosen.length + smoothing * names.length;
  return {
    questionId: question.id,
    logProbabilities: Object.fromEntries(
      [...named].map(([name, label]) => [
        label,
        Math.log((chosen.filter((choice) => choice === name).length + smoothing) / total),
      ]),
    ),
    labelMass: Math.log(chosen.length / answers),
    usage: replies.map(({ usage }) => usage).reduce(sum, nothing),
  };
}

function verdictOf(parsed: unknown): string {
  const verdict =
    typeof parsed === 'object' && parsed !== null && 'verdict' in parsed ? parsed.verdict : undefined;
  return typeof verdict === 'string' ? verdict.trim() : '';
}

/** No tokens. */
export const nothing: Usage = { evaluated: 0, reused: 0, generated: 0 };

function sum(left: Usage, right: Usage): Usage {
  return {
    evaluated: left.evaluated + right.evaluated,
    reused: left.reused + right.reused,
    generated: left.generated + right.generated,
  };
}
