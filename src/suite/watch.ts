/** Run a suite again whenever something that it stands on changes. */
import { type FSWatcher, statSync, watch } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { JurorError } from '../errors.ts';
import { type LoadedSuite, type LoadSuiteOptions, loadSuite } from './load.ts';

/** How long files must have been still, in ms: editors write in several steps. */
const stillMs = 150;

/** Options of {@link watchSuite}. */
export interface WatchSuiteOptions extends Pick<LoadSuiteOptions, 'seed'> {
  /** Told of the suite at the beginning and after each change. Its signal fires with the next change, or when watching ends. */
  readonly run: (loaded: LoadedSuite, signal: AbortSignal) => Promise<void>;
  /** Files to be watched besides those of the suite. Default none. */
  readonly also?: readonly string[];
  /** Told of a suite that cannot be loaded or run; watching goes on. */
  readonly onFault: (error: JurorError) => void;
  /** A run is over, or a fault is told, and watching waits for a change of one of these files. */
  readonly onWait?: (files: readonly string[]) => void;
  /** Ends watching. */
  readonly signal: AbortSignal;
}

/**
 * Load and run a suite, and again after each change of its file, data, rubrics, recordings, calibration and cards, until the signal fires.
 * A change during a run aborts it; what it judged is found again. Faults other than JurorErrors are thrown.
 */
export async function watchSuite(file: string, options: WatchSuiteOptions): Promise<void> {
  const { run, onFault, onWait, signal, also = [], ...loading } = options;
  let files: readonly string[] = [file, ...also];
  for (let time = 0; !signal.aborted; time++) {
    using changes = watchFiles(files);
    try {
      const loaded = await loadSuite(file, { ...loading, time });
      files = [...loaded.files, ...also];
      changes.add(files);
      await run(loaded, AbortSignal.any([signal, changes.signal]));
    } catch (error) {
      if (!JurorError.isInstance(error)) throw error;
      if (error.code !== 'aborted') onFault(error);
    }
    if (!signal.aborted && !changes.signal.aborted) onWait?.(files);
    await fired(AbortSignal.any([signal, changes.signal]));
  }
}

/** Files under watch. */
interface WatchedFiles extends Disposable {
  /** Fires once, when the files have changed and are still. */
  readonly signal: AbortSignal;
  add(files: readonly string[]): void;
}

/** Watches the folders of files, since editors replace files and files may be missing yet. */
function watchFiles(first: readonly string[]): WatchedFiles {
  const changed = new AbortController();
  const stamps = new Map<string, string>();
  const watchers = new Map<string, FSWatcher>();
  let timer: NodeJS.Timeout | undefined;
  const settle = () => {
    const moved = [...stamps].some(([file, stamp]) => stampOf(file) !== stamp);
    if (moved) changed.abort();
  };
  const touched = (folder: string, name: string | null) => {
    if (name !== null && !stamps.has(resolve(folder, name))) return;
    clearTimeout(timer);
    timer = setTimeout(settle, stillMs);
  };
  const add = (files: readonly string[]) => {
    for (const file of files.map((path) => resolve(path))) {
      if (stamps.has(file)) continue;
      stamps.set(file, stampOf(file));
      const folder = dirname(file);
      if (watchers.has(folder)) continue;
      try {
        const watcher = watch(folder, (_, name) => touched(folder, name && basename(name)));
        watcher.on('error', () => watcher.close());
        watchers.set(folder, watcher);
      } catch {
        // A folder that is not there has no changes; the fault that it makes is told where its file is read.
      }
    }
  };
  add(first);
  return {
    signal: changed.signal,
    add,
    [Symbol.dispose]() {
      clearTimeout(timer);
      for (const watcher of watchers.values()) watcher.close();
    },
  };
}

/** What tells a file from its earlier self; empty for one that is not there. */
function stampOf(file: string): string {
  const found = statSync(file, { bigint: true, throwIfNoEntry: false });
  return found ? `${found.mtimeNs} ${found.size} ${found.ino}` : '';
}

function fired(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
