/** A suite's folder as its readers find it. `suite.json` may come from anywhere: it must not lead elsewhere. */
import { realpath, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { JurorError } from '../errors.ts';
import type { SuiteResult } from '../schema.ts';
import { readSuiteResult, suiteFiles } from './result-files.ts';

/** The result in a folder; undefined for another one, such as a run's. Throws JurorError `data` for a `suite.json` that is no result. */
export async function findSuiteResult(folder: string): Promise<SuiteResult | undefined> {
  const found = await stat(join(folder, suiteFiles.result)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new JurorError('data', `${suiteFiles.result} cannot be read (${error.code})`, {
      place: { file: folder },
      cause: error,
    });
  });
  return found && readSuiteResult(folder);
}

/** A run's folder, which may be gone. Throws JurorError `data` for one that is not within the suite's, by its name or through a link. */
export async function suiteRunFolder(folder: string, name: string): Promise<string> {
  const at = resolve(folder, name);
  const real = (path: string) => realpath(path).catch(() => path);
  if (isWithin(resolve(folder), at) && isWithin(await real(folder), await real(at))) return at;
  throw new JurorError('data', `expected a run folder within the suite's, got '${name}'`, {
    place: { file: join(folder, suiteFiles.result), field: 'runs' },
  });
}

function isWithin(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '' || !(way === '..' || way.startsWith(`..${sep}`) || resolve(way) === way);
}
