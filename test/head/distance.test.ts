import { expect, test } from 'vitest';
import { createRandom } from '../../src/aggregate/random.ts';
import { featureDistance, fitFeatureRange } from '../../src/head/distance.ts';
import { golden, matrixOf } from './uncertainty-golden.ts';

const owns = (size: number) => Array.from({ length: size }, (_, row) => `prompt ${row}`);

test('shrinkage, mean and distances are those of LedoitWolf in scikit-learn, with more rows than columns and with few', () => {
  for (const { features, shrinkage, mean, tested, distances } of golden.distances) {
    const range = fitFeatureRange(matrixOf(features), owns(features.length), { shape: 'full' });
    expect(range.shrinkage).toBeCloseTo(shrinkage, 9);
    for (const [column, value] of range.mean.entries())
      expect(value).toBeCloseTo(mean[column] ?? Number.NaN, 5);
    for (const [place, row] of tested.entries())
      expect(featureDistance(range, row).distance).toBeCloseTo(distances[place] ?? Number.NaN, 3);
  }
});

test('by itself the covariance is full only with twice as many rows as columns', () => {
  const [many, few] = golden.distances.map(({ features }) =>
    fitFeatureRange(matrixOf(features), owns(features.length)),
  );
  expect(many).toMatchObject({ shape: 'full', rows: 60 });
  expect(few).toMatchObject({ shape: 'diagonal', rows: 12 });
});

test('the diagonal is each variance, shrunk towards their mean', () => {
  const [{ features, variances, tested, mean }] = golden.distances as [(typeof golden.distances)[0]];
  const range = fitFeatureRange(matrixOf(features), owns(features.length), { shape: 'diagonal' });
  const target = variances.reduce((sum, value) => sum + value, 0) / variances.length;
  const { shrinkage } = range;
  expect(shrinkage).toBeGreaterThan(0);
  expect(shrinkage).toBeLessThan(1);
  for (const row of tested) {
    const squares = row.map(
      (value, column) =>
        (value - (mean[column] ?? 0)) ** 2 /
        ((1 - shrinkage) * (variances[column] ?? 0) + shrinkage * target),
    );
    const expected = Math.sqrt(squares.reduce((sum, value) => sum + value, 0));
    expect(featureDistance(range, row).distance).toBeCloseTo(expected, 4);
  }
});

/** Answers of one prompt lie together; prompts lie around 0. */
function answersOf(random: ReturnType<typeof createRandom>, prompts: number, each: number, size: number) {
  return Array.from({ length: prompts }, () => {
    const centre = Array.from({ length: size }, random.normal);
    return Array.from({ length: each }, () => centre.map((value) => value + 0.2 * random.normal()));
  }).flat();
}

test('of new prompts like the training ones half are beyond the median, which distances of the fitted rows would not give', () => {
  const random = createRandom(7);
  const [prompts, each, size] = [150, 6, 40];
  const rows = answersOf(random, prompts, each, size);
  const clusters = rows.map((_, row) => `${Math.floor(row / each)}`);
  const range = fitFeatureRange(matrixOf(rows), clusters, { shape: 'full' });
  const fresh = answersOf(random, 300, 1, size).map((row) => featureDistance(range, row).quantile);
  const mean = fresh.reduce((sum, value) => sum + value, 0) / fresh.length;
  expect(mean).toBeGreaterThan(0.4);
  expect(mean).toBeLessThan(0.6);
  // As if each answer were a prompt of its own: its siblings are in the covariance that measures it.
  const naive = fitFeatureRange(matrixOf(rows), owns(rows.length), { shape: 'full' });
  const biased = answersOf(random, 300, 1, size).map((row) => featureDistance(naive, row).quantile);
  expect(biased.reduce((sum, value) => sum + value, 0) / biased.length).toBeGreaterThan(0.62);
});

test('the quantile is 0 at the nearest, 1 beyond the farthest, and rises in between', () => {
  const [{ features }] = golden.distances as [(typeof golden.distances)[0]];
  const range = fitFeatureRange(matrixOf(features), owns(features.length));
  expect(range.quantiles).toHaveLength(201);
  expect(featureDistance(range, range.mean)).toEqual({ distance: 0, quantile: 0 });
  const away = (step: number) =>
    featureDistance(
      range,
      range.mean.map((value) => value + step),
    ).quantile;
  const steps = [0.3, 0.6, 0.9, 1.2, 1.5, 30].map(away);
  expect(steps).toEqual(steps.toSorted((left, right) => left - right));
  expect(steps.at(-1)).toBe(1);
  const [some] = steps.filter((quantile) => quantile > 0 && quantile < 1);
  expect(some).toBeDefined();
});

test('features that cannot be measured are an error', () => {
  const rows = matrixOf([
    [1, 2],
    [1, 2],
    [1, 2],
  ]);
  expect(() => fitFeatureRange(rows, owns(3))).toThrow('expected features that vary');
  expect(() => fitFeatureRange(rows, ['a', 'a', 'a'])).toThrow(
    'expected prompts in at least 2 of 5 folds, got 1 prompts',
  );
  expect(() => fitFeatureRange(matrixOf([[Number.NaN], [1], [2], [3]]), owns(4))).toThrow(
    'row 1: expected finite features, got NaN',
  );
});
