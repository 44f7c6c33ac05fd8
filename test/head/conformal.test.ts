import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandom, type Random } from '../../src/aggregate/random.ts';
import { abstains, type ConformalUnit, fitConformal } from '../../src/head/conformal.ts';
import { golden } from './uncertainty-golden.ts';

test('thresholds are the order statistics of numpy, by pair and by prompt', () => {
  for (const { probabilities, targets, clusters, errorRate, ...expected } of golden.conformal)
    for (const unit of ['pairs', 'prompts'] as const)
      expect(fitConformal(probabilities, targets, clusters, { errorRate, unit }).threshold).toBe(
        expected[unit],
      );
  expect(golden.conformal.some(({ prompts }) => prompts === 1)).toBe(true);
});

test('the rank is of n + 1, so that nine pairs are needed for one error in ten, and eight decide nothing', () => {
  const fitWith = (size: number) => {
    const probabilities = Array.from({ length: size }, (_, pair) => 0.9 - 0.05 * pair);
    return fitConformal(
      probabilities,
      probabilities.map(() => 1),
      probabilities.map(String),
      { errorRate: 0.1 },
    );
  };
  expect(fitWith(8).threshold).toBe(1);
  expect(fitWith(9).threshold).toBeCloseTo(0.5, 12);
  expect(fitWith(9)).toMatchObject({ pairs: 9, prompts: 9, ties: 0, unit: 'prompts' });
});

const sample = fc.array(
  fc.record({
    probability: fc.double({ min: 0, max: 1, noNaN: true }),
    left: fc.boolean(),
    prompt: fc.nat(5),
  }),
  { minLength: 1, maxLength: 40 },
);

test('with one pair in each prompt all three rules are one', () => {
  fc.assert(
    fc.property(sample, fc.double({ min: 0.01, max: 0.99, noNaN: true }), (rows, errorRate) => {
      const found = (['prompts', 'one-per-prompt', 'pairs'] as const).map(
        (unit) =>
          fitConformal(
            rows.map(({ probability }) => probability),
            rows.map(({ left }) => (left ? 1 : 0)),
            rows.map((_, row) => `${row}`),
            { errorRate, unit },
          ).threshold,
      );
      expect(new Set(found).size).toBe(1);
    }),
  );
});

test('neither the order of pairs nor which answer is left matters, and a smaller rate decides no more', () => {
  fc.assert(
    fc.property(sample, (rows) => {
      const fitWith = (of: typeof rows, errorRate = 0.2) =>
        fitConformal(
          of.map(({ probability }) => probability),
          of.map(({ left }) => (left ? 1 : 0)),
          of.map(({ prompt }) => `${prompt}`),
          { errorRate },
        ).threshold;
      expect(fitWith(rows.toReversed())).toBe(fitWith(rows));
      const turned = rows.map((row) => ({ ...row, probability: 1 - row.probability, left: !row.left }));
      expect(fitWith(turned)).toBeCloseTo(fitWith(rows), 12);
      expect(fitWith(rows, 0.1)).toBeGreaterThanOrEqual(fitWith(rows, 0.3));
    }),
  );
});

test('pairs without a better answer are left out and counted; a pair at one half is never decided', () => {
  const fitted = fitConformal([0.9, 0.8, 0.7, 0.6], [1, 0.5, 1, 0.7], ['a', 'b', 'c', 'd'], {
    errorRate: 0.5,
  });
  expect(fitted).toMatchObject({ pairs: 3, ties: 1 });
  expect(fitted.threshold).toBeCloseTo(0.3, 12);
  expect(abstains(fitted, 0.5)).toBe(true);
  expect(abstains(fitted, 0.51)).toBe(false);
  expect(abstains({ threshold: 0.8 }, 0.8)).toBe(true);
  expect(abstains({ threshold: 0.8 }, 0.15)).toBe(false);
  expect(abstains({ threshold: 1 }, 1)).toBe(true);
});

