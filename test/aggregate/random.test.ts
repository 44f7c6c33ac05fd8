import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandom, seedFrom } from '../../src/aggregate/random.ts';

const draw = (random: { bits: () => number }, count: number) =>
  Array.from({ length: count }, () => random.bits());

test('xoshiro128** gives the outputs of its authors’ implementation', () => {
  expect(draw(createRandom([1, 2, 3, 4]), 10)).toEqual([
    11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
  ]);
});

test('a seed is expanded by SplitMix64', () => {
  // First outputs of the reference implementation for seed 1234567.
  const words = [6457827717110365317n, 3203168211198807973n].flatMap((word) => [
    Number(word & 0xffffffffn),
    Number(word >> 32n),
  ]) as [number, number, number, number];
  expect(draw(createRandom(1234567), 20)).toEqual(draw(createRandom(words), 20));
  expect(draw(createRandom(0), 4)).not.toEqual(draw(createRandom(1), 4));
  expect(draw(createRandom(-1), 4)).not.toEqual(draw(createRandom(2 ** 32 - 1), 4));
  expect(() => createRandom(0.5)).toThrow('expected an integer seed, got 0.5');
  expect(() => createRandom([0, 0, 0, 0])).toThrow('not all zero');
});

test('draws stay in their range and are spread evenly', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 2 ** 32 }), (seed, limit) => {
      const random = createRandom(seed);
      const [uniform, below] = [random.uniform(), random.below(limit)];
      expect(uniform >= 0 && uniform < 1).toBe(true);
      expect(Number.isInteger(below) && below >= 0 && below < limit).toBe(true);
    }),
  );
  const random = createRandom(7);
  const seen = new Array<number>(6).fill(0);
  for (let index = 0; index < 60_000; index++) {
    const face = random.below(6);
    seen[face] = (seen[face] ?? 0) + 1;
  }
  const chiSquare = seen.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
  expect(chiSquare).toBeLessThan(20.5); // 99.9 % point with 5 degrees of freedom
  for (const limit of [0, -1, 1.5, 2 ** 33, Number.NaN])
    expect(() => random.below(limit)).toThrow('expected a limit');
});

test('normal draws have the moments of the standard normal distribution', () => {
  const random = createRandom(3);
  const draws = Array.from({ length: 40_000 }, random.normal);
  const moment = (power: number) => draws.reduce((sum, value) => sum + value ** power, 0) / draws.length;
  expect(Math.abs(moment(1))).toBeLessThan(0.02);
  expect(Math.abs(moment(2) - 1)).toBeLessThan(0.03);
  expect(Math.abs(moment(4) - 3)).toBeLessThan(0.15);
  expect(draws.every(Number.isFinite)).toBe(true);
});

test('seedFrom depends on every part, its type and its place', () => {
  // The first four bytes of: printf '["run",1]' | sha256sum
  expect(seedFrom('run', 1)).toBe(0xaabe2826);
  const seeds = [
    seedFrom('run', 1),
    seedFrom('run', '1'),
    seedFrom(1, 'run'),
    seedFrom('run1'),
    seedFrom('run', 2),
    seedFrom(),
  ];
  expect(new Set(seeds).size).toBe(seeds.length);
  for (const seed of seeds) expect(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32).toBe(true);
  expect(() => seedFrom('run', Number.NaN)).toThrow('expected finite seed parts, got NaN');
});
