import { expect, test } from 'vitest';
import { createRandom } from '../../src/aggregate/random.ts';
import { confidenceWorths } from '../../src/head/confidence-worth.ts';
import type { PairOpinion } from '../../src/head/opinion.ts';

const opinion = (difference: number, parts: Partial<PairOpinion> = {}): PairOpinion => ({
  difference,
  probability: 1 / (1 + Math.exp(-difference)),
  logOdds: difference,
  deviation: null,
  memberDeviation: null,
  abstain: false,
  distance: null,
  ...parts,
});

test('accuracy at half and four fifths of the pairs, the area, and ties that are left out', () => {
  const opinions = [5, -4, 3, -2, 1, 7].map((difference) => opinion(difference));
  const report = confidenceWorths(opinions, [1, 0, 0, 0, 0, 0.5], ['a', 'b', 'c', 'd', 'e', 'f'], {
    resamples: 200,
  });
  expect(report).toMatchObject({ pairs: 5, ties: 1 });
  expect(report.worths.map(({ confidence }) => confidence)).toEqual(['probability', 'difference']);
  const [own] = report.worths;
  // Right, right, wrong, right, wrong from the surest on.
  expect(own?.surest.map(({ kept, accuracy }) => [kept, accuracy.estimate])).toEqual([
    [3, 2 / 3],
    [4, 3 / 4],
    [5, 3 / 5],
  ]);
  expect(own?.area.estimate).toBeCloseTo((1 / 3 + 1 / 4 + 2 / 5) / 5, 12);
  expect(own?.overNothing.estimate).toBeCloseTo((1 / 3 + 1 / 4 + 2 / 5) / 5 - 2 / 5, 12);
});

test('a deviation that knows where the head errs is worth something, one that is noise is not', () => {
  const random = createRandom(2);
  const size = 400;
  const hard = Array.from({ length: size }, () => random.uniform() < 0.4);
  const opinions = hard.map((own) =>
    opinion(random.normal(), {
      deviation: own ? 2 : 0.5,
      memberDeviation: random.uniform(),
      distance: { distance: 1, quantile: 0.5 },
    }),
  );
  const targets = opinions.map(({ difference }, row) => {
    const right = random.uniform() < (hard[row] ? 0.5 : 0.95);
    return difference > 0 === right ? 1 : 0;
  });
  const { worths } = confidenceWorths(
    opinions,
    targets,
    hard.map((_, row) => `${row >> 1}`),
    { resamples: 200 },
  );
  const of = (name: string) => worths.find(({ confidence }) => confidence === name)?.overNothing;
  expect(of('deviation')?.high).toBeLessThan(0);
  expect(of('member-deviation')?.low).toBeLessThan(0);
  expect(of('member-deviation')?.high).toBeGreaterThan(0);
  expect(of('distance')?.estimate).toBeCloseTo(0, 12);
  expect(of('deviation')?.clusters).toBe(200);
});

test('a pair of which the head thinks nothing is wrong either way, and shares are shares', () => {
  const { worths } = confidenceWorths([opinion(0), opinion(0)], [1, 0], ['a', 'b'], { resamples: 10 });
  expect(worths[0]?.surest.at(-1)?.accuracy.estimate).toBe(0);
  expect(() => confidenceWorths([], [], [], { shares: [0] })).toThrow(
    'expected shares above 0 and up to 1, got 0',
  );
  expect(confidenceWorths([], [], []).worths[0]?.surest).toEqual([]);
});
