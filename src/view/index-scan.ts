/** Lines of a file by their places: read once from end to end, later one by one. */
import type { FileHandle } from 'node:fs/promises';
import { JurorError } from '../errors.ts';

/** Bytes read at once; a longer line is gathered. */
const windowBytes = 1 << 20;
/** Longest line that is read; more than any real row, less than what ends the process. */
const longestLine = 64 * 1024 * 1024;

/** A line, without its end. The bytes are only valid during the call. */
export type VisitLine = (bytes: Buffer, offset: number) => void;

/**
 * Visit every line of a file with its byte offset; a last line without an end is one too, empty lines and a byte order mark are left out.
 * Longer lines than 64 MiB are left out. Other work goes on between two windows. Throws JurorError `aborted` when the signal fires.
 */
export async function scanLines(
  file: FileHandle,
  visit: VisitLine,
  { signal, from = 0 }: { readonly signal?: AbortSignal | undefined; readonly from?: number } = {},
): Promise<void> {
  const buffer = Buffer.allocUnsafeSlow(windowBytes);
  let pending: Buffer[] = [];
  let length = 0;
  let start = from;
  let position = from;
  const line = (part: Buffer): void => {
    const size = length + part.length;
    const whole = pending.length === 0 ? part : Buffer.concat([...pending, part]);
    pending = [];
    length = 0;
    if (size <= longestLine && size > 0) visitLine(whole, start);
  };
  const visitLine = (bytes: Buffer, offset: number): void => {
    const marked = offset === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    const end = bytes.at(-1) === 13 ? bytes.length - 1 : bytes.length;
    const content = bytes.subarray(marked ? 3 : 0, end);
    if (content.length > 0) visit(content, offset + (marked ? 3 : 0));
  };
  while (true) {
    if (signal?.aborted) throw new JurorError('aborted', 'nobody waits for it any more');
    const { bytesRead } = await file.read(buffer, 0, windowBytes, position);
    if (bytesRead === 0) break;
    const part = buffer.subarray(0, bytesRead);
    let after = 0;
    for (let end = part.indexOf(10); end >= 0; end = part.indexOf(10, after)) {
      line(part.subarray(after, end));
      after = end + 1;
      start = position + after;
    }
    const rest = part.subarray(after);
    length += rest.length;
    if (length > longestLine) pending = [];
    else if (rest.length > 0) pending.push(Buffer.from(rest));
    position += bytesRead;
  }
  if (length > 0) line(Buffer.alloc(0));
}

/** The text at a place. Throws JurorError `store` where the file has become shorter. */
export async function readText(file: FileHandle, offset: number, length: number): Promise<string> {
  const buffer = Buffer.allocUnsafe(length);
  let got = 0;
  while (got < length) {
    const { bytesRead } = await file.read(buffer, got, length - got, offset + got);
    if (bytesRead === 0) throw new JurorError('store', 'expected a file as it was opened, got a shorter one');
    got += bytesRead;
  }
  return buffer.toString('utf8');
}
