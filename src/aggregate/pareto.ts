/** Which answers are best in no single sense: those that no other answer beats. */
import { JurorError, nearestName } from '../errors.ts';
import { requireScore } from './moments.ts';
import { type ObjectiveScores, readObjective } from './scalarization.ts';

/** When one answer beats another. */
export interface ParetoOptions {
  /**
   * One answer dominates another when it is at least as good in every objective and better by more than ε in one: the
   * noise of the scores does not push an answer off the front. One ε for all, or one for each objective (0 where there is
   * none). Dominance stays a strict order, so a front is never empty, and a larger ε only adds to it. Default 0.
   */
  readonly epsilon?: number | Readonly<Record<string, number>>;
}

/** The Pareto front of the answers of one prompt. */
export interface ParetoFront {
  /** Places of the answers that no other dominates, rising. Equal answers are all on it, or none is. */
  readonly front: readonly number[];
  /** For each answer, how many others dominate it; null where an objective is missing. */
  readonly dominatedBy: readonly (number | null)[];
  /** The answers that take no part, because an objective has no score. */
  readonly excluded: readonly { readonly answer: number; readonly missing: readonly string[] }[];
}

/** The front over the named objectives, higher being better. Answers without one of them neither dominate nor are dominated. */
export function paretoFront(
  answers: readonly ObjectiveScores[],
  objectives: readonly string[],
  options: ParetoOptions = {},
): ParetoFront {
  if (objectives.length === 0) throw new JurorError('usage', 'expected at least one objective, got none');
  const margins = readMargins(options.epsilon ?? 0, objectives);
  const missing = answers.map((answer) => objectives.filter((name) => readObjective(answer, name) === null));
  const rows = answers.map((answer, place) =>
    missing[place]?.length === 0
      ? objectives.map((name) =>
          requireScore(readObjective(answer, name) ?? 0, `answer ${place + 1}, objective "${name}"`),
        )
      : null,
  );
  const dominatedBy = rows.map((row) =>
    row === null ? null : rows.filter((other) => other !== null && dominates(other, row, margins)).length,
  );
  return {
    front: [...dominatedBy.keys()].filter((place) => dominatedBy[place] === 0),
    dominatedBy,
    excluded: missing.flatMap((names, answer) => (names.length > 0 ? [{ answer, missing: names }] : [])),
  };
}

function dominates(left: readonly number[], right: readonly number[], margins: readonly number[]): boolean {
  let better = false;
  for (const [place, score] of left.entries()) {
    const gain = score - (right[place] ?? 0);
    if (gain < 0) return false;
    better ||= gain > (margins[place] ?? 0);
  }
  return better;
}

/** The ε of each objective, in their order. */
function readMargins(
  epsilon: number | Readonly<Record<string, number>>,
  objectives: readonly string[],
): number[] {
  const margins = new Map(
    typeof epsilon === 'number' ? objectives.map((name) => [name, epsilon]) : Object.entries(epsilon),
  );
  for (const [name, margin] of margins) {
    if (!objectives.includes(name)) {
      const near = nearestName(name, objectives);
      const hint = near === undefined ? '' : ` (did you mean "${near}"?)`;
      throw new JurorError('usage', `epsilon: expected one of the objectives, got "${name}"${hint}`);
    }
    if (!(margin >= 0 && margin < Number.POSITIVE_INFINITY))
      throw new JurorError('usage', `epsilon of "${name}": expected 0 or more, got ${margin}`);
  }
  return objectives.map((name) => margins.get(name) ?? 0);
}
