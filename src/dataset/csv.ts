/** Rows of CSV (RFC 4180): cells are text, formula guards are taken off again. */
import { isUtf8 } from 'node:buffer';
import { pipeline } from 'node:stream';
import { type CsvError, type Info, parse } from 'csv-parse';
import { JurorError } from '../errors.ts';
import { type DataRow, longestRow, type ReportRow } from './files.ts';

interface CsvRecord {
  readonly record: readonly string[];
  readonly raw: string;
  readonly info: Info;
}

/** What a spreadsheet would run: OWASP's list, with line feeds and full-width signs. */
const formula = /^'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;

/** A cell that no spreadsheet takes for a formula: an apostrophe goes before one that begins like it. */
export function guardCell(text: string): string {
  return formula.test(text) ? `'${text}` : text;
}

/** The text that `guardCell` guarded. */
export function unguardCell(text: string): string {
  return text.startsWith("'") && formula.test(text) ? text.slice(1) : text;
}

/**
 * Rows of a CSV file with a header line. A row with another number of cells, a broken quote or invalid UTF-8 is
 * reported with the line it starts on. Blank lines are skipped.
 */
export async function* readCsv(
  bytes: AsyncIterable<Buffer>,
  file: string,
  report: ReportRow,
): AsyncGenerator<DataRow> {
  const lines = new LineCounter();
  const skipped: { offset: number; error: Error }[] = [];
  const parser = parse({
    // One character a byte: csv-parse would replace invalid UTF-8 without a word.
    encoding: 'latin1',
    record_delimiter: ['\r\n', '\n'],
    info: true,
    raw: true,
    relax_column_count: true,
    max_record_size: longestRow,
    skip_records_with_error: true,
    on_skip: (error) => {
      if (!error) return undefined;
      if (error.code === 'CSV_MAX_RECORD_SIZE') throw error;
      skipped.push({ offset: offsetOf(error), error });
      return undefined;
    },
  });
  const finished = pipeline(lines.watch(bytes), parser, () => undefined);
  const reportSkipped = (before: number) => {
    while (skipped[0] && skipped[0].offset < before) {
      const next = skipped.shift();
      if (next)
        report(
          new JurorError('data', quoteMessage(next.error), { place: { file, line: lines.at(next.offset) } }),
        );
    }
  };
  let header: readonly string[] | undefined;
  try {
    for await (const { record, raw, info } of finished as AsyncIterable<CsvRecord>) {
      const start = info.bytes - raw.length;
      reportSkipped(start + 1);
      if (raw.trim() === '') continue;
      const line = lines.at(start);
      if (!header) {
        header = readHeader(record, file, line);
        continue;
      }
      const row = readRecord(record, header, file, line, report);
      if (row) yield { row, line };
    }
  } catch (error) {
    throw isCsvError(error)
      ? new JurorError('data', quoteMessage(error), {
          place: { file, line: lines.at(offsetOf(error)) },
          cause: error,
        })
      : error;
  }
  reportSkipped(Number.POSITIVE_INFINITY);
}

function readHeader(record: readonly string[], file: string, line: number): readonly string[] {
  const seen = new Set<string>();
  return record.map((cell) => {
    const name = decode(cell);
    if (name === undefined)
      throw new JurorError('data', 'expected UTF-8, got invalid bytes', { place: { file, line } });
    if (seen.has(name)) {
      throw new JurorError('data', `expected each column once, got "${name}" twice`, {
        place: { file, line, field: name },
      });
    }
    seen.add(name);
    return name;
  });
}

function readRecord(
  record: readonly string[],
  header: readonly string[],
  file: string,
  line: number,
  report: ReportRow,
): Record<string, string> | undefined {
  if (record.length !== header.length) {
    report(
      new JurorError('data', `expected ${header.length} cells as in the header, got ${record.length}`, {
        place: { file, line },
      }),
    );
    return undefined;
  }
  const cells: [string, string][] = [];
  for (const [index, name] of header.entries()) {
    const text = decode(record[index] ?? '');
    if (text === undefined) {
      report(
        new JurorError('data', 'expected UTF-8, got invalid bytes', { place: { file, line, field: name } }),
      );
      return undefined;
    }
    cells.push([name, text]);
  }
  return Object.fromEntries(cells);
}

function decode(cell: string): string | undefined {
  const bytes = Buffer.from(cell, 'latin1');
  return isUtf8(bytes) ? unguardCell(bytes.toString('utf8')) : undefined;
}

function quoteMessage(error: Error): string {
  const code = isCsvError(error) ? error.code : undefined;
  if (code === 'CSV_MAX_RECORD_SIZE')
    return `expected a row of at most ${longestRow} bytes, got a longer one; is a quote left open?`;
  if (code === 'CSV_QUOTE_NOT_CLOSED') return 'expected a closing quote, got the end of the file';
  return `expected a quoted cell to begin and end with '"', and '""' for a quote inside, got ${error.message}`;
}

function isCsvError(error: unknown): error is CsvError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code.includes('QUOTE') || code === 'CSV_MAX_RECORD_SIZE';
}

function offsetOf(error: Error): number {
  return 'bytes' in error && typeof error.bytes === 'number' ? error.bytes : 0;
}

/** Turns byte offsets into lines. Offsets must not go back, so what lies behind is forgotten. */
class LineCounter {
  #breaks: number[] = [];
  #next = 0;
  #line = 1;

  async *watch(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let offset = 0;
    for await (const chunk of bytes) {
      for (let index = chunk.indexOf(10); index >= 0; index = chunk.indexOf(10, index + 1)) {
        this.#breaks.push(offset + index);
      }
      offset += chunk.length;
      yield chunk;
    }
  }

  /** 1-based line of a byte. */
  at(offset: number): number {
    for (let position = this.#breaks[this.#next]; position !== undefined && position < offset; ) {
      this.#line++;
      position = this.#breaks[++this.#next];
    }
    if (this.#next > 65_536) {
      this.#breaks = this.#breaks.slice(this.#next);
      this.#next = 0;
    }
    return this.#line;
  }
}
