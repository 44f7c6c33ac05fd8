import { cp, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { SuiteResult } from '../../src/schema.ts';
import { juror, recordings, runNode, without } from './juror.ts';

const recording = 'fixtures/recordings/suite.jsonl';

/** The example in a folder of its own, and the command on it. */
async function example() {
  const home = await mkdtempDisposable(join(tmpdir(), 'juror-suite-'));
  await cp('examples/suite', home.path, { recursive: true });
  const file = join(home.path, 'suite.yaml');
  const out = join(home.path, 'out');
  return {
    home: home.path,
    out,
    file,
    edit: async (from: string, to: string) => {
      const text = await readFile(file, 'utf8');
      expect(text).toContain(from);
      await writeFile(file, text.replace(from, to));
    },
    suite: async (...flags: string[]) => {
      const ended = await juror(
        ['suite', file, '--replay', recording, '--quiet', '--out', out, ...flags],
        home.path,
      );
      return {
        ...ended,
        stdout: without(home.path, ended.stdout),
        stderr: without(home.path, ended.stderr).trim(),
      };
    },
    result: async () => SuiteResult.parse(JSON.parse(await readFile(join(out, 'suite.json'), 'utf8'))),
    [Symbol.asyncDispose]: () => home.remove(),
  };
}

test('the example passes with 0, and with 1 or --fail-code where a threshold is raised', async () => {
  await using at = await example();
  const { code, stdout, stderr } = await at.suite('--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toEqual(await at.result());
  await at.edit('min: 0.4', 'min: 0.6');
  expect((await at.suite()).code).toBe(1);
  expect((await at.result()).checks.map(({ gate, status }) => [gate, status])).toContainEqual([
    'replies-help',
    'failed',
  ]);
  expect((await at.suite('--fail-code', '100')).code).toBe(100);
});

test('a judge that fails on everything ends with 3, refused rows with 2, whatever the gates say', async () => {
  await using at = await example();
  const silent = await juror(
    ['suite', at.file, '--replay', recordings.smallContext, '--quiet', '--out', at.out],
    at.home,
  );
  expect(silent.code).toBe(3);
  expect(silent.stderr).toContain(
    'the recording has no such deliberation; record it again; --retry asks again',
  );
  expect((await at.result()).incomplete).toContain(
    'replies.small: 6 of 6 verdicts have no score, tolerated 0 % (engine 12)',
  );
  await writeFile(join(at.home, 'versions.jsonl'), '{"prompt": "p", "response": "only one"}\n');
  const { code, stderr } = await at.suite('--filter', 'data=versions');
  expect(code).toBe(2);
  expect(stderr).toContain('expected two responses for the pairwise rubric');
});

test('--seed is the judge’s: another one asks other questions, which a recording lacks, and a merge without a suite takes none', async () => {
  await using at = await example();
  expect((await at.suite('--seed', '0')).code).toBe(0);
  expect((await at.suite('--seed', '1')).code).toBe(3);
  expect((await at.result()).runs).toMatchObject([{ scored: 0 }, { scored: 0 }]);
  const { code, stderr } = await juror(['suite', '--merge', 'one', '--out', at.out, '--seed', '1'], at.home);
  expect({ code, stderr: stderr.trim() }).toEqual({
    code: 2,
    stderr: 'juror: --seed: expected the suite file with --merge; the shards have their own',
  });
});

test('labels that say nothing are told with one of them', async () => {
  await using at = await example();
  const file = join(at.home, 'replies.jsonl');
  await writeFile(file, (await readFile(file, 'utf8')).replace('"correct":true', '"label":"good"'));
  expect((await at.suite()).stderr).toContain(
    '1 of the labels say nothing under support, such as "good" of refund-late',
  );
});

test('a bad suite and a bad filter end with 2 and the nearest name', async () => {
  await using at = await example();
  await at.edit('objective: helpfulness', 'objective: helpfulnes');
  expect(await at.suite()).toEqual({
    code: 2,
    stdout: '',
    stderr:
      "juror: FOLDER/suite.yaml:22: gates.0.objective: expected an objective of 'support' (helpfulness, tone), got 'helpfulnes', did you mean 'helpfulness'?",
  });
  await at.edit('objective: helpfulnes', 'objective: helpfulness');
  expect(await at.suite('--filter', 'dta=replies')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("'dta', did you mean 'data'?"),
  });
});

test('shards merge without the suite file, and only the whole checks gates', async () => {
  await using at = await example();
  const parts = ['1/2', '2/2'].map((shard, index) => ({ shard, out: join(at.home, `part-${index}`) }));
  for (const { shard, out } of parts) expect((await at.suite('--shard', shard, '--out', out)).code).toBe(0);
  const flags = ['--merge', ...parts.map(({ out }) => out), '--out', at.out];
  const { code } = await juror(['suite', ...flags], at.home);
  expect(code).toBe(0);
  const { runs, checks, shard } = await at.result();
  expect(runs.map(({ verdicts }) => verdicts)).toEqual([6, 4]);
  expect(checks.length).toBeGreaterThan(2);
  expect(shard).toBeUndefined();
});

test('a suite in TypeScript that imports juror runs; --list runs nothing', async () => {
  await using at = await example();
  const program = [
    '--import',
    './test/support/source.ts',
    'src/cli/main.ts',
    'suite',
    join(at.home, 'suite.ts'),
  ];
  const { code, stderr } = await runNode(
    [...program, '--replay', recording, '--quiet', '--out', at.out],
    at.home,
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect((await at.result()).checks.map(({ gate }) => gate)).toEqual([
    'helps-with-refunds',
    'helps-with-delivery',
  ]);
  const listed = JSON.parse((await at.suite('--list', '--json')).stdout);
  expect(listed.runs).toMatchObject([
    { folder: 'replies.small', rubrics: ['support'], samples: 6 },
    { folder: 'versions.small', rubrics: ['better-answer'], samples: 4 },
  ]);
});
