import { appendFile, open, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LabelRecord } from '../../src/view/api.ts';
import { readText, scanLines } from '../../src/view/index-scan.ts';
import { currentLabels, itemOf, openLabels, readLabelFile } from '../../src/view/labels.ts';
import { temporaryFolder } from './small-run.ts';

const recordOf = (sampleId: string, annotator: string, label: string | null): LabelRecord => ({
  sampleId,
  rubricId: 'better-answer',
  responseIds: ['a', 'b'],
  annotator,
  label,
  score: null,
  blind: true,
});

test('the last label of an item and annotator counts, null takes it back, and two viewers of one folder see each other', async () => {
  await using folder = await temporaryFolder();
  const records = fc.record({
    sampleId: fc.constantFrom('s1', 's2', 'ünï'),
    annotator: fc.constantFrom('ann', 'bob', '__proto__'),
    label: fc.constantFrom('a', 'b', 'tie', null),
  });
  let number = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(records, fc.boolean()), { maxLength: 12 }), async (given) => {
      const path = join(folder.path, `${number++}`);
      await import('node:fs/promises').then(({ mkdir }) => mkdir(path));
      const viewers = [openLabels(path), openLabels(path)] as const;
      const expected = new Map<string, string | null>();
      const seen: LabelRecord[][] = [[], []];
      for (const [{ sampleId, annotator, label }, first] of given) {
        const record = recordOf(sampleId, annotator, label);
        await viewers[first ? 0 : 1].append(record);
        expected.set(`${itemOf(record)} ${annotator}`, label);
        seen[0]?.push(...(await viewers[0].refresh()));
      }
      seen[1]?.push(...(await viewers[1].refresh()));
      for (const all of [...seen, await readLabelFile(join(path, 'labels.jsonl'))]) {
        expect(all).toHaveLength(given.length);
        const current = currentLabels(all).map((record) => [
          `${itemOf(record)} ${record.annotator}`,
          record.label,
        ]);
        expect(new Map(current as [string, string][])).toEqual(
          new Map([...expected].filter(([, label]) => label !== null)),
        );
      }
    }),
    { numRuns: 15 },
  );
});

test('a line that a crash cut is no label, before and after the next one; another line is told with its number', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'labels.jsonl');
  const labels = openLabels(folder.path);
  await labels.append(recordOf('s1', 'ann', 'a'));
  const whole = await readFile(file, 'utf8');
  await appendFile(file, whole.slice(0, 40));
  expect(await labels.refresh()).toEqual([recordOf('s1', 'ann', 'a')]);
  expect(await labels.refresh()).toEqual([]);
  await labels.append(recordOf('s2', 'ann', 'tie'));
  expect(await labels.refresh()).toEqual([recordOf('s2', 'ann', 'tie')]);
  expect(await readLabelFile(file)).toHaveLength(2);
  expect(await readFile(file, 'utf8')).toBe(
    `${whole}${whole.slice(0, 40)}\n${whole.replace('"a",', '"tie",').replace('s1', 's2')}`,
  );
  await writeFile(file, `${whole}{"label":"a"}\n`);
  await expect(readLabelFile(file)).rejects.toMatchObject({ code: 'store', place: { file, line: 2 } });
  expect(await readLabelFile(join(folder.path, 'none.jsonl'))).toEqual([]);
});

test('every line of a file is found at its bytes, whatever its ends, its mark and its length', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'lines');
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.string({ unit: 'binary', maxLength: 20 }), fc.constantFrom('\n', '\r\n')), {
        maxLength: 8,
      }),
      fc.boolean(),
      fc.boolean(),
      fc.boolean(),
      async (given, marked, long, ended) => {
        const lines = given.map(
          ([text, end]) => [text.replace(/[\r\n\uFEFF]/g, ' ').toWellFormed(), end] as const,
        );
        // Longer than what is read at once.
        const all = long ? [...lines, ['é'.repeat(700_000), '\n'] as const, ['end', '\n'] as const] : lines;
        const text = all.map(([line, end]) => line + end).join('');
        await writeFile(file, `${marked ? '\uFEFF' : ''}${ended ? text : text.replace(/\r?\n$/, '')}`);
        const handle = await open(file, 'r');
        try {
          const found: { offset: number; length: number; text: string }[] = [];
          await scanLines(handle, (bytes, offset) =>
            found.push({ offset, length: bytes.length, text: bytes.toString('utf8') }),
          );
          expect(found.map((line) => line.text)).toEqual(
            all.map(([line]) => line).filter((line) => line !== ''),
          );
          for (const { offset, length, text } of found)
            expect(await readText(handle, offset, length)).toBe(text);
        } finally {
          await handle.close();
        }
      },
    ),
    { numRuns: 20 },
  );
});

test('labels are written to the file of the folder, never to what a link names', async () => {
  await using folder = await temporaryFolder();
  await symlink(join(folder.path, 'elsewhere'), join(folder.path, 'labels.jsonl'));
  const refused = openLabels(folder.path).append(recordOf('s1', 'ann', 'a'));
  await expect(refused).rejects.toMatchObject({ code: 'store' });
  expect(await readdir(folder.path)).toEqual(['labels.jsonl']);
});
