/** Run the command line as a process, from its sources, with a home of its own. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What a shell sees. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The repository's folder; programs run in it, so that fixtures are named as in the documentation. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Recordings made by `npm run record`. */
export const recordings = {
  full: 'fixtures/recordings/smollm2-135m.jsonl',
  smallContext: 'fixtures/recordings/small-context.jsonl',
} as const;

/** Run node, by default in the repository's folder; nothing of the caller's juror settings reaches it. */
export function runNode(
  parameters: readonly string[],
  home: string,
  environment: Record<string, string> = {},
  cwd: string = root,
): Promise<Ended> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !name.startsWith('JUROR_') && name !== 'FORCE_COLOR',
  );
  const env = { ...Object.fromEntries(inherited), NO_COLOR: '1', JUROR_HOME: home, ...environment };
  return new Promise((resolve) => {
    execFile(process.execPath, [...parameters], { cwd, env, encoding: 'utf8' }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

/** Run `juror` with these arguments. */
export function juror(
  parameters: readonly string[],
  home: string,
  environment?: Record<string, string>,
): Promise<Ended> {
  return runNode(['src/cli/main.ts', ...parameters], home, environment);
}

/** Text with a folder's name taken out, so that it is the same in every run. */
export function without(folder: string, text: string): string {
  return text.replaceAll(folder, 'FOLDER');
}
