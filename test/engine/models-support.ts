/** A file server, wheels, and a python3 that knows one trick: what the tests of models need. */
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import type { CatalogueEntry, ModelSource } from '../../src/engine/models.ts';

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** Bytes that look like a model: the magic number, then noise that differs by seed. */
export function modelBytes(size: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(size);
  let state = seed;
  for (let index = 0; index < size; index++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[index] = state >>> 24;
  }
  bytes.write('GGUF', 'latin1');
  return bytes;
}

export async function temporaryFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'juror-models-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
}

export interface Reply {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Cut the connection after so many bytes of the body. */
  readonly cutAfter?: number;
  /** Go silent after so many bytes of the body; -1: not even a head. */
  readonly stallAfter?: number;
  /** Pause between pieces of 4 KiB. */
  readonly slowMs?: number;
  readonly ignoreRange?: boolean;
}

export interface FileServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: IncomingMessage[];
  /** The file served at every path. */
  body: Buffer;
  etag: string;
  /** Bytes that the client says it has written: a cut waits for them, or the socket may drop what was not yet read. */
  written: number;
  /** Taken by one request each; then the file is served well. */
  readonly replies: Reply[];
}

export async function fileServer(body: Buffer, ...replies: Reply[]): Promise<FileServer> {
  const requests: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    void serve(state, request, response, state.replies.shift() ?? {});
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo;
  const state: FileServer = {
    url: `http://127.0.0.1:${port}`,
    requests,
    body,
    etag: '"one"',
    written: Number.POSITIVE_INFINITY,
    replies,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
  return state;
}

async function serve(server: FileServer, request: IncomingMessage, response: ServerResponse, reply: Reply) {
  if (reply.stallAfter === -1) return;
  if (reply.status !== undefined) {
    response.writeHead(reply.status, reply.headers).end('no');
    return;
  }
  const { body, etag } = server;
  const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  const matches = (request.headers['if-range'] ?? etag) === etag;
  const start = asked && matches && !reply.ignoreRange ? Number(asked[1]) : 0;
  if (start > 0 && start >= body.length) {
    response.writeHead(416, { 'content-range': `bytes */${body.length}` }).end();
    return;
  }
  response.writeHead(start > 0 ? 206 : 200, {
    etag,
    'content-length': body.length - start,
    ...(start > 0 ? { 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` } : {}),
    ...reply.headers,
  });
  response.flushHeaders();
  const stop = reply.cutAfter ?? reply.stallAfter;
  const end = stop === undefined ? body.length : start + stop;
  for (let at = start; at < end; at += 4096) {
    response.write(body.subarray(at, Math.min(at + 4096, end)));
    await new Promise((next) => setTimeout(next, reply.slowMs ?? 0));
  }
  if (reply.cutAfter !== undefined) {
    while (server.written < end) await new Promise((next) => setTimeout(next, 1));
    response.destroy();
  } else if (reply.stallAfter === undefined) response.end();
}

/** A zip file of these members, deflated. */
export function zip(members: Readonly<Record<string, Uint8Array>>): Buffer {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, bytes] of Object.entries(members)) {
    const packed = deflateRawSync(bytes);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, Buffer.from(name), packed]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, tail, Buffer.from(name));
    locals.push(local);
    offset += local.length;
  }
  const size = directory.reduce((total, { length }) => total + length, 0);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  const count = Object.keys(members).length;
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, ...directory, end]);
}

export interface FakePip {
  /** Variables that make it the only Python. */
  readonly environment: Record<string, string>;
  /** Put a wheel on its index. */
  publish(name: string, members: Readonly<Record<string, Uint8Array>>): Promise<void>;
  /** Make the download of a package hang, or go on. */
  hang(name: string): Promise<void>;
  /** Requirements asked for so far. */
  asked(): Promise<string[]>;
  /** Every argument of the last call. */
  lastCall(): Promise<string[]>;
}

/** A `python3 -m pip download` that copies wheels out of a folder. */
export async function fakePip(folder: string): Promise<FakePip> {
  const index = join(folder, 'index');
  const log = join(folder, 'pip.log');
  const program = join(folder, 'bin', 'python3');
  await mkdir(index, { recursive: true });
  await mkdir(join(folder, 'bin'), { recursive: true });
  await writeFile(
    program,
    `#!${process.execPath}
const { appendFileSync, copyFileSync, existsSync } = require('node:fs');
const all = process.argv.slice(2);
appendFileSync(${JSON.stringify(log)}, JSON.stringify(all) + '\\n');
const name = all.at(-1).split('==')[0];
const wheel = ${JSON.stringify(index)} + '/' + name + '.whl';
if (existsSync(wheel + '.hang')) setInterval(() => {}, 1000);
else if (!existsSync(wheel)) {
  console.error('WARNING: Retrying (Retry(total=0)) after connection broken');
  console.error('ERROR: No matching distribution found for ' + all.at(-1));
  process.exit(1);
} else copyFileSync(wheel, all[all.indexOf('--dest') + 1] + '/' + name + '-py3-none-any.whl');
`,
  );
  await chmod(program, 0o755);
  const calls = async (): Promise<string[][]> =>
    (await readFile(log, 'utf8').catch(() => ''))
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  return {
    environment: { PATH: join(folder, 'bin') },
    publish: (name, members) => writeFile(join(index, `${name}.whl`), zip(members)),
    hang: (name) => writeFile(join(index, `${name}.whl.hang`), ''),
    asked: async () => (await calls()).map((call) => call.at(-1) ?? ''),
    lastCall: async () => (await calls()).at(-1) ?? [],
  };
}

/** A catalogue of one model. */
export function entryOf(
  bytes: Uint8Array,
  sources: ModelSource[],
  change: Partial<CatalogueEntry> = {},
): CatalogueEntry {
  return {
    name: 'tiny',
    licence: 'MIT',
    sizeBytes: bytes.length,
    sha256: sha256(bytes),
    verified: true,
    parameters: '1',
    quantisation: 'Q4_0',
    memoryGiB: 1,
    purpose: 'for tests',
    sources,
    ...change,
  };
}
