import { expect, test } from 'vitest';
import { upperBound } from '../../src/aggregate/beta.ts';
import { fitCascade } from '../../src/aggregate/cascade-fit.ts';
import { JurorError } from '../../src/errors.ts';
import { outcomeOf, simulate } from './cascade-simulation.ts';

const repetitions = 120;

test('fitted thresholds keep the stated error on fresh rows as often as stated, and cost less than the judge', () => {
  const most = 0.15;
  const fresh = simulate({ rows: 6000, seed: 999_983 });
  let [broken, certified, tokens, coverage] = [0, 0, 0, 0];
  for (let seed = 0; seed < repetitions; seed++) {
    const fit = fitCascade(
      simulate({ rows: 600, seed }),
      { kind: 'error', most },
      { confidence: 0.9, seed, levels: 10, holdout: 0 },
    );
    if (fit.policy === null) continue;
    certified++;
    expect(fit.bound).toBeLessThanOrEqual(most);
    const outcome = outcomeOf(fresh, fit.policy);
    // 6,000 rows know the true error to half a point.
    if (outcome.error > most) broken++;
    tokens += outcome.tokens;
    coverage += outcome.coverage;
  }
  // A promise broken with probability 0.1 is broken in 120 trials at most 19 times but once in a hundred.
  expect(broken).toBeLessThanOrEqual(19);
  expect(certified).toBeGreaterThan(0.95 * repetitions);
  expect(tokens / certified).toBeLessThan(800);
  expect(coverage / certified).toBeGreaterThan(0.9);
});

test('a head that knows nothing makes the cascade spend all', () => {
  const nothing = { head: 0, accuracy: 0.92 };
  const fresh = simulate({ rows: 3000, seed: 999_983, ...nothing });
  let [spent, fits] = [0, 0];
  for (let seed = 0; seed < 8; seed++) {
    const rows = simulate({ rows: 2400, seed, ...nothing });
    const fit = fitCascade(rows, { kind: 'error', most: 0.1 }, { seed, levels: 10 });
    if (fit.policy === null) continue;
    fits++;
    const { tokens, byHead, coverage } = outcomeOf(fresh, fit.policy);
    spent += tokens;
    // Coins may be mixed in only as far as the judge is better than was asked for.
    expect(byHead).toBeLessThan(0.02 / 0.42 + 0.02);
    expect(coverage).toBe(1);
  }
  expect(fits).toBeGreaterThan(4);
  // 1,100 is what asking everybody about everything costs.
  expect(spent / fits).toBeGreaterThan(1080);
});

test('against the judge, agreement is kept within the margin, at a lower cost, and nothing is left to people', () => {
  const fresh = simulate({ rows: 6000, seed: 999_983, accuracy: 0.9 });
  let [broken, fits, spent] = [0, 0, 0];
  for (let seed = 0; seed < 40; seed++) {
    const fit = fitCascade(
      simulate({ rows: 600, seed }),
      { kind: 'judge', margin: 0.05 },
      { seed, levels: 10, holdout: 0, confidence: 0.9 },
    );
    if (fit.policy === null) continue;
    fits++;
    const { error, coverage, tokens } = outcomeOf(fresh, fit.policy);
    expect(coverage).toBe(1);
    spent += tokens;
    if (error > 0.1 + 0.05) broken++;
  }
  expect(fits).toBeGreaterThan(36);
  expect(broken).toBeLessThanOrEqual(8);
  expect(spent / fits).toBeLessThan(900);
});

test('summed log-odds are more often right than either stage, and their weights are the true ones', () => {
  const rows = simulate({ rows: 3000, seed: 5, accuracy: 0.8 });
  const fit = fitCascade(rows, { kind: 'error', most: 0.2 }, { combine: 'sum', seed: 1 });
  if (fit.policy === null) throw new Error(fit.reason);
  const [head, both] = fit.policy.lines ?? [];
  // Independent witnesses whose log-odds are true add up with weights of 1.
  expect(head?.weights[0]).toBeCloseTo(1, 0);
  expect(both?.weights[0]).toBeGreaterThan(0.8);
  expect(both?.weights[0]).toBeLessThan(1.2);
  expect(both?.weights[1]).toBeGreaterThan(0.8);
  expect(both?.weights[1]).toBeLessThan(1.2);
  expect(both?.intercept).toBe(0);
  const alone = (stage: number) =>
    outcomeOf(fresh, { thresholds: [0, 1].map((own) => (own === stage ? 0 : null)) });
  const fresh = simulate({ rows: 6000, seed: 77, accuracy: 0.8 });
  const summed = outcomeOf(fresh, {
    thresholds: [null, 0],
    ...(fit.policy.lines ? { lines: fit.policy.lines } : {}),
  });
  expect(summed.error).toBeLessThan(Math.min(alone(0).error, alone(1).error) - 0.02);
});

test('the three parts share no prompt, the bound is that of Clopper and Pearson, and the same seed gives the same fit', () => {
  const rows = simulate({ rows: 500, seed: 3 });
  const target = { kind: 'error', most: 0.2 } as const;
  const fit = fitCascade(rows, target, { seed: 4 });
  const { learn, test: tested, held } = fit.clusters;
  expect(new Set([...learn, ...tested, ...held]).size).toBe(learn.length + tested.length + held.length);
  expect([learn.length, tested.length, held.length]).toEqual([200, 200, 100]);
  if (fit.policy === null) throw new Error(fit.reason);
  expect(fit.bound).toBeCloseTo(upperBound(fit.test.wrong, fit.test.decided, 0.95), 9);
  expect(fitCascade(rows.toReversed(), target, { seed: 4 })).toEqual(fit);
  expect(fitCascade(rows, target, { seed: 5 })).not.toEqual(fit);
});

test('copies of a row are not more evidence', () => {
  const rows = simulate({ rows: 120, seed: 8 });
  const target = { kind: 'error', most: 0.25 } as const;
  const copied = rows.flatMap((row) => [row, row, row, row]);
  const [once, fourfold] = [fitCascade(rows, target), fitCascade(copied, target)];
  if (once.policy === null || fourfold.policy === null) throw new Error('expected thresholds');
  expect(fourfold.bound).toBeGreaterThan(0.9 * once.bound);
});

test('where nothing can be promised there are no thresholds, and few labels are an error', () => {
  const fit = fitCascade(simulate({ rows: 200, seed: 1, head: 0, accuracy: 0.6 }), {
    kind: 'error',
    most: 0.1,
  });
  expect(fit).toMatchObject({ policy: null, reason: expect.stringContaining('0.1 or less') });
  const target = { kind: 'error', most: 0.1 } as const;
  expect(() => fitCascade(simulate({ rows: 20, seed: 1 }), target)).toThrow(/10 prompts or more/);
  expect(() => fitCascade([], target)).toThrow(JurorError);
  for (const most of [0, 1, Number.NaN])
    expect(() => fitCascade(simulate({ rows: 50, seed: 1 }), { kind: 'error', most })).toThrow(
      /an error between/,
    );
});
