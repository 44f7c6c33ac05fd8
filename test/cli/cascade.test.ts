import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { looseCluster } from '../../src/canonical.ts';
import { defineCascade, readThresholds, targetOf } from '../../src/cli/cascade-flags.ts';
import { readSamples } from '../../src/dataset.ts';
import type { Engine } from '../../src/engine/engine.ts';
import { openReplay, recordEngine } from '../../src/engine/replay.ts';
import { createJudge } from '../../src/judge/judge.ts';
import { openFeatures } from '../../src/reward/features.ts';
import { writeHead } from '../../src/reward/head-file.ts';
import { loadRubric } from '../../src/rubric.ts';
import { CascadeVerdict, type RewardHead } from '../../src/schema.ts';
import { openFeatureStore } from '../../src/store/features.ts';
import { scriptedJudge } from '../support/scripted-judge.ts';
import { juror, recordings } from './juror.ts';

const data = 'fixtures/demo/pairs.jsonl';
let home = '';
let head = '';

/** A head that reads one number of each answer, over states that are kept where the command looks for them. */
async function writeStubHead(
  judge: Engine,
  rows: string,
  merit: (text: string) => number,
  folder: string,
  weight = 1,
  clusters: string[] = [],
) {
  const engine: Engine = {
    ...judge,
    embed: async (conversations) =>
      conversations.map((messages) => {
        const text = messages.at(-1)?.content ?? '';
        return { vector: Float32Array.of(merit(text) || 0, 1), tokens: text.length };
      }),
  };
  using store = openFeatureStore(join(home, 'features', 'cache.sqlite'));
  const features = await openFeatures(engine, store);
  for await (const { prompt, responses } of readSamples(rows))
    for await (const _read of features.read(responses.map(({ text }) => ({ prompt, text }))));
  const known = { digest: 'e'.repeat(64), texts: 2, rows: 1, prompts: 1, sources: { label: 1 }, leftOut: {} };
  const record: RewardHead = {
    schemaVersion: 1,
    name: 'long',
    version: '1',
    objectives: ['quality'],
    feature: features.spec,
    members: 1,
    hidden: null,
    combination: null,
    kind: 'pairs',
    loss: { kind: 'bradley-terry', options: {} },
    l2: { value: 1, curve: null },
    tieOdds: null,
    calibration: null,
    conformal: null,
    posterior: null,
    range: null,
    training: { rows: known, balance: { mean: 0.5, ties: 0, soft: 0, longer: null }, clusters },
    heldOut: null,
    seed: 0,
    juror: '0.1.0',
  };
  const member = {
    inputs: 2,
    mean: Float32Array.of(0, 0),
    scale: Float32Array.of(1, 1),
    hidden: null,
    weight: Float32Array.of(weight, 0),
    bias: Float32Array.of(0),
  };
  const belief = {
    members: [member],
    combination: null,
    posterior: null,
    calibration: null,
    conformal: null,
    range: null,
  };
  await writeHead(folder, { record, belief }, { page: '# long\n', training: {} });
}

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'juror-cascade-cli-'));
  head = join(home, 'head');
  await using replay = await openReplay(recordings.full);
  await writeStubHead(replay, data, (text) => text.length / 100, head);
});
afterAll(() => rm(home, { recursive: true, force: true }));

const command = (...more: string[]) =>
  juror(
    [
      'cascade',
      data,
      '--head',
      head,
      '--rubric',
      'better-answer',
      '--no-direct',
      '--replay',
      recordings.full,
      '--quiet',
      ...more,
    ],
    home,
  );
