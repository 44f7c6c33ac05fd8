import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gatherAnswers } from '../../src/judge/reward-answers.ts';
import { combineRewards, type RewardOptions, writeRewards } from '../../src/judge/rewards.ts';
import type { PanelReducer } from '../../src/judge/rules.ts';
import { Reward } from '../../src/schema.ts';
import { recordText } from '../../src/store/store.ts';
import { reading, readings } from './reward-support.ts';

const bytes = (rewards: readonly Reward[]) => rewards.map((reward) => recordText(Reward, reward)).join('\n');
const kinds = ['weighted-mean', 'weighted-sum', 'min', 'chebyshev'] as const;

test('the order of runs, rubrics and rows changes nothing, not a byte, nor does a run that is named twice', () => {
  const options: fc.Arbitrary<RewardOptions> = fc.record({
    kind: fc.constantFrom(...kinds),
    after: fc.constantFrom('center', 'z-score', 'rank', 'rloo', 'min-max'),
  });
  const reducers = fc.constantFrom<PanelReducer>('mean', 'median', 'worst', 'majority', 'mean-std:0.5');
  const cases = readings.chain((given) =>
    fc.tuple(
      fc.constant(given),
      fc.shuffledSubarray(given, { minLength: given.length }),
      fc.array(fc.nat(23)),
    ),
  );
  fc.assert(
    fc.property(cases, options, reducers, ([given, shuffled, twice], how, reducer) => {
      const panels = new Set(given.flatMap(({ judge }) => (judge.name === 'honest' ? [] : [judge.name])));
      const rules = panels.size > 1 ? { panel: { reducer, quorum: 1 } as const } : {};
      const again = [...shuffled, ...twice.flatMap((place) => given[place] ?? [])];
      const straight = bytes(combineRewards(gatherAnswers(given, rules), how).rewards);
      expect(bytes(combineRewards(gatherAnswers(again, rules), how).rewards)).toBe(straight);
      expect(bytes(combineRewards(gatherAnswers(given, rules).reverse(), how).rewards)).toBe(straight);
    }),
  );
});

test('scaling all weights changes nothing for the weighted mean', () => {
  const weights = { helpfulness: 1, honesty: 0.3, safety: 2 };
  const scaled = (factor: number) =>
    Object.fromEntries(Object.entries(weights).map(([name, weight]) => [name, weight * factor]));
  fc.assert(
    fc.property(readings, fc.double({ min: 0.01, max: 100, noNaN: true }), (given, factor) => {
      const answers = gatherAnswers([
        ...given,
        reading('safe', 'all', { r0: { helpfulness: 1, safety: 1 } }),
        reading('honest', 'all', { r0: { honesty: 0 } }),
      ]);
      const { rewards } = combineRewards(answers, { weights });
      expect(bytes(combineRewards(answers, { weights: scaled(8) }).rewards)).toBe(bytes(rewards));
      const others = combineRewards(answers, { weights: scaled(factor) }).rewards;
      for (const [row, { score }] of rewards.entries()) {
        const other = others[row]?.score ?? null;
        if (score === null) expect(other).toBeNull();
        else expect(other).toBeCloseTo(score, 12);
      }
    }),
  );
});

test('a missing objective is null with a reason and never a number, whatever the rule', () => {
  fc.assert(
    fc.property(readings, fc.constantFrom(...kinds), (given, kind) => {
      for (const reward of combineRewards(gatherAnswers(given), { kind }).rewards) {
        const missing = Object.values(reward.objectives).includes(null);
        expect(reward.score === null).toBe(missing);
        expect(reward.rank === null).toBe(missing);
        expect(reward.pareto === null).toBe(missing);
        expect(reward.reason === null).toBe(!missing);
      }
    }),
  );
  const answers = gatherAnswers([
    reading('helpful', 's', { a: { helpfulness: 0.9 }, b: { helpfulness: 0.4 } }),
    reading('honest', 's', { a: { honesty: 'context' }, b: { honesty: 0.2 } }),
    reading('honest', 'other', { a: { honesty: 1 } }),
  ]);
  const { rewards } = combineRewards(answers);
  expect(rewards.map(({ score, reason }) => ({ score, reason }))).toEqual([
    { score: null, reason: 'missing helpfulness (not judged)' },
    { score: null, reason: 'missing honesty (context)' },
    { score: 0.30000000000000004, reason: null },
  ]);
  // What counts nothing need not be there.
  const helpful = combineRewards(answers, { weights: { helpfulness: 2 } }).rewards;
  expect(helpful.map(({ score }) => score)).toEqual([null, 0.9, 0.4]);
});

