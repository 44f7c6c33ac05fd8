/** Several heads where there could be one: members that differ as much as their data allow. */
import { centerMembers, reduceScores } from '../aggregate/ensemble.ts';
import { sampleDeviation } from '../aggregate/moments.ts';
import { createRandom, seedFrom } from '../aggregate/random.ts';
import { JurorError } from '../errors.ts';
import type { PairData, RankingData, ScoreData } from './data.ts';

/** What a member can be trained on; each part has the prompts of its rows as `cluster`. */
export interface TrainingParts {
  readonly pairs?: PairData;
  readonly rankings?: RankingData;
  readonly scores?: ScoreData;
}

/** How members are made to differ. */
export interface EnsembleOptions {
  /** How many, from 1. Four or five are enough (Coste et al., ICLR 2024). Default 5. */
  readonly members?: number;
  /** Default 0. */
  readonly seed?: number;
}

/** What one member was made from. */
export interface MemberDraw<Made> {
  readonly made: Made;
  readonly seed: number;
  /** Prompts that it never saw, sorted. */
  readonly unseen: readonly string[];
}

/**
 * Members, each made by `train` from its own seed and its own resample: as many prompts as there are, drawn with replacement, with all
 * that is known of each (Breiman, Machine Learning 24, 1996). Pairs of one prompt are drawn together, for they are right or wrong
 * together; drawing pairs would leave nearly every prompt in every member, and the members more of one mind than their data allow. A
 * prompt that is drawn c times has its weights times c.
 */
export function fitEnsemble<Parts extends TrainingParts, Made>(
  parts: Parts,
  train: (parts: Parts, seed: number) => Made,
  { members = 5, seed = 0 }: EnsembleOptions = {},
): MemberDraw<Made>[] {
  if (!Number.isInteger(members) || members < 1)
    throw new JurorError('usage', `expected at least one member, got ${members}`);
  const { pairs, rankings, scores } = parts;
  const prompts = [
    ...new Set([pairs, rankings, scores].flatMap((part) => (part ? [...part.cluster] : []))),
  ].sort();
  if (prompts.length === 0) throw new JurorError('data', 'expected prompts to train on, got none');
  return Array.from({ length: members }, (_, place) => {
    const own = seedFrom('head member', seed, place);
    const counts = drawPrompts(prompts, own);
    const resampled: Parts = {
      ...parts,
      ...(pairs ? { pairs: resamplePairs(pairs, counts) } : {}),
      ...(rankings ? { rankings: resampleRankings(rankings, counts) } : {}),
      ...(scores ? { scores: resampleScores(scores, counts) } : {}),
    };
    return {
      made: train(resampled, own),
      seed: own,
      unseen: prompts.filter((prompt) => !counts.has(prompt)),
    };
  });
}

/** How the members' scores of an answer become one: `worst-case` by Coste et al. (ICLR 2024), or the mean less λ deviations. */
export type EnsembleReducer =
  | { readonly kind: 'mean' | 'worst-case' }
  | { readonly kind: 'penalized-mean'; readonly lambda: number };

/**
 * One score for each answer of **one** prompt from its members' scores (member → answer → score). Rewards are identified only up to a
 * shift for each prompt: each member is centred on the prompt's answers before members are compared, or that free shift would pass
 * for doubt. The mean of the shifts is put back, so the plain mean stays as it was.
 */
export function reduceEnsemble(
  scores: readonly ArrayLike<number>[],
  reducer: EnsembleReducer = { kind: 'mean' },
): number[] {
  const size = requireMembers(scores);
  const answers = Array.from({ length: size }, (_, answer) =>
    scores.map((own, member) => ({ id: String(member), value: own[answer] as number })),
  );
  return centerMembers(answers).map((members) => {
    const { value, reason } = reduceScores(members, reducer, { quorum: 'all' });
    if (value === null) throw new JurorError('usage', reason);
    return value;
  });
}

/**
 * The sample standard deviation over members of the difference between two answers of one prompt, in which each member's shift
 * cancels; null for a single member, which has nothing to differ from.
 */
export function memberDeviation(
  scores: readonly ArrayLike<number>[],
  left: number,
  right: number,
): number | null {
  requireMembers(scores);
  return sampleDeviation(scores.map((own) => (own[left] as number) - (own[right] as number)));
}

/** The number of answers, and an error unless every member scored as many. */
function requireMembers(scores: readonly ArrayLike<number>[]): number {
  const size = scores[0]?.length;
  if (size === undefined) throw new JurorError('usage', 'expected at least one member, got none');
  const wrong = scores.findIndex(({ length }) => length !== size);
  if (wrong >= 0)
    throw new JurorError(
      'data',
      `member ${wrong + 1}: expected ${size} scores, got ${scores[wrong]?.length}`,
    );
  return size;
}

/** Prompt → how often it was drawn; those that were not drawn are left out. */
function drawPrompts(prompts: readonly string[], seed: number): ReadonlyMap<string, number> {
  const random = createRandom(seed);
  const counts = new Map<string, number>();
  for (let draw = 0; draw < prompts.length; draw++) {
    const prompt = prompts[random.below(prompts.length)] as string;
    counts.set(prompt, (counts.get(prompt) ?? 0) + 1);
  }
  return counts;
}

type Prompts = ReadonlyMap<string, number>;

function drawn({ cluster, weight }: Pick<PairData, 'cluster' | 'weight'>, counts: Prompts) {
  const rows = Int32Array.from([...cluster.keys()].filter((row) => counts.has(cluster[row] as string)));
  return {
    rows,
    weight: Float64Array.from(
      rows,
      (row) => (weight[row] as number) * (counts.get(cluster[row] as string) ?? 0),
    ),
    cluster: Array.from(rows, (row) => cluster[row] as string),
  };
}

function resamplePairs(pairs: PairData, counts: Prompts): PairData {
  const { rows, weight, cluster } = drawn(pairs, counts);
  return {
    left: rows.map((row) => pairs.left[row] as number),
    right: rows.map((row) => pairs.right[row] as number),
    target: Float64Array.from(rows, (row) => pairs.target[row] as number),
    tie: Uint8Array.from(rows, (row) => pairs.tie[row] as number),
    margin: Float64Array.from(rows, (row) => pairs.margin[row] as number),
    weight,
    cluster,
  };
}

function resampleRankings(rankings: RankingData, counts: Prompts): RankingData {
  const { rows, weight, cluster } = drawn(rankings, counts);
  return { orders: Array.from(rows, (row) => rankings.orders[row] as Int32Array), weight, cluster };
}

function resampleScores(scores: ScoreData, counts: Prompts): ScoreData {
  const { rows, weight, cluster } = drawn(scores, counts);
  const width = scores.objectives.length;
  const target = new Float64Array(rows.length * width);
  for (const [place, row] of rows.entries())
    target.set(scores.target.subarray(row * width, (row + 1) * width), place * width);
  return {
    row: rows.map((row) => scores.row[row] as number),
    objectives: scores.objectives,
    target,
    weight,
    cluster,
  };
}
