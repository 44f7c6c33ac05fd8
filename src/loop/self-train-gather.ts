/** The comparisons of one round: edits of known direction, and pairs that the head would learn most from. */

import { createRandom, seedFrom, shuffled } from '../aggregate/random.ts';
import { contentHash, looseCluster } from '../canonical.ts';
import { chooseDoubtful } from '../head/active-choice.ts';
import type { FeatureText } from '../reward/features.ts';
import type { Preference, RoundCard, Sample } from '../schema.ts';
import { comparisonKey, drawAnswers, pairKey, pairsOfSample, sidesOf } from './self-train-data.ts';
import { differencesOf, type FeatureLibrary } from './self-train-library.ts';
import type { LoopHead, SelfTrainParts } from './self-train-parts.ts';

/** What a round is gathered from. */
export interface GatherInput {
  readonly parts: Pick<SelfTrainParts<unknown>, 'synthesise' | 'judge'>;
  readonly library: FeatureLibrary;
  readonly round: number;
  readonly seed: number;
  readonly pool: readonly Sample[];
  readonly pairs: number;
  readonly judgedShare: number;
  readonly randomShare: number;
  readonly poolAnswers: number;
  /** The head that counts; null while there is none. */
  readonly head: LoopHead | null;
  /** {@link pairKey} of what the training has already. */
  readonly trained: ReadonlySet<string>;
  /** {@link pairKey} of what the judge was asked about in any earlier round, whatever it said. */
  readonly asked: ReadonlySet<string>;
  readonly signal?: AbortSignal;
}

/** What a round gathered. */
export interface Gathered {
  readonly comparisons: readonly Preference[];
  /** For each judged comparison, by id: whether the first answer in the data is the chosen one. */
  readonly chosenFirst: ReadonlyMap<string, boolean>;
  readonly counts: RoundCard['comparisons'];
  /** One for each pair that the judge compared: whether its orders agree, and its prompt. */
  readonly orders: readonly { readonly consistent: boolean; readonly cluster: string }[];
  /** {@link pairKey} of each pair that the judge was asked about. */
  readonly asked: readonly string[];
}

/** Gather. A pair whose text the backbone cannot read is dropped and counted, like all that a round could have had and has not. */
export async function gather(input: GatherInput): Promise<Gathered> {
  const { parts, library, round, pairs, judgedShare, signal } = input;
  // Pairs are chosen by what a head is unsure of: while there is none, edits cost nothing and the judge is not asked.
  const chooses = input.head !== null || judgedShare === 1;
  const wanted = parts.judge !== null && chooses ? Math.round(judgedShare * pairs) : 0;
  const dropped = { inconsistent: 0, unscored: {}, unread: {}, repeated: 0 } as Dropped;
  const known = new Set(input.trained);
  const fresh = (comparison: Preference): boolean => {
    const key = comparisonKey(comparison);
    if (known.has(key)) {
      dropped.repeated++;
      return false;
    }
    known.add(key);
    return true;
  };
  const judging = await judgePairs(input, wanted, dropped, fresh);
  const edits: Preference[] = [];
  if (pairs > wanted) {
    const order = shuffled(input.pool, createRandom(seedFrom('edits', input.seed, round)));
    const options = { round, seed: seedFrom('edit', input.seed, round), ...(signal ? { signal } : {}) };
    for await (const edit of parts.synthesise(order, options)) {
      if (!fresh(edit)) continue;
      edits.push(edit);
      if (edits.length === pairs - wanted) break;
    }
  }
  const found = [...edits, ...judging.comparisons].map((comparison) => inRound(comparison, round));
  await library.load(found.flatMap(sidesOf), signal);
  const comparisons = found.filter((comparison) => {
    const refusals = sidesOf(comparison).map((text) => library.refusal(text));
    const reason = refusals.find((refusal) => refusal !== null);
    if (reason != null) count(dropped.unread, reason);
    return reason == null;
  });
  const operators: Record<string, number> = {};
  for (const { source } of comparisons) if (source.edit) count(operators, source.edit.operator);
  const synthetic = comparisons.filter(({ source }) => source.edit !== undefined).length;
  return {
    comparisons,
    chosenFirst: new Map(
      comparisons.flatMap((comparison) => {
        const first = judging.first.get(comparisonKey(comparison));
        return first === undefined ? [] : [[comparison.id, comparison.chosen.text === first] as const];
      }),
    ),
    counts: {
      synthetic,
      judged: comparisons.length - synthetic,
      operators,
      chosen: judging.chosen,
      dropped,
      prompts: new Set(comparisons.map(({ cluster }) => cluster)).size,
    },
    orders: judging.orders,
    asked: judging.asked,
  };
}

