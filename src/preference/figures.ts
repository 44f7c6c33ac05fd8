/** What is to know of preferences before training on them. */
import { type Figure, proportion, undefinedFigure } from '../aggregate/interval.ts';
import type { Filtered } from './filters.ts';
import type { KnownOfPair, PreferenceFacts } from './spool.ts';

/** Agreement with labels where there are some, beside rules that read nothing. */
export interface LabelFigures {
  /** Preferences whose label names a winner. */
  readonly labelled: number;
  /** Preferences whose label is a tie, compared with nothing. */
  readonly labelTies: number;
  /** Share of the labelled ones whose chosen answer the label prefers. */
  readonly agreement: Figure;
  /** Share in which the label prefers the longer answer; answers of one length count as misses. */
  readonly longer: Figure;
  /** Share in which it prefers the answer that comes first in the data. */
  readonly first: Figure;
}

/** A bar of a histogram: values in [from, to), the last one with its end. */
export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/** Figures of what is kept, ties apart unless said. */
export interface PreferenceFigures {
  readonly preferences: number;
  readonly ties: number;
  readonly prompts: number;
  readonly mostForOnePrompt: number;
  /** Chosen answer first in the data, where they are known. */
  readonly chosenFirst: Figure;
  /** Chosen answer longer: what the rule that the longer one wins gets on these rows. */
  readonly chosenLonger: Figure;
  readonly equalLength: number;
  /** Mean of chosen less rejected, in UTF-16 code units; null without preferences. */
  readonly lengthDifference: number | null;
  readonly meanProbability: number | null;
  /** By unit. */
  readonly margins: Readonly<Record<string, readonly Bin[]>>;
  /** Both orders name the same winner, of all that have two orders, before filters. */
  readonly orderConsistent: Figure;
  readonly duplicates: {
    /** Preferences that repeat an earlier one, texts and winner, ties among them. */
    readonly exact: number;
    /** Preferences whose answers an earlier one prefers the other way round. */
    readonly contradicting: number;
  };
  readonly labels: LabelFigures;
}

/** Figures of filtered preferences; `all` are those before filters. */
export function preferenceFigures(
  all: readonly PreferenceFacts[],
  { kept, ties }: Filtered,
): PreferenceFigures {
  const clusters = [...Map.groupBy([...kept, ...ties], ({ cluster }) => cluster).values()];
  const share = (of: readonly PreferenceFacts[], hit: (fact: PreferenceFacts) => boolean, reason: string) =>
    of.length === 0
      ? undefinedFigure(reason)
      : proportion(
          of.map(hit),
          of.map(({ cluster }) => cluster),
        );
  const placed = kept.filter(({ known }) => known !== null);
  const ordered = all.filter(({ orderConsistent }) => orderConsistent !== null);
  const labelled = kept.filter(({ known }) => truthOf(known) !== null && truthOf(known) !== 0.5);
  const right = ({ known }: PreferenceFacts) => (truthOf(known) ?? 0) > 0.5;
  const mean = (values: readonly number[]) =>
    values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
  const unlabelled = 'no preference has a label';
  return {
    preferences: kept.length,
    ties: ties.length,
    prompts: clusters.length,
    mostForOnePrompt: clusters.reduce((most, group) => Math.max(most, group.length), 0),
    chosenFirst: share(placed, ({ known }) => known?.first === true, 'no order of the answers is known'),
    chosenLonger: share(kept, longer, 'no preferences'),
    equalLength: kept.filter((fact) => fact.chosenLength === fact.rejectedLength).length,
    lengthDifference: mean(kept.map(({ chosenLength, rejectedLength }) => chosenLength - rejectedLength)),
    meanProbability: mean(kept.map(({ probability }) => probability)),
    margins: Object.fromEntries(
      [...Map.groupBy(kept, ({ marginUnit }) => marginUnit)].map(([unit, of]) => [
        unit,
        histogram(of.map(({ margin }) => margin)),
      ]),
    ),
    orderConsistent: share(
      ordered,
      (fact) => fact.orderConsistent === true,
      'no preference was judged in two orders',
    ),
    duplicates: duplicatesOf([...kept, ...ties]),
    labels: {
      labelled: labelled.length,
      labelTies: kept.filter(({ known }) => truthOf(known) === 0.5).length,
      agreement: share(labelled, right, unlabelled),
      longer: share(
        labelled,
        (fact) => (right(fact) ? longer(fact) : fact.rejectedLength > fact.chosenLength),
        unlabelled,
      ),
      first: share(labelled, (fact) => right(fact) === (fact.known?.first === true), unlabelled),
    },
  };
}

function truthOf(known: KnownOfPair | null): number | null {
  return known?.truth ?? null;
}

function longer({ chosenLength, rejectedLength }: PreferenceFacts): boolean {
  return chosenLength > rejectedLength;
}

function duplicatesOf(facts: readonly PreferenceFacts[]): PreferenceFigures['duplicates'] {
  const seen = new Map<string, Set<string>>();
  let [exact, contradicting] = [0, 0];
  for (const { pair, tie, chosenText } of [...facts].sort((left, right) => left.index - right.index)) {
    const said = tie ? 'tie' : chosenText;
    const former = seen.get(pair);
    if (former?.has(said)) exact++;
    else if (former) contradicting++;
    seen.set(pair, (former ?? new Set()).add(said));
  }
  return { exact, contradicting };
}

/** Ten bars of one width from 0 up to the largest value. */
function histogram(values: readonly number[]): Bin[] {
  const top = values.reduce((most, value) => Math.max(most, value), 0);
  if (top === 0) return [{ from: 0, to: 0, count: values.length }];
  const counts = Array.from({ length: 10 }, () => 0);
  for (const value of values) {
    const place = Math.min(9, Math.floor((value / top) * 10));
    counts[place] = (counts[place] ?? 0) + 1;
  }
  return counts.map((count, place) => ({ from: (top * place) / 10, to: (top * (place + 1)) / 10, count }));
}
