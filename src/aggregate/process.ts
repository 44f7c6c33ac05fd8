/** Solutions in steps: from the probabilities of the steps to one number, and how well first errors are found. */
import { JurorError } from '../errors.ts';
import type { Label, ProcessLabel } from '../schema.ts';
import { cohenKappa } from './agreement.ts';
import {
  type BootstrapOptions,
  clusterBootstrap,
  type Figure,
  meanInterval,
  proportion,
  undefinedFigure,
} from './interval.ts';
import { type Estimator, mean, NO_ROWS, requireSameLength, type Statistic } from './statistic.ts';

/** A step with a lower probability of being good is wrong. */
const WRONG_BELOW = 0.5;

/** The index of the first wrong step, from 0, or that there is none. */
export type FirstError = number | 'none';

/** A solution's steps as one number, in the four ways that are in use; null where a step without a probability leaves it open. */
export interface StepReduction {
  /** Null for none as well. */
  readonly firstError: number | null;
  readonly last: number | null;
  readonly min: number | null;
  readonly mean: number | null;
  readonly product: number | null;
}

/**
 * The first step below ½. Null where it is not known: a step before it has no probability, or any step where all others
 * are at least ½.
 */
export function firstErrorOf(probabilities: readonly (number | null)[]): FirstError | null {
  for (const [index, probability] of probabilities.entries()) {
    if (probability === null) return null;
    if (probability < WRONG_BELOW) return index;
  }
  return 'none';
}

/**
 * The steps' probabilities reduced: the last one's (as search against an outcome does), the lowest (Math-Shepherd), their
 * mean, and their product, summed as logarithms (Lightman et al., 2023).
 */
export function reduceSteps(probabilities: readonly (number | null)[]): StepReduction {
  if (probabilities.length === 0) throw new JurorError('usage', 'expected at least one step, got none');
  const known = probabilities.flatMap((probability) => (probability === null ? [] : [probability]));
  const wrong = known.find((probability) => !(probability >= 0 && probability <= 1));
  if (wrong !== undefined) throw new JurorError('usage', `expected probabilities from 0 to 1, got ${wrong}`);
  const firstError = firstErrorOf(probabilities);
  const ends = {
    firstError: typeof firstError === 'number' ? firstError : null,
    last: probabilities.at(-1) ?? null,
  };
  if (known.length < probabilities.length) return { ...ends, min: null, mean: null, product: null };
  const [min, max] = [Math.min(...known), Math.max(...known)];
  const average = known.reduce((sum, probability) => sum + probability, 0) / known.length;
  const logarithm = known.reduce((sum, probability) => sum + Math.log(probability), 0);
  return {
    ...ends,
    min,
    // Rounding must not leave the range of what is averaged, nor a product rise above its lowest factor.
    mean: Math.min(max, Math.max(min, average)),
    product: Math.min(min, Math.exp(logarithm)),
  };
}

/** Whether a label is one of steps. */
export function isProcessLabel(label: Label | undefined): label is ProcessLabel {
  return typeof label === 'object' && Array.isArray(label.steps);
}

/** Figures of first errors against labels; the baselines have the same. */
export interface FirstErrorFigures {
  /** Of the solutions with an error, the share whose first wrong step is found exactly (ProcessBench). */
  readonly erroneous: Figure;
  /** Of the solutions without an error, the share in which none is seen (ProcessBench). */
  readonly correct: Figure;
  /** Harmonic mean of the two: 2ab / (a + b), 0 when both are 0 (Zheng et al., ProcessBench, 2024). */
  readonly f1: Figure;
  /** Share of all solutions with the right first wrong step, or rightly none (mistake finding: Tyen et al., 2024). */
  readonly location: Figure;
  /** Share of all solutions of which it is rightly said whether there is an error anywhere. */
  readonly detection: Figure;
  /** Cohen's κ of the same. */
  readonly detectionKappa: Figure;
}

/** How often a rule is right: 0 or 1, or a probability for a rule that draws. */
interface Hits {
  readonly location: readonly number[];
  readonly detection: readonly number[];
}

