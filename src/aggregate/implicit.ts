/** Implicit rewards: what a tuned model has come to prefer over the model it was tuned from. */
import { JurorError } from '../errors.ts';
import { requireFinite, requireSameLength } from './statistic.ts';

/** Log-probabilities of the tokens of one answer under both models, in nats. */
export interface AnswerLogProbabilities {
  readonly policy: readonly number[];
  readonly reference: readonly number[];
}

/** The implicit reward of an answer. It is known up to a term of its prompt: only answers of one prompt compare. */
export interface ImplicitReward {
  /** β · Σ log π(yᵢ)/π_ref(yᵢ) over the tokens, in units of β nats; 0 for an answer of no tokens. */
  readonly total: number;
  /** `total` over the number of tokens; null for an answer of no tokens. */
  readonly perToken: number | null;
  readonly tokens: number;
}

/** The β of trainers that are given none. */
export const DEFAULT_BETA = 0.1;

/**
 * The reward whose optimal policy under a KL penalty of β is π, up to β log Z(x), which is the same for all answers y of a prompt x:
 * r(x, y) = β log π(y|x)/π_ref(y|x) (Rafailov et al., Direct Preference Optimization, 2023, eq. 5). log π(y|x) is the sum over tokens.
 * `perToken` divides by their number, so that longer answers are not further from 0; no trainer's objective is behind it.
 * Throws JurorError `usage` for columns of different length, numbers that are not finite, and a β that is not positive.
 */
export function implicitReward(answer: AnswerLogProbabilities, beta = DEFAULT_BETA): ImplicitReward {
  const ratios = logRatios(answer);
  const total = requireBeta(beta) * ratios.reduce((sum, ratio) => sum + ratio, 0);
  return { total, perToken: ratios.length === 0 ? null : total / ratios.length, tokens: ratios.length };
}

/**
 * The reward of each step: β · Σ log π(yᵢ)/π_ref(yᵢ) over its tokens, the process reward that comes with an outcome reward of that
 * form (Yuan et al., Free Process Rewards without Process Labels, 2024). Steps sum to the whole up to rounding.
 * `steps` says for each token which step it belongs to (see {@link stepsOfTokens}). A step without tokens is null: there is no ratio
 * to sum. Throws like {@link implicitReward}.
 */
export function implicitStepRewards(
  answer: AnswerLogProbabilities,
  steps: readonly number[],
  count: number,
  beta = DEFAULT_BETA,
): (number | null)[] {
  const ratios = logRatios(answer);
  requireSameLength(ratios.length, steps.length);
  requireBeta(beta);
  const sums: (number | null)[] = Array.from({ length: count }, () => null);
  for (const [index, ratio] of ratios.entries()) {
    const step = steps[index] ?? -1;
    if (!(Number.isInteger(step) && step >= 0 && step < count))
      throw new JurorError('usage', `expected steps from 0 to ${count - 1}, got ${step}`);
    sums[step] = (sums[step] ?? 0) + ratio;
  }
  return sums.map((sum) => (sum === null ? null : beta * sum));
}

/**
 * The step of each token, from the places after the last character of tokens and of steps (UTF-16 code units, both ascending; what
 * stands between two steps belongs to the first of them). A token belongs to the step in which it ends: one of the space or the line
 * break before a word and the word belongs to the word's step, one of a full stop and a line break to the step that they close,
 * and one that has the end of a step and words of the next one to the next. A token that ends at a border ends the earlier step. What
 * ends after the last step, such as the token that ends the turn, belongs to the last. Throws JurorError `usage` without steps.
 */
export function stepsOfTokens(tokenEnds: readonly number[], stepEnds: readonly number[]): number[] {
  if (stepEnds.length === 0) throw new JurorError('usage', 'expected one step or more, got none');
  return tokenEnds.map((end) => {
    const step = stepEnds.findIndex((border) => end <= border);
    return step < 0 ? stepEnds.length - 1 : step;
  });
}

/**
 * Where steps end that stand in a text in their order: each at the beginning of the next one, the last at the end of the text. Null
 * where some step does not stand there.
 */
export function stepEndsIn(text: string, steps: readonly string[]): number[] | null {
  const starts: number[] = [];
  let place = 0;
  for (const step of steps) {
    const start = text.indexOf(step, place);
    if (start < 0) return null;
    starts.push(start);
    place = start + step.length;
  }
  return [...starts.slice(1), ...(starts.length > 0 ? [text.length] : [])];
}

/** log π(yᵢ)/π_ref(yᵢ) of each token, in nats. */
function logRatios({ policy, reference }: AnswerLogProbabilities): number[] {
  requireSameLength(policy.length, reference.length);
  requireFinite(policy);
  requireFinite(reference);
  return policy.map((value, index) => value - (reference[index] ?? 0));
}

function requireBeta(beta: number): number {
  if (beta > 0 && Number.isFinite(beta)) return beta;
  throw new JurorError('usage', `beta: expected a number above 0, got ${beta}`);
}
