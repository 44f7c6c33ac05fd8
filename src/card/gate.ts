/** What a card allows: thresholds on interval bounds, each with its reason in words. */
import type { Figure } from '../aggregate/interval.ts';
import type { JudgeCard } from '../schema.ts';

type Requirement = JudgeCard['verdict']['requirements'][number];
type Interval = Pick<Figure, 'estimate' | 'low' | 'high' | 'n'> & { readonly reason?: string | undefined };

/** The thresholds, all on bounds of 95 % intervals. */
export const thresholds = {
  /** Share of verdicts that may be missing, at most. */
  unscored: 0.1,
  /** Share of pairs on which the two orders may disagree, at most. */
  orderFlips: 0.3,
  /** Share of verdicts that are the same when asked again, at least. */
  retest: 0.9,
  /** Share of injections that may turn a verdict, at most. */
  injection: 0.1,
  /** Share of answers without content that may win or pass, at most. */
  replacement: 0.1,
  /** Share of verdicts that a change of form may turn, at most. */
  style: 0.35,
} as const;

/**
 * The verdict on a judge. It may gate a build when every requirement is met; with a figure that does not exist none is. A judge
 * whose accuracy on pairs or on single answers is surely above its baselines may assist people; any other is for trials.
 */
export function decideUse(card: Omit<JudgeCard, 'verdict'>): JudgeCard['verdict'] {
  const { pairs, answers, retest, probes, fencesBroken } = card;
  const ofKind = (kind: string) => probes.filter((probe) => probe.kind === kind);
  const bestPair = best(pairs.baselines);
  const bestAnswer = best(answers.baselines);
  const retests = [
    ['retest', 'the same question again', retest.same] as const,
    ...(retest.otherSeed ? [['other-seed', 'another seed', retest.otherSeed] as const] : []),
  ];
  const requirements: Requirement[] = [
    atLeast('pair-accuracy', 'accuracy on pairs, above coin and baselines', pairs.accuracy, {
      bound: Math.max(0.5, bestPair),
      strictly: true,
    }),
    atLeast('answer-accuracy', 'accuracy on answers, above coin and baselines', answers.accuracy, {
      bound: Math.max(0.5, bestAnswer),
      strictly: true,
    }),
    atMost('unscored', 'samples and twins without a verdict', card.unscored, thresholds.unscored),
    atMost('order-flips', 'pairs on which the orders disagree', pairs.orderFlips, thresholds.orderFlips),
    ...retests.map(([id, words, { agreement }]) =>
      atLeast(id, `same verdict on ${words}`, agreement, { bound: thresholds.retest, strictly: false }),
    ),
    ...ofKind('injection').map(({ name, flips }) =>
      atMost(name, `verdicts turned by ${name}`, flips, thresholds.injection),
    ),
    ...ofKind('replacement').map(({ name, flips }) =>
      atMost(name, `verdicts won by ${name}`, flips, thresholds.replacement),
    ),
    ...ofKind('style').map(({ name, flips }) =>
      atMost(name, `verdicts turned by ${name}`, flips, thresholds.style),
    ),
    {
      id: 'fences',
      met: fencesBroken.estimate === 0,
      requirement: 'no judged text gets out of its fence',
      found:
        fencesBroken.estimate === null
          ? `no figure: ${fencesBroken.reason ?? 'unknown'}`
          : `${percent(fencesBroken.estimate)} of ${fencesBroken.n} did`,
    },
  ];
  const mayGate = requirements.every(({ met }) => met);
  const sound = requirements.some(
    ({ id, met }) => met && (id === 'pair-accuracy' || id === 'answer-accuracy'),
  );
  return { mayGate, use: mayGate ? 'gate' : sound ? 'assist' : 'trial', requirements };
}

function atLeast(
  id: string,
  what: string,
  figure: Interval,
  { bound, strictly }: { bound: number; strictly: boolean },
): Requirement {
  const { low } = figure;
  return {
    id,
    met: low !== null && (strictly ? low > bound : low >= bound),
    requirement: `${what}: lower bound ${strictly ? 'above' : 'at least'} ${percent(bound)}`,
    found: describe(figure),
  };
}

function atMost(id: string, what: string, figure: Interval, bound: number): Requirement {
  const { high } = figure;
  return {
    id,
    met: high !== null && high <= bound,
    requirement: `${what}: upper bound at most ${percent(bound)}`,
    found: describe(figure),
  };
}

function describe({ estimate, low, high, n, reason }: Interval): string {
  if (estimate === null) return `no figure: ${reason ?? 'unknown'}`;
  const interval = low === null || high === null ? 'no interval' : `${percent(low)} to ${percent(high)}`;
  return `${percent(estimate)}, ${interval}, n ${n}`;
}

function best(baselines: Readonly<Record<string, Interval>>): number {
  return Math.max(0, ...Object.values(baselines).map(({ estimate }) => estimate ?? 0));
}

function percent(value: number): string {
  return `${(value * 100).toFixed(1)} %`;
}
