/** How reliable each annotator is, and what each item most likely is, when nobody knows the truth. */

import { JurorError } from '../errors.ts';
import type { Votes } from './annotators.ts';

/** How the fit runs. */
export interface DawidSkeneOptions {
  /** Every label there is, used or not. Default: those given, sorted. */
  readonly labels?: readonly string[];
  /** Most rounds of EM. Default 10,000. */
  readonly iterations?: number;
  /** Stops when a round adds less to the log-likelihood than this share of its size. Default 1e-10. */
  readonly tolerance?: number;
}

/** One annotator, as the fit sees them. */
export interface AnnotatorReliability {
  /** True label → label given → probability; null for a true label that none of their items can be. */
  readonly confusion: Readonly<Record<string, Readonly<Record<string, number>> | null>>;
  /** Expected share of their labels that are right: the mean posterior of what they said. */
  readonly accuracy: number;
  /** Items they labelled. */
  readonly items: number;
}

/** The fitted model. */
export interface DawidSkeneFit {
  readonly labels: readonly string[];
  /** Label → share of the items. */
  readonly prior: Readonly<Record<string, number>>;
  readonly annotators: Readonly<Record<string, AnnotatorReliability>>;
  /** Label → probability for each item; null for an item without votes. */
  readonly posteriors: readonly (Readonly<Record<string, number>> | null)[];
  /** In nats, of the start and after each round; it never falls. The last is that of this fit. */
  readonly logLikelihood: readonly number[];
  readonly converged: boolean;
}

/** One item's votes by number. */
type Coded = readonly { readonly annotator: number; readonly label: number }[];

interface Parameters {
  readonly prior: Float64Array;
  /** Of annotator a, the probability of saying s when the truth is t, at a·L² + t·L + s. */
  readonly confusion: Float64Array;
  /** The posterior mass of truth t among the items of annotator a, at a·L + t. */
  readonly mass: Float64Array;
}

/**
 * Maximum likelihood by EM (Dawid and Skene, Applied Statistics 28, 1979): item i is t with probability π_t, and annotator
 * a then says s with probability θ^a_ts, independently: L = Π_i Σ_t π_t Π_a θ^a_{t, s(i, a)}. It starts from each item's
 * shares of the votes, so that the same votes give the same fit. Which label is which comes from that start: annotators
 * must be right more often than not. No votes at all is an error.
 */
export function dawidSkene(items: readonly Votes[], options: DawidSkeneOptions = {}): DawidSkeneFit {
  const { labels, names, coded } = encode(items, options.labels);
  const iterations = options.iterations ?? 10_000;
  if (!Number.isInteger(iterations) || iterations < 0) {
    throw new JurorError('usage', `expected a number of iterations of at least 0, got ${iterations}`);
  }
  const width = labels.length;
  const posteriors = coded.map((votes) => shares(votes, width));
  let parameters = maximize(coded, posteriors, names.length, width);
  const logLikelihood = [infer(coded, posteriors, parameters, width)];
  let converged = false;
  while (!converged && logLikelihood.length <= iterations) {
    const before = logLikelihood.at(-1) ?? 0;
    parameters = maximize(coded, posteriors, names.length, width);
    // Rounding alone may take a last bit away.
    const after = Math.max(before, infer(coded, posteriors, parameters, width));
    logLikelihood.push(after);
    converged = after - before <= (options.tolerance ?? 1e-10) * Math.abs(after);
  }

  const named = (values: ArrayLike<number>, start = 0) =>
    Object.fromEntries(labels.map((label, place) => [label, values[start + place] ?? 0]));
  const reliability = (annotator: number): AnnotatorReliability => {
    let [right, count] = [0, 0];
    for (const [item, votes] of coded.entries()) {
      for (const vote of votes) {
        if (vote.annotator !== annotator) continue;
        right += posteriors[item]?.[vote.label] ?? 0;
        count++;
      }
    }
    const row = (truth: number) =>
      (parameters.mass[annotator * width + truth] ?? 0) > 0
        ? named(parameters.confusion, (annotator * width + truth) * width)
        : null;
    return {
      confusion: Object.fromEntries(labels.map((label, truth) => [label, row(truth)])),
      accuracy: right / count,
      items: count,
    };
  };
  return {
    labels,
    prior: named(parameters.prior),
    annotators: Object.fromEntries(names.map((name, annotator) => [name, reliability(annotator)])),
    posteriors: posteriors.map((posterior, item) => (coded[item]?.length ? named(posterior) : null)),
    logLikelihood,
    converged,
  };
}

