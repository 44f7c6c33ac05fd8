/** Everything `juror agree` says about verdicts and labels, as one record. */
import { JurorError } from '../errors.ts';
import {
  brierScore,
  logLoss,
  type OrderFigures,
  orderFigures,
  type PairAgreement,
  pairAgreement,
} from './agreement.ts';
import { type PairBaselines, pairBaselines, type ScoreBaselines, scoreBaselines } from './baselines.ts';
import { type BootstrapOptions, clusterBootstrap, type Figure, proportion } from './interval.ts';
import type { Winner } from './pairs.ts';
import { isTwoValued, type LabelRange, type ScoreAgreement, scoreAgreement } from './score-agreement.ts';

/** What one annotator said, as a label is said. */
export interface AgreementVote {
  /** Null where nobody knows who. */
  readonly annotator: string | null;
  readonly label: Winner | number;
  /** Where a vote without a name stands, from 0. Default: its place in the list. */
  readonly place?: number;
}

/** One verdict beside its label. `agreementRow` makes it from a Verdict. */
export interface AgreementRow {
  /** Rows of one cluster are dependent: the prompt, or its digest. */
  readonly cluster: string;
  /** Pairwise: first, second or tie. Pointwise: a number on the labels' scale. Null where there is none. */
  readonly label: Winner | number | null;
  /** In [0, 1]. Pairwise: probability that the first response is better. Null when unscored. */
  readonly score: number | null;
  /** Pairwise: the better response. Null when unscored, and for pointwise. */
  readonly winner: Winner | null;
  /** Pairwise: mean log-odds given to the response shown first, in nats; null when not judged in both orders. */
  readonly lean: number | null;
  /** Pairwise: the orders name different winners; null when not judged in both orders. */
  readonly flipped: boolean | null;
  /** Length of each response, in characters. */
  readonly lengths: readonly number[];
  /** Reasons of the judgments without a score. */
  readonly unscored: readonly string[];
  /** The subset it belongs to, for a breakdown. */
  readonly group?: string;
  /** What several annotators said; missing where nobody did. */
  readonly votes?: readonly AgreementVote[];
  /** Who wrote each response, null where unknown; missing where all are. */
  readonly models?: readonly (string | null)[];
}

/** What to compare, and how. */
export interface AgreementOptions extends BootstrapOptions {
  readonly mode: 'pairwise' | 'pointwise';
  /** Pointwise: the labels' scale, onto which scores in [0, 1] are stretched. Default 0 to 1 when all labels are 0 or 1. */
  readonly labelRange?: LabelRange;
}

/** How many rows there are of which kind. */
export interface AgreementCounts {
  readonly rows: number;
  readonly clusters: number;
  readonly labelled: number;
  readonly scored: number;
  /** Labelled and scored: what agreement is computed from. */
  readonly compared: number;
  readonly unscored: number;
  /** Scored although some of its judgments were not. */
  readonly partlyUnscored: number;
  /** Reason → judgments. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Share of rows without a score. */
  readonly unscoredShare: Figure;
}

/** Agreement of pairwise verdicts. */
export interface PairwiseReport {
  readonly mode: 'pairwise';
  readonly counts: AgreementCounts;
  /** `brier` and `logLoss` judge the probability that the first is better, over labels that are not `tie`. */
  readonly figures: PairAgreement & OrderFigures & { readonly brier: Figure; readonly logLoss: Figure };
  readonly baselines: PairBaselines;
  /** Group → the same for its rows alone; empty without groups. */
  readonly groups: Readonly<Record<string, Omit<PairwiseReport, 'groups'>>>;
}

/** Agreement of pointwise verdicts. */
export interface PointwiseReport {
  readonly mode: 'pointwise';
  readonly counts: AgreementCounts;
  /** Null when neither given nor evident from labels that are all 0 or 1. */
  readonly labelRange: LabelRange | null;
  /** Every label is an end of the range. */
  readonly twoValued: boolean;
  readonly figures: ScoreAgreement;
  readonly baselines: ScoreBaselines;
  /** Group → the same for its rows alone; empty without groups. */
  readonly groups: Readonly<Record<string, Omit<PointwiseReport, 'groups'>>>;
}

/** A report of either mode. */
export type AgreementReport = PairwiseReport | PointwiseReport;

/**
 * Agreement of verdicts with labels beside the trivial baselines on the same rows, each figure with n and a 95 % interval
 * clustered by prompt. Unscored and unlabelled rows are counted and left out, never taken as wrong or as 0; order figures
 * need no label. A row of the other mode is an error that gives its number.
 */
export function agreementReport(
  rows: readonly AgreementRow[],
  options: AgreementOptions & { readonly mode: 'pairwise' },
): PairwiseReport;
export function agreementReport(
  rows: readonly AgreementRow[],
  options: AgreementOptions & { readonly mode: 'pointwise' },
): PointwiseReport;
export function agreementReport(rows: readonly AgreementRow[], options: AgreementOptions): AgreementReport;
export function agreementReport(rows: readonly AgreementRow[], options: AgreementOptions): AgreementReport {
  for (const [index, row] of rows.entries()) requireMode(row, index, options.mode);
  if (options.mode === 'pairwise') {
    return { ...pairwise(rows, options), groups: byGroup(rows, (members) => pairwise(members, options)) };
  }
  const range = options.labelRange ?? evidentRange(rows);
  const whole = pointwise(rows, range, options);
  return { ...whole, groups: byGroup(rows, (members) => pointwise(members, range, options)) };
}

