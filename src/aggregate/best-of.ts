/** Best of n: what it is worth to choose among n answers, estimated from N of them without drawing any again. */
import { JurorError } from '../errors.ts';
import { createRandom } from './random.ts';
import { requireFinite, requireSameLength } from './statistic.ts';

/**
 * Upper bound of the KL divergence of best-of-n from the model that it draws from, in nats: log n − (n − 1)/n (Beirami et al.,
 * Theoretical guarantees on the best-of-n alignment policy, 2024). Exact where no two answers have the same score or text.
 */
export function bestOfDivergence(n: number): number {
  requireSize(n, Number.POSITIVE_INFINITY);
  return Math.log(n) - (n - 1) / n;
}

/**
 * The expected gold value of the answer that `scores` put first among n of the N, over all subsets of size n: with ranks ascending,
 * Σ_{i=n}^{N} C(i − 1, n − 1)/C(N, n) · gold₍ᵢ₎, unbiased for best-of-n (Nakano et al., WebGPT, 2021). Equal scores stand in each
 * of their orders equally often. An answer without a score is chosen only where none of the n has one.
 */
export function bestOfN(scores: readonly (number | null)[], gold: readonly number[], n: number): number {
  requireSameLength(scores.length, gold.length);
  requireFinite(gold);
  requireFinite(scores.flatMap((score) => (score === null ? [] : [score])));
  requireSize(n, scores.length);
  const ranked = [...scores.keys()].sort((left, right) => rankOf(scores[right]) - rankOf(scores[left]));
  const total = ranked.length;
  let expected = 0;
  // The share of the subsets in which rank i is the first; C(N, n) itself overflows.
  let share = n / total;
  for (let start = 0; start < total; ) {
    const score = scores[ranked[start] ?? 0];
    let [end, tied, sum] = [start, 0, 0];
    for (; end < total && scores[ranked[end] ?? 0] === score; end++) {
      const rank = total - end;
      tied += share;
      sum += gold[ranked[end] ?? 0] ?? 0;
      share *= rank > 1 ? Math.max(0, rank - n) / (rank - 1) : 0;
    }
    expected += (tied * sum) / (end - start);
    start = end;
  }
  return expected;
}

/** An answer with a vote. */
export interface Ballot {
  /** What it comes to; null where it names nothing, and has no vote. */
  readonly value: string | null;
  /** What its vote counts. */
  readonly weight: number;
  readonly gold: number;
}

/** How subsets are gone through. */
export interface SubsetOptions {
  /** Of the subsets drawn. Default 0. */
  readonly seed?: number;
  /** With more subsets than this, so many are drawn instead. Default 20,000. */
  readonly most?: number;
}

/**
 * The expected gold value of the answer that a vote among n of the N chooses, over subsets of size n: all of them where there are
 * few enough, and seeded draws otherwise. Among values with equal votes, and among the answers of one value, the choice is random;
 * without any vote it is random among all.
 */
export function voteOfN(ballots: readonly Ballot[], n: number, options: SubsetOptions = {}): number {
  requireSize(n, ballots.length);
  let [sum, count] = [0, 0];
  for (const subset of subsets(ballots.length, n, options)) {
    sum += electedGold(subset.flatMap((index) => ballots[index] ?? []));
    count++;
  }
  return sum / count;
}

function electedGold(ballots: readonly Ballot[]): number {
  const voting = ballots.filter(({ value, weight }) => value !== null && weight > 0);
  if (voting.length === 0) return meanGold(ballots);
  const parties = [...Map.groupBy(voting, ({ value }) => value).values()];
  const votes = parties.map((own) => own.reduce((sum, { weight }) => sum + weight, 0));
  const most = Math.max(...votes);
  // Sums of the same weights in another order are still a tie.
  const elected = parties.filter((_, party) => (votes[party] ?? 0) >= most * (1 - 1e-12));
  return elected.reduce((sum, own) => sum + meanGold(own), 0) / elected.length;
}

function meanGold(ballots: readonly Ballot[]): number {
  return ballots.reduce((sum, { gold }) => sum + gold, 0) / ballots.length;
}

function* subsets(
  total: number,
  size: number,
  { seed = 0, most = 20_000 }: SubsetOptions,
): Generator<readonly number[]> {
  let count = 1;
  for (let place = 1; place <= size && count <= most; place++)
    count = (count * (total - size + place)) / place;
  if (count > most) {
    const random = createRandom(seed);
    for (let draw = 0; draw < most; draw++) {
      const deck = Array.from({ length: total }, (_, index) => index);
      for (let place = 0; place < size; place++) {
        const other = place + random.below(total - place);
        [deck[place], deck[other]] = [deck[other] ?? 0, deck[place] ?? 0];
      }
      yield deck.slice(0, size);
    }
    return;
  }
  const chosen = Array.from({ length: size }, (_, index) => index);
  for (;;) {
    yield chosen;
    let place = size - 1;
    while (place >= 0 && chosen[place] === total - size + place) place--;
    if (place < 0) return;
    const next = (chosen[place] ?? 0) + 1;
    for (let index = place; index < size; index++) chosen[index] = next + index - place;
  }
}

function rankOf(score: number | null | undefined): number {
  return score ?? -Number.MAX_VALUE;
}

function requireSize(n: number, total: number): void {
  if (!Number.isInteger(n) || n < 1 || n > total)
    throw new JurorError('usage', `expected n from 1 to ${total}, got ${n}`);
}
