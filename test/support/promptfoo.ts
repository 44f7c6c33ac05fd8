/** The real promptfoo for tests: the example's lock installed without its optional providers, and run offline. */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../cli/juror.ts';
import { cache, digestOf, installOnce, installStep, npmFlags } from './installed.ts';

const run = promisify(execFile);
const example = join(root, 'examples/promptfoo');

/**
 * A folder with promptfoo under its `node_modules`, installed where it is missing. Its optional dependencies are 1.6 GB of providers; of
 * them it needs what reads its database and what compiles TypeScript, for this platform.
 */
export async function installPromptfoo(): Promise<string> {
  const lock = await readFile(join(example, 'package-lock.json'), 'utf8');
  const digest = digestOf(lock, process.version);
  const folder = join(cache, `promptfoo-${digest}`);
  await installOnce({
    name: 'promptfoo',
    marker: join(folder, 'installed'),
    digest,
    async install() {
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      for (const name of ['package.json', 'package-lock.json'])
        await copyFile(join(example, name), join(folder, name));
      const lean = ['--omit=optional', '--omit=peer', ...npmFlags];
      await installStep('npm', ['install', '--no-save', ...lean, ...bindings(lock)], folder);
    },
  });
  return folder;
}

/** What of the optional dependencies is needed here, in the lock's versions. */
function bindings(lock: string): string[] {
  const { platform, arch } = process;
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  const library =
    platform === 'linux'
      ? report.header?.glibcVersionRuntime
        ? '-gnu'
        : '-musl'
      : platform === 'win32'
        ? '-msvc'
        : '';
  const { packages } = JSON.parse(lock) as { packages: Record<string, { version: string } | undefined> };
  return [`@libsql/${platform}-${arch}${library}`, `@esbuild/${platform}-${arch}`].map((name) => {
    const version = packages[`node_modules/${name}`]?.version;
    if (version === undefined) throw new Error(`promptfoo's lock has no ${name}: it does not run here`);
    return `${name}@${version}`;
  });
}

/** Run promptfoo in a folder within {@link installPromptfoo}'s: without telemetry, updates, remote calls or a home of the user's. */
export async function promptfoo(
  installed: string,
  cwd: string,
  ...parameters: string[]
): Promise<{ code: number; output: string }> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('JUROR_') && !name.startsWith('PROMPTFOO_'),
  );
  const env = {
    ...Object.fromEntries(inherited),
    NO_COLOR: '1',
    JUROR_HOME: join(cwd, 'home'),
    NODE_OPTIONS: `--import=${join(root, 'test/support/source.ts')}`,
    PROMPTFOO_CONFIG_DIR: join(cwd, 'promptfoo'),
    PROMPTFOO_DISABLE_TELEMETRY: '1',
    PROMPTFOO_DISABLE_UPDATE: '1',
    PROMPTFOO_DISABLE_REMOTE_GENERATION: '1',
    PROMPTFOO_SELF_HOSTED: '1',
  };
  const program = join(installed, 'node_modules/promptfoo/dist/src/entrypoint.js');
  return run(process.execPath, [program, ...parameters], { cwd, env, maxBuffer: 2 ** 26 }).then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    (error: { code?: number; stdout?: string; stderr?: string }) => ({
      code: error.code ?? -1,
      output: `${error.stdout}${error.stderr}`,
    }),
  );
}
