/** Files that are old or new, never a mix, and not touched when nothing changed. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { storeError } from './sqlite-database.ts';

/** Characters gathered before they are written. */
const chunkLength = 1 << 16;

/**
 * Write a file, text as UTF-8, through a temporary one beside it, and leave a file that has these bytes already as it is.
 * Returns whether it changed. One writer for a file at a time. Throws JurorError `store`; errors of `parts` pass.
 */
export async function writeAtomically(
  file: string,
  parts: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
): Promise<boolean> {
  const temporary = join(dirname(file), `.${basename(file)}.tmp`);
  try {
    const digest = await writeParts(temporary, parts);
    if (digest === (await digestOf(file))) {
      await rm(temporary);
      return false;
    }
    await synchronise(temporary, 'r+');
    await rename(temporary, file);
    await synchroniseFolder(dirname(file));
    return true;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw isSystemError(error) ? storeError(error, file) : error;
  }
}

/** Make a folder's entries durable, where the operating system can. */
export async function synchroniseFolder(folder: string): Promise<void> {
  if (process.platform !== 'win32') await synchronise(folder, 'r');
}

/** SHA-256 of what was written. */
async function writeParts(
  file: string,
  parts: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>,
): Promise<string> {
  const hash = createHash('sha256');
  const handle = await open(file, 'w');
  try {
    let gathered = '';
    for await (const part of parts) {
      if (typeof part !== 'string') {
        await append(handle, hash, gathered);
        await append(handle, hash, part);
        gathered = '';
        continue;
      }
      gathered += part;
      if (gathered.length < chunkLength) continue;
      await append(handle, hash, gathered);
      gathered = '';
    }
    await append(handle, hash, gathered);
  } finally {
    await handle.close();
  }
  return hash.digest('hex');
}

async function append(
  handle: FileHandle,
  hash: ReturnType<typeof createHash>,
  part: string | Uint8Array,
): Promise<void> {
  const bytes = typeof part === 'string' ? Buffer.from(part, 'utf8') : part;
  hash.update(bytes);
  await handle.writeFile(bytes);
}

/** SHA-256 of a file; undefined for one that is not there. */
async function digestOf(file: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file), hash);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return hash.digest('hex');
}

async function synchronise(path: string, flags: 'r' | 'r+'): Promise<void> {
  const handle = await open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
