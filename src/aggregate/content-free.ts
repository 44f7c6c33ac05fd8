/** Taking out what a judge says whatever it reads: priors over labels, without any labels of people. */
import { JurorError } from '../errors.ts';
import { LARGEST_LOG_ODDS } from './pairs.ts';

/**
 * Contextual calibration (Zhao et al., ICML 2021): q_y ∝ p_y / c_y, computed as log p_y − log c_y and normalised, where c is
 * what the judge says about an answer without content. `strength` γ divides by c_y^γ: 1 takes the prior out, 0 leaves p.
 * A label at 0 stays at 0; a prior is kept above e⁻³⁰. Both must have the same labels.
 */
export function contentFreeCalibration(
  distribution: Readonly<Record<string, number>>,
  prior: Readonly<Record<string, number>>,
  options: { /** Default 1. */ readonly strength?: number } = {},
): Record<string, number> {
  const strength = options.strength ?? 1;
  if (!Number.isFinite(strength))
    throw new JurorError('usage', `expected a finite strength, got ${strength}`);
  requireDistribution(distribution);
  requireDistribution(prior);
  requireLabels(distribution, prior);
  const logs = Object.entries(distribution).map(([label, probability]) => {
    const given = Math.max(-LARGEST_LOG_ODDS, Math.log(prior[label] ?? 0));
    return [label, Math.log(probability) - strength * given] as const;
  });
  const largest = Math.max(...logs.map(([, value]) => value));
  const powers = logs.map(([label, value]) => [label, Math.exp(value - largest)] as const);
  const total = powers.reduce((sum, [, power]) => sum + power, 0);
  return Object.fromEntries(powers.map(([label, power]) => [label, power / total]));
}

/** The mean distribution: of several content-free answers, or of a batch. No distributions, or different labels, are an error. */
export function meanDistribution(
  distributions: readonly Readonly<Record<string, number>>[],
): Record<string, number> {
  const [first] = distributions;
  if (!first) throw new JurorError('usage', 'expected at least one distribution, got none');
  for (const distribution of distributions) {
    requireDistribution(distribution);
    requireLabels(distribution, first);
  }
  return Object.fromEntries(
    Object.keys(first).map((label) => {
      // Sorted, so that the order of the batch cannot move a bit.
      const column = Float64Array.from(distributions, (distribution) => distribution[label] ?? 0).sort();
      return [label, column.reduce((sum, value) => sum + value, 0) / column.length];
    }),
  );
}

/**
 * Batch calibration (Zhou et al., ICLR 2024): each distribution divided by the mean over the batch in log space and
 * normalised. It assumes that labels are about equally frequent in the batch: one of mostly good answers is judged against
 * each other, not against the scale. The order of the batch does not matter.
 */
export function batchCalibration(
  distributions: readonly Readonly<Record<string, number>>[],
  options: { /** Default 1. */ readonly strength?: number } = {},
): Record<string, number>[] {
  if (distributions.length === 0) return [];
  const prior = meanDistribution(distributions);
  return distributions.map((distribution) => contentFreeCalibration(distribution, prior, options));
}

function requireDistribution(distribution: Readonly<Record<string, number>>): void {
  const entries = Object.entries(distribution);
  const wrong = entries.find(([, probability]) => !(probability >= 0 && probability <= 1));
  if (wrong)
    throw new JurorError('usage', `label "${wrong[0]}": expected a probability from 0 to 1, got ${wrong[1]}`);
  if (!entries.some(([, probability]) => probability > 0))
    throw new JurorError('usage', 'expected a distribution with some probability, got none');
}

function requireLabels(
  distribution: Readonly<Record<string, number>>,
  other: Readonly<Record<string, number>>,
): void {
  const [own, wanted] = [distribution, other].map((record) => Object.keys(record).sort());
  if (JSON.stringify(own) !== JSON.stringify(wanted))
    throw new JurorError('usage', `expected the labels ${wanted?.join(', ')}, got ${own?.join(', ')}`);
}
