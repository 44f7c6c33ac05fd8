/** Whether a gate earns its place beside constants. */
import { type BootstrapOptions, clusterBootstrap, type Figure } from '../aggregate/interval.ts';
import { type Counts, type Estimator, NO_ROWS } from '../aggregate/statistic.ts';
import { JurorError } from '../errors.ts';
import { foldOf, requireFolds } from './checks.ts';
import type { FeatureMatrix } from './data.ts';
import {
  type CombinationFitOptions,
  combinedDifferences,
  type FittedCombination,
  fitCombination,
  type ObjectivePairs,
  pairLosses,
} from './fit-combination.ts';

/** How constants and gate are fitted and compared. */
export interface CombinationChoiceOptions extends BootstrapOptions, Omit<CombinationFitOptions, 'ridge'> {
  /** Parts of the prompts, each held out once. Default 5. */
  readonly folds?: number;
  /** Ridges that the gate may have, chosen by the likelihood of one of the training folds. Default 1, 0.1 and 0.01. */
  readonly ridges?: readonly number[];
}

/** Constants and, where it is better on prompts that neither saw, a gate. */
export interface CombinationChoice {
  readonly kept: 'constants' | 'gate';
  /** Fitted on all pairs. */
  readonly constants: FittedCombination;
  readonly gate: FittedCombination;
  /** Of the gate that is fitted on all pairs: the one that the most folds chose, the largest of those. */
  readonly ridge: number;
  /** Mean negative log-likelihood of held-out pairs, in nats, by weight. */
  readonly heldOut: { readonly constants: Figure; readonly gate: Figure; readonly chance: number };
  /** Constants less gate on the same pairs: above 0 the gate is better. */
  readonly gain: Figure;
  readonly reason: string;
}

/**
 * Fits constants and a gate over the prompts' states, and keeps the gate only where its held-out likelihood is better beyond doubt: the
 * 95 % interval of the gain, bootstrapped over prompts with both in the same resample, lies above 0. Each fold of prompts is held out
 * once, and its gate's ridge is chosen on another fold without it, so that the choice does not flatter the gate. Both are scored as they
 * are served, lengths taken off. Throws JurorError `data` for prompts in fewer than three folds.
 */
export function chooseCombination(
  pairs: ObjectivePairs,
  states: FeatureMatrix,
  {
    folds = 5,
    ridges = [1, 0.1, 0.01],
    seed = 0,
    resamples = 2000,
    ...fitting
  }: CombinationChoiceOptions = {},
): CombinationChoice {
  requireFolds(folds);
  const grid = [...ridges].sort((left, right) => right - left);
  if (grid.length === 0 || grid.some((ridge) => !(ridge > 0)))
    throw new JurorError('usage', `expected ridges above 0, got ${ridges.join(', ') || 'none'}`);
  const fold = pairs.cluster.map((cluster) => foldOf(cluster, folds, seed));
  const present = [...new Set(fold)].sort((left, right) => left - right);
  if (present.length < 3)
    throw new JurorError('data', `expected prompts in at least 3 of ${folds} folds, got ${present.length}`);
  const within = (chosen: (part: number) => boolean) =>
    chooseObjectivePairs(
      pairs,
      [...fold.keys()].filter((pair) => chosen(fold[pair] as number)),
    );
  const lossesOf = ({ combination }: FittedCombination, on: ObjectivePairs) =>
    pairLosses(combinedDifferences(combination, on, states), on.target);
  const losses = {
    constants: new Array<number>(fold.length).fill(0),
    gate: new Array<number>(fold.length).fill(0),
  };
  const votes = new Map<number, number>();
  for (const [place, part] of present.entries()) {
    const next = present[(place + 1) % present.length];
    const [inner, validation] = [
      within((other) => other !== part && other !== next),
      within((other) => other === next),
    ];
    const tried = grid.map((ridge) => ({
      ridge,
      loss: weightedMean(
        lossesOf(fitCombination(inner, states, { ...fitting, ridge }), validation),
        validation.weight,
      ),
    }));
    const { ridge } = tried.reduce((best, one) => (one.loss < best.loss ? one : best));
    votes.set(ridge, (votes.get(ridge) ?? 0) + 1);
    const [rest, unseen] = [within((other) => other !== part), within((other) => other === part)];
    const found = {
      constants: lossesOf(fitCombination(rest, null, fitting), unseen),
      gate: lossesOf(fitCombination(rest, states, { ...fitting, ridge }), unseen),
    };
    let at = 0;
    for (const pair of fold.keys())
      if (fold[pair] === part) {
        losses.constants[pair] = found.constants[at] as number;
        losses.gate[pair] = found.gate[at++] as number;
      }
  }
  const ridge = grid.reduce((best, one) => ((votes.get(one) ?? 0) > (votes.get(best) ?? 0) ? one : best));
  const figure = (values: readonly number[]) =>
    clusterBootstrap(weightedEstimator(values, pairs.weight), pairs.cluster, { seed, resamples });
  const gain = figure(losses.constants.map((loss, pair) => loss - (losses.gate[pair] as number)));
  const kept = gain.low !== null && gain.low > 0 ? 'gate' : 'constants';
  return {
    kept,
    constants: fitCombination(pairs, null, fitting),
    gate: fitCombination(pairs, states, { ...fitting, ridge }),
    ridge,
    heldOut: { constants: figure(losses.constants), gate: figure(losses.gate), chance: Math.LN2 },
    gain,
    reason: reasonOf(kept, gain),
  };
}

function reasonOf(kept: CombinationChoice['kept'], { estimate, low, high, reason }: Figure): string {
  if (estimate === null || low === null || high === null)
    return `constants kept: the gain of the gate has no interval (${reason ?? 'undefined'})`;
  const gain = `${estimate.toFixed(4)} nats a held-out pair (95 %: ${low.toFixed(4)} to ${high.toFixed(4)})`;
  return kept === 'gate'
    ? `gate kept: it gains ${gain}`
    : `constants kept: the gate gains ${gain}, which is not above 0 beyond doubt`;
}

function weightedEstimator(values: readonly number[], weight: Float64Array): Estimator {
  return {
    rows: values.length,
    of: (counts: Counts) => {
      let [sum, total] = [0, 0];
      for (let row = 0; row < values.length; row++) {
        const own = (counts[row] as number) * (weight[row] as number);
        sum += own * (values[row] as number);
        total += own;
      }
      return total > 0 ? { value: sum / total } : { value: null, reason: NO_ROWS };
    },
  };
}

function weightedMean(values: readonly number[], weight: Float64Array): number {
  const { value } = weightedEstimator(values, weight).of(new Float64Array(values.length).fill(1));
  return value ?? Number.POSITIVE_INFINITY;
}

/** These pairs, in this order. */
export function chooseObjectivePairs(pairs: ObjectivePairs, rows: readonly number[]): ObjectivePairs {
  const width = pairs.objectives.length;
  const differences = new Float64Array(rows.length * width);
  for (const [place, row] of rows.entries())
    differences.set(pairs.differences.subarray(row * width, (row + 1) * width), place * width);
  const pick = (column: Float64Array) => Float64Array.from(rows, (row) => column[row] as number);
  return {
    objectives: pairs.objectives,
    differences,
    target: pick(pairs.target),
    weight: pick(pairs.weight),
    cluster: rows.map((row) => pairs.cluster[row] as string),
    length: pairs.length && pick(pairs.length),
    prompt: pairs.prompt && Int32Array.from(rows, (row) => pairs.prompt?.[row] as number),
  };
}
