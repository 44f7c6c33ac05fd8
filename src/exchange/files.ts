/** The files behind a path of another tool: one file, or those of a folder. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileError } from '../dataset/files.ts';
import { JurorError } from '../errors.ts';

/** Whether a path is a folder. Throws JurorError `data` where nothing is. */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw fileError(error, path);
  }
}

/** Files of a folder with one of these endings, sorted by name; none where there is no folder. */
export async function filesIn(folder: string, ...endings: readonly string[]): Promise<string[]> {
  const names = await readdir(folder).catch(() => []);
  return names
    .filter((name) => endings.some((ending) => name.toLowerCase().endsWith(ending)))
    .sort()
    .map((name) => join(folder, name));
}

/** The file itself, or the files of a folder. Throws JurorError `data` for a folder without any. */
export async function filesOf(path: string, ...endings: readonly string[]): Promise<string[]> {
  if (!(await isFolder(path))) return [path];
  const files = await filesIn(path, ...endings);
  if (files.length > 0) return files;
  throw new JurorError('data', `expected files ending in ${endings.join(', ')}, got a folder without any`, {
    place: { file: path },
  });
}
