/** The real promptfoo for tests: the example's lock installed without its optional providers, and run offline. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../cli/juror.ts';

const run = runner();
const example = join(root, 'examples/promptfoo');

function runner() {
  const execute = promisify(execFile);
  return (program: string, parameters: readonly string[], cwd: string, env = process.env) =>
    execute(program, [...parameters], { cwd, env, maxBuffer: 2 ** 26, encoding: 'utf8' });
}

/**
 * A folder with promptfoo under its `node_modules`, installed where it is missing. Its optional dependencies are 1.6 GB of providers; of
 * them it needs what reads its database and what compiles TypeScript, for this platform.
 */
export async function installPromptfoo(): Promise<string> {
  const lock = await readFile(join(example, 'package-lock.json'), 'utf8');
  const digest = createHash('sha256').update(`${lock}${process.version}`).digest('hex').slice(0, 12);
  const folder = join(root, 'node_modules/.cache', `promptfoo-${digest}`);
  const marker = join(folder, 'installed');
  if (
    await access(marker).then(
      () => true,
      () => false,
    )
  )
    return folder;
  process.stderr.write('integration tests: installing promptfoo\n');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const name of ['package.json', 'package-lock.json'])
    await copyFile(join(example, name), join(folder, name));
  const lean = [
    '--omit=optional',
    '--omit=peer',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  await run('npm', ['ci', ...lean], folder);
  await run('npm', ['install', '--no-save', ...lean, ...(await bindings(folder))], folder);
  await writeFile(marker, '');
  return folder;
}

/** What of the optional dependencies is needed here. */
async function bindings(folder: string): Promise<string[]> {
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
  const version = async (name: string) =>
    JSON.parse(await readFile(join(folder, 'node_modules', name, 'package.json'), 'utf8')).version;
  return [
    `@libsql/${platform}-${arch}${library}@${await version('libsql')}`,
    `@esbuild/${platform}-${arch}@${await version('esbuild')}`,
  ];
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
  return run(process.execPath, [program, ...parameters], cwd, env).then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    (error: { code?: number; stdout?: string; stderr?: string }) => ({
      code: error.code ?? -1,
      output: `${error.stdout}${error.stderr}`,
    }),
  );
}
