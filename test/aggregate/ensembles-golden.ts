import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { createRandom } from '../../src/aggregate/random.ts';

interface Golden {
  sums: { values: number[]; sum: number }[];
  reductions: {
    scores: number[];
    mean: number;
    median: number;
    worst: number;
    penalized: number;
    majority: number | null;
    disagreement: number;
    standardError: number;
  }[];
  distributions: { rows: number[][]; mean: number[] }[];
  normalizations: {
    scores: number[];
    flat: boolean;
    center: number[];
    zScore: number[];
    dampedZScore: number[];
    rank: number[];
    rloo: number[];
    minMax: number[];
  }[];
  combinations: {
    rows: number[][];
    weights: number[];
    ideal: number[];
    weightedMean: number[];
    weightedSum: number[];
    min: number[];
    chebyshev: number[];
    augmented: number[];
    gated: number[];
    before: number[];
    after: number[];
  }[];
  fronts: { rows: number[][]; front: number[]; dominatedBy: number[] }[];
}

/** Values of numpy, scipy, scikit-learn and paretoset; made by scripts/golden/ensembles.py. */
export const ensembles: Golden = JSON.parse(
  readFileSync(new URL('../../fixtures/golden/ensembles.json', import.meta.url), 'utf8'),
);

/** Within 1e-12, relative for large values or to `unit`, the size of the numbers it was computed from. */
export function expectClose(actual: number | null | undefined, expected: number, unit = 1): void {
  expect(actual).toBeTypeOf('number');
  const bound = 1e-12 * Math.max(1, unit, Math.abs(expected));
  expect(Math.abs((actual ?? 0) - expected)).toBeLessThanOrEqual(bound);
}

/** A permutation of the rows that depends on the seed alone. */
export function shuffled<Row>(rows: readonly Row[], seed: number): Row[] {
  const random = createRandom(seed);
  const result = [...rows];
  for (let place = result.length - 1; place > 0; place--) {
    const other = random.below(place + 1);
    [result[place], result[other]] = [result[other] as Row, result[place] as Row];
  }
  return result;
}
