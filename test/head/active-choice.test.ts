import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandom, shuffled } from '../../src/aggregate/random.ts';
import { chooseDoubtful, probabilityDeviation } from '../../src/head/active-choice.ts';

const column = (count: number, value: (row: number) => number) =>
  Float64Array.from({ length: count }, (_, row) => value(row));
const names = (count: number, prefix: string) => Array.from({ length: count }, (_, row) => `${prefix}${row}`);

test('the doubt of a probability is the derivative of the logistic times the deviation, even and without overflow', () => {
  for (const difference of [-3, -0.5, 0, 0.7, 4]) {
    const step = 1e-5;
    const logistic = (value: number) => 1 / (1 + Math.exp(-value));
    const slope = (logistic(difference + step) - logistic(difference - step)) / (2 * step);
    expect(probabilityDeviation(difference, 3)).toBeCloseTo(3 * slope, 8);
    expect(probabilityDeviation(-difference, 3)).toBe(probabilityDeviation(difference, 3));
  }
  expect(probabilityDeviation(1e4, 1)).toBe(0);
});

test('the pairs of which the head is least sure come first: large deviations at small differences', () => {
  const head = {
    difference: column(50, (row) => (row % 2 ? 0.1 : 5)),
    deviation: column(50, (row) => 1 + row),
  };
  const candidates = { id: names(50, 'p'), cluster: names(50, 'c'), head };
  const choices = chooseDoubtful(candidates, { count: 5, randomShare: 0 });
  expect(choices.map(({ place }) => place)).toEqual([49, 47, 45, 43, 41]);
  const mixed = chooseDoubtful(candidates, { count: 10, randomShare: 0.2 });
  expect(mixed.map(({ by }) => by)).toEqual([...Array(2).fill('random'), ...Array(8).fill('uncertainty')]);
  expect(chooseDoubtful({ ...candidates, head: null }, { count: 3 }).every(({ by }) => by === 'random')).toBe(
    true,
  );
});

test('at most one pair of a prompt, no place twice, and the order of the candidates decides nothing', () => {
  const rows = fc.array(
    fc.record({
      cluster: fc.nat(5),
      difference: fc.double({ min: -5, max: 5, noNaN: true }),
      deviation: fc.double({ min: 0, max: 5, noNaN: true }),
    }),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(rows, fc.nat(10), fc.nat(100), (given, count, seed) => {
      const numbered = given.map((row, index) => ({ ...row, id: `p${index}` }));
      const choose = (list: typeof numbered) =>
        chooseDoubtful(
          {
            id: list.map(({ id }) => id),
            cluster: list.map(({ cluster }) => String(cluster)),
            head: {
              difference: list.map(({ difference }) => difference),
              deviation: list.map(({ deviation }) => deviation),
            },
          },
          { count, seed },
        ).map(({ place, by }) => [list[place]?.id, by]);
      const found = choose(numbered);
      const clusters = found.map(([id]) => numbered.find((row) => row.id === id)?.cluster);
      expect(new Set(clusters).size).toBe(found.length);
      expect(found.length).toBe(Math.min(count, new Set(given.map(({ cluster }) => cluster)).size));
      expect(choose(shuffled(numbered, createRandom(seed)))).toEqual(found);
    }),
  );
});
