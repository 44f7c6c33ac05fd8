/** Listwise: rank the responses of a sample by judging pairs of them, as many as a schedule and a budget ask for. */
import type { Comparison, Pairing } from '../aggregate/comparisons.ts';
import { rankPairs } from '../aggregate/pair-ranking.ts';
import { seedFrom } from '../aggregate/random.ts';
import { type Plan, planComparisons, type ScheduleOptions } from '../aggregate/schedule.ts';
import { contentHash } from '../canonical.ts';
import { JurorError } from '../errors.ts';
import type { LoadedRubric } from '../rubric.ts';
import type { RankedResponse, Ranking, Response, Sample, UnscoredReason, Verdict } from '../schema.ts';
import { memoryStore } from '../store/memory.ts';
import { createJudge, type Judge, type JudgeAllOptions, type JudgeOptions } from './judge.ts';
import { eachInOrder } from './stream.ts';

/** Who compares the pairs: the options of a judge, with one pairwise rubric. */
export interface RankOptions extends Omit<JudgeOptions, 'rubrics'> {
  readonly rubric: LoadedRubric;
}

/** Most pairs to ask for one sample: a number, or a share of all pairs such as `40%`. */
export type Budget = number | `${number}%`;

/** Which pairs of a sample are asked. */
export interface RankSettings {
  /** Default `information`: the pairs that promise most about the order, until it is settled. */
  readonly schedule?: ScheduleOptions['schedule'];
  /** A share is rounded down, but never below the k − 1 pairs that link k responses. Default: every pair. */
  readonly budget?: Budget;
  /** `information`: see ScheduleOptions. Default 0.95; null asks until the budget is spent. */
  readonly settled?: number | null;
}

/** Options of {@link rankSample}. */
export interface RankSampleOptions extends RankSettings {
  readonly signal?: AbortSignal;
}

/**
 * Rank a sample's responses. Each pair asked is judged in both orders under the keys of a pair's judgments, so that what
 * the store has is found. Which pairs are asked follows from the texts, the seed and the judgments alone: neither the
 * order nor the ids of the responses matter, and interrupted work asks the same pairs again. A pair without a
 * probability counts as asked and is told in `unscored`. Throws JurorError `data` for fewer than two responses.
 */
export async function rankSample(
  options: RankOptions,
  sample: Sample,
  settings: RankSampleOptions = {},
): Promise<Ranking> {
  return rankWith(pairJudge(options), options.rubric, sample, settings);
}

/** Rank a stream of samples; rankings come in its order, and memory does not grow with it. See {@link rankSample}. */
export function rankSamples(
  options: RankOptions,
  samples: Iterable<Sample> | AsyncIterable<Sample>,
  settings: RankSettings & JudgeAllOptions = {},
): AsyncGenerator<Ranking> {
  const judge = pairJudge(options);
  const work = async (sample: Sample) => [await rankWith(judge, options.rubric, sample, settings)];
  const engines = options.engines ?? (options.engine ? [options.engine] : []);
  const concurrency = Math.max(1, ...engines.map((engine) => engine.concurrency));
  return eachInOrder(samples, work, { ...settings, concurrency });
}

/** A budget as a number of pairs of `items` responses. Throws JurorError `usage` for anything but N or P%. */
export function pairBudget(budget: Budget, items: number): number {
  const all = (items * (items - 1)) / 2;
  if (typeof budget === 'number') {
    if (Number.isSafeInteger(budget) && budget >= 1) return Math.min(all, budget);
  } else {
    const share = Number(/^([\d.]+)%$/.exec(budget)?.[1] ?? Number.NaN);
    // The hair of rounding in 29 / 100 · 100 must not cost a pair.
    if (share > 0 && share <= 100) return Math.max(items - 1, Math.floor((share * all) / 100 + 1e-9));
  }
  throw new JurorError(
    'usage',
    `budget: expected a whole number of 1 or more, or a share such as 40%, got ${budget}`,
  );
}

/** Throws JurorError `usage` for a rubric that compares no pairs. */
export function requirePairwise({ rubric: { id, mode } }: LoadedRubric): void {
  if (mode === 'pairwise') return;
  throw new JurorError(
    'usage',
    `rubric: expected a pairwise one, such as better-answer, got '${id}', which is ${mode}`,
  );
}

function pairJudge({ rubric, ...options }: RankOptions): Judge {
  requirePairwise(rubric);
  return createJudge({ store: memoryStore(), ...options, rubrics: [rubric] });
}

interface Answered {
  readonly pairing: Pairing;
  readonly verdict: Verdict;
}

