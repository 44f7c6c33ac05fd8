import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  decodeSafetensors,
  encodeSafetensors,
  type Tensor,
  type TensorFile,
} from '../../src/reward/safetensors.ts';
import { root } from '../cli/juror.ts';
import { tensorCase } from './tensor-case.ts';

const golden = (name: string) => readFile(join(root, 'fixtures/golden', name));

/** A file of these bytes after a header of this text. */
function raw(header: string, data: number): Uint8Array {
  const text = Buffer.from(header, 'utf8');
  const bytes = new Uint8Array(8 + text.length + data);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const tensor = (start: number, end: number, shape = `[${(end - start) / 4}]`, dtype = 'F32') =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${start},${end}]}`;

test('a file of the reference implementation is read as it was written', async () => {
  const { tensors, metadata } = decodeSafetensors(await golden('tensors.safetensors'), 'f');
  expect(metadata).toEqual({ juror: '{"a":1}', ünicode: '✓' });
  expect([...tensors.keys()].sort()).toEqual(['bias', 'nothing', 'order', 'scalar', 'später', 'weight']);
  const sevenths = Float32Array.from([0, 1, 2, 3, 4, 5], (value) => value / 7);
  expect(tensors.get('weight')).toEqual({ kind: 'F32', shape: [2, 3], values: sevenths });
  const bias = Float64Array.of(-0, Number.POSITIVE_INFINITY, Number.NaN);
  expect(tensors.get('bias')).toEqual({ kind: 'F64', shape: [3], values: bias });
  expect(tensors.get('order')).toEqual({
    kind: 'I32',
    shape: [1, 2],
    values: Int32Array.of(2 ** 31 - 1, -(2 ** 31)),
  });
  expect(tensors.get('scalar')).toEqual({ kind: 'F32', shape: [], values: Float32Array.of(0.1) });
  expect(tensors.get('nothing')).toEqual({ kind: 'F32', shape: [0, 4], values: new Float32Array(0) });
  expect(tensors.get('später')?.values[0]).toBe(2 ** -149);
});

test('the reference implementation reads ours as it was written, and our bytes are still those that it read', async () => {
  expect(Buffer.from(encodeSafetensors(tensorCase))).toEqual(await golden('tensors-ours.safetensors'));
  const read = JSON.parse((await golden('tensors.json')).toString('utf8'));
  expect(read.metadata).toEqual(tensorCase.metadata);
  const dtypes = { F32: 'float32', F64: 'float64', I32: 'int32' };
  const words: Record<string, string> = { '-Infinity': '-inf', NaN: 'nan' };
  const described = [...tensorCase.tensors].map(([name, { kind, shape, values }]) => [
    name,
    {
      dtype: dtypes[kind],
      shape,
      values: Array.from(values, (value) => (Number.isFinite(value) ? value : words[String(value)])),
    },
  ]);
  expect(read.tensors).toEqual(Object.fromEntries(described));
});

const shapes = fc.array(fc.nat({ max: 4 }), { maxLength: 3 });
const tensors: fc.Arbitrary<Tensor> = shapes.chain((shape): fc.Arbitrary<Tensor> => {
  const size = shape.reduce((product, length) => product * length, 1);
  const many = { minLength: size, maxLength: size };
  return fc.oneof(
    fc.float32Array(many).map((values): Tensor => ({ kind: 'F32', shape, values })),
    fc.float64Array(many).map((values): Tensor => ({ kind: 'F64', shape, values })),
    fc.int32Array(many).map((values): Tensor => ({ kind: 'I32', shape, values })),
  );
});
const text = fc.string({ unit: 'grapheme' });
const files: fc.Arbitrary<TensorFile> = fc.record({
  tensors: fc
    .array(
      fc.tuple(
        text.filter((name) => name !== '__metadata__'),
        tensors,
      ),
    )
    .map((entries) => new Map(entries)),
  metadata: fc.dictionary(text, text),
});

test('what is written is read, whatever the order, and every number is aligned', () => {
  fc.assert(
    fc.property(files, (file) => {
      const bytes = encodeSafetensors(file);
      const read = decodeSafetensors(bytes, 'f');
      expect(new Map([...read.tensors].sort())).toEqual(new Map([...file.tensors].sort()));
      expect(read.metadata).toEqual({ ...file.metadata });
      const turned = { ...file, tensors: new Map([...file.tensors].reverse()) };
      expect(encodeSafetensors(turned)).toEqual(bytes);
      const begin = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
      expect(begin % 8).toBe(0);
      const header = JSON.parse(Buffer.from(bytes.subarray(8, begin)).toString('utf8'));
      for (const [name, { kind }] of file.tensors)
        expect(header[name].data_offsets[0] % (kind === 'F64' ? 8 : 4)).toBe(0);
    }),
  );
});

test.for(['__proto__', 'constructor', ''])('no name is lost: %j', (name) => {
  const values = Float32Array.of(1);
  const metadata: Record<string, string> = JSON.parse(`{"${name}":"x"}`);
  const file = { tensors: new Map([[name, { kind: 'F32', shape: [1], values } as const]]), metadata };
  const read = decodeSafetensors(encodeSafetensors(file), 'f');
  expect(read.tensors).toEqual(file.tensors);
  expect(Object.entries(read.metadata)).toEqual([[name, 'x']]);
});

test('no cut and no changed byte of the header brings anything but a juror error or a whole file', () => {
  const bytes = encodeSafetensors(tensorCase);
  fc.assert(
    fc.property(fc.nat({ max: bytes.length - 1 }), fc.nat({ max: 255 }), (place, value) => {
      expect(() => decodeSafetensors(bytes.subarray(0, place), 'f')).toThrow(/^f/);
      const changed = bytes.slice();
      changed[place] = value;
      try {
        decodeSafetensors(changed, 'f');
      } catch (error) {
        expect(error).toMatchObject({ code: 'data' });
      }
    }),
  );
});

test.for([
  ['no header', new Uint8Array(7), 'expected a safetensors file, got 7 bytes'],
  ['a header longer than the file', raw('{}', 0).with(0, 3), 'a header of at most 2 bytes, got 3'],
  ['a header of 2⁶⁴ − 1', new Uint8Array(16).fill(255), 'got 18446744073709551615'],
  ['a list', raw('[]', 0), 'an object of tensors'],
  ['white space first', raw(' {}', 0), 'an object of tensors'],
  ['no JSON', raw('{"a"', 0), 'expected a header in JSON'],
  ['no UTF-8', raw('{"a":1}', 0).with(10, 0xff), 'expected a header in JSON'],
  ['numbers for metadata', raw('{"__metadata__":{"a":1}}', 0), '__metadata__: expected texts by name'],
  ['another kind', raw(`{"a":${tensor(0, 4, '[2]', 'F16')}}`, 4), 'a: expected dtype F32, F64 or I32'],
  ['another field', raw('{"a":{"dtype":"F32"}}', 0), 'a: expected dtype'],
  ['a name twice', raw(`{"a":${tensor(0, 4)},"\\u0061":${tensor(0, 4)}}`, 4), 'a: expected each name once'],
  [
    'a field twice',
    raw(`{"a":{"dtype":"F32",${tensor(0, 4).slice(1)}}`, 4),
    'dtype: expected each name once',
  ],
  ['a shape that does not fit', raw(`{"a":${tensor(0, 4, '[2]')}}`, 4), '2 of F32 in its range, got 4 bytes'],
  ['a huge shape', raw(`{"a":${tensor(0, 4, '[9007199254740991,9007199254740991]')}}`, 4), 'in its range'],
  ['a range that ends before it begins', raw(`{"a":${tensor(8, 4, '[0]')}}`, 8), 'got -4 bytes'],
  ['a range outside', raw(`{"a":${tensor(0, 8)}}`, 4), 'a range inside the file'],
  ['an overlap', raw(`{"a":${tensor(0, 8)},"b":${tensor(4, 12)}}`, 12), 'b: expected to begin at 8'],
  ['a gap', raw(`{"a":${tensor(0, 4)},"b":${tensor(8, 12)}}`, 12), 'b: expected to begin at 4'],
  ['bytes left over', raw(`{"a":${tensor(0, 4)}}`, 5), 'got 67'],
] as const)('refused: %s', ([, bytes, message]) => {
  expect(() => decodeSafetensors(bytes, 'f')).toThrow(message);
});

test('strings in a header may look like structure', () => {
  const name = '{"a":1},[\\"';
  const file = { tensors: tensorCase.tensors, metadata: { [name]: name, b: '{"b":1,"b":2}' } };
  expect(decodeSafetensors(encodeSafetensors(file), 'f').metadata).toEqual(file.metadata);
});

test.for([
  ['a', [2], {}, 'a: expected 2 numbers for its shape, got 1'],
  ['__metadata__', [1], {}, 'another name'],
  ['\ud800', [1], {}, 'another name'],
  ['a', [1], { a: '\ud800' }, 'a lone surrogate'],
] as const)('not written: %s %j %j', ([name, shape, metadata, message]) => {
  const values = Float32Array.of(1);
  const file = { tensors: new Map([[name, { kind: 'F32', shape, values } as const]]), metadata };
  expect(() => encodeSafetensors(file)).toThrow(message);
});
