/** One score from the objectives of one answer. */
import { JurorError } from '../errors.ts';
import { exactSum, requireScore } from './moments.ts';

/** Objective → score, higher is better; null, or no entry, where it was not scored. */
export type ObjectiveScores = Readonly<Record<string, number | null>>;

/** Objective → weight, 0 or more. What has no positive weight is left out; it need not be scored. */
export type ObjectiveWeights = Readonly<Record<string, number>>;

/** An answer whose `objective` scores below `below` gets at most `cap`, whatever else it is good at. */
export interface ObjectiveGate {
  readonly objective: string;
  readonly below: number;
  readonly cap: number;
}

/**
 * How an answer's objectives become one score; wᵢ are the weights, sᵢ the scores.
 * - `weighted-mean`: Σ wᵢ sᵢ / Σ wᵢ
 * - `weighted-sum`: Σ wᵢ sᵢ
 * - `min`: min sᵢ
 * - `chebyshev`: 1 − max vᵢ (zᵢ − sᵢ) − ρ Σ vᵢ (zᵢ − sᵢ) with vᵢ = wᵢ / max w, 1 at the ideal point z. The maximum is
 *   Bowman's (1976), in Wierzbicki's form (1980), which goes on rising beyond the ideal; ρ tells apart answers that only
 *   the maximum calls equal (Steuer and Choo, 1983).
 */
export interface Scalarization {
  readonly kind: 'weighted-mean' | 'weighted-sum' | 'min' | 'chebyshev';
  readonly weights: ObjectiveWeights;
  /** `chebyshev`: the best imaginable score of each objective. Default 1 for each. */
  readonly ideal?: Readonly<Record<string, number>>;
  /** `chebyshev`: ρ. Default 0. */
  readonly augmentation?: number;
  /** Applied last; they look at the scores as they came, before any normalisation. Default none. */
  readonly gates?: readonly ObjectiveGate[];
}

/** One answer's score. A missing objective is never 0: without any one of those that count there is no score. */
export type CombinedObjectives =
  | {
      readonly score: number;
      readonly reason: null;
      readonly missing: readonly [];
      /** The objectives whose gates lowered the score. */
      readonly capped: readonly string[];
    }
  | {
      readonly score: null;
      readonly reason: string;
      /** The objectives that had to be scored and were not; empty when they only could not be normalised. */
      readonly missing: readonly string[];
      readonly capped: readonly [];
    };

/**
 * One score from one answer's objectives; it rises, or stays, with each of them. `normalized` are the scores to combine
 * where they are not those that the gates look at.
 */
export function combineObjectives(
  objectives: ObjectiveScores,
  scalarization: Scalarization,
  normalized: ObjectiveScores = objectives,
): CombinedObjectives {
  requireScalarization(scalarization);
  const missing = countedObjectives(scalarization).filter((name) => readObjective(objectives, name) === null);
  if (missing.length > 0) {
    return withoutScore(`missing ${missing.map((name) => `"${name}"`).join(', ')}`, missing);
  }
  const used = weightedObjectives(scalarization.weights);
  const scores = used.flatMap((name) => {
    const score = readObjective(normalized, name);
    return score === null ? [] : [requireScore(score, `objective "${name}"`)];
  });
  if (scores.length < used.length) return withoutScore(ALONE);

  const score = scalarize(used, scores, scalarization);
  const closed = (scalarization.gates ?? []).filter(({ objective, below }) => {
    return requireScore(readObjective(objectives, objective) ?? 0, `objective "${objective}"`) < below;
  });
  const lowering = closed.filter(({ cap }) => cap < score).map(({ objective }) => objective);
  const capped = [...new Set(lowering)].sort();
  return { score: Math.min(score, ...closed.map(({ cap }) => cap)), reason: null, missing: [], capped };
}

/** An answer without a score, and why. */
export function withoutScore(reason: string, missing: readonly string[] = []): CombinedObjectives {
  return { score: null, reason, missing, capped: [] };
}

/** The reason given when normalisation finds nothing to compare an answer with. */
export const ALONE = 'no other answer to be normalised with';

/** The score of one objective; null where there is none. */
export function readObjective(objectives: ObjectiveScores, name: string): number | null {
  return Object.hasOwn(objectives, name) ? (objectives[name] ?? null) : null;
}

/** The objectives that have a positive weight, sorted. */
export function weightedObjectives(weights: ObjectiveWeights): string[] {
  return Object.keys(weights)
    .filter((name) => (weights[name] ?? 0) > 0)
    .sort();
}

/** The objectives that have a positive weight or a gate, sorted: those that an answer must have. */
export function countedObjectives({ weights, gates = [] }: Scalarization): string[] {
  return [...new Set([...weightedObjectives(weights), ...gates.map(({ objective }) => objective)])].sort();
}

/** Throws unless weights, ideal, augmentation and gates are numbers that can be used. */
export function requireScalarization({ weights, ideal, augmentation, gates }: Scalarization): void {
  for (const [name, weight] of Object.entries(weights)) {
    if (!(requireScore(weight, `weight of "${name}"`) >= 0))
      throw new JurorError('usage', `weight of "${name}": expected 0 or more, got ${weight}`);
  }
  if (weightedObjectives(weights).length === 0)
    throw new JurorError('usage', 'expected an objective with a weight above 0, got none');
  for (const [name, best] of Object.entries(ideal ?? {})) requireScore(best, `ideal of "${name}"`);
  if (augmentation !== undefined && !(requireScore(augmentation, 'augmentation') >= 0))
    throw new JurorError('usage', `expected an augmentation of 0 or more, got ${augmentation}`);
  for (const { objective, below, cap } of gates ?? []) {
    requireScore(below, `gate on "${objective}"`);
    requireScore(cap, `cap of "${objective}"`);
  }
}

/** Sums are exact before they are rounded, so that the order of the objectives cannot show. */
function scalarize(
  used: readonly string[],
  scores: readonly number[],
  { kind, weights, ideal = {}, augmentation = 0 }: Scalarization,
): number {
  const own = used.map((name) => weights[name] ?? 0);
  const sum = () => exactSum(scores.map((score, place) => (own[place] ?? 0) * score));
  switch (kind) {
    case 'weighted-sum':
      return sum();
    case 'weighted-mean':
      // Rounding must not take the mean out of its scores.
      return Math.min(Math.max(...scores), Math.max(Math.min(...scores), sum() / exactSum(own)));
    case 'min':
      return Math.min(...scores);
    case 'chebyshev': {
      const heaviest = Math.max(...own);
      const gaps = used.map((name, place) => {
        const best = Object.hasOwn(ideal, name) ? (ideal[name] ?? 1) : 1;
        return ((own[place] ?? 0) / heaviest) * (best - (scores[place] ?? 0));
      });
      return 1 - Math.max(...gaps) - augmentation * exactSum(gaps);
    }
  }
}
