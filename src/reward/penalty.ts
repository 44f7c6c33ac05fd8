/** The penalty on a head's weights. */
import { JurorError } from '../errors.ts';
import { type ChosenL2, chooseL2 } from '../head/choose-l2.ts';
import type { TrainingData } from '../head/problem.ts';
import { crossFolds, type FitSettings } from './fit.ts';

/** A penalty, and how it was come by. */
export interface ChosenPenalty {
  readonly l2: number;
  /** Null where it was given. */
  readonly curve: ChosenL2['curve'] | null;
}

/**
 * The penalty that was asked for, or of `auto` the one with the least loss on prompts that other folds' heads saw, fewer folds where there are
 * fewer prompts. Throws JurorError `data` for `auto` with one prompt.
 */
export function choosePenalty(
  data: TrainingData,
  { loss, hidden, seed }: Pick<FitSettings, 'loss' | 'hidden' | 'seed'>,
  asked: number | 'auto',
): ChosenPenalty {
  if (asked !== 'auto') return { l2: asked, curve: null };
  const prompts = new Set((data.pairs ?? data.rankings ?? data.scores)?.cluster).size;
  if (prompts < 2)
    throw new JurorError(
      'data',
      `expected two prompts or more to choose a penalty by, or a number for it, got ${prompts}`,
    );
  return chooseL2(data, { loss, hidden, seed, folds: Math.min(crossFolds, prompts) });
}
