/** The journal's file: opening it, its schema, and what SQLite says in words of ours. */
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { JurorError } from '../errors.ts';

/** "juro" in ASCII; tells a journal from another program's database. */
const applicationId = 0x6a75726f;
const schemaVersion = 1;
/** The first SQLite without the WAL-reset bug, which can corrupt a database: https://sqlite.org/releaselog/3_51_3.html. */
const firstSafeWal = [3, 51, 3] as const;
/** How long another connection's lock is waited for. */
const patienceMs = 5000;

const schema = `
  CREATE TABLE judgments (
    key TEXT PRIMARY KEY, sample_id TEXT NOT NULL, rubric_id TEXT NOT NULL, criterion_id TEXT NOT NULL,
    status TEXT NOT NULL, record TEXT NOT NULL
  ) STRICT;
  CREATE TABLE plan (
    id INTEGER PRIMARY KEY, rubric_id TEXT NOT NULL, sample_id TEXT NOT NULL, response_ids TEXT NOT NULL,
    record TEXT NOT NULL, UNIQUE (rubric_id, sample_id, response_ids)
  ) STRICT;
  CREATE TABLE plan_keys (
    key TEXT NOT NULL, plan INTEGER NOT NULL REFERENCES plan (id), PRIMARY KEY (key, plan)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX plan_keys_of_plan ON plan_keys (plan);
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${schemaVersion};
`;

/** An open journal. At rest its file is one file in rollback mode; it goes to WAL (where that is safe) with the first write and back when closed. */
export interface JournalFile {
  readonly database: DatabaseSync;
  /** To be called before every write; the file is untouched until then. */
  beginWriting(): void;
  /** May be called again. */
  close(): void;
}

/** Open or make a journal. Throws JurorError `store` for another kind of file, or a newer schema. */
export function openJournalFile(file: string, options: { readonly readOnly: boolean }): JournalFile {
  return explained(file, () => {
    if (options.readOnly && !existsSync(file))
      throw new JurorError('store', 'expected a journal, got none at this path', { place: { file } });
    const database = options.readOnly
      ? new DatabaseSync(readableLocation(file), { readOnly: true, timeout: patienceMs })
      : new DatabaseSync(file, { timeout: patienceMs });
    const journal = journalOf(database, file, options.readOnly);
    try {
      prepareDatabase(database, file);
      if (isUnmade(database, file)) {
        if (options.readOnly)
          throw new JurorError('store', 'expected a journal, got an empty file', { place: { file } });
        journal.beginWriting();
        database.exec(`BEGIN IMMEDIATE; ${schema} COMMIT;`);
      }
    } catch (error) {
      journal.close();
      throw error;
    }
    return journal;
  });
}

/** False for a SQLite whose WAL may corrupt a journal; such a journal stays in rollback mode, slower and as durable. */
export function walIsSafe(version: string): boolean {
  const parts = version.split('.').map(Number);
  const difference =
    firstSafeWal.map((part, index) => (parts[index] ?? 0) - part).find((value) => value !== 0) ?? 0;
  return difference >= 0;
}

/** Runs `work`; what SQLite or the operating system throws becomes a JurorError `store` that names the file. */
export function explained<Result>(file: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw storeError(error, file);
  }
}

/** The error as a JurorError `store` that names the file; a JurorError passes. */
export function storeError(error: unknown, file: string): JurorError {
  if (JurorError.isInstance(error)) return error;
  const system = error as { errcode?: number; code?: string; message?: string };
  const known =
    system.errcode === undefined ? systemErrors[system.code ?? ''] : sqliteErrors[system.errcode & 0xff];
  const message = known ?? `expected a usable run folder, got: ${system.message ?? String(error)}`;
  return new JurorError('store', message, { place: { file }, cause: error });
}

/** By primary result code: https://sqlite.org/rescode.html. */
const sqliteErrors: Readonly<Record<number, string>> = {
  5: 'expected to write within seconds, got a journal that another process keeps locked',
  8: 'expected a writable journal, got one that can only be read',
  10: 'expected to read and write the journal, got an input/output error',
  11: 'expected an intact journal, got a damaged one; its exports, where written, are still whole',
  13: 'expected room for the journal, got a full disk',
  14: 'expected a journal that can be opened, got one that cannot: is its folder there and writable?',
  26: 'expected a journal, got a file of another kind or a damaged one',
};

