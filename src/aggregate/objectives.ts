/** From the criteria of a rubric to one score, and to one score for each objective. */
import { JurorError, nearestName } from '../errors.ts';
import type { Combine } from '../schema.ts';

/** One criterion's result. */
export interface CriterionScore {
  readonly id: string;
  /** Above 0. */
  readonly weight: number;
  readonly objective: string;
  /** In [0, 1]; null when unscored. */
  readonly score: number | null;
}

/**
 * One score from all criteria, or null when any criterion has none: a missing score is never 0, and a mean over what is
 * left would compare answers on different questions.
 * - `weighted-mean`: Σ wᵢ sᵢ / Σ wᵢ
 * - `min`: min sᵢ
 * - `chebyshev`: 1 − max (wᵢ / max w)(1 − sᵢ), the weighted distance from the ideal (Bowman, 1976)
 * - `gated`: the weighted mean, at most `cap` for each gate whose criterion scores below `below`
 */
export function combineCriteria(criteria: readonly CriterionScore[], combine: Combine): number | null {
  if (criteria.length === 0) throw new JurorError('usage', 'expected at least one criterion, got none');
  if (combine.kind === 'gated') requireGates(criteria, combine.gates);
  const scored = criteria.flatMap(({ id, weight, score }) => (score === null ? [] : [{ id, weight, score }]));
  for (const { id, weight, score } of scored) {
    if (!(score >= 0 && score <= 1)) {
      throw new JurorError('usage', `criterion "${id}": expected a score from 0 to 1, got ${score}`);
    }
    if (!(weight > 0 && weight < Number.POSITIVE_INFINITY)) {
      throw new JurorError('usage', `criterion "${id}": expected a weight above 0, got ${weight}`);
    }
  }
  if (scored.length < criteria.length) return null;

  switch (combine.kind) {
    case 'weighted-mean':
      return weightedMean(scored);
    case 'min':
      return Math.min(...scored.map(({ score }) => score));
    case 'chebyshev': {
      const heaviest = Math.max(...scored.map(({ weight }) => weight));
      return 1 - Math.max(...scored.map(({ weight, score }) => (weight / heaviest) * (1 - score)));
    }
    case 'gated': {
      const scores = new Map(scored.map(({ id, score }) => [id, score]));
      const caps = combine.gates.filter((gate) => (scores.get(gate.criterion) ?? 1) < gate.below);
      return Math.min(weightedMean(scored), ...caps.map((gate) => gate.cap));
    }
  }
}

/** The weighted mean of each objective's criteria; null for an objective with an unscored criterion. */
export function scoreObjectives(criteria: readonly CriterionScore[]): Record<string, number | null> {
  const objectives = [...new Set(criteria.map(({ objective }) => objective))];
  return Object.fromEntries(
    objectives.map((objective) => {
      const members = criteria.filter((criterion) => criterion.objective === objective);
      return [objective, combineCriteria(members, { kind: 'weighted-mean' })];
    }),
  );
}

/** Kept between the smallest and the largest score, which rounding could leave by a bit. */
function weightedMean(scored: readonly { readonly weight: number; readonly score: number }[]): number {
  const weights = scored.reduce((sum, { weight }) => sum + weight, 0);
  const total = scored.reduce((sum, { weight, score }) => sum + weight * score, 0);
  const scores = scored.map(({ score }) => score);
  return Math.min(Math.max(...scores), Math.max(Math.min(...scores), total / weights));
}

function requireGates(
  criteria: readonly CriterionScore[],
  gates: readonly { readonly criterion: string }[],
): void {
  const legal = criteria.map(({ id }) => id);
  const wrong = gates.find((gate) => !legal.includes(gate.criterion));
  if (!wrong) return;
  const near = nearestName(wrong.criterion, legal);
  const hint = near === undefined ? '' : ` (did you mean "${near}"?)`;
  throw new JurorError('rubric', `gate: expected a criterion of the rubric, got "${wrong.criterion}"${hint}`);
}
