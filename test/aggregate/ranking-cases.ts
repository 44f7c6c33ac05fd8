import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Comparison } from '../../src/aggregate/comparisons.ts';
import { logistic } from '../../src/aggregate/logits.ts';
import type { Random } from '../../src/aggregate/random.ts';
import type { Ranking } from '../../src/aggregate/rankings.ts';
import type { StrengthFit, Strengths } from '../../src/aggregate/strengths.ts';

interface Golden {
  hard: { items: number; wins: [number, number][]; ridge: number; strengths: number[] }[];
  soft: {
    items: number;
    rows: [number, number, number, number, number][];
    spectral: number[];
    strengths: number[];
    model: number[];
    clustered: number[];
  }[];
  davidson: {
    items: number;
    rows: [number, number, number, number][];
    strengths: number[];
    tieOdds: number[];
  }[];
  plackettLuce: {
    items: number;
    rankings: number[][];
    strengths: number[];
    logit: number[];
    model: number[];
  }[];
  bestFew: { items: number; rankings: Ranking[]; strengths: number[] }[];
  averaged: { items: number; rankings: number[][][]; strengths: number[] }[];
  davidsonLuce: { items: number; rankings: number[][][]; strengths: number[]; tieOdds: number[] }[];
  normalQuantile: [number, number][];
}

/** Values of choix, statsmodels and scipy; made by scripts/golden/ranking.py. */
export const ranking: Golden = JSON.parse(
  readFileSync(new URL('../../fixtures/golden/ranking.json', import.meta.url), 'utf8'),
);

/** The strengths of a fit that must exist. */
export function fitted(fit: StrengthFit): Strengths {
  if (fit.strengths === null) throw new Error(`expected strengths, got: ${fit.reason}`);
  return fit;
}

/** Every number within `tolerance`. */
export function expectAllNear(
  actual: ArrayLike<number> | null,
  expected: readonly number[],
  tolerance: number,
): void {
  expect(actual).toHaveLength(expected.length);
  const furthest = expected.reduce((most, value, index) => {
    // NaN stays NaN and fails.
    return Math.max(most, Math.abs((actual?.[index] ?? Number.NaN) - value));
  }, 0);
  expect(furthest).toBeLessThanOrEqual(tolerance);
}

/** True strengths with a deviation of 2 nats, and what a judge with noisy log-odds says of every pair. */
export function simulateJudge(
  items: number,
  noise: number,
  random: Random,
): { truth: number[]; all: Comparison[]; judge: (first: number, second: number) => Comparison } {
  const truth = Array.from({ length: items }, () => 2 * random.normal());
  const said = new Map<string, Comparison>();
  for (let second = 1; second < items; second++) {
    for (let first = 0; first < second; first++) {
      const logOdds = (truth[first] ?? 0) - (truth[second] ?? 0) + noise * random.normal();
      said.set(`${first} ${second}`, { first, second, probability: logistic(logOdds) });
    }
  }
  const judge = (first: number, second: number) => {
    const comparison = said.get(`${first} ${second}`);
    if (!comparison) throw new Error(`expected first < second, got ${first} and ${second}`);
    return comparison;
  };
  return { truth, all: [...said.values()], judge };
}

/** Items of the random cases. */
export const ITEMS = 5;
const probability = fc.integer({ min: 1, max: 63 }).map((part) => part / 64);
const row = fc
  .record({
    first: fc.integer({ min: 0, max: ITEMS - 1 }),
    step: fc.integer({ min: 1, max: ITEMS - 1 }),
    probability,
    tie: fc.integer({ min: 0, max: 4 }),
    weight: fc.constantFrom(0.5, 1, 3),
  })
  .map(
    ({ first, step, probability, tie, weight }): Comparison => ({
      first,
      second: (first + step) % ITEMS,
      probability,
      tie: (tie / 4) * 2 * Math.min(probability, 1 - probability),
      weight,
    }),
  );
/** A ring connects all items, so that strengths exist. */
const ring = fc
  .array(probability, { minLength: ITEMS, maxLength: ITEMS })
  .map((probabilities) =>
    probabilities.map(
      (probability, first): Comparison => ({ first, second: (first + 1) % ITEMS, probability }),
    ),
  );
/** Comparisons with ties and weights that have strengths. */
export const connectedRows = fc.tuple(ring, fc.array(row, { maxLength: 20 })).map((parts) => parts.flat());
