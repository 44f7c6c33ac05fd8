/** Members of a zip file, one at a time: stored, deflated or, as Inspect writes them, compressed with Zstandard. */
import zlib from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { longestRow } from '../dataset/files.ts';
import { JurorError } from '../errors.ts';

/** A member of an archive. */
export interface ZipMember {
  readonly name: string;
  /** Its text. Throws JurorError `data` where it is damaged, longer than a row may be, or compressed in an unknown way. */
  text(): Promise<string>;
}

const zstandard = 93;

/** Members of an archive in its order. Throws JurorError `data` for what is no archive. */
export async function* zipMembers(file: string): AsyncGenerator<ZipMember> {
  const archive = await openPromise(file, { autoClose: false }).catch((cause: unknown) => {
    throw broken(file, cause);
  });
  try {
    for await (const entry of archive.eachEntry())
      yield { name: entry.fileName, text: () => textOf(archive, entry, file) };
  } catch (error) {
    throw JurorError.isInstance(error) ? error : broken(file, error);
  } finally {
    archive.close();
  }
}

async function textOf(archive: ZipFile, entry: Entry, file: string): Promise<string> {
  const field = entry.fileName;
  const fault = (message: string, cause?: unknown) =>
    new JurorError('data', message, { place: { file, field }, cause });
  if (Math.max(entry.compressedSize, entry.uncompressedSize) > longestRow)
    throw fault(`expected a member of at most ${longestRow} bytes, got a longer one`);
  const packed = entry.compressionMethod === zstandard;
  if (packed && !('zstdDecompressSync' in zlib))
    throw fault('expected Node 22.15 or newer, which reads Zstandard, got an older one');
  try {
    const pieces: Uint8Array[] = [];
    const stream = await archive.openReadStreamPromise(entry, packed ? { decodeFileData: false } : {});
    for await (const piece of stream) pieces.push(piece as Uint8Array);
    const bytes = Buffer.concat(pieces);
    // A small member may claim to be large: what it unfolds to is held to the limit as well.
    return (packed ? zlib.zstdDecompressSync(bytes, { maxOutputLength: longestRow }) : bytes).toString(
      'utf8',
    );
  } catch (cause) {
    throw fault(`expected a whole member, got a damaged one (${messageOf(cause)})`, cause);
  }
}

function broken(file: string, cause: unknown): JurorError {
  return new JurorError('data', `expected a zip file, got something else (${messageOf(cause)})`, {
    place: { file },
    cause,
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
