import { expect, test } from 'vitest';
import { concludeSuite } from '../../src/suite/conclude.ts';
import { readSuiteDefinition, readSuiteItems } from '../../src/suite/result-files.ts';
import { plain, suiteFolder } from './support.ts';

test('verdicts that are still to be judged count as missing, each run by itself', async () => {
  await using at = await suiteFolder({ rows: 4 });
  const { runs } = await at.run(plain);
  const { engines, samples, levels } = await readSuiteDefinition(at.at('out'));
  const [answers, pairs] = runs;
  if (!answers || !pairs) throw new Error('expected two runs');
  const conclude = async (unscored: number) =>
    concludeSuite(await at.load({ ...plain, unscored }), {
      out: at.at('out'),
      runs: [{ ...answers, verdicts: 3, scored: 2, pending: 1 }, pairs],
      items: await readSuiteItems(at.at('out')),
      ...{ engines, samples, levels },
      gates: [],
      shard: undefined,
      filter: [],
      baseline: undefined,
      onEvent: () => {},
    });
  expect(await conclude(0.5)).toMatchObject({ status: 'passed', tolerance: { found: 0.5 } });
  // A quarter of all verdicts, half of one run's.
  expect(await conclude(0.49)).toMatchObject({
    status: 'incomplete',
    incomplete: ['answers.small: 2 of 4 verdicts have no score, tolerated 49 % (pending 1)'],
  });
});
