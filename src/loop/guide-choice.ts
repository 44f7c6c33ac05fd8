/** Which candidate is best, and why: the words for it are made here. */
import type { GuidedCandidate } from '../schema.ts';

/** What candidates are ranked by: score less `pessimism` deviations; null without a score. */
export function rankValue(
  { score, deviation = 0 }: Pick<GuidedCandidate, 'score' | 'deviation'>,
  pessimism: number,
): number | null {
  return score === null ? null : score - pessimism * deviation;
}

/** Candidates with a score, the best first; of equal ones the first drawn. */
export function ranked<Candidate extends Pick<GuidedCandidate, 'score' | 'deviation'>>(
  candidates: readonly Candidate[],
  pessimism: number,
): { readonly candidate: Candidate; readonly value: number }[] {
  return candidates
    .flatMap((candidate) => {
      const value = rankValue(candidate, pessimism);
      return value === null ? [] : [{ candidate, value }];
    })
    .sort((left, right) => right.value - left.value);
}

/** A choice among candidates. */
export interface Choice {
  readonly candidates: GuidedCandidate[];
  readonly chosen: string | null;
  readonly margin: number | null;
  readonly why: string;
}

/**
 * Choose the best of `among` and tell each of them its fate; the other candidates stay as they are. `none` is said where there is
 * nothing to choose.
 */
export function choose(
  candidates: readonly GuidedCandidate[],
  among: readonly GuidedCandidate[],
  pessimism: number,
  none: string,
): Choice {
  const order = ranked(among, pessimism);
  const [first, second] = order;
  if (first === undefined) {
    const told = candidates.map((candidate) =>
      among.includes(candidate) ? { ...candidate, kept: false, fate: unscored } : candidate,
    );
    return { candidates: told, chosen: null, margin: null, why: none };
  }
  const why = whyFirst(order);
  const fates = new Map(
    order.map(({ candidate }, place) => [
      candidate.id,
      place === 0 ? `chosen: ${why}` : fateAt(order, place),
    ]),
  );
  return {
    candidates: candidates.map((candidate) =>
      among.includes(candidate)
        ? {
            ...candidate,
            kept: candidate === first.candidate,
            fate: fates.get(candidate.id) ?? unscored,
          }
        : candidate,
    ),
    chosen: first.candidate.id,
    margin: second ? first.value - second.value : null,
    why: `${first.candidate.id} ${why}`,
  };
}

type Order = ReturnType<typeof ranked<GuidedCandidate>>;
const unscored = 'no score';

function whyFirst(order: Order): string {
  const [first, second] = order;
  if (first === undefined || second === undefined) return 'the only one with a score';
  if (first.value > second.value) return distance(first, second);
  const tied = order.filter(({ value }) => value === first.value).length;
  return `the first drawn of ${tied} with this score`;
}

/** `rank 3 of 4, 0.120 below c2`. */
export function fateAt(order: Order, place: number): string {
  const [own, before] = [order[place], order[place - 1]];
  const rank = `rank ${place + 1} of ${order.length}`;
  if (own === undefined || before === undefined) return rank;
  return `${rank}, ${distance(own, before)}`;
}

/** `0.120 below c2`; small differences keep their digits. */
export function distance(from: Order[number], to: Order[number]): string {
  const lead = from.value - to.value;
  if (lead === 0) return `level with ${to.candidate.id}`;
  const size = Math.abs(lead);
  const shown = size >= 0.001 ? size.toFixed(3) : size.toPrecision(1);
  return `${shown} ${lead > 0 ? 'above' : 'below'} ${to.candidate.id}`;
}
