/** When a head had better not decide a pair: split conformal prediction, with prompts rather than pairs as what is exchangeable. */
import { createRandom } from '../aggregate/random.ts';
import { JurorError } from '../errors.ts';
import { requireColumns, requireTargets } from './checks.ts';

/**
 * What is taken to be exchangeable between calibration and use, and so what the rate is of.
 * - `prompts`: prompts are, and a prompt's pairs among themselves. Each pair of a prompt with N pairs counts 1/N. The rate is that of
 *   a pair drawn from a new prompt: hierarchical conformal prediction (Lee, Barber and Willett, arXiv 2306.06342).
 * - `one-per-prompt`: the same assumption and the same rate, by one pair drawn from each prompt (Dunn, Wasserman and Ramdas, JASA
 *   118, 2023). It wastes pairs, and the seed shows.
 * - `pairs`: all pairs are. Untrue where prompts have several: pairs of one prompt are right or wrong together, so that the threshold
 *   stands on fewer observations than it counts, and the rate is not held on average over calibration sets, above all with few prompts.
 *
 * With one pair in each prompt all three are the same rule.
 */
export type ConformalUnit = 'prompts' | 'one-per-prompt' | 'pairs';

/** How the threshold is found. */
export interface ConformalOptions {
  /** α, the largest share of all pairs that may be decided wrongly, in (0, 1). */
  readonly errorRate: number;
  /** Default `prompts`. */
  readonly unit?: ConformalUnit;
  /** Of the draws of `one-per-prompt`. Default 0. */
  readonly seed?: number;
}

/** A threshold on the probability of the likelier answer. */
export interface ConformalThreshold {
  readonly errorRate: number;
  readonly unit: ConformalUnit;
  /** Pairs are decided whose likelier answer has more than this; 1 decides none. */
  readonly threshold: number;
  /** Calibration pairs that the threshold stands on, and their prompts. */
  readonly pairs: number;
  readonly prompts: number;
  /** Pairs without a preferred answer, which were left out. */
  readonly ties: number;
}

/**
 * The threshold above which a head may decide pairs so that P(decided and wrong) ≤ α, on average over calibration sets, whatever the
 * head and however wrong its probabilities (Vovk, Gammerman and Shafer 2005; Angelopoulos and Bates, arXiv 2107.07511). A pair's score
 * is 1 − P(the better answer), and the threshold is the ⌈(n + 1)(1 − α)⌉-th smallest of n, or 1 where there are fewer: the +1 is the
 * pair to come. The better answer of a pair to come is in the set {answers whose score is at most the threshold} with probability at
 * least 1 − α; the head abstains where both are in it. Where the threshold is below ½ it decides all pairs, since deciding a pair of
 * which neither is in the set adds nothing to the rate.
 *
 * `probabilities` are that the left answer is better, of pairs that neither trained the head nor chose its settings; a temperature
 * fitted on them too does no harm, as it keeps their order. Targets above ½ mean left, below ½ right; ½ prefers neither and is left out,
 * so that the rate is of pairs that have a better answer. It is a rate among **all** such pairs: of those decided it is larger, and
 * `coverageAtRisk` bounds that. For the best of many answers, a pair chosen by the head, nothing is promised, nor for other prompts
 * than those like the calibration's.
 */
export function fitConformal(
  probabilities: ArrayLike<number>,
  targets: ArrayLike<number>,
  clusters: readonly string[],
  { errorRate, unit = 'prompts', seed = 0 }: ConformalOptions,
): ConformalThreshold {
  if (!(errorRate > 0 && errorRate < 1))
    throw new JurorError('usage', `expected an error rate between 0 and 1, got ${errorRate}`);
  requireColumns({ targets, clusters }, probabilities.length);
  requireTargets(targets);
  const scored: Scored[] = [];
  for (const [pair, cluster] of clusters.entries()) {
    const probability = probabilities[pair] as number;
    if (!(probability >= 0 && probability <= 1))
      throw new JurorError('data', `pair ${pair + 1}: expected a probability, got ${probability}`);
    const target = targets[pair] as number;
    if (target !== 0.5) scored.push({ cluster, score: target > 0.5 ? 1 - probability : probability });
  }
  const groups =
    unit === 'pairs'
      ? scored.map((pair) => [pair])
      : [...Map.groupBy(scored, ({ cluster }) => cluster).values()].sort(byCluster);
  const random = createRandom(seed);
  const kept =
    unit === 'one-per-prompt'
      ? groups.map((group) => [sorted(group)[random.below(group.length)] as Scored])
      : groups;
  return {
    errorRate,
    unit,
    threshold: thresholdOf(kept, errorRate),
    pairs: kept.reduce((sum, { length }) => sum + length, 0),
    prompts: new Set(scored.map(({ cluster }) => cluster)).size,
    ties: probabilities.length - scored.length,
  };
}

/** Whether a pair is left undecided: no answer has more than the threshold, or both have the same. */
export function abstains({ threshold }: Pick<ConformalThreshold, 'threshold'>, probability: number): boolean {
  const likelier = Math.max(probability, 1 - probability);
  return likelier <= threshold || likelier === 0.5;
}

interface Scored {
  readonly cluster: string;
  /** 1 − probability of the better answer. */
  readonly score: number;
}

/**
 * The smallest score at or below which lies at least 1 − α of the mass: 1/(G + 1) for each of G groups, shared by its pairs, and
 * 1/(G + 1) at infinity for the one to come. In groups of one it has rank ⌈(G + 1)(1 − α)⌉.
 */
function thresholdOf(groups: readonly (readonly Scored[])[], errorRate: number): number {
  const masses = groups.flatMap((group) => group.map(({ score }) => ({ score, mass: 1 / group.length })));
  masses.sort((left, right) => left.score - right.score);
  // Rounding of a sum of equal parts must not cost a rank.
  const needed = (groups.length + 1) * (1 - errorRate) - 1e-9;
  let mass = 0;
  for (const part of masses) {
    mass += part.mass;
    if (mass >= needed) return part.score;
  }
  return 1;
}

function sorted(group: readonly Scored[]): Scored[] {
  return [...group].sort((left, right) => left.score - right.score);
}

function byCluster(left: readonly Scored[], right: readonly Scored[]): number {
  const [first, second] = [left[0]?.cluster ?? '', right[0]?.cluster ?? ''];
  return first < second ? -1 : first > second ? 1 : 0;
}
