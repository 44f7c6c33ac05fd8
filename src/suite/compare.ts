/** A run beside an earlier one, sample by sample. */
import type { Figure } from '../aggregate/interval.ts';
import { undefinedFigure } from '../aggregate/interval.ts';
import { clusteredDifference } from '../aggregate/jackknife.ts';
import { clusteredKappaDifference } from '../aggregate/kappa-interval.ts';
import type { SuiteItem } from '../schema.ts';
import type { JudgedItem } from './item.ts';
import { type Measured, measureItems, type Part, partScore, readSides, readValue } from './measure.ts';

/** The same sample in this run and in the earlier one. */
export interface ItemPair {
  readonly here: JudgedItem;
  readonly there: JudgedItem;
}

/** What two runs have in common. */
export interface Pairing {
  readonly pairs: readonly ItemPair[];
  /** Of the pairs, those with other texts of answers. */
  readonly rewritten: number;
  readonly onlyHere: number;
  readonly onlyThere: number;
  /** In both by name and left out: another prompt, or other texts where only the same were asked for. */
  readonly different: number;
}

/**
 * Pairs of items of one group by sample and responses. Under one name, another prompt is another sample; other texts of its answers are so
 * for `same`, and are what is looked at for `new`. A text that a run does not know counts as the same.
 */
export function pairItems(
  here: readonly JudgedItem[],
  there: readonly JudgedItem[],
  answers: 'same' | 'new',
): Pairing {
  const others = byName(there);
  const pairs: ItemPair[] = [];
  let [met, rewritten] = [0, 0];
  for (const [name, own] of byName(here)) {
    const theirs = others.get(name) ?? [];
    for (const [place, item] of own.entries()) {
      const other = theirs[place];
      if (!other) continue;
      met++;
      const same = sameTexts(item, other);
      if (item.cluster !== other.cluster || (!same && answers === 'same')) continue;
      pairs.push({ here: item, there: other });
      if (!same) rewritten++;
    }
  }
  return {
    pairs,
    rewritten,
    onlyHere: here.length - met,
    onlyThere: there.length - met,
    different: met - pairs.length,
  };
}

/** A measure here less the same there. */
export interface Comparison {
  readonly difference: Figure;
  /** The measure itself on the pairs that both runs have a value of. */
  readonly here: Figure;
  readonly there: Figure;
  /** Pairs with a value in one run at most. */
  readonly unscored: number;
  /** Every verdict is what it was. */
  readonly unchanged: boolean;
}

/**
 * The paired difference with its interval, whole prompts left out of both runs at once. Labels are those of this run. Where
 * all verdicts are what they were, the difference is 0 and surely so.
 */
export function compareItems(pairs: readonly ItemPair[], measured: Measured): Comparison {
  const relabelled = pairs.map(({ here, there }) => ({ here, there: { ...there, label: here.label } }));
  const about = relabelled.filter(
    ({ here, there }) =>
      readValueOrSides(here, measured) !== undefined && readValueOrSides(there, measured) !== undefined,
  );
  const compared = about.filter(
    ({ here, there }) =>
      readValueOrSides(here, measured) !== null && readValueOrSides(there, measured) !== null,
  );
  const unchanged = compared.every((pair) => isUnchanged(pair, measured.part));
  const figure = (side: 'here' | 'there') =>
    measureItems(
      compared.map((pair) => pair[side]),
      measured,
    ).figure;
  const unscored = about.length - compared.length;
  return {
    difference:
      compared.length === 0
        ? undefinedFigure(nothing(pairs.length, about.length, measured))
        : differenceOf(compared, measured, unchanged),
    here: figure('here'),
    there: figure('there'),
    unscored,
    unchanged: unchanged && compared.length > 0,
  };
}

/** Samples that fell. */
export interface Regressions {
  /** Worst first. */
  readonly fallen: readonly SuiteItem[];
  readonly compared: number;
  readonly unscored: number;
}

