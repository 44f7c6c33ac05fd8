import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startJuror } from '../support/command.ts';
import { accountFor, hostileFile } from '../support/hostile-run.ts';
import { testModel } from '../support/model.ts';
import { specialTokensOf } from '../support/vocabulary.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'juror-hostile-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('hostile rows end a run in order, each one scored or with the reason why not', async () => {
  const { path: model } = await testModel();
  const data = join(folder, 'hostile.jsonl');
  const specialTokens = (await specialTokensOf(model)).map(({ text }) => text);
  const { lines, bytes } = hostileFile({ specialTokens, rows: 40 });
  writeFileSync(data, bytes);
  const out = join(folder, 'run');
  const args = [
    'judge',
    data,
    '--rubric',
    'helpfulness',
    '--out',
    out,
    '--model',
    model,
    '--pin',
    '--gpu',
    'off',
  ];
  const ending = await startJuror([...args, '--threads', '1', '--context', '1024', '--no-cache', '--json'], {
    JUROR_HOME: join(folder, 'home'),
  }).ended;
  // Some rows are no rows at all, which outranks the ones that do not fit the context.
  expect(ending.code, ending.stderr.slice(-2000)).toBe(2);
  expect(ending.stderr).not.toContain('fault of juror');
  expect(ending.stderr).not.toMatch(/starting it again/);
  const account = await accountFor(out, data, ending);
  expect(account.unaccounted).toEqual([]);
  expect(account.scored + account.refused + account.unscored).toBe(lines);
  expect(Object.keys(account.reasons)).toEqual(['context']);
  expect(account.scored).toBeGreaterThan(15);
  expect(account.refused).toBeGreaterThan(3);
  expect(account.unscored).toBeGreaterThan(3);
});
