/** How often implicit rewards agree with labels, beside rules that need one model or none. */
import { promptCluster } from '../canonical.ts';
import type { ImplicitResponse, ImplicitRewards, Sample } from '../schema.ts';
import { type PairAgreement, pairAgreement } from './agreement.ts';
import { areaUnderCurve } from './correlation.ts';
import { type BootstrapOptions, clusterBootstrap, type Figure, meanInterval } from './interval.ts';
import type { Winner } from './pairs.ts';
import { difference, mean } from './statistic.ts';

/** Scores of one response by the name of a way to score; higher is better, null where there should be one and is none. */
export type RewardScores = Readonly<Record<string, number | null>>;

/** A labelled pair. */
export interface ImplicitPair {
  /** Same for all samples with the same prompt. */
  readonly cluster: string;
  readonly label: Winner;
  readonly first: RewardScores;
  readonly second: RewardScores;
  /** Winners named by judges, by the name of the judge. */
  readonly verdicts?: Readonly<Record<string, Winner>>;
}

/** A response labelled right or wrong. */
export interface ImplicitAnswer {
  /** Same for all samples with the same prompt. */
  readonly cluster: string;
  readonly correct: boolean;
  readonly scores: RewardScores;
}

/** A way to choose between two responses, measured. */
export interface PairWay {
  readonly name: string;
  readonly figures: PairAgreement;
  /** Pairs on which it names no winner. */
  readonly ties: number;
  /** Its accuracy over labels that are not `tie` less that of the longer response on the same pairs. */
  readonly gain: Figure;
}

/** A way to score responses one by one, measured. */
export interface AnswerWay {
  readonly name: string;
  /** Over all responses; scores of different prompts are compared. */
  readonly areaUnderCurve: Figure;
  /** Mean over prompts with right and wrong responses: the share of right ones among the highest. */
  readonly picked: Figure;
}

/** A way to score that is not measured, as not every row has it. */
export interface LeftOutWay {
  readonly name: string;
  /** Rows without it. */
  readonly without: number;
  readonly reason: string;
}

const STEPS = 'implicit: steps, min';
const LONGER = 'longer answer';
const FIRST = 'first answer';
const RANDOM = 'any answer, at random';

/**
 * What a rewarded response is scored by: the reward summed and per token, its lowest step where steps were asked for, and each model's
 * log-likelihood alone.
 */
export function rewardScores({
  total,
  perToken,
  tokens,
  policy,
  reference,
  steps,
}: Extract<ImplicitResponse, { status: 'scored' }>): RewardScores {
  const known = (steps ?? []).flatMap((step) => (step === null ? [] : [step]));
  return {
    'implicit: sum': total,
    'implicit: per token': perToken,
    ...(steps === undefined ? {} : { [STEPS]: known.length > 0 ? Math.min(...known) : null }),
    'log-likelihood of the policy': policy,
    'log-likelihood of the policy, per token': policy / tokens,
    'log-likelihood of the reference': reference,
  };
}

/** The row of a pair; undefined where its label names no winner or a response is unscored. */
export function implicitPair(
  { prompt, responses, label }: Sample,
  rewards: ImplicitRewards,
  verdicts: Readonly<Record<string, Winner>> = {},
): ImplicitPair | undefined {
  const [one, two, ...others] = responses;
  const [first, second] = rewards.responses;
  if (!one || !two || others.length > 0 || first?.status !== 'scored' || second?.status !== 'scored')
    return undefined;
  const winner =
    label === one.id ? 'first' : label === two.id ? 'second' : label === 'tie' ? label : undefined;
  if (winner === undefined) return undefined;
  return {
    cluster: promptCluster(prompt),
    label: winner,
    first: withLength(first, one.text),
    second: withLength(second, two.text),
    verdicts,
  };
}

/** The row of a response that stands alone; undefined where its label is neither 0 nor 1 or it is unscored. */
export function implicitAnswer(
  { prompt, responses, label }: Sample,
  rewards: ImplicitRewards,
): ImplicitAnswer | undefined {
  const [response, ...others] = responses;
  const [reward] = rewards.responses;
  if (!response || others.length > 0 || reward?.status !== 'scored' || (label !== 0 && label !== 1))
    return undefined;
  return { cluster: promptCluster(prompt), correct: label === 1, scores: withLength(reward, response.text) };
}

