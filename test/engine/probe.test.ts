import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { recallProbe, rememberProbe } from '../../src/engine/probe.ts';

const probe = { threads: 2, tokensPerSecond: 100, measuredAt: 1_000_000 };
const day = 24 * 3600 * 1000;

test('a probe is remembered per model, in a folder that was not there, until it is stale', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-probe-'));
  const home = join(folder.path, 'new', 'home');
  await Promise.all(['one', 'two'].map((digest) => rememberProbe(home, digest, probe, 0)));
  expect(await recallProbe(home, 'one', probe.measuredAt + day)).toEqual(probe);
  expect(await recallProbe(home, 'two', probe.measuredAt + day)).toEqual(probe);
  expect(await recallProbe(home, 'three', probe.measuredAt + day)).toBeUndefined();
  expect(await recallProbe(home, 'one', probe.measuredAt + 8 * day)).toBeUndefined();
});

test('a busy machine teaches nothing, and a home that cannot be written to stops nobody', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-probe-'));
  await rememberProbe(folder.path, 'one', probe, 1000);
  expect(await recallProbe(folder.path, 'one', probe.measuredAt)).toBeUndefined();
  const file = join(folder.path, 'file');
  await writeFile(file, '');
  await rememberProbe(file, 'one', probe, 0);
  expect(await recallProbe(file, 'one', probe.measuredAt)).toBeUndefined();
});
