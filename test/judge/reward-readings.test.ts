import { mkdtempDisposable, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { createJudge } from '../../src/judge/judge.ts';
import { completeProtocol } from '../../src/judge/protocol.ts';
import { rankSamples } from '../../src/judge/rank.ts';
import { readRewardAnswers } from '../../src/judge/reward-answers.ts';
import { combineRewards } from '../../src/judge/rewards.ts';
import type { DecisionRules } from '../../src/judge/rules.ts';
import { exportRankings, exportVerdicts, openJudgingRun } from '../../src/judge/run.ts';
import { loadRubric } from '../../src/rubric.ts';
import type { Ranking, Reward, Sample } from '../../src/schema.ts';
import { openRun, readRun, runFiles } from '../../src/store/run.ts';
import { fakeEngine } from '../support/fake-engine.ts';

const sample: Sample = {
  id: 'capital',
  prompt: 'Name the capital of France.',
  responses: [
    { id: 'a', text: 'Paris.', steps: ['France is in Europe.', 'So Paris.'] },
    { id: 'b', text: 'Lyon, I think.', steps: ['It is Lyon.'] },
  ],
  label: 'a',
  metadata: { subset: 'geography' },
};
const named = (digest: string): Engine => fakeEngine({ digest, opinion: digest });
const silent = (digest: string): Engine =>
  fakeEngine({
    digest,
    answer: () => ({ status: 'unscored', reason: 'context', message: 'needs 9, has 8' }),
  });

interface Judging extends DecisionRules {
  readonly samples?: readonly Sample[];
  readonly tieBand?: number;
  readonly seed?: number;
}

/** Judge the sample, or others, into a folder. */
async function judged(
  folder: string,
  rubrics: readonly string[],
  engines: readonly Engine[] = [named('one')],
  { samples = [sample], tieBand = 0, seed = 0, ...rules }: Judging = {},
) {
  const loaded = await Promise.all(rubrics.map(loadRubric));
  await using run = await openJudgingRun(folder, {
    engines,
    rubrics: loaded,
    protocol: completeProtocol({ seed }),
    tieBand,
    ...rules,
  });
  const judge = createJudge({ engines, rubrics: loaded, store: run.store, seed, tieBand, ...rules });
  for (const one of samples) await judge.judge(one);
  await exportVerdicts(run);
  return folder;
}

async function rewardsOf(folders: readonly string[], options?: Parameters<typeof readRewardAnswers>[1]) {
  await using runs = new AsyncDisposableStack();
  const opened = [];
  for (const folder of folders) opened.push(runs.use(await readRun(folder)));
  return combineRewards(await readRewardAnswers(opened, options)).rewards;
}

test('several runs are one run with all rubrics, in any order, and runs of one judge do not count twice', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-rewards-'));
  const at = (name: string) => join(home.path, name);
  const rubrics = ['helpfulness', 'safety-and-helpfulness', 'better-answer', 'step-correctness'];
  const all = await judged(at('all'), rubrics);
  const each = await Promise.all(rubrics.map((rubric) => judged(at(rubric), [rubric])));
  const whole = await rewardsOf([all]);
  expect(await rewardsOf(each)).toEqual(whole);
  expect(await rewardsOf([...each].reverse())).toEqual(whole);
  expect(await rewardsOf([all, ...each, all])).toEqual(whole);

  const [a, b] = whole as [Reward, Reward];
  expect(a).toMatchObject({ sampleId: 'capital', responseId: 'a', subset: 'geography' });
  expect(Object.keys(a.objectives)).toEqual(['correctness', 'helpfulness', 'quality', 'safety']);
  expect(Object.values(a.objectives)).not.toContain(null);
  // A pair gives its second answer the complement.
  expect((a.objectives.quality ?? 0) + (b.objectives.quality ?? 0)).toBe(1);
  expect(a.panels).toMatchObject({ helpfulness: { decided: 2, total: 2, reason: null } });
  expect(Object.keys(a.panels?.helpfulness?.members ?? {})).toEqual([
    'helpfulness',
    'safety-and-helpfulness',
  ]);
});

