import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readRows, writeRows } from '../../src/dataset.ts';
import { collect, temporaryFolder } from './files.ts';

const key = fc.string({ unit: 'grapheme', maxLength: 8 });
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '=1+1', "'=1", '-', '\t', '\r\n', '"', ',', '\u0000', '\ufeff'),
);
const anyText = fc.oneof(text, fc.constantFrom('\ud800', 'x\udfff'));
const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
  fc.maxSafeInteger(),
);
const value = fc.oneof(
  anyText,
  number,
  fc.boolean(),
  fc.array(anyText, { maxLength: 3 }),
  fc.array(fc.record({ role: anyText, content: anyText, n: number }), { maxLength: 3 }),
  fc.jsonValue({ maxDepth: 2 }),
);

/** Values as JSON keeps them: no negative zero. */
function plain<Value>(item: Value): Value {
  return JSON.parse(JSON.stringify(item));
}

async function roundTrip(path: string, rows: readonly object[]): Promise<unknown[]> {
  expect(await writeRows(path, rows)).toBe(rows.length);
  return (await collect(readRows(path))).map(({ row }) => row);
}

test('JSON Lines give back every row', async () => {
  const path = join(await temporaryFolder(), 'rows.jsonl');
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.dictionary(fc.string({ unit: 'binary' }), value), { maxLength: 5 }),
      async (rows) => {
        expect(await roundTrip(path, rows)).toEqual(plain(rows));
      },
    ),
    { numRuns: 60 },
  );
});

test('Parquet gives back every row, without its nulls', async () => {
  const path = join(await temporaryFolder(), 'rows.parquet');
  const column = (items: fc.Arbitrary<unknown>) => fc.option(items, { nil: null });
  const row = fc.record(
    {
      text: column(anyText),
      number: column(number),
      integer: column(fc.maxSafeInteger()),
      flag: column(fc.boolean()),
      texts: column(fc.array(anyText, { maxLength: 3 })),
      messages: column(fc.array(fc.record({ role: text, content: text }), { maxLength: 3 })),
      numbers: column(fc.array(fc.array(number, { maxLength: 2 }), { maxLength: 2 })),
      mixed: column(value),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 6 }), async (rows) => {
      const expected = rows.map((item) =>
        Object.fromEntries(Object.entries(item).filter(([, cell]) => cell !== null)),
      );
      expect(await roundTrip(path, rows)).toEqual(plain(expected));
    }),
    { numRuns: 150 },
  );
});

test('CSV gives back every text, whatever a spreadsheet would make of it', async () => {
  const path = join(await temporaryFolder(), 'rows.csv');
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(key, { minLength: 1, maxLength: 4 }),
      fc.infiniteStream(text),
      fc.nat(4),
      async (names, texts, count) => {
        const rows = Array.from({ length: count }, () =>
          Object.fromEntries(names.map((name) => [name, texts.next().value])),
        );
        expect(await roundTrip(path, rows)).toEqual(rows);
      },
    ),
    { numRuns: 150 },
  );
});

test('no cell of a CSV begins like a formula', async () => {
  const path = join(await temporaryFolder(), 'rows.csv');
  const starts = ['=', '+', '-', '@', '\t', '\r', '\n', '\uff1d'];
  await writeRows(path, [...starts.map((start) => ({ '=head': `${start}cmd|x`, n: -1 }))]);
  const content = await readFile(path, 'utf8');
  const cells = content.split(/,-1\n|\n(?!cmd)/).filter((cell) => cell !== '');
  expect(cells).toHaveLength(starts.length + 1);
  for (const cell of cells) expect(cell).toMatch(/^"?'/);
});

test('columns are those of all rows, in the order of their appearance', async () => {
  const path = join(await temporaryFolder(), 'rows.csv');
  await writeRows(path, [{ b: 1 }, { a: 'x', b: null }, { c: { d: [1] }, a: true }]);
  expect(await readFile(path, 'utf8')).toBe('b,a,c\n1,,\n,x,\n,true,"{""d"":[1]}"\n');
});

test('nothing is written, and nothing lost, when rows end in an error', async () => {
  const folder = await temporaryFolder();
  for (const name of ['rows.jsonl', 'rows.csv', 'rows.parquet']) {
    const path = join(folder, name);
    await writeFile(path, 'before');
    const failing = async function* () {
      yield { a: 1 };
      throw new Error('source');
    };
    await expect(writeRows(path, failing())).rejects.toThrow('source');
    expect(await readFile(path, 'utf8')).toBe('before');
  }
  expect((await readdir(folder)).sort()).toEqual(['rows.csv', 'rows.jsonl', 'rows.parquet']);
});

test('the file is not there before it is whole', async () => {
  const folder = await temporaryFolder();
  const path = join(folder, 'rows.jsonl');
  const seen: string[][] = [];
  const rows = async function* () {
    for (let index = 0; index < 3; index++) {
      seen.push(await readdir(folder));
      yield { index };
    }
  };
  await writeRows(path, rows());
  expect(seen.flat().includes('rows.jsonl')).toBe(false);
  expect(await readdir(folder)).toEqual(['rows.jsonl']);
});

test.each([
  ['rows.jsonl', { a: Number.NaN }, ':2: a: expected plain JSON data, got NaN'],
  ['rows.csv', { a: Number.NEGATIVE_INFINITY }, ':2: a: expected plain JSON data, got -Infinity'],
  ['rows.parquet', { a: 1n }, ':2: a: expected plain JSON data, got a bigint'],
  ['rows.jsonl', [1], ':2: expected plain JSON data, got a list for a row'],
  ['rows.csv', { a: '\ud800' }, ':2: a: expected text that UTF-8 can hold, got a lone surrogate'],
  ['rows.parquet', { a: JSON.parse('{"__proto__":1}') }, ':2: a: expected another key than "__proto__"'],
  ['rows.json', {}, 'expected .jsonl, .csv or .parquet to write to, got .json'],
])('%s refuses %o', async (name, row, message) => {
  const path = join(await temporaryFolder(), name);
  await expect(writeRows(path, [{ b: 1 }, row])).rejects.toMatchObject({
    code: 'data',
    message: expect.stringContaining(message),
  });
});

test('a folder that is not there is an error of the file', async () => {
  const path = join(await temporaryFolder(), 'none', 'rows.jsonl');
  await expect(writeRows(path, [])).rejects.toThrow(`${path}: expected a usable file, got none at this path`);
});

test('no rows make a file without rows', async () => {
  const folder = await temporaryFolder();
  for (const name of ['rows.jsonl', 'rows.csv', 'rows.parquet']) {
    expect(await roundTrip(join(folder, name), [])).toEqual([]);
  }
});
