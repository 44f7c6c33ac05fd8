import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cohenKappa, weightedKappa } from '../../src/aggregate/agreement.ts';
import { raterPairs } from '../../src/aggregate/rater-pairs.ts';

const few = { resamples: 50 };

test('each two raters meet on the rows that both rated: words by plain κ, places on a scale by their distance', () => {
  const value = fc.option(fc.constantFrom('first', 'second', 'tie'), { nil: undefined });
  const place = fc.option(fc.constantFrom(0, 0.25, 1), { nil: undefined });
  for (const said of [value, place] as fc.Arbitrary<string | number | undefined>[])
    fc.assert(
      fc.property(fc.array(fc.tuple(said, said, said), { minLength: 1, maxLength: 12 }), (table) => {
        const names = ['ann', 'bob', 'judge'];
        const rows = table.map((cells, row) => ({
          cluster: String(row % 5),
          said: new Map(
            names.flatMap((name, at) => (cells[at] === undefined ? [] : [[name, cells[at]] as const])),
          ),
        }));
        const pairs = raterPairs(rows, names, few);
        expect(pairs.map(({ left, right }) => `${left} ${right}`)).toEqual([
          'ann bob',
          'ann judge',
          'bob judge',
        ]);
        for (const [at, [one, other]] of [
          [0, 1],
          [0, 2],
          [1, 2],
        ].entries()) {
          const both = table.flatMap((cells) => {
            const [left, right] = [cells[one ?? 0], cells[other ?? 0]];
            return left === undefined || right === undefined ? [] : [[left, right] as const];
          });
          const pair = pairs[at];
          expect(pair?.n).toBe(both.length);
          if (both.length === 0) {
            expect([pair?.agreement.estimate, pair?.kappa.estimate]).toEqual([null, null]);
            continue;
          }
          expect(pair?.agreement.estimate).toBeCloseTo(
            both.filter(([left, right]) => left === right).length / both.length,
            12,
          );
          const columns = [both.map(([left]) => left), both.map(([, right]) => right)] as const;
          const kappa =
            said === place
              ? weightedKappa(columns[0].map(Number), columns[1].map(Number), 'quadratic')
              : cohenKappa(...columns);
          const { value } = kappa.of(new Float64Array(both.length).fill(1));
          expect(pair?.kappa.estimate).toBe(value);
        }
      }),
      { numRuns: 40 },
    );
});

test('a word is not compared with a number', () => {
  const rows = [
    {
      cluster: 'a',
      said: new Map<string, string | number>([
        ['ann', 'tie'],
        ['bob', 0.5],
      ]),
    },
  ];
  expect(raterPairs(rows, ['ann', 'bob'], few)).toMatchObject([{ n: 0 }]);
});
