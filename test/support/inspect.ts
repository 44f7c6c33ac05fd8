/** The real Inspect for tests: the example's requirements in a virtual environment, and run offline. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../cli/juror.ts';
import { cache, digestOf, installOnce, installStep } from './installed.ts';

const execute = promisify(execFile);
const requirements = join(root, 'examples/inspect/requirements.txt');

/** The folder of a virtual environment with Inspect, made where it is missing. */
export async function installInspect(): Promise<string> {
  const digest = digestOf(await readFile(requirements, 'utf8'));
  const folder = join(cache, `inspect-${digest}`);
  await installOnce({
    name: 'inspect-ai',
    marker: join(folder, 'installed'),
    digest,
    async install() {
      await installStep('python3', ['-m', 'venv', '--clear', folder]);
      const quiet = ['--quiet', '--disable-pip-version-check', '--no-compile', '--retries=1'];
      await installStep(join(folder, 'bin/python'), ['-m', 'pip', 'install', ...quiet, '-r', requirements]);
    },
  });
  return folder;
}

/** Run a program of the environment in a folder; what it prints. */
export async function inInspect(
  installed: string,
  program: string,
  parameters: readonly string[],
  cwd: string,
): Promise<string> {
  const env = { ...process.env, NO_COLOR: '1', HOME: cwd, XDG_DATA_HOME: cwd, XDG_CACHE_HOME: cwd };
  const { stdout } = await execute(join(installed, 'bin', program), [...parameters], {
    cwd,
    env,
    maxBuffer: 2 ** 26,
  });
  return stdout;
}
