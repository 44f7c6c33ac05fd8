import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type FetchOptions, fetchInto } from '../../src/engine/models-fetch.ts';
import { PartFile } from '../../src/engine/models-part.ts';
import {
  type FileServer,
  fileServer,
  modelBytes,
  type Reply,
  sha256,
  temporaryFolder,
} from './models-support.ts';

const body = modelBytes(100_000);
const quick: FetchOptions = { retryDelayMs: 1, connectTimeoutMs: 5_000, stallTimeoutMs: 5_000 };

/** Options that tell the server what has been written, so that it knows when to cut. */
function reporting(server: FileServer, options: FetchOptions = {}): FetchOptions {
  server.written = 0;
  return {
    ...quick,
    ...options,
    onProgress(received, total) {
      server.written = received;
      options.onProgress?.(received, total);
    },
  };
}

/** Fetch from a server that replies so; gives the digest and what was asked. */
async function fetchWith(
  replies: readonly Reply[],
  options: FetchOptions = {},
  prepare?: (path: string) => Promise<void>,
) {
  await using folder = await temporaryFolder();
  await using server = await fileServer(body, ...replies);
  const path = join(folder.path, 'tiny.part');
  await prepare?.(path);
  await using part = await PartFile.open(path, 'source');
  const failure = await fetchInto(`${server.url}/tiny.gguf`, part, reporting(server, options)).then(
    () => undefined,
    (cause: unknown) => cause as Error,
  );
  return {
    failure,
    digest: await part.finish(),
    received: part.receivedBytes,
    ranges: server.requests.map(({ headers }) => headers.range),
    conditions: server.requests.map(({ headers }) => headers['if-range']),
    encodings: server.requests.map(({ headers }) => headers['accept-encoding']),
  };
}

test('a whole file comes in one request, uncompressed, with its progress', async () => {
  const progress: [number, number][] = [];
  const got = await fetchWith([], { onProgress: (received, total) => progress.push([received, total]) });
  expect(got).toMatchObject({
    failure: undefined,
    digest: sha256(body),
    ranges: [undefined],
    encodings: ['identity'],
  });
  expect(progress.at(-1)).toEqual([body.length, body.length]);
  expect(progress.map(([received]) => received)).toEqual(
    progress.map(([received]) => received).toSorted((a, b) => a - b),
  );
});

test('a cut connection goes on where it was cut, if the file is still the same', async () => {
  const got = await fetchWith([{ cutAfter: 30_000 }, { cutAfter: 20_000 }]);
  expect(got).toMatchObject({ failure: undefined, digest: sha256(body) });
  const starts = got.ranges.map((range) => Number(/\d+/.exec(range ?? '0')?.[0]));
  expect(starts).toEqual([0, 30_000, 50_000]);
  expect(got.conditions).toEqual([undefined, '"one"', '"one"']);
});

test('a part of an earlier process is kept for the same file and thrown away for a changed one', async () => {
  await using folder = await temporaryFolder();
  await using server = await fileServer(body, { cutAfter: 40_000 }, { status: 404 });
  const path = join(folder.path, 'tiny.part');
  const run = async () => {
    await using part = await PartFile.open(path, 'source');
    await fetchInto(server.url, part, reporting(server)).catch(() => undefined);
    return { digest: await part.finish(), resumed: part.resumedBytes };
  };
  await run();
  const { resumed, digest } = await run();
  expect(resumed).toBe(40_000);
  expect(digest).toBe(sha256(body));

  server.replies.push({ cutAfter: 40_000 }, { status: 404 });
  server.etag = '"two"';
  await using other = await PartFile.open(join(folder.path, 'other.part'), 'source');
  await fetchInto(server.url, other, reporting(server)).catch(() => undefined);
  server.body = modelBytes(90_000, 7);
  server.etag = '"three"';
  await fetchInto(server.url, other, quick);
  expect(await other.finish()).toBe(sha256(server.body));
});

