/** Column types that hold every value of a column, and the Parquet file made of them. */
import type { SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import { JurorError } from '../errors.ts';
import type { DataRow } from './files.ts';

type Scalar = 'boolean' | 'integer' | 'number' | 'text';

/** The narrowest type of a column. A record's fields are the same in every row; what fits nothing else is JSON. */
export type ColumnType =
  | 'null'
  | Scalar
  | 'json'
  | { readonly list: 'null' | Scalar | Readonly<Record<string, Scalar>> };

/** Most text of a row group in characters, and most rows: what is in memory at once. */
const groupCharacters = 16 * 1024 * 1024;
const groupRows = 20_000;

/** The type of one value. */
export function typeOf(value: unknown): ColumnType {
  if (value === null || value === undefined) return 'null';
  if (!Array.isArray(value)) return scalarOf(value) ?? 'json';
  return value.reduce<ColumnType>((type, item) => widen(type, elementType(item)), { list: 'null' });
}

/** The type that holds both. */
export function widen(left: ColumnType, right: ColumnType): ColumnType {
  if (left === 'null') return right;
  if (right === 'null') return left;
  if (left === 'json' || right === 'json') return 'json';
  if (typeof left === 'string' || typeof right === 'string') {
    return typeof left === 'string' && typeof right === 'string'
      ? (widenScalar(left, right) ?? 'json')
      : 'json';
  }
  if (left.list === 'null') return right;
  if (right.list === 'null') return left;
  if (typeof left.list === 'string' || typeof right.list === 'string') {
    const scalar =
      typeof left.list === 'string' && typeof right.list === 'string'
        ? widenScalar(left.list, right.list)
        : undefined;
    return scalar ? { list: scalar } : 'json';
  }
  const record = widenRecord(left.list, right.list);
  return record ? { list: record } : 'json';
}

function widenScalar(left: Scalar, right: Scalar): Scalar | undefined {
  if (left === right) return left;
  const numbers = ['integer', 'number'];
  return numbers.includes(left) && numbers.includes(right) ? 'number' : undefined;
}

function widenRecord(
  left: Readonly<Record<string, Scalar>>,
  right: Readonly<Record<string, Scalar>>,
): Readonly<Record<string, Scalar>> | undefined {
  if (Object.keys(left).join('\n') !== Object.keys(right).join('\n')) return undefined;
  const fields = Object.entries(left).map(
    ([name, type]) => [name, widenScalar(type, right[name] ?? type)] as const,
  );
  return fields.every((field): field is readonly [string, Scalar] => field[1] !== undefined)
    ? Object.fromEntries(fields)
    : undefined;
}

function scalarOf(value: unknown): Scalar | undefined {
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'number') return Number.isSafeInteger(value) ? 'integer' : 'number';
  // UTF-8 cannot hold lone surrogates; JSON can, as escapes.
  return typeof value === 'string' && value.isWellFormed() ? 'text' : undefined;
}

function elementType(item: unknown): ColumnType {
  const scalar = scalarOf(item);
  if (scalar) return { list: scalar };
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return 'json';
  const fields = Object.entries(item).map(([name, value]) => [name, scalarOf(value)] as const);
  const fit = (field: readonly [string, Scalar | undefined]): field is readonly [string, Scalar] =>
    field[1] !== undefined && /^[A-Za-z][A-Za-z0-9_]*$/.test(field[0]);
  return fields.length > 0 && fields.every(fit) ? { list: Object.fromEntries(fields) } : 'json';
}

/** The bytes of a Parquet file, row group by row group. */
export async function* encodeParquet(
  file: string,
  rows: AsyncIterable<DataRow>,
  columns: ReadonlyMap<string, ColumnType>,
): AsyncGenerator<Uint8Array> {
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({ writer: bytes, schema: schemaOf(file, columns), createdBy: 'juror' });
  const drain = (): Uint8Array => {
    const written = bytes.getBytes().slice();
    bytes.index = 0;
    return written;
  };
  let group: DataRow[] = [];
  let characters = 0;
  const flush = (): Uint8Array => {
    const columnData = [...columns].map(([name, type]) => ({
      name,
      data: group.map(({ row, line }) => cellOf(row, name, type, file, line)),
    }));
    writer.write({ columnData, rowGroupSize: Math.max(1, group.length) });
    group = [];
    characters = 0;
    return drain();
  };
  for await (const row of rows) {
    group.push(row);
    characters += sizeOf(row.row);
    if (characters >= groupCharacters || group.length >= groupRows) yield flush();
  }
  if (group.length > 0) yield flush();
  writer.finish();
  yield drain();
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 8;
  return Object.values(value).reduce((sum: number, item) => sum + sizeOf(item), 8);
}

function cellOf(row: DataRow['row'], name: string, type: ColumnType, file: string, line: number): unknown {
  const value = Object.hasOwn(row, name) ? row[name] : null;
  if (value === null) return null;
  if (type === 'integer') return BigInt(Number(value));
  if (type === 'json' && hasProto(value)) {
    throw new JurorError('data', 'expected another key than "__proto__" for Parquet; write .jsonl instead', {
      place: { file, line, field: name },
    });
  }
  if (typeof type !== 'object' || !Array.isArray(value)) return value;
  const { list } = type;
  if (list === 'integer') return value.map((item) => BigInt(item));
  if (typeof list === 'string') return value;
  return value.map((item: Record<string, unknown>) =>
    Object.fromEntries(
      Object.entries(item).map(([key, part]) => [key, list[key] === 'integer' ? BigInt(Number(part)) : part]),
    ),
  );
}

function hasProto(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.hasOwn(value, '__proto__') || Object.values(value).some(hasProto);
}

function schemaOf(file: string, columns: ReadonlyMap<string, ColumnType>): SchemaElement[] {
  for (const name of columns.keys()) {
    if (name.isWellFormed()) continue;
    throw new JurorError('data', 'expected column names that UTF-8 can hold, got a lone surrogate', {
      place: { file },
    });
  }
  return [
    { name: 'root', num_children: columns.size },
    ...[...columns].flatMap(([name, type]) => elements(name, type)),
  ];
}

function elements(name: string, type: ColumnType): SchemaElement[] {
  if (type === 'json')
    return [{ name, type: 'BYTE_ARRAY', converted_type: 'JSON', repetition_type: 'OPTIONAL' }];
  if (typeof type === 'string') return [scalarElement(name, type === 'null' ? 'text' : type, 'OPTIONAL')];
  const { list } = type;
  const inner: SchemaElement[] =
    typeof list === 'string'
      ? [scalarElement('element', list === 'null' ? 'text' : list, 'REQUIRED')]
      : [
          { name: 'element', repetition_type: 'REQUIRED', num_children: Object.keys(list).length },
          ...Object.entries(list).map(([field, scalar]) => scalarElement(field, scalar, 'REQUIRED')),
        ];
  return [
    { name, repetition_type: 'OPTIONAL', converted_type: 'LIST', num_children: 1 },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    ...inner,
  ];
}

function scalarElement(name: string, scalar: Scalar, repetition: 'OPTIONAL' | 'REQUIRED'): SchemaElement {
  if (scalar === 'boolean') return { name, type: 'BOOLEAN', repetition_type: repetition };
  if (scalar === 'integer') return { name, type: 'INT64', repetition_type: repetition };
  if (scalar === 'number') return { name, type: 'DOUBLE', repetition_type: repetition };
  return { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: repetition };
}
