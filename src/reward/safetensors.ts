/** Tensors in a file, as the safetensors format has them: a JSON header of names, shapes and places, then plain numbers. */
import { z } from 'zod';
import { canonicalJson } from '../canonical.ts';
import { JurorError } from '../errors.ts';
import { repeatedKey } from './repeated-key.ts';

/** Numbers of one kind, row-major; `values` has one for each place of `shape`, a scalar has the shape []. */
export type Tensor =
  | { readonly kind: 'F32'; readonly shape: readonly number[]; readonly values: Float32Array }
  | { readonly kind: 'F64'; readonly shape: readonly number[]; readonly values: Float64Array }
  | { readonly kind: 'I32'; readonly shape: readonly number[]; readonly values: Int32Array };

/** What a file holds. */
export interface TensorFile {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The most that the reference implementation reads as a header. */
const longestHeader = 100_000_000;
const lengthBytes = 8;
const alignment = 8;
const metadataName = '__metadata__';
const widths = { F32: 4, F64: 8, I32: 4 } as const;

const Entry = z.strictObject({
  dtype: z.enum(['F32', 'F64', 'I32']),
  shape: z.array(z.int().nonnegative()),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
});

/**
 * The bytes of a file: equal content gives equal bytes. Wide kinds stand first and then names in the order of their code units, so that every
 * number is aligned. Throws JurorError `data` for a name or a text that UTF-8 cannot hold, and for a shape that is not that of the values.
 */
export function encodeSafetensors({ tensors, metadata }: TensorFile): Uint8Array<ArrayBuffer> {
  const named = [...tensors].sort(
    ([left, { kind: first }], [right, { kind: second }]) =>
      widths[second] - widths[first] || (left < right ? -1 : 1),
  );
  const entries: [string, unknown][] = [];
  let end = 0;
  for (const [name, { kind, shape, values }] of named) {
    const start = end;
    end += values.length * widths[kind];
    if (name === metadataName || !name.isWellFormed())
      throw new JurorError('data', `expected another name of a tensor, got ${JSON.stringify(name)}`);
    if (sizeOf(shape) !== values.length)
      throw unfit(`expected ${sizeOf(shape)} numbers for its shape, got ${values.length}`, '', name);
    entries.push([name, { dtype: kind, shape, data_offsets: [start, end] }]);
  }
  if (
    !Object.entries(metadata)
      .flat()
      .every((text) => text.isWellFormed())
  )
    throw new JurorError('data', 'expected metadata that UTF-8 can hold, got a lone surrogate');
  const described = Object.keys(metadata).length === 0 ? [] : [[metadataName, metadata]];
  const header = Buffer.from(canonicalJson(Object.fromEntries([...described, ...entries])), 'utf8');
  const begin = lengthBytes + Math.ceil(header.length / alignment) * alignment;
  const bytes = new Uint8Array(begin + end);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(begin - lengthBytes), true);
  bytes.set(header, lengthBytes);
  bytes.fill(0x20, lengthBytes + header.length, begin);
  let place = begin;
  for (const [, { kind, values }] of named) for (const value of values) place = put(view, place, kind, value);
  return bytes;
}

/**
 * What the bytes of a file hold. The header must end inside the file, every name stand in it once, and the tensors fill the rest without overlap
 * and without gap. Throws JurorError `data`, naming the `file` and the tensor, for anything else, other kinds of numbers among it.
 */
export function decodeSafetensors(bytes: Uint8Array, file: string): TensorFile {
  const { header, begin } = readHeader(bytes, file);
  const metadata = header[metadataName] ?? {};
  if (!isTexts(metadata)) throw unfit('expected texts by name', file, metadataName);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tensors = new Map<string, Tensor>();
  const ranges: { readonly name: string; readonly start: number; readonly end: number }[] = [];
  for (const [name, value] of Object.entries(header)) {
    if (name === metadataName) continue;
    const { data: entry, error } = Entry.safeParse(value);
    if (error)
      throw unfit(
        `expected dtype F32, F64 or I32, a shape and two data_offsets, got ${error.issues[0]?.path.join('.') || 'another record'}`,
        file,
        name,
        error,
      );
    const [start, end] = entry.data_offsets;
    const size = sizeOf(entry.shape);
    if (!Number.isSafeInteger(size) || end - start !== size * widths[entry.dtype])
      throw unfit(
        `expected ${entry.shape.join(' × ') || 'one number'} of ${entry.dtype} in its range, got ${end - start} bytes`,
        file,
        name,
      );
    if (begin + end > bytes.length)
      throw unfit(
        `expected a range inside the file, got one to byte ${begin + end} of ${bytes.length}`,
        file,
        name,
      );
    tensors.set(name, tensorOf(view, begin + start, entry.dtype, entry.shape, size));
    ranges.push({ name, start, end });
  }
  let filled = 0;
  for (const { name, start, end } of ranges.sort(
    (left, right) => left.start - right.start || left.end - right.end,
  )) {
    if (start !== filled)
      throw unfit(`expected to begin at ${filled}, where the one before it ends, got ${start}`, file, name);
    filled = end;
  }
  if (begin + filled !== bytes.length)
    throw unfit(`expected ${begin + filled} bytes, got ${bytes.length}`, file);
  return { tensors, metadata };
}

function readHeader(bytes: Uint8Array, file: string): { header: Record<string, unknown>; begin: number } {
  if (bytes.length < lengthBytes) throw unfit(`expected a safetensors file, got ${bytes.length} bytes`, file);
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  const most = Math.min(longestHeader, bytes.length - lengthBytes);
  if (length > BigInt(most)) throw unfit(`expected a header of at most ${most} bytes, got ${length}`, file);
  const begin = lengthBytes + Number(length);
  let text: string;
  let content: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      bytes.subarray(lengthBytes, begin),
    );
    content = JSON.parse(text);
  } catch (cause) {
    throw unfit('expected a header in JSON, got something else', file, undefined, cause);
  }
  if (!isObject(content) || !text.startsWith('{'))
    throw unfit('expected a header that is an object of tensors, got something else', file);
  const repeated = repeatedKey(text);
  if (repeated !== undefined)
    throw unfit('expected each name once in the header, got it again', file, repeated);
  return { header: content, begin };
}

function tensorOf(
  view: DataView,
  start: number,
  kind: Tensor['kind'],
  shape: readonly number[],
  size: number,
): Tensor {
  if (kind === 'F32')
    return {
      kind,
      shape,
      values: Float32Array.from({ length: size }, (_, at) => view.getFloat32(start + 4 * at, true)),
    };
  if (kind === 'F64')
    return {
      kind,
      shape,
      values: Float64Array.from({ length: size }, (_, at) => view.getFloat64(start + 8 * at, true)),
    };
  return {
    kind,
    shape,
    values: Int32Array.from({ length: size }, (_, at) => view.getInt32(start + 4 * at, true)),
  };
}

/** Writes one number and returns the place after it. */
function put(view: DataView, place: number, kind: Tensor['kind'], value: number): number {
  if (kind === 'F32') view.setFloat32(place, value, true);
  else if (kind === 'F64') view.setFloat64(place, value, true);
  else view.setInt32(place, value, true);
  return place + widths[kind];
}

/** Zod's records would drop a name such as `__proto__`. */
function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is Record<string, string> {
  return isObject(value) && Object.values(value).every((text) => typeof text === 'string');
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}

function unfit(message: string, file: string, field?: string, cause?: unknown): JurorError {
  const place = { ...(file === '' ? {} : { file }), ...(field === undefined ? {} : { field }) };
  return new JurorError('data', message, { place, cause });
}
