/** What came of rewards: objectives beside each other, beside the length of the answers, and beside labels. */
import type { Reward } from '../schema.ts';
import { areaUnderCurve, spearman } from './correlation.ts';
import {
  type BootstrapOptions,
  clusterBootstrap,
  type Figure,
  meanInterval,
  undefinedFigure,
} from './interval.ts';
import { normalizeGroup } from './normalize.ts';
import { type Estimator, estimate } from './statistic.ts';

/** A reward, and what is known of its answer besides. */
export interface RewardRow {
  readonly reward: Reward;
  /** In characters; null where it is not known. */
  readonly length: number | null;
  /** A score that people gave, on any scale. */
  readonly label: number | null;
  /** Whether people call it the best answer of its sample. */
  readonly best: boolean | null;
}

/** One column of scores: an objective, or what they were combined to. */
export interface RewardColumn {
  readonly mean: Figure;
  /** Answers without it. */
  readonly missing: number;
  /** Spearman's ρ with the length of the answer. */
  readonly withLength: Figure;
  /** Spearman's ρ with each column, over the answers that have both; null where it is undefined. The combined one is `combined score`. */
  readonly correlations: Readonly<Record<string, number | null>>;
}

/** Agreement of columns with labels, each over the answers that have a combined score and this column. */
export interface RewardAgreement {
  /**
   * `best-first`: over samples with a best answer, the share of the others that it scores above, ties counting half.
   * `auc`: area under the curve, for labels 0 and 1. `spearman`: ρ, for other numbers.
   */
  readonly kind: 'best-first' | 'auc' | 'spearman';
  readonly score: Figure;
  readonly objectives: Readonly<Record<string, Figure>>;
  /** Of the answer's length. */
  readonly length: Figure;
}

/** The report over rewards. All intervals are clustered by prompt. */
export interface RewardReport {
  readonly counts: {
    readonly answers: number;
    readonly prompts: number;
    readonly scored: number;
    readonly unscored: number;
    /** Reason → answers without a combined score. */
    readonly reasons: Readonly<Record<string, number>>;
    readonly capped: number;
    /** Answers on the Pareto front of their prompt. */
    readonly front: number;
    /** Prompts with two combined scores or more, and those of them whose scores do not differ. */
    readonly comparable: number;
    readonly withoutSpread: number;
    /** Objective, or `combined score` → flag of normalisation → prompts. */
    readonly flags: Readonly<Record<string, Readonly<Record<string, number>>>>;
  };
  readonly score: RewardColumn;
  readonly objectives: Readonly<Record<string, RewardColumn>>;
  /** One for each kind of labels there are. */
  readonly agreement: readonly RewardAgreement[];
}

/** The report over rows; their order does not matter. */
export function rewardReport(rows: readonly RewardRow[], options: BootstrapOptions = {}): RewardReport {
  const names = [...new Set(rows.flatMap(({ reward }) => Object.keys(reward.objectives)))].sort();
  const readers = new Map<string, Reader>([
    ...names.map((name): [string, Reader] => [name, ({ reward }) => reward.objectives[name] ?? null]),
    [COMBINED, ({ reward }) => reward.score],
  ]);
  const columnOf = (read: Reader): RewardColumn => {
    const own = paired(rows, read, read);
    return {
      mean: meanInterval(own.left, own.clusters, options),
      missing: rows.length - own.left.length,
      withLength: correlation(
        paired(rows, read, ({ length }) => length),
        options,
      ),
      correlations: Object.fromEntries(
        [...readers].map(([name, other]) => {
          const { left, right } = paired(rows, read, other);
          return [name, estimate(spearman(left, right)).value];
        }),
      ),
    };
  };
  return {
    counts: countRewards(rows.map(({ reward }) => reward)),
    score: columnOf(({ reward }) => reward.score),
    objectives: Object.fromEntries(
      names.map((name) => [name, columnOf(({ reward }) => reward.objectives[name] ?? null)]),
    ),
    agreement: agreementsOf(
      rows.filter(({ reward }) => reward.score !== null),
      names,
      options,
    ),
  };
}

/** What the combined score is called among the columns; no objective has a blank in its name. */
export const COMBINED = 'combined score';

type Reader = (row: RewardRow) => number | null;

interface Pairs {
  readonly left: readonly number[];
  readonly right: readonly number[];
  readonly clusters: readonly string[];
}

