/** What must hold before a model file is fetched or used. */
import { open, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { JurorError } from '../errors.ts';
import type { ModelSource } from './models-catalogue.ts';
import { extraBytes } from './models-source.ts';

/** Left free on the disk. */
const SPARE_BYTES = 64 * 1024 * 1024;

/** Whether the file starts with the magic number of GGUF. */
export async function isGguf(path: string): Promise<boolean> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
  return bytesRead === 4 && buffer.toString('latin1') === 'GGUF';
}

/** Throws an Error unless the disk has room for what is missing of the part and for what the source needs beside it. */
export async function checkDisk(
  part: string,
  source: ModelSource,
  sizeBytes: number | undefined,
  freeBytes: (folder: string) => Promise<number> = freeBytesOf,
): Promise<void> {
  if (sizeBytes === undefined) return;
  const present = (await stat(part).catch(() => undefined))?.size ?? 0;
  const needed = Math.max(0, sizeBytes - present) + extraBytes(source, sizeBytes) + SPARE_BYTES;
  const free = await freeBytes(dirname(part));
  if (free >= needed) return;
  const mebibytes = (bytes: number) => `${Math.ceil(bytes / 1024 / 1024)} MiB`;
  throw new Error(
    `needs ${mebibytes(needed)} of free disk in ${dirname(part)}, and there are ${mebibytes(free)}`,
  );
}

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** Throws JurorError `model` for a piece of a split model: its digest would not cover the others. */
export function refuseSplit(text: string): void {
  if (!/-\d{5}-of-\d{5}\.gguf$/i.test(text)) return;
  throw new JurorError(
    'model',
    `expected one file, got a piece of one; join them with llama-gguf-split --merge: ${text}`,
  );
}
