import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cohenKappa } from '../../src/aggregate/agreement.ts';
import { compareJudges, mcNemar } from '../../src/aggregate/compare.ts';
import { spearman } from '../../src/aggregate/correlation.ts';
import { meanInterval } from '../../src/aggregate/interval.ts';
import { createRandom } from '../../src/aggregate/random.ts';
import { mean } from '../../src/aggregate/statistic.ts';
import { agreementGolden, ownClusters } from './agreement-golden.ts';
import { expectNear } from './golden.ts';

const accuracy = (hits: readonly boolean[]) => mean(hits.map(Number));

test('McNemar’s exact test matches statsmodels and does not mind which judge is left', () => {
  for (const { onlyLeft, onlyRight, pValue } of agreementGolden.mcNemars) {
    const [left, right] = [true, false].map((kind) => [
      ...new Array<boolean>(onlyLeft).fill(kind),
      ...new Array<boolean>(onlyRight).fill(!kind),
      true,
      false,
    ]);
    const found = mcNemar(left ?? [], right ?? []);
    expect(found).toMatchObject({ onlyLeft, onlyRight });
    expectNear(found.pValue, pValue);
    expectNear(mcNemar(right ?? [], left ?? []).pValue, pValue);
  }
  expect(mcNemar([], []).pValue).toBe(1);
  expect(() => mcNemar([true], [])).toThrow('expected columns of one length, got 1 and 0');
});

test('the exact permutation test matches scipy over clusters of several rows', () => {
  for (const { left, right, clusters, pValue } of agreementGolden.permutations) {
    const found = compareJudges(left, right, accuracy, clusters, { resamples: 10 });
    expect(found).toMatchObject({ exact: true, permutations: 2 ** new Set(clusters).size });
    expectNear(found.pValue, pValue);
    const drawn = compareJudges(left, right, accuracy, clusters, { resamples: 10, permutations: 15 });
    expect(drawn).toMatchObject({ exact: false, permutations: 15 });
    expect(drawn.pValue).toBeGreaterThanOrEqual(1 / 16);
  }
});

test('figures and difference are those of the paired cluster bootstrap', () => {
  const { left, right, clusters } = agreementGolden.permutations[2] ?? { left: [], right: [], clusters: [] };
  const options = { seed: 4, resamples: 300 };
  const found = compareJudges(left, right, accuracy, clusters, options);
  const gains = left.map((hit, row) => Number(hit) - Number(right[row]));
  const gain = meanInterval(gains, clusters, options);
  expect(found.left).toEqual(meanInterval(left.map(Number), clusters, options));
  expect(found.right).toEqual(meanInterval(right.map(Number), clusters, options));
  for (const bound of ['estimate', 'low', 'high'] as const)
    expectNear(found.difference[bound], gain[bound] ?? Number.NaN);
  expect(found.difference).toMatchObject({ n: left.length, clusters: 11 });
});

test('any statistic of any rows can be compared', () => {
  const random = createRandom(6);
  const rows = Array.from({ length: 120 }, () => {
    const label = random.below(5);
    return { label, good: label + random.below(2), bad: random.below(6) };
  });
  const clusters = rows.map((_, row) => `prompt ${row % 40}`);
  type Row = { said: number; label: number };
  const column = (name: 'good' | 'bad'): Row[] => rows.map((row) => ({ said: row[name], label: row.label }));
  for (const measure of [spearman, cohenKappa]) {
    const statistic = (of: readonly Row[]) =>
      measure(
        of.map(({ said }) => said),
        of.map(({ label }) => label),
      );
    const options = { resamples: 200, permutations: 400 };
    const found = compareJudges(column('good'), column('bad'), statistic, clusters, options);
    expect(found.difference.low).toBeGreaterThan(0.2);
    expectNear(found.pValue, 1 / 401);
    const same = compareJudges(column('bad'), column('bad'), statistic, clusters, options);
    expect(same).toMatchObject({ pValue: 1, difference: { estimate: 0, low: 0, high: 0 } });
  }
});

test('exchanging the judges turns the sign and keeps the p-value; the order of rows does not matter', () => {
  const row = fc.record({ left: fc.boolean(), right: fc.boolean(), cluster: fc.integer({ min: 0, max: 5 }) });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 12 }), (rows) => {
      const compare = (of: typeof rows, first: 'left' | 'right', second: 'left' | 'right') =>
        compareJudges(
          of.map((one) => one[first]),
          of.map((one) => one[second]),
          accuracy,
          of.map(({ cluster }) => `${cluster}`),
          { resamples: 20 },
        );
      const found = compare(rows, 'left', 'right');
      const turned = compare(rows, 'right', 'left');
      const reversed = compare(rows.toReversed(), 'left', 'right');
      expectNear(turned.difference.estimate, -(found.difference.estimate ?? Number.NaN));
      expectNear(turned.pValue, found.pValue ?? Number.NaN);
      expectNear(reversed.pValue, found.pValue ?? Number.NaN);
      expect(found.pValue).toBeGreaterThanOrEqual(2 ** -new Set(rows.map(({ cluster }) => cluster)).size);
    }),
  );
});

test('equal judges are told apart about 5 times in 100, whole clusters of copies included', () => {
  const random = createRandom(12);
  const [trials, groups, copies] = [300, 12, 5];
  let rejected = 0;
  for (let trial = 0; trial < trials; trial++) {
    const sides = [0, 1].map(() =>
      Array.from({ length: groups }, () => new Array<boolean>(copies).fill(random.uniform() < 0.6)).flat(),
    );
    const clusters = ownClusters(groups).flatMap((name) => new Array<string>(copies).fill(name));
    const { pValue } = compareJudges(sides[0] ?? [], sides[1] ?? [], accuracy, clusters, {
      resamples: 1,
      permutations: 199,
      seed: trial,
    });
    if ((pValue ?? 1) <= 0.05) rejected++;
  }
  expect(rejected / trials).toBeLessThan(0.08);
});

test('what is undefined says why, and wrong arguments are errors', () => {
  const none = compareJudges([], [], accuracy, []);
  expect(none).toMatchObject({
    pValue: null,
    permutations: 0,
    difference: { estimate: null, reason: 'no rows' },
  });
  expect(() => compareJudges([true], [], accuracy, ['p'])).toThrow('expected columns of one length');
  expect(() => compareJudges([true], [true], accuracy, ['p'], { permutations: 0 })).toThrow(
    'expected a positive number of permutations',
  );
  expect(() => compareJudges([true], [true], () => mean([1]), ['p'])).toThrow(
    'expected columns of one length, got 1 and 2',
  );
});
