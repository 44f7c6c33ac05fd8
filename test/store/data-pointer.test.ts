import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readData, recordData, replaceData } from '../../src/store/data-pointer.ts';
import { temporaryFolder } from './records.ts';

test('a run remembers its data relative to its folder, file by file, and forgets them with another configuration', async () => {
  await using at = await temporaryFolder();
  const folder = join(at.path, 'runs', 'one');
  await mkdir(folder, { recursive: true });
  const same = { folder, changedField: undefined };
  const [one, other] = [join(at.path, 'one.jsonl'), join(folder, 'inside.csv')];
  expect(await readData(folder)).toBeUndefined();
  await recordData(same, one, 5);
  await recordData(same, one, 3);
  expect(await readData(folder)).toEqual({ files: [one], limit: 5 });
  await recordData(same, other);
  expect(JSON.parse(await readFile(join(folder, 'data.json'), 'utf8'))).toEqual({
    schemaVersion: 1,
    files: ['../../one.jsonl', 'inside.csv'],
  });
  const { mtimeMs } = await stat(join(folder, 'data.json'));
  await recordData(same, one, 9);
  expect((await stat(join(folder, 'data.json'))).mtimeMs).toBe(mtimeMs);
  await recordData({ folder, changedField: 'seed' }, one, 2);
  expect(await readData(folder)).toEqual({ files: [one], limit: 2 });
  await replaceData(folder, other);
  expect(await readData(folder)).toEqual({ files: [other], limit: undefined });
  await writeFile(join(folder, 'data.json'), '{"files":[]}');
  await expect(readData(folder)).rejects.toMatchObject({
    code: 'store',
    place: { file: join(folder, 'data.json') },
  });
});
