/** Child processes for the tests of the store. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('./fixtures/insert.ts', import.meta.url));

export interface Inserter {
  readonly child: ChildProcess;
  /** Every line told so far. */
  readonly lines: readonly string[];
  /** Resolves with the first line. */
  readonly opened: Promise<unknown>;
  /** Resolves with the exit code, or null after a signal, when all output was read. */
  readonly ended: Promise<number | null>;
}

/** Start `fixtures/insert.ts`. */
export function startInserter(folder: string, count: number, order: number, hold = ''): Inserter {
  const child = spawn(process.execPath, [script, folder, String(count), String(order), hold], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(line));
  const ended = Promise.all([once(child, 'exit'), once(reader, 'close')]).then(
    ([[code]]) => code as number | null,
  );
  return { child, lines, opened: Promise.race([once(reader, 'line'), ended]), ended };
}
