import { parquetWriteBuffer } from 'hyparquet-writer';
import { expect, test } from 'vitest';
import { readRows, readSamples } from '../../src/dataset.ts';
import { collect, readAll, temporaryFile } from './files.ts';

const good = '{"prompt":"P","response":"R"}';

test('each broken line says what is wrong with it, and the rest is read', async () => {
  const lines: (string | Buffer)[] = [
    good,
    '{"prompt":"P","resp',
    '[1,2]',
    'null',
    '"text"',
    Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
    '{"prompt":"P\u0000","response":"R"}',
    `{"prompt":"P","response":"R","x":${'['.repeat(5000)}${']'.repeat(5000)}}`,
    '{"prompt":"P","response":5e999}',
    '{"prompt":"P","response":["R"]}',
    '{"id":"","prompt":"P","response":"R"}',
    good.replace('P', 'Q'),
    '{"prompt":"P","response":"R","x":1e999}',
  ];
  const path = await temporaryFile(
    'rows.jsonl',
    Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')])),
  );
  const { samples, errors } = await readAll(path);
  expect(samples.map(({ prompt }) => prompt)).toEqual(['P', 'P', 'Q']);
  expect(errors.map(({ place }) => place.line)).toEqual([2, 3, 4, 5, 6, 7, 8, 10, 11, 13]);
  expect(errors.every(({ code, place }) => code === 'data' && place.file === path)).toBe(true);
  const messages = errors.map(({ message }) => message);
  expect(messages[0]).toContain('expected a JSON object, got broken JSON: Unterminated string');
  expect(messages[1]).toContain('expected a JSON object, got an array');
  expect(messages[2]).toContain('got null');
  expect(messages[4]).toContain('expected UTF-8, got invalid bytes');
  expect(messages[5]).toContain('control character');
  expect(messages[6]).toContain('expected at most 200 levels of nesting, got more');
  expect(messages[7]).toContain('response: expected text, got a list');
  expect(messages[8]).toContain('id: expected text of 1 to 256 characters');
});

test('strange text is text: it comes through as it is', async () => {
  const texts = [
    '',
    '\ud800',
    '\udfff\ud800',
    '\u0000\u0007\u001b[31m',
    '\u202e\u200f',
    '\u2028',
    '{{x}} {y} <|im_end|>',
    'e\u0301',
    'x'.repeat(200_000),
  ];
  const path = await temporaryFile(
    'rows.jsonl',
    texts.map((text) => `${JSON.stringify({ prompt: text, response: text })}\r\n`).join(''),
  );
  const samples = await collect(readSamples(path));
  expect(samples.map(({ prompt }) => prompt)).toEqual(texts);
  expect(samples.map(({ responses }) => responses[0]?.text)).toEqual(texts);
  expect(new Set(samples.map(({ id }) => id)).size).toBe(texts.length);
});

test('a line of several megabytes is a row, one past the limit is an error and no reason to stop', async () => {
  const long = JSON.stringify({ prompt: 'P', response: 'é'.repeat(3 * 1024 * 1024) });
  const endless = Buffer.alloc(65 * 1024 * 1024, 'x');
  const path = await temporaryFile(
    'rows.jsonl',
    Buffer.concat([Buffer.from(`${long}\n`), endless, Buffer.from(`\n${good}`)]),
  );
  const { samples, errors } = await readAll(path);
  expect(samples.map(({ responses }) => responses[0]?.text.length)).toEqual([3 * 1024 * 1024, 1]);
  expect(errors.map(({ message }) => message)).toEqual([
    `${path}:2: expected a row of at most 67108864 bytes, got a longer one`,
  ]);
});

test('__proto__ fields change no object in any format', async () => {
  const row =
    '{"prompt":"P","response":"R","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":2}}}';
  for (const path of [
    await temporaryFile('rows.jsonl', row),
    await temporaryFile('rows.json', `[${row}]`),
    await temporaryFile('rows.csv', 'prompt,response,__proto__,constructor\nP,R,x,y\n'),
  ]) {
    const [sample] = await collect(readSamples(path));
    expect(Object.keys(sample?.metadata ?? {})).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(sample?.metadata)).toBe(Object.prototype);
  }
  expect('polluted' in {}).toBe(false);
});

