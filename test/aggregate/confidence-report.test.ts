import { expect, test } from 'vitest';
import { confidenceReport } from '../../src/aggregate/confidence-report.ts';
import { createRandom } from '../../src/aggregate/random.ts';
import { pairRow, pointRow } from './report-rows.ts';

const pairwise = { mode: 'pairwise', resamples: 200 } as const;
const pointwise = { mode: 'pointwise', resamples: 200 } as const;

/** Pairs whose label is as likely as the judge says. */
function calibrated(count: number) {
  const random = createRandom(8);
  return Array.from({ length: count }, (_, row) => {
    const score = random.uniform();
    const label = random.uniform() < score ? 'first' : 'second';
    return pairRow(score > 0.5 ? 'first' : 'second', label, { score, cluster: `prompt ${row}` });
  });
}

test('a calibrated judge is right as often as it says, and more often where it is surer', () => {
  const report = confidenceReport(calibrated(1000), pairwise);
  expect(report?.rows).toBe(1000);
  expect(report?.reliability).toHaveLength(10);
  for (const { predicted, observed } of report?.reliability ?? []) {
    expect(predicted).toBeGreaterThanOrEqual(0.5);
    expect(Math.abs(predicted - (observed.estimate ?? 0))).toBeLessThan(0.15);
  }
  const accuracies = report?.surest.map(({ accuracy }) => accuracy.estimate ?? 0) ?? [];
  expect(accuracies).toEqual(accuracies.toSorted((left, right) => right - left));
  expect(report?.surest.map(({ kept }) => kept)).toEqual([250, 500, 750, 1000]);
  expect(report?.riskCoverage.at(-1)).toMatchObject({ coverage: 1, answered: 1000 });
  expect(report?.riskCoverage.at(-1)?.risk).toBeCloseTo(1 - (accuracies.at(-1) ?? 0), 12);
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
});

test('rows of one confidence are kept together, and few rows have few bins', () => {
  const rows = Array.from({ length: 12 }, (_, row) =>
    pairRow('first', row < 6 ? 'first' : 'tie', { cluster: `${row}` }),
  );
  const report = confidenceReport(rows, pairwise);
  expect(report?.reliability).toMatchObject([{ count: 12, observed: { estimate: 0.75 } }]);
  expect(report?.surest.every(({ kept, accuracy }) => kept === 12 && accuracy.estimate === 0.5)).toBe(true);
  expect(report?.riskCoverageArea.estimate).toBeCloseTo(0.5, 12);
});

test('one answer: two-valued labels of any scale, from either side of the middle', () => {
  const rows = [
    pointRow(0.9, 5, { cluster: '1' }),
    pointRow(0.2, 1, { cluster: '2' }),
    pointRow(0.6, 1, { cluster: '3' }),
    pointRow(null, 1, { cluster: '4' }),
    pointRow(0.5, null, { cluster: '5' }),
  ];
  const report = confidenceReport(rows, { ...pointwise, labelRange: { min: 1, max: 5 } });
  expect(report?.rows).toBe(3);
  expect(report?.riskCoverage.map(({ threshold, wrong }) => [threshold, wrong])).toEqual([
    [0.9, 0],
    [0.8, 0],
    [0.6, 1],
  ]);
  expect(confidenceReport(rows, pointwise)).toBeNull();
  expect(confidenceReport([pointRow(0.5, 3)], { ...pointwise, labelRange: { min: 1, max: 5 } })).toBeNull();
  expect(confidenceReport([], pairwise)).toBeNull();
});
