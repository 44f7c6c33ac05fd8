/** Packages of other tools for tests: installed once, whole, by one process at a time; what fails says what to do. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { withLock } from '../../src/engine/models-lock.ts';
import { root } from '../cli/juror.ts';

const execute = promisify(execFile);

/** Where what is installed for tests alone lies. */
export const cache = join(root, 'node_modules', '.cache');

/** npm's flags for packages that are only run: no scripts of theirs, the cache first, one short retry. */
export const npmFlags = [
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
  '--prefer-offline',
  '--fetch-retries=1',
  '--fetch-retry-mintimeout=2000',
  '--loglevel=error',
];

/** Something to install. */
export interface Installation {
  /** For messages, and for the lock's name. */
  readonly name: string;
  /** Written last and of the same digest, or else everything is installed anew: a half-finished installation has none. */
  readonly marker: string;
  readonly digest: string;
  readonly install: () => Promise<void>;
}

/** Install what is missing. Of several processes one does it and the others wait. */
export async function installOnce({ name, marker, digest, install }: Installation): Promise<void> {
  const isThere = async () => (await readFile(marker, 'utf8').catch(() => '')) === digest;
  if (await isThere()) return;
  await mkdir(cache, { recursive: true });
  await withLock(join(cache, `${name}.lock`), async () => {
    if (await isThere()) return;
    process.stderr.write(`integration tests: installing ${name}\n`);
    await install();
    await mkdir(dirname(marker), { recursive: true });
    await writeFile(marker, digest);
  });
}

/** A digest of what decides an installation. */
export function digestOf(...parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 12);
}

/** Run a step of an installation. Throws, with what the program said and what to do, where it fails. */
export async function installStep(
  program: string,
  parameters: readonly string[],
  cwd: string = root,
): Promise<void> {
  const shell = process.platform === 'win32' && program === 'npm';
  await execute(program, [...parameters], { cwd, shell, maxBuffer: 2 ** 26 }).catch((cause: unknown) => {
    const { stderr = '', message } = cause as { stderr?: string; message: string };
    const lines = stderr.split('\n').filter((line) => !/^\s*$|^npm error\s+(at |$)/.test(line));
    const said = lines.slice(0, 12).join('\n') || message;
    throw new Error(
      `could not run ${[program, ...parameters.slice(0, 3)].join(' ')} in ${cwd}:\n${said}\n\n` +
        'These tests run the real packages of other tools. They install them once, which takes the network, npm, and Python 3.10 or newer with venv; then ' +
        'they need none of it. Try again where there is a network; the tests that install nothing are: npm run test:unit',
      { cause },
    );
  });
}
