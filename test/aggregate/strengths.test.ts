import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bradleyTerry, bradleyTerryStatistic } from '../../src/aggregate/bradley-terry.ts';
import type { Comparison } from '../../src/aggregate/comparisons.ts';
import { clusterBootstrap } from '../../src/aggregate/interval.ts';
import { logistic } from '../../src/aggregate/logits.ts';
import { createRandom } from '../../src/aggregate/random.ts';
import { estimate } from '../../src/aggregate/statistic.ts';
import { strengthFigures } from '../../src/aggregate/strengths.ts';
import { connectedRows, expectAllNear, fitted, ITEMS, simulateJudge } from './ranking-cases.ts';

const models = ['half', 'davidson'] as const;

test('covariances are symmetric, sum to 0 along every row, and shrink with the weight', () => {
  fc.assert(
    fc.property(connectedRows, fc.constantFrom(...models), (comparisons, ties) => {
      const clusters = comparisons.map((_, index) => `${index % 3}`);
      const heavy = comparisons.map((comparison) => ({
        ...comparison,
        weight: 4 * (comparison.weight ?? 1),
      }));
      const [fit, more] = [comparisons, heavy].map((data) => fitted(bradleyTerry(ITEMS, data, { ties })));
      for (const kind of ['model', clusters] as const) {
        const values = fit?.covariance(kind).values ?? new Float64Array();
        const scale = 1e-8 * (1 + Math.max(...values));
        for (let item = 0; item < ITEMS; item++) {
          const line = values.subarray(item * ITEMS, (item + 1) * ITEMS);
          expect(line[item]).toBeGreaterThanOrEqual(-scale);
          expect(Math.abs(line.reduce((sum, value) => sum + value, 0))).toBeLessThan(scale);
          expectAllNear(
            line,
            Array.from(line, (_, other) => values[other * ITEMS + item] ?? Number.NaN),
            scale,
          );
        }
        // Weights are trust in the model; the sandwich asks the rows.
        const factor = kind === 'model' ? 4 : 1;
        expectAllNear(
          more?.covariance(kind).values ?? null,
          Array.from(values, (value) => value / factor),
          1e-7 * (1 + Math.max(...values)),
        );
      }
    }),
  );
});

test('strengths under the clustered bootstrap agree with the sandwich', () => {
  const random = createRandom(4);
  const [items, prompts] = [4, 60];
  const comparisons: Comparison[] = [];
  const clusters: string[] = [];
  for (let prompt = 0; prompt < prompts; prompt++) {
    for (const { first, second, probability } of simulateJudge(items, 0.5, createRandom(9)).all) {
      const shifted = logistic(Math.log(probability / (1 - probability)) / 2 + random.normal());
      comparisons.push({ first, second, probability: shifted });
      clusters.push(`prompt ${prompt}`);
    }
  }
  const fit = fitted(bradleyTerry(items, comparisons));
  const figures = strengthFigures(items, fit, clusters);
  figures.forEach((figure, item) => {
    const statistic = bradleyTerryStatistic(items, comparisons, (strengths) => strengths[item] ?? Number.NaN);
    expect(estimate(statistic).value).toBeCloseTo(fit.strengths[item] ?? Number.NaN, 9);
    const bootstrapped = clusterBootstrap(statistic, clusters, { seed: 3, resamples: 1000 });
    const width = (figure.high ?? 0) - (figure.low ?? 0);
    expect(Math.abs((bootstrapped.low ?? 0) - (figure.low ?? 0))).toBeLessThan(0.15 * width);
    expect(Math.abs((bootstrapped.high ?? 0) - (figure.high ?? 0))).toBeLessThan(0.15 * width);
  });
  expect(strengthFigures(items, fit, clusters.fill('one'))[0]).toMatchObject({
    estimate: fit.strengths[0],
    low: null,
    reason: 'one cluster has no interval',
  });
  const apart = bradleyTerry(2, []);
  expect(strengthFigures(2, apart, [])[1]).toMatchObject({
    estimate: null,
    reason: expect.stringContaining('link'),
  });
  expect(estimate(bradleyTerryStatistic(2, [], ([first = 0]) => first))).toMatchObject({ value: null });
});

test('sandwich intervals cover true strengths about 95 times in 100 where rows of a prompt depend', () => {
  const random = createRandom(8);
  const [trials, prompts, items] = [250, 40, 4];
  const truth = [0.9, 0.3, -0.2, -1];
  let [covered, naive] = [0, 0];
  for (let trial = 0; trial < trials; trial++) {
    const comparisons: Comparison[] = [];
    const clusters: string[] = [];
    for (let prompt = 0; prompt < prompts; prompt++) {
      // The same verdicts five times over are five rows and one piece of evidence.
      for (let first = 0; first < items; first++) {
        for (let second = first + 1; second < items; second++) {
          const wins = random.uniform() < logistic((truth[first] ?? 0) - (truth[second] ?? 0));
          for (let copy = 0; copy < 5; copy++) {
            comparisons.push({ first, second, probability: Number(wins) });
            clusters.push(`${prompt}`);
          }
        }
      }
    }
    const fit = fitted(bradleyTerry(items, comparisons));
    const holds = (kind: 'model' | string[]) => {
      const { low, high } = strengthFigures(items, fit, kind)[0] ?? {};
      return Number((low ?? 9) <= 0.9 && 0.9 <= (high ?? -9));
    };
    covered += holds(clusters);
    naive += holds('model');
  }
  expect(covered / trials).toBeGreaterThan(0.91);
  expect(covered / trials).toBeLessThan(0.99);
  expect(naive / trials).toBeLessThan(0.75);
});
