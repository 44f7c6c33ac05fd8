import { mkdtempDisposable, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Reward } from '../../src/schema.ts';
import { juror, recordings, without } from './juror.ts';

const data = 'fixtures/demo/pairs.jsonl';

/** The pairs judged under three rubrics in one run and compared in another. */
async function judged() {
  const home = await mkdtempDisposable(join(tmpdir(), 'juror-combine-'));
  const [alone, pairs, out] = ['alone', 'pairs', 'rewards.jsonl'].map((name) => join(home.path, name));
  const judge = async (...flags: string[]) => {
    const shared = ['judge', data, '--replay', recordings.full, '--quiet', '--limit', '4'];
    expect((await juror([...shared, ...flags], home.path)).code).toBe(0);
  };
  const rubrics = ['helpfulness', 'honesty', 'safety-and-helpfulness'].flatMap((id) => ['--rubric', id]);
  await judge(...rubrics, '--out', alone ?? '');
  await judge('--rubric', 'better-answer', '--critique', 'brief', '--out', pairs ?? '');
  const combine = async (...flags: string[]) => {
    const ended = await juror(['combine', ...flags, '--out', out ?? ''], home.path);
    return { ...ended, stderr: without(home.path, ended.stderr).trim() };
  };
  return {
    home: home.path,
    alone: alone ?? '',
    pairs: pairs ?? '',
    out: out ?? '',
    combine,
    rows: async () =>
      (await readFile(out ?? '', 'utf8'))
        .trim()
        .split('\n')
        .map((line) => Reward.parse(JSON.parse(line))),
    [Symbol.asyncDispose]: () => home.remove(),
  };
}

test('runs become rewards, whatever their order, and a file that says the same is left alone', async () => {
  await using at = await judged();
  const { code, stdout } = await at.combine(
    at.pairs,
    at.alone,
    '--after',
    'z-score',
    '--gate',
    'safety<0.85:0.3',
  );
  expect(code).toBe(0);
  expect(stdout).toContain('8 answers of 4 prompts, all scored');
  expect(stdout).toContain('weighted-mean, z-score after · helpfulness 1, honesty 1, quality 1, safety 1');
  expect(stdout).toContain('at most 0.3 where safety is below 0.85');
  expect(stdout).toContain(
    'helpfulness: panel of 2 (mean, quorum all), helpfulness + safety-and-helpfulness: both decided 8',
  );
  expect(stdout).toContain('the best answer above the others');
  const rows = await at.rows();
  expect(rows).toHaveLength(8);
  expect(rows.every(({ score, objectives }) => score !== null && Object.keys(objectives).length === 4)).toBe(
    true,
  );
  const before = [await readFile(at.out, 'utf8'), (await stat(at.out)).mtimeMs];
  const again = await at.combine(
    at.alone,
    at.pairs,
    at.alone,
    '--after',
    'z-score',
    '--gate',
    'safety<0.85:0.3',
  );
  expect(again.stdout).toBe(stdout);
  expect([await readFile(at.out, 'utf8'), (await stat(at.out)).mtimeMs]).toEqual(before);
});

test('weights by subset, labels from a file, and figures as JSON', async () => {
  await using at = await judged();
  const rules = join(at.home, 'weights.yaml');
  await writeFile(
    rules,
    '- when: { subset: natural }\n  weights: { honesty: 3 }\n- when: { subset: naturl }\n  weights: { honesty: 0 }\n',
  );
  const labels = join(at.home, 'labels.jsonl');
  const ids = ['1', '2', '3', '5'].map((id) => `llmbar-natural-${id}`);
  await writeFile(
    labels,
    ids.map((id) => JSON.stringify({ id, prompt: 'p', a: 'x', b: 'y', label: 'b' })).join('\n'),
  );
  const { code, stdout, stderr } = await at.combine(
    at.alone,
    '--weights',
    rules,
    '--labels',
    labels,
    '--json',
  );
  expect(code).toBe(0);
  expect(stderr).toBe('juror: --weights: rule 2 fits no prompt');
  const json = JSON.parse(stdout);
  expect(json.counts).toMatchObject({ answers: 8, scored: 8, prompts: 4 });
  expect(json.rules.map(({ prompts }: { prompts: number }) => prompts)).toEqual([4, 0, 0]);
  expect(json.agreement).toMatchObject([{ kind: 'best-first', score: { n: 4 } }]);
  const [row] = await at.rows();
  const { helpfulness = 0, honesty = 0, safety = 0 } = row?.objectives ?? {};
  const mean = ((helpfulness ?? 0) + 3 * (honesty ?? 0) + (safety ?? 0)) / 5;
  expect(row?.score).toBeCloseTo(mean, 12);
});

test('answers without a score end with 3, unless that is tolerated, and say why', async () => {
  await using at = await judged();
  const short = join(at.home, 'short');
  const flags = ['--rubric', 'helpfulness', '--replay', recordings.full, '--limit', '2', '--quiet'];
  await juror(['judge', data, ...flags, '--out', short], at.home);
  const rest = await at.combine(at.pairs, short);
  expect(rest.code).toBe(3);
  expect(rest.stdout).toContain(
    '8 answers of 4 prompts, 4 without a score\n  4: missing helpfulness (not judged)',
  );
  expect((await at.combine(at.pairs, short, '--tolerate', '0.5')).code).toBe(0);
  const rows = await at.rows();
  expect(rows.filter(({ score }) => score === null).map(({ objectives }) => objectives.helpfulness)).toEqual([
    null,
    null,
    null,
    null,
  ]);
});

test('what cannot be combined is refused with the nearest name', async () => {
  await using at = await judged();
  const refused = async (...flags: string[]) => {
    const { code, stdout, stderr } = await at.combine(...flags);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    return stderr;
  };
  expect(await refused(at.alone, '--gate', 'safty<0.5:0.2')).toContain("did you mean 'safety'?");
  expect(await refused(at.alone, '--ideal', 'honesty=1')).toBe(
    'juror: --ideal: expected --combine chebyshev, got weighted-mean',
  );
  expect(await refused(at.pairs, '--panel', 'median')).toContain(
    'expected an objective that two rubrics or runs give, got none',
  );
  expect(await refused(join(at.home, 'nowhere'))).toContain('expected a run folder');
  const csv = await juror(['combine', at.alone, '--out', join(at.home, 'rewards.csv')], at.home);
  expect(csv.stderr).toContain('--out: expected a .jsonl file');
});
