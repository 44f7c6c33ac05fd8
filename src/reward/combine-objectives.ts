/** How the objectives of a head become its score: fitted on training prompts, constants or by the prompt, whatever is better held out. */
import { JurorError } from '../errors.ts';
import { foldOf } from '../head/checks.ts';
import {
  type CombinationChoice,
  chooseCombination,
  chooseObjectivePairs,
} from '../head/choose-combination.ts';
import { fitLengthScale, type ObjectiveCombination, standardLength } from '../head/combination.ts';
import {
  type CombinationFitOptions,
  type FittedCombination,
  fitCombination,
  type ObjectivePairs,
} from '../head/fit-combination.ts';
import { smallCorrelation } from '../head/length.ts';
import type { TrainingData } from '../head/problem.ts';
import type { CombinationRecord } from '../schema.ts';
import { comparisonsOf, sourceOf, type WeighedComparisons } from './comparisons.ts';
import type { ReadingProgress } from './feature-matrix.ts';
import {
  type AnswerContext,
  type CombinedFitting,
  crossFittedScores,
  crossFolds,
  type FitSettings,
} from './fit.ts';
import type { Outputs } from './outputs.ts';
import { type PromptStates, readPromptStates } from './prompt-states.ts';
import type { Side } from './sides.ts';
import type { TrainHeadOptions } from './train-options.ts';

/** A combination, what it was fitted on, and how its doubts are found. */
export interface CombinedObjectives extends CombinedFitting {
  readonly combination: ObjectiveCombination;
  readonly comparisons: WeighedComparisons;
  readonly fit: NonNullable<CombinationRecord['fit']>;
  /** Of the prompts. */
  readonly reading: ReadingProgress | null;
}

/** What is combined. */
export interface ObjectivesToCombine {
  readonly side: Side;
  readonly data: TrainingData;
  /** Of the head; its combination is that of objectives alike. */
  readonly settings: FitSettings;
  readonly outputs: Outputs;
}

/**
 * Weights of the objectives by the comparisons of training prompts, of which the scores are those of heads that did not see them. Where nothing can be
 * fitted, objectives count alike in their units and `fit.reason` says why.
 */
export async function combineObjectives(
  { side, data, settings, outputs }: ObjectivesToCombine,
  options: TrainHeadOptions,
): Promise<CombinedObjectives> {
  const { gate = 'auto', lengthLimit = smallCorrelation, overall, resamples = 2000 } = options;
  const { seed } = settings;
  const all = comparisonsOf(side, outputs, options, sourceOf(side, options));
  // Of quantiles all but the middle one have no weight, which no softmax can say.
  const gated = gate === 'auto' && outputs.names.length === outputs.labels.length;
  const states = gated && all.cluster.length > 0 ? await readPromptStates(options, textsOf(side, all)) : null;
  const comparisons = states === null ? all : withState(all, side, states);
  const told = {
    comparisons: comparisons.from,
    overall: overall ?? null,
    pairs: comparisons.cluster.length,
    prompts: new Set(comparisons.cluster).size,
    leftOut: comparisons.leftOut,
  };
  const alike = (reason: string): CombinedObjectives => {
    const combination = settings.combination as ObjectiveCombination;
    return {
      combination,
      comparisons,
      context: contextOf(side, null),
      combinationOf: () => combination,
      fit: { ...told, lengthLimit: null, lengthCorrelation: null, heldOut: null, reason: `alike: ${reason}` },
      reading: states?.progress ?? null,
    };
  };
  if (comparisons.cluster.length === 0) return alike('no two answers of one prompt are compared');
  const rows = [...new Set([...comparisons.left, ...comparisons.right])];
  const scores = crossFittedScores(data, rows, (row) => side.textOf(row).cluster, settings);
  if (scores === null) return alike('too few prompts for scores of heads that did not see them');
  const lengthOf = (row: number) => side.textOf(row).text.length;
  const lengthScale = fitLengthScale(rows.map(lengthOf));
  const pairs = objectivePairs(comparisons, outputs, scores, {
    length: (row) => standardLength(lengthScale, lengthOf(row)),
    prompt: (row) => states?.rowOf(side.textOf(row)) ?? 0,
  });
  const fitting = { lengthLimit, lengthScale };
  const found = attempt(() =>
    chosen(pairs, states, fitting, { seed, resamples, gate: gated ? gate : 'never' }),
  );
  if (typeof found === 'string') return alike(found);
  const { fitted, choice, reason } = found;
  const kept = choice?.kept === 'gate' ? states : null;
  const served = (own: FittedCombination) => spoken(own.combination, outputs);
  const folds = new Map<number, ObjectiveCombination>();
  const combinationOf = (fold: number): ObjectiveCombination => {
    const known = folds.get(fold);
    if (known) return known;
    const others = [...pairs.cluster.keys()].filter(
      (pair) => foldOf(pairs.cluster[pair] as string, crossFolds, seed) !== fold,
    );
    const own = attempt(() =>
      fitCombination(chooseObjectivePairs(pairs, others), kept?.matrix ?? null, {
        ...fitting,
        ...(choice ? { ridge: choice.ridge } : {}),
      }),
    );
    const combination = served(typeof own === 'string' ? fitted : own);
    folds.set(fold, combination);
    return combination;
  };
  return {
    combination: served(fitted),
    comparisons,
    context: contextOf(side, kept),
    combinationOf,
    fit: {
      ...told,
      lengthLimit,
      lengthCorrelation: fitted.lengthCorrelation,
      heldOut: choice && {
        constants: choice.heldOut.constants,
        gate: choice.heldOut.gate,
        gain: choice.gain,
        ridge: choice.ridge,
      },
      reason,
    },
    reading: states?.progress ?? null,
  };
}

