import { expect, test } from 'vitest';
import type { AgreementRow } from '../../src/aggregate/agree.ts';
import { modelRates } from '../../src/aggregate/model-rates.ts';
import type { Winner } from '../../src/aggregate/pairs.ts';
import { createRandom } from '../../src/aggregate/random.ts';
import { lengthControl, winPoints } from '../../src/aggregate/win-rate.ts';
import { expectNear } from './golden.ts';
import { pairRow } from './report-rows.ts';

const options = { resamples: 200 };
const turn = (winner: Winner | null) =>
  winner === 'first' ? ('second' as const) : winner === 'second' ? ('first' as const) : winner;

/** The same row with its answers exchanged. */
function turned(row: AgreementRow): AgreementRow {
  const label = typeof row.label === 'number' ? row.label : turn(row.label);
  return {
    ...row,
    label,
    winner: turn(row.winner),
    lengths: [...row.lengths].reverse(),
    models: [...(row.models ?? [])].reverse(),
  };
}

test('each pair of models has its rates, wherever each answer stood', () => {
  const random = createRandom(4);
  const rows = Array.from({ length: 60 }, (_, row) => {
    const winner = random.uniform() < 0.6 ? 'first' : 'second';
    const lengths = [Math.floor(200 * random.uniform()), Math.floor(200 * random.uniform())];
    const label = row % 3 === 0 ? 'tie' : 'first';
    return pairRow(winner, label, { cluster: `prompt ${row}`, lengths, models: ['alpha', 'beta'] });
  });
  const mixed = rows.map((row, index) => (index % 2 ? turned(row) : row));
  const [rates, ...others] = modelRates(mixed, options);
  expect(others).toEqual([]);
  expect(rates).toMatchObject({ model: 'alpha', against: 'beta', judged: { n: 60 }, labels: { n: 60 } });
  expectNear(rates?.judged.estimate ?? null, rows.filter(({ winner }) => winner === 'first').length / 60);
  expectNear(rates?.labels.estimate ?? null, (40 + 10) / 60);
  const direct = lengthControl(
    rows.map(({ winner }) => winPoints(winner ?? 'tie')),
    rows.map(({ lengths: [first = 0, second = 0] }) => first - second),
    rows.map(({ cluster }) => cluster),
    options,
  );
  expectNear(rates?.lengthControlled.estimate ?? null, direct.controlled.estimate ?? Number.NaN);
  expectNear(rates?.lengthCoefficient.estimate ?? null, direct.coefficient.estimate ?? Number.NaN);
});

test('unscored rows count for the labels, unlabelled ones for the judge; unknown and equal models for nobody', () => {
  const rows = [
    pairRow('first', null, { cluster: '1', models: ['m', 'n'] }),
    pairRow(null, 'second', { cluster: '2', models: ['m', 'n'] }),
    pairRow('first', 'first', { cluster: '3', models: ['m', null] }),
    pairRow('first', 'first', { cluster: '4', models: ['m', 'm'] }),
    pairRow('first', 'first', { cluster: '5' }),
    pairRow('first', 'first', { cluster: '6', models: ['m', 'k'] }),
  ];
  const found = modelRates(rows, options);
  expect(found.map(({ model, against }) => [model, against])).toEqual([
    ['k', 'm'],
    ['m', 'n'],
  ]);
  expect(found[1]).toMatchObject({ judged: { estimate: 1, n: 1 }, labels: { estimate: 0, n: 1 } });
  expect(found[0]).toMatchObject({ judged: { estimate: 0 }, lengthCoefficient: { estimate: null } });
});

test('the pairs of models with most rows are chosen, and stay in the order of their names', () => {
  const meet = (count: number, ...models: string[]) =>
    Array.from({ length: count }, (_, row) =>
      pairRow('first', null, { cluster: `${models} ${row}`, models }),
    );
  const rows = [...meet(1, 'a', 'b'), ...meet(3, 'a', 'c'), ...meet(2, 'b', 'c'), ...meet(4, 'c', 'd')];
  const found = modelRates(rows, { ...options, most: 2 });
  expect(found.map(({ model, against }) => `${model} ${against}`)).toEqual(['a c', 'c d']);
  expect(modelRates(rows, options)).toHaveLength(4);
});
