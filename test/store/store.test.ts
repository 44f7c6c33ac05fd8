import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Judgment } from '../../src/schema.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { bindJudgment, idText, type PlanRow, type Store } from '../../src/store/store.ts';
import { collect, judgmentOf, planRowOf, sha256, temporaryFolder } from './records.ts';

/** One suite for every store. */
function conforms(name: string, law: (store: Store) => Promise<void>): void {
  test(`memory: ${name}`, async () => {
    await using store = memoryStore();
    await law(store);
  });
  test(`sqlite: ${name}`, async () => {
    await using folder = await temporaryFolder();
    await using store = await openSqliteStore(join(folder.path, 'journal.sqlite'));
    await law(store);
  });
}

const hostileIds = [
  '\0',
  'a\0b',
  '\ud800',
  '\udfff\ud800',
  '\u202eabc',
  "'; DROP TABLE judgments; --",
  '"quoted"',
  'back\\slash',
  '\\u0000',
  '__proto__',
  '\n\r\t',
  '😀',
  '\uffff',
  '../../etc/passwd',
  '?1',
  ' ',
  'é',
  'e\u0301',
];

conforms('an empty store has nothing', async (store) => {
  expect(await store.count()).toBe(0);
  expect(await store.pending()).toBe(0);
  expect(await store.get(sha256('x'))).toBeUndefined();
  expect(await store.has(sha256('x'))).toBe(false);
  expect(await store.insert([])).toBe(0);
  expect(await store.insertPlan([])).toBe(0);
  expect(await collect(store.judgments())).toEqual([]);
  expect(await collect(store.plan())).toEqual([]);
  expect(await collect(store.plannedJudgments())).toEqual([]);
});

conforms('the first judgment of a key stays', async (store) => {
  const first = judgmentOf(1);
  const second = judgmentOf(1, { critique: null });
  expect(await store.insert([first, second, judgmentOf(2)])).toBe(2);
  expect(await store.insert([second, judgmentOf(3)])).toBe(1);
  expect(await store.insert([second])).toBe(0);
  expect(await store.get(first.key)).toEqual(first);
  expect(await store.has(first.key)).toBe(true);
  expect(await store.count()).toBe(3);
});

conforms('what the engine failed on is forgotten when asked, and nothing else', async (store) => {
  const unscored = (name: number, reason: 'engine' | 'context') =>
    judgmentOf(name, { outcome: { status: 'unscored', reason, message: 'm' } });
  const kept = [judgmentOf(1), unscored(2, 'context')];
  await store.insert([...kept, unscored(3, 'engine'), unscored(4, 'engine')]);
  expect(await store.forgetFailures()).toBe(2);
  expect(await store.forgetFailures()).toBe(0);
  expect((await collect(store.judgments())).map(({ key }) => key).sort()).toEqual(
    kept.map(({ key }) => key).sort(),
  );
  expect(await store.insert([unscored(3, 'engine')])).toBe(1);
});

conforms('concurrent inserts of one key are one judgment', async (store) => {
  const counts = await Promise.all(
    Array.from({ length: 20 }, (_, index) => store.insert([judgmentOf(index % 4)])),
  );
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(4);
  expect(await store.count()).toBe(4);
});

conforms('judgments stream by key, over page borders and beside writes', async (store) => {
  const all = Array.from({ length: 600 }, (_, index) => judgmentOf(index));
  expect(await store.insert(all)).toBe(600);
  const keys: string[] = [];
  for await (const { key } of store.judgments()) {
    if (keys.push(key) === 10) await store.insertPlan([planRowOf(1)]);
  }
  expect(keys).toEqual(all.map(({ key }) => key).sort());
});

conforms('what is read is what was written', async (store) => {
  const bits = fc.double({ min: 0, max: 1, noNaN: true });
  const ids = fc.oneof(
    fc.constantFrom(...hostileIds),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.uuid(),
      ids,
      fc.string({ unit: 'binary' }),
      bits,
      async (name, sampleId, text, score) => {
        const distribution = { A: score, [text || 'B']: 1 };
        const judgment = judgmentOf(name, {
          sampleId,
          responseIds: [sampleId],
          critique: { text, finish: 'length' },
          outcome: { status: 'scored', label: text, score: score + 0, distribution },
        });
        expect(await store.insert([judgment])).toBe(1);
        expect(await store.get(judgment.key)).toEqual(judgment);
      },
    ),
    { numRuns: 60 },
  );
});

