/** One text for one value, so that equal values have equal hashes. */
import { createHash } from 'node:crypto';
import { JurorError } from './errors.ts';

/** Containers inside containers; deeper data is refused, not met by a stack overflow. */
const deepest = 500;

/**
 * JSON of plain data with the keys of every object sorted by UTF-16 code unit and no white space.
 * Properties that are undefined are left out. Throws JurorError `data`, naming the field, for anything JSON cannot hold
 * (NaN, infinities, bigints, functions, class instances, cycles). Lone surrogates stay apart as `\udXXX` escapes.
 */
export function canonicalJson(value: unknown): string {
  return write(value, [], 0);
}

/** SHA-256 of the canonical JSON in UTF-8, as 64 lower-case hexadecimal digits. */
export function contentHash(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value), 'utf8').digest('hex');
}

/** What all samples with the same prompt share: 16 hexadecimal digits of its {@link contentHash}. */
export function promptCluster(prompt: unknown): string {
  return contentHash(prompt).slice(0, 16);
}

/** A prompt as text, which is one turn of a user, or as messages. */
type Prompt = string | readonly { readonly role: string; readonly content: string }[];

/**
 * Same for prompts that say the same, whatever their case and white space and whether one turn of a user is written as text: what must not
 * be on two sides of a split. 16 hexadecimal digits.
 */
export function looseCluster(prompt: Prompt): string {
  const messages = typeof prompt === 'string' ? [{ role: 'user', content: prompt }] : prompt;
  return contentHash(
    messages.map(({ role, content }) => [role, content.trim().toLowerCase().replace(/\s+/gu, ' ')]),
  ).slice(0, 16);
}

/** What tells a text from others of its length: 12 hexadecimal digits of its {@link contentHash}. */
export function textDigest(text: string): string {
  return contentHash(text).slice(0, 12);
}

function write(value: unknown, path: string[], depth: number): string {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw unfit(path, String(value));
    return JSON.stringify(value);
  }
  if (typeof value !== 'object') throw unfit(path, typeof value);
  if (depth > deepest) throw unfit(path.slice(0, 3), `more than ${deepest} levels or a cycle`);
  if (Array.isArray(value)) {
    const items = Array.from(value, (item, index) => inside(item, String(index), path, depth));
    return `[${items.join(',')}]`;
  }
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw unfit(path, `an instance of ${value.constructor?.name ?? 'a class'}`);
  }
  const properties = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${inside(item, key, path, depth)}`);
  return `{${properties.join(',')}}`;
}

function inside(value: unknown, key: string, path: string[], depth: number): string {
  path.push(key);
  const text = write(value, path, depth + 1);
  path.pop();
  return text;
}

function unfit(path: readonly string[], got: string): JurorError {
  const field = path.join('.');
  return new JurorError('data', `expected plain JSON data, got ${got}`, { place: field ? { field } : {} });
}