interface Pair {
  readonly probability: number;
  readonly left: boolean;
}

/** Prompts that are easy or hard as a whole, in which the head errs together; its probabilities promise too much. */
function drawPrompt(random: Random, pairs: number): Pair[] {
  const hard = random.uniform() < 0.35;
  return Array.from({ length: pairs }, () => {
    const logOdds = 1.5 * random.normal();
    const left = random.uniform() < 1 / (1 + Math.exp(-(hard ? -0.6 : 1.2) * logOdds));
    return { probability: 1 / (1 + Math.exp(-2.5 * logOdds)), left };
  });
}

/** The share of new pairs, one of each new prompt, that are decided wrongly, over many calibration sets. */
function errorOf(unit: ConformalUnit, options: { prompts: number; repetitions: number; off?: number }) {
  const random = createRandom(23);
  let [wrong, decided, total] = [0, 0, 0];
  for (let repetition = 0; repetition < options.repetitions; repetition++) {
    const prompts = Array.from({ length: options.prompts }, () =>
      drawPrompt(random, random.uniform() < 0.5 ? 1 : 12),
    );
    const rows = prompts.flatMap((pairs, prompt) => pairs.map((pair) => ({ ...pair, prompt })));
    const fitted = fitConformal(
      rows.map(({ probability }) => probability),
      rows.map(({ left }) => (left ? 1 : 0)),
      rows.map(({ prompt }) => `${prompt}`),
      { errorRate: 0.1, unit, seed: repetition },
    );
    const threshold = fitted.threshold - (options.off ?? 0);
    for (let trial = 0; trial < 10; trial++) {
      const [pair] = drawPrompt(random, 1);
      if (!pair) continue;
      total++;
      if (abstains({ threshold }, pair.probability)) continue;
      decided++;
      if (pair.probability > 0.5 !== pair.left) wrong++;
    }
  }
  return {
    rate: wrong / total,
    answered: decided / total,
    slack: 4 * Math.sqrt((0.1 * 0.9) / options.repetitions / 3),
  };
}

test('over calibration sets the rate of wrong decisions is held, prompt by prompt, and not given away', () => {
  for (const unit of ['prompts', 'one-per-prompt'] as const) {
    const { rate, answered, slack } = errorOf(unit, { prompts: 40, repetitions: 400 });
    expect(rate).toBeLessThan(0.1 + slack);
    expect(rate).toBeGreaterThan(0.1 - 3 * slack);
    expect(answered).toBeGreaterThan(0.2);
  }
});

test('the simulation can fail: a threshold that is a little too low, or plain confidence, breaks the rate', () => {
  const { rate, slack } = errorOf('prompts', { prompts: 40, repetitions: 400, off: 0.08 });
  expect(rate).toBeGreaterThan(0.1 + slack);
  const random = createRandom(3);
  const fresh = Array.from({ length: 4000 }, () => drawPrompt(random, 1)[0] as Pair);
  const naive = fresh.filter(
    ({ probability, left }) => Math.max(probability, 1 - probability) > 0.9 && probability > 0.5 !== left,
  );
  expect(naive.length / fresh.length).toBeGreaterThan(0.1);
});

test('what is no calibration set is an error', () => {
  expect(() => fitConformal([0.5], [1], ['a'], { errorRate: 0 })).toThrow(
    'expected an error rate between 0 and 1, got 0',
  );
  expect(() => fitConformal([1.5], [1], ['a'], { errorRate: 0.1 })).toThrow(
    'pair 1: expected a probability, got 1.5',
  );
  expect(() => fitConformal([0.5], [2], ['a'], { errorRate: 0.1 })).toThrow(
    'pair 1: expected a target from 0 to 1, got 2',
  );
  expect(() => fitConformal([0.5], [1], [], { errorRate: 0.1 })).toThrow(
    'clusters: expected 1 entries, got 0',
  );
});
