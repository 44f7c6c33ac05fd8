import { expect, test } from 'vitest';
import { scoreAgreement } from '../../src/aggregate/score-agreement.ts';
import { expectNear, golden } from './golden.ts';

const names = (count: number) => Array.from({ length: count }, (_, row) => `prompt ${row}`);

test('levels of a known range are compared like scikit-learn compares them', () => {
  for (const { left, right, nominal, quadratic } of golden.kappas.filter(
    ({ left }) => new Set(left).size > 2,
  )) {
    const range = { min: Math.min(...left, ...right), max: Math.max(...left, ...right) };
    // Scores that round to the levels.
    const scores = left.map((value, row) => value + (row % 2 === 0 ? 0.49 : -0.5));
    const figures = scoreAgreement(scores, right, names(left.length), { range, resamples: 100 });
    expectNear(figures.kappa.estimate, nominal);
    expectNear(figures.quadraticKappa.estimate, quadratic);
    expectNear(
      figures.accuracy.estimate,
      left.filter((value, row) => value === right[row]).length / left.length,
    );
    expect(figures.areaUnderCurve).toMatchObject({ estimate: null, reason: 'the labels are not two-valued' });
    expect(figures.absoluteError.estimate).toBeGreaterThan(0);
  }
});

test('two-valued labels have accuracy at the middle and an area under the curve', () => {
  for (const { probabilities, events, areaUnderCurve } of golden.probabilities) {
    const labels = events.map((event) => (event ? 4 : 2));
    const scores = probabilities.map((probability) => 2 + 2 * probability);
    const figures = scoreAgreement(scores, labels, names(labels.length), {
      range: { min: 2, max: 4 },
      resamples: 100,
    });
    expectNear(figures.areaUnderCurve.estimate, areaUnderCurve);
    const hits = probabilities.filter((probability, row) => probability >= 0.5 === events[row]);
    expectNear(figures.accuracy.estimate, hits.length / events.length);
  }
});

test('what a scale does not allow is undefined with a reason, and labels off the scale are an error', () => {
  const clusters = names(4);
  const unknown = scoreAgreement([0.1, 0.4, 0.6, 0.9], [1, 2, 7, 9], clusters);
  expect(unknown.spearman.estimate).toBe(1);
  for (const name of ['absoluteError', 'accuracy', 'kappa', 'quadraticKappa', 'areaUnderCurve'] as const) {
    expect(unknown[name]).toMatchObject({
      estimate: null,
      n: 4,
      clusters: 4,
      reason: expect.stringContaining('not known'),
    });
  }
  const fractions = scoreAgreement([0.1, 0.4, 0.6, 0.9], [0, 0.5, 0.5, 1], clusters, {
    range: { min: 0, max: 1 },
  });
  expect(fractions.absoluteError.estimate).toBeCloseTo(0.1, 12);
  expect(fractions.accuracy).toMatchObject({
    estimate: null,
    reason: 'the labels have no levels to round to',
  });
  expect(() => scoreAgreement([1], [6], ['a'], { range: { min: 1, max: 5 } })).toThrow(
    'expected labels from 1 to 5, got 6',
  );
  expect(() => scoreAgreement([1], [1], ['a'], { range: { min: 5, max: 1 } })).toThrow(
    'expected a label range with min below max',
  );
});
