/** Figures of a rubric's columns: of the whole, each criterion, each objective, each group. */
import { type BootstrapOptions, meanInterval, proportion } from '../aggregate/interval.ts';
import type { ReportFigure } from './report.ts';
import type { Tally } from './tally.ts';

/** Groups that are shown. */
const mostGroups = 30;

/** Figures of all verdicts and of each group; the groups with most verdicts where there are many. */
export function figuresOf(
  tally: Tally,
  options: BootstrapOptions,
): { readonly figures: readonly ReportFigure[]; readonly groupsLeftOut: number } {
  const all = [...tally.scores.keys()];
  const members = new Map<string, number[]>();
  for (const [place, group] of tally.groups.entries()) {
    if (group === undefined) continue;
    const own = members.get(group);
    if (own) own.push(place);
    else members.set(group, [place]);
  }
  const chosen = [...members]
    .toSorted(([, left], [, right]) => right.length - left.length)
    .slice(0, mostGroups)
    .sort(([left], [right]) => (left < right ? -1 : 1));
  return {
    figures: [
      ...selectionFigures(tally, all, null, options),
      // One group is all of them.
      ...(chosen.length < 2 ? [] : chosen).flatMap(([value, places]) =>
        selectionFigures(tally, places, { name: 'group', value }, options),
      ),
    ],
    groupsLeftOut: members.size - chosen.length,
  };
}

function selectionFigures(
  tally: Tally,
  places: readonly number[],
  slice: ReportFigure['slice'],
  options: BootstrapOptions,
): ReportFigure[] {
  const pairwise = tally.mode === 'pairwise';
  const measure = pairwise ? 'win-rate' : 'score';
  const columns: { part: ReportFigure['part']; values: readonly (number | null | undefined)[] }[] = [
    { part: { kind: 'whole' }, values: tally.scores },
    ...named(tally.criteria).map(([id, values]) => ({ part: { kind: 'criterion' as const, id }, values })),
    ...named(tally.objectives).map(([id, values]) => ({ part: { kind: 'objective' as const, id }, values })),
  ];
  const figures = columns.map(({ part, values }): ReportFigure => {
    const { known, clusters } = take(tally, places, values);
    return {
      measure,
      part,
      slice,
      figure: meanInterval(known, clusters, options),
      unscored: places.length - known.length,
    };
  });
  const { known, clusters } = take(tally, places, tally.scores);
  const rate: ReportFigure = pairwise
    ? { ...flipRate(tally, places), measure: 'flip-rate', part: { kind: 'whole' }, slice }
    : {
        measure: 'pass-rate',
        part: { kind: 'whole' },
        slice,
        figure: proportion(
          known.map((score) => score >= 0.5),
          clusters,
        ),
        unscored: places.length - known.length,
      };
  return [...figures.slice(0, 1), rate, ...figures.slice(1)];
}

/** Columns by name; an only one says what the whole says. */
export function named(columns: ReadonlyMap<string, (number | null)[]>): [string, (number | null)[]][] {
  return columns.size < 2 ? [] : [...columns];
}

/** What is known of a column at these places, and whose it is. */
export function take(
  tally: Tally,
  places: readonly number[],
  values: readonly (number | null | undefined)[],
) {
  const known: number[] = [];
  const clusters: string[] = [];
  for (const place of places) {
    const value = values[place];
    if (value === null || value === undefined) continue;
    known.push(value);
    clusters.push(tally.clusters[place] ?? '');
  }
  return { known, clusters };
}

function flipRate({ rows }: Tally, places: readonly number[]): Pick<ReportFigure, 'figure' | 'unscored'> {
  const asked = places.flatMap((place) => {
    const { flipped, cluster } = rows[place] ?? {};
    return flipped === null || flipped === undefined ? [] : [{ flipped, cluster: cluster ?? '' }];
  });
  return {
    figure: proportion(
      asked.map(({ flipped }) => flipped),
      asked.map(({ cluster }) => cluster),
    ),
    unscored: places.length - asked.length,
  };
}
