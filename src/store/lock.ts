/** One writer for a folder at a time. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { JurorError } from '../errors.ts';
import { storeError } from './sqlite-database.ts';

/** How long a holder that was just killed may take to be gone. */
const patienceMs = 1000;

/**
 * Take the folder's lock. Throws JurorError `store`, naming the process, when another one holds it.
 * The operating system holds it (SQLite's lock on an empty file), so it ends with its process, however that ends.
 * The empty file stays: a lock file that is removed can be held twice.
 */
export function lockFolder(folder: string): Disposable {
  const file = join(folder, '.lock');
  const holder = join(folder, '.lock.pid');
  const database = openLock(file);
  try {
    database.exec('PRAGMA journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
    writeFileSync(holder, `process ${process.pid} on ${hostname()}`);
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode !== 5) throw storeError(error, file);
    const message = `expected a run folder that no other process writes to, got one in use by ${holderIn(holder)}`;
    throw new JurorError('store', message, { place: { file: folder }, cause: error });
  }
  return {
    [Symbol.dispose]() {
      if (!database.isOpen) return;
      rmSync(holder, { force: true });
      database.exec('ROLLBACK');
      database.close();
    },
  };
}

function openLock(file: string): DatabaseSync {
  try {
    return new DatabaseSync(file, { timeout: patienceMs });
  } catch (error) {
    throw storeError(error, file);
  }
}

function holderIn(file: string): string {
  try {
    return readFileSync(file, 'utf8') || 'another process';
  } catch {
    return 'another process';
  }
}
