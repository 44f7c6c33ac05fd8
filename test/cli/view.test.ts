import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { drawnPairs, temporaryFolder, writeSmallRun } from '../view/small-run.ts';
import { juror, root } from './juror.ts';

test('view prints its address, answers there, and ends with Ctrl-C as a program that is done', async () => {
  await using folder = await temporaryFolder();
  const { run } = await writeSmallRun(folder.path, 'run', { samples: drawnPairs(2) });
  const viewer = spawn(
    process.execPath,
    ['src/cli/main.ts', 'view', run, '--no-open', '--annotator', 'ann', '--blind'],
    {
      cwd: root,
      env: { ...process.env, JUROR_HOME: folder.path },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const ended = once(viewer, 'exit');
  const [address] = await once(createInterface({ input: viewer.stdout }), 'line');
  expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?key=[\w-]{43}$/);
  const entered = await fetch(address, { redirect: 'manual' });
  const cookie = entered.headers.get('set-cookie')?.split(';')[0] ?? '';
  const answer = await fetch(new URL('/api/run', address), { headers: { cookie } });
  expect(await answer.json()).toMatchObject({
    title: 'run',
    items: 2,
    annotator: 'ann',
    blind: true,
    texts: true,
  });
  viewer.kill('SIGINT');
  expect(await ended).toEqual([0, null]);

  const wrong = await juror(['view', folder.path, '--no-open'], folder.path);
  expect(wrong).toMatchObject({ code: 2, stdout: '' });
  expect(wrong.stderr).toContain('expected a run folder or the folder of a suite');
});