conforms('a bad record throws, names its field, and keeps nothing of its call', async (store) => {
  const score = Number.NaN;
  const bad = [
    { key: 'not a digest' },
    { sampleId: '' },
    { extra: 1 } as Partial<Judgment>,
    { outcome: { status: 'scored', label: 'A', score, distribution: {} } } as Partial<Judgment>,
    { usage: { prompt: -1, generated: 0 } },
  ];
  for (const changes of bad) {
    const error = await store
      .insert([judgmentOf('good'), judgmentOf('bad', changes)])
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'store', message: expect.stringContaining('expected') });
  }
  await expect(
    store.insert([judgmentOf('bad', { usage: { prompt: -1, generated: 0 } })]),
  ).rejects.toMatchObject({
    place: { field: 'usage.prompt' },
  });
  await expect(store.insertPlan([planRowOf(1), planRowOf(2, { judgments: [] })])).rejects.toMatchObject({
    code: 'store',
  });
  expect(await store.count()).toBe(0);
  expect(await collect(store.plan())).toEqual([]);
});

conforms(
  'plan rows: the same adds nothing, another replaces, pending is what has no judgment',
  async (store) => {
    expect(await store.insertPlan([planRowOf(1), planRowOf(2)])).toBe(2);
    expect(await store.insertPlan([planRowOf(1), planRowOf(2)])).toBe(0);
    expect(await store.pending()).toBe(2);
    await store.insert([judgmentOf(1), judgmentOf(2), judgmentOf('unplanned')]);
    expect(await store.pending()).toBe(0);
    const use = { key: sha256('new text'), criterionId: 'overall', responseIds: ['a', 'b'] };
    expect(await store.insertPlan([planRowOf(1, { judgments: [use] }), planRowOf(2)])).toBe(1);
    expect(await store.pending()).toBe(1);
    expect((await collect(store.plan())).map(({ judgments }) => judgments[0]?.key)).toEqual([
      use.key,
      sha256('2'),
    ]);
    expect((await collect(store.plannedJudgments())).map(({ key }) => key)).toEqual([sha256('2')]);
  },
);

conforms('each response of a sample has its own plan row', async (store) => {
  const rows = ['r1', 'r2', 'r3'].map((id) =>
    planRowOf('one', { mode: 'pointwise', responseIds: [id], characters: [1] }),
  );
  for (const row of rows) expect(await store.insertPlan([row])).toBe(1);
  expect(await collect(store.plan())).toEqual(rows);
});

conforms('hostile ids stay apart and have one order', async (store) => {
  const rows = hostileIds.map((sampleId) => planRowOf('same', { sampleId, responseIds: [sampleId, 'b'] }));
  expect(await store.insertPlan(rows)).toBe(rows.length);
  expect(await store.insertPlan(rows.toReversed())).toBe(0);
  const bytes = (row: PlanRow) => Buffer.from(idText(row.sampleId)).toString('latin1');
  const sorted = rows.toSorted((left, right) => (bytes(left) < bytes(right) ? -1 : 1));
  expect(await collect(store.plan())).toEqual(sorted);
});

conforms('plan streams over page borders in the order of rubric, sample, responses', async (store) => {
  const rows = Array.from({ length: 700 }, (_, index) => planRowOf(String(index).padStart(4, '0')));
  await store.insertPlan(rows.toReversed());
  expect(await collect(store.plan())).toEqual(rows);
});

conforms('a shared judgment takes the names of its first use, whoever made it', async (store) => {
  const key = sha256('shared');
  const shown = ['x', 'y'];
  const rows = [
    planRowOf('b', { judgments: [{ key, criterionId: 'overall', responseIds: ['a', 'b'] }] }),
    planRowOf('a', { responseIds: shown, judgments: [{ key, criterionId: 'clarity', responseIds: shown }] }),
  ];
  await store.insertPlan(rows);
  await store.insert([judgmentOf('shared', { sampleId: 'sample-b' })]);
  expect(await collect(store.plannedJudgments())).toEqual([
    judgmentOf('shared', { sampleId: 'sample-a', criterionId: 'clarity', responseIds: shown }),
  ]);
  expect((await store.get(key))?.sampleId).toBe('sample-b');
});

test('binding changes the names and nothing else', () => {
  const judgment = judgmentOf(1);
  const use = { key: judgment.key, criterionId: 'clarity', responseIds: ['b', 'a'] };
  const bound = bindJudgment(judgment, planRowOf(2), use);
  expect(bound).toEqual({
    ...judgment,
    sampleId: 'sample-2',
    criterionId: 'clarity',
    responseIds: ['b', 'a'],
  });
});

test('the text of an id is one to one', () => {
  const id = fc.oneof(fc.constantFrom(...hostileIds), fc.string({ unit: 'binary' }));
  fc.assert(fc.property(id, id, (left, right) => (idText(left) === idText(right)) === (left === right)));
  for (const text of hostileIds.map(idText)) expect(text.isWellFormed() && !text.includes('\0')).toBe(true);
  expect(idText('llmbar-12')).toBe('llmbar-12');
});