const verdictsOf = async (file: string) =>
  (await readFile(file, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => CascadeVerdict.parse(JSON.parse(line)));

test('the head decides what it is sure of, the judge the rest, and the same command again gives the same bytes for nothing', async () => {
  const out = join(home, 'verdicts.jsonl');
  const first = await command('--threshold', 'head=1', '--out', out);
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(first.stdout).toMatch(/12 rows, 12 with labels/);
  expect(first.stdout).toMatch(
    /critique alone: [\d,]+ tokens \(measured on \d+ rows, an estimate from their mean on \d+\): [\d.]+ % (saved|more)/,
  );
  const bytes = await readFile(out, 'utf8');
  const verdicts = await verdictsOf(out);
  expect(verdicts.map(({ sampleId }) => sampleId)).toHaveLength(12);
  expect(new Set(verdicts.map(({ decided }) => decided))).toEqual(new Set(['head', 'critique']));
  for (const { decided, asked, characters } of verdicts) {
    const [one = 0, other = 0] = characters;
    expect(asked[0]?.logOdds).toBeCloseTo((one - other) / 100, 4);
    expect(decided).toBe(Math.abs(one - other) / 100 >= 1 ? 'head' : 'critique');
  }
  const again = await command('--threshold', 'head=1', '--out', out);
  expect(again.stdout).toMatch(/none to make: no token evaluated/);
  expect(await readFile(out, 'utf8')).toBe(bytes);
});

test('what nobody decides is in the queue, without its label', async () => {
  const [out, queue] = [join(home, 'open.jsonl'), join(home, 'queue.jsonl')];
  const ended = await command(
    '--threshold',
    'head=never',
    '--threshold',
    'critique=never',
    '--out',
    out,
    '--queue',
    queue,
    '--json',
  );
  expect(ended).toMatchObject({ code: 0 });
  expect(JSON.parse(ended.stdout)).toMatchObject({ rows: 12, people: { rows: 12 }, queue });
  const rows = (await readFile(queue, 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(rows).toHaveLength(12);
  expect(rows[0]).not.toHaveProperty('label');
  expect(rows[0].metadata.cascade.why).toMatch(/^head: .*critique: /);
});

test('fitted thresholds are told with their promise, and used, and refused for another head', {
  timeout: 90_000,
}, async () => {
  const [rows, recording] = [join(home, 'labelled.jsonl'), join(home, 'recording.jsonl')];
  // The judge is always right, the head where it is sure; answers say what each thinks.
  const sureness = (row: number) => (row % 3 === 0 ? 0.5 : 4);
  const lines = Array.from({ length: 90 }, (_, row) => {
    const said = row % 9 === 0 ? -sureness(row) : sureness(row);
    return JSON.stringify({ id: `${row}`, prompt: `Question ${row}?`, a: `3 ${said}`, b: `0 0`, label: 'a' });
  });
  await writeFile(rows, lines.join('\n'));
  await using recorder = await recordEngine(
    scriptedJudge((text) => Number(text.split(' ')[0])),
    recording,
  );
  const judge = createJudge({ engine: recorder, rubrics: [await loadRubric('better-answer')] });
  for await (const sample of readSamples(rows)) await judge.judge(sample);
  const [own, other] = [join(home, 'own'), join(home, 'other')];
  const said = (text: string) => Number(text.split(' ')[1]);
  await writeStubHead(recorder, rows, said, own);
  await writeStubHead(recorder, rows, said, other, 2);

  const fitted = join(home, 'cascade.json');
  const run = (folder: string, ...more: string[]) =>
    juror(
      [
        'cascade',
        rows,
        '--head',
        folder,
        '--rubric',
        'better-answer',
        '--critique',
        'none',
        '--replay',
        recording,
        '--quiet',
        ...more,
      ],
      home,
    );
  const fit = await run(own, '--fit', '--error', '0.1', '--out', fitted);
  expect(fit).toMatchObject({ code: 0, stderr: '' });
  expect(fit.stdout).toMatch(/90 labelled rows; 0 verdicts without a label or with a tied one left out/);
  expect(fit.stdout).toMatch(
    /with 95\.0 % confidence of the rows decided at most 10\.0 % are wrong; bound [\d.]+ %, from 36 rows/,
  );
  expect(fit.stdout).toMatch(/head decides from 4\.00 nats\ndirect decides from 0\.00 nats/);
  expect(fit.stdout).toMatch(/direct alone: [\d,]+ tokens \(measured on 18 rows\): [\d.]+ % saved/);

  const out = join(home, 'decided.jsonl');
  const decided = await run(own, '--thresholds', fitted, '--out', out);
  expect(decided.stdout).toMatch(
    /^72 rows of prompts that the thresholds were fitted on: decided, and in no figure below/,
  );
  expect((await verdictsOf(out)).filter((verdict) => verdict.decided === 'head')).toHaveLength(60);
  // A head that was trained on thirty of the prompts: these promise nothing.
  const seen = join(home, 'seen');
  const clusters = Array.from({ length: 30 }, (_, row) => looseCluster(`Question ${row}?`)).sort();
  await writeStubHead(recorder, rows, said, seen, 1, clusters);
  const less = await run(seen, '--fit', '--error', '0.3', '--out', join(home, 'less.json'));
  expect(less).toMatchObject({ code: 0, stderr: '' });
  expect(less.stdout).toMatch(
    /^60 labelled rows; 0 verdicts .* left out\n\n30 rows of prompts that the head was trained on: left out/,
  );
  expect(less.stdout).toMatch(/on prompts that were held out: 12 rows/);
  const some = await run(seen, '--out', join(home, 'some.jsonl'));
  expect(some.stdout).toMatch(
    /^30 rows of prompts that the head was trained on: decided, and in no figure below\n\n60 rows, 60 with labels/,
  );
  const refused = await run(other, '--thresholds', fitted, '--out', out);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(
    /expected the head that the thresholds were fitted for, long 1 \([0-9a-f]{12}\), got/,
  );
});

test('without a head the one that comes with juror for the backbone is looked for', async () => {
  const ended = await juror(
    [
      'cascade',
      data,
      '--rubric',
      'better-answer',
      '--replay',
      recordings.full,
      '--out',
      join(home, 'none.jsonl'),
    ],
    // A home of its own: the other one holds the states of toy heads.
    join(home, 'fresh'),
  );
  expect(ended.code).toBe(2);
  expect(ended.stderr).toContain('the recording has no such');
});

test('flags that mean nothing together are named', () => {
  const flagsOf = (...words: string[]) =>
    defineCascade()
      .parse([data, '--head', 'h', '--rubric', 'r', '--out', 'o', ...words], { from: 'user' })
      .opts();
  expect(targetOf(flagsOf())).toBeUndefined();
  expect(targetOf(flagsOf('--fit', '--error', '0.1'))).toEqual({ kind: 'error', most: 0.1 });
  expect(targetOf(flagsOf('--fit', '--match', '0.02'))).toEqual({ kind: 'judge', margin: 0.02 });
  for (const [words, message] of [
    [['--error', '0.1'], /--error: expected --fit/],
    [['--match', '0.1'], /--match: expected --fit/],
    [['--fit'], /expected --error or --match, got neither/],
    [['--fit', '--error', '0.1', '--match', '0.1'], /got both/],
    [['--fit', '--error', '0.1', '--queue', 'q.jsonl'], /expected no --queue/],
    [['--fit', '--error', '0.1', '--thresholds', 'c.json'], /expected no --thresholds/],
  ] as const)
    expect(() => targetOf(flagsOf(...words))).toThrow(message);
  expect(readThresholds(['head=2.5', 'direct=never'])).toEqual({ head: 2.5, direct: null });
  for (const text of ['haed=2', 'head=-1', 'head', 'head=', 'head=x'])
    expect(() => readThresholds([text])).toThrow(/expected head, direct or critique/);
});
