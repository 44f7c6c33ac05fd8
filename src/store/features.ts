/** Hidden states by key: what was read once is not read again, by any run of the machine. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { JurorError } from '../errors.ts';
import { explained, walIsSafe } from './sqlite-database.ts';

/** "jurf" in ASCII. */
const applicationId = 0x6a757266;
const patienceMs = 10_000;

/** A state and what it cost. */
export interface StoredFeature {
  /** float32, as it was read. */
  readonly vector: Float32Array;
  /** Tokens evaluated for it. */
  readonly tokens: number;
}

/** Keeps states; the first one of a key stays. Safe for several processes at once. */
export interface FeatureStore extends Disposable {
  /** The state of a key; undefined where it was never read. */
  get(key: string): StoredFeature | undefined;
  /** What is inserted together is kept together. */
  insert(features: Iterable<readonly [key: string, feature: StoredFeature]>): void;
  /** States that are kept. */
  count(): number;
}

/** Open or make a file of features, or one in memory for `:memory:`. Throws JurorError `store`. */
export function openFeatureStore(file: string): FeatureStore {
  return explained(file, () => {
    if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true });
    const database = new DatabaseSync(file, { timeout: patienceMs });
    try {
      prepare(database, file);
    } catch (error) {
      database.close();
      throw error;
    }
    const find = database.prepare('SELECT vector, tokens FROM features WHERE key = ?');
    const add = database.prepare('INSERT OR IGNORE INTO features (key, vector, tokens) VALUES (?, ?, ?)');
    const count = database.prepare('SELECT count(*) AS count FROM features');
    return {
      get: (key) =>
        explained(file, () => {
          const row = find.get(key);
          if (row === undefined) return undefined;
          return { vector: fromBytes(row.vector as Uint8Array), tokens: Number(row.tokens) };
        }),
      insert: (features) =>
        explained(file, () => {
          database.exec('BEGIN IMMEDIATE');
          try {
            for (const [key, { vector, tokens }] of features) add.run(key, toBytes(vector), tokens);
            database.exec('COMMIT');
          } catch (error) {
            database.exec('ROLLBACK');
            throw error;
          }
        }),
      count: () => explained(file, () => Number(count.get()?.count)),
      [Symbol.dispose]: () => database.close(),
    };
  });
}

function prepare(database: DatabaseSync, file: string): void {
  const pragma = (name: string) => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
  const found = pragma('application_id');
  if (found !== applicationId && (found !== 0 || pragma('page_count') !== 0))
    throw new JurorError('store', 'expected a file of features, got another kind of database', {
      place: { file },
    });
  const { version } = database.prepare('SELECT sqlite_version() AS version').get() as { version: string };
  if (walIsSafe(version)) database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  database.exec(`
    BEGIN IMMEDIATE;
    CREATE TABLE IF NOT EXISTS features (key TEXT PRIMARY KEY, vector BLOB NOT NULL, tokens INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    PRAGMA application_id = ${applicationId};
    COMMIT;
  `);
}

/** Little-endian, as in safetensors. */
function toBytes(vector: Float32Array): Uint8Array {
  const bytes = new Uint8Array(vector.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of vector.entries()) view.setFloat32(index * 4, value, true);
  return bytes;
}

function fromBytes(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float32Array.from({ length: bytes.byteLength / 4 }, (_, index) => view.getFloat32(index * 4, true));
}
