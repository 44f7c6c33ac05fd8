/** Which verdicts people should look at first. */
import type { Winner } from '../aggregate/pairs.ts';
import { isProcessLabel } from '../aggregate/process.ts';
import type { Label, Verdict } from '../schema.ts';

/** What speaks against a verdict, each part from 0 to 1. */
export interface Contest {
  /** 1 at a score of ½, 0 at 0 and 1. */
  readonly uncertain: number;
  /** 1 where the two orders name different winners. */
  readonly flipped: number;
  /** Largest less smallest score over a panel's members or samples. */
  readonly disagreement: number;
  /** How far the score is from the label: of a wrong winner his probability, of a number the distance. */
  readonly againstLabel: number;
  /** Their sum. */
  readonly total: number;
}

/** A label as a verdict is compared with it: a winner, or a number in [0, 1]; undefined where nobody said. */
export type KnownLabel = Winner | number | undefined;

/** What a label of the data says of a verdict: of a pair the winner, of others a share of 1. */
export function knownLabel(
  { mode, responseIds }: Pick<Verdict, 'mode' | 'responseIds'>,
  label: Label | undefined,
): KnownLabel {
  if (mode === 'pairwise')
    return label === responseIds[0]
      ? 'first'
      : label === responseIds[1]
        ? 'second'
        : label === 'tie'
          ? 'tie'
          : undefined;
  const value = isProcessLabel(label) ? label.outcome : label;
  return typeof value === 'number' && value >= 0 && value <= 1 ? value : undefined;
}

/** How contested a verdict is; null without a score, for there is nothing to contest. */
export function contestOf(verdict: Verdict, label: KnownLabel): Contest | null {
  const { score, flipped, disagreement } = verdict;
  if (score === null) return null;
  const parts = {
    uncertain: 1 - Math.abs(2 * score - 1),
    flipped: flipped === true ? 1 : 0,
    disagreement: Math.min(1, disagreement ?? 0),
    againstLabel: distance(verdict, score, label),
  };
  return { ...parts, total: Object.values(parts).reduce((sum, part) => sum + part, 0) };
}

/** Keeps the most contested of any number of entries: memory is that of `most`. Of equal ones the first come stay. */
export function createShortlist<Entry>(most: number): {
  add(weight: number, entry: () => Entry): void;
  /** The most contested first. */
  entries(): Entry[];
} {
  const kept: { readonly weight: number; readonly entry: Entry }[] = [];
  return {
    add(weight, entry) {
      if (kept.length >= most && weight <= (kept.at(-1)?.weight ?? Number.POSITIVE_INFINITY)) return;
      let [low, high] = [0, kept.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((kept[middle]?.weight ?? 0) >= weight) low = middle + 1;
        else high = middle;
      }
      kept.splice(low, 0, { weight, entry: entry() });
      if (kept.length > most) kept.pop();
    },
    entries: () => kept.map(({ entry }) => entry),
  };
}

function distance({ mode, winner, responseIds }: Verdict, score: number, label: KnownLabel): number {
  if (label === undefined) return 0;
  if (mode !== 'pairwise') return typeof label === 'number' ? Math.min(1, Math.abs(score - label)) : 0;
  const place = winner === 'tie' ? 'tie' : winner === responseIds[0] ? 'first' : 'second';
  if (place === label || typeof label === 'number') return 0;
  // What a tie or a winner was given, the label's answer was not.
  const truth = label === 'first' ? 1 : label === 'second' ? 0 : 0.5;
  return Math.abs(score - truth);
}