test('a part of another source is not mixed in', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'tiny.part');
  {
    await using part = await PartFile.open(path, 'first');
    await part.append(modelBytes(500));
    await part.commit({ validator: '"one"' });
  }
  await using same = await PartFile.open(path, 'first');
  expect(same).toMatchObject({ receivedBytes: 500, validator: '"one"' });
  await using other = await PartFile.open(path, 'second');
  expect(other).toMatchObject({ receivedBytes: 0, validator: null });
});

test('a server without ranges starts over, and a complete part needs no byte', async () => {
  const again = await fetchWith([{ cutAfter: 30_000 }, { ignoreRange: true }]);
  expect(again).toMatchObject({ failure: undefined, digest: sha256(body), received: body.length });
  const complete = async (path: string) => {
    await using part = await PartFile.open(path, 'source');
    await part.append(body);
    await part.commit({ validator: '"one"' });
  };
  const done = await fetchWith([], {}, complete);
  expect(done).toMatchObject({ failure: undefined, digest: sha256(body), ranges: [`bytes=${body.length}-`] });
  const known = await fetchWith([], { sizeBytes: body.length }, complete);
  expect(known).toMatchObject({ failure: undefined, digest: sha256(body), ranges: [] });
});

test.each([
  [404, 'answered 404 Not Found: there is no such file'],
  [401, 'HF_TOKEN'],
  [403, 'HF_TOKEN'],
])('status %i is final', async (status, message) => {
  const got = await fetchWith([{ status }]);
  expect(got.failure?.message).toContain(message);
  expect(got.ranges).toHaveLength(1);
});

test('429 and 5xx are tried again, and given up in the end', async () => {
  const passing = await fetchWith([
    { status: 429, headers: { 'retry-after': '0' } },
    { status: 503 },
    { status: 500 },
  ]);
  expect(passing).toMatchObject({ failure: undefined, digest: sha256(body) });
  const lasting = await fetchWith(Array.from({ length: 9 }, () => ({ status: 503 })));
  expect(lasting.failure?.message).toBe('answered 503 Service Unavailable (tried 4 times)');
  expect(lasting.ranges).toHaveLength(4);
});

test('a silent server is left after one attempt; a stalled one is asked again', async () => {
  const silent = await fetchWith([{ stallAfter: -1 }], { connectTimeoutMs: 50 });
  expect(silent.failure?.message).toBe('no answer within 0.05 s');
  expect(silent.ranges).toHaveLength(1);
  const stalled = await fetchWith([{ stallAfter: 30_000 }], { stallTimeoutMs: 300 });
  expect(stalled).toMatchObject({ failure: undefined, digest: sha256(body) });
  expect(stalled.ranges.length).toBeGreaterThan(1);
  const dead = await fetchWith(
    Array.from({ length: 9 }, () => ({ stallAfter: 0 })),
    { stallTimeoutMs: 50 },
  );
  expect(dead.failure?.message).toBe('nothing received for 0.05 s (tried 4 times)');
});

test('a server that cannot be reached fails at once, with the reason', async () => {
  await using folder = await temporaryFolder();
  const server = await fileServer(body);
  await server[Symbol.asyncDispose]();
  await using part = await PartFile.open(join(folder.path, 'tiny.part'), 'source');
  await expect(
    fetchInto(server.url, part, { ...quick, attempts: 1_000, retryDelayMs: 60_000 }),
  ).rejects.toThrow(/ECONNREFUSED/);
});

test('a file of another size is refused before it is received', async () => {
  const got = await fetchWith([], { sizeBytes: body.length + 1 });
  expect(got.failure?.message).toBe('expected a file of 100001 bytes, got one of 100000');
  expect(got.received).toBe(0);
});

test('an abort ends it as aborted', async () => {
  const controller = new AbortController();
  const got = await fetchWith([{ stallAfter: 10_000 }], {
    signal: controller.signal,
    onProgress: () => controller.abort(),
  });
  expect(got.failure).toMatchObject({ code: 'aborted' });
});

test('notes that are damaged cost a restart and nothing more', async () => {
  const got = await fetchWith([], {}, async (path) => {
    await writeFile(path, 'half a file');
    await writeFile(`${path}.json`, '{"source": "sour');
  });
  expect(got).toMatchObject({ failure: undefined, digest: sha256(body), ranges: [undefined] });
});
