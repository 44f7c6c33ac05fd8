import { expect, test } from 'vitest';
import { recogniseRow } from '../../src/dataset/recognise.ts';

function label(value: unknown, extra: Record<string, unknown> = {}) {
  return recogniseRow({ prompt: 'P', a: 'x', b: 'y', label: value, ...extra }, { file: 'f', line: 1 });
}

test.each([
  [
    'a',
    ['a', 'A', 1, '1', 'A>B', 'B<A', 'a > b', '[[A]]', 'model_a', 'Response A', 'output_1', 'first', '1.0'],
  ],
  ['b', ['b', 'B', 2, '2', 'B>A', 'A<B', '[[B]]', 'model_b', 'assistant B', 'output_2', 'second', '2.0']],
  ['tie', ['tie', 'Tie', 0, '0', 0.5, '0.5', 1.5, 'A=B', 'B=A', '[[C]]', 'draw', 'both']],
])('%s in every spelling', (winner, spellings) => {
  for (const spelling of spellings) {
    expect(label(spelling).label, String(spelling)).toBe(winner);
    expect(label(spelling).metadata, String(spelling)).toBeUndefined();
  }
});

test('a spelling that says more is kept', () => {
  expect(label('A>>B')).toMatchObject({ label: 'a', metadata: { label: 'A>>B' } });
  expect(label('A<<B')).toMatchObject({ label: 'b', metadata: { label: 'A<<B' } });
  expect(label('tie (bothbad)')).toMatchObject({ label: 'tie', metadata: { label: 'tie (bothbad)' } });
});

test('a model may be named', () => {
  const models = { model_a: 'vicuna-13b', model_b: 'gpt-4' };
  expect(label('gpt-4', models).label).toBe('b');
  expect(() => label('gpt-5', models)).toThrow('label: expected "a", "b", "tie"');
  expect(() => label('same-name', { model_a: 'same-name', model_b: 'same-name' })).toThrow('label: expected');
});

test.each(['', 'c>d', 'A>A', 'AB', 'better', 3, -1, 0.7, 1.2, true, {}, 'NaN', '\u0000'])(
  'refuses %o for a pair',
  (value) => {
    expect(() => label(value)).toThrow(/^f:1: label(\.\w+)?: expected/);
  },
);

test('among more than two, positions are ambiguous and refused', () => {
  const row = { prompt: 'P', responses: ['x', 'y', 'z'] };
  const read = (value: unknown) => recogniseRow({ ...row, label: value }, { file: 'f', line: 1 }).label;
  expect(read('r3')).toBe('r3');
  expect(read('tie')).toBe('tie');
  expect(read({ r1: 3, r2: 1 })).toEqual({ r1: 3, r2: 1 });
  for (const value of [0, 1, 2, 'a', 'c', 'A>B'])
    expect(() => read(value)).toThrow('expected "r1", "r2", "r3", "tie"');
});

test('one response: numbers, truth and choices', () => {
  const read = (value: unknown) =>
    recogniseRow({ prompt: 'P', response: 'R', label: value }, { file: 'f', line: 1 }).label;
  expect([read(4), read('4'), read(' 0.5 '), read(true), read(false), read('correct')]).toEqual([
    4,
    4,
    0.5,
    1,
    0,
    'correct',
  ]);
});
