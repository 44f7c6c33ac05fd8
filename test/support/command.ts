/** The command line in a process of its own, run from source. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openSqliteStore } from '../../src/store/sqlite.ts';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** How a command ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that is running. */
export interface RunningCommand {
  readonly child: ChildProcess;
  readonly ended: Promise<Ending>;
}

/** Start `juror` with these arguments. */
export function startJuror(args: readonly string[], environment: NodeJS.ProcessEnv = {}): RunningCommand {
  const child = spawn(process.execPath, [main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1', ...environment },
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.stderr += text;
  });
  const ended = new Promise<Ending>((resolve) =>
    child.once('close', (code, signal) => resolve({ code, signal, ...output })),
  );
  return { child, ended };
}

/** What a run with `--json` says of the tokens it spent. */
export interface Tokens {
  readonly made: number;
  readonly found: number;
  readonly evaluated: number;
}

/** The `tokens` that a finished run with `--json` printed. Throws with its messages when it printed none. */
export function tokensOf({ code, stdout, stderr }: Ending): Tokens {
  try {
    return JSON.parse(stdout).tokens;
  } catch {
    throw new Error(`the command ended with ${code}:\n${stdout}\n${stderr}`);
  }
}

/** SHA-256 of every file in a folder, by name; without `names`, of all of them. */
export function hashFiles(folder: string, names?: readonly string[]): Record<string, string> {
  const files = names ?? readdirSync(folder).sort();
  return Object.fromEntries(
    files.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex'),
    ]),
  );
}

/** What a run exports. */
export const exportNames = ['judgments.jsonl', 'verdicts.jsonl', 'summary.json', 'manifest.json'] as const;

/** Hashes of a run's exports. */
export function hashExports(folder: string): Record<string, string> {
  return hashFiles(folder, exportNames);
}

/** Judgments that a run's journal holds; 0 while it is being made. */
export async function countJudgments(folder: string): Promise<number> {
  try {
    await using store = await openSqliteStore(join(folder, 'journal.sqlite'), { readOnly: true });
    return await store.count();
  } catch {
    return 0;
  }
}
