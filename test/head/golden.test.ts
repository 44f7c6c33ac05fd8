import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { pairCriterion, rankingCriterion, scoreCriterion } from '../../src/head/criterion.ts';
import type { FeatureMatrix, PairData, ScoreData } from '../../src/head/data.ts';
import { standardisation, standardisedRows } from '../../src/head/design.ts';
import { scoreMember } from '../../src/head/head.ts';
import {
  bradleyTerryTerm,
  crossEntropyTerm,
  davidsonTerm,
  marginTerm,
  pinballTerm,
  plackettLuceTerm,
  robustTarget,
  smoothedTarget,
  squaredTerm,
} from '../../src/head/loss-terms.ts';
import { layoutOf, objectiveOf } from '../../src/head/network.ts';
import { trainMember } from '../../src/head/train.ts';

type Numbers = Record<string, number>;
interface Case {
  readonly kind: string;
  readonly value: number;
  readonly gradient: number[];
}

/** Values of PyTorch, TRL, scikit-learn and choix; made by scripts/golden/heads.py. */
const golden: {
  terms: (Case & Numbers & { tie?: boolean; scores?: number[] })[];
  networks: {
    features: number[];
    columns: number;
    pairs: Record<'left' | 'right' | 'target' | 'margin' | 'weight', number[]> & { centering: number };
    orders: number[][];
    scores: (number | null)[][];
    cases: (Case & { hidden: number; l2: number; parameters: number[] })[];
  };
  trl: (Case & {
    chosen: number[];
    rejected: number[];
    margin: number[] | null;
    centering: number | null;
  })[];
  minima: {
    features: number[];
    columns: number;
    wins: number[];
    held: number[][];
    heldWins: number[];
    logistic: { l2: number; weights: number[]; value: number; heldOutAccuracy: number }[];
    targets: (number | null)[][];
    weight: number[];
    ridge: { l2: number; objective: number; weights: number[]; bias: number }[];
  };
  rankings: { items: number; orders: number[][]; l2: number; strengths: number[] };
} = JSON.parse(readFileSync(new URL('../../fixtures/golden/heads.json', import.meta.url), 'utf8'));

function expectNear(actual: ArrayLike<number>, expected: ArrayLike<number>, within = 1e-9): void {
  expect(actual.length).toBe(expected.length);
  for (let place = 0; place < expected.length; place++) {
    const wanted = expected[place] ?? Number.NaN;
    const off = Math.abs((actual[place] ?? Number.NaN) - wanted);
    expect(off, `${actual[place]} for ${wanted}`).toBeLessThanOrEqual(within * Math.max(1, Math.abs(wanted)));
  }
}

const termOf: Readonly<Record<string, (given: (typeof golden.terms)[number]) => number[]>> = {
  'bradley-terry': ({ difference: d = 0, target: p = 0, margin: m = 0 }) => flat(bradleyTerryTerm(d, p, m)),
  smoothed: ({ difference: d = 0, target: p = 0, margin: m = 0, rate = 0 }) =>
    flat(bradleyTerryTerm(d, smoothedTarget(p, rate), m)),
  robust: ({ difference: d = 0, target: p = 0, margin: m = 0, rate = 0 }) =>
    flat(bradleyTerryTerm(d, robustTarget(p, rate), m)),
  davidson: ({ difference = 0, logTieOdds = 0, target = 0, tie = false }) => {
    const { value, slope, tieSlope } = davidsonTerm(difference, logTieOdds, target, Boolean(tie));
    return [value, slope, tieSlope];
  },
  margin: ({ difference = 0, target = 0, margin = 0, power }) =>
    flat(marginTerm(difference, target, margin, power === 2 ? 2 : 1)),
  'cross-entropy': ({ score = 0, target = 0 }) => flat(crossEntropyTerm(score, target)),
  regression: ({ score = 0, target = 0 }) => flat(squaredTerm(score, target)),
  quantile: ({ score = 0, target = 0, quantile = 0, smoothing = 0 }) =>
    flat(pinballTerm(score, target, quantile, smoothing)),
  'plackett-luce': ({ scores = [] }) => {
    const slopes = new Float64Array(scores.length);
    return [plackettLuceTerm(Float64Array.from(scores), slopes), ...slopes];
  },
};

function flat({ value, slope }: { value: number; slope: number }): number[] {
  return [value, slope];
}

test.each(Object.keys(termOf))('%s: values and derivatives are those of PyTorch', (kind) => {
  const cases = golden.terms.filter((entry) => entry.kind === kind);
  expect(cases.length).toBeGreaterThan(4);
  for (const given of cases) {
    const wanted = [given.value, ...given.gradient.flat()];
    expectNear(termOf[kind]?.(given) ?? [], wanted);
  }
});

test('whole objectives, with a hidden layer and without, have the values and gradients of PyTorch', () => {
  const { features, columns, pairs, orders, scores, cases } = golden.networks;
  const matrix = { rows: features.length / columns, columns, values: Float32Array.from(features) };
  const used = Int32Array.from({ length: matrix.rows }, (_, row) => row);
  const design = standardisedRows(matrix, used, standardisation(matrix, used));
  const criterionOf = (kind: string) => {
    if (kind === 'bradley-terry')
      return pairCriterion(pairData(pairs), { kind, labelSmoothing: 0, centering: pairs.centering }, false);
    if (kind === 'plackett-luce')
      return rankingCriterion({
        orders: orders.map((order) => Int32Array.from(order)),
        weight: new Float64Array(orders.length).fill(1),
        cluster: [],
      });
    return scoreCriterion(scoreData(scores), {
      kind: kind === 'regression' ? 'regression' : 'cross-entropy',
    });
  };
  expect(cases).toHaveLength(8);
  for (const { kind, hidden, l2, parameters, value, gradient } of cases) {
    const criterion = criterionOf(kind);
    const found = new Float64Array(parameters.length);
    const objective = objectiveOf(design, criterion, layoutOf(columns, hidden, criterion), l2);
    // Standardised features are held in float32.
    expectNear([objective(Float64Array.from(parameters), found)], [value], 1e-6);
    expectNear(found, gradient, 1e-6);
  }
});

