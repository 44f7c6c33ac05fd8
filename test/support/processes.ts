/** Waiting for other processes. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

/** True for a process that has not ended; one that nobody has waited for yet has. */
export function isAlive(processId: number): boolean {
  try {
    return process.kill(processId, 0);
  } catch {
    return false;
  }
}

/** What `look` finds, as soon as it is neither undefined nor false. Throws after a minute. */
export async function until<Value>(
  look: () => Value | undefined | false | Promise<Value | undefined | false>,
): Promise<Value> {
  for (const end = Date.now() + 60_000; Date.now() < end; await pause(10)) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
  }
  throw new Error('waited for a minute in vain');
}

/** Ids of a process's own children. */
export function childrenOf(processId: number): number[] {
  const lines = existsSync('/proc/self/stat')
    ? readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [parentOf(Number(name))] : []))
    : execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
        .trim()
        .split('\n')
        .map((line) => line.trim().split(/\s+/).map(Number));
  return lines.flatMap(([id = 0, parent]) => (parent === processId ? [id] : []));
}

/** `pid (name) state ppid …`; the name may hold anything. */
function parentOf(processId: number): [id: number, parent: number] {
  try {
    const text = readFileSync(`/proc/${processId}/stat`, 'utf8');
    return [processId, Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1])];
  } catch {
    return [processId, 0];
  }
}
