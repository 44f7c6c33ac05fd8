import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PairData } from '../../src/head/data.ts';
import { bradleyTerryTerm, robustTarget, smoothedTarget, sortQuantiles } from '../../src/head/loss-terms.ts';
import { completeLoss, type HeadLoss } from '../../src/head/losses.ts';
import { partOf, type TrainingData } from '../../src/head/problem.ts';
import { trainMember } from '../../src/head/train.ts';
import { features, pairs, rankings, scores } from './train-cases.ts';

const rows = 40;
const matrix = features(rows, 4);

function dataFor(loss: HeadLoss, margins = false): TrainingData {
  const part = partOf(loss);
  if (part === 'rankings') return { features: matrix, rankings: rankings(rows, 20) };
  if (part === 'scores') return { features: matrix, scores: scores(rows) };
  return { features: matrix, pairs: pairs(rows, 60, { margins }) };
}

const trained = (loss: HeadLoss, data = dataFor(loss)) =>
  trainMember(data, { loss, l2: 0.02, seed: 1 }).member.weight;

const variants: readonly (readonly [HeadLoss, HeadLoss])[] = [
  [{ kind: 'bradley-terry' }, { kind: 'bradley-terry', labelSmoothing: 0.2 }],
  [{ kind: 'bradley-terry' }, { kind: 'bradley-terry', centering: 0.5 }],
  [{ kind: 'bradley-terry' }, { kind: 'robust', flipRate: 0.2 }],
  [
    { kind: 'robust', flipRate: 0.1 },
    { kind: 'robust', flipRate: 0.2 },
  ],
  [
    { kind: 'robust', flipRate: 0.1 },
    { kind: 'robust', flipRate: 0.1, centering: 0.5 },
  ],
  [{ kind: 'davidson' }, { kind: 'davidson', tieOdds: 5 }],
  [{ kind: 'davidson' }, { kind: 'davidson', centering: 0.5 }],
  [{ kind: 'margin' }, { kind: 'margin', margin: 3 }],
  [{ kind: 'margin' }, { kind: 'margin', power: 2 }],
  [
    { kind: 'margin', power: 2 },
    { kind: 'margin', power: 2, centering: 0.5 },
  ],
  [
    { kind: 'quantile', quantiles: [0.5] },
    { kind: 'quantile', quantiles: [0.6] },
  ],
  [
    { kind: 'quantile', quantiles: [0.5] },
    { kind: 'quantile', quantiles: [0.5], smoothing: 0.5 },
  ],
];

test.each(variants)('a loss reacts to what it takes: %j, %j', (one, other) => {
  const [first, second] = [trained(one), trained(other)];
  expect(second.some((weight, place) => Math.abs(weight - (first[place] ?? 0)) > 1e-3)).toBe(true);
});

const ofPairs: readonly HeadLoss[] = [
  { kind: 'bradley-terry' },
  { kind: 'bradley-terry', labelSmoothing: 0.1, centering: 0.1 },
  { kind: 'robust', flipRate: 0.1 },
  { kind: 'margin' },
  { kind: 'davidson' },
];

test.each(ofPairs)('a loss of pairs reacts to weights, targets and margins, or refuses them: %j', (loss) => {
  const data = dataFor(loss);
  const plain = trained(loss, data);
  const changed = (change: (given: PairData) => PairData) => {
    const weights = trained(loss, { ...data, pairs: change(data.pairs as PairData) });
    return weights.some((weight, place) => Math.abs(weight - (plain[place] ?? 0)) > 1e-4);
  };
  expect(changed((given) => ({ ...given, weight: given.weight.map((_, pair) => 1 + (pair % 5)) }))).toBe(
    true,
  );
  expect(changed((given) => ({ ...given, target: given.target.map((value) => value ** 2) }))).toBe(true);
  const widen = () => changed((given) => ({ ...given, margin: given.margin.map((_, pair) => pair % 3) }));
  if (loss.kind === 'davidson') expect(widen).toThrow(/without margins/);
  else expect(widen()).toBe(true);
});

test('names and options that do not exist are errors, with the nearest', () => {
  const wrong = (loss: object) => () => completeLoss(loss as HeadLoss);
  expect(wrong({ kind: 'bradley-tery' })).toThrow(/did you mean "bradley-terry"/);
  expect(wrong({ kind: 'plackett-luce', centering: 0.01 })).toThrow(/option of plackett-luce \(none\)/);
  expect(wrong({ kind: 'bradley-terry', labelSmothing: 0.1 })).toThrow(/did you mean "labelSmoothing"/);
  expect(wrong({ kind: 'bradley-terry', labelSmoothing: 0.5 })).toThrow(/0 to below 0.5, got 0.5/);
  expect(wrong({ kind: 'robust' })).toThrow(/flipRate: expected .*, got undefined/);
  expect(wrong({ kind: 'quantile', quantiles: [] })).toThrow(/one or more/);
  expect(wrong({ kind: 'quantile', quantiles: [0.5, 0.5] })).toThrow(/rising/);
  expect(wrong({ kind: 'davidson', tieOdds: 0 })).toThrow(/above 0/);
});

const target = fc.double({ min: 0, max: 1, noNaN: true });
const rate = fc.double({ min: 0, max: 0.45, noNaN: true });
const difference = fc.double({ min: -1e4, max: 1e4, noNaN: true });
const margin = fc.double({ min: 0, max: 5, noNaN: true });

test('robust is the inverse of label smoothing, and the mean over flips of the robust loss is the clean loss', () => {
  fc.assert(
    fc.property(target, rate, difference, margin, (p, flip, delta, m) => {
      expect(robustTarget(smoothedTarget(p, flip), flip)).toBeCloseTo(p, 9);
      const lossOf = (value: number) => bradleyTerryTerm(delta, robustTarget(value, flip), m).value;
      const mean = (1 - flip) * lossOf(p) + flip * lossOf(1 - p);
      const clean = bradleyTerryTerm(delta, p, m).value;
      expect(Math.abs(mean - clean)).toBeLessThanOrEqual(1e-9 * (1 + Math.abs(delta) + m));
    }),
  );
});

test('a pair and the same pair with sides swapped have one loss', () => {
  fc.assert(
    fc.property(target, difference, margin, (p, delta, m) => {
      const [one, other] = [bradleyTerryTerm(delta, p, m), bradleyTerryTerm(-delta, 1 - p, m)];
      expect(Math.abs(one.value - other.value)).toBeLessThanOrEqual(1e-9 * (1 + Math.abs(one.value)));
      expect(one.slope).toBeCloseTo(-other.slope, 9);
    }),
  );
});

test('quantiles are read in order, objective by objective', () => {
  const crossed = Float64Array.of(3, 1, 2, 0, 5, 4);
  expect([...sortQuantiles(crossed, 3)]).toEqual([1, 2, 3, 0, 4, 5]);
  expect(crossed[0]).toBe(3);
});
