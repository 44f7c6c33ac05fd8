import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from '@commander-js/extra-typings';
import { expect, test } from 'vitest';
import { addStrategyFlags, strategyOf } from '../../src/cli/guide-flags.ts';
import { isTextGenerator } from '../../src/engine/generate.ts';
import { recordEngine } from '../../src/engine/replay.ts';
import { guideAll } from '../../src/loop/guide.ts';
import { judgeScorer } from '../../src/loop/guide-judge.ts';
import { loadRubric } from '../../src/rubric.ts';
import { Guided } from '../../src/schema.ts';
import { fakeWriter } from '../support/fake-guide.ts';
import { scriptedJudge } from '../support/scripted-judge.ts';
import { juror } from './juror.ts';

const prompts = ['p', 'q'].map((id) => ({ id, prompt: `Add for ${id}.`, reference: '#### 4' }));

/** A folder with prompts, and on record what a writer writes and a judge says that likes short answers. */
async function prepared() {
  const folder = await mkdtempDisposable(join(tmpdir(), 'juror-guide-'));
  const at = (name: string) => join(folder.path, name);
  await writeFile(at('prompts.jsonl'), prompts.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const texts = ['\u001b[31mIt is 5, I think', 'A: 4', 'So it is 4.'];
  const writer = fakeWriter((_, times) => texts[times % texts.length] ?? '');
  const judge = scriptedJudge((text) => text.length / 4);
  const engine = await recordEngine({ ...judge, ...writer, id: judge.id }, at('recording.jsonl'));
  if (!isTextGenerator(engine)) throw new Error('expected a writer');
  const scorer = judgeScorer({ engine, rubric: await loadRubric('helpfulness') });
  const strategy = { kind: 'best-of', n: 3 } as const;
  for await (const _ of guideAll({ generator: engine, scorer, strategy }, prompts));
  await engine[Symbol.asyncDispose]();
  return {
    at,
    guide: (...flags: string[]) =>
      juror(
        ['guide', at('prompts.jsonl'), '--replay', at('recording.jsonl'), '--n', '3', ...flags],
        folder.path,
      ),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

test('the best of n with reasons, rows and pairs; the same command again writes nothing anew', async () => {
  await using given = await prepared();
  const flags = ['--rubric', 'helpfulness', '--gold', 'reference', '--out', given.at('out.jsonl')];
  const files = ['--rows', given.at('rows.jsonl'), '--pairs', given.at('pairs.jsonl')];
  const first = await given.guide(...flags, ...files, '--show', '1');
  expect(first.code).toBe(0);
  expect(first.stdout).toContain('p · best of 3');
  expect(first.stdout).toMatch(/c2 {7}0\.\d{3} chosen: 0\.\d{3} above c3/);
  expect(first.stdout).toContain('2 prompts, 6 candidates, all with a choice');
  // One of two random answers is wrong; the shortest never is.
  expect(first.stdout).toMatch(/^3 +0\.43 +100\.0 % +33\.3 % +100\.0 % +100\.0 % +100\.0 %/m);
  expect(first.stderr).toMatch(/^p · c1 0\.\d{3} · /m);
  // What a model writes does not drive the terminal.
  expect(first.stdout + first.stderr).not.toContain('\u001b');
  const lines = (await readFile(given.at('out.jsonl'), 'utf8')).trimEnd().split('\n');
  expect(lines.map((line) => Guided.parse(JSON.parse(line)).sampleId)).toEqual(['p', 'q']);
  const rows = (await readFile(given.at('rows.jsonl'), 'utf8')).trimEnd().split('\n');
  expect(rows.map((row) => JSON.parse(row).responses[0].text)).toEqual(['A: 4', 'A: 4']);
  const [pair = ''] = (await readFile(given.at('pairs.jsonl'), 'utf8')).split('\n');
  expect(JSON.parse(pair)).toMatchObject({ chosen: { text: 'A: 4' }, source: { method: 'pointwise' } });

  const again = await given.guide(...flags, '--json');
  expect(JSON.parse(again.stdout)).toMatchObject({
    prompts: 2,
    chosen: 2,
    gold: { chosen: { estimate: 1 }, curve: { answers: 3, random: { estimate: 2 / 3 } } },
  });
  expect(await readFile(given.at('out.jsonl'), 'utf8')).toBe(`${lines.join('\n')}\n`);
});

test('flags of another strategy are refused, and what was not recorded is told with the exit code', async () => {
  const strategyFor = (...flags: string[]) => {
    const command = addStrategyFlags(new Command()).parse(flags, { from: 'user' });
    return strategyOf(command.opts(), 7);
  };
  expect(strategyFor('--width', '1', '--strategy', 'beam', '--temperature', '0.5,1')).toMatchObject({
    kind: 'beam',
    width: 1,
    temperatures: [0.5, 1],
    seed: 7,
  });
  expect(() => strategyFor('--strategy', 'rejection')).toThrow('--accept: expected the score that is enough');
  expect(() => strategyFor('--step', 'line')).toThrow('expected a flag of --strategy best-of, got --step');
  expect(() => strategyFor('--temperature=-1')).toThrow('--temperature: expected a number of 0 or more');

  await using given = await prepared();
  const nobody = await given.guide();
  expect(nobody.code).toBe(2);
  expect(nobody.stderr.trim()).toBe(
    'juror: --rubric: expected a rubric to score with, or --head, or --with-reference, got none',
  );
  const rejection = [
    '--strategy',
    'rejection',
    '--with-reference',
    '--accept',
    '1',
    '--out',
    given.at('r.jsonl'),
  ];
  const accepted = await given.guide(...rejection);
  expect(accepted.stdout).toContain('2 prompts, 4 candidates, all with a choice');
  const other = await given.guide(...rejection, '--seed', '9');
  expect(other.code).toBe(3);
  expect(other.stdout).toContain('the recording has no such text');
}, 60_000);
