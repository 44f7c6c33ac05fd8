/** What `juror agree` says where several annotators voted and may disagree. */
import type { AgreementRow, AgreementVote } from './agree.ts';
import { humanCeiling, majority, type Votes } from './annotators.ts';
import { calibrationEstimators } from './calibration-error.ts';
import { dawidSkene } from './dawid-skene.ts';
import {
  type BootstrapOptions,
  clusterBootstrap,
  type Figure,
  proportion,
  undefinedFigure,
} from './interval.ts';
import { krippendorffAlpha } from './krippendorff.ts';
import type { LabelRange } from './score-agreement.ts';
import { NO_ROWS } from './statistic.ts';
import { type VoteScale, voteScale } from './vote-scale.ts';

/** One annotator who is known by name. */
export interface AnnotatorFigures {
  /** Their votes. */
  readonly votes: number;
  /** Against the majority of the others. */
  readonly withOthers: Figure;
  /** Expected share of their votes that are right by Dawid and Skene's fit; null without a fit. */
  readonly reliability: number | null;
}

/** A loss against the shares of the votes. */
export interface SoftLoss {
  readonly judge: Figure;
  /** The same rows at ½: what a coin gets. */
  readonly coin: number | null;
  /** The shares themselves as probabilities: no judge can get less. */
  readonly least: number | null;
}

/** The judge among annotators who disagree. */
export interface AnnotatorsReport {
  /** Rows with votes. */
  readonly rows: number;
  /** Those with two or more. */
  readonly several: number;
  readonly votes: number;
  /** Krippendorff's α of the votes: nominal for winners and labels of two values, else by their distance. */
  readonly alpha: Figure;
  /** One annotator against the majority of the others, and the judge against the very same majorities. */
  readonly ceiling: Figure;
  readonly judge: Figure;
  /** Judge minus one annotator, paired. */
  readonly gap: Figure;
  /** The judge against what most say; for a pair a split vote is a tie, other split votes are left out. */
  readonly majority: Figure;
  readonly split: number;
  /** The judge against the likeliest label by Dawid and Skene's fit, as if it were known; rows without one are left out. */
  readonly dawidSkene: Figure;
  /** Its fit came to an end; null without a fit. */
  readonly converged: boolean | null;
  readonly logLoss: SoftLoss;
  readonly brier: SoftLoss;
  /** Empty where votes have no names. */
  readonly annotators: Readonly<Record<string, AnnotatorFigures>>;
}

/** How votes are read. */
export interface AnnotatorsOptions extends BootstrapOptions {
  readonly mode: 'pairwise' | 'pointwise';
  /** Pointwise: the labels' scale. Default 0 to 1 where all votes are 0 or 1. */
  readonly labelRange?: LabelRange | undefined;
}

/** A row's votes and the judge's verdict, in the words of one list of categories. */
interface Ballot {
  readonly cluster: string;
  readonly votes: Votes;
  readonly judged: string | null;
  /** Probability, or score in [0, 1]. */
  readonly score: number | null;
  /** The mean of the votes in [0, 1]; null without a scale. */
  readonly soft: number | null;
}

/**
 * Agreement among annotators and of the judge with them, over rows with votes; null where no row has two. Votes without names
 * count as given by "vote 1", "vote 2" and so on by their place. Labels have levels as in `scoreAgreement`; without any, only
 * α and the losses are defined.
 */