/** What a combination needs to know of the answers of a side; states only where it has a gate. */
export function contextOf({ textOf }: Side, states: PromptStates | null): AnswerContext {
  return {
    lengthOf: (row) => textOf(row).text.length,
    stateOf: (row) => states?.stateOf(textOf(row)),
  };
}

/** The texts that stand on the left: one for each comparison. */
export function textsOf({ textOf }: Side, { left }: Pick<WeighedComparisons, 'left'>) {
  return Array.from(left, textOf);
}

/** Those comparisons whose prompt has a state. */
export function withState(
  all: WeighedComparisons,
  { textOf }: Side,
  states: PromptStates,
): WeighedComparisons {
  const kept = [...all.cluster.keys()].filter(
    (place) => states.rowOf(textOf(all.left[place] as number)) >= 0,
  );
  const lost = all.cluster.length - kept.length;
  if (lost === 0) return all;
  const pick = (column: Float64Array) => Float64Array.from(kept, (place) => column[place] as number);
  return {
    left: Int32Array.from(kept, (place) => all.left[place] as number),
    right: Int32Array.from(kept, (place) => all.right[place] as number),
    target: pick(all.target),
    weight: pick(all.weight),
    cluster: kept.map((place) => all.cluster[place] as string),
    from: all.from,
    leftOut: { ...all.leftOut, 'a prompt that cannot be read': lost },
  };
}

interface Chosen {
  readonly fitted: FittedCombination;
  /** Null where no gate was tried. */
  readonly choice: CombinationChoice | null;
  readonly reason: string;
}

function chosen(
  pairs: ObjectivePairs,
  states: PromptStates | null,
  fitting: CombinationFitOptions,
  {
    gate,
    ...options
  }: { readonly seed: number; readonly resamples: number; readonly gate: 'auto' | 'never' },
): Chosen {
  const constants = (reason: string): Chosen => ({
    fitted: fitCombination({ ...pairs, prompt: null }, null, fitting),
    choice: null,
    reason: `constants kept: ${reason}`,
  });
  if (gate === 'never') return constants('no gate was tried');
  if (states === null) return constants('no state of a prompt could be read for a gate');
  const choice = attempt(() =>
    chooseCombination(pairs, states.matrix, { ...fitting, ...options, folds: crossFolds }),
  );
  if (typeof choice === 'string') return constants(`no gate could be tried: ${choice}`);
  return { fitted: choice[choice.kept], choice, reason: choice.reason };
}

function objectivePairs(
  { left, right, target, weight, cluster }: WeighedComparisons,
  { labels, places, units }: Outputs,
  scores: readonly Float64Array[],
  of: { readonly length: (row: number) => number; readonly prompt: (row: number) => number },
): ObjectivePairs {
  const width = labels.length;
  const differences = new Float64Array(width * cluster.length);
  for (const [k, name] of labels.entries()) {
    const own = scores[places[name] ?? 0] as Float64Array;
    for (const pair of cluster.keys())
      differences[pair * width + k] =
        ((own[left[pair] as number] as number) - (own[right[pair] as number] as number)) / (units[k] ?? 1);
  }
  return {
    objectives: labels,
    differences,
    target,
    weight,
    cluster,
    length: Float64Array.from(left, (row, pair) => of.length(row) - of.length(right[pair] as number)),
    prompt: Int32Array.from(left, of.prompt),
  };
}

/** A combination of the labels as one of the outputs. */
function spoken(
  combination: ObjectiveCombination,
  { names, labels, places, units }: Outputs,
): ObjectiveCombination {
  const spread = (values: ArrayLike<number>, other: number) => {
    const all = new Float64Array(names.length).fill(other);
    for (const [k, name] of labels.entries()) all[places[name] ?? 0] = values[k] as number;
    return all;
  };
  return {
    ...combination,
    objectives: names,
    weights: spread(combination.weights, 0),
    lengthSlopes: spread(combination.lengthSlopes, 0),
    units: spread(units, 1),
  };
}

/** What was made, or why it could not be of these data. */
function attempt<Value extends object>(make: () => Value): Value | string {
  try {
    return make();
  } catch (error) {
    if (JurorError.isInstance(error) && error.code === 'data') return error.message;
    throw error;
  }
}
