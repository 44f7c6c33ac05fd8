import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Statistic } from '../../src/aggregate/statistic.ts';

interface Golden {
  correlations: {
    left: number[];
    right: number[];
    pearson: number | null;
    spearman: number | null;
    kendall: number | null;
  }[];
  kappas: { left: number[]; right: number[]; nominal: number; linear: number; quadratic: number }[];
  nominalKappas: { left: string[]; right: string[]; kappa: number; accuracy: number }[];
  probabilities: {
    probabilities: number[];
    events: boolean[];
    brier: number;
    logLoss: number;
    areaUnderCurve: number;
  }[];
  wilson: { successes: number; total: number; low: number; high: number }[];
  clusteredProportions: {
    hits: boolean[];
    clusters: string[];
    effect: number;
    estimate: number;
    low: number;
    high: number;
  }[];
  bootstraps: {
    left: number[];
    right: number[];
    clusters: string[];
    mean: [number, number];
    spearman: [number, number];
  }[];
  softmaxes: { logits: number[]; softmax: number[]; logSumExp: number; logistic: number[] }[];
  logOdds: { probability: number; logOdds: number }[];
}

/** Values of scipy, scikit-learn and statsmodels; made by scripts/golden/statistics.py. */
export const golden: Golden = JSON.parse(
  readFileSync(new URL('../../fixtures/golden/statistics.json', import.meta.url), 'utf8'),
);

/** Within 1e-9, relative for large values. */
export function expectNear(actual: number | null, expected: number): void {
  expect(actual).not.toBeNull();
  expect(Math.abs((actual ?? 0) - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(expected)));
}

/** Within 1e-9, or undefined with a reason where the library says NaN. */
export function expectStatistic(actual: Statistic, expected: number | null): void {
  if (expected === null) expect(actual).toEqual({ value: null, reason: expect.stringMatching(/\w/) });
  else expectNear(actual.value, expected);
}
