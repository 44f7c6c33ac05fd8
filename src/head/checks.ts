/** What is asked of data before a head's uncertainty is computed from it, and how prompts are parted. */
import { seedFrom } from '../aggregate/random.ts';
import { JurorError } from '../errors.ts';
import type { FeatureMatrix, PairData } from './data.ts';

/** Throws JurorError `data` unless all columns have one entry for each of `size` pairs. */
export function requireColumns(columns: Readonly<Record<string, ArrayLike<unknown>>>, size: number): void {
  for (const [name, { length }] of Object.entries(columns))
    if (length !== size) throw new JurorError('data', `${name}: expected ${size} entries, got ${length}`);
}

/** Throws JurorError `data` unless pairs name rows of the features and have weights of 0 or more. */
export function requirePairs(
  features: FeatureMatrix,
  { left, right, weight }: Pick<PairData, 'left' | 'right' | 'weight'>,
  size: number,
): void {
  requireColumns({ left, right, weight }, size);
  for (let pair = 0; pair < size; pair++) {
    for (const row of [left[pair] as number, right[pair] as number])
      if (!(row >= 0 && row < features.rows))
        throw new JurorError('data', `pair ${pair + 1}: expected a row below ${features.rows}, got ${row}`);
    const own = weight[pair] as number;
    if (!(own >= 0 && own < Number.POSITIVE_INFINITY))
      throw new JurorError('data', `pair ${pair + 1}: expected a weight of 0 or more, got ${own}`);
  }
}

/** Throws JurorError `data` unless targets are in [0, 1]. */
export function requireTargets(targets: ArrayLike<number>): void {
  for (let pair = 0; pair < targets.length; pair++) {
    const target = targets[pair] as number;
    if (!(target >= 0 && target <= 1))
      throw new JurorError('data', `pair ${pair + 1}: expected a target from 0 to 1, got ${target}`);
  }
}

/** The fold of a prompt: by hash, so that neither the order nor the number of the others moves it. */
export function foldOf(cluster: string, folds: number, seed: number): number {
  return seedFrom('head fold', seed, cluster) % folds;
}

/** The number of folds, and an error unless it is a whole number from 2. */
export function requireFolds(folds: number): number {
  if (Number.isInteger(folds) && folds >= 2) return folds;
  throw new JurorError('usage', `expected at least 2 folds, got ${folds}`);
}
