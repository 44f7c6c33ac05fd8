import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readRows, readSamples, writeRows } from '../src/dataset.ts';
import { JurorError } from '../src/errors.ts';
import { collect, jsonLines, readAll, temporaryFile, temporaryFolder } from './dataset/files.ts';

test('the same rows in four formats are the same samples', async () => {
  const rows = [
    { id: 'x', prompt: 'P', a: 'one, "two"\nthree', b: '', label: 'b', meta: { deep: [1, { y: 'z' }] } },
    { prompt: 'Q', response: '=1+1', score: 3, min: 1, max: 5, source: 'here' },
    { prompt: [{ role: 'user', content: 'Q' }], responses: ['x', 'y', 'z'], label: 'r2' },
    { problem: 'P', steps: ['s1', 's2'], correct: true, reference: 'T' },
  ];
  const folder = await temporaryFolder();
  const lines = join(folder, 'rows.jsonl');
  expect(await writeRows(lines, rows)).toBe(4);
  const expected = await collect(readSamples(lines));
  expect(expected.map(({ label }) => label)).toEqual(['b', 3, 'r2', 1]);
  for (const name of ['rows.csv', 'rows.parquet']) {
    await writeRows(join(folder, name), rows);
    expect(await collect(readSamples(join(folder, name))), name).toEqual(expected);
  }
  const array = await temporaryFile('rows.json', JSON.stringify(rows, undefined, 2));
  expect(await collect(readSamples(array))).toEqual(expected);
});

test('made ids come from the content: another order, format or file name changes none', async () => {
  const row = fc.record({ prompt: fc.string(), response: fc.string(), source: fc.string() });
  const folder = await temporaryFolder();
  const path = join(folder, 'rows.jsonl');
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 6 }), async (rows) => {
      await writeRows(path, rows);
      const forwards = await collect(readSamples(path));
      await writeRows(
        path,
        [...rows].reverse().map(({ source, response, prompt }) => ({ source, prompt, response })),
      );
      const backwards = await collect(readSamples(path));
      const byId = (samples: typeof forwards) => new Map(samples.map((sample) => [sample.id, sample]));
      expect(byId(backwards)).toEqual(byId(forwards));
      expect(byId(forwards).size).toBe(rows.length);
    }),
    { numRuns: 30 },
  );
});

test('equal rows are counted, equal ids are refused', async () => {
  const row = { prompt: 'P', response: 'R' };
  const path = await temporaryFile('rows.jsonl', jsonLines([row, row, { ...row, prompt: 'Q' }, row]));
  const ids = (await collect(readSamples(path))).map(({ id }) => id);
  expect(ids[0]).toMatch(/^[0-9a-f]{16}$/);
  expect(ids).toEqual([ids[0], `${ids[0]}-2`, ids[2], `${ids[0]}-3`]);
  const twice = await temporaryFile(
    'twice.jsonl',
    jsonLines([
      { id: 1, ...row },
      { id: 2, ...row },
      { id: '1', ...row },
    ]),
  );
  await expect(collect(readSamples(twice))).rejects.toThrow(
    `${twice}:3: id: expected an id of its own, got "1" as on line 1`,
  );
  expect((await readAll(twice)).samples.map(({ id }) => id)).toEqual(['1', '2']);
});

test('limit counts samples, not bad rows', async () => {
  const rows = [
    '{"prompt":"P","response":"1"}',
    '{',
    '{"prompt":"P","response":"2"}',
    '{',
    '{"prompt":"P","response":"3"}',
  ];
  const path = await temporaryFile('rows.jsonl', rows.join('\n'));
  const { samples, errors } = await readAll(path, { limit: 2 });
  expect(samples.map(({ responses }) => responses[0]?.text)).toEqual(['1', '2']);
  expect(errors.map(({ place }) => place.line)).toEqual([2]);
  expect((await readAll(path, { limit: 0 })).samples).toEqual([]);
  await expect(readAll(path, { limit: -1 })).rejects.toMatchObject({ code: 'usage' });
  await expect(readAll(path, { limit: Number.NaN })).rejects.toMatchObject({ code: 'usage' });
});

test('without a listener the first bad row is thrown, after the good ones before it', async () => {
  const path = await temporaryFile('rows.jsonl', '{"prompt":"P","response":"R"}\n{"prompt":"P"}\n');
  const seen: string[] = [];
  const reading = (async () => {
    for await (const sample of readSamples(path)) seen.push(sample.prompt as string);
  })();
  await expect(reading).rejects.toThrow(`${path}:2: response: expected a response`);
  expect(seen).toEqual(['P']);
});

test('a listener may stop the reading by throwing', async () => {
  const path = await temporaryFile('rows.jsonl', '{\n{\n');
  const reading = collect(
    readSamples(path, {
      onBadRow: () => {
        throw new Error('enough');
      },
    }),
  );
  await expect(reading).rejects.toThrow('enough');
});

