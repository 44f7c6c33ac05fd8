import fc from 'fast-check';
import { expect, test } from 'vitest';
import { areaUnderCurve, spearman } from '../../src/aggregate/correlation.ts';
import { COMBINED, type RewardRow, rewardReport } from '../../src/aggregate/reward-report.ts';
import { estimate } from '../../src/aggregate/statistic.ts';

/** An answer of a prompt; `score` is a plain mean of two objectives. */
function row(place: number, good: number | null, safe: number, rest: Partial<RewardRow> = {}): RewardRow {
  const score = good === null ? null : (good + safe) / 2;
  return {
    reward: {
      sampleId: `s${Math.floor(place / 2)}`,
      responseId: `r${place % 2}`,
      cluster: `p${Math.floor(place / 4)}`,
      objectives: { good, safe },
      score,
      reason: score === null ? 'missing good' : null,
      capped: safe < 0.2 ? ['safe'] : [],
      rank: score === null ? null : 1,
      pareto: score === null ? null : place % 2 === 0,
      flags: place < 4 ? [{ objective: 'good', flag: 'no-spread' }] : [],
    },
    length: 10 + place,
    label: null,
    best: null,
    ...rest,
  };
}

const values = [0.1, 0.9, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8];

test('columns have their means, what is missing, and correlations with each other and with length', () => {
  const rows = values.map((value, place) => row(place, place === 3 ? null : value, 1 - value / 2));
  const { counts, objectives, score, agreement } = rewardReport(rows);
  expect(counts).toMatchObject({
    answers: 8,
    prompts: 2,
    scored: 7,
    unscored: 1,
    reasons: { 'missing good': 1 },
    capped: 0,
    front: 4,
    comparable: 2,
    withoutSpread: 0,
    flags: { good: { 'no-spread': 1 } },
  });
  const kept = values.filter((_, place) => place !== 3);
  expect(objectives.good).toMatchObject({ missing: 1, mean: { n: 7, clusters: 2 } });
  expect(objectives.good?.mean.estimate).toBeCloseTo(kept.reduce((sum, value) => sum + value, 0) / 7, 12);
  expect(objectives.good?.correlations).toEqual({ good: 1, safe: -1, [COMBINED]: 1 });
  expect(objectives.safe?.missing).toBe(0);
  const lengths = [10, 11, 12, 14, 15, 16, 17];
  expect(score.withLength.estimate).toBe(estimate(spearman(kept, lengths)).value);
  expect(agreement).toEqual([]);
});

test('labels of 0 and 1 give an AUC, other scores a correlation, winners the share of answers they beat', () => {
  const scored = values.map((value, place) => row(place, value, 0.5, { label: place % 3 }));
  const [numbers] = rewardReport(scored).agreement;
  const labels = values.map((_, place) => place % 3);
  expect(numbers).toMatchObject({ kind: 'spearman', score: { n: 8 } });
  expect(numbers?.score.estimate).toBe(estimate(spearman(values, labels)).value);
  expect(numbers?.objectives.safe?.estimate).toBeNull();

  const passed = values.map((value, place) => row(place, value, 0.5, { label: Number(place > 4) }));
  const [binary] = rewardReport(passed).agreement;
  const positive = values.map((_, place) => place > 4);
  expect(binary?.kind).toBe('auc');
  expect(binary?.score.estimate).toBe(estimate(areaUnderCurve(values, positive)).value);

  const pairs = values.map((value, place) => row(place, value, 0.5, { best: place % 2 === 0 }));
  const [winners] = rewardReport(pairs).agreement;
  // The second answer of every pair scores higher and is longer.
  expect(winners).toMatchObject({
    kind: 'best-first',
    score: { estimate: 0, n: 4 },
    objectives: { good: { estimate: 0 }, safe: { estimate: 0.5 } },
    length: { estimate: 0 },
  });
});

test('the order of the rows changes no figure', () => {
  const rows = values.map((value, place) =>
    row(place, place === 5 ? null : value, value ** 2, { label: place % 2, best: place % 2 === 1 }),
  );
  const { agreement, objectives } = rewardReport(rows, { resamples: 50 });
  fc.assert(
    fc.property(fc.shuffledSubarray(rows, { minLength: rows.length }), (shuffled) => {
      const other = rewardReport(shuffled, { resamples: 50 });
      for (const [name, column] of Object.entries(objectives))
        expect(other.objectives[name]?.mean.low).toBeCloseTo(column.mean.low ?? Number.NaN, 12);
      expect(other.agreement.map(({ kind }) => kind)).toEqual(agreement.map(({ kind }) => kind));
      expect(other.agreement[0]?.score.estimate).toBeCloseTo(agreement[0]?.score.estimate ?? Number.NaN, 12);
    }),
    { numRuns: 20 },
  );
});
