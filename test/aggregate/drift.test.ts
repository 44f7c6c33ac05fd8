import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  correlationGrowth,
  labelAgreement,
  labelFigures,
  lengthCorrelation,
  type NewLabel,
} from '../../src/aggregate/drift.ts';
import { defaultGuardLimits, guardHead, guardLabels } from '../../src/aggregate/drift-guards.ts';
import { undefinedFigure } from '../../src/aggregate/interval.ts';

const label = (changed: Partial<NewLabel> = {}, row = 0): NewLabel => ({
  probability: 0.8,
  chosenLength: 10,
  rejectedLength: 10,
  cluster: `prompt ${row}`,
  chosenFirst: null,
  ...changed,
});
const labels = (count: number, make: (row: number) => Partial<NewLabel>) =>
  Array.from({ length: count }, (_, row) => label(make(row), row));
const nothing = undefinedFigure('nothing was judged');
const refusing = (given: readonly NewLabel[], changed = {}) =>
  guardLabels(
    { ...labelFigures(given), orderConsistency: nothing, agreement: null, ...changed },
    defaultGuardLimits,
  )
    .filter(({ refused }) => refused)
    .map(({ guard }) => guard);

test('each guard of labels refuses what it is there for, and nothing else', () => {
  const fine = labels(40, (row) => ({
    chosenLength: 10 + (row % 2),
    rejectedLength: 10.5,
    chosenFirst: row % 2 === 0,
  }));
  expect(refusing(fine)).toEqual([]);
  expect(refusing(fine.map((one) => ({ ...one, chosenLength: 20 })))).toEqual(['chosen-longer']);
  expect(refusing(fine.map((one) => ({ ...one, chosenLength: 2 })))).toEqual(['chosen-longer']);
  expect(refusing(fine.map((one) => ({ ...one, probability: 1 - 1e-6 })))).toEqual(['label-entropy']);
  expect(refusing(fine.map((one) => ({ ...one, chosenFirst: true })))).toEqual(['label-balance']);
  const few = { estimate: 0.3, low: 0.2, high: 0.4, n: 40, clusters: 40 };
  expect(refusing(fine, { orderConsistency: few })).toEqual(['order-consistency']);
  const flipped = labelAgreement(
    fine.map(({ probability }) => 1 - probability),
    fine.map(() => 2),
    fine.map(({ cluster }) => cluster),
  );
  expect(refusing(fine, { agreement: flipped })).toEqual(['agreement']);
});

test('a guard does not speak on few labels, says so, and is silent when off', () => {
  const few = labels(5, () => ({ chosenLength: 20 }));
  const evidence = { ...labelFigures(few), orderConsistency: nothing, agreement: null };
  const [first, second] = guardLabels(evidence, defaultGuardLimits);
  expect(first).toMatchObject({
    value: null,
    refused: false,
    message: 'not checked: 5 labels, fewer than 20',
  });
  expect(second?.message).toBe('not checked: no such labels');
  const off = guardLabels(
    { ...labelFigures(labels(40, () => ({ chosenLength: 20 }))), orderConsistency: nothing, agreement: null },
    { ...defaultGuardLimits, chosenLonger: null },
  );
  expect(off[0]).toMatchObject({ limit: null, refused: false, message: 'off' });
});

test('agreement is 1 where labels are as the head says, −1 where all are turned round, 0 at ½', () => {
  const differences = fc.array(fc.double({ min: -8, max: 8, noNaN: true }), { minLength: 2, maxLength: 30 });
  fc.assert(
    fc.property(differences, (given) => {
      fc.pre(given.some((value) => Math.abs(value) > 0.01));
      const clusters = given.map((_, row) => `prompt ${row}`);
      const ratio = (targets: readonly number[]) => labelAgreement(targets, given, clusters)?.ratio.estimate;
      const promised = given.map((value) => 1 / (1 + Math.exp(-value)));
      expect(ratio(promised)).toBeCloseTo(1, 9);
      expect(ratio(promised.map((value) => 1 - value))).toBeCloseTo(-1, 9);
      expect(ratio(promised.map(() => 0.5))).toBeCloseTo(0, 9);
    }),
    { numRuns: 25 },
  );
});

test('the correlation with length is within prompts: a shift of a prompt changes nothing, and single answers say nothing', () => {
  const scores = [1, 2, 5, 3];
  const lengths = [10, 30, 300, 100];
  const clusters = ['a', 'a', 'b', 'b'];
  expect(lengthCorrelation(scores, lengths, clusters).estimate).toBeGreaterThan(0.9);
  const shifted = scores.map((score, row) => (clusters[row] === 'b' ? score - 100 : score));
  expect(lengthCorrelation(shifted, lengths, clusters)).toEqual(lengthCorrelation(scores, lengths, clusters));
  expect(lengthCorrelation([...scores, 9], [...lengths, 1], [...clusters, 'c'])).toEqual(
    lengthCorrelation(scores, lengths, clusters),
  );
  expect(lengthCorrelation([1], [1], ['a'])).toMatchObject({
    estimate: null,
    reason: 'no prompt has two answers',
  });
});

test('a correlation grows towards longer answers or away from zero', () => {
  expect(correlationGrowth(0.5, 0.1)).toBeCloseTo(0.4, 12);
  expect(correlationGrowth(0, -0.5)).toBeCloseTo(0.5, 12);
  expect(correlationGrowth(-0.5, 0.1)).toBeCloseTo(0.4, 12);
  expect(correlationGrowth(0.1, 0.5)).toBeLessThan(0);
});

test('guards of a head: probes that fall and lengths that count more refuse it; nothing to compare with does not', () => {
  const calm = { now: { estimate: 0.1 }, base: 0.1 };
  const figure = (estimate: number, high: number) => ({
    estimate,
    low: estimate - 0.1,
    high,
    n: 100,
    clusters: 100,
  });
  const found = (changed: object) =>
    guardHead(
      { accuracy: figure(0.9, 0.95), probes: figure(0, 0.1), anchors: calm, pool: calm, ...changed },
      defaultGuardLimits,
    )
      .filter(({ refused }) => refused)
      .map(({ guard }) => guard);
  expect(found({})).toEqual([]);
  expect(found({ probes: figure(-0.3, -0.1) })).toEqual(['probes']);
  expect(found({ probes: figure(-0.3, 0.1) })).toEqual([]);
  expect(found({ anchors: { now: { estimate: 0.5 }, base: 0.1 } })).toEqual(['length-anchors']);
  expect(found({ pool: { now: { estimate: 0.5 }, base: 0.1 } })).toEqual(['length-pool']);
  expect(found({ probes: null, anchors: { ...calm, base: null } })).toEqual([]);
  // Without a head before, a coin is what there is to compare with.
  expect(found({ accuracy: figure(0.1, 0.2) })).toEqual([]);
  expect(found({ probes: null, accuracy: figure(0.1, 0.49) })).toEqual(['probes']);
  expect(found({ probes: null, accuracy: figure(0.4, 0.5) })).toEqual([]);
  expect(found({ probes: null, accuracy: { ...figure(0, 0), clusters: 5 } })).toEqual([]);
});