test('files that cannot be read are errors of the file', async () => {
  const folder = await temporaryFolder();
  const cases = [
    [join(folder, 'none.jsonl'), 'expected a usable file, got none at this path'],
    [join(folder, 'none.parquet'), 'expected a usable file, got none at this path'],
    [join(folder, 'rows.jsnl'), 'did you mean ".json'],
    [
      join(folder, 'rows.xlsx'),
      'expected a file name ending in .jsonl, .ndjson, .json, .csv, .parquet, got ".xlsx"',
    ],
    [await temporaryFile('broken.parquet', 'PAR1 no PAR1'), 'expected a Parquet file, got a broken one'],
    [await temporaryFile('empty.parquet', ''), 'expected a Parquet file, got a broken one'],
    [await temporaryFile('wide.jsonl', Buffer.from('\ufeff{}', 'utf16le')), 'expected UTF-8, got UTF-16'],
  ] as const;
  for (const [path, message] of cases) {
    const error = await collect(readSamples(path, { onBadRow: () => undefined })).catch(
      (caught: unknown) => caught,
    );
    expect(JurorError.isInstance(error) && error.code, path).toBe('data');
    expect(JurorError.isInstance(error) && error.place.file, path).toBe(path);
    expect(String(error)).toContain(message);
  }
  await expect(collect(readSamples(folder, { format: 'jsonl' }))).rejects.toThrow('got a folder');
});

test('a format that is given wins over the name', async () => {
  const path = await temporaryFile('rows.data', '{"prompt":"P","response":"R"}');
  expect((await readAll(path, { format: 'jsonl' })).samples).toHaveLength(1);
  const compressed = await temporaryFile('rows.jsonl', gzipSync('{"prompt":"P","response":"R"}'));
  expect((await readAll(compressed)).errors[0]?.message).toContain('expected UTF-8, got invalid bytes');
});

test('rows come as they stand, with their lines', async () => {
  const path = await temporaryFile('rows.ndjson', '\ufeff{"x":1}\r\n\r\n  \n{"y":[null]}');
  expect(await collect(readRows(path))).toEqual([
    { row: { x: 1 }, line: 1 },
    { row: { y: [null] }, line: 4 },
  ]);
  const table = await temporaryFile('rows.csv', '\ufeffx,y\r\n"1\r\n2",a\r\n\r\n3,"""b"""\n4,c');
  expect(await collect(readRows(table))).toEqual([
    { row: { x: '1\r\n2', y: 'a' }, line: 2 },
    { row: { x: '3', y: '"b"' }, line: 5 },
    { row: { x: '4', y: 'c' }, line: 6 },
  ]);
  const array = await temporaryFile('rows.json', '[\n {"x": "]}"},\n {"y": ["\\"", {}]}\n]\n');
  expect(await collect(readRows(array))).toEqual([
    { row: { x: ']}' }, line: 2 },
    { row: { y: ['"', {}] }, line: 3 },
  ]);
  const values = await temporaryFile('values.json', '{"x": 1}\n{"x": 2}');
  expect((await collect(readRows(values))).map(({ line }) => line)).toEqual([1, 2]);
});

test('empty files have no rows', async () => {
  for (const name of ['rows.jsonl', 'rows.csv', 'rows.json']) {
    expect(await collect(readSamples(await temporaryFile(name, '')))).toEqual([]);
    expect(await collect(readSamples(await temporaryFile(name, '\n\n')))).toEqual([]);
  }
  expect(await collect(readSamples(await temporaryFile('rows.csv', 'prompt,response\n')))).toEqual([]);
  expect(await collect(readSamples(await temporaryFile('rows.json', '[]')))).toEqual([]);
});

test('in a table an empty cell is an empty answer where nothing else is the answer', async () => {
  const path = await temporaryFile(
    'rows.csv',
    [
      'prompt,response,a,b,chosen,rejected,label,score',
      'P,R,,,,,,4',
      'P,,x,,,,,',
      'P,,x,y,,,A>B,',
      'P,,,,c,r,,',
      ',R,,,,,,',
      'P,R,,,,,zz,',
      'P,,x,y,,,zz,',
    ].join('\n'),
  );
  const { samples, errors } = await readAll(path);
  expect(
    samples.map(({ responses, label }) => [responses.map(({ id, text }) => id + text).join(), label]),
  ).toEqual([
    ['responseR', 4],
    ['ax,b', undefined],
    ['ax,by', 'a'],
    ['chosenc,rejectedr', 'chosen'],
    ['responseR', undefined],
    ['responseR', 'zz'],
  ]);
  expect(samples[4]?.prompt).toBe('');
  expect(errors.map(({ message }) => message)).toEqual([
    expect.stringContaining(':8: label: expected "a", "b", "tie"'),
  ]);
});
