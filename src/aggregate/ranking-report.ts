/** How well rankings agree with what is known of the responses, beside the rule that longer is better. */
import { promptCluster } from '../canonical.ts';
import type { Ranking, Response, Sample } from '../schema.ts';
import { kendall } from './correlation.ts';
import {
  type BootstrapOptions,
  clusterBootstrap,
  type Figure,
  meanInterval,
  undefinedFigure,
} from './interval.ts';
import { difference, estimate, mean } from './statistic.ts';

/** A ranking as the report needs it. */
export interface RankingRow {
  /** Same for all samples with the same prompt. */
  readonly cluster: string;
  readonly askedShare: number;
  readonly cyclicShare: number | null;
  /** By response; null where there is no ranking. */
  readonly strengths: readonly number[] | null;
  /** Lengths of the responses in UTF-16 code units. */
  readonly lengths: readonly number[];
  /** How good each response is, higher is better; null where it is not known or all are equal. */
  readonly truth: readonly number[] | null;
}

/** Figures of a way to rank, over the samples whose truth is known. */
export interface RankingFigures {
  /** Mean of Kendall's τ-b with the truth; a way that puts all responses level has 0 there. */
  readonly kendall: Figure;
  /** Share of samples whose best response comes first; where several share the first place, the share of best ones. */
  readonly bestFirst: Figure;
}

/** What came of rankings. All intervals are clustered by prompt. */
export interface RankingReport {
  readonly counts: { readonly rankings: number; readonly ranked: number; readonly compared: number };
  /** Mean share of all pairs that were asked. */
  readonly askedShare: Figure;
  /** Mean share of cyclic triples, over the rankings that have one. */
  readonly cyclicShare: Figure;
  readonly figures: RankingFigures;
  readonly baselines: {
    /** `gain`: how much larger the judge's mean τ-b is. */
    readonly longer: { readonly figures: RankingFigures; readonly gain: Figure };
    /** In expectation: the number of best responses over that of all. */
    readonly random: { readonly bestFirst: Figure };
  };
}

/**
 * A row of the report. What is known of a sample is, in this order, the numbers that all its responses have as
 * `rating`, `overall_score` or `score` in their metadata, or the id of the best one as its label.
 */
export function rankingRow(sample: Sample, ranking: Ranking): RankingRow {
  const strengths = new Map(ranking.places.map(({ responseId, strength }) => [responseId, strength]));
  const { asked, possible } = ranking.comparisons;
  return {
    cluster: promptCluster(sample.prompt),
    askedShare: asked / possible,
    cyclicShare: ranking.cyclicShare,
    strengths: ranking.places.length === 0 ? null : sample.responses.map(({ id }) => strengths.get(id) ?? 0),
    lengths: sample.responses.map(({ text }) => text.length),
    truth: truthOf(sample),
  };
}

/** The report over rows; their order does not matter. */
export function rankingReport(rows: readonly RankingRow[], options: BootstrapOptions = {}): RankingReport {
  const compared = rows.flatMap(({ cluster, strengths, lengths, truth }) =>
    strengths === null || truth === null ? [] : [{ cluster, strengths, lengths, truth }],
  );
  const cyclic = rows.flatMap(({ cluster, cyclicShare }) =>
    cyclicShare === null ? [] : [{ cluster, cyclicShare }],
  );
  const clusters = compared.map(({ cluster }) => cluster);
  const own = compared.map(({ strengths, truth }) => agreement(strengths, truth));
  const longer = compared.map(({ lengths, truth }) => agreement(lengths, truth));
  const random = compared.map(({ truth }) => bestOf(truth).length / truth.length);
  const figure = (
    values: readonly number[],
    names = clusters,
    reason = 'nothing is known of the responses',
  ) => (values.length === 0 ? undefinedFigure(reason) : meanInterval(values, names, options));
  const taus = (of: readonly Agreement[]) => of.map((one) => one.tau);
  const figuresOf = (of: readonly Agreement[]): RankingFigures => ({
    kendall: figure(taus(of)),
    bestFirst: figure(of.map(({ best }) => best)),
  });
  return {
    counts: {
      rankings: rows.length,
      ranked: rows.filter(({ strengths }) => strengths !== null).length,
      compared: compared.length,
    },
    askedShare: figure(
      rows.map(({ askedShare }) => askedShare),
      rows.map(({ cluster }) => cluster),
      'no rankings',
    ),
    cyclicShare: figure(
      cyclic.map(({ cyclicShare }) => cyclicShare),
      cyclic.map(({ cluster }) => cluster),
      'no three responses were all compared with each other',
    ),
    figures: figuresOf(own),
    baselines: {
      longer: {
        figures: figuresOf(longer),
        gain:
          compared.length === 0
            ? undefinedFigure('nothing is known of the responses')
            : clusterBootstrap(difference(mean(taus(own)), mean(taus(longer))), clusters, options),
      },
      random: { bestFirst: figure(random) },
    },
  };
}

interface Agreement {
  readonly tau: number;
  readonly best: number;
}

function agreement(values: readonly number[], truth: readonly number[]): Agreement {
  const [first, best] = [bestOf(values), new Set(bestOf(truth))];
  return {
    tau: estimate(kendall(values, truth)).value ?? 0,
    best: first.filter((place) => best.has(place)).length / first.length,
  };
}

/** The places of the largest value. */
function bestOf(values: readonly number[]): number[] {
  const top = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  return [...values.keys()].filter((place) => values[place] === top);
}

function truthOf({ responses, label }: Sample): number[] | null {
  const scores = responses.map(scoreOf);
  const known = scores.every((score) => score !== null)
    ? scores
    : responses.some(({ id }) => id === label)
      ? responses.map(({ id }) => (id === label ? 1 : 0))
      : [];
  return new Set(known).size > 1 ? known : null;
}

function scoreOf({ metadata = {} }: Response): number | null {
  const given = metadata.rating ?? metadata.overall_score ?? metadata.score;
  const score = typeof given === 'string' && given.trim() !== '' ? Number(given) : given;
  return typeof score === 'number' && Number.isFinite(score) ? score : null;
}