function pairwise(rows: readonly AgreementRow[], options: BootstrapOptions): Omit<PairwiseReport, 'groups'> {
  const compared = rows.flatMap(({ cluster, label, score, winner, lengths }) =>
    winner === null || score === null || label === null || typeof label === 'number'
      ? []
      : [{ cluster, label, score, winner, lengths }],
  );
  const winners = compared.map(({ winner }) => winner);
  const labels = compared.map(({ label }) => label);
  const clusters = compared.map(({ cluster }) => cluster);
  const decided = compared.filter(({ label }) => label !== 'tie');
  const probabilities = decided.map(({ score }) => score);
  const firstIsBetter = decided.map(({ label }) => label === 'first');
  const decidedClusters = decided.map(({ cluster }) => cluster);
  const bothOrders = rows.flatMap(({ cluster, lean, flipped }) =>
    lean === null || flipped === null ? [] : [{ cluster, lean, flipped }],
  );
  return {
    mode: 'pairwise',
    counts: countRows(rows, compared.length),
    figures: {
      ...pairAgreement(winners, labels, clusters, options),
      brier: clusterBootstrap(brierScore(probabilities, firstIsBetter), decidedClusters, options),
      logLoss: clusterBootstrap(logLoss(probabilities, firstIsBetter), decidedClusters, options),
      ...orderFigures(bothOrders, options),
    },
    baselines: pairBaselines(
      winners,
      labels,
      compared.map(({ lengths }) => lengths),
      clusters,
      options,
    ),
  };
}

function pointwise(
  rows: readonly AgreementRow[],
  range: LabelRange | undefined,
  options: BootstrapOptions,
): Omit<PointwiseReport, 'groups'> {
  const compared = rows.flatMap(({ cluster, label, score, lengths }) =>
    score === null || typeof label !== 'number' ? [] : [{ cluster, label, score, length: lengths[0] ?? 0 }],
  );
  const stretch = (score: number) => (range ? range.min + score * (range.max - range.min) : score);
  const scores = compared.map(({ score }) => stretch(score));
  const labels = compared.map(({ label }) => label);
  const lengths = compared.map(({ length }) => length);
  const clusters = compared.map(({ cluster }) => cluster);
  const scoreOptions = { ...options, ...(range ? { range } : {}) };
  return {
    mode: 'pointwise',
    counts: countRows(rows, compared.length),
    labelRange: range ?? null,
    twoValued: range !== undefined && labels.length > 0 && isTwoValued(labels, range),
    figures: scoreAgreement(scores, labels, clusters, scoreOptions),
    baselines: scoreBaselines(scores, labels, lengths, clusters, scoreOptions),
  };
}

/** Counts of rows; a label or a score of any kind is one. */
export function countRows(
  rows: readonly Pick<AgreementRow, 'cluster' | 'label' | 'score' | 'unscored'>[],
  compared: number,
): AgreementCounts {
  const scored = rows.filter(({ score }) => score !== null);
  const reasons = new Map<string, number>();
  for (const reason of rows.flatMap(({ unscored }) => unscored))
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  return {
    rows: rows.length,
    clusters: new Set(rows.map(({ cluster }) => cluster)).size,
    labelled: rows.filter(({ label }) => label !== null).length,
    scored: scored.length,
    compared,
    unscored: rows.length - scored.length,
    partlyUnscored: scored.filter(({ unscored }) => unscored.length > 0).length,
    reasons: Object.fromEntries([...reasons].sort(([left], [right]) => (left < right ? -1 : 1))),
    unscoredShare: proportion(
      rows.map(({ score }) => score === null),
      rows.map(({ cluster }) => cluster),
    ),
  };
}

function byGroup<Report>(
  rows: readonly AgreementRow[],
  report: (members: readonly AgreementRow[]) => Report,
): Record<string, Report> {
  const names = new Set(rows.flatMap(({ group }) => (group === undefined ? [] : [group])));
  return Object.fromEntries(
    [...names].sort().map((name) => [name, report(rows.filter((row) => row.group === name))]),
  );
}

/** 0 to 1 where every label is 0 or 1. */
export function evidentRange(rows: readonly Pick<AgreementRow, 'label'>[]): LabelRange | undefined {
  const labels = rows.flatMap(({ label }) => (label === null ? [] : [label]));
  return labels.length > 0 && labels.every((label) => label === 0 || label === 1)
    ? { min: 0, max: 1 }
    : undefined;
}

function requireMode(row: AgreementRow, index: number, mode: AgreementOptions['mode']): void {
  const { label, score, winner, lengths } = row;
  const fail = (expected: string, got: unknown) => {
    throw new JurorError('usage', `row ${index + 1}: expected ${expected}, got ${String(got)}`);
  };
  if (score !== null && !(score >= 0 && score <= 1)) fail('a score from 0 to 1', score);
  if (mode === 'pairwise') {
    if (typeof label === 'number') fail('a label first, second or tie', label);
    if ((winner === null) !== (score === null))
      fail('a winner and a score, or neither', `${winner} and ${score}`);
    if (lengths.length !== 2) fail('two lengths', lengths.length);
    return;
  }
  if (typeof label === 'string') fail('a numeric label', label);
  if (typeof label === 'number' && !Number.isFinite(label)) fail('a finite label', label);
  if (lengths.length !== 1) fail('one length', lengths.length);
}