test('a silent rubric of a panel reports one decided of two, and never a changed mean', () => {
  const said = [
    reading('helpful', 's', { a: { helpfulness: 0.8 }, b: { helpfulness: 0.6 } }),
    reading('useful', 's', { a: { helpfulness: 'context' }, b: { helpfulness: 0.2 } }),
  ];
  const strict = combineRewards(gatherAnswers(said)).rewards;
  expect(strict).toMatchObject([
    {
      objectives: { helpfulness: null },
      score: null,
      panels: { helpfulness: { decided: 1, total: 2, members: { helpful: 0.8, useful: null } } },
    },
    { objectives: { helpfulness: 0.4 }, score: 0.4, panels: { helpfulness: { decided: 2, total: 2 } } },
  ]);
  expect(strict[0]?.reason).toBe(
    'missing helpfulness (1 of 2 decided, quorum 2; abstained: useful (context))',
  );
  const tolerant = gatherAnswers(said, { panel: { reducer: 'mean', quorum: 1 } });
  expect(tolerant[0]).toMatchObject({
    objectives: { helpfulness: 0.8 },
    panels: {
      helpfulness: { decided: 1, total: 2, reason: '1 of 2 decided; abstained: useful (context)' },
    },
  });
  // A rubric that never saw an answer is silent too.
  const unseen = gatherAnswers([...said, reading('helpful', 't', { a: { helpfulness: 1 } })]);
  expect(unseen.find(({ sampleId }) => sampleId === 't')?.reasons.helpfulness).toBe(
    '1 of 2 decided, quorum 2; abstained: useful (not judged)',
  );
  // The silent stay in the denominator of a majority.
  expect(gatherAnswers(said, { panel: { reducer: 'majority', quorum: 1 } })[0]?.objectives).toEqual({
    helpfulness: null,
  });
});

test('equal judges are one whatever their models are called, and others are told apart by them', () => {
  const by = (identity: string, engines: string, helpfulness: number) => ({
    ...reading('helpful', 's', { a: { helpfulness } }),
    judge: { identity, name: 'helpful', engines },
  });
  const said = [by('1', 'large', 0.8), by('1', 'copy', 0.8), by('2', 'small', 0.2), by('3', 'small', 0.5)];
  const members = { 'helpful copy': 0.8, 'helpful small 2': 0.2, 'helpful small 3': 0.5 };
  for (const given of [said, said.toReversed()])
    expect(gatherAnswers(given)[0]?.panels?.helpfulness).toMatchObject({ decided: 3, total: 3, members });
});

test('gates, normalisation, ranks and the front are of one prompt, whatever its samples', () => {
  const one = (sampleId: string, helpfulness: number, harmlessness: number) =>
    reading('both', sampleId, { a: { helpfulness, harmlessness } }, { cluster: 'p' });
  const answers = gatherAnswers([
    one('1', 0.9, 0.1),
    one('2', 0.6, 0.8),
    one('3', 0.5, 0.8),
    one('4', 0.6, 0.8),
  ]);
  const gates = [{ objective: 'harmlessness', below: 0.5, cap: 0.2 }];
  const { rewards } = combineRewards(answers, { gates });
  expect(rewards.map(({ capped, rank, pareto }) => ({ capped, rank, pareto }))).toEqual([
    { capped: ['harmlessness'], rank: 4, pareto: true },
    { capped: [], rank: 1, pareto: true },
    { capped: [], rank: 3, pareto: false },
    { capped: [], rank: 1, pareto: true },
  ]);
  expect(rewards[0]?.score).toBe(0.2);
  const centred = combineRewards(answers, { gates, after: 'z-score' }).rewards;
  expect(centred.map(({ rank }) => rank)).toEqual([4, 1, 3, 1]);
  expect(centred.reduce((sum, { score }) => sum + (score ?? Number.NaN), 0)).toBeCloseTo(0, 12);

  const flat = gatherAnswers([one('1', 0.5, 0.7), one('2', 0.5, 0.3)]);
  const { rewards: level } = combineRewards(flat, { before: 'z-score', weights: { helpfulness: 1 } });
  expect(level.map(({ score, flags }) => ({ score, flags }))).toEqual([
    { score: 0, flags: [{ objective: 'helpfulness', flag: 'no-spread' }] },
    { score: 0, flags: [{ objective: 'helpfulness', flag: 'no-spread' }] },
  ]);
  const alone = combineRewards(gatherAnswers([one('1', 0.5, 0.7)]), { after: 'rloo' }).rewards;
  expect(alone).toMatchObject([
    {
      score: null,
      reason: 'no other answer to be normalised with',
      flags: [{ objective: null, flag: 'single' }],
    },
  ]);
});

