import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeCard } from '../../src/card/card.ts';
import { recordEngine } from '../../src/engine/replay.ts';
import { JudgeCard } from '../../src/schema.ts';
import { fakeEngine } from '../support/fake-engine.ts';
import { juror, without } from './juror.ts';

/** A recording of a card with two samples of each cut, by the engine without a model. */
async function recorded() {
  const home = await mkdtempDisposable(join(tmpdir(), 'juror-cli-'));
  const recording = join(home.path, 'recording.jsonl');
  await using engine = await recordEngine(fakeEngine(), recording);
  await makeCard({ engine, folder: join(home.path, 'recorded'), limit: 2 });
  return { home: home.path, recording, [Symbol.asyncDispose]: () => home.remove() };
}

test('card prints its verdict with reasons, writes card and page, and goes on where it stopped', async () => {
  await using at = await recorded();
  const out = join(at.home, 'card');
  const flags = ['card', '--replay', at.recording, '--limit', '2', '--quiet', '--out', out];
  const { code, stdout, stderr } = await juror(flags, at.home);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = without(at.home, stdout).split('\n');
  expect(lines[0]).toBe('fake may not gate a build; it is for trying juror and for tests');
  expect(lines.at(-2)).toBe('FOLDER/card/card.md · card.json · verdicts.jsonl · judgments.jsonl');
  expect(stdout).toMatch(/^not met {2}accuracy on pairs, above coin and baselines/m);
  expect(stdout).toMatch(/^injection +\S/m);

  const card = JudgeCard.parse(JSON.parse(await readFile(join(out, 'card.json'), 'utf8')));
  expect(card.cuts.map(({ rows }) => rows)).toEqual([2, 2]);
  expect(await readFile(join(out, 'card.md'), 'utf8')).toMatch(/^# Report card: fake\n/);

  const json = await juror([...flags, '--json'], at.home);
  expect(JSON.parse(json.stdout)).toEqual(card);
});

test('a card refuses what means nothing', async () => {
  await using at = await mkdtempDisposable(join(tmpdir(), 'juror-cli-'));
  const zero = await juror(['card', '--limit', '0'], at.path);
  expect(zero.code).toBe(2);
  expect(zero.stderr).toContain('expected a whole number of 1 or more');
  const typo = await juror(['card', '--critique', 'short'], at.path);
  expect(typo.code).toBe(2);
});