test('Bradley-Terry with margins and centring is what TRL’s RewardTrainer computes', () => {
  for (const { chosen, rejected, margin, centering, value, gradient } of golden.trl) {
    const count = chosen.length;
    const pairs = pairData({
      left: chosen.map((_, pair) => pair),
      right: chosen.map((_, pair) => count + pair),
      target: chosen.map(() => 1),
      margin: margin ?? chosen.map(() => 0),
      weight: chosen.map(() => 1),
    });
    const loss = { kind: 'bradley-terry', labelSmoothing: 0, centering: centering ?? 0 } as const;
    const slopes = new Float64Array(2 * count);
    const none = new Float64Array();
    const scores = Float64Array.from([...chosen, ...rejected]);
    expectNear([pairCriterion(pairs, loss, false).evaluate(scores, none, slopes, none)], [value]);
    expectNear(slopes, gradient);
  }
});

test('Bradley-Terry has the minimum of scikit-learn’s LogisticRegression, and its accuracy on held-out pairs', () => {
  const { columns, wins, held, heldWins, logistic } = golden.minima;
  const features = minimaFeatures();
  const pairs = pairData({
    left: wins.map((_, pair) => 2 * pair),
    right: wins.map((_, pair) => 2 * pair + 1),
    target: wins,
    margin: wins.map(() => 0),
    weight: wins.map(() => 3),
  });
  for (const { l2, weights, value, heldOutAccuracy } of logistic) {
    const options = { loss: { kind: 'bradley-terry' }, l2, seed: 1, tolerance: 1e-9 } as const;
    const { member, loss, converged } = trainMember({ features, pairs }, options);
    expect(converged).toBe(true);
    expectNear([loss], [value], 1e-6);
    expectNear(member.weight, weights, 1e-5);
    const hits = held.filter((row, index) => {
      const score = row.reduce(
        (sum, entry, column) => sum + entry * (member.weight[column % columns] ?? 0),
        0,
      );
      return score > 0 === (heldWins[index] === 1);
    });
    expect(Math.abs(hits.length / held.length - heldOutAccuracy)).toBeLessThanOrEqual(0.002);
  }
});

test('masked regression has the solutions of scikit-learn’s Ridge', () => {
  const { targets, weight, ridge } = golden.minima;
  const features = minimaFeatures();
  const scores = { ...scoreData(targets), weight: Float64Array.from(weight) };
  for (const l2 of new Set(ridge.map((entry) => entry.l2))) {
    const { member } = trainMember({ features, scores }, { loss: { kind: 'regression' }, l2, seed: 1 });
    for (const { objective, weights, bias } of ridge.filter((entry) => entry.l2 === l2)) {
      const { columns } = features;
      expectNear(member.weight.subarray(objective * columns, (objective + 1) * columns), weights, 1e-6);
      expectNear([member.bias[objective] ?? Number.NaN], [bias], 1e-6);
    }
  }
});

test('Plackett-Luce on indicators of items has the strengths of choix', () => {
  const { items, orders, l2, strengths } = golden.rankings;
  const values = new Float32Array(items * items);
  for (let item = 0; item < items; item++) values[item * items + item] = 1;
  const features = { rows: items, columns: items, values };
  const rankings = {
    orders: orders.map((order) => Int32Array.from(order)),
    weight: new Float64Array(orders.length).fill(1),
    cluster: orders.map(String),
  };
  const options = { loss: { kind: 'plackett-luce' }, l2, seed: 1, tolerance: 1e-9 } as const;
  const { member, converged } = trainMember({ features, rankings }, options);
  expect(converged).toBe(true);
  const scores = scoreMember(member, features);
  const mean = scores.reduce((sum, score) => sum + score / items, 0);
  expectNear(
    scores.map((score) => score - mean),
    strengths,
    1e-5,
  );
});

function minimaFeatures(): FeatureMatrix {
  const { features, columns } = golden.minima;
  return { rows: features.length / columns, columns, values: Float32Array.from(features) };
}

function pairData(given: Record<'left' | 'right' | 'target' | 'margin' | 'weight', number[]>): PairData {
  return {
    left: Int32Array.from(given.left),
    right: Int32Array.from(given.right),
    target: Float64Array.from(given.target),
    tie: new Uint8Array(given.left.length),
    margin: Float64Array.from(given.margin),
    weight: Float64Array.from(given.weight),
    cluster: given.left.map(String),
  };
}

function scoreData(targets: (number | null)[][]): ScoreData {
  return {
    row: Int32Array.from(targets.keys()),
    objectives: ['first', 'second'],
    target: Float64Array.from(targets.flat(), (value) => value ?? Number.NaN),
    weight: new Float64Array(targets.length).fill(1),
    cluster: targets.map((_, row) => String(row)),
  };
}
