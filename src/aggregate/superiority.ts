/** How probable it is that one answer scores higher than another, from the distributions of their scores. */
import { JurorError } from '../errors.ts';
import type { Combine, Criterion } from '../schema.ts';

/** A possible score and its probability. */
export interface ScoreMass {
  readonly score: number;
  readonly probability: number;
}

/** What one criterion may score. */
export interface CriterionDistribution extends Pick<Criterion, 'id' | 'weight'> {
  /** Probabilities sum to 1. */
  readonly scores: readonly ScoreMass[];
}

/** Scores nearer to each other than this are one. */
const grid = 1e-9;
/** Combined scores kept apart; more are refused, not thinned out. */
const mostStates = 1_000_000;

/**
 * P(X > Y) + ½ P(X = Y) for independent X and Y, the probability of superiority (Vargha and Delaney, 2000); exact up to rounding, and
 * 1 less that of Y over X. Throws JurorError `usage` for a distribution without mass.
 */
export function superiority(first: readonly ScoreMass[], second: readonly ScoreMass[]): number {
  const [own, others] = [merged(first), merged(second)];
  const mass = totalOf(own) * totalOf(others);
  if (!(mass > 0)) throw new JurorError('usage', 'expected distributions with mass, got one without');
  let [below, next, sum] = [0, 0, 0];
  for (const { key, probability } of own) {
    while (next < others.length && (others[next]?.key ?? 0) < key) below += others[next++]?.probability ?? 0;
    const equal = others[next]?.key === key ? (others[next]?.probability ?? 0) : 0;
    sum += probability * (below + equal / 2);
  }
  return Math.min(1, Math.max(0, sum / mass));
}

/** What a combined score is made of so far. */
interface State {
  readonly value: number;
  /** The lowest cap of the gates that fell; 1 without. */
  readonly cap: number;
}

/**
 * The distribution of the combined score when criteria are independent of each other, as `combineCriteria` combines one label each:
 * exact, equal scores merged. Throws JurorError `usage` where weights leave more than a million different scores.
 */
export function combinedDistribution(
  criteria: readonly CriterionDistribution[],
  combine: Combine,
): ScoreMass[] {
  const total = criteria.reduce((sum, { weight }) => sum + weight, 0);
  const heaviest = Math.max(...criteria.map(({ weight }) => weight));
  const step = ({ value, cap }: State, { id, weight }: CriterionDistribution, score: number): State => {
    if (combine.kind === 'min') return { value: Math.min(value, score), cap };
    if (combine.kind === 'chebyshev')
      return { value: Math.min(value, 1 - (weight / heaviest) * (1 - score)), cap };
    const gates = combine.kind === 'gated' ? combine.gates : [];
    const caps = gates.flatMap((gate) => (gate.criterion === id && score < gate.below ? [gate.cap] : []));
    return { value: value + (weight * score) / total, cap: Math.min(cap, ...caps) };
  };
  const additive = combine.kind === 'weighted-mean' || combine.kind === 'gated';
  let states = new Map<string, { state: State; probability: number }>([
    ['', { state: { value: additive ? 0 : 1, cap: 1 }, probability: 1 }],
  ]);
  for (const criterion of criteria) {
    const following: typeof states = new Map();
    for (const { state, probability } of states.values())
      for (const { score, probability: own } of criterion.scores) {
        const moved = step(state, criterion, score);
        const key = `${Math.round(moved.value / grid)} ${moved.cap}`;
        const found = following.get(key);
        if (found) found.probability += probability * own;
        else following.set(key, { state: moved, probability: probability * own });
      }
    if (following.size > mostStates)
      throw new JurorError('usage', `expected at most ${mostStates} different combined scores, got more`);
    states = following;
  }
  return [...states.values()].map(({ state, probability }) => ({
    score: Math.min(state.value, state.cap),
    probability,
  }));
}

/** By score, equal ones together. */
function merged(distribution: readonly ScoreMass[]): { key: number; probability: number }[] {
  const masses = new Map<number, number>();
  for (const { score, probability } of distribution) {
    if (!(Number.isFinite(score) && probability >= 0))
      throw new JurorError('usage', `expected a score with a probability, got ${score} with ${probability}`);
    const key = Math.round(score / grid);
    masses.set(key, (masses.get(key) ?? 0) + probability);
  }
  return [...masses]
    .map(([key, probability]) => ({ key, probability }))
    .sort((left, right) => left.key - right.key);
}

function totalOf(masses: readonly { readonly probability: number }[]): number {
  return masses.reduce((sum, { probability }) => sum + probability, 0);
}
