/** A run folder: one configuration, one journal, its exports. */
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { JurorError } from '../errors.ts';
import { synchroniseFolder } from './atomic-file.ts';
import { lockFolder } from './lock.ts';
import {
  firstDifference,
  type Manifest,
  manifestOf,
  type RunConfiguration,
  readManifest,
  writeManifest,
} from './manifest.ts';
import { openSqliteStore } from './sqlite.ts';
import { storeError } from './sqlite-database.ts';
import type { Store } from './store.ts';

/** Names of the files in a run folder. */
export const runFiles = {
  manifest: 'manifest.json',
  journal: 'journal.sqlite',
  judgments: 'judgments.jsonl',
  verdicts: 'verdicts.jsonl',
  rankings: 'rankings.jsonl',
  summary: 'summary.json',
  /** What people said in the viewer. */
  labels: 'labels.jsonl',
  /** Where the texts are; see data-pointer.ts. */
  data: 'data.json',
} as const;

/** An open run. Disposing closes its journal and frees the folder. */
export interface Run extends AsyncDisposable {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly store: Store;
  /** Opened by {@link readRun}: nothing may be written to the store. */
  readonly readOnly: boolean;
  /** The field in which the folder's former configuration differs from this one; undefined when it is the same. */
  readonly changedField: string | undefined;
}

/**
 * Open a run folder for writing, and make it when it is not there; pending work is what has no row in its store.
 * Without a configuration an existing folder goes on under its own. With another one than it had, its plan begins anew; its judgments
 * stay and are found again where they still apply. A folder that nothing new is written to stays as it is, byte for byte.
 * Throws JurorError `store` for a folder in use by another process, or one that is no run folder.
 */
export async function openRun(folder: string, configuration?: RunConfiguration): Promise<Run> {
  const file = join(folder, runFiles.manifest);
  const wanted = configuration && manifestOf(configuration);
  if (wanted) await makeFolder(folder);
  await assertRunFolder(folder, wanted !== undefined);
  const lock = lockFolder(folder);
  try {
    const recorded = await readManifest(file);
    const changedField =
      recorded && wanted ? firstDifference(recorded.configuration, wanted.configuration) : undefined;
    const counts = changedField === undefined ? recorded?.counts : undefined;
    const manifest = manifestOf((wanted ?? recorded ?? fail(folder)).configuration, counts);
    const store = await openSqliteStore(join(folder, runFiles.journal));
    // The plan goes first: a crash in between leaves a plan that is too small, never one of another configuration.
    if (changedField !== undefined) await store.clearPlan();
    await writeManifest(file, manifest);
    return {
      folder,
      manifest,
      store,
      readOnly: false,
      changedField,
      async [Symbol.asyncDispose]() {
        try {
          await store[Symbol.asyncDispose]();
        } finally {
          lock[Symbol.dispose]();
        }
      },
    };
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

/**
 * Open an existing run folder to read it; it may be in use. Leaves no trace in it.
 * Throws JurorError `store` for anything that is not a run folder.
 */
export async function readRun(folder: string): Promise<Run> {
  const manifest = await readManifest(join(folder, runFiles.manifest));
  if (!manifest) throw notARun(folder, await readdir(folder).catch(() => []));
  const store = await openSqliteStore(join(folder, runFiles.journal), { readOnly: true });
  return {
    folder,
    manifest,
    store,
    readOnly: true,
    changedField: undefined,
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

async function makeFolder(folder: string): Promise<void> {
  try {
    const made = await mkdir(folder, { recursive: true });
    if (made !== undefined) await synchroniseFolder(join(made, '..'));
  } catch (error) {
    throw storeError(error, folder);
  }
}

/** A folder without a manifest may become a run when it holds no file that the run would write over. */
async function assertRunFolder(folder: string, mayBecomeOne: boolean): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? notARun(folder) : storeError(error, folder);
  });
  if (names.includes(runFiles.manifest)) return;
  if (!mayBecomeOne) throw notARun(folder, names);
  const taken = names.filter((name) => Object.values<string>(runFiles).includes(name));
  if (taken.length === 0) return;
  const message = `expected a run folder or one without ${taken.join(', ')}, got one that has them and no ${runFiles.manifest}; give another --out`;
  throw new JurorError('store', message, { place: { file: folder } });
}

function notARun(folder: string, names: readonly string[] = []): JurorError {
  const got = names.includes('suite.json')
    ? 'that of a suite; its runs are the folders in it, named DATA.JUDGE'
    : `one without ${runFiles.manifest}`;
  return new JurorError('store', `expected a run folder, got ${got}`, { place: { file: folder } });
}

function fail(folder: string): never {
  throw notARun(folder);
}