test('one rubric under two models is a panel; a model that says nothing, and judgments that are not made, are silence', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-rewards-'));
  const one = await judged(join(home.path, 'one'), ['helpfulness']);
  const two = await judged(join(home.path, 'two'), ['helpfulness'], [named('two')]);
  const [panel] = await rewardsOf([two, one]);
  expect(panel?.panels?.helpfulness).toMatchObject({ decided: 2, total: 2 });
  const members = Object.keys(panel?.panels?.helpfulness?.members ?? {});
  expect(members).toHaveLength(2);
  for (const member of members) expect(member).toMatch(/^helpfulness fake [0-9a-f]{12}$/);

  const none = await judged(join(home.path, 'none'), ['helpfulness'], [silent('three')]);
  const [alone] = await rewardsOf([none]);
  expect(alone).toMatchObject({ score: null, reason: 'missing helpfulness (context)' });
  const [tolerant] = await rewardsOf([one, none], { panel: { reducer: 'mean', quorum: 1 } });
  expect(tolerant?.score).toBe((await rewardsOf([one]))[0]?.score);
  expect(tolerant?.panels?.helpfulness).toMatchObject({ decided: 1, total: 2 });

  {
    await using run = await openRun(none);
    await run.store.insertPlan(
      (await Array.fromAsync(run.store.plan())).map((row) => ({
        ...row,
        judgments: row.judgments.map((use) => ({ ...use, key: 'f'.repeat(64) })),
      })),
    );
  }
  expect((await rewardsOf([none]))[0]?.reason).toBe('missing helpfulness (not every judgment is made)');
});

test('settings that move no score make no other judge: parts with and without them are of one', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-rewards-'));
  const part = (id: string): Sample => ({ ...sample, id, prompt: id });
  const judgedAs = (name: string, judging: Judging, engines = [named('one')]) =>
    judged(join(home.path, name), ['better-answer'], engines, judging);
  const first = await judgedAs('plain', { samples: [part('1')] });
  const second = await judgedAs('other', { samples: [part('2')], abstain: { band: 0.4 }, tieBand: 2 });
  const rewards = await rewardsOf([first, second]);
  expect(rewards.map(({ score }) => score)).not.toContain(null);
  expect(rewards.filter(({ panels }) => panels)).toEqual([]);

  // A seed draws other marks around the texts, and abstention says who of a ladder decides.
  const drawn = await judgedAs('seed', { samples: [part('2')], seed: 1 });
  const membersOf = async (...folders: string[]) =>
    (await rewardsOf(folders)).map(({ panels }) => panels?.quality?.total);
  expect(await membersOf(first, drawn)).toEqual([2, 2, 2, 2]);
  const ladder = [named('one'), named('two')];
  const low = await judgedAs('low', { samples: [part('1')], escalate: true, abstain: { band: 0.1 } }, ladder);
  const high = await judgedAs(
    'high',
    { samples: [part('2')], escalate: true, abstain: { band: 0.4 } },
    ladder,
  );
  expect(await membersOf(low, high)).toEqual([2, 2, 2, 2]);
});

test('a ranking gives the mean chance of being better than another answer', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-rewards-'));
  const engine = named('one');
  const rubric = await loadRubric('better-answer');
  const folder = join(home.path, 'ranked');
  const triple = { ...sample, responses: [...sample.responses, { id: 'c', text: 'Nice' }] };
  const rankings: Ranking[] = [];
  {
    await using run = await openJudgingRun(folder, {
      engine,
      rubrics: [rubric],
      protocol: completeProtocol({}),
      settings: { schedule: 'all-pairs', budget: '100%', settled: null },
    });
    const options = { engine, rubric, store: run.store };
    for await (const ranking of rankSamples(options, [triple], { schedule: 'all-pairs' }))
      rankings.push(ranking);
    await exportRankings(run, rankings);
  }
  const rewards = await rewardsOf([folder]);
  const places = rankings[0]?.places ?? [];
  expect(rewards.map(({ rank }) => rank)).toEqual(
    ['a', 'b', 'c'].map((id) => places.find(({ responseId }) => responseId === id)?.rank),
  );
  const sum = rewards.reduce((total, { objectives }) => total + (objectives.quality ?? Number.NaN), 0);
  expect(sum).toBeCloseTo(1.5, 12);

  // A copy of the pairwise verdicts beside it is a panel of comparisons.
  const pair = await judged(join(home.path, 'pair'), ['better-answer']);
  const [both] = await rewardsOf([pair, folder], { panel: { reducer: 'mean', quorum: 1 } });
  expect(Object.keys(both?.panels?.quality?.members ?? {})).toEqual([
    'better-answer',
    'better-answer (ranked)',
  ]);

  await rm(join(folder, runFiles.rankings));
  await expect(rewardsOf([folder])).rejects.toThrow('expected the rankings of juror rank, got none');
});
