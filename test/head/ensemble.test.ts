import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandom } from '../../src/aggregate/random.ts';
import { fitEnsemble, memberDeviation, reduceEnsemble } from '../../src/head/ensemble.ts';
import { pairsOf } from './uncertainty-golden.ts';

const cluster = ['a', 'a', 'a', 'b', 'c', 'c', 'd', 'e'];
const pairs = pairsOf(
  cluster.map((_, row) => row),
  cluster.map((_, row) => row + 1),
  {
    weight: cluster.map((_, row) => row + 1),
    cluster,
  },
);
const rankings = {
  orders: [Int32Array.of(0, 1), Int32Array.of(2, 3)],
  weight: Float64Array.of(1, 2),
  cluster: ['a', 'e'],
};
const scores = {
  row: Int32Array.of(0, 1, 2),
  objectives: ['x', 'y'],
  target: Float64Array.of(0, 1, 2, 3, 4, 5),
  weight: Float64Array.of(1, 1, 1),
  cluster: ['b', 'c', 'a'],
};

test('each member has whole prompts, as many as there are, in every part alike', () => {
  const members = fitEnsemble({ pairs, rankings, scores }, (parts, seed) => ({ ...parts, seed }), {
    members: 40,
    seed: 3,
  });
  const draws = new Set<string>();
  for (const { made, seed, unseen } of members) {
    expect(made.seed).toBe(seed);
    const counts = new Map<string, number>();
    for (const [row, name] of made.pairs.cluster.entries()) {
      const left = made.pairs.left[row] ?? -1;
      expect(cluster[left]).toBe(name);
      expect(made.pairs.right[row]).toBe(left + 1);
      const count = (made.pairs.weight[row] ?? 0) / (left + 1);
      expect(counts.get(name) ?? count).toBe(count);
      counts.set(name, count);
    }
    for (const name of counts.keys())
      expect(made.pairs.cluster.filter((one) => one === name)).toHaveLength(
        cluster.filter((one) => one === name).length,
      );
    expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(5);
    expect(unseen).toEqual(['a', 'b', 'c', 'd', 'e'].filter((name) => !counts.has(name)));
    for (const [place, name] of made.rankings.cluster.entries()) {
      const own = rankings.cluster.indexOf(name);
      expect(made.rankings.orders[place]).toBe(rankings.orders[own]);
      expect(made.rankings.weight[place]).toBe((counts.get(name) ?? 0) * (rankings.weight[own] ?? 0));
    }
    for (const [place, name] of made.scores.cluster.entries()) {
      const own = scores.cluster.indexOf(name);
      expect([...made.scores.target.subarray(2 * place, 2 * place + 2)]).toEqual([2 * own, 2 * own + 1]);
      expect(made.scores.weight[place]).toBe(counts.get(name));
    }
    draws.add(JSON.stringify([...counts].sort()));
  }
  expect(draws.size).toBeGreaterThan(20);
  // Each prompt is left out of about (1 − 1/5)⁵, a third.
  const left = members.filter(({ unseen }) => unseen.includes('a')).length;
  expect(left).toBeGreaterThan(5);
  expect(left).toBeLessThan(25);
});

test('the same seed draws the same, whatever order the rows have, and another seed something else', () => {
  const draw = (seed: number) =>
    fitEnsemble({ pairs }, ({ pairs: own }) => [...new Set(own.cluster)].sort(), { seed }).map(
      ({ made }) => made,
    );
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  const turned = { ...pairs, cluster: cluster.toReversed() };
  const other = fitEnsemble({ pairs: turned }, ({ pairs: own }) => [...new Set(own.cluster)].sort(), {
    seed: 1,
  });
  expect(other.map(({ made }) => made)).toEqual(draw(1));
});

const group = fc
  .tuple(fc.integer({ min: 2, max: 5 }), fc.integer({ min: 2, max: 6 }), fc.nat(10_000))
  .map(([members, answers, seed]) => {
    const random = createRandom(seed);
    return Array.from({ length: members }, () =>
      Array.from({ length: answers }, () => random.below(1000) / 8),
    );
  });

test("a member's shift on a prompt moves no cautious score but by the mean of the shifts, and no deviation", () => {
  fc.assert(
    fc.property(
      group,
      fc.array(fc.integer({ min: -64, max: 64 }), { minLength: 5, maxLength: 5 }),
      (members, shifts) => {
        const shifted = members.map((own, member) => own.map((score) => score + (shifts[member] ?? 0)));
        const level = shifts.slice(0, members.length).reduce((sum, shift) => sum + shift, 0) / members.length;
        for (const reducer of [
          { kind: 'worst-case' },
          { kind: 'penalized-mean', lambda: 0.7 },
          { kind: 'mean' },
        ] as const) {
          const [before, after] = [reduceEnsemble(members, reducer), reduceEnsemble(shifted, reducer)];
          for (const [answer, value] of after.entries())
            expect(value).toBeCloseTo((before[answer] ?? 0) + level, 6);
        }
        expect(memberDeviation(shifted, 0, 1)).toBeCloseTo(memberDeviation(members, 0, 1) ?? Number.NaN, 6);
      },
    ),
  );
});

test('uncentred, a shift would pass for doubt: here all members agree, and nothing is taken off', () => {
  const members = [
    [1, 2, 3],
    [11, 12, 13],
    [-9, -8, -7],
  ];
  expect(reduceEnsemble(members, { kind: 'worst-case' })).toEqual([5, 6, 7].map((value) => value - 4));
  expect(reduceEnsemble(members, { kind: 'penalized-mean', lambda: 2 })).toEqual(reduceEnsemble(members));
  expect(memberDeviation(members, 0, 2)).toBe(0);
});

test('the worst case and the penalty are those of the centred members', () => {
  const members = [
    [0, 4],
    [0, 0],
  ];
  // Centred: (−2, 2) and (0, 0), the level 1.
  expect(reduceEnsemble(members, { kind: 'worst-case' })).toEqual([-1, 1]);
  expect(reduceEnsemble(members, { kind: 'penalized-mean', lambda: 1 })[1]).toBeCloseTo(2 - Math.SQRT2, 12);
  expect(memberDeviation(members, 0, 1)).toBeCloseTo(4 / Math.SQRT2, 12);
  expect(memberDeviation([[1, 2]], 0, 1)).toBeNull();
});

test('no members, and members of different length, are errors', () => {
  expect(() => reduceEnsemble([])).toThrow('expected at least one member, got none');
  expect(() => reduceEnsemble([[1, 2], [1]])).toThrow('member 2: expected 2 scores, got 1');
  expect(() => fitEnsemble({ pairs }, () => 0, { members: 0 })).toThrow(
    'expected at least one member, got 0',
  );
  expect(() => fitEnsemble({}, () => 0)).toThrow('expected prompts to train on, got none');
});
