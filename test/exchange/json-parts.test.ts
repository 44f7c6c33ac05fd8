import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readJsonParts } from '../../src/exchange/json-parts.ts';
import { collect, temporaryFile } from '../dataset/files.ts';

const key = fc.constantFrom('a', 'b', 'results', 'a"b', 'x\\', 'é', '');
const json = fc.jsonValue({ maxDepth: 3 });

test('the elements of a list deep inside are those that JSON.parse gives, however they are written', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.dictionary(key, json),
      fc.array(json, { maxLength: 6 }),
      fc.dictionary(key, json),
      fc.constantFrom(0, 2),
      async (before, list, after, indent) => {
        const { results: _, ...rest } = after;
        const value = { before, results: { before, results: list, rest }, after: rest };
        const file = await temporaryFile('x.json', JSON.stringify(value, null, indent));
        const parts = await collect(readJsonParts(file, ['results.results[]', 'after']));
        const plain = JSON.parse(JSON.stringify(value));
        expect(parts.filter(({ path }) => path === 'results.results[]').map(({ value }) => value)).toEqual(
          plain.results.results,
        );
        expect(parts.filter(({ path }) => path === 'after').map(({ value }) => value)).toEqual([plain.after]);
      },
    ),
    { numRuns: 60 },
  );
});

test('values longer than what is read at once', async () => {
  const list = ['a', 'b', 'c'].map((letter, index) => ({ index, text: letter.repeat(200_000) }));
  const file = await temporaryFile('x.json', JSON.stringify({ list, after: 1 }));
  expect((await collect(readJsonParts(file, ['list[]', 'after']))).map(({ value }) => value)).toEqual([
    ...list,
    1,
  ]);
});

test('lines, words of Python, and what is no JSON', async () => {
  const file = await temporaryFile(
    'x.json',
    '{\n"samples": [\n{"score": NaN, "text": "NaN \\" Infinity"},\n  -1,\n{"a": [-Infinity]}]}\n',
  );
  expect(await collect(readJsonParts(file, ['samples[]']))).toEqual([
    { path: 'samples[]', line: 3, value: { score: null, text: 'NaN " Infinity' } },
    { path: 'samples[]', line: 4, value: -1 },
    { path: 'samples[]', line: 5, value: { a: [null] } },
  ]);
  for (const [text, message] of [
    ['', 'got the end of the file'],
    ['{"samples": [{"a": 1}', 'got the end of the file'],
    ['{"samples": [{"a": }]}', 'x.json:1: expected JSON, got broken JSON'],
    ['{"samples": [1}', 'a bracket that closes nothing'],
    [`{"samples": ${'['.repeat(300)}`, 'levels of nesting'],
  ] as const) {
    const broken = await temporaryFile('x.json', text);
    await expect(collect(readJsonParts(broken, ['samples[]']))).rejects.toThrow(message);
  }
});
