import { rename } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { LoadedSuite } from '../../src/suite/load.ts';
import { runSuite } from '../../src/suite/run.ts';
import { watchSuite } from '../../src/suite/watch.ts';
import { fakeEngine } from '../support/fake-engine.ts';
import { answers, plain, suiteFolder } from './support.ts';

test('watching runs again after changes of the data and of the suite, tells faults and goes on', async () => {
  await using at = await suiteFolder({ rows: 2 });
  await at.load();
  const engine = fakeEngine();
  const ending = new AbortController();
  const told: string[] = [];
  const asked: number[] = [];
  const changes = [
    // As an editor does: a new file in the old one's place.
    async () => {
      await at.write('answers.new', answers(3));
      await rename(at.at('answers.new'), at.at('answers.jsonl'));
    },
    () => at.write('suite.json', JSON.stringify({ ...plain, rubrics: ['helpfulnes', 'better-answer'] })),
    () => at.write('suite.json', JSON.stringify({ ...plain, pass: 0.9 })),
    async () => ending.abort(),
  ];
  await watchSuite(at.at('suite.json'), {
    signal: ending.signal,
    async run(loaded: LoadedSuite, signal) {
      const { runs } = await runSuite(loaded, {
        out: at.at('out'),
        cache: false,
        openEngine: async () => engine,
        signal,
      });
      told.push(runs.map(({ verdicts }) => verdicts).join(' '));
      asked.push(engine.requests.length);
    },
    onFault: ({ message }) => told.push(message.split(', did you')[1] ?? message),
    onWait: () => void changes.shift()?.(),
  });
  expect(told).toEqual(['2 2', '3 2', " mean 'helpfulness'?", '3 2']);
  // Two answers and two pairs in both orders, then the new answer; the rest is found.
  expect(asked).toEqual([6, 7, 7]);
});
