/** Rows of JSON: one object a line, or the elements of an array. */
import { isUtf8 } from 'node:buffer';
import { JurorError } from '../errors.ts';
import { type DataRow, deepestRow, isDeeper, longestRow, type ReportRow } from './files.ts';

/** The bytes of one value and the 1-based line it starts on; null when they are more than a row may have. */
interface Chunk {
  readonly bytes: Buffer | null;
  readonly line: number;
}

/** Rows of JSON Lines. Blank lines are skipped; a bad line is reported with its number. */
export async function* readJsonLines(
  bytes: AsyncIterable<Buffer>,
  file: string,
  report: ReportRow,
): AsyncGenerator<DataRow> {
  for await (const chunk of splitLines(bytes)) yield* parseChunk(chunk, file, report);
}

/** Rows of a JSON array, or of values one after another, element by element: memory does not grow with the file. */
export async function* readJsonValues(
  bytes: AsyncIterable<Buffer>,
  file: string,
  report: ReportRow,
): AsyncGenerator<DataRow> {
  for await (const chunk of splitValues(bytes, file)) yield* parseChunk(chunk, file, report);
}

function* parseChunk({ bytes, line }: Chunk, file: string, report: ReportRow): Generator<DataRow> {
  const bad = (message: string) => report(new JurorError('data', message, { place: { file, line } }));
  if (bytes === null) return bad(`expected a row of at most ${longestRow} bytes, got a longer one`);
  if (!isUtf8(bytes)) return bad('expected UTF-8, got invalid bytes');
  const text = bytes.toString('utf8');
  if (/^[ \t\r\n]*$/.test(text)) return;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const reason =
      error instanceof Error ? error.message.replace(/ \(line \d+ column \d+\)/, '') : String(error);
    return bad(`expected a JSON object, got broken JSON: ${reason}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return bad(
      `expected a JSON object, got ${Array.isArray(value) ? 'an array' : value === null ? 'null' : `a ${typeof value}`}`,
    );
  }
  if (isDeeper(value)) return bad(`expected at most ${deepestRow} levels of nesting, got more`);
  yield { row: value as Record<string, unknown>, line };
}

async function* splitLines(bytes: AsyncIterable<Buffer>): AsyncGenerator<Chunk> {
  const pending = new Pending();
  let line = 1;
  for await (const chunk of bytes) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      pending.add(chunk.subarray(start, end));
      yield { bytes: pending.take(), line };
      line++;
      start = end + 1;
    }
    pending.add(chunk.subarray(start));
  }
  yield { bytes: pending.take(), line };
}

const code = {
  quote: 34,
  backslash: 92,
  comma: 44,
  open: 91,
  close: 93,
  openObject: 123,
  closeObject: 125,
  newline: 10,
};

function isSpace(byte: number): boolean {
  return byte === 32 || byte === 9 || byte === 13 || byte === 10;
}

/** Cuts a stream where a value at the top level, or an element of the array there, ends. JSON.parse judges the pieces. */
async function* splitValues(bytes: AsyncIterable<Buffer>, file: string): AsyncGenerator<Chunk> {
  const pending = new Pending();
  let line = 1;
  let valueLine = 1;
  let array: 'unknown' | 'none' | 'open' | 'closed' = 'unknown';
  let inValue = false;
  let inString = false;
  let escaped = false;
  let depth = 0;
  for await (const chunk of bytes) {
    let start = 0;
    for (let index = 0; index < chunk.length; index++) {
      const byte = chunk[index] ?? 0;
      if (byte === code.newline) line++;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === code.backslash) escaped = true;
        else if (byte === code.quote) inString = false;
        continue;
      }
      if (!inValue) {
        if (isSpace(byte) || (byte === code.comma && array === 'open')) continue;
        if (array === 'unknown') {
          array = byte === code.open ? 'open' : 'none';
          if (array === 'open') continue;
        }
        if (byte === code.close && array === 'open') {
          array = 'closed';
          continue;
        }
        if (array === 'closed') {
          throw new JurorError('data', 'expected nothing after the end of the array, got more', {
            place: { file, line },
          });
        }
        inValue = true;
        valueLine = line;
        start = index;
      }
      if (byte === code.quote) inString = true;
      else if (byte === code.open || byte === code.openObject) depth++;
      else if ((byte === code.close || byte === code.closeObject) && depth > 0) {
        depth--;
        if (depth === 0) {
          pending.add(chunk.subarray(start, index + 1));
          yield { bytes: pending.take(), line: valueLine };
          inValue = false;
        }
      } else if (depth === 0 && (byte === code.comma || byte === code.close || byte === code.newline)) {
        pending.add(chunk.subarray(start, index));
        yield { bytes: pending.take(), line: valueLine };
        inValue = false;
        if (byte === code.close && array === 'open') array = 'closed';
      }
    }
    if (inValue) pending.add(chunk.subarray(start));
  }
  if (inValue) yield { bytes: pending.take(), line: valueLine };
  else if (array === 'open') {
    throw new JurorError('data', 'expected "]" at the end of the array, got the end of the file', {
      place: { file, line },
    });
  }
}

/** The bytes of a row that is not over yet. Bytes past the limit are counted and let go. */
class Pending {
  #parts: Buffer[] = [];
  #length = 0;

  add(part: Buffer): void {
    this.#length += part.length;
    if (this.#length > longestRow) this.#parts = [];
    else if (part.length > 0) this.#parts.push(part);
  }

  take(): Buffer | null {
    const whole = this.#length > longestRow ? null : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#length = 0;
    return whole;
  }
}
