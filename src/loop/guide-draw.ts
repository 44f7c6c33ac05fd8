/** Whole answers: the best of n, and draws until one is good enough. */
import type { GuidedCandidate, GuideStrategy } from '../schema.ts';
import { choose, rankValue } from './guide-choice.ts';
import { candidateOf, type Outcome, type Session } from './guide-session.ts';
import { drawAfter } from './guide-write.ts';

type Strategy<Kind> = Extract<GuideStrategy, { readonly kind: Kind }>;

/**
 * n answers, scored, and the best of them. With `patience` they are drawn so many at a time, until a round does not raise the
 * highest score less `pessimism` deviations; how many at once the engine writes has no part in it.
 */
export async function bestOf(session: Session, strategy: Strategy<'best-of'>): Promise<Outcome> {
  const { n, patience, pessimism } = strategy;
  const candidates: GuidedCandidate[] = [];
  let best = Number.NEGATIVE_INFINITY;
  while (candidates.length < n) {
    const size = Math.min(patience ?? n, n - candidates.length);
    const round = await draw(session, strategy, candidates.length, size);
    candidates.push(...round);
    const values = round.flatMap((candidate) => rankValue(candidate, pessimism) ?? []);
    const highest = Math.max(...values, Number.NEGATIVE_INFINITY);
    if (patience !== null && candidates.length > size && highest <= best) break;
    best = Math.max(best, highest);
  }
  return choose(candidates, candidates, pessimism, 'no answer has a score');
}

/** Answers one after another, until the score of one, less `pessimism` deviations, is at least `accept`. */
export async function reject(session: Session, strategy: Strategy<'rejection'>): Promise<Outcome> {
  const { n, accept, pessimism } = strategy;
  const candidates: GuidedCandidate[] = [];
  let accepted: GuidedCandidate | undefined;
  while (candidates.length < n && accepted === undefined) {
    const [candidate] = await draw(session, strategy, candidates.length, 1);
    if (candidate === undefined) break;
    candidates.push(candidate);
    if ((rankValue(candidate, pessimism) ?? Number.NEGATIVE_INFINITY) >= accept) accepted = candidate;
  }
  const choice = choose(candidates, candidates, pessimism, 'no answer has a score');
  if (accepted) return { ...choice, why: `${accepted.id} is the first that has ${accept} or more` };
  const none = `none of ${candidates.length} has ${accept} or more`;
  return {
    candidates: choice.candidates.map((candidate) => ({
      ...candidate,
      kept: false,
      fate: candidate.score === null ? candidate.fate : `rejected: below ${accept}`,
    })),
    chosen: null,
    margin: null,
    why: choice.chosen === null ? choice.why : `${none}; the highest is ${choice.chosen}`,
  };
}

/** The draws from `first` on, written together and scored together. */
async function draw(
  { sampleId, prompt, writer, score, onEvent }: Session,
  strategy: Strategy<'best-of' | 'rejection'>,
  first: number,
  size: number,
): Promise<GuidedCandidate[]> {
  const written = await Promise.all(
    Array.from({ length: size }, async (_, index) => {
      const drawn = drawAfter(strategy, prompt, [], first + index);
      const { text, finish } = await writer.write(drawn, strategy.maxTokens);
      return { id: `c${first + index + 1}`, text, finish, ...drawn };
    }),
  );
  const scores = await score(written.map(({ text }) => text));
  const candidates = written.map((own, index) => candidateOf(own, scores[index]));
  for (const candidate of candidates) onEvent({ type: 'candidate-finish', sampleId, candidate });
  return candidates;
}