/** The rows that have both values. */
function paired(rows: readonly RewardRow[], one: Reader, other: Reader): Pairs {
  const both = rows.flatMap((row) => {
    const [left, right] = [one(row), other(row)];
    return left === null || right === null ? [] : [{ left, right, cluster: row.reward.cluster }];
  });
  return {
    left: both.map(({ left }) => left),
    right: both.map(({ right }) => right),
    clusters: both.map(({ cluster }) => cluster),
  };
}

function correlation({ left, right, clusters }: Pairs, options: BootstrapOptions): Figure {
  return clusterBootstrap(spearman(left, right), clusters, options);
}

function countRewards(rewards: readonly Reward[]): RewardReport['counts'] {
  const prompts = [...Map.groupBy(rewards, ({ cluster }) => cluster).values()];
  const spreads = prompts.map(
    (group) =>
      normalizeGroup(
        group.map(({ score }) => score),
        'center',
      ).flag,
  );
  const reasons: Record<string, number> = {};
  for (const { reason } of rewards) if (reason !== null) reasons[reason] = (reasons[reason] ?? 0) + 1;
  const flags: Record<string, Record<string, number>> = {};
  for (const { objective, flag } of prompts.flatMap(([reward]) => reward?.flags ?? [])) {
    const own = flags[objective ?? COMBINED] ?? {};
    flags[objective ?? COMBINED] = { ...own, [flag]: (own[flag] ?? 0) + 1 };
  }
  const scored = rewards.filter(({ score }) => score !== null).length;
  return {
    answers: rewards.length,
    prompts: prompts.length,
    scored,
    unscored: rewards.length - scored,
    reasons,
    capped: rewards.filter(({ capped }) => capped.length > 0).length,
    front: rewards.filter(({ pareto }) => pareto === true).length,
    comparable: spreads.filter((flag) => flag === null || flag === 'no-spread').length,
    withoutSpread: spreads.filter((flag) => flag === 'no-spread').length,
    flags,
  };
}

function agreementsOf(
  rows: readonly RewardRow[],
  names: readonly string[],
  options: BootstrapOptions,
): RewardAgreement[] {
  const labelled = rows.filter(({ label }) => label !== null);
  const twoValued = labelled.every(({ label }) => label === 0 || label === 1);
  const agreement = (kind: RewardAgreement['kind'], figure: (read: Reader) => Figure): RewardAgreement => ({
    kind,
    score: figure(({ reward }) => reward.score),
    objectives: Object.fromEntries(
      names.map((name) => [name, figure(({ reward }) => reward.objectives[name] ?? null)]),
    ),
    length: figure(({ length }) => length),
  });
  const withLabels = (of: (pairs: Pairs) => Estimator) => (read: Reader) => {
    const pairs = paired(labelled, read, ({ label }) => label);
    return clusterBootstrap(of(pairs), pairs.clusters, options);
  };
  return [
    ...(rows.some(({ best }) => best)
      ? [agreement('best-first', (read) => bestFirst(rows, read, options))]
      : []),
    ...(labelled.length === 0
      ? []
      : [
          twoValued
            ? agreement(
                'auc',
                withLabels(({ left, right }) =>
                  areaUnderCurve(
                    left,
                    right.map((label) => label === 1),
                  ),
                ),
              )
            : agreement(
                'spearman',
                withLabels(({ left, right }) => spearman(left, right)),
              ),
        ]),
  ];
}

/** Over samples, the mean share of the other answers that score below the best one. */
function bestFirst(rows: readonly RewardRow[], read: Reader, options: BootstrapOptions): Figure {
  const samples = Map.groupBy(
    rows.filter(({ best }) => best !== null),
    ({ reward }) => reward.sampleId,
  );
  const shares = [...samples.values()].flatMap((sample) => {
    const best = sample.filter((row) => row.best).map(read)[0] ?? null;
    const others = sample.filter((row) => !row.best).flatMap((row) => read(row) ?? []);
    if (best === null || others.length === 0) return [];
    const wins = others.map((other) => (best > other ? 1 : best === other ? 0.5 : 0));
    const share = wins.reduce<number>((sum, win) => sum + win, 0) / wins.length;
    return [{ share, cluster: sample[0]?.reward.cluster ?? '' }];
  });
  if (shares.length === 0)
    return undefinedFigure('no sample has a best answer and another, both with scores');
  return meanInterval(
    shares.map(({ share }) => share),
    shares.map(({ cluster }) => cluster),
    options,
  );
}
