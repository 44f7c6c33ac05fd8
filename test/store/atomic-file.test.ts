import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeAtomically } from '../../src/store/atomic-file.ts';
import { temporaryFolder } from './records.ts';

test('a file is made, replaced, and left alone when its bytes are the same', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'out.jsonl');
  const parts = ['é😀', '\n', 'x'.repeat(200_000), ''];
  expect(await writeAtomically(file, parts)).toBe(true);
  expect(readFileSync(file, 'utf8')).toBe(parts.join(''));
  const { ino, mtimeMs } = statSync(file);
  expect(await writeAtomically(file, [parts.join('')])).toBe(false);
  expect(statSync(file)).toMatchObject({ ino, mtimeMs });
  expect(await writeAtomically(file, [])).toBe(true);
  expect(readFileSync(file, 'utf8')).toBe('');
  expect(readdirSync(folder.path)).toEqual(['out.jsonl']);
});

test('bytes stand where they were given among the text', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'out');
  expect(await writeAtomically(file, ['é', Uint8Array.of(255, 0), 'ü'])).toBe(true);
  expect([...readFileSync(file)]).toEqual([0xc3, 0xa9, 255, 0, 0xc3, 0xbc]);
  expect(await writeAtomically(file, ['é', Uint8Array.of(255), Uint8Array.of(0), 'ü'])).toBe(false);
});

test('when its content fails half-way, or it cannot be written, the old file stays', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'out');
  writeFileSync(file, 'old');
  async function* failing() {
    yield 'n'.repeat(100_000);
    throw new Error('half-way');
  }
  await expect(writeAtomically(file, failing())).rejects.toThrow('half-way');
  expect(readFileSync(file, 'utf8')).toBe('old');
  mkdirSync(join(folder.path, 'taken'));
  await expect(writeAtomically(join(folder.path, 'taken'), ['text'])).rejects.toMatchObject({
    code: 'store',
  });
  await expect(writeAtomically(join(folder.path, 'no', 'file'), ['text'])).rejects.toMatchObject({
    code: 'store',
  });
  expect(readdirSync(folder.path).sort()).toEqual(['out', 'taken']);
});

test('what a killed writer left is written over', async () => {
  await using folder = await temporaryFolder();
  writeFileSync(join(folder.path, '.out.tmp'), 'a longer half of something');
  await writeAtomically(join(folder.path, 'out'), ['short']);
  expect(readdirSync(folder.path)).toEqual(['out']);
  expect(readFileSync(join(folder.path, 'out'), 'utf8')).toBe('short');
});
