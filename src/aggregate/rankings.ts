/** Rankings of items, checked and turned into choices: of a set of items, which came first. */
import { JurorError } from '../errors.ts';
import { requireItem, requireItems } from './comparisons.ts';

/** What a judge says of several items at once. Items in neither list were not looked at. */
export interface Ranking {
  /** Groups of item numbers, best first; the items of one group are tied. */
  readonly places: readonly (readonly number[])[];
  /** Items below all in `places`, in no known order, as after a choice of the best few. Default: none. */
  readonly rest?: readonly number[];
  /** How many rankings it counts for, 0 or more. Default 1. */
  readonly weight?: number;
}

/**
 * The log-likelihood of one ranking is weight · (Σ credits − Σ share · log Σ_S e^{mean θ over S + log ν of its
 * size}).
 */
export interface RankingTerms {
  /** The caller's number of the ranking. */
  readonly source: number;
  readonly weight: number;
  /** Item number, or the number of items plus the place of a tie size, and its coefficient. */
  readonly credits: readonly (readonly [number, number])[];
  readonly pools: readonly Pool[];
}

/** The sets of items S of which one came first. */
export interface Pool {
  readonly share: number;
  /** The parameters that matter here, by item number, then tie sizes. */
  readonly parameters: Int32Array;
  /** Each set as places in `parameters`, its tie size apart (−1: a single item). */
  readonly sets: readonly { readonly members: Int32Array; readonly tie: number }[];
}

/** Rankings ready to fit. */
export interface RankingRows {
  readonly items: number;
  /** In an order that depends on nothing but their content. */
  readonly rows: readonly RankingTerms[];
  /** Sizes of ties that occur and have a parameter. */
  readonly tieSizes: readonly number[];
  /** Calls with the winner and the loser of each kind of win a ranking holds; a tie is a win both ways. */
  readonly edges: (source: number, visit: (winner: number, loser: number) => void) => void;
}

/** Beyond this many sets in all rankings a fit would take minutes. */
const MOST_SETS = 2_000_000;

/** Checks rankings of `items` items and writes out their choices under a treatment of ties. */
export function readRankings(
  items: number,
  rankings: readonly Ranking[],
  ties: 'average' | 'davidson-luce',
): RankingRows {
  requireItems(items);
  const checked = rankings.map((ranking, source) => requireRanking(items, ranking, source));
  const sizes = checked.flatMap(({ places }) => places.map((group) => group.length));
  const tieSizes =
    ties === 'average'
      ? []
      : [...new Set(sizes.filter((size) => size > 1))].sort((one, other) => one - other);
  const sets = checked.reduce((sum, ranking) => sum + countSets(ranking, ties, tieSizes), 0);
  if (sets > MOST_SETS) {
    throw new JurorError(
      'usage',
      `expected rankings with at most ${MOST_SETS} sets of items to weigh, got ${sets}: ties are too large`,
    );
  }
  const rows = checked
    .map((ranking) => ({ ranking, key: JSON.stringify([ranking.places, ranking.rest, ranking.weight]) }))
    .sort((one, other) => (one.key < other.key ? -1 : one.key > other.key ? 1 : 0))
    .map(({ ranking }) => termsOf(ranking, items, ties, tieSizes));
  const edges: RankingRows['edges'] = (source, visit) => {
    const { places, rest } = checked[source] ?? { places: [], rest: [] };
    places.forEach((group, place) => {
      const below = [...places.slice(place + 1).flat(), ...rest];
      for (const winner of group) {
        for (const loser of below) visit(winner, loser);
        for (const equal of group) if (equal !== winner) visit(winner, equal);
      }
    });
  };
  return { items, rows, tieSizes, edges };
}

interface CheckedRanking {
  readonly source: number;
  readonly places: readonly (readonly number[])[];
  readonly rest: readonly number[];
  readonly weight: number;
}

function requireRanking(items: number, ranking: Ranking, source: number): CheckedRanking {
  const { places, rest = [], weight = 1 } = ranking;
  const place = `ranking ${source + 1}`;
  const all = [...places.flat(), ...rest];
  for (const item of all) requireItem(items, item, place);
  const twice = all.find((item, index) => all.indexOf(item) !== index);
  if (twice !== undefined)
    throw new JurorError('usage', `${place}: expected each item once, got item ${twice} twice`);
  if (places.some((group) => group.length === 0))
    throw new JurorError('usage', `${place}: expected items in each place, got an empty place`);
  if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY)) {
    throw new JurorError('usage', `${place}: expected a finite weight of 0 or more, got ${weight}`);
  }
  const sorted = (group: readonly number[]) => group.toSorted((one, other) => one - other);
  return { source, places: places.map(sorted), rest: sorted(rest), weight };
}

/** The choices of a ranking: at each place a group out of what is left. A choice out of one item says nothing. */
function choices({ places, rest }: CheckedRanking): { group: readonly number[]; below: number[] }[] {
  return places
    .map((group, place) => ({ group, below: [...places.slice(place + 1).flat(), ...rest] }))
    .filter(({ group, below }) => group.length + below.length > 1);
}

function countSets(ranking: CheckedRanking, ties: string, tieSizes: readonly number[]): number {
  return choices(ranking).reduce((sum, { group, below }) => {
    const left = group.length + below.length;
    if (ties === 'average') return sum + 2 ** group.length * left;
    return sum + [1, ...tieSizes].reduce((all, size) => all + binomial(left, size), 0);
  }, 0);
}

function termsOf(
  ranking: CheckedRanking,
  items: number,
  ties: 'average' | 'davidson-luce',
  tieSizes: readonly number[],
): RankingTerms {
  const credits: [number, number][] = [];
  const pools: Pool[] = [];
  for (const { group, below } of choices(ranking)) {
    if (ties === 'average') {
      // In a random order of the group, what is left of it before a choice is each subset of its size equally often.
      for (const item of group) credits.push([item, 1]);
      for (const size of group.keys()) {
        const share = 1 / binomial(group.length, size + 1);
        for (const subset of subsets(group, size + 1)) {
          pools.push(poolOf(share, [...subset, ...below], items, []));
        }
      }
    } else {
      for (const item of group) credits.push([item, 1 / group.length]);
      const tie = tieSizes.indexOf(group.length);
      if (tie >= 0) credits.push([items + tie, 1]);
      pools.push(poolOf(1, [...group, ...below], items, tieSizes));
    }
  }
  return { source: ranking.source, weight: ranking.weight, credits, pools };
}

function poolOf(
  share: number,
  available: readonly number[],
  items: number,
  tieSizes: readonly number[],
): Pool {
  const sorted = available.toSorted((one, other) => one - other);
  const places = [...sorted.keys()];
  const singles = places.map((place) => ({ members: Int32Array.of(place), tie: -1 }));
  const tied = tieSizes.flatMap((size, tie) =>
    subsets(places, size).map((members) => ({ members: Int32Array.from(members), tie: sorted.length + tie })),
  );
  return {
    share,
    parameters: Int32Array.from([...sorted, ...tieSizes.map((_, tie) => items + tie)]),
    sets: [...singles, ...tied],
  };
}

function subsets(values: readonly number[], size: number): number[][] {
  if (size === 0) return [[]];
  if (size > values.length) return [];
  const [head = 0, ...tail] = values;
  return [...subsets(tail, size - 1).map((subset) => [head, ...subset]), ...subsets(tail, size)];
}

function binomial(size: number, chosen: number): number {
  let count = 1;
  for (let step = 1; step <= chosen; step++) count = (count * (size - chosen + step)) / step;
  return chosen > size ? 0 : count;
}
