/** Which preferences are kept: thresholds first, then what depends on the others. */
import { seedFrom } from '../aggregate/random.ts';
import { JurorError } from '../errors.ts';
import { requireOneUnit } from './margin-unit.ts';
import type { PreferenceFacts } from './spool.ts';

/** What is asked of a preference; a tie is asked only whether it is a copy. */
export interface FilterOptions {
  /** In the unit of the preference's margin. */
  readonly minMargin?: number | undefined;
  /** Of the chosen answer, from 0.5. */
  readonly minProbability?: number | undefined;
  /** Both orders must name the same winner; comparisons without orders fail. */
  readonly orderConsistent?: boolean | undefined;
  /** Share of a panel that names the winner; without a panel it fails. */
  readonly minAgreement?: number | undefined;
  /** Labels, where there are some, must name the same winner. */
  readonly agreeWithLabels?: boolean | undefined;
  /** Near copies of an earlier preference, by place → the earlier one's. */
  readonly nearDuplicates?: (kept: readonly PreferenceFacts[]) => ReadonlyMap<number, number>;
  /** Most for one prompt. */
  readonly pairsPerPrompt?: number | undefined;
  /** Which of them. Default `best-margin`. */
  readonly pick?: 'best-margin' | 'random' | undefined;
  /** As many whose chosen answer is longer as shorter. */
  readonly balanceLength?: boolean | undefined;
  /** Of draws. Default 0. */
  readonly seed?: number | undefined;
}

/** What one filter did. */
export interface FilterCount {
  readonly filter: string;
  /** Preferences that do not pass it; of the later filters, among those that reach it. */
  readonly dropped: number;
  /** Of these, those that pass every other threshold; of the later filters all of them. */
  readonly alone: number;
}

/** What is kept, in order, and why the rest is not. */
export interface Filtered {
  readonly kept: readonly PreferenceFacts[];
  readonly ties: readonly PreferenceFacts[];
  readonly filters: readonly FilterCount[];
}

/**
 * Apply filters, the same ones to the same effect for the same seed. Thresholds are asked of every preference alone; then, in this order
 * and among what is left, near copies, pairs of one prompt and the balance of lengths. Throws JurorError `data` where margins of different
 * units would be compared: with a least margin, and where the best margin picks.
 */
export function filterPreferences(facts: readonly PreferenceFacts[], options: FilterOptions): Filtered {
  const { seed = 0 } = options;
  const thresholds = thresholdsOf(options);
  const decided = facts.filter(({ tie }) => !tie);
  if (options.minMargin !== undefined) requireOneUnit(decided, '--min-margin');
  const failures = decided.map((fact) =>
    thresholds.filter(({ passes }) => !passes(fact)).map(({ filter }) => filter),
  );
  const filters: FilterCount[] = thresholds.map(({ filter }) => ({
    filter,
    dropped: failures.filter((failed) => failed.includes(filter)).length,
    alone: failures.filter((failed) => failed.length === 1 && failed[0] === filter).length,
  }));
  let kept = decided.filter((_, index) => failures[index]?.length === 0);
  let ties = facts.filter(({ tie }) => tie);
  const later = (filter: string, keep: (fact: PreferenceFacts) => boolean) => {
    const before = kept.length + ties.length;
    kept = kept.filter(keep);
    ties = ties.filter(keep);
    const dropped = before - kept.length - ties.length;
    filters.push({ filter, dropped, alone: dropped });
  };
  if (options.nearDuplicates) {
    const copies = options.nearDuplicates([...kept, ...ties].sort(byIndex));
    later('near-duplicates', ({ index }) => !copies.has(index));
  }
  if (options.pairsPerPrompt !== undefined) {
    if (options.pick !== 'random') requireOneUnit(kept, '--pairs-per-prompt by best margin');
    const chosen = perPrompt(kept, options.pairsPerPrompt, options.pick ?? 'best-margin', seed);
    later('pairs-per-prompt', ({ tie, index }) => tie || chosen.has(index));
  }
  if (options.balanceLength) {
    const surplus = lengthSurplus(kept, seed);
    later('balance-length', ({ index }) => !surplus.has(index));
  }
  return { kept, ties, filters };
}

function thresholdsOf(options: FilterOptions) {
  const { minMargin, minProbability, orderConsistent, minAgreement, agreeWithLabels } = options;
  const all: { filter: string; asked: boolean; passes: (fact: PreferenceFacts) => boolean }[] = [
    {
      filter: 'min-margin',
      asked: minMargin !== undefined,
      passes: ({ margin }) => margin >= (minMargin ?? 0),
    },
    {
      filter: 'min-probability',
      asked: minProbability !== undefined,
      passes: ({ probability }) => probability >= (minProbability ?? 0),
    },
    {
      filter: 'order-consistent',
      asked: orderConsistent === true,
      passes: (fact) => fact.orderConsistent === true,
    },
    {
      filter: 'min-agreement',
      asked: minAgreement !== undefined,
      passes: ({ agreement }) => agreement !== null && agreement >= (minAgreement ?? 0),
    },
    {
      filter: 'agree-with-labels',
      asked: agreeWithLabels === true,
      passes: ({ known }) => (known?.truth ?? 1) > 0.5,
    },
  ];
  return all.filter(({ asked }) => asked);
}

/** Places of the preferences that each prompt keeps. */
function perPrompt(
  facts: readonly PreferenceFacts[],
  most: number,
  pick: 'best-margin' | 'random',
  seed: number,
): Set<number> {
  if (!(Number.isSafeInteger(most) && most >= 1))
    throw new JurorError('usage', `expected 1 pair a prompt or more, got ${most}`);
  const groups = [...Map.groupBy(facts, ({ cluster }) => cluster).values()];
  return new Set(
    groups.flatMap((group) => {
      const drawn = shuffled(group, seed, 'prompt');
      // Sorting is stable: equal margins stay as drawn.
      const ranked = pick === 'random' ? drawn : drawn.sort((left, right) => right.margin - left.margin);
      return ranked.slice(0, most).map(({ index }) => index);
    }),
  );
}

/** Places of the drawn surplus of pairs whose chosen answer is longer, or shorter. Answers of one length are no part of it. */
function lengthSurplus(facts: readonly PreferenceFacts[], seed: number): Set<number> {
  const longer = facts.filter(({ chosenLength, rejectedLength }) => chosenLength > rejectedLength);
  const shorter = facts.filter(({ chosenLength, rejectedLength }) => chosenLength < rejectedLength);
  const [more, fewer] = longer.length > shorter.length ? [longer, shorter] : [shorter, longer];
  return new Set(
    shuffled(more, seed, 'length')
      .slice(fewer.length)
      .map(({ index }) => index),
  );
}

/** By a draw for each that depends on seed and content alone: neither order nor other preferences move it. */
function shuffled(facts: readonly PreferenceFacts[], seed: number, purpose: string): PreferenceFacts[] {
  return facts
    .map((fact) => ({ fact, draw: seedFrom(seed, purpose, fact.id) }))
    .sort((left, right) => left.draw - right.draw || byIndex(left.fact, right.fact))
    .map(({ fact }) => fact);
}

function byIndex(left: PreferenceFacts, right: PreferenceFacts): number {
  return left.index - right.index;
}
