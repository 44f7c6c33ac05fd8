/** Parts of one large JSON value, read as they come: the elements of a list deep inside, and values beside it. */
import { deepestRow, isDeeper, longestRow, readBytes } from '../dataset/files.ts';
import { type ErrorPlace, JurorError } from '../errors.ts';

/** A value of a part that was asked for. */
export interface JsonPart {
  /** The path that was asked for, joined by dots. */
  readonly path: string;
  readonly value: unknown;
  /** 1-based line on which it starts. */
  readonly line: number;
}

const byte = {
  quote: 34,
  backslash: 92,
  comma: 44,
  colon: 58,
  open: 91,
  close: 93,
  openObject: 123,
  closeObject: 125,
  newline: 10,
};

interface Level {
  readonly list: boolean;
  key: string;
}

/**
 * Values of a JSON file at the given paths, in the file's order. A path is dotted keys; one that ends in `[]` gives the elements of a
 * list, one by one. Memory is that of one value. NaN and Infinity, which Python writes, are read as null. Throws JurorError `data`, naming
 * file and line, for what is no JSON.
 */
export async function* readJsonParts(file: string, paths: readonly string[]): AsyncGenerator<JsonPart> {
  const levels: Level[] = [];
  let line = 1;
  let text: number[] = [];
  let inString = false;
  let escaped = false;
  let awaitsKey = false;
  let wanted: { readonly path: string; readonly depth: number; readonly line: number } | undefined;
  let parts: Buffer[] = [];
  let length = 0;
  let anything = false;

  const place = () => ({ file, line });
  const pathHere = () =>
    levels
      .map(({ list, key }) => (list ? '[]' : `.${key}`))
      .join('')
      .replace(/^\./, '');
  const keep = (piece: Buffer) => {
    length += piece.length;
    if (length > longestRow)
      throw new JurorError('data', `expected a value of at most ${longestRow} bytes, got a longer one`, {
        place: place(),
      });
    parts.push(piece);
  };
  const finish = (): JsonPart => {
    const { path, line: started } = wanted ?? { path: '', line };
    const whole = Buffer.concat(parts).toString('utf8');
    wanted = undefined;
    parts = [];
    length = 0;
    return { path, value: parsed(whole, { file, line: started }), line: started };
  };
  const begin = (index: number) => {
    const path = pathHere();
    if (wanted !== undefined || !paths.includes(path)) return -1;
    wanted = { path, depth: levels.length, line };
    return index;
  };

  for await (const chunk of readBytes(file)) {
    let start = 0;
    for (let index = 0; index < chunk.length; index++) {
      const code = chunk[index] ?? 0;
      if (code === byte.newline) line++;
      if (inString) {
        if (awaitsKey && wanted === undefined) text.push(code);
        if (escaped) escaped = false;
        else if (code === byte.backslash) escaped = true;
        else if (code === byte.quote) {
          inString = false;
          if (awaitsKey && wanted === undefined) {
            const level = levels.at(-1);
            if (level) level.key = keyOf(text);
          }
        }
        continue;
      }
      if (code === 32 || code === 9 || code === 13 || code === byte.newline) continue;
      anything = true;
      const level = levels.at(-1);
      if (code === byte.colon) {
        awaitsKey = false;
        continue;
      }
      const closes = code === byte.close || code === byte.closeObject;
      if (code === byte.comma || closes) {
        // What was asked for and is no container ends here.
        if (wanted && wanted.depth === levels.length) {
          keep(chunk.subarray(start, index));
          yield finish();
        }
        if (code === byte.comma) {
          awaitsKey = level !== undefined && !level.list;
          continue;
        }
        if (level === undefined || level.list !== (code === byte.close))
          throw new JurorError('data', 'expected JSON, got a bracket that closes nothing', {
            place: place(),
          });
        levels.pop();
        awaitsKey = false;
        if (wanted && wanted.depth === levels.length) {
          keep(chunk.subarray(start, index + 1));
          yield finish();
        }
        continue;
      }
      if (!awaitsKey || level?.list) {
        const from = wanted === undefined ? begin(index) : -1;
        if (from >= 0) start = from;
      }
      if (code === byte.quote) {
        inString = true;
        text = [];
      } else if (code === byte.open || code === byte.openObject) {
        levels.push({ list: code === byte.open, key: '' });
        awaitsKey = code === byte.openObject;
        if (levels.length > deepestRow + 8)
          throw new JurorError('data', `expected at most ${deepestRow} levels of nesting, got more`, {
            place: place(),
          });
      }
    }
    if (wanted) keep(chunk.subarray(start));
  }
  if (wanted && levels.length === 0) yield finish();
  else if (levels.length > 0 || inString || !anything)
    throw new JurorError('data', 'expected JSON, got the end of the file', { place: place() });
}

function keyOf(codes: readonly number[]): string {
  // The last code is the closing quote.
  const text = Buffer.from(codes.slice(0, -1)).toString('utf8');
  try {
    return String(JSON.parse(`"${text}"`));
  } catch {
    return text;
  }
}

/** JSON as Python writes it too, where NaN and Infinity are words. */
export function parsed(text: string, place: ErrorPlace): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    try {
      value = JSON.parse(
        text.replace(/"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/gs, (word) =>
          word.startsWith('"') ? word : 'null',
        ),
      );
    } catch {
      throw new JurorError(
        'data',
        `expected JSON, got broken JSON: ${error instanceof Error ? error.message : String(error)}`,
        { place },
      );
    }
  }
  if (typeof value === 'object' && value !== null && isDeeper(value))
    throw new JurorError('data', `expected at most ${deepestRow} levels of nesting, got more`, { place });
  return value;
}
