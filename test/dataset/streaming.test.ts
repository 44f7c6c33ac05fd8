import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parquetMetadata } from 'hyparquet';
import { expect, test } from 'vitest';
import { readCsv } from '../../src/dataset/csv.ts';
import { readJsonLines, readJsonValues } from '../../src/dataset/json.ts';
import { encodeParquet } from '../../src/dataset/parquet-columns.ts';
import { readRows, writeRows } from '../../src/dataset.ts';
import { collect, temporaryFolder } from './files.ts';

const stop = (error: Error): never => {
  throw error;
};

/** Chunks of a file that never ends, and how many were drawn. */
function endless(chunk: string) {
  const drawn = { count: 0, closed: false };
  const chunks = async function* () {
    try {
      for (;;) {
        drawn.count++;
        yield Buffer.from(chunk);
      }
    } finally {
      drawn.closed = true;
    }
  };
  return { drawn, chunks: chunks() };
}

test.each([
  ['lines', readJsonLines, '{"x":"yyyyyyyyyy"}\n'],
  ['values', readJsonValues, '{"x":"yyyyyyyyyy"}\n'],
  ['cells', readCsv, 'xxxxxxxxxx,yyyyyyyyyy\n'],
])('%s are read from an endless file, a chunk at a time, and let go of it', async (_, read, line) => {
  const { drawn, chunks } = endless(line.repeat(1000));
  let count = 0;
  for await (const row of read(chunks, 'file', stop)) {
    expect(row.line).toBe(count + (read === readCsv ? 2 : 1));
    count++;
    // 60 chunks of 20 kB are more than any buffer between the file and the row.
    expect(drawn.count).toBeLessThan(count / 1000 + 60);
    if (count === 20_000) break;
  }
  await new Promise((resolve) => setImmediate(resolve));
  expect(drawn.closed).toBe(true);
});

test('values cut anywhere between chunks are the same values', async () => {
  const content = Buffer.from('[{"a":"é\\"]}"},\r\n{"b":[[{}],"\\\\"]}, {"c":1.5}]');
  const whole = await collect(readJsonValues(pieces(content, content.length), 'file', stop));
  expect(whole.map(({ row }) => row)).toEqual(JSON.parse(content.toString()));
  for (let size = 1; size < content.length; size++) {
    expect(await collect(readJsonValues(pieces(content, size), 'file', stop))).toEqual(whole);
  }
  const table = Buffer.from('a,b\r\n"é\r\n""",2\r\n\r\n3,4\n');
  const rows = await collect(readCsv(pieces(table, table.length), 'file', stop));
  expect(rows).toEqual([
    { row: { a: 'é\r\n"', b: '2' }, line: 2 },
    { row: { a: '3', b: '4' }, line: 5 },
  ]);
  for (let size = 1; size < table.length; size++) {
    expect(await collect(readCsv(pieces(table, size), 'file', stop))).toEqual(rows);
  }
});

async function* pieces(content: Buffer, size: number) {
  for (let start = 0; start < content.length; start += size) yield content.subarray(start, start + size);
}

test('Parquet is written by row groups, drawing rows only as they are wanted', async () => {
  let drawn = 0;
  const rows = async function* () {
    for (;;) {
      drawn++;
      yield { row: { text: 'x', number: drawn }, line: drawn };
    }
  };
  const encoded = encodeParquet(
    'file',
    rows(),
    new Map([['text', 'text'] as const, ['number', 'integer'] as const]),
  );
  await encoded.next();
  expect(drawn).toBe(20_000);
  await encoded.next();
  expect(drawn).toBe(40_000);
  await encoded.return(undefined);
});

test('large cells make small row groups', async () => {
  const path = join(await temporaryFolder(), 'rows.parquet');
  const text = 'x'.repeat(1024 * 1024);
  await writeRows(
    path,
    Array.from({ length: 40 }, (_, index) => ({ text: text + index })),
  );
  const { buffer, byteOffset, byteLength } = await readFile(path);
  const metadata = parquetMetadata(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer);
  expect(metadata.row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([16, 16, 8]);
});

test('Parquet is read by row groups: one that is broken is met only after the rows before it', async () => {
  const path = join(await temporaryFolder(), 'rows.parquet');
  await writeRows(
    path,
    Array.from({ length: 30_000 }, (_, index) => ({ index })),
  );
  const content = await readFile(path);
  const { buffer, byteOffset, byteLength } = content;
  const metadata = parquetMetadata(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer);
  const offset = Number(metadata.row_groups[1]?.columns[0]?.meta_data?.data_page_offset);
  content.fill(0xff, offset, offset + 64);
  await writeFile(path, content);
  let last = 0;
  const reading = (async () => {
    for await (const { line } of readRows(path)) last = line;
  })();
  await expect(reading).rejects.toThrow(`${path}:20001: expected a Parquet file, got a broken one`);
  expect(last).toBe(20_000);
});
