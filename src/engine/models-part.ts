/** A file that is being received: it survives a kill, resumes, and knows its digest when the last byte is written. */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, rm, stat } from 'node:fs/promises';
import { z } from 'zod';
import { JurorError } from '../errors.ts';
import { isSystemError, readJson, writeAtomically } from './models-home.ts';

/** What must be known to go on with a part: bytes that are certainly good, and the validator of what they came from. */
const Progress = z.object({
  source: z.string(),
  /** Strong ETag or Last-Modified of the resource, or the number of wheels joined; null when there is none. */
  validator: z.string().nullable(),
  /** Null: every byte in the file. */
  committedBytes: z.number().nullable(),
});

/** The `.part` file and, beside it, the `.part.json` that says where its bytes come from. */
export class PartFile implements AsyncDisposable {
  readonly path: string;
  /** Bytes that an earlier attempt had left. */
  readonly resumedBytes: number;
  #handle: FileHandle;
  #hash: Hash;
  #received: number;
  #progress: z.infer<typeof Progress>;

  private constructor(
    path: string,
    handle: FileHandle,
    hash: Hash,
    received: number,
    progress: z.infer<typeof Progress>,
  ) {
    this.path = path;
    this.resumedBytes = received;
    this.#handle = handle;
    this.#hash = hash;
    this.#received = received;
    this.#progress = progress;
  }

  /** Open the part, keeping the bytes of an earlier attempt when they came from the same source. */
  static async open(path: string, source: string, signal?: AbortSignal): Promise<PartFile> {
    const known = await readJson(sidecar(path), Progress);
    const present = await stat(path).then(
      ({ size }) => size,
      () => 0,
    );
    const kept = known?.source === source ? Math.min(known.committedBytes ?? present, present) : 0;
    const handle = await open(path, kept > 0 ? 'r+' : 'w');
    try {
      await handle.truncate(kept);
      const hash = createHash('sha256');
      if (kept > 0) await hashPrefix(path, hash, signal);
      const fresh = { source, validator: null, committedBytes: null };
      return new PartFile(path, handle, hash, kept, kept > 0 && known ? known : fresh);
    } catch (cause) {
      await handle.close();
      throw cause;
    }
  }

  /** Bytes in the file. */
  get receivedBytes(): number {
    return this.#received;
  }

  /** Validator of the resource that the bytes came from. */
  get validator(): string | null {
    return this.#progress.validator;
  }

  /** Write at the end. Throws JurorError `model` when the disk is full. */
  async append(chunk: Uint8Array): Promise<void> {
    try {
      for (let start = 0; start < chunk.byteLength; ) {
        const position = this.#received + start;
        const { bytesWritten } = await this.#handle.write(chunk, start, chunk.byteLength - start, position);
        start += bytesWritten;
      }
    } catch (cause) {
      if (!isSystemError(cause) || cause.code !== 'ENOSPC') throw cause;
      throw new JurorError('model', 'the disk is full', { place: { file: this.path }, cause });
    }
    this.#hash.update(chunk);
    this.#received += chunk.byteLength;
  }

  /** Throw the bytes away. */
  async reset(): Promise<void> {
    await this.#handle.truncate(0);
    this.#hash = createHash('sha256');
    this.#received = 0;
  }

  /** Remember what the bytes came from; `committedBytes` null means that every byte in the file counts. */
  async commit(state: { validator?: string | null; committedBytes?: number | null }): Promise<void> {
    this.#progress = { ...this.#progress, ...state };
    await writeAtomically(sidecar(this.path), JSON.stringify(this.#progress));
  }

  /** SHA-256 of every byte, once they are on the disk. Nothing can be appended after. */
  async finish(): Promise<string> {
    await this.#handle.datasync();
    return this.#hash.digest('hex');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

/** Remove a part and its notes. */
export async function removePart(path: string): Promise<void> {
  await Promise.all([rm(path, { force: true }), rm(sidecar(path), { force: true })]);
}

const sidecar = (path: string) => `${path}.json`;

async function hashPrefix(path: string, hash: Hash, signal?: AbortSignal): Promise<void> {
  const stream = createReadStream(path, { highWaterMark: 1 << 20, ...(signal ? { signal } : {}) });
  for await (const chunk of stream) hash.update(chunk as Buffer);
}