const systemErrors: Readonly<Record<string, string>> = {
  EACCES: 'expected a usable file, got one without permission',
  EPERM: 'expected a usable file, got one without permission',
  EROFS: 'expected a writable folder, got a file system that can only be read',
  ENOSPC: 'expected room for the file, got a full disk',
  EISDIR: 'expected a file, got a folder',
  ENOTDIR: 'expected a folder, got a file',
  EEXIST: 'expected a folder, got a file',
  ERR_INVALID_STATE: 'expected an open store, got one that is closed',
};

function journalOf(database: DatabaseSync, file: string, readOnly: boolean): JournalFile {
  let writing = false;
  const mode = (): unknown => database.prepare('PRAGMA journal_mode').get()?.journal_mode;
  return {
    database,
    beginWriting() {
      if (writing) return;
      if (readOnly)
        throw new JurorError('store', 'expected a store opened for writing, got one opened for reading', {
          place: { file },
        });
      const version = String(database.prepare('SELECT sqlite_version() AS version').get()?.version);
      const wanted = walIsSafe(version) ? 'wal' : 'delete';
      const got = database.prepare(`PRAGMA journal_mode = ${wanted}`).get()?.journal_mode;
      if (got !== wanted)
        throw new JurorError(
          'store',
          `expected a local file system that allows journal mode ${wanted}, got ${got}`,
          { place: { file } },
        );
      writing = true;
    },
    close() {
      if (!database.isOpen) return;
      try {
        if (readOnly || mode() !== 'wal') return;
        database.exec('PRAGMA busy_timeout = 200');
        database.exec('PRAGMA journal_mode = DELETE');
      } catch {
        // A reader in another process keeps the WAL alive. All is in there; the next writer that closes alone tidies up.
      } finally {
        database.close();
      }
    },
  };
}

/** Pragmas hold for a connection, and a WAL database opens at another `synchronous` than it had: set and asserted each time. */
function prepareDatabase(database: DatabaseSync, file: string): void {
  database.exec(
    'PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF',
  );
  for (const [pragma, expected] of [
    ['synchronous', 2],
    ['foreign_keys', 1],
  ] as const) {
    const got = database.prepare(`PRAGMA ${pragma}`).get()?.[pragma];
    if (got !== expected)
      throw new JurorError('store', `expected ${pragma} ${expected}, got ${got}`, { place: { file } });
  }
}

/** True for a database without tables. Throws JurorError `store` for one that is not ours or is newer. */
function isUnmade(database: DatabaseSync, file: string): boolean {
  const id = database.prepare('PRAGMA application_id').get()?.application_id;
  const version = database.prepare('PRAGMA user_version').get()?.user_version;
  const tables = Number(database.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.count);
  if (tables === 0 && id === 0) return true;
  if (id !== applicationId)
    throw new JurorError('store', 'expected a juror journal, got a database of another program', {
      place: { file },
    });
  if (version !== schemaVersion)
    throw new JurorError(
      'store',
      `expected schema version ${schemaVersion}, got ${version}; use the juror that wrote it, or a newer one`,
      { place: { file } },
    );
  return false;
}

/**
 * Reading must leave no files behind. A WAL database without its `-wal` file would get one from any connection that reads it,
 * unless it is declared immutable: nobody writes to it then, since every writer has such a file.
 */
function readableLocation(file: string): string | URL {
  if (existsSync(`${file}-wal`) || !isInWalMode(file)) return file;
  const url = pathToFileURL(file);
  url.searchParams.set('immutable', '1');
  return url;
}

/** Byte 18 of the header: https://sqlite.org/fileformat.html#file_format_version_numbers. */
function isInWalMode(file: string): boolean {
  const descriptor = openSync(file, 'r');
  try {
    const header = Buffer.alloc(20);
    return readSync(descriptor, header, 0, 20, 0) === 20 && header[18] === 2;
  } finally {
    closeSync(descriptor);
  }
}
