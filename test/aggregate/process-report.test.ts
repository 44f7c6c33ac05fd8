import { expect, test } from 'vitest';
import { type ProcessRow, processReport, processRow } from '../../src/aggregate/process-report.ts';
import type { Verdict } from '../../src/schema.ts';

const row = (
  name: string,
  steps: (number | null)[],
  label: (number | null)[] | null,
  more: Partial<ProcessRow> = {},
): ProcessRow => ({ cluster: name, steps, label, outcome: null, unscored: [], ...more });

const rows = [
  row('a', [0.9, 0.8, 0.2], [1, 1, 0], { outcome: 0, group: 'x' }),
  row('b', [0.9, 0.3, 0.4], [1, 1, 0], { outcome: 0, group: 'x' }),
  row('c', [0.9, 0.8], [1, 1], { outcome: 1, group: 'y' }),
  row('d', [0.7, 0.6, 0.9], [1, 1, 1], { outcome: 1, group: 'y' }),
];

test('a report has figures, baselines with gains, step-level AUC, outcome AUC and groups', () => {
  const { counts, figures, baselines, outcome, groups } = processReport(rows);
  expect(counts).toMatchObject({ rows: 4, clusters: 4, labelled: 4, scored: 4, compared: 4, unscored: 0 });
  expect(figures.erroneous).toMatchObject({ estimate: 0.5, n: 2 });
  expect(figures.correct).toMatchObject({ estimate: 1, n: 2 });
  expect(figures.f1.estimate).toBeCloseTo(2 / 3, 12);
  // Labelled wrong: 0.2 and 0.4. Of the nine good ones 0.3 is above one of them, the others above both.
  expect(figures.stepAreaUnderCurve).toMatchObject({ n: 11, clusters: 4 });
  expect(figures.stepAreaUnderCurve.estimate).toBeCloseTo((8 * 2 + 1) / 18, 12);
  expect(baselines.none.figures.location.estimate).toBe(0.5);
  expect(baselines.first.figures.location.estimate).toBe(0);
  expect(baselines.none.gain.estimate).toBeCloseTo(0.25, 12);
  expect(baselines.random.figures.location.estimate).toBeCloseTo((1 / 4 + 1 / 4 + 1 / 3 + 1 / 4) / 4, 12);
  // Both wrong steps are the third; one good step is third as well.
  expect(baselines.earlierSteps.estimate).toBeCloseTo((8 * 2 + 2 * 0.5) / 18, 12);
  expect(outcome?.min.estimate).toBe(1);
  expect(outcome?.last).toMatchObject({ estimate: 1, n: 4 });
  expect(outcome?.fewerSteps.estimate).toBeCloseTo(0.75, 12);
  expect(Object.keys(groups)).toEqual(['x', 'y']);
  expect(groups.x?.figures.f1).toMatchObject({ estimate: null, reason: 'no solution without an error' });
});

test('solutions with an unscored step are counted and left out, even where an error was seen before it', () => {
  const some = [
    ...rows,
    row('e', [0.1, null], [0, null], { unscored: ['context'] }),
    row('f', [0.9], null),
    row('g', [0.9, 0.9], [null, 1]),
  ];
  const { counts, figures, outcome } = processReport(some);
  expect(counts).toMatchObject({
    rows: 7,
    labelled: 6,
    scored: 6,
    compared: 4,
    unscored: 1,
    reasons: { context: 1 },
  });
  expect(counts.unscoredShare.estimate).toBeCloseTo(1 / 7, 12);
  expect(figures.location).toEqual(processReport(rows).figures.location);
  expect(outcome?.min.n).toBe(4);
  expect(processReport([row('f', [0.9], null)])).toMatchObject({ outcome: null, counts: { compared: 0 } });
});

const verdict = (steps: (number | null)[]): Verdict => ({
  sampleId: 's',
  rubricId: 'r',
  mode: 'stepwise',
  responseIds: ['response'],
  score: null,
  winner: null,
  probability: null,
  standardError: null,
  perCriterion: {},
  perObjective: {},
  flipped: null,
  positionLean: null,
  disagreement: null,
  unscored: [],
  steps: steps.map((probability) => ({ probability })),
  judgments: [],
});

test('a row takes steps and outcome from the label, or the outcome alone from a number', () => {
  const own = { ...verdict([0.1, null]), label: { steps: [1, 0], outcome: 0 } };
  expect(processRow(own)).toEqual({
    cluster: 's',
    steps: [0.1, null],
    label: [1, 0],
    outcome: 0,
    unscored: [],
  });
  expect(processRow(own, { label: 1, cluster: 'c', group: 'g' })).toMatchObject({
    cluster: 'c',
    group: 'g',
    label: null,
    outcome: 1,
  });
  expect(processRow(verdict([0.1]))).toMatchObject({ label: null, outcome: null });
});

test('a label of another number of steps, or a word, is an error that names the sample', () => {
  expect(() => processRow(verdict([0.1]), { label: { steps: [1, 0] } })).toThrow(
    'label of sample "s": expected a label for each of 1 steps, got 2',
  );
  expect(() => processRow(verdict([0.1]), { label: 'good' })).toThrow(
    'label of sample "s": expected labels of steps or a number, got "good"',
  );
});
