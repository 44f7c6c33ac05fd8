import { readFileSync } from 'node:fs';

interface Range {
  estimate: number;
  low: number;
  high: number;
}

interface AgreementGolden {
  alphas: { units: (number | null)[][]; nominal: number; ordinal: number; interval: number }[];
  dawidSkene: {
    items: Record<string, string>[];
    rounds: number;
    prior: Record<string, number>;
    confusion: Record<string, Record<string, Record<string, number>>>;
    posteriors: number[][];
  }[];
  lengthControlled: {
    outcomes: number[];
    differences: number[];
    difficulty: number[];
    controlled: number;
    coefficient: number;
    withDifficulty: number;
    coefficientWithDifficulty: number;
    ridge: number;
    ridgeControlled: number;
    ridgeCoefficient: number;
  }[];
  mcNemars: { onlyLeft: number; onlyRight: number; pValue: number }[];
  permutations: { left: boolean[]; right: boolean[]; clusters: string[]; pValue: number }[];
  poweredMeans: {
    truth: number[];
    judged: number[];
    unlabelled: number[];
    ppi: Range;
    power: Range;
    classical: Range;
  }[];
  correctedRates: {
    passes: number;
    total: number;
    caught: number;
    positives: number;
    spared: number;
    negatives: number;
    unclipped: number;
    low: number;
    high: number;
  }[];
  betas: { x: number; a: number; b: number; share: number; quantile: number }[];
  upperBounds: { events: number; total: number; confidence: number; bound: number }[];
}

/** Values of krippendorff, crowd-kit, statsmodels, scikit-learn, scipy and ppi-python; made by scripts/golden/agreement.py. */
export const agreementGolden: AgreementGolden = JSON.parse(
  readFileSync(new URL('../../fixtures/golden/agreement.json', import.meta.url), 'utf8'),
);

/** `count` names of clusters, each its own. */
export function ownClusters(count: number): string[] {
  return Array.from({ length: count }, (_, row) => `prompt ${row}`);
}