export function annotatorsReport(
  rows: readonly AgreementRow[],
  options: AnnotatorsOptions,
): AnnotatorsReport | null {
  const voted = rows.filter(({ votes = [] }) => votes.length > 0);
  if (!voted.some(({ votes = [] }) => votes.length > 1)) return null;
  const all = voted.flatMap(({ votes = [] }) => votes);
  const scale = voteScale(all, options.mode, options.labelRange);
  const ballots = voted.map((row): Ballot => ballotOf(row, scale));
  const clusters = ballots.map(({ cluster }) => cluster);
  const items = ballots.map(({ votes }) => votes);
  const levelled = scale.category !== undefined;
  const missing = undefinedFigure(scale.reason, clusters);

  const human = levelled
    ? humanCeiling(items, clusters, { ...options, judged: ballots.map(({ judged }) => judged) })
    : undefined;
  const fit = levelled ? dawidSkene(items) : undefined;
  const most = items.map((votes) => decided(majority(votes).labels, options.mode === 'pairwise'));
  const likeliest = (fit?.posteriors ?? []).map((posterior) => decided(best(posterior ?? {}), false));
  const accuracy = (labels: readonly (string | null)[]) => {
    const compared = ballots.flatMap(({ judged, cluster }, row) => {
      const label = labels[row] ?? null;
      return judged === null || label === null ? [] : [{ hit: judged === label, cluster }];
    });
    return proportion(
      compared.map(({ hit }) => hit),
      compared.map(({ cluster }) => cluster),
    );
  };
  const units = voted.map(({ votes = [] }) => votes.map(({ label }) => label));
  return {
    rows: voted.length,
    several: voted.filter(({ votes = [] }) => votes.length > 1).length,
    votes: all.length,
    alpha: clusterBootstrap(krippendorffAlpha(units, scale.level), clusters, options),
    ceiling: human?.ceiling ?? missing,
    judge: human?.judge ?? missing,
    gap: human?.gap ?? missing,
    majority: levelled ? accuracy(most) : missing,
    split: levelled ? most.filter((label) => label === null).length : 0,
    dawidSkene: fit ? accuracy(likeliest) : missing,
    converged: fit?.converged ?? null,
    ...losses(ballots, scale.reason, options),
    annotators: Object.fromEntries(
      namesOf(all).map((name) => [
        name,
        {
          votes: all.filter(({ annotator }) => annotator === name).length,
          withOthers: human?.annotators[keyOf(name)] ?? missing,
          reliability: fit?.annotators[keyOf(name)]?.accuracy ?? null,
        },
      ]),
    ),
  };
}

function ballotOf({ cluster, winner, score, votes = [] }: AgreementRow, scale: VoteScale): Ballot {
  const { category, share, stretch } = scale;
  const verdict = score === null ? null : (winner ?? stretch(score));
  const shares = share ? votes.map(({ label }) => share(label)) : [];
  return {
    cluster,
    score,
    votes: category
      ? Object.fromEntries(
          votes.map(({ annotator, label, place }, index) => [
            annotator === null ? `vote ${(place ?? index) + 1}` : keyOf(annotator),
            category(label),
          ]),
        )
      : {},
    judged: verdict === null || !category ? null : category(verdict),
    soft: shares.length === 0 ? null : shares.reduce((sum, value) => sum + value, 0) / shares.length,
  };
}

/** Apart from the places of votes without a name, and from whole numbers, which objects would sort first. */
function keyOf(annotator: string): string {
  return `by ${annotator}`;
}

function namesOf(votes: readonly AgreementVote[]): string[] {
  return [...new Set(votes.flatMap(({ annotator }) => (annotator === null ? [] : [annotator])))].sort();
}

function decided(labels: readonly string[], splitIsTie: boolean): string | null {
  const [only, ...others] = labels;
  if (others.length === 0) return only ?? null;
  return splitIsTie ? 'tie' : null;
}

/** The likeliest labels; rounding must not decide between equals. */
function best(posterior: Readonly<Record<string, number>>): string[] {
  const most = Math.max(...Object.values(posterior));
  return Object.keys(posterior).filter((label) => (posterior[label] ?? 0) >= most - 1e-9);
}

function losses(
  ballots: readonly Ballot[],
  reason: string,
  options: BootstrapOptions,
): Pick<AnnotatorsReport, 'logLoss' | 'brier'> {
  const rows = ballots.flatMap(({ score, soft, cluster }) =>
    score === null || soft === null ? [] : [{ score, soft, cluster }],
  );
  if (rows.length === 0) {
    const known = ballots.some(({ soft }) => soft !== null);
    const judge = undefinedFigure(known ? NO_ROWS : reason);
    return { logLoss: { judge, coin: null, least: null }, brier: { judge, coin: null, least: null } };
  }
  const soft = rows.map((row) => row.soft);
  const clusters = rows.map(({ cluster }) => cluster);
  const [own, coin, least] = [rows.map(({ score }) => score), rows.map(() => 0.5), soft].map(
    (probabilities) => calibrationEstimators(probabilities, soft),
  );
  const once = new Float64Array(rows.length).fill(1);
  const loss = (name: 'logLoss' | 'brier'): SoftLoss => ({
    judge: own ? clusterBootstrap(own[name], clusters, options) : undefinedFigure(NO_ROWS),
    coin: coin?.[name].of(once).value ?? null,
    least: least?.[name].of(once).value ?? null,
  });
  return { logLoss: loss('logLoss'), brier: loss('brier') };
}
