import { copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { openSqliteStore } from '../../src/store/sqlite.ts';
import { openJournalFile, walIsSafe } from '../../src/store/sqlite-database.ts';
import { collect, hashesOf, judgmentOf, planRowOf, sha256, temporaryFolder } from './records.ts';

async function filledJournal(folder: string, count: number): Promise<string> {
  const file = join(folder, 'journal.sqlite');
  await using store = await openSqliteStore(file);
  await store.insertPlan(Array.from({ length: count }, (_, index) => planRowOf(index)));
  await store.insert(Array.from({ length: count }, (_, index) => judgmentOf(index)));
  return file;
}

test('a closed journal is one file, and reading or repeating writes leaves its bytes', async () => {
  await using folder = await temporaryFolder();
  const file = await filledJournal(folder.path, 50);
  const before = hashesOf(folder.path);
  expect(Object.keys(before)).toEqual(['journal.sqlite']);
  for (const readOnly of [false, true]) {
    await using store = await openSqliteStore(file, { readOnly });
    expect(await store.count()).toBe(50);
    expect(await store.insert([judgmentOf(3), judgmentOf(4)])).toBe(0);
    expect(await store.insertPlan([planRowOf(7)])).toBe(0);
    expect(await collect(store.plannedJudgments())).toHaveLength(50);
    expect(readdirSync(folder.path)).toEqual(['journal.sqlite']);
  }
  expect(hashesOf(folder.path)).toEqual(before);
});

test('the pragmas that keep what was acknowledged hold on every opening', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'journal.sqlite');
  for (let opening = 0; opening < 3; opening++) {
    const journal = openJournalFile(file, { readOnly: false });
    journal.beginWriting();
    const read = (pragma: string) =>
      Object.values(journal.database.prepare(`PRAGMA ${pragma}`).get() ?? {})[0];
    expect(['journal_mode', 'synchronous', 'foreign_keys', 'user_version'].map(read)).toEqual([
      'wal',
      2,
      1,
      1,
    ]);
    journal.close();
    journal.close();
  }
});

test('columns for queries hold what the record says', async () => {
  await using folder = await temporaryFolder();
  const file = await filledJournal(folder.path, 1);
  const database = new DatabaseSync(file, { readOnly: true });
  const row = database.prepare('SELECT sample_id, rubric_id, criterion_id, status FROM judgments').get();
  database.close();
  expect({ ...row }).toEqual({
    sample_id: 'sample-0',
    rubric_id: 'better-answer',
    criterion_id: 'overall',
    status: 'scored',
  });
});

test('another kind of file is refused and left alone', async () => {
  await using folder = await temporaryFolder();
  const text = join(folder.path, 'notes.txt');
  writeFileSync(text, 'not a database '.repeat(500));
  const foreign = join(folder.path, 'foreign.sqlite');
  const database = new DatabaseSync(foreign);
  database.exec('CREATE TABLE judgments (a)');
  database.close();
  const before = hashesOf(folder.path);
  for (const [file, message] of [
    [text, 'file of another kind'],
    [foreign, 'another program'],
  ] as const)
    for (const readOnly of [true, false]) {
      const place = { place: { file }, code: 'store', message: expect.stringContaining(message) };
      await expect(openSqliteStore(file, { readOnly })).rejects.toMatchObject(place);
    }
  expect(hashesOf(folder.path)).toEqual(before);
});

test('a missing journal, an empty one and a missing folder say so', async () => {
  await using folder = await temporaryFolder();
  const at = (name: string) => join(folder.path, name);
  await expect(openSqliteStore(at('none'), { readOnly: true })).rejects.toMatchObject({
    message: expect.stringContaining('got none'),
  });
  expect(existsSync(at('none'))).toBe(false);
  writeFileSync(at('empty'), '');
  await expect(openSqliteStore(at('empty'), { readOnly: true })).rejects.toMatchObject({
    message: expect.stringContaining('empty file'),
  });
  await expect(openSqliteStore(at('no/folder'))).rejects.toMatchObject({
    code: 'store',
    message: expect.stringContaining('cannot'),
  });
  await using store = await openSqliteStore(at('empty'));
  expect(await store.insert([judgmentOf(1)])).toBe(1);
});

test('a newer schema is refused, and WAL is used only where it is safe', async () => {
  await using folder = await temporaryFolder();
  const file = await filledJournal(folder.path, 1);
  const database = new DatabaseSync(file);
  database.exec('PRAGMA user_version = 2');
  database.close();
  await expect(openSqliteStore(file)).rejects.toMatchObject({
    message: expect.stringContaining('schema version 1, got 2'),
  });
  for (const version of ['3.51.2', '3.40.1', '2.99.99']) expect(walIsSafe(version)).toBe(false);
  for (const version of ['3.51.3', '3.51.10', '3.53.4', '4.0.0']) expect(walIsSafe(version)).toBe(true);
});

