/** Several annotators who disagree: what most say, what all say, and how far one of them agrees with the others. */
import { JurorError } from '../errors.ts';
import { type BootstrapOptions, clusterBootstrap, type Figure, undefinedFigure } from './interval.ts';
import { difference, mean, requireSameLength } from './statistic.ts';

/** Annotator → the label they gave one item. An annotator who gave none is absent. */
export type Votes = Readonly<Record<string, string>>;

/** What most annotators say. */
export interface Plurality {
  /** The labels with the most votes, sorted: one, several in a tie, none without votes. A tie is never broken. */
  readonly labels: readonly string[];
  /** Votes for each of them. */
  readonly votes: number;
  /** All votes. */
  readonly total: number;
}

/** How `humanCeiling` compares. */
export interface CeilingOptions extends BootstrapOptions {
  /** What the judge says of each item, null where nothing: measured against the same majorities. */
  readonly judged?: readonly (string | null)[];
}

/** How far one annotator agrees with the majority of the others. */
export interface HumanCeiling {
  /** Expected accuracy of one annotator of an item against the majority of its others. */
  readonly ceiling: Figure;
  /** Annotator → the same for them alone. */
  readonly annotators: Readonly<Record<string, Figure>>;
  /** The judge against the same majorities, over items it labelled; null without a judge. */
  readonly judge: Figure | null;
  /** Judge minus one annotator, paired, over items the judge labelled; null without a judge. */
  readonly gap: Figure | null;
  /** Items with fewer than two votes, which say nothing. */
  readonly skipped: number;
}

/** The labels most annotators gave. */
export function majority(votes: Votes): Plurality {
  return plurality(Object.values(votes));
}

/**
 * Label → share of the votes, the disagreement kept; over `labels`, or over those given. Null without votes. A vote
 * outside `labels` is an error.
 */
export function softLabel(votes: Votes, labels?: readonly string[]): Readonly<Record<string, number>> | null {
  const given = Object.values(votes);
  const legal = labels ?? [...new Set(given)].sort();
  const stranger = given.find((label) => !legal.includes(label));
  if (stranger !== undefined) {
    throw new JurorError('usage', `expected a label of ${legal.join(', ')}, got "${stranger}"`);
  }
  if (given.length === 0) return null;
  return Object.fromEntries(
    legal.map((label) => [label, given.filter((other) => other === label).length / given.length]),
  );
}

/**
 * The human ceiling: each vote of an item against the majority of its other votes (leave one out), averaged over the
 * item's votes, then over items. A vote for one of t tied labels counts 1/t, the expected accuracy when the tie is
 * broken by chance. With `judged`, the judge meets the very same majorities, so that `gap` compares like with like.
 */
export function humanCeiling(
  items: readonly Votes[],
  clusters: readonly string[],
  options: CeilingOptions = {},
): HumanCeiling {
  const { judged, ...resampling } = options;
  requireSameLength(items.length, clusters.length);
  if (judged) requireSameLength(items.length, judged.length);
  const measure = (rows: readonly { readonly value: number; readonly cluster: string }[]): Figure =>
    rows.length === 0
      ? undefinedFigure('no item has two votes')
      : clusterBootstrap(
          mean(rows.map(({ value }) => value)),
          rows.map(({ cluster }) => cluster),
          resampling,
        );

  const rows: { value: number; cluster: string; judge: number | null }[] = [];
  const personal = new Map<string, { value: number; cluster: string }[]>();
  for (const [row, votes] of items.entries()) {
    const cluster = clusters[row] ?? '';
    const voters = Object.keys(votes).sort();
    for (const voter of voters) if (!personal.has(voter)) personal.set(voter, []);
    if (voters.length < 2) continue;
    const label = judged?.[row] ?? null;
    let [human, judge] = [0, 0];
    for (const voter of voters) {
      const others = plurality(voters.filter((other) => other !== voter).map((other) => votes[other] ?? ''));
      const value = credit(votes[voter] ?? '', others);
      personal.get(voter)?.push({ value, cluster });
      human += value / voters.length;
      if (label !== null) judge += credit(label, others) / voters.length;
    }
    rows.push({ value: human, cluster, judge: label === null ? null : judge });
  }

  const compared = rows.flatMap(({ value, cluster, judge }) =>
    judge === null ? [] : [{ human: value, value: judge, cluster }],
  );
  return {
    ceiling: measure(rows),
    annotators: Object.fromEntries(
      [...personal]
        .sort(([left], [right]) => (left < right ? -1 : 1))
        .map(([voter, own]) => [voter, measure(own)]),
    ),
    judge: judged ? measure(compared) : null,
    gap: judged ? gapFigure(compared, resampling) : null,
    skipped: items.length - rows.length,
  };
}

function gapFigure(
  rows: readonly { readonly human: number; readonly value: number; readonly cluster: string }[],
  options: BootstrapOptions,
): Figure {
  if (rows.length === 0) return undefinedFigure('the judge labelled no item with two votes');
  const judge = mean(rows.map(({ value }) => value));
  const human = mean(rows.map((row) => row.human));
  return clusterBootstrap(
    difference(judge, human),
    rows.map(({ cluster }) => cluster),
    options,
  );
}

function plurality(labels: readonly string[]): Plurality {
  const tally = new Map<string, number>();
  for (const label of labels) tally.set(label, (tally.get(label) ?? 0) + 1);
  const votes = Math.max(0, ...tally.values());
  const most = [...tally].filter(([, count]) => count === votes).map(([label]) => label);
  return { labels: most.sort(), votes, total: labels.length };
}

/** 1 for the label, 1/t for one of t tied labels, 0 otherwise. */
function credit(label: string, { labels }: Plurality): number {
  return labels.includes(label) ? 1 / labels.length : 0;
}
