import { rm } from 'node:fs/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { SuiteInput } from '../../src/schema.ts';
import { mergeSuite } from '../../src/suite/merge.ts';
import { readSuiteItems } from '../../src/suite/result-files.ts';
import type { RunSuiteOptions } from '../../src/suite/run.ts';
import { fakeEngine } from '../support/fake-engine.ts';
import { contents, openFake, plain, suiteFolder } from './support.ts';

const gated = {
  ...plain,
  gates: [
    { id: 'help', kind: 'figure' as const, measure: 'score' as const, rubric: 'helpfulness', min: 0.4 },
    { id: 'wins', kind: 'figure' as const, measure: 'win-rate' as const, rubric: 'better-answer', min: 0.9 },
  ],
};

test('any split into shards, merged in any order, has the bytes of the whole', async () => {
  await using at = await suiteFolder();
  await at.write(
    'answers.jsonl',
    '{"prompt": "p", "response": "r"}\n{"prompt": "p", "response": "r"}\nno JSON\n',
  );
  const whole = await at.run(gated, { out: at.at('whole') });
  expect(whole.runs.map(({ refused, verdicts }) => [refused, verdicts])).toEqual([
    [1, 2],
    [0, 8],
  ]);
  const expected = await contents(at.at('whole'));
  const splits = fc.integer({ min: 1, max: 4 }).chain((count) =>
    fc.shuffledSubarray(
      Array.from({ length: count }, (_, index) => index + 1),
      { minLength: count },
    ),
  );
  await fc.assert(
    fc.asyncProperty(splits, async (order) => {
      const folders: string[] = [];
      for (const index of order) {
        const out = at.at(`shard-${index}-of-${order.length}`);
        folders.push(out);
        const part = await at.run(gated, { out, shard: { index, count: order.length } });
        expect(part.checks).toEqual([]);
        expect(part.shard).toEqual({ index, count: order.length });
      }
      await rm(at.at('merged'), { recursive: true, force: true });
      const merged = await mergeSuite(folders, { out: at.at('merged') });
      expect(merged).toEqual(whole);
      expect(await contents(at.at('merged'))).toEqual(expected);
    }),
    { numRuns: 4 },
  );
});

test('all samples with one prompt are in one shard, and each sample is in one', async () => {
  await using at = await suiteFolder({ rows: 16 });
  const clusters: string[][] = [];
  const ids: string[] = [];
  for (const index of [1, 2, 3]) {
    await at.run(plain, { shard: { index, count: 3 } });
    const items = await readSuiteItems(at.at('out'));
    clusters.push([...new Set(items.map(({ cluster }) => cluster))]);
    ids.push(...items.map(({ data, sampleId }) => `${data} ${sampleId}`));
  }
  const all = clusters.flat();
  expect(new Set(all).size).toBe(all.length);
  expect(clusters.every(({ length }) => length > 0)).toBe(true);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toHaveLength(32);
});

test('what is not each shard of one suite once is refused', async () => {
  await using at = await suiteFolder({ rows: 4 });
  const shard = (
    index: number,
    { out = `${index}`, ...more }: Partial<RunSuiteOptions> = {},
    suite: SuiteInput = plain,
  ) => at.run(suite, { ...more, out: at.at(out), shard: { index, count: 2 } });
  await shard(1);
  await shard(2);
  await shard(2, { out: 'other-suite' }, { ...plain, pass: 0.6 });
  await shard(2, { out: 'other-filter', filter: ['data=answers'] });
  await shard(2, { out: 'other-judge', openEngine: async () => fakeEngine({ digest: 'other' }) });
  await at.run(plain, { out: at.at('whole') });
  await at.write('answers.jsonl', [{ id: 's0', prompt: 'changed', response: 'r' }]);
  await shard(2, { out: 'other-data' });
  const merge = (...names: string[]) => mergeSuite(names.map(at.at), { out: at.at('merged') });
  await expect(merge('1')).rejects.toThrow('--merge: expected all 2 shards, got none of 2/2');
  await expect(merge('1', '2', '1')).rejects.toThrow('expected each shard once, got 1/2 twice');
  await expect(merge('1', 'whole')).rejects.toThrow(
    `expected the result of a shard, got a whole one at ${at.at('whole')}`,
  );
  await expect(merge('1', 'other-suite')).rejects.toThrow('expected shards of one suite, got another at');
  await expect(merge('1', 'other-filter')).rejects.toThrow(
    "expected shards with one --filter, got '' and 'data=answers'",
  );
  await expect(merge('1', 'other-judge')).rejects.toThrow(
    'expected shards judged alike, got another engines.0.digest in',
  );
  await expect(merge('1', 'other-data')).rejects.toThrow(
    "expected shards of the same data, got other samples of 'answers'",
  );
  await expect(merge('1', 'nowhere')).rejects.toThrow(
    'expected a result of juror suite, got no readable file',
  );
  await expect(mergeSuite([at.at('1'), at.at('2')], { out: at.at('1') })).rejects.toThrow(
    'expected --out to be another folder',
  );
  await expect(
    mergeSuite([at.at('1'), at.at('2')], {
      out: at.at('merged'),
      loaded: await at.load({ ...plain, pass: 0.7 }),
    }),
  ).rejects.toThrow('as it is now, got them of another version of it');
});

test('a folder that holds a merge of more takes one of less', async () => {
  await using at = await suiteFolder({ rows: 4 });
  const merge = async (rows: number) => {
    const limited = { ...plain, data: plain.data.map((data) => ({ ...data, limit: rows })) };
    const parts = [1, 2].map((index) => at.at(`${rows}-${index}`));
    for (const [place, out] of parts.entries())
      await at.run(limited, { out, shard: { index: place + 1, count: 2 } });
    return mergeSuite(parts, { out: at.at('merged') });
  };
  expect((await merge(4)).runs.map(({ verdicts }) => verdicts)).toEqual([4, 4]);
  expect((await merge(2)).runs.map(({ verdicts }) => verdicts)).toEqual([2, 2]);
});

test('shards of a panel merge with their judges known by name', async () => {
  await using at = await suiteFolder({ rows: 4 });
  const panel = { ...plain, judges: [{ id: 'small' }, { id: 'large' }], panel: { reducer: 'median' } };
  await at.run(panel, { out: at.at('whole') });
  for (const index of [1, 2])
    await at.run(panel, { out: at.at(`${index}`), shard: { index, count: 2 }, openEngine: openFake });
  await mergeSuite([at.at('2'), at.at('1')], { out: at.at('merged') });
  expect(await contents(at.at('merged'))).toEqual(await contents(at.at('whole')));
});
