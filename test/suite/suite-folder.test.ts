import { mkdir, mkdtempDisposable, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findSuiteResult, suiteRunFolder } from '../../src/suite/suite-folder.ts';

test('a run folder lies within the suite’s, by its name and after all links', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-suite-'));
  const suite = join(home.path, 'suite');
  await mkdir(join(suite, '..run'), { recursive: true });
  await mkdir(join(home.path, 'suite-2'));
  await symlink(join(home.path, 'suite-2'), join(suite, 'linked'));
  await symlink(join(suite, '..run'), join(suite, 'own'));
  await symlink(suite, join(home.path, 'alias'));
  for (const name of ['', '.', '..run', 'gone', './a/../b', 'own'])
    expect(await suiteRunFolder(suite, name)).toBe(join(suite, name).replace(/\/$/, ''));
  expect(await suiteRunFolder(join(home.path, 'alias'), '..run')).toBe(join(home.path, 'alias', '..run'));
  for (const name of ['..', '../suite-2', 'a/../../suite-2', home.path, '/', 'linked'])
    await expect(suiteRunFolder(suite, name)).rejects.toThrow("expected a run folder within the suite's");
});

test('a folder without a result is another one, and a damaged result is told', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-suite-'));
  expect(await findSuiteResult(home.path)).toBeUndefined();
  expect(await findSuiteResult(join(home.path, 'gone'))).toBeUndefined();
  await writeFile(join(home.path, 'suite.json'), '{"schemaVersion":1}');
  await expect(findSuiteResult(home.path)).rejects.toThrow('expected a result of juror suite, got another');
});
