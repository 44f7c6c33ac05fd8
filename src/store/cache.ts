/** Judgments of all runs on one machine, so that another output folder does not judge again. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Judgment } from '../schema.ts';
import { delegateStore } from './delegate-store.ts';
import { openSqliteStore } from './sqlite.ts';
import type { Store } from './store.ts';

/**
 * A run's store with the machine's cache behind it: what the run lacks is looked for there and copied, what is new goes to both.
 * Judgments that failed for the engine's sake are not shared. Disposing closes the cache, not the run.
 */
export async function openCache(store: Store, home: string): Promise<Store> {
  const folder = join(home, 'judgments');
  await mkdir(folder, { recursive: true });
  const cache = await openSqliteStore(join(folder, 'cache.sqlite'));
  const get = async (key: string): Promise<Judgment | undefined> => {
    const own = await store.get(key);
    if (own) return own;
    const shared = await cache.get(key);
    if (shared) await store.insert([shared]);
    return shared;
  };
  return {
    ...delegateStore(store),
    get,
    has: async (key) => (await get(key)) !== undefined,
    async insert(judgments) {
      const added = await store.insert(judgments);
      await cache.insert(judgments.filter(isReproducible));
      return added;
    },
    [Symbol.asyncDispose]: () => cache[Symbol.asyncDispose](),
  };
}

function isReproducible({ outcome }: Judgment): boolean {
  return outcome.status === 'scored' || outcome.reason === 'context';
}
