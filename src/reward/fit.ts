/** Members and posterior from training data, and what heads fitted alike say of prompts that they did not see. */

import { foldOf } from '../head/checks.ts';
import { type FeatureMatrix, type PairData, rowOf } from '../head/data.ts';
import { fitEnsemble, type TrainingParts } from '../head/ensemble.ts';
import { scoreMember } from '../head/head.ts';
import { fitLaplace, type LaplacePosterior } from '../head/laplace.ts';
import type { HeadLoss } from '../head/losses.ts';
import { groupOpinion, type HeadBelief, type PairOpinion } from '../head/opinion.ts';
import { choosePairs, chooseRankings, chooseScores, type TrainingData } from '../head/problem.ts';
import { type TrainedMember, trainMember } from '../head/train.ts';

/** How a head is fitted. */
export interface FitSettings {
  readonly loss: HeadLoss;
  readonly l2: number;
  /** Units of the hidden layer; 0 for a linear head. */
  readonly hidden: number;
  readonly members: number;
  readonly seed: number;
  /** How objectives become one score; null with one. */
  readonly combination: HeadBelief['combination'];
}

/** What was fitted. */
export interface Fit {
  /** Without calibration, threshold and range. */
  readonly belief: HeadBelief;
  readonly trained: readonly TrainedMember[];
}

/** Losses whose curvature is that of the logistic. */
const logisticLosses: readonly HeadLoss['kind'][] = ['bradley-terry', 'robust'];

/** One head on all data, or several, each on its own resample of the prompts. */
export function fitHead(data: TrainingData, settings: FitSettings): Fit {
  const { loss, l2, hidden, members, seed, combination } = settings;
  const { features, ...parts } = data;
  const train = (own: TrainingParts, memberSeed: number) =>
    trainMember({ features, ...own }, { loss, l2, hidden, seed: memberSeed });
  const trained =
    members === 1
      ? [train(parts, seed)]
      : fitEnsemble(parts, train, { members, seed }).map(({ made }) => made);
  return {
    belief: {
      members: trained.map(({ member }) => member),
      combination,
      posterior: posteriorOf(data, trained, settings),
      calibration: null,
      conformal: null,
      range: null,
    },
    trained,
  };
}

/** The Laplace posterior of one linear member trained on comparisons; null for all else. */
function posteriorOf(
  { features, pairs }: TrainingData,
  [first, ...others]: readonly TrainedMember[],
  { loss, l2, hidden }: FitSettings,
): LaplacePosterior | null {
  if (!pairs || !first || others.length > 0 || hidden > 0 || l2 === 0) return null;
  if (!logisticLosses.includes(loss.kind)) return null;
  const scores = scoreMember(first.member, features);
  const differences = Float64Array.from(
    pairs.left,
    (left, pair) => (scores[left] as number) - (scores[pairs.right[pair] as number] as number),
  );
  return fitLaplace(features, pairs, differences, first.member, { l2 });
}

/** Comparisons by rows of features. */
export type Comparisons = Pick<PairData, 'left' | 'right' | 'target' | 'cluster'>;

/** What a combination may need beside the features, by their rows. */
export interface AnswerContext {
  /** Characters of the answer. */
  readonly lengthOf: (row: number) => number;
  /** The state of the answer's prompt, the same array for the same prompt; undefined without a gate. */
  readonly stateOf: (row: number) => ArrayLike<number> | undefined;
}

/** What a head says of comparisons; every answer of a prompt is looked at once. */
export function pairOpinions(
  belief: HeadBelief,
  features: FeatureMatrix,
  { left, right, cluster }: Omit<Comparisons, 'target'>,
  context?: AnswerContext,
): PairOpinion[] {
  const opinions = new Array<PairOpinion>(left.length);
  const stateAt = (place: number) => context?.stateOf(left[place] as number);
  const groups = [...Map.groupBy(cluster.keys(), (place) => cluster[place] as string).values()];
  for (const [state, places] of groups.flatMap((own) => [...Map.groupBy(own, stateAt)])) {
    const rows = [...new Set(places.flatMap((place) => [left[place] as number, right[place] as number]))];
    const group = groupOpinion(belief, chosenRows(features, rows), {
      ...(state ? { prompt: state } : {}),
      ...(context ? { lengths: rows.map(context.lengthOf) } : {}),
    });
    const at = new Map(rows.map((row, index) => [row, index]));
    for (const place of places)
      opinions[place] = group.pair(
        at.get(left[place] as number) as number,
        at.get(right[place] as number) as number,
      );
  }
  return opinions;
}

/** These rows of a matrix, in this order. */
export function chosenRows(features: FeatureMatrix, rows: readonly number[]): FeatureMatrix {
  const values = new Float32Array(rows.length * features.columns);
  for (const [index, row] of rows.entries()) values.set(rowOf(features, row), index * features.columns);
  return { rows: rows.length, columns: features.columns, values };
}

/** Parts of the prompts, each looked at by heads that saw the others. */
export const crossFolds = 5;

/**
 * Scores of rows, output by output, by heads that were fitted on the other folds of prompts. Null where a fold leaves nothing to train on. `clusterOf`
 * knows a row's prompt; rows that were not asked for are NaN.
 */
