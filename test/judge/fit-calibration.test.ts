import { expect, test } from 'vitest';
import { fitPlatt } from '../../src/aggregate/calibration.ts';
import { calibrationEstimators } from '../../src/aggregate/calibration-error.ts';
import { logOdds } from '../../src/aggregate/logits.ts';
import { estimate } from '../../src/aggregate/statistic.ts';
import { fitCalibration } from '../../src/judge/fit-calibration.ts';
import { Calibration } from '../../src/schema.ts';
import { dataOf, pairRows, subject } from './calibration-support.ts';

test('an over-confident judge gets its temperature, and better figures on prompts it was not fitted on', () => {
  const rows = pairRows(800, 0.3);
  const { calibration, reliability } = fitCalibration(dataOf(rows), subject);
  expect(Calibration.parse(calibration)).toEqual(calibration);
  expect(calibration.kind).toBe('temperature');
  expect(1 / calibration.parameters.slope).toBeGreaterThan(2.5);
  expect(1 / calibration.parameters.slope).toBeLessThan(4.5);
  const { before, after, change, folds, bins } = calibration.crossValidation;
  expect({ folds, bins }).toEqual({ folds: 5, bins: 10 });
  expect(calibration.data).toMatchObject({ n: 800, clusters: 400 });
  expect(before.calibrationError.estimate).toBeGreaterThan(0.15);
  expect(after.calibrationError.estimate).toBeLessThan(0.07);
  for (const figure of [change.logLoss, change.brier, change.calibrationError])
    expect(figure.high).toBeLessThan(0);
  const labels = rows.map(({ label }) => label);
  const raw = calibrationEstimators(
    rows.map(({ score }) => score),
    labels,
    { pairs: true },
  );
  expect(before.calibrationError.estimate).toBe(estimate(raw.calibrationError).value);
  expect(before.logLoss.estimate).toBeCloseTo(estimate(raw.logLoss).value ?? 0, 12);
  expect(reliability.before).toHaveLength(10);
  expect(reliability.before.every(({ low }) => low >= 0.5)).toBe(true);
  expect(reliability.after.reduce((sum, { count }) => sum + count, 0)).toBe(800);
});

test('the figures after are of folds that were not fitted on: labels of pure chance gain nothing', () => {
  const rows = pairRows(60, 0).map((row, index) => ({ ...row, cluster: `prompt-${index}` }));
  const { calibration } = fitCalibration(dataOf(rows), subject, { kind: 'platt' });
  expect(calibration.crossValidation.after.logLoss.estimate).toBeGreaterThan(Math.LN2 - 0.001);
});

test('neither the order of rows nor of the two answers moves anything', () => {
  const rows = pairRows(90, 0.5);
  const fitted = fitCalibration(dataOf(rows), subject);
  expect(fitCalibration(dataOf(rows.toReversed()), subject)).toEqual(fitted);
  const swapped = rows.map((row) => ({ ...row, score: 1 - row.score, label: 1 - row.label }));
  const other = fitCalibration(dataOf(swapped), subject).calibration;
  expect(other.parameters.intercept).toBe(0);
  expect(other.parameters.slope).toBeCloseTo(fitted.calibration.parameters.slope, 9);
  expect(other.data.digest).not.toBe(fitted.calibration.data.digest);
  const seeded = fitCalibration(dataOf(rows), subject, { seed: 1 }).calibration;
  expect(seeded.parameters).toEqual(fitted.calibration.parameters);
  expect(seeded.crossValidation.after.brier.low).not.toBe(fitted.calibration.crossValidation.after.brier.low);
});

test('single answers get a shift with platt; soft labels count', () => {
  const pointwise = { ...subject, mode: 'pointwise' as const };
  const rows = pairRows(500, 0.5, 2, -1);
  const data = dataOf(rows, { labelRange: { min: 1, max: 5 } });
  const { calibration } = fitCalibration(data, pointwise, { kind: 'platt', bins: 4 });
  expect(calibration.parameters.intercept).toBeLessThan(-0.5);
  expect(calibration.labelRange).toEqual({ min: 1, max: 5 });
  expect(calibration.crossValidation.bins).toBe(4);
  const expected = fitPlatt(
    rows.map(({ score }) => logOdds(score)),
    rows.map(({ label }) => label),
  );
  expect(calibration.parameters.slope).toBeCloseTo(expected.slope, 9);
  const soft = rows.map((row) => ({ ...row, label: 0.25 + row.label / 2 }));
  const flatter = fitCalibration(dataOf(soft), pointwise, { kind: 'platt' }).calibration;
  expect(flatter.parameters.slope).toBeLessThan(calibration.parameters.slope);
  expect(fitCalibration(data, pointwise).calibration.parameters.intercept).toBe(0);
});

test('a judge that is worse than chance: slope 0 with temperature, below 0 with platt', () => {
  const rows = pairRows(200, -0.4);
  expect(fitCalibration(dataOf(rows), subject).calibration.parameters).toEqual({ slope: 0, intercept: 0 });
  expect(fitCalibration(dataOf(rows), subject, { kind: 'platt' }).calibration.parameters.slope).toBeLessThan(
    -0.2,
  );
});

test('scores of exactly 0 and 1, and labels that they separate, give a finite calibration', () => {
  const rows = pairRows(40, 1).map((row, index) => ({ ...row, score: index % 2, label: index % 2 }));
  const { slope } = fitCalibration(dataOf(rows), subject).calibration.parameters;
  expect(slope).toBeCloseTo(Math.log(41) / 30, 9);
});

test('too few labels, one prompt and labels of one kind are errors with the reason', () => {
  const few = pairRows(6, 1);
  expect(() => fitCalibration(dataOf(few, { verdicts: 9, unlabelled: 2, unscored: 1 }), subject)).toThrow(
    "expected at least 10 labelled verdicts of 'better-answer' to calibrate on, got 6 (9 verdicts, 2 without a label, 1 without a score)",
  );
  const one = pairRows(20, 1).map((row) => ({ ...row, cluster: 'the same' }));
  expect(() => fitCalibration(dataOf(one), subject)).toThrow('expected verdicts of several prompts');
  const same = pairRows(20, 1).map((row) => ({ ...row, label: 1 }));
  expect(() => fitCalibration(dataOf(same), { ...subject, mode: 'pointwise' })).toThrow(
    'expected labels of both kinds, got 1 in every row',
  );
  expect(fitCalibration(dataOf(same), subject).calibration.parameters.intercept).toBe(0);
});

test('a fold whose rest cannot be fitted leaves figures after undefined, with the reason', () => {
  const rows = pairRows(20, 1).map((row, index) => ({ ...row, label: Number(index < 2) }));
  const { calibration, reliability } = fitCalibration(dataOf(rows), { ...subject, mode: 'pointwise' });
  expect(calibration.crossValidation.after.brier).toMatchObject({
    estimate: null,
    low: null,
    reason: 'without one of 5 folds of prompts: expected labels of both kinds, got 0 in every row',
  });
  expect(calibration.crossValidation.before.brier.estimate).not.toBeNull();
  expect(reliability.after).toEqual([]);
  expect(Calibration.parse(calibration)).toEqual(calibration);
});
