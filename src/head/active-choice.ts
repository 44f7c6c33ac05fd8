/** Which pairs to have judged next: those of which the head is least sure. */
import { createRandom, shuffled } from '../aggregate/random.ts';
import { requireFinite, requireSameLength } from '../aggregate/statistic.ts';
import { JurorError } from '../errors.ts';

/** Pairs that could be judged. All columns have one entry for each. */
export interface Candidates {
  /** What decides between equals; no two are the same. */
  readonly id: readonly string[];
  /** The prompt: of one at most one pair is chosen. */
  readonly cluster: readonly string[];
  /** Difference of the head's scores, and its standard deviation √(zᵀH⁻¹z); null before there is a head. */
  readonly head: {
    readonly difference: ArrayLike<number>;
    readonly deviation: ArrayLike<number>;
  } | null;
}

/** One choice, by its place among the candidates. */
export interface Choice {
  readonly place: number;
  readonly by: 'uncertainty' | 'random';
}

/** How pairs are chosen. */
export interface ChoiceOptions {
  readonly count: number;
  /** Share drawn at random from all, so that the head also hears of pairs that it believes to know. Default 0.2. */
  readonly randomShare?: number;
  /** Default 0. */
  readonly seed?: number;
}

/**
 * Standard deviation of the probability that the first side is better, to first order: σ(Δ) (1 − σ(Δ)) √(zᵀH⁻¹z). It is high where the
 * head is unsure of the difference and the difference is small (compare Houlsby and others, arXiv 1112.5745).
 */
export function probabilityDeviation(difference: number, deviation: number): number {
  // Even in Δ, and without the overflow of e^Δ.
  const shrunk = Math.exp(-Math.abs(difference));
  return (shrunk / (1 + shrunk) ** 2) * deviation;
}

/**
 * The random ones first, then those with the highest {@link probabilityDeviation}; one of each prompt, all random without a head. Fewer
 * than `count` where there are fewer prompts. Draws do not depend on the order of the candidates.
 */
export function chooseDoubtful(
  { id, cluster, head }: Candidates,
  { count, randomShare = 0.2, seed = 0 }: ChoiceOptions,
): Choice[] {
  requireSameLength(id.length, cluster.length);
  if (!Number.isInteger(count) || count < 0)
    throw new JurorError('usage', `expected a count of 0 or more, got ${count}`);
  if (!(randomShare >= 0 && randomShare <= 1))
    throw new JurorError('usage', `expected a random share from 0 to 1, got ${randomShare}`);
  const sorted = [...id.keys()].sort((left, right) => compareText(id[left] ?? '', id[right] ?? ''));
  const taken = new Set<string>();
  const chosen: Choice[] = [];
  const take = (order: readonly number[], most: number, by: Choice['by']): void => {
    for (const place of order) {
      if (chosen.length >= most) return;
      const prompt = cluster[place] ?? '';
      if (taken.has(prompt)) continue;
      taken.add(prompt);
      chosen.push({ place, by });
    }
  };
  const drawn = shuffled(sorted, createRandom(seed));
  if (head === null) {
    take(drawn, count, 'random');
    return chosen;
  }
  requireSameLength(head.difference.length, id.length);
  requireSameLength(head.deviation.length, id.length);
  requireFinite(Array.from(head.difference));
  requireFinite(Array.from(head.deviation));
  const unsure = id.map((_, place) =>
    probabilityDeviation(head.difference[place] ?? 0, head.deviation[place] ?? 0),
  );
  take(drawn, Math.round(randomShare * count), 'random');
  take(
    sorted.toSorted((left, right) => (unsure[right] ?? 0) - (unsure[left] ?? 0)),
    count,
    'uncertainty',
  );
  return chosen;
}

function compareText(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0;
}
