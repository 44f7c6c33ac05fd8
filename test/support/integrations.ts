/** The examples in the tools of others: their packages installed, juror built, and their programs run as a user runs them. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { glob, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));

/** The folder of the examples, a project of its own. */
export const integrations = join(root, 'examples', 'integrations');

/** How a program ended. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Install what the lock names, without scripts of packages, and only where that has changed since; build juror where its sources have. */
export async function prepareIntegrations(): Promise<void> {
  const lock = await readFile(join(integrations, 'package-lock.json'));
  const digest = createHash('sha256').update(lock).digest('hex');
  const marker = join(integrations, 'node_modules', '.installed');
  if ((await readFile(marker, 'utf8').catch(() => '')) !== digest) {
    process.stderr.write('integration tests: installing the packages of examples/integrations\n');
    const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
    await run('npm', ['ci', ...options], { cwd: integrations, shell: process.platform === 'win32' });
    await writeFile(marker, digest);
  }
  if ((await newest('src/**/*.ts')) > (await newest('dist/integrations/*.d.ts'))) {
    process.stderr.write('integration tests: building dist/\n');
    const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    for (const project of ['tsconfig.build.json', 'tsconfig.types.json'])
      await run(process.execPath, [compiler, '-p', project], { cwd: root });
  }
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
