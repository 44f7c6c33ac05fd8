/** What the tools themselves said of our files: scripts/exchange-check.py. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readSamples } from '../../src/dataset.ts';
import { exportVerdictsAs } from '../../src/exchange/export.ts';
import { type TieScores, tiesScore } from '../../src/exchange/rewardbench-ties.ts';
import { openSampleBook } from '../../src/preference/sample-book.ts';
import { root } from '../cli/juror.ts';
import { temporaryFolder } from '../dataset/files.ts';
import { judgedRun } from './runs.ts';

interface Golden {
  readonly ties: readonly {
    readonly name: string;
    readonly samples: readonly {
      readonly id: string;
      readonly num_correct: number;
      readonly scores: readonly number[];
    }[];
    /** Null where RewardBench's is NaN: no tied sample has two right answers. */
    readonly score: number | null;
  }[];
  readonly alpacaEval: { readonly preferences: readonly number[]; readonly winRate: number };
  readonly said: string;
}

const golden: Golden = JSON.parse(await readFile(join(root, 'fixtures/golden/exchange.json'), 'utf8'));

test('the score of Ties is RewardBench 2’s', () => {
  expect(golden.ties.filter(({ score }) => score !== null).length).toBeGreaterThan(8);
  for (const { name, samples, score } of golden.ties) {
    const ours = tiesScore(
      samples.map(({ id, num_correct: right, scores }): TieScores => {
        const [kind = '', prompt] = id.split(':');
        return {
          kind: kind === 'ref' ? 'ref' : 'tied',
          prompt: Number(prompt),
          right: scores.slice(0, right),
          wrong: scores.slice(right),
        };
      }),
    );
    if (score === null) expect(ours, name).toBeGreaterThanOrEqual(0);
    else expect(ours, name).toBeCloseTo(score, 12);
  }
});

test('AlpacaEval’s win rate of our annotations is the mean probability of the second answers', async () => {
  const folder = await temporaryFolder();
  const data = join(root, 'fixtures/demo/pairs.jsonl');
  await using run = await judgedRun(join(folder, 'run'), readSamples(data), {
    rubric: 'better-answer',
    protocol: { critique: 'brief' },
  });
  using book = await openSampleBook([data]);
  await exportVerdictsAs(run, 'alpaca-eval', join(folder, 'a.json'), { book });
  const rows: { preference: number }[] = JSON.parse(await readFile(join(folder, 'a.json'), 'utf8'));
  const preferences = rows.map(({ preference }) => preference);
  expect(preferences).toEqual(golden.alpacaEval.preferences);
  const mean = preferences.reduce((sum, preference) => sum + preference - 1, 0) / preferences.length;
  expect(mean * 100).toBeCloseTo(golden.alpacaEval.winRate, 9);
});
