/** From log-probabilities to probabilities, without overflow. All logarithms are natural. */
import { JurorError } from '../errors.ts';

/** log Σ exp(xᵢ) = m + log Σ exp(xᵢ − m) with m the largest; −∞ for an empty list. A NaN or +∞ is an error. */
export function logSumExp(values: readonly number[]): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (!(value < Number.POSITIVE_INFINITY)) {
      throw new JurorError('engine', `expected log-probabilities below +infinity, got ${value}`);
    }
    if (value > largest) largest = value;
  }
  if (largest === Number.NEGATIVE_INFINITY) return largest;
  let sum = 0;
  for (const value of values) sum += Math.exp(value - largest);
  return largest + Math.log(sum);
}

/**
 * Label → probability from label → log-probability (or logit): pᵢ = exp(xᵢ) / Σ exp(xⱼ). The same shift of every value
 * changes nothing. A label at −∞ gets 0; no labels, a NaN, a +∞, or nothing but −∞ is an error, never a number.
 */
export function softmax(logProbabilities: Readonly<Record<string, number>>): Record<string, number> {
  const entries = Object.entries(logProbabilities);
  const largest = entries.reduce((best, [label, value]) => {
    if (value < Number.POSITIVE_INFINITY) return Math.max(best, value);
    throw new JurorError(
      'engine',
      `label "${label}": expected a log-probability below +infinity, got ${value}`,
    );
  }, Number.NEGATIVE_INFINITY);
  if (largest === Number.NEGATIVE_INFINITY) {
    throw new JurorError('engine', 'expected at least one label with a finite log-probability, got none');
  }
  const powers = entries.map(([, value]) => Math.exp(value - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return Object.fromEntries(entries.map(([label], index) => [label, (powers[index] ?? 0) / sum]));
}

/** The logistic function 1 / (1 + exp(−x)); logistic(x) + logistic(−x) = 1. */
export function logistic(logOdds: number): number {
  const power = Math.exp(-Math.abs(logOdds));
  return logOdds >= 0 ? 1 / (1 + power) : power / (1 + power);
}

/** log(p / (1 − p)), the inverse of {@link logistic}: −∞ at 0, +∞ at 1. A p outside [0, 1] is an error. */
export function logOdds(probability: number): number {
  if (!(probability >= 0 && probability <= 1)) {
    throw new JurorError('usage', `expected a probability from 0 to 1, got ${probability}`);
  }
  return Math.log(probability) - Math.log1p(-probability);
}

/**
 * The mean Σ pᵢ vᵢ / Σ pᵢ of the labels' values under a distribution; always between the smallest and the largest value
 * that has probability. A label without a value, a negative probability or an empty distribution is an error.
 */
export function expectation(
  distribution: Readonly<Record<string, number>>,
  values: Readonly<Record<string, number>>,
): number {
  let mass = 0;
  let total = 0;
  let smallest = Number.POSITIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;
  for (const [label, probability] of Object.entries(distribution)) {
    const value = Object.hasOwn(values, label) ? values[label] : undefined;
    if (value === undefined || !Number.isFinite(value)) {
      throw new JurorError('usage', `expected a finite value for label "${label}", got ${value}`);
    }
    if (!(probability >= 0 && probability < Number.POSITIVE_INFINITY)) {
      throw new JurorError('usage', `expected a probability for label "${label}", got ${probability}`);
    }
    if (probability === 0) continue;
    mass += probability;
    total += probability * value;
    smallest = Math.min(smallest, value);
    largest = Math.max(largest, value);
  }
  if (mass === 0) throw new JurorError('usage', 'expected a distribution with some probability, got none');
  return Math.min(largest, Math.max(smallest, total / mass));
}
