/** The whole circle in one program, with the embedded model: recordings have no hidden states. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readHead } from '../src/reward/head-file.ts';
import { runNode } from './cli/juror.ts';
import { temporaryFolder } from './store/records.ts';
import { testModel } from './support/model.ts';

test('examples/circle.ts goes all the way round', async () => {
  await using folder = await temporaryFolder();
  const { path } = await testModel();
  const out = join(folder.path, 'circle');
  const program = ['--import', './test/support/source.ts', 'examples/circle.ts', out];
  const { code, stdout, stderr } = await runNode(program, folder.path, { JUROR_MODEL: path });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout.trimEnd().split('\n');
  const found = (pattern: RegExp) => lines.flatMap((line) => pattern.exec(line)?.slice(1) ?? []);

  // Four pairs are read in both orders; the second round finds what the cascade has asked.
  const distributions = found(/^. then . \{ A: (\S+), B: \S+ \}/).map(Number);
  const others = found(/^. then . \{ A: \S+, B: (\S+) \}/).map(Number);
  expect(distributions).toHaveLength(12);
  for (const [place, first] of distributions.entries())
    expect(first + (others[place] ?? 0)).toBeCloseTo(1, 12);
  expect(found(/\} (found|read)$/)).toEqual([...Array(8).fill('read'), ...Array(4).fill('found')]);

  expect(found(/^refused: (.+)$/)).toEqual([
    'the head was trained on another read-out: expected turn-end, got answer-end',
  ]);

  // The head decides the half that it is surer of, and what the stages spend is what is spent.
  const head = found(/^head: (\d+) of (\d+) decided, (\d+) tokens$/).map(Number);
  const direct = found(/^direct: (\d+) of (\d+) decided, (\d+) tokens$/).map(Number);
  const [spent = 0, alone = 0, estimated, saved] = found(
    /^all: (\d+) tokens; direct alone (\d+) \((\d+) rows estimated\), saved (-?[\d.]+)$/,
  ).map(Number);
  expect([head[0], head[1], direct[0], direct[1], estimated]).toEqual([2, 4, 2, 2, 2]);
  expect(spent).toBe((head[2] ?? 0) + (direct[2] ?? 0));
  expect(saved).toBeCloseTo(1 - spent / alone, 3);

  // The second round trains on what the first one had and two more, all of whose states are there.
  const [first = 0, second] = found(/^round-\d: (\d+) comparisons/).map(Number);
  expect(second).toBe(first + 2);
  expect(found(/^round-1: .+, (\d+) tokens read/)).toEqual(['0']);
  const [before, after] = [await readHead(join(out, 'round-0')), await readHead(join(out, 'round-1'))];
  expect(after.record.training.rows.rows).toBe(second);
  expect(after.digest).not.toBe(before.digest);

  const rows = (await readFile(join(out, 'trl.jsonl'), 'utf8')).trimEnd().split('\n');
  expect(rows).toHaveLength(second ?? 0);
  for (const row of rows)
    expect(JSON.parse(row)).toEqual({
      prompt: [{ role: 'user', content: expect.any(String) }],
      chosen: [{ role: 'assistant', content: expect.any(String) }],
      rejected: [{ role: 'assistant', content: expect.any(String) }],
    });
});