test('damage is an error and never a wrong judgment', async () => {
  await using folder = await temporaryFolder();
  const file = await filledJournal(folder.path, 400);
  const bytes = readFileSync(file);
  for (let page = 1; page * 4096 < bytes.length; page++) {
    const damaged = Buffer.from(bytes);
    damaged.fill(0xa5, page * 4096, page * 4096 + 4096);
    writeFileSync(file, damaged);
    try {
      await using store = await openSqliteStore(file, { readOnly: true });
      for await (const judgment of store.judgments()) {
        const name = judgment.sampleId.replace('sample-', '');
        expect(judgment).toEqual(judgmentOf(name));
      }
    } catch (error) {
      expect(error).toMatchObject({ code: 'store', place: { file } });
    }
  }
});

test('a swapped row is told from a whole one', async () => {
  await using folder = await temporaryFolder();
  const file = await filledJournal(folder.path, 2);
  const database = new DatabaseSync(file);
  database.exec(`UPDATE judgments SET record = '{"key":"x"' WHERE key = '${sha256('0')}'`);
  database.exec(`UPDATE judgments SET record = '{"key":"x"}' WHERE key = '${sha256('1')}'`);
  database.close();
  await using store = await openSqliteStore(file, { readOnly: true });
  for (const name of ['0', '1'])
    await expect(store.get(sha256(name))).rejects.toMatchObject({
      message: expect.stringContaining('damaged row'),
    });
});

test('a store opened for reading, or closed, takes no writes; what was waiting at the end is kept', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'journal.sqlite');
  const store = await openSqliteStore(file);
  const waiting = store.insert([judgmentOf(1)]);
  await store[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
  expect(await waiting).toBe(1);
  await expect(store.insert([judgmentOf(2)])).rejects.toMatchObject({
    message: expect.stringContaining('closed'),
  });
  await expect(store.count()).rejects.toMatchObject({ message: expect.stringContaining('closed') });
  await using reader = await openSqliteStore(file, { readOnly: true });
  await expect(reader.insert([judgmentOf(2)])).rejects.toMatchObject({
    message: expect.stringContaining('opened for reading'),
  });
});

test('a failed commit rejects every write in it and keeps none', async () => {
  await using folder = await temporaryFolder();
  const file = await filledJournal(folder.path, 1);
  const database = new DatabaseSync(file);
  database.exec(
    "CREATE TRIGGER refuse BEFORE INSERT ON judgments WHEN new.sample_id = 'sample-bad' BEGIN SELECT RAISE(ABORT, 'refused'); END",
  );
  database.close();
  await using store = await openSqliteStore(file);
  const results = await Promise.allSettled([
    store.insert([judgmentOf('good')]),
    store.insert([judgmentOf('bad')]),
  ]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await store.count()).toBe(1);
  expect(await store.insert([judgmentOf('good')])).toBe(1);
});

test('a reader of a journal in WAL mode sees everything and leaves no file behind', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'journal.sqlite');
  await using writer = await openSqliteStore(file);
  await writer.insert([judgmentOf(1)]);
  {
    await using reader = await openSqliteStore(file, { readOnly: true });
    expect(await reader.count()).toBe(1);
    await writer.insert([judgmentOf(2)]);
    expect(await reader.count()).toBe(2);
  }
  await writer[Symbol.asyncDispose]();
  expect(readdirSync(folder.path)).toEqual(['journal.sqlite']);

  const alone = join(folder.path, 'alone.sqlite');
  copyFileSync(file, alone);
  const database = new DatabaseSync(alone);
  database.exec('PRAGMA journal_mode = WAL; CREATE TABLE more (a)');
  database.close();
  await using reader = await openSqliteStore(alone, { readOnly: true });
  expect(await reader.count()).toBe(2);
  expect(readdirSync(folder.path)).toEqual(['alone.sqlite', 'journal.sqlite']);
});

test('a writer that closes while a reader is open loses nothing', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'journal.sqlite');
  const writer = await openSqliteStore(file);
  await writer.insert([judgmentOf(1)]);
  {
    await using reader = await openSqliteStore(file, { readOnly: true });
    await writer[Symbol.asyncDispose]();
    expect(await reader.count()).toBe(1);
  }
  const next = await openSqliteStore(file);
  expect(await next.count()).toBe(1);
  await next[Symbol.asyncDispose]();
  expect(readdirSync(folder.path)).toEqual(['journal.sqlite']);
});