function encode(items: readonly Votes[], given: readonly string[] | undefined) {
  const used = [...new Set(items.flatMap((votes) => Object.values(votes)))].sort();
  const labels = given ?? used;
  const stranger = used.find((label) => !labels.includes(label));
  if (stranger !== undefined) {
    throw new JurorError('usage', `expected a label of ${labels.join(', ')}, got "${stranger}"`);
  }
  if (used.length === 0) throw new JurorError('usage', 'expected at least one vote, got none');
  const names = [...new Set(items.flatMap((votes) => Object.keys(votes)))].sort();
  const [labelNumbers, nameNumbers] = [labels, names].map(
    (list) => new Map(list.map((name, number) => [name, number])),
  );
  const coded: Coded[] = items.map((votes) =>
    Object.entries(votes).map(([name, label]) => ({
      annotator: nameNumbers?.get(name) ?? 0,
      label: labelNumbers?.get(label) ?? 0,
    })),
  );
  return { labels, names, coded };
}

/** Each label's share of the votes. */
function shares(votes: Coded, width: number): Float64Array {
  const result = new Float64Array(width);
  for (const { label } of votes) result[label] = (result[label] ?? 0) + 1 / votes.length;
  return result;
}

/** The parameters that fit the posteriors best. */
function maximize(
  coded: readonly Coded[],
  posteriors: readonly Float64Array[],
  annotators: number,
  width: number,
): Parameters {
  const prior = new Float64Array(width);
  const confusion = new Float64Array(annotators * width * width);
  const mass = new Float64Array(annotators * width);
  let voted = 0;
  for (const [item, votes] of coded.entries()) {
    if (votes.length === 0) continue;
    voted++;
    for (const [truth, weight] of posteriors[item]?.entries() ?? []) {
      prior[truth] = (prior[truth] ?? 0) + weight;
      for (const { annotator, label } of votes) {
        const row = annotator * width + truth;
        mass[row] = (mass[row] ?? 0) + weight;
        confusion[row * width + label] = (confusion[row * width + label] ?? 0) + weight;
      }
    }
  }
  return {
    prior: prior.map((sum) => sum / voted),
    // Without mass any row fits equally well.
    confusion: confusion.map((sum, place) => {
      const whole = mass[Math.floor(place / width)] ?? 0;
      return whole > 0 ? sum / whole : 1 / width;
    }),
    mass,
  };
}

/** Puts the items' posteriors in place; returns the log-likelihood. */
function infer(
  coded: readonly Coded[],
  posteriors: readonly Float64Array[],
  { prior, confusion }: Parameters,
  width: number,
): number {
  const [logPrior, logConfusion] = [prior.map(Math.log), confusion.map(Math.log)];
  let total = 0;
  for (const [item, votes] of coded.entries()) {
    const posterior = posteriors[item];
    if (votes.length === 0 || !posterior) continue;
    for (let truth = 0; truth < width; truth++) {
      let log = logPrior[truth] ?? 0;
      for (const { annotator, label } of votes) {
        log += logConfusion[(annotator * width + truth) * width + label] ?? 0;
      }
      posterior[truth] = log;
    }
    const largest = Math.max(...posterior);
    const scaled = posterior.map((log) => Math.exp(log - largest));
    const sum = scaled.reduce((part, value) => part + value, 0);
    for (const [truth, value] of scaled.entries()) posterior[truth] = value / sum;
    total += largest + Math.log(sum);
  }
  return total;
}
