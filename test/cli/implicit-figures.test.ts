import { expect, test } from 'vitest';
import { promptCluster, textDigest } from '../../src/canonical.ts';
import type { RunWinners } from '../../src/cli/beside.ts';
import { createRewardCollector, describeRewards } from '../../src/cli/implicit-figures.ts';
import { processTerminal } from '../../src/cli/terminal.ts';
import type { ImplicitRewards, Sample } from '../../src/schema.ts';

const sample = (id: string, a: string, b: string, prompt = 'Why?'): Sample => ({
  id,
  prompt,
  responses: [
    { id: 'a', text: a },
    { id: 'b', text: b },
  ],
  label: 'a',
});
const rewards = (sampleId: string, steps?: (number | null)[] | null): ImplicitRewards => ({
  key: '0'.repeat(64),
  sampleId,
  policy: { model: 'p', digest: 'p' },
  reference: { model: 'r', digest: 'r' },
  beta: 1,
  responses: ['a', 'b'].map((responseId) => ({
    status: 'scored',
    responseId,
    total: 1,
    perToken: 1,
    tokens: 1,
    policy: -1,
    reference: -2,
    ...(steps === undefined ? {} : { steps }),
  })),
});
const verdict = ({ prompt, responses }: Sample, winner: string, digests = false) => ({
  winner,
  responseIds: responses.map(({ id }) => id),
  cluster: promptCluster(prompt),
  characters: responses.map(({ text }) => text.length),
  ...(digests ? { texts: responses.map(({ text }) => textDigest(text)) } : {}),
});
const textOf = (report: Parameters<typeof describeRewards>[0]) =>
  describeRewards(report, { made: 0, found: 0, seconds: 1 }, processTerminal({ quiet: true }));

test('a run beside has a verdict only where it judged the same prompt and answers, in whatever order', () => {
  const judged = [sample('1', 'long', 'no'), sample('2', 'long', 'no'), sample('3', 'yes', 'longer')];
  const turned = { ...judged[0], responses: judged[0]?.responses.toReversed() } as Sample;
  const beside: RunWinners = new Map([
    ['judge: x', new Map([turned, ...judged.slice(1)].map((one) => [one.id, verdict(one, 'b')]))],
  ]);
  const collector = createRewardCollector(beside);
  for (const one of [
    sample('1', 'long', 'no'),
    sample('2', 'long', 'no', 'Who?'),
    sample('3', 'yes', 'long'),
    sample('4', 'long', 'no'),
  ])
    collector.add(one, rewards(one.id));
  const report = collector.report(0);
  expect(report).toMatchObject({ notBeside: 3, otherBeside: 2, pairs: { compared: 1 } });
  expect(report.pairs.ways.find(({ name }) => name === 'judge: x')?.figures.accuracy.estimate).toBe(0);
  expect(textOf(report)).toContain(
    '1 pair compared with labels; 3 without a verdict of the run are left out (it judged other texts under 2 of the names)',
  );
});

test('texts of one length are told apart where the run has their digests', () => {
  const judged = sample('1', 'yes', 'not');
  const left = (digests: boolean) => {
    const collector = createRewardCollector(
      new Map([['judge: x', new Map([['1', verdict(judged, 'a', digests)]])]]),
    );
    collector.add(sample('1', 'not', 'yes'), rewards('1'));
    return collector.report(0).otherBeside;
  };
  expect([left(true), left(false)]).toEqual([1, 0]);
});

test('a way that a pair lacks is named under the table', () => {
  const collector = createRewardCollector(undefined);
  collector.add(sample('1', 'a', 'b'), rewards('1', [1]));
  collector.add(sample('2', 'a', 'b'), rewards('2', null));
  const report = collector.report(0);
  expect(report.pairs.leftOut).toMatchObject([{ name: 'implicit: steps, min', without: 1 }]);
  expect(textOf(report)).toContain(
    'left out: implicit: steps, min, for 1 pair without: its tokens cannot be traced back to steps of the text',
  );
});
