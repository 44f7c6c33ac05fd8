/** Scores of one prompt's answers against each other. */
import { JurorError } from '../errors.ts';
import { exactMean, extremes, requireScore, sampleDeviation } from './moments.ts';

/**
 * How n scores of one prompt are compared.
 * - `center`: sᵢ − s̄
 * - `z-score`: (sᵢ − s̄) / (σ + ε) with n − 1 in σ, as torch and TRL have it (GRPO, arXiv 2402.03300)
 * - `rank`: (rᵢ − 1) / (n − 1) with ranks r from the lowest, ties sharing the mean of theirs; from 0 to 1
 * - `rloo`: sᵢ − mean of the other scores = n / (n − 1) · (sᵢ − s̄) (leave one out; Ahmadian et al., ACL 2024)
 * - `min-max`: (sᵢ − min) / (max − min); from 0 to 1
 *
 * All forget the level of the prompt, and all but `center` and `rloo` its spread: they are for policy gradients and for
 * mixing objectives, not for comparing prompts, and they leave the best of one prompt where it was.
 */
export type Normalization = 'center' | 'z-score' | 'rank' | 'rloo' | 'min-max';

/** What counts as no spread, and how a small one is damped. */
export interface NormalizeOptions {
  /**
   * Scores whose largest and smallest differ by at most this have no spread: the noise of the judge. Default 0; a
   * difference that is only rounding (2⁻⁵⁰ of the largest magnitude) never counts as spread.
   */
  readonly tolerance?: number;
  /** The ε of `z-score`: 1e-4 in TRL, 1e-9 in OpenRLHF. Default 0. */
  readonly epsilon?: number;
}

/** One prompt's scores, normalised; `reason` says in words what the flag means. */
export type NormalizedGroup = {
  /** As many as there were scores and in their order; null where there was none, and where the flag says so. */
  readonly values: readonly (number | null)[];
  readonly decided: number;
  readonly total: number;
} & (
  | { readonly flag: null; readonly reason: null }
  | { readonly flag: NormalizationFault; readonly reason: string }
);

/**
 * `none`: no answer has a score. `single`: one has, and none to be compared with; only `center` gives it a value, 0.
 * `no-spread`: all are equal, or as good as, which says nothing about any; they get the middle of the scale, 0 or for `rank` and `min-max`
 * 0.5, and for `center` and `rloo` whatever differences there are.
 */
export type NormalizationFault = 'none' | 'single' | 'no-spread';

/** Normalises the scores of one prompt. A null stays null and changes nothing for the others; NaN is an error. */
export function normalizeGroup(
  scores: readonly (number | null)[],
  method: Normalization,
  options: NormalizeOptions = {},
): NormalizedGroup {
  const { tolerance = 0, epsilon = 0 } = options;
  requireNonNegative(tolerance, 'tolerance');
  requireNonNegative(epsilon, 'epsilon');
  const clean = scores.map((score, row) => (score === null ? null : requireScore(score, `row ${row + 1}`)));
  const decided = clean.filter((score) => score !== null);
  const shape = { decided: decided.length, total: scores.length };
  const all = (value: number | null) => clean.map((score) => (score === null ? null : value));

  if (decided.length === 0)
    return { values: all(null), ...shape, flag: 'none', reason: 'no answer has a score' };
  if (decided.length === 1) {
    const reason = 'one answer has a score, and none to be compared with';
    return { values: all(method === 'center' ? 0 : null), ...shape, flag: 'single', reason };
  }
  const [least, most] = extremes(decided);
  const rounding = 2 ** -50 * Math.max(Math.abs(least), Math.abs(most));
  const flat = most - least <= Math.max(tolerance, rounding, SMALLEST_SPREAD);
  const convert = flat ? flatConverter(decided, method) : converter(decided, method, epsilon);
  const values = clean.map((score) => (score === null ? null : convert(score)));
  if (!flat) return { values, ...shape, flag: null, reason: null };
  const how = most === least ? 'do not differ' : 'differ by no more than rounding or the tolerance';
  return { values, ...shape, flag: 'no-spread', reason: `the ${decided.length} scores ${how}` };
}

/** Below it a quotient by the spread could overflow. */
const SMALLEST_SPREAD = 1e-290;

function converter(
  scores: readonly number[],
  method: Normalization,
  epsilon: number,
): (score: number) => number {
  const size = scores.length;
  const center = exactMean(scores);
  switch (method) {
    case 'center':
      return (score) => score - center;
    case 'rloo':
      return (score) => (size / (size - 1)) * (score - center);
    case 'z-score': {
      const unit = (sampleDeviation(scores) ?? 0) + epsilon;
      return (score) => (score - center) / unit;
    }
    case 'min-max': {
      const [least, most] = extremes(scores);
      return (score) => (score - least) / (most - least);
    }
    case 'rank': {
      const sorted = [...scores].sort((left, right) => left - right);
      const places = sorted.map((score, place) => [score, place] as const);
      const [first, last] = [new Map(places.toReversed()), new Map(places)];
      // The mean of a value's first and last place from 0 is its rank less 1.
      return (score) => ((first.get(score) ?? 0) + (last.get(score) ?? 0)) / 2 / (size - 1);
    }
  }
}

function flatConverter(scores: readonly number[], method: Normalization): (score: number) => number {
  switch (method) {
    case 'center':
    case 'rloo':
      return converter(scores, method, 0);
    case 'z-score':
      return () => 0;
    case 'rank':
    case 'min-max':
      return () => 0.5;
  }
}

function requireNonNegative(value: number, name: string): void {
  if (!(value >= 0 && value < Number.POSITIVE_INFINITY))
    throw new JurorError('usage', `${name}: expected 0 or more, got ${value}`);
}
