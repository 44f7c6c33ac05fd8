/** From the members of a panel, or the samples of one judge, to one score, label or distribution. */
import { JurorError, nearestName } from '../errors.ts';
import { exactMean, extremes, requireScore, sampleDeviation } from './moments.ts';
import { type Collective, type Member, type PanelOptions, type Reduced, seat, settle } from './turnout.ts';

/**
 * How scores become one.
 * - `mean`: Σ xᵢ / n
 * - `median`: the middle, or the mean of the two middle ones
 * - `majority`: 1 when more than half of **all** members, the silent ones too, score above `threshold` (default 0.5), 0
 *   when they score below it, 0.5 when they score exactly it; otherwise undecided
 * - `worst-case`: min xᵢ (Coste et al., ICLR 2024)
 * - `penalized-mean`: x̄ − λ s with n − 1 in s, but at least `floor` (default none); undecided for one score
 */
export type Reducer =
  | { readonly kind: 'mean' | 'median' | 'worst-case' }
  | { readonly kind: 'majority'; readonly threshold?: number }
  | { readonly kind: 'penalized-mean'; readonly lambda: number; readonly floor?: number };

/** How far apart the deciding members are; null for fewer than two. */
export interface Spread {
  /** Largest minus smallest score. */
  readonly disagreement: number | null;
  /** s / √n with n − 1 in s: the standard error of their mean. */
  readonly standardError: number | null;
}

/** One score from those of a panel: the same bits in whatever order the members come. */
export function reduceScores(
  members: readonly Member[],
  reducer: Reducer,
  options: PanelOptions,
): Collective<number> & Spread {
  const panel = seat(members);
  const scores = panel.deciding.map(({ id, value }) => requireScore(value, `member "${id}"`));
  const deviation = sampleDeviation(scores);
  const [least, most] = extremes(scores);
  return {
    ...settle(panel, options, () => reduce(scores, panel.total, reducer)),
    disagreement: deviation === null ? null : most - least,
    standardError: deviation === null ? null : deviation / Math.sqrt(scores.length),
  };
}

/** The label that more than half of all members name, the silent ones counted, and the votes for each label. */
export function majorityLabel(
  members: readonly Member<string>[],
  options: PanelOptions,
): Collective<string> & { readonly votes: Readonly<Record<string, number>> } {
  const panel = seat(members);
  const labels = panel.deciding.map(({ value }) => value);
  return {
    ...settle(panel, options, () => majority(labels, panel.total)),
    votes: Object.fromEntries(countVotes(labels)),
  };
}

/**
 * The mean of the members' distributions, label by label, for judges of one scale as for k critiques of one judge.
 * `labels` are the scale's: one that a distribution leaves out has probability 0 there, any other is an error, and so is
 * a distribution that does not sum to 1 within 1e-6.
 */
export function averageDistributions(
  members: readonly Member<Readonly<Record<string, number>>>[],
  labels: readonly string[],
  options: PanelOptions,
): Collective<Record<string, number>> {
  const panel = seat(members);
  const columns = panel.deciding.map(({ id, value }) => readDistribution(value, labels, `member "${id}"`));
  return settle(panel, options, () => ({
    value: Object.fromEntries(
      labels.map((label, place) => [label, exactMean(columns.map((column) => column[place] ?? 0))]),
    ),
  }));
}

/**
 * The members of each answer of one prompt, shifted so that all members have one mean: rewards are identified only up to a
 * shift for each prompt, which worst case, penalty and disagreement would take for doubt. Means are over the answers that
 * every member with any score has scored, and the mean of the shifts is put back, so that the plain mean of a full panel
 * stays. Without such an answer everyone abstains. Scores on a rubric's scale need no centering.
 */
