/** Where juror keeps models and what it remembers about them. */

import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { JurorError } from '../errors.ts';
import { withLock } from './models-lock.ts';

/** Variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** juror's folder: `JUROR_HOME`, or `juror` in the user's cache folder. */
export function jurorHome(
  environment: Environment = process.env,
  platform: string = process.platform,
): string {
  if (environment.JUROR_HOME) return resolve(environment.JUROR_HOME);
  if (environment.XDG_CACHE_HOME) return join(environment.XDG_CACHE_HOME, 'juror');
  if (platform === 'win32') {
    return join(environment.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'juror');
  }
  return platform === 'darwin'
    ? join(homedir(), 'Library', 'Caches', 'juror')
    : join(homedir(), '.cache', 'juror');
}

/** The folder of the model files. */
export function modelsFolder(home: string): string {
  return join(home, 'models');
}

/** Where the model of that name lies, installed or not. */
export function modelFile(home: string, name: string): string {
  return join(modelsFolder(home), `${name}.gguf`);
}

/** Options of fileDigest. */
export interface DigestOptions {
  /** juror's folder, which holds the memory of digests. Default: jurorHome(). */
  readonly home?: string;
  /** Read the file even when its digest is remembered. Default false. */
  readonly fresh?: boolean;
  readonly signal?: AbortSignal;
}

const DigestRecord = z.object({
  sizeBytes: z.number(),
  modified: z.string(),
  inode: z.string(),
  sha256: z.string(),
});
const DigestFile = z.record(z.string(), DigestRecord);
type DigestRecord = z.infer<typeof DigestRecord>;

const digestsFile = (home: string) => join(home, 'digests.json');

async function fingerprint(path: string): Promise<Omit<DigestRecord, 'sha256'>> {
  const { size, mtimeNs, ino } = await stat(path, { bigint: true });
  return { sizeBytes: Number(size), modified: String(mtimeNs), inode: String(ino) };
}

const sameFile = (left: Omit<DigestRecord, 'sha256'>, right: Omit<DigestRecord, 'sha256'>) =>
  left.sizeBytes === right.sizeBytes && left.modified === right.modified && left.inode === right.inode;

/**
 * SHA-256 of a file, in hexadecimal. Remembered in `digests.json` by path, size, time of change and inode, so that a
 * large file is read once. Throws JurorError `model` when it cannot be read, `aborted` when the signal fires.
 */
export async function fileDigest(path: string, options: DigestOptions = {}): Promise<string> {
  const home = options.home ?? jurorHome();
  try {
    const real = await realpath(path);
    const before = await fingerprint(real);
    const known = (await readJson(digestsFile(home), DigestFile))?.[real];
    if (!options.fresh && known && sameFile(known, before)) return known.sha256;
    const sha256 = await hashFile(real, options.signal);
    if (sameFile(before, await fingerprint(real))) await rememberDigest(real, sha256, home);
    return sha256;
  } catch (cause) {
    if (options.signal?.aborted) throw new JurorError('aborted', 'stopped while reading a model', { cause });
    if (JurorError.isInstance(cause)) throw cause;
    throw new JurorError('model', `cannot be read: ${reasonOf(cause)}`, { place: { file: path }, cause });
  }
}

/** Remember the digest of a file that was just written and checked. A home that cannot be written costs a re-read later, no more. */
export async function rememberDigest(path: string, sha256: string, home: string): Promise<void> {
  try {
    const real = await realpath(path);
    const record = { ...(await fingerprint(real)), sha256 };
    await updateJson(digestsFile(home), DigestFile, (digests) => ({ ...digests, [real]: record }));
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
  }
}

async function hashFile(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const stream = createReadStream(path, { highWaterMark: 1 << 20, ...(signal ? { signal } : {}) });
  for await (const chunk of stream) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

const Pin = z.object({ sha256: z.string(), sizeBytes: z.number(), source: z.string() });
const PinFile = z.record(z.string(), Pin);

/** A digest that was trusted on first use. */
export type Pin = z.infer<typeof Pin>;

const pinsFile = (home: string) => join(modelsFolder(home), 'pins.json');

/** Every pin by model name. Throws JurorError `model` when the file is damaged: pins must not be forgotten silently. */
export async function readPins(home: string): Promise<Readonly<Record<string, Pin>>> {
  const text = await readFile(pinsFile(home), 'utf8').catch((cause: unknown) => {
    if (isSystemError(cause) && cause.code === 'ENOENT') return '{}';
    const place = { file: pinsFile(home) };
    throw new JurorError('model', `cannot be read: ${reasonOf(cause)}`, { place, cause });
  });
  const parsed = PinFile.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new JurorError(
    'model',
    'expected digests by model name; mend the file, or remove it to forget every pin',
    {
      place: { file: pinsFile(home) },
    },
  );
}

/** Pin a model's digest. */
export async function writePin(home: string, name: string, pin: Pin): Promise<void> {
  await readPins(home);
  await updateJson(pinsFile(home), PinFile, (pins) => ({ ...pins, [name]: pin }));
}

/** Change a JSON record under a lock; the folder is made where it is missing. */
export async function updateJson<Value>(
  path: string,
  schema: z.ZodType<Record<string, Value>>,
  change: (value: Record<string, Value>) => Record<string, Value>,
): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const replace = async () => {
    const value = change((await readJson(path, schema)) ?? {});
    await writeAtomically(path, `${JSON.stringify(value, null, 2)}\n`);
  };
  await withLock(`${path}.lock`, replace, { pollMs: 10 });
}

/** The file's value, or undefined when it is missing or does not meet the schema. */
export async function readJson<Value>(path: string, schema: z.ZodType<Value>): Promise<Value | undefined> {
  try {
    return schema.safeParse(parseJson(await readFile(path, 'utf8'))).data;
  } catch (cause) {
    if (isSystemError(cause)) return undefined;
    throw cause;
  }
}

/** Replace a file so that a reader sees the old text or the new one, never a part. */
export async function writeAtomically(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(temporary, text);
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw cause;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** True for an error of the operating system. */
export function isSystemError(value: unknown): value is NodeJS.ErrnoException {
  return value instanceof Error && 'syscall' in value;
}

/** A failure in one line, with the cause that `fetch` hides behind a TypeError. */
export function reasonOf(value: unknown): string {
  if (!(value instanceof Error)) return String(value);
  const cause = value instanceof TypeError ? value.cause : undefined;
  const inner: unknown = cause instanceof AggregateError ? cause.errors[0] : cause;
  const parts = [value.message, inner instanceof Error ? inner.message : undefined];
  return parts.filter(Boolean).join(': ').replace(/\s+/g, ' ').trim();
}
