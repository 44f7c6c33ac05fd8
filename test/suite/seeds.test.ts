/** The gates of the example suite under a hundred seeds. */
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { meanInterval } from '../../src/aggregate/interval.ts';
import { createRandom, shuffled } from '../../src/aggregate/random.ts';
import { openEngineByName } from '../../src/engine/open.ts';
import { SuiteGate } from '../../src/schema.ts';
import { checkGates } from '../../src/suite/gates.ts';
import { loadSuite } from '../../src/suite/load.ts';
import { readSuiteItems } from '../../src/suite/result-files.ts';
import { runSuite } from '../../src/suite/run.ts';

const seeds = Array.from({ length: 100 }, (_, seed) => seed);

/** The example suite, judged by replay: its result and its items as they are kept. */
async function judgedExample() {
  await using out = await mkdtempDisposable(join(tmpdir(), 'juror-seeds-'));
  const loaded = await loadSuite('examples/suite/suite.yaml');
  const result = await runSuite(loaded, {
    out: out.path,
    cache: false,
    openEngine: (_, options) =>
      openEngineByName({ replay: 'fixtures/recordings/suite.jsonl', model: 'smollm2-135m', ...options }),
  });
  return { result, items: await readSuiteItems(out.path), suite: loaded.suite };
}

test('one run by replay has the same checks in a hundred orders of its items', async () => {
  const { result, items, suite } = await judgedExample();
  expect(result.checks.map(({ gate, status }) => `${gate} ${status}`)).toEqual([
    'replies-help passed',
    'every-topic passed',
    'every-topic passed',
    'new-version-wins passed',
  ]);
  for (const seed of seeds)
    expect(checkGates(suite.gates, { items: shuffled(items, createRandom(seed)), pass: suite.pass })).toEqual(
      result.checks,
    );
});

test('gates on every bound stand where a hundred seeds of the bootstrap put them, wherever these agree', async () => {
  const { items } = await judgedExample();
  const replies = items.filter(({ data }) => data === 'replies');
  const [values, clusters] = [replies.map(({ score }) => score ?? -1), replies.map(({ cluster }) => cluster)];
  const intervals = seeds.map((seed) => meanInterval(values, clusters, { seed, resamples: 500 }));
  const counted = { passed: 0, failed: 0 };
  for (const bound of ['worst', 'estimate', 'best'] as const)
    for (let min = 0.3; min <= 0.55; min += 0.01) {
      const gate = SuiteGate.parse({
        id: 'g',
        kind: 'figure',
        data: 'replies',
        measure: 'score',
        min,
        bound,
      });
      const [check] = checkGates([gate], { items });
      const end = { worst: 'low', estimate: 'estimate', best: 'high' } as const;
      const votes = new Set(intervals.map((interval) => (interval[end[bound]] ?? -1) >= min));
      // With six prompts the bootstrap's interval is narrower than Student's: between the ends of the two, only the latter counts.
      const { low, high } = check?.figure ?? {};
      const ours = { worst: low, estimate: check?.figure?.estimate, best: high }[bound] ?? -1;
      const theirs = intervals.map((interval) => interval[end[bound]] ?? -1);
      if (votes.size > 1 || (min > Math.min(ours, ...theirs) && min <= Math.max(ours, ...theirs))) continue;
      const [passes] = votes;
      expect(check?.status).toBe(passes ? 'passed' : 'failed');
      counted[passes ? 'passed' : 'failed']++;
    }
  expect(counted.passed).toBeGreaterThan(20);
  expect(counted.failed).toBeGreaterThan(20);
});
