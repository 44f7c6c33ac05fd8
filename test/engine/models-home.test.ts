import { spawnSync } from 'node:child_process';
import { mkdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fileDigest, jurorHome, readPins, writePin } from '../../src/engine/models-home.ts';
import { withLock } from '../../src/engine/models-lock.ts';
import { sha256, temporaryFolder } from './models-support.ts';

test('the home is JUROR_HOME, or a folder of the user’s cache', () => {
  expect(jurorHome({ JUROR_HOME: '/models/home', XDG_CACHE_HOME: '/cache' }, 'linux')).toBe('/models/home');
  expect(jurorHome({ XDG_CACHE_HOME: '/cache' }, 'linux')).toBe('/cache/juror');
  expect(jurorHome({}, 'linux')).toBe(join(homedir(), '.cache', 'juror'));
  expect(jurorHome({}, 'darwin')).toBe(join(homedir(), 'Library', 'Caches', 'juror'));
  expect(jurorHome({ LOCALAPPDATA: '/local' }, 'win32')).toBe(join('/local', 'juror'));
});

test('a digest is computed once, and again when the file changes or on demand', async () => {
  await using folder = await temporaryFolder();
  const home = join(folder.path, 'home');
  const path = join(folder.path, 'a.gguf');
  await writeFile(path, 'one');
  expect(await fileDigest(path, { home })).toBe(sha256(Buffer.from('one')));

  const memory = join(home, 'digests.json');
  const remembered = await readFile(memory, 'utf8');
  await writeFile(memory, remembered.replace(sha256(Buffer.from('one')), 'f'.repeat(64)));
  expect(await fileDigest(path, { home })).toBe('f'.repeat(64));
  expect(await fileDigest(path, { home, fresh: true })).toBe(sha256(Buffer.from('one')));

  const { mtime, atime } = await stat(path);
  await writeFile(path, 'two');
  await utimes(path, atime, new Date(mtime.getTime() + 1));
  expect(await fileDigest(path, { home })).toBe(sha256(Buffer.from('two')));
  await writeFile(memory, 'not JSON');
  expect(await fileDigest(path, { home })).toBe(sha256(Buffer.from('two')));
});

test('a home that cannot be written still gives digests; a missing file is an error with its path', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'a.gguf');
  await writeFile(path, 'one');
  expect(await fileDigest(path, { home: join(path, 'below-a-file') })).toBe(sha256(Buffer.from('one')));
  const missing = join(folder.path, 'b.gguf');
  await expect(fileDigest(missing)).rejects.toMatchObject({ code: 'model', place: { file: missing } });
});

test('many files at once are all remembered', async () => {
  await using folder = await temporaryFolder();
  const names = Array.from({ length: 12 }, (_, index) => join(folder.path, `${index}.gguf`));
  await Promise.all(names.map((name) => writeFile(name, name)));
  await Promise.all(names.map((name) => fileDigest(name, { home: folder.path })));
  const memory: Record<string, unknown> = JSON.parse(
    await readFile(join(folder.path, 'digests.json'), 'utf8'),
  );
  expect(Object.keys(memory)).toHaveLength(12);
});

test('pins are kept; a damaged pin file is an error, not an empty one', async () => {
  await using folder = await temporaryFolder();
  expect(await readPins(folder.path)).toEqual({});
  const pin = { sha256: 'a'.repeat(64), sizeBytes: 4, source: 'somewhere' };
  await Promise.all([writePin(folder.path, 'a', pin), writePin(folder.path, 'b', pin)]);
  expect(await readPins(folder.path)).toEqual({ a: pin, b: pin });
  await writeFile(join(folder.path, 'models', 'pins.json'), '{"a": 1}');
  await expect(readPins(folder.path)).rejects.toMatchObject({ code: 'model' });
  await expect(writePin(folder.path, 'c', pin)).rejects.toMatchObject({ code: 'model' });
});

test('a lock lets one in at a time, also when many find the same stale one', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'lock');
  const dead = spawnSync(process.execPath, ['--version']).pid;
  await writeFile(path, JSON.stringify({ pid: dead, host: hostname(), token: 'old' }));
  let inside = 0;
  let most = 0;
  let entries = 0;
  const work = async () => {
    inside += 1;
    entries += 1;
    most = Math.max(most, inside);
    await new Promise((next) => setTimeout(next, 2));
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 20 }, () => withLock(path, work, { pollMs: 1 })));
  expect({ most, entries }).toEqual({ most: 1, entries: 20 });
  await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('a living holder is waited for, wherever it is; one that stopped refreshing is not', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'lock');
  for (const holder of [
    { pid: process.pid, host: hostname() },
    { pid: 1, host: 'elsewhere' },
  ]) {
    await writeFile(path, JSON.stringify({ ...holder, token: 'theirs' }));
    const controller = new AbortController();
    const waiting = withLock(path, async () => 'in', {
      pollMs: 1,
      signal: controller.signal,
      onWait: () => controller.abort(),
    });
    await expect(waiting).rejects.toMatchObject({ code: 'aborted' });
    await utimes(path, new Date(0), new Date(0));
    expect(await withLock(path, async () => 'in', { pollMs: 1 })).toBe('in');
  }
});

test('a holder notices that its lock was taken over, and leaves the new one alone', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'lock');
  await mkdir(folder.path, { recursive: true });
  const work = withLock(path, async (lock) => {
    await lock.assertHeld();
    await writeFile(path, JSON.stringify({ pid: process.pid, host: hostname(), token: 'theirs' }));
    await lock.assertHeld();
  });
  await expect(work).rejects.toMatchObject({ code: 'model' });
  expect(await readFile(path, 'utf8')).toContain('theirs');
});