/** Where guesses are right. */
export function hitsOf(guesses: readonly FirstError[], labels: readonly FirstError[]): Hits {
  requireSameLength(guesses.length, labels.length);
  return {
    location: guesses.map((guess, row) => Number(guess === labels[row])),
    detection: guesses.map((guess, row) => Number((guess === 'none') === (labels[row] === 'none'))),
  };
}

/** How often one of the n steps or none, drawn with equal probability 1 / (n + 1), is right. */
export function randomHits(stepCounts: readonly number[], labels: readonly FirstError[]): Hits {
  requireSameLength(stepCounts.length, labels.length);
  return {
    location: stepCounts.map((count) => 1 / (count + 1)),
    detection: stepCounts.map((count, row) => (labels[row] === 'none' ? 1 : count) / (count + 1)),
  };
}

/** The figures of guesses, one for each solution. */
export function firstErrorFigures(
  guesses: readonly FirstError[],
  labels: readonly FirstError[],
  clusters: readonly string[],
  options: BootstrapOptions = {},
): FirstErrorFigures {
  const kinds = (column: readonly FirstError[]) => column.map((value) => String(value === 'none'));
  return {
    ...figuresOfHits(hitsOf(guesses, labels), labels, clusters, options),
    detectionKappa: clusterBootstrap(cohenKappa(kinds(guesses), kinds(labels)), clusters, options),
  };
}

/** The figures of a rule by how often it is right; it names nothing, so it has no κ. */
export function expectedFigures(
  hits: Hits,
  labels: readonly FirstError[],
  clusters: readonly string[],
  options: BootstrapOptions = {},
): FirstErrorFigures {
  return {
    ...figuresOfHits(hits, labels, clusters, options),
    detectionKappa: undefinedFigure('a rule that draws names nothing of its own', clusters),
  };
}

function figuresOfHits(
  { location, detection }: Hits,
  labels: readonly FirstError[],
  clusters: readonly string[],
  options: BootstrapOptions,
): Omit<FirstErrorFigures, 'detectionKappa'> {
  requireSameLength(labels.length, clusters.length);
  const among = (rows: readonly number[], column: readonly number[]) =>
    share(
      rows.map((row) => column[row] ?? 0),
      rows.map((row) => clusters[row] ?? ''),
      options,
    );
  const all = [...labels.keys()];
  return {
    erroneous: among(
      all.filter((row) => labels[row] !== 'none'),
      location,
    ),
    correct: among(
      all.filter((row) => labels[row] === 'none'),
      location,
    ),
    f1: clusterBootstrap(processF1(location, labels), clusters, options),
    location: among(all, location),
    detection: among(all, detection),
  };
}

/** The harmonic mean of the hits' means over solutions with an error and over those without. */
export function processF1(hits: readonly number[], labels: readonly FirstError[]): Estimator {
  requireSameLength(hits.length, labels.length);
  const part = (wanted: boolean): Estimator => {
    const rows = [...labels.keys()].filter((row) => (labels[row] === 'none') === wanted);
    const average = mean(rows.map((row) => hits[row] ?? 0));
    return { rows: hits.length, of: (counts) => average.of(rows.map((row) => counts[row] ?? 0)) };
  };
  const [erroneous, correct] = [part(false), part(true)];
  const missing = (reason: string): Statistic => ({ value: null, reason });
  return {
    rows: hits.length,
    of: (counts) => {
      const [left, right] = [erroneous.of(counts), correct.of(counts)];
      if (left.value === null) return missing(right.value === null ? NO_ROWS : 'no solution with an error');
      if (right.value === null) return missing('no solution without an error');
      const sum = left.value + right.value;
      return { value: sum === 0 ? 0 : (2 * left.value * right.value) / sum };
    },
  };
}

function share(values: readonly number[], clusters: readonly string[], options: BootstrapOptions): Figure {
  return values.every((value) => value === 0 || value === 1)
    ? proportion(
        values.map((value) => value === 1),
        clusters,
      )
    : meanInterval(values, clusters, options);
}
