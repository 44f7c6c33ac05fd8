/** One worker at a time over all processes, by a lock file that a killed holder does not leave locked. */
import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { JurorError } from '../errors.ts';

/** Options of withLock. */
export interface LockOptions {
  readonly signal?: AbortSignal;
  /** Called each time the lock is found taken. */
  readonly onWait?: () => void | Promise<void>;
  /** How often to look again. Default 100 ms. */
  readonly pollMs?: number;
  /** A lock not refreshed for this long is stale whoever holds it. Default 2 minutes. */
  readonly staleMs?: number;
}

/** A lock that is held. */
export interface HeldLock {
  /** Throws JurorError `model` when another process has taken the lock over. */
  assertHeld(): Promise<void>;
}

/**
 * Run `work` while holding the lock file. It names its holder and is refreshed while held; it is taken over when the
 * holder is a dead process of this machine, or has not refreshed it for `staleMs`. Throws JurorError `aborted` when the
 * signal fires while waiting.
 */
export async function withLock<Result>(
  path: string,
  work: (lock: HeldLock) => Promise<Result>,
  options: LockOptions = {},
): Promise<Result> {
  const { pollMs = 100, staleMs = 120_000 } = options;
  const token = randomUUID();
  const holder = JSON.stringify({ pid: process.pid, host: hostname(), token });
  while (!(await create(path, holder))) {
    if (await isStale(path, staleMs)) await takeAway(path, staleMs);
    else {
      await options.onWait?.();
      await pause(pollMs, options.signal);
    }
  }
  const heartbeat = setInterval(() => void refresh(path), staleMs / 8);
  heartbeat.unref();
  const isHeld = async () => (await readHolder(path))?.token === token;
  try {
    return await work({
      assertHeld: async () => {
        if (!(await isHeld())) throw new JurorError('model', `another process took over ${path}`);
      },
    });
  } finally {
    clearInterval(heartbeat);
    if (await isHeld()) await rm(path, { force: true });
  }
}

/** Throws JurorError `aborted` when the signal fires first. */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, signal ? { signal } : {});
  } catch (cause) {
    throw new JurorError('aborted', 'stopped while waiting for a model', { cause });
  }
}

async function create(path: string, holder: string): Promise<boolean> {
  try {
    await writeFile(path, holder, { flag: 'wx' });
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw cause;
  }
}

interface Holder {
  readonly pid?: number;
  readonly host?: string;
  readonly token?: string;
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return typeof value === 'object' && value !== null ? value : {};
  } catch (cause) {
    return cause instanceof SyntaxError ? {} : undefined;
  }
}

async function isStale(path: string, staleMs: number): Promise<boolean> {
  const holder = await readHolder(path);
  const times = await stat(path).catch(() => undefined);
  if (!holder || !times) return false;
  if (Date.now() - times.mtimeMs > staleMs) return true;
  return holder.host === hostname() && holder.pid !== undefined && !isAlive(holder.pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Of two that see the same stale lock, the slower must not remove the lock that the faster made meanwhile: it puts it back. */
async function takeAway(path: string, staleMs: number): Promise<void> {
  const grave = `${path}.${randomUUID()}`;
  try {
    await rename(path, grave);
    if (!(await isStale(grave, staleMs))) await create(path, await readFile(grave, 'utf8'));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
  } finally {
    await rm(grave, { force: true });
  }
}

async function refresh(path: string): Promise<void> {
  const now = new Date();
  await utimes(path, now, now).catch(() => undefined);
}
