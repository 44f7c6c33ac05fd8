/** A store in front of engines that are recorded: what is recorded must have been asked. */
import { delegateStore } from './delegate-store.ts';
import type { Store } from './store.ts';

/**
 * The same store, which gives only the judgments that were inserted through it: all others are asked for again. What is there stays; an equal
 * judgment changes nothing. Disposing it disposes of nothing.
 */
export function askAnew(store: Store): Store {
  const asked = new Set<string>();
  const has = (key: string) => asked.has(key);
  return {
    ...delegateStore(store),
    get: async (key) => (has(key) ? store.get(key) : undefined),
    has: async (key) => has(key) && store.has(key),
    async insert(judgments) {
      for (const { key } of judgments) asked.add(key);
      return store.insert(judgments);
    },
    [Symbol.asyncDispose]: async () => {},
  };
}