export function crossFittedScores(
  data: TrainingData,
  rows: readonly number[],
  clusterOf: (row: number) => string,
  settings: FitSettings,
): Float64Array[] | null {
  const scores: Float64Array[] = [];
  for (const [fold, own] of Map.groupBy(rows, (row) => foldOf(clusterOf(row), crossFolds, settings.seed))) {
    const others = withoutFold(data, fold, settings.seed);
    if (others === null) return null;
    const { belief } = fitHead(others, settings);
    for (const [output, found] of outputScores(belief.members, chosenRows(data.features, own)).entries()) {
      scores[output] ??= new Float64Array(data.features.rows).fill(Number.NaN);
      for (const [place, row] of own.entries()) scores[output][row] = found[place] as number;
    }
  }
  return scores;
}

/** How comparisons are looked at where objectives are combined. */
export interface CombinedFitting {
  readonly context: AnswerContext;
  /** The combination that was fitted without a fold's prompts. */
  readonly combinationOf: (fold: number) => HeadBelief['combination'];
}

/**
 * Log-odds of comparisons by heads that were fitted as this one is, on the other folds of prompts: what its calibration and its threshold stand
 * on, so that held-out prompts keep out of them. Null where a fold leaves nothing to train on or to look at.
 */
export function crossFittedLogOdds(
  data: TrainingData,
  comparisons: Comparisons,
  settings: FitSettings,
  combined: CombinedFitting | null = null,
): number[] | null {
  const folds = comparisons.cluster.map((cluster) => foldOf(cluster, crossFolds, settings.seed));
  const logOdds = new Array<number>(folds.length);
  const present = [...new Set(folds)].sort();
  if (present.length < 2) return null;
  for (const fold of present) {
    const others = withoutFold(data, fold, settings.seed);
    if (others === null) return null;
    const { belief } = fitHead(
      others,
      combined ? { ...settings, combination: combined.combinationOf(fold) } : settings,
    );
    const places = [...folds.keys()].filter((place) => folds[place] === fold);
    const own = {
      left: Int32Array.from(places, (place) => comparisons.left[place] as number),
      right: Int32Array.from(places, (place) => comparisons.right[place] as number),
      cluster: places.map((place) => comparisons.cluster[place] as string),
    };
    for (const [index, opinion] of pairOpinions(belief, data.features, own, combined?.context).entries())
      logOdds[places[index] as number] = opinion.logOdds;
  }
  return logOdds;
}

function withoutFold(
  { features, pairs, rankings, scores }: TrainingData,
  fold: number,
  seed: number,
): TrainingData | null {
  const keep = (cluster: readonly string[]) => (place: number) =>
    foldOf(cluster[place] as string, crossFolds, seed) !== fold;
  const kept = {
    features,
    ...(pairs ? { pairs: choosePairs(pairs, keep(pairs.cluster)) } : {}),
    ...(rankings ? { rankings: chooseRankings(rankings, keep(rankings.cluster)) } : {}),
    ...(scores ? { scores: chooseScores(scores, keep(scores.cluster)) } : {}),
  };
  const left = (kept.pairs ?? kept.rankings ?? kept.scores)?.cluster.length ?? 0;
  return left === 0 ? null : kept;
}

/**
 * Comparisons of scored rows of one prompt: the higher one is better, equal ones are ties. Several objectives count by the weighted mean over
 * those that both rows have; `unknown` is how many comparisons have none.
 */
export function scoreComparisons(
  scores: NonNullable<TrainingData['scores']>,
  weights: readonly number[],
): Comparisons & { readonly unknown: number } {
  const { row, cluster, target, objectives } = scores;
  const width = objectives.length;
  const differenceOf = (first: number, second: number): number | null => {
    let [sum, total] = [0, 0];
    for (const [k, weight] of weights.entries()) {
      const difference = (target[first * width + k] as number) - (target[second * width + k] as number);
      if (weight === 0 || Number.isNaN(difference)) continue;
      sum += weight * difference;
      total += weight;
    }
    // What rounding leaves of labels that cancel is a tie.
    return total === 0 ? null : Math.abs(sum) <= 1e-12 * total ? 0 : sum / total;
  };
  const found: [left: number, right: number, target: number, cluster: string][] = [];
  let unknown = 0;
  for (const [name, lines] of Map.groupBy(cluster.keys(), (line) => cluster[line] as string))
    for (const [index, first] of lines.entries())
      for (const second of lines.slice(index + 1)) {
        if (row[first] === row[second]) continue;
        const difference = differenceOf(first, second);
        if (difference === null) unknown++;
        else found.push([row[first] as number, row[second] as number, (Math.sign(difference) + 1) / 2, name]);
      }
  return {
    left: Int32Array.from(found, ([left]) => left),
    right: Int32Array.from(found, ([, right]) => right),
    target: Float64Array.from(found, ([, , target]) => target),
    cluster: found.map(([, , , name]) => name),
    unknown,
  };
}

/** Scores of all rows, output by output: the mean over members. */
export function outputScores(members: HeadBelief['members'], features: FeatureMatrix): Float64Array[] {
  const each = members.map((member) => scoreMember(member, features));
  const outputs = members[0]?.bias.length ?? 0;
  return Array.from({ length: outputs }, (_, output) =>
    Float64Array.from(
      { length: features.rows },
      (_, row) =>
        each.reduce((sum, scores) => sum + (scores[row * outputs + output] as number), 0) / each.length,
    ),
  );
}
