/** How far a judge's probabilities keep their promise, and what it gains by answering only where it is sure. */
import { type AgreementRow, evidentRange } from './agree.ts';
import { DEFAULT_BINS, foldPairs, type ReliabilityBin, reliabilityBins } from './calibration-error.ts';
import { type BootstrapOptions, clusterBootstrap, type Figure, proportion } from './interval.ts';
import { type RiskCoveragePoint, riskCoverage, riskCoverageArea } from './risk-coverage.ts';
import { isTwoValued, type LabelRange } from './score-agreement.ts';
import { winPoints } from './win-rate.ts';

/** Accuracy over the rows that the judge is surest of. */
export interface SurestRows {
  /** The share that was asked for. Rows of one confidence are kept together, so that more may be kept. */
  readonly share: number;
  /** Rows kept. */
  readonly kept: number;
  readonly accuracy: Figure;
}

/** What probabilities are worth. */
export interface ConfidenceReport {
  /** Rows with a label and a score. */
  readonly rows: number;
  /**
   * Bins of equal mass, fewer for few rows. Of a pair from the side of the answer that the judge prefers: its probability, and
   * how often the label prefers it too, a tie counting half. Of one answer its score, and the mean label.
   */
  readonly reliability: readonly ReliabilityBin[];
  /** From the surest rows to all; a row is wrong when the verdict is not the label. */
  readonly riskCoverage: readonly RiskCoveragePoint[];
  /** The mean risk over the coverages; 0 is best, and the error rate is what a confidence that says nothing gets. */
  readonly riskCoverageArea: Figure;
  readonly surest: readonly SurestRows[];
}

/** What is a label. */
export interface ConfidenceOptions extends BootstrapOptions {
  readonly mode: 'pairwise' | 'pointwise';
  /** Pointwise: the labels' scale. Default 0 to 1 where all labels are 0 or 1. */
  readonly labelRange?: LabelRange | undefined;
}

/** Shares of the rows that are kept. */
const kept = [0.25, 0.5, 0.75, 1];
/** Rows that a bin should have. */
const rowsInBin = 10;

/** Null where no row can be compared, and for labels of one answer that have more than two values, which a score is no probability of. */
export function confidenceReport(
  rows: readonly AgreementRow[],
  options: ConfidenceOptions,
): ConfidenceReport | null {
  const points = pointsOf(rows, options);
  if (points.length === 0) return null;
  const [probabilities, labels, clusters, wrong] = [
    points.map(({ probability }) => probability),
    points.map(({ label }) => label),
    points.map(({ cluster }) => cluster),
    points.map((point) => point.wrong),
  ];
  const shown = options.mode === 'pairwise' ? foldPairs(probabilities, labels) : { probabilities, labels };
  const bins = Math.max(1, Math.min(DEFAULT_BINS, Math.floor(points.length / rowsInBin)));
  const confidences = probabilities.map((probability) => Math.max(probability, 1 - probability));
  return {
    rows: points.length,
    reliability: reliabilityBins(shown.probabilities, shown.labels, clusters, bins),
    riskCoverage: riskCoverage(confidences, wrong),
    riskCoverageArea: clusterBootstrap(riskCoverageArea(confidences, wrong), clusters, options),
    surest: surestRows(confidences, wrong, clusters, kept),
  };
}

/** Accuracy over the shares of the rows that have the largest confidences; empty without rows. */
export function surestRows(
  confidences: readonly number[],
  wrong: readonly boolean[],
  clusters: readonly string[],
  shares: readonly number[],
): SurestRows[] {
  const curve = riskCoverage(confidences, wrong);
  if (curve.length === 0) return [];
  return shares.map((share) => {
    // The curve ends with all rows; rounding must not ask for more.
    const { threshold } = curve.find(({ coverage }) => coverage >= share - 1e-12) ?? { threshold: 0 };
    const answered = [...confidences.keys()].filter((row) => (confidences[row] ?? 0) >= threshold);
    return {
      share,
      kept: answered.length,
      accuracy: proportion(
        answered.map((row) => !wrong[row]),
        answered.map((row) => clusters[row] ?? ''),
      ),
    };
  });
}

interface Point {
  readonly cluster: string;
  readonly probability: number;
  readonly label: number;
  readonly wrong: boolean;
}

function pointsOf(rows: readonly AgreementRow[], { mode, labelRange }: ConfidenceOptions): Point[] {
  if (mode === 'pairwise')
    return rows.flatMap(({ cluster, score, winner, label }) =>
      score === null || label === null || typeof label === 'number'
        ? []
        : [{ cluster, probability: score, label: winPoints(label), wrong: winner !== label }],
    );
  const range = labelRange ?? evidentRange(rows);
  const labels = rows.flatMap(({ label }) => (typeof label === 'number' ? [label] : []));
  if (!range || !isTwoValued(labels, range)) return [];
  return rows.flatMap(({ cluster, score, label }) =>
    score === null || typeof label !== 'number'
      ? []
      : [
          {
            cluster,
            probability: score,
            label: label === range.max ? 1 : 0,
            wrong: score >= 0.5 !== (label === range.max),
          },
        ],
  );
}
