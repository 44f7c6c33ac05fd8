/** The penalty with the best held-out likelihood. */
import { createRandom, shuffled } from '../aggregate/random.ts';
import { JurorError } from '../errors.ts';
import { type HeldOutLoss, heldOutLosses } from './held-out.ts';
import { completeLoss, requireNumber, unknownName } from './losses.ts';
import { chooseObjectives, choosePairs, chooseRankings, chooseScores, type TrainingData } from './problem.ts';
import { createTrainer, type TrainOptions } from './train.ts';

/** How the penalty is chosen. */
export interface ChooseL2Options extends Omit<TrainOptions, 'l2'> {
  /** Penalties to try, each above 0. Default: two to a decade from 10 to 1e-5. */
  readonly grid?: readonly number[];
  /** Parts that prompts are dealt into, each held out once. Default 5. */
  readonly folds?: number;
  /**
   * `best`: the least held-out loss. `one-standard-error`: the largest penalty whose loss is within one standard error of the least
   * (Breiman et al., 1984). Default `best`.
   */
  readonly rule?: 'best' | 'one-standard-error';
}

/** What one penalty comes to on held-out prompts. */
export interface HeldOutPoint {
  readonly l2: number;
  /** Weighted mean of {@link heldOutLosses}. */
  readonly loss: number;
  /** Of that mean, over prompts. */
  readonly standardError: number;
  /** Whether all folds converged. */
  readonly converged: boolean;
}

/** The chosen penalty, and the curve it was chosen from. */
export interface ChosenL2 {
  readonly l2: number;
  /** Largest penalty first. */
  readonly curve: readonly HeldOutPoint[];
}

const defaultGrid = Array.from({ length: 13 }, (_, step) => 10 ** (1 - step / 2));
const rules = ['best', 'one-standard-error'] as const;

/**
 * Cross-validation by prompt: a `cluster` is never on both sides. Every fold goes down the grid from its largest penalty, each search
 * beginning where the last one ended. Standardisation is the fold's own. Throws JurorError `usage` or `data` as training does, and
 * where there are fewer prompts than folds.
 */
export function chooseL2(data: TrainingData, options: ChooseL2Options): ChosenL2 {
  const { grid = defaultGrid, folds = 5, rule = 'best', seed } = options;
  if (grid.length === 0) throw new JurorError('usage', 'grid: expected one penalty or more, got none');
  for (const l2 of grid) requireNumber('grid', l2, l2 > 0, 'penalties above 0');
  requireNumber('folds', folds, Number.isInteger(folds) && folds >= 2, 'a whole number of 2 or more');
  if (!rules.includes(rule)) throw unknownName('a rule', String(rule), rules);
  completeLoss(options.loss);
  const falling = [...new Set(grid)].sort((left, right) => right - left);
  const foldOf = dealPrompts(clustersOf(data), folds, seed);
  const losses: HeldOutLoss[][] = falling.map(() => []);
  const converged = falling.map(() => true);
  for (let fold = 0; fold < folds; fold++) {
    const trainer = createTrainer(
      part(data, (cluster) => foldOf.get(cluster) !== fold),
      options,
    );
    const test = part(data, (cluster) => foldOf.get(cluster) === fold);
    const asked =
      test.scores && options.objectives
        ? { ...test, scores: chooseObjectives(test.scores, options.objectives) }
        : test;
    let start: Float64Array | undefined;
    for (const [place, l2] of falling.entries()) {
      const solution = trainer.solve(l2, start);
      start = solution.parameters;
      converged[place] = converged[place] === true && solution.converged;
      for (const loss of heldOutLosses(trainer.finish(solution), asked, options.loss))
        losses[place]?.push(loss);
    }
  }
  const curve = falling.map((l2, place) => ({
    l2,
    ...meanLoss(losses[place] ?? []),
    converged: converged[place] === true,
  }));
  const best = curve.reduce((least, point) => (point.loss < least.loss ? point : least));
  const limit = rule === 'best' ? best.loss : best.loss + best.standardError;
  return { l2: (curve.find(({ loss }) => loss <= limit) ?? best).l2, curve };
}

/** Prompts in a seeded order, dealt in turn. */
function dealPrompts(clusters: readonly string[], folds: number, seed: number): Map<string, number> {
  const prompts = [...new Set(clusters)].sort();
  if (prompts.length < folds)
    throw new JurorError(
      'data',
      `expected as many prompts as folds (${folds}) or more, got ${prompts.length}`,
    );
  return new Map(shuffled(prompts, createRandom(seed)).map((prompt, place) => [prompt, place % folds]));
}

/** The mean, and its error from the sums by prompt: a ratio estimator's. */
function meanLoss(losses: readonly HeldOutLoss[]): { loss: number; standardError: number } {
  const total = losses.reduce((sum, { weight }) => sum + weight, 0);
  const loss = losses.reduce((sum, entry) => sum + (entry.weight / total) * entry.loss, 0);
  const residuals = new Map<string, number>();
  for (const { cluster, weight, loss: value } of losses)
    residuals.set(cluster, (residuals.get(cluster) ?? 0) + weight * (value - loss));
  const squares = [...residuals.values()].reduce((sum, residual) => sum + residual * residual, 0);
  const prompts = residuals.size;
  return { loss, standardError: Math.sqrt((squares * prompts) / (prompts - 1)) / total };
}

function clustersOf({ pairs, rankings, scores }: TrainingData): readonly string[] {
  return (pairs ?? rankings ?? scores)?.cluster ?? [];
}

function part(data: TrainingData, keep: (cluster: string) => boolean): TrainingData {
  const kept = (clusters: readonly string[]) => (place: number) => keep(clusters[place] as string);
  const { features, pairs, rankings, scores } = data;
  return {
    features,
    ...(pairs && { pairs: choosePairs(pairs, kept(pairs.cluster)) }),
    ...(rankings && { rankings: chooseRankings(rankings, kept(rankings.cluster)) }),
    ...(scores && { scores: chooseScores(scores, kept(scores.cluster)) }),
  };
}
