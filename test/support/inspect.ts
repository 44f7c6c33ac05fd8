/** The real Inspect for tests: the example's requirements in a virtual environment, and run offline. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../cli/juror.ts';

const execute = promisify(execFile);
const requirements = join(root, 'examples/inspect/requirements.txt');

/** The folder of a virtual environment with Inspect, made where it is missing. */
export async function installInspect(): Promise<string> {
  const wanted = await readFile(requirements, 'utf8');
  const digest = createHash('sha256').update(wanted).digest('hex').slice(0, 12);
  const folder = join(root, 'node_modules/.cache', `inspect-${digest}`);
  const marker = join(folder, 'installed');
  if (
    await access(marker).then(
      () => true,
      () => false,
    )
  )
    return folder;
  process.stderr.write('integration tests: installing inspect-ai\n');
  await rm(folder, { recursive: true, force: true });
  await mkdir(join(root, 'node_modules/.cache'), { recursive: true });
  await execute('python3', ['-m', 'venv', folder]);
  const pip = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--no-compile',
    '-r',
    requirements,
  ];
  await execute(join(folder, 'bin/python'), pip, { maxBuffer: 2 ** 26 });
  await writeFile(marker, '');
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