async function rankWith(
  judge: Judge,
  { rubric }: LoadedRubric,
  sample: Sample,
  { schedule = 'information', budget = '100%', settled, signal }: RankSampleOptions,
): Promise<Ranking> {
  const responses = numbered(sample);
  const items = responses.length;
  const pairs = pairBudget(budget, items);
  const seed = seedFrom(judge.protocol.seed, contentHash([sample.prompt, responses.map(({ text }) => text)]));
  const answered: Answered[] = [];
  const answer = async (pairing: Pairing): Promise<Answered> => {
    const [verdict] = await judge.judge(pairOf(sample, responses, pairing), signal ? { signal } : {});
    if (verdict === undefined) throw new JurorError('engine', 'expected a verdict of a pair, got none');
    return { pairing, verdict };
  };
  for (;;) {
    const plan = planComparisons(items, comparisonsOf(answered), {
      schedule,
      budget: pairs,
      seed,
      ...(settled === undefined ? {} : { settled }),
      unanswered: answered.filter(({ verdict }) => verdict.score === null).map(({ pairing }) => pairing),
    });
    if (plan.pairs.length === 0) return conclude(sample, rubric.id, responses, answered, plan);
    answered.push(...(await Promise.all(plan.pairs.map(answer))));
  }
}

/** The responses in an order that their place in the data does not decide: their numbers in all that follows. */
function numbered({ id, responses }: Sample): Response[] {
  const place = { place: { field: 'responses' } };
  if (responses.length < 2)
    throw new JurorError(
      'data',
      `sample '${id}': expected two responses or more to rank, got ${responses.length}`,
      place,
    );
  const ids = responses.map((response) => response.id);
  const twice = ids.find((name, index) => ids.indexOf(name) !== index);
  if (twice !== undefined)
    throw new JurorError(
      'data',
      `sample '${id}': expected each response id once, got '${twice}' twice`,
      place,
    );
  return responses.toSorted((one, other) => compare(one.text, other.text) || compare(one.id, other.id));
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** Two responses of a sample as a sample; a label that names another response says nothing of these two. */
function pairOf(sample: Sample, responses: readonly Response[], { first, second }: Pairing): Sample {
  const pair = [responses[first], responses[second]].filter((response) => response !== undefined);
  const { label, ...rest } = sample;
  const known = label === 'tie' || pair.some(({ id }) => id === label);
  return { ...rest, responses: pair, ...(known && label !== undefined ? { label } : {}) };
}

function comparisonsOf(answered: readonly Answered[]): Comparison[] {
  return answered.flatMap(({ pairing, verdict: { score } }) =>
    score === null ? [] : [{ ...pairing, probability: score }],
  );
}

function conclude(
  sample: Sample,
  rubricId: string,
  responses: readonly Response[],
  answered: readonly Answered[],
  plan: Plan,
): Ranking {
  const items = responses.length;
  const comparisons = comparisonsOf(answered);
  const { table, apart, prior, cyclicShare } = rankPairs(items, comparisons);
  const nameOf = (item: number) => responses[item]?.id ?? '';
  const places = (table ?? []).map(({ item, rank, strength, elo }): RankedResponse => {
    const figures = [rank.estimate, rank.low, rank.high, strength.estimate, strength.low, strength.high, elo];
    const [own, rankLow, rankHigh, value, low, high, rating] = figures.map((figure) =>
      figure === null ? fail(strength.reason) : figure,
    ) as [number, number, number, number, number, number, number];
    return {
      responseId: nameOf(item),
      rank: own,
      rankLow,
      rankHigh,
      strength: value,
      low,
      high,
      elo: rating,
    };
  });
  return {
    sampleId: sample.id,
    rubricId,
    responseIds: sample.responses.map(({ id }) => id),
    places,
    ...(apart.length === 0 ? {} : { reason: apartReason(apart.map(nameOf), nameOf(0)) }),
    prior,
    comparisons: {
      asked: answered.length,
      scored: comparisons.length,
      possible: (items * (items - 1)) / 2,
    },
    cyclicShare,
    stopped: plan.done ?? 'rounds',
    certainty: plan.certainty,
    unscored: answered
      .filter(({ verdict }) => verdict.score === null)
      .toSorted((one, other) => order(one.pairing, other.pairing))
      .map(({ pairing, verdict }) => ({
        responseIds: [nameOf(pairing.first), nameOf(pairing.second)],
        reasons: [...new Set<UnscoredReason>(verdict.unscored)].sort(),
      })),
    ...(sample.label === undefined ? {} : { label: sample.label }),
  };
}

function order(one: Pairing, other: Pairing): number {
  return one.first - other.first || one.second - other.second;
}

function apartReason(names: readonly string[], other: string): string {
  const [shown, more] = [
    names.slice(0, 5).join(', '),
    names.length > 5 ? ` and ${names.length - 5} more` : '',
  ];
  return `no scored comparison links ${shown}${more} with ${other}; a larger budget may`;
}

function fail(reason: string | undefined): never {
  throw new JurorError('engine', `expected strengths of linked responses, got none: ${reason}`);
}
