import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readSamples } from '../../src/dataset.ts';
import { recordEngine } from '../../src/engine/replay.ts';
import { createJudge } from '../../src/judge/judge.ts';
import { loadRubric } from '../../src/rubric.ts';
import { fakeEngine } from '../support/fake-engine.ts';
import { juror } from './juror.ts';

const rows = ['Paris.', 'Lyon.', 'Nice.', 'Lille.'].map((response, index) => ({
  id: String(index),
  prompt: 'Name the capital of France.',
  response,
}));

/** A data file, and recordings of two judges; the second one is silent on the last row. */
async function prepare(folder: string) {
  const data = join(folder, 'answers.jsonl');
  await writeFile(data, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const replays = ['one', 'two'].map((digest) => join(folder, `${digest}.jsonl`));
  for (const [index, replay] of replays.entries()) {
    const engine = await recordEngine(
      fakeEngine({
        digest: index === 0 ? 'one' : 'two',
        opinion: String(index),
        answer: (request) =>
          index === 1 && JSON.stringify(request).includes('Lille')
            ? { status: 'unscored', reason: 'context', message: 'needs 9, has 8' }
            : undefined,
      }),
      replay,
    );
    const judge = createJudge({ engine, rubrics: [await loadRubric('helpfulness')] });
    for await (const _ of judge.judgeAll(readSamples(data)));
  }
  const [first = '', second = ''] = replays;
  return { first, second, judge: ['judge', data, '--rubric', 'helpfulness', '--no-cache'] };
}

test('two recordings are a panel: its line, its counts, its files, whatever the order', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-panel-'));
  const { first, second, judge } = await prepare(home.path);
  const out = join(home.path, 'run');
  const all = await juror([...judge, '--replay', first, '--replay', second, '--out', out], home.path);
  expect(all.code).toBe(3);
  expect(all.stderr).toContain(
    'helpfulness · panel of 2 (mean, quorum all): fake, replayed + fake, replayed',
  );
  expect(all.stdout).toContain('panel of 2: both decided 3, one silent 1; undecided 1');
  const files = () =>
    Promise.all(['manifest.json', 'verdicts.jsonl'].map((file) => readFile(join(out, file), 'utf8')));
  const [manifest = '', verdicts = ''] = await files();
  expect(JSON.parse(manifest).configuration.engines).toHaveLength(2);
  expect(verdicts).toContain('"reason":"1 of 2 decided, quorum 2; abstained: fake two (context)"');
  const again = await juror([...judge, '--out', out], home.path, { JUROR_REPLAY: `${second},${first}` });
  expect(again.stdout).toContain('8 judgments found, none to make');
  expect(again.stderr).not.toContain('held a run with another');
  expect(await files()).toEqual([manifest, verdicts]);

  const shown = await juror(
    [
      ...judge,
      '--replay',
      `${first},${second}`,
      '--out',
      out,
      '--quorum',
      '1',
      '--abstain',
      'band:0.5',
      '--show',
      '4',
    ],
    home.path,
  );
  expect(shown.code).toBe(0);
  expect(shown.stderr).toContain('held a run with another settings');
  expect(shown.stdout).toContain('panel of 2: both decided 3, one silent 1\nabstained 4 (band 4)');
  expect(shown.stdout).toContain(', abstains: band');
});

test('--escalate asks the second model where the first abstains', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-ladder-'));
  const { first, second, judge } = await prepare(home.path);
  const { code, stdout, stderr } = await juror(
    [...judge, '--replay', second, '--replay', first, '--escalate', '--out', join(home.path, 'run')],
    home.path,
  );
  expect(code).toBe(0);
  expect(stderr).toContain('ladder of 2: fake, replayed → fake, replayed');
  expect(stdout).toContain('decided by fake two 3, fake one 1');
  expect(stdout).toContain('5 judgments made');
});

test('--abstain content-free names the answers that say nothing and counts them', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-hollow-'));
  const data = join(home.path, 'answers.jsonl');
  const replay = join(home.path, 'replay.jsonl');
  const hollow = rows
    .slice(0, 2)
    .map((row, index) => (index === 0 ? row : { ...row, response: 'Solution:' }));
  await writeFile(data, hollow.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const engine = await recordEngine(fakeEngine(), replay);
  const recorder = createJudge({ engine, rubrics: [await loadRubric('helpfulness')] });
  for await (const _ of recorder.judgeAll(readSamples(data)));
  const judge = ['judge', data, '--rubric', 'helpfulness', '--no-cache', '--replay', replay];
  const out = join(home.path, 'run');
  const { code, stdout } = await juror([...judge, '--abstain', 'content-free', '--out', out], home.path);
  expect(code).toBe(0);
  expect(stdout).toContain('abstained 1 (content-free 1)');
  expect(stdout).toContain('1 verdict about an answer that says nothing\n');
  const verdicts = await readFile(join(out, 'verdicts.jsonl'), 'utf8');
  expect(verdicts.match(/response '[^']+' has no content/g)).toHaveLength(1);
  const again = await juror([...judge, '--out', out], home.path);
  expect(again.stdout).toContain('2 judgments found, none to make');
  expect(again.stdout).not.toContain('abstained');
  expect(again.stdout).toContain(
    '1 verdict about an answer that says nothing; with --abstain content-free they abstain',
  );
});

test('flags that mean nothing together are refused before a model is opened', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-panel-'));
  const { first, second, judge } = await prepare(home.path);
  const refused = async (...flags: string[]) => {
    const { code, stderr } = await juror([...judge, ...flags, '--out', join(home.path, 'run')], home.path);
    expect(code).toBe(2);
    return stderr.trim();
  };
  const both = ['--replay', first, '--replay', second];
  expect(await refused('--replay', first, '--escalate')).toBe(
    'juror: escalate: expected two engines or more, got 1',
  );
  expect(await refused(...both, '--quorum', '3')).toBe(
    'juror: quorum: expected at most 2 of 2 engines, got 3',
  );
  expect(await refused(...both, '--panel', 'mediam')).toContain("did you mean 'median'?");
  expect(await refused(...both, '--record', join(home.path, 'new.jsonl'))).toBe(
    'juror: --record: expected one model, got 2',
  );
});
