/** Deliberations on a remote model: critiques are written, then questions are answered after them. */
import type { Critique, Usage } from '../schema.ts';
import type { Answer, Deliberation, DeliberationSample } from './engine.ts';
import { answer, nothing } from './langchain-answer.ts';
import { critiqueMessages } from './langchain-messages.ts';
import type { Completion } from './langchain-model.ts';
import { cut, type Remote, refuseFiltered, send } from './langchain-remote.ts';
import { type Bounds, Unanswered } from './langchain-request.ts';

/** All samples of a deliberation. Throws Unanswered, and JurorError `aborted`. */
export async function deliberateRemotely(
  remote: Remote,
  request: Deliberation,
  bounds: Bounds,
): Promise<DeliberationSample[]> {
  const { critique } = request;
  const ask = (text: string | null) =>
    Promise.all(
      request.questions.map((question) => answer(remote, { request, question, critique: text }, bounds)),
    );
  if (critique === null) return [{ critique: null, answers: await ask(null), usage: nothing }];
  return Promise.all(
    critique.seeds.map(async (seed) => {
      const { maxTokens, temperature, topP, instruction } = critique;
      const written = await send(
        remote,
        critiqueMessages(request, instruction, remote.manner),
        { maxTokens, temperature, ...(topP < 1 ? { topP } : {}), seed },
        bounds,
      );
      const { text, finish } = critiqueOf(written);
      const answers = await ask(text);
      return {
        critique: { text, finish },
        usage: written.usage,
        answers: withoutShared(answers, written.usage),
      };
    }),
  );
}

function critiqueOf({ text, finish }: Completion): Critique {
  refuseFiltered(finish);
  const critique = text.trim();
  if (critique === '')
    throw new Unanswered('invalid', `expected a critique, got an empty reply that ended with '${finish}'`);
  return { text: critique, finish: cut(finish) ? 'length' : 'stop' };
}

/** The first answer counts only what the critique's request did not read or write: a judgment's tokens do not depend on its company. */
function withoutShared(answers: readonly Answer[], shared: Usage): Answer[] {
  const [first, ...others] = answers;
  if (first === undefined) return [];
  const { evaluated, reused, generated } = first.usage;
  const own = Math.max(0, evaluated + reused - shared.evaluated - shared.reused - shared.generated);
  const kept = Math.min(evaluated, own);
  return [{ ...first, usage: { evaluated: kept, reused: own - kept, generated } }, ...others];
}
