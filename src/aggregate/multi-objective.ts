/** The answers of one prompt under several objectives: normalised, weighted for the prompt, combined. */
import { JurorError, nearestName } from '../errors.ts';
import {
  type Normalization,
  type NormalizationFault,
  type NormalizeOptions,
  normalizeGroup,
} from './normalize.ts';
import {
  ALONE,
  type CombinedObjectives,
  combineObjectives,
  countedObjectives,
  type ObjectiveScores,
  type ObjectiveWeights,
  readObjective,
  requireScalarization,
  type Scalarization,
  weightedObjectives,
  withoutScore,
} from './scalarization.ts';

/** How the answers of one prompt are combined. */
export interface GroupOptions<Prompt> extends Omit<Scalarization, 'weights'>, NormalizeOptions {
  /** The same for all prompts, or a function of the prompt. */
  readonly weights: ObjectiveWeights | ((prompt: Prompt) => ObjectiveWeights);
  /** Each objective is normalised over the answers, then they are combined. Default not. */
  readonly before?: Normalization;
  /** The combined and capped scores are normalised over the answers. Default not. */
  readonly after?: Normalization;
}

/** The answers of one prompt, combined. */
export interface CombinedGroup {
  /** In the order of the answers. */
  readonly answers: readonly CombinedObjectives[];
  /** The weights used for this prompt. */
  readonly weights: ObjectiveWeights;
  /** Objectives that some answer has and that count for nothing: no positive weight, no gate. */
  readonly unused: readonly string[];
  /** What normalisation found fault with, by objective; `objective` is null for the combined scores. */
  readonly flags: readonly NormalizationFlag[];
}

/** A column of scores that could not be told apart, and why. */
export interface NormalizationFlag {
  readonly objective: string | null;
  readonly flag: NormalizationFault;
  readonly reason: string;
}

/**
 * One score for each answer of one prompt. Normalised before the sum, objectives have the influence that their weights say
 * whatever their spread (GDPO, arXiv 2601.05242); normalised after it, the wider one has more. Both can be asked for.
 * Missing scores take no part in either. Caps, and the default ideal of `chebyshev`, are scores from 0 to 1: before the sum
 * they go with `rank` and `min-max` only. An objective that counts and that no answer names is an error.
 */
export function combineGroup<Prompt>(
  prompt: Prompt,
  answers: readonly ObjectiveScores[],
  options: GroupOptions<Prompt>,
): CombinedGroup {
  const { before, after, weights, ...rest } = options;
  const own = typeof weights === 'function' ? weights(prompt) : weights;
  const scalarization: Scalarization = { ...rest, weights: own };
  requireScalarization(scalarization);
  const counted = countedObjectives(scalarization);
  const named = [...new Set(answers.flatMap((answer) => Object.keys(answer)))].sort();
  if (answers.length > 0) requireNamed(counted, named);
  if (before !== undefined) requireUnits(scalarization, before);

  const flags: NormalizationFlag[] = [];
  const normalize = (
    scores: readonly (number | null)[],
    method: Normalization | undefined,
    objective: string | null,
  ): readonly (number | null)[] => {
    if (method === undefined) return scores;
    const { values, flag, reason } = normalizeGroup(scores, method, options);
    if (flag !== null) flags.push({ objective, flag, reason });
    return values;
  };

  const columns = weightedObjectives(own).map((name) => {
    const scores = answers.map((answer) => readObjective(answer, name));
    return { name, scores: normalize(scores, before, name) };
  });
  const combined = answers.map((answer, row) => {
    const normalized = Object.fromEntries(columns.map(({ name, scores }) => [name, scores[row] ?? null]));
    return combineObjectives(answer, scalarization, normalized);
  });
  const scores = combined.map(({ score }) => score);
  const values = normalize(scores, after, null);
  return {
    answers: combined.map((answer, row): CombinedObjectives => {
      if (answer.score === null) return answer;
      const score = values[row] ?? null;
      return score === null ? withoutScore(ALONE) : { ...answer, score };
    }),
    weights: own,
    unused: named.filter((name) => !counted.includes(name)),
    flags,
  };
}

/** Throws when a name is in no answer: it would leave every answer without a score. */
function requireNamed(counted: readonly string[], named: readonly string[]): void {
  const wrong = counted.find((name) => !named.includes(name));
  if (wrong === undefined) return;
  const near = nearestName(wrong, named);
  const hint = near === undefined ? '' : ` (did you mean "${near}"?)`;
  throw new JurorError('usage', `expected an objective of the answers, got "${wrong}"${hint}`);
}

/** Throws when a cap or an ideal point would be compared with scores of another unit. */
function requireUnits({ kind, weights, ideal = {}, gates = [] }: Scalarization, before: Normalization): void {
  if (before === 'rank' || before === 'min-max') return;
  if (gates.length > 0) {
    throw new JurorError(
      'usage',
      `a cap needs scores from 0 to 1: expected "rank" or "min-max" before the sum, or normalisation after it, got "${before}"`,
    );
  }
  const open = weightedObjectives(weights).find((name) => !Object.hasOwn(ideal, name));
  if (kind === 'chebyshev' && open !== undefined) {
    throw new JurorError('usage', `expected the ideal of "${open}" in units of "${before}", got none`);
  }
}
