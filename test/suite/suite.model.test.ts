/** The example suite with the embedded model, whose processes are killed on purpose until the command ends. */
import { cp, mkdtempDisposable, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { readSuiteResult } from '../../src/suite/result-files.ts';
import { startJuror } from '../support/command.ts';
import { testModel } from '../support/model.ts';
import { childrenOf, isAlive, until } from '../support/processes.ts';

/** The example in a folder of its own; one reply is judged, with a critique so long that no child ends it before it is killed. */
async function example() {
  const home = await mkdtempDisposable(join(tmpdir(), 'juror-suite-kill-'));
  await cp('examples/suite', home.path, { recursive: true });
  const suite = join(home.path, 'suite.yaml');
  const out = join(home.path, 'out');
  const text = await readFile(suite, 'utf8');
  const own = `model: ${(await testModel()).path}\n    threads: 1\n    context: 2048`;
  await writeFile(
    suite,
    text.replace('model: smollm2-135m', own).replace('slices:', 'protocol: { critique: full }\nslices:'),
  );
  const part = ['--filter', 'data=replies', '--filter', 'sample=refund-how'];
  const running = startJuror(['suite', suite, '--out', out, '--no-cache', ...part], {
    JUROR_HOME: join(home.path, 'home'),
  });
  let hasEnded = false;
  void running.ended.then(() => {
    hasEnded = true;
  });
  return {
    out,
    running,
    hasEnded: () => hasEnded,
    /** The next child of the command, or null where it ends. */
    nextChild: () => until(() => (hasEnded ? null : childrenOf(running.child.pid ?? 0)[0])),
    [Symbol.asyncDispose]: async () => {
      running.child.kill('SIGKILL');
      await running.ended;
      await home.remove();
    },
  };
}

test('a judge whose processes crash whenever they judge leaves an incomplete suite, with exit code 3', async () => {
  await using at = await example();
  const began = Date.now();
  let stderr = '';
  at.running.child.stderr?.on('data', (text: string) => {
    stderr += text;
  });
  await until(() => at.hasEnded() || stderr.includes('small: '));
  // As long as the first one took to load, and a little: it judges, or nearly.
  const lifetime = (Date.now() - began) * 1.1 + 200;
  let [kills, life] = [0, 200];
  for (let child = await at.nextChild(); child !== null; child = await at.nextChild()) {
    await pause(life);
    if (isAlive(child)) process.kill(child, 'SIGSEGV');
    const victim = child;
    await until(() => at.hasEnded() || !childrenOf(at.running.child.pid ?? 0).includes(victim));
    kills++;
    life = lifetime;
  }
  const { code, stdout } = await at.running.ended;
  expect({ code, kills: kills > 1 }, stderr).toEqual({ code: 3, kills: true });
  expect(stdout).toContain('suite support incomplete');
  const result = await readSuiteResult(at.out);
  expect(result).toMatchObject({
    status: 'incomplete',
    runs: [{ verdicts: 1, scored: 0, unscored: { engine: 2 } }],
  });
  expect(result.checks.map(({ status }) => status)).toEqual(['unmeasured', 'unmeasured']);
});

test('a judge whose processes are lost while they load ends with 3 and leaves no result', async () => {
  await using at = await example();
  for (let child = await at.nextChild(); child !== null; child = await at.nextChild()) {
    const victim = child;
    process.kill(victim, 'SIGSEGV');
    await until(() => at.hasEnded() || !childrenOf(at.running.child.pid ?? 0).includes(victim));
  }
  const { code, stderr } = await at.running.ended;
  expect({ code, stderr: stderr.trim() }).toEqual({
    code: 3,
    stderr: expect.stringContaining('could not be loaded: the engine crashed (SIGSEGV)'),
  });
  await expect(stat(join(at.out, 'suite.json'))).rejects.toThrow('ENOENT');
});
