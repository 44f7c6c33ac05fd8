/** The page's files in memory, under fixed names: no request ever names a file. */
import { readdir, readFile } from 'node:fs/promises';

/** A file as it is sent. */
export interface PageFile {
  readonly type: string;
  readonly content: string;
}

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};
const folder = new URL('page/', import.meta.url);

/** Path in the address → file; `/` is `index.html`. */
export async function loadPage(): Promise<ReadonlyMap<string, PageFile>> {
  const files = new Map<string, PageFile>();
  for (const name of await readdir(folder).catch(() => [])) {
    const [, ending = ''] = /^[a-z0-9-]+\.(html|css|js|svg)$/.exec(name) ?? [];
    const type = types[ending];
    if (type === undefined) continue;
    const content = await readFile(new URL(name, folder), 'utf8');
    files.set(name === 'index.html' ? '/' : `/${name}`, { type, content });
  }
  return files;
}
