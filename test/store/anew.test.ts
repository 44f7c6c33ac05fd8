import { expect, test } from 'vitest';
import { askAnew } from '../../src/store/anew.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { judgmentOf } from './records.ts';

test('a store that asks anew gives what was inserted through it; what was there stays', async () => {
  const kept = memoryStore();
  const [old, other] = [judgmentOf('old'), judgmentOf('other')];
  await kept.insert([old]);
  const store = askAnew(kept);
  expect([await store.has(old.key), await store.get(old.key), await store.count()]).toEqual([
    false,
    undefined,
    1,
  ]);
  expect(await store.insert([old, other])).toBe(1);
  expect([await store.get(old.key), await store.has(other.key)]).toEqual([old, true]);
  expect(await kept.count()).toBe(2);
  expect([await store.has('none'), await store.get('none')]).toEqual([false, undefined]);
});
