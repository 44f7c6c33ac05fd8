import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { juror } from './juror.ts';

const data = 'fixtures/demo/pairs.jsonl';

test('what cannot work is told before a model is loaded', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-selftrain-'));
  const run = (...flags: string[]) =>
    juror(['selftrain', data, '--anchors', data, '--out', join(home.path, 'loop'), ...flags], home.path);
  const pointwise = await run('--rubric', 'helpfulness');
  expect(pointwise.code).toBe(2);
  expect(pointwise.stderr).toContain(
    "--rubric: expected a rubric that compares pairs, got 'helpfulness', which is",
  );
  const edit = await run('--operators', 'truncat');
  expect(edit.code).toBe(2);
  expect(edit.stderr).toContain("did you mean 'truncate'?");
  const limit = await run('--max-probe-drop', 'of');
  expect(limit.code).toBe(2);
  expect(limit.stderr).toContain("expected a number from 0 to 1 or off, got 'of'");
});
