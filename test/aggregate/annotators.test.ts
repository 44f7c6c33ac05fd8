import fc from 'fast-check';
import { expect, test } from 'vitest';
import { humanCeiling, majority, softLabel, type Votes } from '../../src/aggregate/annotators.ts';
import { expectNear } from './golden.ts';

const votes: fc.Arbitrary<Votes> = fc.dictionary(
  fc.constantFrom('ann', 'bob', 'cy', 'dee'),
  fc.constantFrom('first', 'second', 'tie'),
);

test('a majority is a majority, and a tie stays a tie', () => {
  expect(majority({ ann: 'first', bob: 'second', cy: 'first' })).toEqual({
    labels: ['first'],
    votes: 2,
    total: 3,
  });
  expect(majority({ ann: 'tie', bob: 'first' })).toEqual({ labels: ['first', 'tie'], votes: 1, total: 2 });
  expect(majority({})).toEqual({ labels: [], votes: 0, total: 0 });
});

test('soft labels are shares of the votes that sum to 1; the majority is the largest share', () => {
  fc.assert(
    fc.property(votes, (given) => {
      const shares = softLabel(given, ['first', 'second', 'tie']);
      const { labels, votes: most, total } = majority(given);
      if (shares === null) {
        expect(labels).toEqual([]);
        return;
      }
      expectNear(
        Object.values(shares).reduce((sum, share) => sum + share, 0),
        1,
      );
      const largest = Object.entries(shares).filter(([, share]) => share === most / total);
      expect(largest.map(([label]) => label)).toEqual(labels);
    }),
  );
  expect(softLabel({ ann: 'a', bob: 'b', cy: 'a', dee: 'a' })).toEqual({ a: 0.75, b: 0.25 });
  expect(() => softLabel({ ann: 'c' }, ['a', 'b'])).toThrow('expected a label of a, b, got "c"');
});

test('the human ceiling leaves one out, halves ties and skips what one annotator said alone', () => {
  const items: Votes[] = [
    { ann: 'a', bob: 'a', cy: 'b' }, // ann: others a, b → ½; bob ½; cy: others a → 0
    { ann: 'a', bob: 'a', cy: 'a' }, // all 1
    { ann: 'b', bob: 'a' }, // both 0
    { dee: 'a' },
  ];
  const clusters = ['p', 'q', 'r', 's'];
  const judged = ['a', 'a', null, 'a'];
  const { ceiling, annotators, judge, gap, skipped } = humanCeiling(items, clusters, {
    judged,
    resamples: 200,
  });
  expectNear(ceiling.estimate, (1 / 3 + 1 + 0) / 3);
  expect(ceiling).toMatchObject({ n: 3, clusters: 3 });
  expectNear(annotators.ann?.estimate ?? null, 0.5);
  expectNear(annotators.cy?.estimate ?? null, 0.5);
  expect(annotators.cy).toMatchObject({ n: 2 });
  expect(annotators.dee).toMatchObject({ estimate: null, reason: 'no item has two votes' });
  // The judge against a|b, a|b, a and then a, a, a.
  expectNear(judge?.estimate ?? null, (2 / 3 + 1) / 2);
  expectNear(gap?.estimate ?? null, (2 / 3 + 1) / 2 - (1 / 3 + 1) / 2);
  expect(skipped).toBe(1);
});

test('the ceiling is within [0, 1], 1 when all agree, and knows no order of items', () => {
  fc.assert(
    fc.property(fc.array(votes, { minLength: 1, maxLength: 10 }), (items) => {
      const clusters = items.map((_, row) => `prompt ${row % 4}`);
      const { ceiling, judge, gap } = humanCeiling(items, clusters, { resamples: 20 });
      expect([judge, gap]).toEqual([null, null]);
      const unanimous = items.map((given) =>
        Object.fromEntries(Object.keys(given).map((name) => [name, 'a'])),
      );
      const whole = humanCeiling(unanimous, clusters, { resamples: 20 }).ceiling.estimate;
      if (ceiling.estimate === null) {
        expect(ceiling.reason).toBe('no item has two votes');
        return;
      }
      expectNear(whole, 1);
      const reversed = humanCeiling(items.toReversed(), clusters.toReversed(), { resamples: 20 }).ceiling;
      expectNear(reversed.estimate, ceiling.estimate);
      if (ceiling.low === null) expect(reversed.low).toBeNull();
      else expectNear(reversed.low, ceiling.low);
      expect(ceiling.estimate >= 0 && ceiling.estimate <= 1 + 1e-12).toBe(true);
    }),
    { numRuns: 50 },
  );
});

test('a judge without labels has no figure, and columns must fit', () => {
  const items = [
    { ann: 'a', bob: 'a' },
    { ann: 'a', bob: 'b' },
  ];
  const { judge, gap } = humanCeiling(items, ['p', 'q'], { judged: [null, null] });
  expect(judge?.estimate).toBeNull();
  expect(gap).toMatchObject({ estimate: null, reason: 'the judge labelled no item with two votes' });
  expect(() => humanCeiling(items, ['p'])).toThrow('expected columns of one length, got 2 and 1');
  expect(() => humanCeiling(items, ['p', 'q'], { judged: [] })).toThrow('expected columns of one length');
});