test('broken tables: cells too many, quotes, bytes and headers', async () => {
  const bytes = Buffer.concat([
    Buffer.from('prompt,response\nP,1\nP,2,3\nP\nP,"4\n4"\n'),
    Buffer.from([0x50, 0x2c, 0xc3, 0x28, 0x0a]),
    Buffer.from('P,x"y\nP,5\nP,"never closed\nP,6\n'),
  ]);
  const { samples, errors } = await readAll(await temporaryFile('rows.csv', bytes));
  expect(samples.map(({ responses }) => responses[0]?.text)).toEqual(['1', '4\n4', '5']);
  expect(errors.map(({ place }) => place.line)).toEqual([3, 4, 7, 8, 10]);
  expect(errors[0]?.message).toContain('expected 2 cells as in the header, got 3');
  expect(errors[2]?.message).toContain('response: expected UTF-8, got invalid bytes');
  expect(errors[3]?.message).toContain('expected a quoted cell');
  expect(errors[4]?.message).toContain('expected a closing quote, got the end of the file');
  const twice = await temporaryFile('twice.csv', 'a,b,a\n1,2,3\n');
  await expect(collect(readRows(twice))).rejects.toThrow(
    `${twice}:1: a: expected each column once, got "a" twice`,
  );
});

test('broken arrays: a bad element is skipped, a bad end is an error', async () => {
  const path = await temporaryFile(
    'rows.json',
    `[${good},\n 5,\n {"prompt": nope},\n ${good.replace('P', 'Q')}]`,
  );
  const { samples, errors } = await readAll(path);
  expect(samples.map(({ prompt }) => prompt)).toEqual(['P', 'Q']);
  expect(errors.map(({ place }) => place.line)).toEqual([2, 3]);
  await expect(collect(readRows(await temporaryFile('half.json', `[${good},`)))).rejects.toThrow(
    'expected "]" at the end',
  );
  await expect(collect(readRows(await temporaryFile('more.json', `[${good}] {}`)))).rejects.toThrow(
    'expected nothing after',
  );
  await expect(collect(readRows(await temporaryFile('cut.json', '[{"prompt":"P')))).rejects.toThrow(
    'broken JSON',
  );
});

test('Parquet with strange values: bytes that are no text, numbers that are none, depth', async () => {
  const deep = JSON.parse(`${'['.repeat(300)}${']'.repeat(300)}`);
  const content = parquetWriteBuffer({
    columnData: [
      { name: 'prompt', data: ['P', 'Q', 'R', 'S'].map((text) => Buffer.from(text)), type: 'BYTE_ARRAY' },
      {
        name: 'response',
        data: [Buffer.from('R'), Buffer.from([0xc3, 0x28]), Buffer.from(''), Buffer.from('x')],
        type: 'BYTE_ARRAY',
      },
      { name: 'score', data: [Number.NaN, 1, 2, Number.POSITIVE_INFINITY], type: 'DOUBLE' },
      { name: 'count', data: [1n, 2n, 2n ** 60n, 4n], type: 'INT64' },
      { name: '__proto__', data: ['a', 'b', 'c', 'd'], type: 'STRING' },
      { name: 'when', data: [new Date(0), null, null, null], type: 'TIMESTAMP' },
    ],
  });
  const { samples, errors } = await readAll(await temporaryFile('rows.parquet', new Uint8Array(content)));
  expect(samples.map(({ label }) => label)).toEqual([undefined, 2]);
  expect(Object.entries(samples[0]?.metadata ?? {})).toEqual([
    ['count', 1],
    ['__proto__', 'a'],
    ['when', '1970-01-01T00:00:00.000Z'],
  ]);
  expect(samples[1]?.metadata?.count).toBe('1152921504606846976');
  expect(errors.map(({ message }) => message.replace(/^.*parquet:/, ''))).toEqual([
    '2: response: expected UTF-8 text (or JSON in a JSON column), got invalid bytes',
    '4: score: expected a finite number, got Infinity',
  ]);
  const nested = parquetWriteBuffer({ columnData: [{ name: 'x', data: [deep], type: 'JSON' }] });
  await expect(
    collect(readRows(await temporaryFile('deep.parquet', new Uint8Array(nested)))),
  ).rejects.toThrow(':1: x: expected at most 200 levels of nesting');
});

test('a deep list in a cell stays text and is refused with its place', async () => {
  const cell = `${'['.repeat(1000)}${']'.repeat(1000)}`;
  const path = await temporaryFile('rows.csv', `prompt,responses\nP,"${cell}"\n`);
  await expect(collect(readSamples(path))).rejects.toThrow(
    `${path}:2: responses: expected a list of responses, got "[[[`,
  );
});