/**
 * Accuracy of every way that all pairs have, on these pairs: scores, then judges, then trivial rules. Equal scores name a tie, which
 * agrees with a label `tie` alone. Intervals are clustered by prompt.
 */
export function implicitPairReport(
  pairs: readonly ImplicitPair[],
  options: BootstrapOptions = {},
): PairWay[] {
  const clusters = pairs.map(({ cluster }) => cluster);
  const labels = pairs.map(({ label }) => label);
  const byScore = (name: string) =>
    pairs.map(({ first, second }) => winnerOf((first[name] ?? 0) - (second[name] ?? 0)));
  const longer = byScore(LONGER);
  const decided = [...labels.keys()].filter((row) => labels[row] !== 'tie');
  const hits = (winners: readonly Winner[]) =>
    mean(decided.map((row) => Number(winners[row] === labels[row])));
  const measured = (name: string, winners: readonly Winner[]): PairWay => ({
    name,
    figures: pairAgreement(winners, labels, clusters, options),
    ties: winners.filter((winner) => winner === 'tie').length,
    gain: clusterBootstrap(
      difference(hits(winners), hits(longer)),
      decided.map((row) => clusters[row] ?? ''),
      options,
    ),
  });
  return [
    ...sharedNames(pairs.flatMap(({ first, second }) => [first, second]))
      .filter((name) => name !== LONGER)
      .map((name) => measured(name, byScore(name))),
    ...sharedNames(pairs.map(({ verdicts = {} }) => verdicts)).map((name) =>
      measured(
        name,
        pairs.map(({ verdicts }) => verdicts?.[name] ?? 'tie'),
      ),
    ),
    measured(LONGER, longer),
    measured(
      FIRST,
      pairs.map(() => 'first'),
    ),
  ];
}

/** Area under the curve, and how often the best of a prompt's responses is right, for every way that all responses have. */
export function implicitAnswerReport(
  answers: readonly ImplicitAnswer[],
  options: BootstrapOptions = {},
): AnswerWay[] {
  const clusters = answers.map(({ cluster }) => cluster);
  const correct = answers.map((answer) => answer.correct);
  const groups = [...Map.groupBy(answers, ({ cluster }) => cluster).values()].filter(
    (own) => new Set(own.map((answer) => answer.correct)).size === 2,
  );
  const measured = (name: string, scoreOf: (answer: ImplicitAnswer) => number): AnswerWay => ({
    name,
    areaUnderCurve: clusterBootstrap(areaUnderCurve(answers.map(scoreOf), correct), clusters, options),
    picked: meanInterval(
      groups.map((own) => pickedShare(own, scoreOf)),
      groups.map(([first]) => first?.cluster ?? ''),
      options,
    ),
  });
  return [
    ...sharedNames(answers.map(({ scores }) => scores)).map((name) =>
      measured(name, ({ scores }) => scores[name] ?? 0),
    ),
    measured(RANDOM, () => 0),
  ];
}

/** What the reports of rows leave out, and why. A row has the scores of one response or more. */
export function leftOutWays(rows: readonly (readonly RewardScores[])[]): LeftOutWay[] {
  const names = new Set(rows.flat().flatMap((scores) => Object.keys(scores)));
  return [...names].flatMap((name) => {
    const without = rows.filter((row) => row.some((scores) => (scores[name] ?? null) === null)).length;
    const reason =
      name === STEPS ? 'its tokens cannot be traced back to steps of the text' : 'it was not read there';
    return without === 0 ? [] : [{ name, without, reason }];
  });
}

function withLength(response: Parameters<typeof rewardScores>[0], text: string): RewardScores {
  return { ...rewardScores(response), [LONGER]: text.length };
}

function pickedShare(own: readonly ImplicitAnswer[], scoreOf: (answer: ImplicitAnswer) => number): number {
  const highest = Math.max(...own.map(scoreOf));
  const best = own.filter((answer) => scoreOf(answer) === highest);
  return best.filter(({ correct }) => correct).length / best.length;
}

/** Names that all records have, in the order of the first. */
function sharedNames(records: readonly Readonly<Record<string, unknown>>[]): string[] {
  const names = Object.keys(records[0] ?? {});
  return names.filter((name) => records.every((record) => (record[name] ?? null) !== null));
}

function winnerOf(lead: number): Winner {
  return lead === 0 ? 'tie' : lead > 0 ? 'first' : 'second';
}
