import { expect, test } from 'vitest';
import { createGuideCollector, describeGuided } from '../../src/cli/guide-figures.ts';
import { processTerminal } from '../../src/cli/terminal.ts';
import { completeStrategy, type GivenStrategy } from '../../src/loop/guide-strategy.ts';
import type { Guided } from '../../src/schema.ts';

const usage = { prompt: 1, generated: 1 };
const cost = { made: 1, found: 0, seconds: 1 };

function guided(strategy: GivenStrategy, own: Partial<Guided['candidates'][number]>): Guided {
  const candidate = { text: 'a', finish: 'stop', seed: 0, temperature: 1, kept: false, fate: '' } as const;
  return {
    schemaVersion: 1,
    key: 'a'.repeat(64),
    sampleId: 'p',
    cluster: 'c',
    prompt: 'p',
    generator: { model: 'writer', digest: 'd' },
    scorer: { name: 'judge', method: 'pointwise' },
    strategy: completeStrategy(strategy),
    candidates: ['c1', 'c2'].map((id) => ({ ...candidate, id, score: 1, ...own })),
    chosen: own.score === null ? null : 'c1',
    margin: 0,
    why: 'why',
    tokens: { writing: usage, judging: usage },
  };
}

test('what a model wrote as a reason does not drive the terminal', () => {
  const row = guided(
    { kind: 'best-of' },
    { score: null, reason: '\u001b]0;title\u0007 \u202e reason\nmore' },
  );
  const collector = createGuideCollector(row.strategy, undefined);
  collector.add(row);
  const text = describeGuided(collector.report(0), cost, processTerminal({ quiet: true }));
  expect(text).toContain('1: \\u{1b}]0;title\\u{7} \\u{202e} reason more');
  for (const control of ['\u001b]', '\u0007', '\u202e']) expect(text).not.toContain(control);
});

test('temperatures that take turns give the worth of the choice and no curve, and it is said why', () => {
  const worth = { cluster: 'c', answers: [1, 0].map((gold) => ({ score: gold, gold, value: null })) };
  const reportFor = (temperatures: number[]) => {
    const row = guided({ kind: 'best-of', temperatures }, {});
    const collector = createGuideCollector(row.strategy, 'reference');
    collector.add(row, worth);
    return collector.report(0);
  };
  expect(reportFor([0.8, 0.8]).gold).toMatchObject({ curve: { answers: 2 }, withoutCurve: null });
  const mixed = reportFor([0.5, 1]);
  expect(mixed.gold).toMatchObject({ curve: null, chosen: { estimate: 1 } });
  expect(describeGuided(mixed, cost, processTerminal({ quiet: true }))).toContain(
    'no curve over n: temperatures take turns',
  );
});
