/** What a head's ways of being unsure are worth: how right it is where it is sure. */
import { type SurestRows, surestRows } from '../aggregate/confidence-report.ts';
import { type BootstrapOptions, clusterBootstrap, type Figure } from '../aggregate/interval.ts';
import { type RiskCoveragePoint, riskCoverage, riskCoverageArea } from '../aggregate/risk-coverage.ts';
import { difference } from '../aggregate/statistic.ts';
import { JurorError } from '../errors.ts';
import { requireColumns, requireTargets } from './checks.ts';
import type { PairOpinion } from './opinion.ts';

/**
 * - `probability`: that of the likelier answer
 * - `difference`: of the scores, in magnitude, whatever the deviation
 * - `deviation`, `member-deviation`: the smaller the surer, whatever the difference
 * - `distance`: the nearer to the training answers the surer
 */
export type HeadConfidence = 'probability' | 'difference' | 'deviation' | 'member-deviation' | 'distance';

/** What answering only where a confidence is large is worth. */
export interface ConfidenceWorth {
  readonly confidence: HeadConfidence;
  /** Accuracy over the surest shares of the pairs, with Wilson's interval at the effective size of the prompts. */
  readonly surest: readonly SurestRows[];
  /** Area under the risk–coverage curve; 0 is best, and the error rate is what a confidence that says nothing gets. */
  readonly area: Figure;
  /** Area less the error rate on the same resamples: below 0 the confidence says something. */
  readonly overNothing: Figure;
  readonly curve: readonly RiskCoveragePoint[];
}

/** Every confidence that all opinions have. */
export interface ConfidenceWorths {
  /** Pairs with a better answer. */
  readonly pairs: number;
  /** Pairs without one, left out. */
  readonly ties: number;
  readonly worths: readonly ConfidenceWorth[];
}

/** Which shares, and how resampling is done. */
export interface ConfidenceWorthOptions extends BootstrapOptions {
  /** Default 0.5, 0.8 and 1. */
  readonly shares?: readonly number[];
}

const readings: Readonly<Record<HeadConfidence, (opinion: PairOpinion) => number | null>> = {
  probability: ({ probability }) => Math.max(probability, 1 - probability),
  difference: (opinion) => Math.abs(opinion.difference),
  deviation: ({ deviation }) => (deviation === null ? null : -deviation),
  'member-deviation': ({ memberDeviation }) => (memberDeviation === null ? null : -memberDeviation),
  distance: ({ distance }) => (distance === null ? null : -distance.distance),
};

/**
 * The risk–coverage report of a head on pairs that neither trained nor calibrated it. Members that share a backbone can agree on what is
 * wrong, and their spread had little to do with errors in one study (Gleave and Irving, arXiv 2203.07472): so a gate on any of these is
 * to be earned on data like those it will see. A pair is wrong where the head prefers the other answer, or none. Targets above ½ mean left.
 */
export function confidenceWorths(
  opinions: readonly PairOpinion[],
  targets: ArrayLike<number>,
  clusters: readonly string[],
  { shares = [0.5, 0.8, 1], ...bootstrap }: ConfidenceWorthOptions = {},
): ConfidenceWorths {
  requireColumns({ targets, clusters }, opinions.length);
  requireTargets(targets);
  const outside = shares.find((share) => !(share > 0 && share <= 1));
  if (outside !== undefined)
    throw new JurorError('usage', `expected shares above 0 and up to 1, got ${outside}`);
  const rows = [...opinions.keys()].filter((row) => targets[row] !== 0.5);
  const kept = rows.map((row) => opinions[row] as PairOpinion);
  const prompts = rows.map((row) => clusters[row] as string);
  const wrong = kept.map((opinion, place) => {
    const left = (targets[rows[place] as number] as number) > 0.5;
    return left ? !(opinion.difference > 0) : !(opinion.difference < 0);
  });
  const nothing = riskCoverageArea(new Array<number>(wrong.length).fill(0), wrong);
  const worths = (Object.keys(readings) as HeadConfidence[]).flatMap((confidence): ConfidenceWorth[] => {
    const read = kept.map(readings[confidence]);
    const values = read.filter((value) => value !== null);
    if (values.length < read.length) return [];
    const area = riskCoverageArea(values, wrong);
    return [
      {
        confidence,
        surest: surestRows(values, wrong, prompts, shares),
        area: clusterBootstrap(area, prompts, bootstrap),
        overNothing: clusterBootstrap(difference(area, nothing), prompts, bootstrap),
        curve: riskCoverage(values, wrong),
      },
    ];
  });
  return { pairs: rows.length, ties: opinions.length - rows.length, worths };
}
