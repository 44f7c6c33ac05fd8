import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { readRun } from '../../src/store/run.ts';
import { startInserter } from './processes.ts';
import { collect, exportsOf, hashesOf, judgmentOf, sha256, temporaryFolder } from './records.ts';

const count = 300;
const kills = 30;

test('killed at random moments: nothing acknowledged is lost or doubled, and the exports do not show it', {
  timeout: 180_000,
}, async () => {
  await using folder = await temporaryFolder();
  const killed = join(folder.path, 'killed');
  const whole = join(folder.path, 'whole');
  const acknowledged = new Set<string>();

  for (let round = 0; round < kills; round++) {
    const inserter = startInserter(killed, count, round);
    if (round % 6 !== 0) await inserter.opened;
    await setTimeout(Math.random() * 120);
    inserter.child.kill('SIGKILL');
    await inserter.ended;
    for (const line of inserter.lines) if (/^[0-9a-f]{64}$/.test(line)) acknowledged.add(line);
    if (acknowledged.size === 0) continue;
    await using run = await readRun(killed);
    const stored = (await collect(run.store.judgments())).map(({ key }) => key);
    expect(new Set(stored).size).toBe(stored.length);
    expect([...acknowledged].filter((key) => !stored.includes(key))).toEqual([]);
  }
  expect(acknowledged.size).toBeGreaterThan(0);

  for (const [path, order] of [
    [killed, 1000],
    [whole, 2000],
  ] as const) {
    const inserter = startInserter(path, count, order);
    expect(await inserter.ended).toBe(0);
    expect(inserter.lines.at(-1)).toBe('done');
  }
  expect(exportsOf(killed)).toEqual(exportsOf(whole));
  expect(exportsOf(killed)['judgments.jsonl']?.split('\n')).toHaveLength(count + 1);
  expect(Object.keys(hashesOf(killed))).toEqual([
    '.lock',
    'journal.sqlite',
    'judgments.jsonl',
    'manifest.json',
    'summary.json',
    'verdicts.jsonl',
  ]);

  const before = hashesOf(killed);
  expect(await startInserter(killed, count, 3000).ended).toBe(0);
  expect(hashesOf(killed)).toEqual(before);

  const database = new DatabaseSync(join(killed, 'journal.sqlite'), { readOnly: true });
  expect(database.prepare('PRAGMA integrity_check').get()?.integrity_check).toBe('ok');
  expect(database.prepare('PRAGMA foreign_key_check').all()).toEqual([]);
  database.close();
  await using run = await readRun(killed);
  expect(await run.store.get(sha256('0'))).toEqual(judgmentOf('0'));
});
