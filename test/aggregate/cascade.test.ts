import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type StageReading, standCascade } from '../../src/aggregate/cascade.ts';

const reading = fc.record({
  logOdds: fc.oneof(fc.constant(null), fc.double({ min: -30, max: 30, noNaN: true })),
  tie: fc.boolean(),
  barred: fc.boolean(),
});
const threshold = fc.oneof(fc.constant(null), fc.double({ min: 0, max: 30, noNaN: true }));

test('the first stage that is sure enough decides, and never one that is silent, barred or without a threshold', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(reading, threshold), { minLength: 1, maxLength: 4 }), (stages) => {
      const thresholds = stages.map(([, own]) => own);
      const { decided } = standCascade(
        stages.map(([own]) => own),
        { thresholds },
      );
      const sure = stages.map(([{ logOdds, tie, barred }, own]) =>
        logOdds === null || barred || own === null ? false : (tie ? 0 : Math.abs(logOdds)) >= own,
      );
      expect(decided ?? -1).toBe(sure.indexOf(true));
    }),
  );
});

test('exchanging the sides of a pair exchanges every stand and decides at the same stage', () => {
  fc.assert(
    fc.property(
      fc.tuple(reading, reading),
      fc.tuple(threshold, threshold),
      fc.boolean(),
      (readings, thresholds, sum) => {
        const policy = {
          thresholds,
          ...(sum
            ? {
                lines: [
                  { weights: [0.7], intercept: 0 },
                  { weights: [0.5, 1.5], intercept: 0 },
                ],
              }
            : {}),
        };
        const swapped = readings.map(
          (own): StageReading => ({ ...own, logOdds: own.logOdds === null ? null : -own.logOdds }),
        );
        const [one, other] = [standCascade(readings, policy), standCascade(swapped, policy)];
        expect(other.decided).toBe(one.decided);
        for (const [stage, { logOdds }] of one.stands.entries())
          expect((other.stands[stage]?.logOdds ?? 0) + (logOdds ?? 0)).toBeCloseTo(0, 12);
      },
    ),
  );
});

test('a sum adds what earlier stages said; after a silent one a stage speaks for itself', () => {
  const policy = {
    thresholds: [5, 2],
    lines: [
      { weights: [1], intercept: 0 },
      { weights: [1, 2], intercept: 0.5 },
    ],
  };
  expect(standCascade([{ logOdds: 1 }, { logOdds: -1 }], policy)).toEqual({
    decided: null,
    stands: [
      { logOdds: 1, confidence: 1, tie: false },
      { logOdds: -0.5, confidence: 0.5, tie: false },
    ],
  });
  expect(standCascade([{ logOdds: null }, { logOdds: -3 }], policy)).toMatchObject({
    decided: 1,
    stands: [{ confidence: null }, { logOdds: -3, confidence: 3 }],
  });
});

test('bad policies and readings are errors', () => {
  expect(() => standCascade([], { thresholds: [] })).toThrow(/at least one stage/);
  expect(() => standCascade([], { thresholds: [-1] })).toThrow(/from 0 up/);
  expect(() => standCascade([{ logOdds: 1 }, { logOdds: 1 }], { thresholds: [1] })).toThrow(
    /at most 1 stages/,
  );
  expect(() => standCascade([{ logOdds: Number.NaN }], { thresholds: [1] })).toThrow(/finite/);
  expect(() => standCascade([], { thresholds: [1], lines: [{ weights: [1, 2], intercept: 0 }] })).toThrow(
    /1 finite weights/,
  );
});
