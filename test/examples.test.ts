import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { juror, recordings, runNode } from './cli/juror.ts';

/** Standard output of an example that plays the recording; it must end well. */
async function example(name: string, ...parameters: string[]): Promise<string> {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-example-'));
  const program = ['--import', './test/support/source.ts', `examples/${name}.ts`, ...parameters];
  const { code, stdout, stderr } = await runNode(program, home.path, { JUROR_REPLAY: recordings.full });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

test('judge-pair', async () => {
  expect(await example('judge-pair')).toMatchInlineSnapshot(`
    "short then chatty: The answer A is better than the answer B.
    { A: 0.7403131771332244, B: 0.2596868228667756 }
    chatty then short: The answer A is better than the answer B.
    { A: 0.7376700519132927, B: 0.2623299480867074 }
    winner: short, probability 0.502
    the two orders disagree: treat this verdict as a coin
    "
  `);
});

test('judge-file, and again in the same folder', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-example-'));
  const run = join(folder.path, 'run');
  const first = await example('judge-file', 'fixtures/demo/pairs.jsonl', run);
  expect(first).toMatchInlineSnapshot(`
    "llmbar-natural-1: b 0.531 (orders disagree)
    llmbar-natural-2: b 0.530 (orders disagree)
    llmbar-natural-3: b 0.549 (orders disagree)
    llmbar-natural-5: b 0.529 (orders disagree)
    4 verdicts from 8 judgments
    "
  `);
  expect(await example('judge-file', 'fixtures/demo/pairs.jsonl', run)).toBe(first);
});

test('rewards', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-example-'));
  const run = join(folder.path, 'run');
  const rubrics = ['helpfulness', 'honesty', 'safety-and-helpfulness'].flatMap((id) => ['--rubric', id]);
  const replay = ['--replay', recordings.full, '--quiet', '--out', run];
  await juror(['judge', 'fixtures/demo/pairs.jsonl', ...rubrics, ...replay], folder.path);
  expect(await example('rewards', run)).toMatchInlineSnapshot(`
    "llmbar-natural-21 a: -0.031, rank 2, on the front
    llmbar-natural-21 b: 0.031, rank 1, on the front
    llmbar-natural-3 a: 0.000, rank 1, on the front, capped by safety
    llmbar-natural-3 b: 0.000, rank 1, on the front, capped by safety
    "
  `);
});

test('custom-rubric', async () => {
  expect(await example('custom-rubric')).toMatchInlineSnapshot(`
    "useful: 0.375 (solves 0.202, tone 0.720)
    rude: 0.439 (solves 0.273, tone 0.770)
    "
  `);
});

test('langchain-judge', async () => {
  expect(await example('langchain-judge')).toBe('llmbar-natural-1: b\nllmbar-natural-2: b\n');
});

test('replay', async () => {
  expect(await example('replay')).toMatchInlineSnapshot(`
    "llmbar-natural-1: b
    llmbar-natural-2: b
    fixtures/recordings/smollm2-135m.jsonl: the recording has no such deliberation; record it again
    "
  `);
});

test('statistics', async () => {
  expect(await example('statistics')).toMatchInlineSnapshot(`
    "α of the raters 0.813 [0.416, 0.974]
    pass rate as judged 0.650 [0.582, 0.713], corrected 0.686 [0.476, 0.914]
    answer 0: 0.89 nats, Elo 1155
    answer 1: 0.17 nats, Elo 1029
    answer 2: -1.06 nats, Elo 815
    1 of 2 decided, quorum 2; abstained: large (context)
    "
  `);
});
