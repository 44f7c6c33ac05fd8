import { readFileSync } from 'node:fs';
import type { FeatureMatrix, PairData } from '../../src/head/data.ts';

interface Golden {
  laplace: {
    features: number[][];
    mean: number[];
    scale: number[];
    left: number[];
    right: number[];
    target: number[];
    weight: number[];
    differences: number[];
    ridge: number;
    hessian: number[][];
    tested: number[][];
    deviation: number;
    answers: number[];
    difference: number;
    moderated: number;
    /** Difference, deviation, and the mean of the logistic over the Gaussian. */
    meanLogistic: [number, number, number][];
  };
  distances: {
    features: number[][];
    shrinkage: number;
    tested: number[][];
    mean: number[];
    covariance: number[][];
    distances: number[];
    variances: number[];
  }[];
  conformal: {
    probabilities: number[];
    targets: number[];
    clusters: string[];
    errorRate: number;
    pairs: number;
    prompts: number;
  }[];
  gate: {
    states: number[][];
    prompt: number[];
    differences: number[][];
    length: number[];
    target: number[];
    weight: number[];
    unit: number;
    ridge: number;
    penalty: number;
    parameters: number[];
    gate: { value: number; gradient: number[] };
    constants: { value: number; gradient: number[] };
  };
  constants: { differences: number[][]; target: number[]; weights: number[]; scale: number; loss: number };
}

/** Values of torch, scipy, numpy and scikit-learn; made by scripts/golden/heads-uncertainty.py. */
export const golden: Golden = JSON.parse(
  readFileSync(new URL('../../fixtures/golden/heads-uncertainty.json', import.meta.url), 'utf8'),
);

export function matrixOf(rows: readonly (readonly number[])[]): FeatureMatrix {
  return { rows: rows.length, columns: rows[0]?.length ?? 0, values: Float32Array.from(rows.flat()) };
}

/** Pairs of these rows; all that is not given is plain. */
export function pairsOf(
  left: readonly number[],
  right: readonly number[],
  parts: Partial<{ target: readonly number[]; weight: readonly number[]; cluster: readonly string[] }> = {},
): PairData {
  const size = left.length;
  return {
    left: Int32Array.from(left),
    right: Int32Array.from(right),
    target: Float64Array.from(parts.target ?? new Array<number>(size).fill(1)),
    tie: new Uint8Array(size),
    margin: new Float64Array(size),
    weight: Float64Array.from(parts.weight ?? new Array<number>(size).fill(1)),
    cluster: parts.cluster ?? left.map((_, pair) => `prompt ${pair}`),
  };
}
