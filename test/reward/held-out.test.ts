import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type PairColumns, pairsHeldOut } from '../../src/reward/held-out-pairs.ts';
import { scoresHeldOut } from '../../src/reward/held-out-scores.ts';

const quick = { resamples: 20 };
const answers = (probabilities: readonly number[], abstained = probabilities.map(() => false)) => ({
  probabilities,
  differences: probabilities.map((probability) => probability - 0.5),
  abstained,
});
const rows = fc.array(
  fc.record({
    target: fc.oneof(fc.constantFrom(0, 0.5, 1), fc.double({ min: 0, max: 1, noNaN: true })),
    length: fc.integer({ min: -50, max: 50 }),
    prompt: fc.integer({ min: 0, max: 5 }),
    probability: fc.double({ min: 0.01, max: 0.99, noNaN: true }),
  }),
  { minLength: 4, maxLength: 30 },
);
const columns = (drawn: readonly { target: number; length: number; prompt: number }[]): PairColumns => ({
  targets: drawn.map(({ target }) => target),
  lengths: drawn.map(({ length }) => length),
  clusters: drawn.map(({ prompt }) => String(prompt)),
});

test('swapping the sides of a pair changes no figure', () => {
  fc.assert(
    fc.property(rows, fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }), (drawn, swaps) => {
      const turned = drawn.map(({ target, length, probability, ...row }, index) =>
        swaps[index]
          ? { ...row, target: 1 - target, length: -length, probability: 1 - probability }
          : { ...row, target, length, probability },
      );
      const figures = (own: typeof drawn) =>
        pairsHeldOut(answers(own.map(({ probability }) => probability)), columns(own), columns(drawn), quick);
      const [before, after] = [figures(drawn), figures(turned)];
      for (const name of ['accuracy', 'log-loss', 'brier', 'label-entropy', 'decided-wrong'])
        expect(after.figures[name]?.estimate ?? -1).toBeCloseTo(before.figures[name]?.estimate ?? -1, 9);
      for (const rule of ['longer', 'length-regression'])
        expect(after.baselines[rule]?.accuracy?.estimate).toBe(before.baselines[rule]?.accuracy?.estimate);
    }),
    { numRuns: 40 },
  );
});

test('no probabilities have a log loss below the entropy of soft labels, which the labels themselves reach', () => {
  const held = columns([0.9, 0.6, 0.2, 0.5].map((target, prompt) => ({ target, length: 1, prompt })));
  const of = (probabilities: readonly number[]) =>
    pairsHeldOut(answers(probabilities), held, held, quick).figures;
  const own = of(held.targets);
  expect(own['log-loss']?.estimate).toBeCloseTo(own['label-entropy']?.estimate ?? 0, 12);
  expect(of([0.8, 0.6, 0.2, 0.5])['log-loss']?.estimate).toBeGreaterThan(own['label-entropy']?.estimate ?? 1);
  // The tie has no better answer.
  expect(own.accuracy).toMatchObject({ estimate: 1, n: 3 });
});

test('baselines are what they say', () => {
  const held: PairColumns = { targets: [1, 1, 0, 1], lengths: [5, 5, 5, 0], clusters: ['a', 'b', 'c', 'd'] };
  const training: PairColumns = {
    targets: [1, 1, 1, 0],
    lengths: [4, 3, -2, 1],
    clusters: ['e', 'f', 'g', 'h'],
  };
  const abstained = [false, true, false, true];
  const { baselines, figures, riskCoverage } = pairsHeldOut(
    answers([0.9, 0.4, 0.3, 0.6], abstained),
    held,
    training,
    quick,
  );
  expect(figures.accuracy?.estimate).toBe(0.75);
  expect(figures.decided?.estimate).toBe(0.5);
  expect(figures['decided-wrong']?.estimate).toBe(0);
  // Equal lengths are a miss.
  expect(baselines.longer?.accuracy?.estimate).toBe(0.5);
  expect(baselines.longer).not.toHaveProperty('log-loss');
  expect(baselines.longer?.gain?.estimate).toBe(0.25);
  expect(baselines.constant?.accuracy?.estimate).toBe(0.75);
  expect(baselines.constant?.['log-loss']?.estimate).toBeCloseTo(
    (-3 * Math.log(0.75) - Math.log(0.25)) / 4,
    12,
  );
  expect(baselines['length-regression']?.accuracy?.estimate).toBe(0.5);
  expect(riskCoverage[0]).toEqual({ coverage: 0.25, threshold: 0.9, risk: 0 });
  expect(riskCoverage.at(-1)).toEqual({ coverage: 1, threshold: 0.6, risk: 0.25 });
});

test('a calibration that trusts nothing takes no winner away', () => {
  const held: PairColumns = { targets: [1, 0, 1], lengths: [0, 0, 0], clusters: ['a', 'b', 'c'] };
  const doubtful = {
    probabilities: [0.5, 0.5, 0.5],
    differences: [2, -1, -1],
    abstained: [true, true, true],
  };
  const { figures } = pairsHeldOut(doubtful, held, held, quick);
  expect(figures.accuracy?.estimate).toBeCloseTo(2 / 3, 12);
  expect(figures['log-loss']?.estimate).toBeCloseTo(Math.LN2, 12);
  expect(figures.decided?.estimate).toBe(0);
});

test('a length that separates the training pairs has a finite slope', () => {
  const held: PairColumns = { targets: [1, 0], lengths: [3, -3], clusters: ['a', 'b'] };
  const { baselines } = pairsHeldOut(answers([0.5, 0.5]), held, held, quick);
  expect(baselines['length-regression']?.['log-loss']?.estimate).toBeGreaterThan(0);
  expect(baselines['length-regression']?.['log-loss']?.estimate).toBeLessThan(0.01);
});

test('scores stand beside the mean label and the length; outcomes have probabilities', () => {
  const held = { targets: [0, 1, 1, 0], lengths: [1, 2, 3, 4], clusters: ['a', 'b', 'c', 'd'] };
  const scores = [-2, 1, 3, 0.5];
  const plain = scoresHeldOut(scores, held, held, { outcome: false, ...quick });
  expect(plain.figures.error?.estimate).toBeCloseTo((2 + 0 + 2 + 0.5) / 4, 12);
  expect(plain.baselines.constant?.error?.estimate).toBe(0.5);
  expect(plain.figures).not.toHaveProperty('accuracy');
  const outcome = scoresHeldOut(scores, held, held, { outcome: true, ...quick });
  expect(outcome.figures.accuracy?.estimate).toBe(0.75);
  expect(outcome.figures['area-under-curve']?.estimate).toBe(1);
  expect(outcome.baselines.length?.['area-under-curve']?.estimate).toBe(0.5);
  expect(outcome.baselines.constant).not.toHaveProperty('area-under-curve');
});
