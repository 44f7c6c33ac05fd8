import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contestOf, createShortlist } from '../../src/report/contested.ts';
import type { Verdict } from '../../src/schema.ts';

const verdict = (of: Partial<Verdict>): Verdict => ({
  sampleId: 's',
  rubricId: 'r',
  mode: 'pairwise',
  responseIds: ['a', 'b'],
  score: 0.9,
  winner: 'a',
  probability: 0.9,
  standardError: null,
  perCriterion: {},
  perObjective: {},
  flipped: false,
  positionLean: 0,
  disagreement: null,
  unscored: [],
  judgments: [],
  ...of,
});

test('the shortlist holds what a sort would put first, the first come of equals', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(5)), fc.nat(8), (weights, most) => {
      const shortlist = createShortlist<number>(most);
      for (const [place, weight] of weights.entries()) shortlist.add(weight, () => place);
      const sorted = [...weights.keys()].toSorted(
        (left, right) => (weights[right] ?? 0) - (weights[left] ?? 0),
      );
      expect(shortlist.entries()).toEqual(sorted.slice(0, most));
    }),
  );
});

test('a sure verdict against its label, flipped orders and a split panel are contested; no score is not', () => {
  expect(contestOf(verdict({}), 'first')).toMatchObject({ flipped: 0, againstLabel: 0 });
  expect(contestOf(verdict({}), 'second')?.againstLabel).toBeCloseTo(0.9);
  expect(contestOf(verdict({}), 'tie')?.againstLabel).toBeCloseTo(0.4);
  expect(contestOf(verdict({ score: 0.5, flipped: true, disagreement: 0.3 }), undefined)).toEqual({
    uncertain: 1,
    flipped: 1,
    disagreement: 0.3,
    againstLabel: 0,
    total: 2.3,
  });
  expect(contestOf(verdict({ mode: 'pointwise', winner: null, score: 0.2 }), 1)?.againstLabel).toBeCloseTo(
    0.8,
  );
  expect(contestOf(verdict({ score: null, winner: null }), 'first')).toBeNull();
});