/**
 * Pairs whose worth fell by more than `drop`. The worth of an answer is its score. That of a pair is the probability of the answer that its
 * label prefers, 1 − 2|p − ½| where the label is a tie, and without a label the probability of the first answer, as in win rates.
 */
export function findRegressions(pairs: readonly ItemPair[], part: Part, drop: number): Regressions {
  const fallen: (SuiteItem & { readonly fall: number })[] = [];
  let compared = 0;
  for (const { here, there } of pairs) {
    const before = worth(there, part, here.label);
    const after = worth(here, part, here.label);
    if (before === null || after === null) continue;
    compared++;
    const fall = before - after;
    if (fall > drop + 1e-9)
      fallen.push({ sampleId: here.sampleId, responseIds: [...here.responseIds], before, after, fall });
  }
  fallen.sort((left, right) => right.fall - left.fall || compareNames(left, right));
  return { fallen: fallen.map(({ fall: _, ...item }) => item), compared, unscored: pairs.length - compared };
}

function differenceOf(pairs: readonly ItemPair[], measured: Measured, unchanged: boolean): Figure {
  const clusters = pairs.map(({ here }) => here.cluster);
  if (measured.measure !== 'kappa') {
    const value = (item: JudgedItem) => readValue(item, measured) ?? 0;
    const differences = pairs.map(({ here, there }) => value(here) - value(there));
    return clusteredDifference(differences, clusters, { unchanged });
  }
  const sides = (item: JudgedItem) => readSides(item, measured) ?? { verdict: '', label: '' };
  return clusteredKappaDifference(
    pairs.map(({ here }) => sides(here).verdict),
    pairs.map(({ there }) => sides(there).verdict),
    pairs.map(({ here }) => sides(here).label),
    clusters,
    { unchanged },
  );
}

function readValueOrSides(item: JudgedItem, measured: Measured): unknown {
  return measured.measure === 'kappa' ? readSides(item, measured) : readValue(item, measured);
}

function isUnchanged({ here, there }: ItemPair, part: Part): boolean {
  return (
    partScore(here, part) === partScore(there, part) &&
    here.winner === there.winner &&
    here.flipped === there.flipped
  );
}

function nothing(pairs: number, about: number, { measure }: Measured): string {
  if (pairs === 0) return 'no sample is in both runs';
  if (about > 0) return `none of ${about} has a score in both runs`;
  return measure === 'win-rate'
    ? 'no pair has one answer of that model in both runs'
    : 'no verdict has a label';
}

function worth(item: JudgedItem, part: Part, label: JudgedItem['label']): number | null {
  const score = partScore(item, part);
  if (score === null || item.mode !== 'pairwise') return score;
  if (label === 'tie') return 1 - 2 * Math.abs(score - 0.5);
  return label !== undefined && label === item.responseIds[1] ? 1 - score : score;
}

function sameTexts({ texts: here }: JudgedItem, { texts: there }: JudgedItem): boolean {
  if (!here || !there) return true;
  return here.length === there.length && here.every((text, place) => text === there[place]);
}

/** Items by sample and responses; several of one name are in an order that is not that of the run. */
function byName(items: readonly JudgedItem[]): Map<string, readonly JudgedItem[]> {
  const named = new Map<string, JudgedItem[]>();
  for (const item of items) {
    const name = JSON.stringify([item.sampleId, item.responseIds]);
    const same = named.get(name);
    if (same) same.push(item);
    else named.set(name, [item]);
  }
  for (const same of named.values())
    if (same.length > 1) same.sort((left, right) => (contentOf(left) < contentOf(right) ? -1 : 1));
  return named;
}

function contentOf({ cluster, texts, score }: JudgedItem): string {
  return JSON.stringify([cluster, texts ?? null, score]);
}

function compareNames(left: SuiteItem, right: SuiteItem): number {
  const [first, second] = [left, right].map(({ sampleId, responseIds }) =>
    JSON.stringify([sampleId, responseIds]),
  );
  return (first ?? '') < (second ?? '') ? -1 : 1;
}
