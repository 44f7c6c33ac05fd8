/** The examples in the tools of others: their packages installed, juror built, and their programs run as a user runs them. */
import { execFile } from 'node:child_process';
import { glob, mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withLock } from '../../src/engine/models-lock.ts';
import { root } from '../cli/juror.ts';
import { cache, digestOf, installOnce, installStep, npmFlags } from './installed.ts';

const run = promisify(execFile);

/** The folder of the examples, a project of its own. */
export const integrations = join(root, 'examples', 'integrations');

/** How a program ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Install what the lock names where that has changed since, and build juror where its sources have. */
export async function prepareIntegrations(): Promise<void> {
  // One that fails does not end the other half-way.
  for (const done of await Promise.allSettled([installPackages(), buildJuror()]))
    if (done.status === 'rejected') throw done.reason;
}

async function installPackages(): Promise<void> {
  const names = ['package.json', 'package-lock.json'].map((name) => join(integrations, name));
  await installOnce({
    name: 'examples-integrations',
    marker: join(integrations, 'node_modules', '.installed'),
    digest: digestOf(...(await Promise.all(names.map((file) => readFile(file, 'utf8'))))),
    install: () => installStep('npm', ['ci', ...npmFlags], integrations),
  });
}

/** Types are checked by `npm run types`, and not again here. */
async function buildJuror(): Promise<void> {
  const isFresh = async () => (await newest('src/**/*.ts')) <= (await newest('dist/integrations/*.d.ts'));
  if (await isFresh()) return;
  await mkdir(cache, { recursive: true });
  await withLock(join(cache, 'build.lock'), async () => {
    if (await isFresh()) return;
    process.stderr.write('integration tests: building dist/\n');
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    for (const project of ['tsconfig.build.json', 'tsconfig.types.json'])
      await run(process.execPath, [compiler, '-p', project, '--noCheck'], { cwd: root });
  });
}

/** Run a program of the folder with this Node, as in CI: what is not recorded is an error. */
export async function runIntegration(
  program: string,
  parameters: readonly string[] = [],
  environment: NodeJS.ProcessEnv = {},
): Promise<Ended> {
  const { JUROR_RECORDINGS: _, VITEST: __, NODE_OPTIONS: ___, ...inherited } = process.env;
  const env = { ...inherited, CI: '1', NO_COLOR: '1', ...environment };
  return run(process.execPath, [program, ...parameters], { cwd: integrations, env, maxBuffer: 2 ** 26 }).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: Ended) => ({ code: error.code, stdout: error.stdout, stderr: error.stderr }),
  );
}

/** When the last of the files changed; 0 where there is none. */
async function newest(pattern: string): Promise<number> {
  let latest = 0;
  for await (const file of glob(pattern, { cwd: root }))
    latest = Math.max(latest, (await stat(join(root, file))).mtimeMs);
  return latest;
}
