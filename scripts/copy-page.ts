/** Puts the viewer's page, which needs no compiling, beside the compiled server. */
import { cp } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const at = (path: string): string => fileURLToPath(new URL(`../${path}/view/page`, import.meta.url));
await cp(at('src'), at('dist'), {
  recursive: true,
  filter: (source) => !source.endsWith('.json'),
});