test('readings that do not belong together are refused', () => {
  const own = reading('one', 's', { a: { quality: 0.5 } });
  const refused = (other: ReturnType<typeof reading>) => () => gatherAnswers([own, other]);
  const answer = { a: { quality: 0.5 } };
  expect(() => gatherAnswers([])).toThrow('expected verdicts to combine, got none');
  expect(refused(reading('two', 's', answer, { cluster: 'other' }))).toThrow(
    `sample 's': expected one prompt in all runs, got "other" and "prompt of s"`,
  );
  expect(refused(reading('two', 's', answer, { characters: 11 }))).toThrow(
    "sample 's', response 'a': expected the same text in all runs, got lengths 10 and 11",
  );
  const digested = (name: string, text: string) => reading(name, 's', answer, { text });
  expect(gatherAnswers([own, digested('two', 'aaaaaaaaaaaa')])).toHaveLength(1);
  expect(() => gatherAnswers([digested('one', 'aaaaaaaaaaaa'), digested('two', 'bbbbbbbbbbbb')])).toThrow(
    `response 'a': expected the same text in all runs, got digests "aaaaaaaaaaaa" and "bbbbbbbbbbbb"`,
  );
  expect(refused(reading('one', 's', { a: { quality: 0.6 } }))).toThrow(
    "sample 's', response 'a', quality: expected one score of one judge, got 0.5 and 0.6",
  );
  expect(refused(reading('two', 't', answer, { comparative: true }))).toThrow(
    "objective 'quality': expected rubrics that all judge answers alone or all compare them, got one and two",
  );
  const labelled = (label: number) => reading('one', 's', answer, { label });
  expect(() => gatherAnswers([labelled(0), labelled(1)])).toThrow(
    'expected one label in all runs, got 0 and 1',
  );
  expect(gatherAnswers([labelled(0), labelled(1)], { labelOf: () => 0.5 })[0]?.label).toBe(0.5);
  const panel = { reducer: 'mean', quorum: 'all' } as const;
  expect(() => gatherAnswers([own], { panel })).toThrow(
    'expected an objective that two rubrics or runs give',
  );
  const two = [own, reading('two', 's', answer)];
  expect(() => gatherAnswers(two, { panel: { reducer: 'mean', quorum: 3 } })).toThrow(
    "quorum: expected at most 2, the members of 'quality', got 3",
  );
  const answers = gatherAnswers([own]);
  expect(() => combineRewards(answers, { weights: { qualty: 1 } })).toThrow("did you mean 'quality'?");
  expect(() => combineRewards(answers, { weights: () => ({ qualty: 0 }) })).toThrow(
    "did you mean 'quality'?",
  );
  expect(() => combineRewards(answers, { gates: [{ objective: 'q', below: 1, cap: 0 }] })).toThrow('gate:');
});

test('rewards are written as lines of checked records', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-rewards-'));
  const file = join(folder.path, 'rewards.jsonl');
  const answers = gatherAnswers([reading('one', 'b', { y: { quality: 1 }, x: { quality: 0 } })]);
  await writeRewards(file, combineRewards(answers).rewards);
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  expect(lines.map((line) => Reward.parse(JSON.parse(line)).responseId)).toEqual(['x', 'y']);
});