/** The comparison as one of this round. */
export function inRound(comparison: Preference, round: number): Preference {
  const source = { ...comparison.source, round };
  const { prompt, chosen, rejected } = comparison;
  const id = contentHash({ prompt, chosen: chosen.text, rejected: rejected.text, source }).slice(0, 32);
  return { ...comparison, id, source };
}

type Dropped = {
  -readonly [Name in keyof RoundCard['comparisons']['dropped']]: RoundCard['comparisons']['dropped'][Name];
};

interface Judging extends Pick<Gathered, 'comparisons' | 'orders' | 'asked'> {
  /** {@link pairKey} → the text that stands first in the data. */
  readonly first: ReadonlyMap<string, string>;
  readonly chosen: RoundCard['comparisons']['chosen'];
}

async function judgePairs(
  input: GatherInput,
  wanted: number,
  dropped: Dropped,
  fresh: (comparison: Preference) => boolean,
): Promise<Judging> {
  const { parts, signal } = input;
  const comparisons: Preference[] = [];
  const orders: { consistent: boolean; cluster: string }[] = [];
  const first = new Map<string, string>();
  const chosen = { uncertainty: 0, random: 0 };
  if (parts.judge === null || wanted === 0) return { comparisons, orders, first, chosen, asked: [] };
  const samples = await choose(input, wanted, chosen);
  const asked = samples.map(keyOf);
  let place = 0;
  for await (const judged of parts.judge(samples, signal ? { signal } : {})) {
    const [left, right] = samples[place++]?.responses ?? [];
    if (judged.status === 'unscored') {
      count(dropped.unscored, judged.reason);
      continue;
    }
    const { preference } = judged;
    const consistent = preference.orderConsistent !== false;
    orders.push({ consistent, cluster: preference.cluster });
    if (!consistent) dropped.inconsistent++;
    else if (left && right && fresh(preference)) {
      comparisons.push(preference);
      first.set(pairKey(preference.prompt, [left.text, right.text]), left.text);
    }
  }
  return { comparisons, orders, first, chosen, asked };
}

/** The pairs to judge, of a part of the pool that each round draws anew. */
async function choose(
  { library, round, seed, pool, head, asked, poolAnswers, randomShare, signal }: GatherInput,
  wanted: number,
  chosen: { uncertainty: number; random: number },
): Promise<Sample[]> {
  const drawn = drawAnswers(pool, poolAnswers, seedFrom('pairs to judge', seed, round));
  if (head !== null) await library.load(drawn.texts, signal);
  const candidates = drawn.samples.flatMap(pairsOfSample).filter((sample) => {
    if (asked.has(keyOf(sample))) return false;
    const [left, right] = textsOf(sample);
    return head === null || (library.refusal(left) === null && library.refusal(right) === null);
  });
  const choices = chooseDoubtful(
    {
      id: candidates.map(({ id }) => id),
      cluster: candidates.map(({ prompt }) => looseCluster(prompt)),
      head: head === null ? null : doubtsOf(head, library, candidates),
    },
    { count: wanted, randomShare, seed: seedFrom('random pairs', seed, round) },
  );
  for (const { by } of choices) chosen[by]++;
  return choices.map(({ place }) => candidates[place] as Sample);
}

function doubtsOf(head: LoopHead, library: FeatureLibrary, candidates: readonly Sample[]) {
  const pairs = candidates.map(textsOf);
  const features = library.matrix(pairs.flat());
  return {
    difference: differencesOf(head, library, pairs),
    deviation: head.deviation(
      features,
      Int32Array.from(pairs, (_, row) => 2 * row),
      Int32Array.from(pairs, (_, row) => 2 * row + 1),
    ),
  };
}

function keyOf(sample: Sample): string {
  const [left, right] = textsOf(sample);
  return pairKey(sample.prompt, [left.text, right.text]);
}

function textsOf({
  prompt,
  responses,
}: Sample): [FeatureText & { text: string }, FeatureText & { text: string }] {
  const [left, right] = responses;
  return [
    { prompt, text: left?.text ?? '' },
    { prompt, text: right?.text ?? '' },
  ];
}

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