export function centerMembers(answers: readonly (readonly Member[])[]): Member[][] {
  const panels = answers.map(
    (members) =>
      new Map(seat(members).deciding.map(({ id, value }) => [id, requireScore(value, `member "${id}"`)])),
  );
  const scorers = [...new Set(panels.flatMap((panel) => [...panel.keys()]))].sort();
  const shared = panels.filter((panel) => scorers.every((id) => panel.has(id)));
  const shifts = new Map(
    shared.length === 0
      ? []
      : scorers.map((id) => [id, exactMean(shared.map((panel) => panel.get(id) ?? 0))]),
  );
  const level = shifts.size === 0 ? 0 : exactMean([...shifts.values()]);
  return answers.map((members) =>
    members.map((member): Member => {
      if (member.value === null) return member;
      const shift = shifts.get(member.id);
      return shift === undefined
        ? { id: member.id, value: null, reason: 'no answer to center on: none was scored by every member' }
        : { id: member.id, value: member.value - shift + level };
    }),
  );
}

const SIDES = { above: 1, at: 0.5, below: 0 };

function reduce(scores: readonly number[], total: number, reducer: Reducer): Reduced<number> {
  switch (reducer.kind) {
    case 'mean':
      return { value: exactMean(scores) };
    case 'median': {
      const sorted = [...scores].sort((left, right) => left - right);
      const half = (sorted.length - 1) / 2;
      return { value: exactMean(sorted.slice(Math.floor(half), Math.ceil(half) + 1)) };
    }
    case 'worst-case':
      return { value: Math.min(...scores) };
    case 'majority': {
      const threshold = requireScore(reducer.threshold ?? 0.5, 'threshold');
      const won = majority(
        scores.map((score) => (score > threshold ? 'above' : score < threshold ? 'below' : 'at')),
        total,
        ` ${threshold}`,
      );
      return won.value === null ? won : { value: SIDES[won.value] };
    }
    case 'penalized-mean': {
      const { lambda, floor = Number.NEGATIVE_INFINITY } = reducer;
      if (!(requireScore(lambda, 'lambda') >= 0))
        throw new JurorError('usage', `expected a lambda of 0 or more, got ${lambda}`);
      if (Number.isNaN(floor)) throw new JurorError('usage', 'expected a number as floor, got NaN');
      const deviation = sampleDeviation(scores);
      if (deviation === null) return { value: null, reason: 'one score has no standard deviation' };
      return { value: Math.max(floor, exactMean(scores) - lambda * deviation) };
    }
  }
}

function majority<Vote extends string>(votes: readonly Vote[], total: number, unit = ''): Reduced<Vote> {
  const counts = countVotes(votes);
  const winner = counts.find(([, count]) => 2 * count > total);
  if (winner) return { value: winner[0] };
  const shares = counts.map(([vote, count]) => `${count} ${vote}${unit}`).join(', ');
  return { value: null, reason: `no majority of all ${total}: ${shares}` };
}

/** Votes for each label, by label. */
function countVotes<Vote extends string>(votes: readonly Vote[]): [Vote, number][] {
  const groups = Map.groupBy(votes, (vote) => vote);
  return [...groups].map(([vote, { length }]): [Vote, number] => [vote, length]).sort(byLabel);
}

function byLabel([left]: readonly [string, number], [right]: readonly [string, number]): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Each label's probability, in the order of the labels. */
function readDistribution(
  distribution: Readonly<Record<string, number>>,
  labels: readonly string[],
  place: string,
): number[] {
  const stranger = Object.keys(distribution).find((label) => !labels.includes(label));
  if (stranger !== undefined) {
    const near = nearestName(stranger, labels);
    const hint = near === undefined ? '' : ` (did you mean "${near}"?)`;
    throw new JurorError('usage', `${place}: expected a label of the scale, got "${stranger}"${hint}`);
  }
  const column = labels.map((label) => (Object.hasOwn(distribution, label) ? (distribution[label] ?? 0) : 0));
  const wrong = column.find((probability) => !(probability >= 0 && probability <= 1));
  if (wrong !== undefined)
    throw new JurorError('usage', `${place}: expected probabilities from 0 to 1, got ${wrong}`);
  const sum = column.reduce((total, probability) => total + probability, 0);
  if (Math.abs(sum - 1) > 1e-6)
    throw new JurorError('usage', `${place}: expected probabilities that sum to 1, got ${sum}`);
  return column;
}
