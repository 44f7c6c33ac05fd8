import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cascadeReport } from '../../src/aggregate/cascade-report.ts';
import { logistic } from '../../src/aggregate/logits.ts';
import { createRandom } from '../../src/aggregate/random.ts';
import { readSamples } from '../../src/dataset.ts';
import { type CascadeOptions, createCascade } from '../../src/loop/cascade.ts';
import {
  fitCascadeFile,
  readCascadeFile,
  requireCascade,
  withThresholds,
  writeCascadeFile,
} from '../../src/loop/cascade-file.ts';
import { queueRow } from '../../src/loop/cascade-queue.ts';
import { cascadeReportRow } from '../../src/loop/cascade-rows.ts';
import { loadRubric } from '../../src/rubric.ts';
import type { CascadeVerdict, Sample } from '../../src/schema.ts';
import { scriptedJudge } from '../support/scripted-judge.ts';
import { stubHead } from './stub-head.ts';

const betterAnswer = await loadRubric('better-answer');
const better = await loadRubric('helpfulness');

/** Pairs whose first answer says what the judge and the head think of it, in nats; the head is calibrated. */
function samplesOf(rows: number, seed: number): Sample[] {
  const random = createRandom(seed);
  return Array.from({ length: rows }, (_, row) => {
    const head = 2.5 * random.normal();
    const first = random.uniform() < logistic(head);
    const right = random.uniform() < 0.95;
    return {
      id: String(row),
      prompt: `${seed}: question ${row}?`,
      responses: [
        { id: 'a', text: `${first === right ? 3 : -3} ${head}` },
        { id: 'b', text: '0 0' },
      ],
      label: first ? 'a' : 'b',
    };
  });
}
const optionsOf = (more: Partial<CascadeOptions> = {}): CascadeOptions => ({
  head: stubHead((text) => Number(text.split(' ')[1])),
  judge: {
    engine: scriptedJudge((text) => Number(text.split(' ')[0])),
    rubric: betterAnswer,
    critique: 'none',
  },
  ...more,
});
async function decided(options: CascadeOptions, samples: readonly Sample[]) {
  const verdicts: CascadeVerdict[] = [];
  for await (const verdict of createCascade(options).decideAll(samples)) verdicts.push(verdict);
  return verdicts;
}
const whole = await decided(optionsOf({ askAll: true }), samplesOf(400, 1));
const subject = createCascade(optionsOf());
const fitted = fitCascadeFile(subject, whole, { kind: 'error', most: 0.12 }, { seed: 2 });

test('fitted on labels, a cascade keeps its promise on fresh pairs and saves tokens', async () => {
  if (fitted.file === null) throw new Error(fitted.reason ?? '');
  expect(fitted.file.bound).toBeLessThanOrEqual(0.12);
  const verdicts = await decided(withThresholds(optionsOf(), fitted.file), samplesOf(500, 2));
  const report = cascadeReport(
    verdicts.map((own) => cascadeReportRow(own)),
    subject.stages,
    { resamples: 50 },
  );
  expect(report.agreement.estimate).toBeGreaterThan(0.88 - 0.03);
  const [head, direct] = report.stages;
  expect(head?.decided).toBeGreaterThan(100);
  expect(direct?.asked).toBe(500 - (head?.decided ?? 0));
  const [alone] = report.alone;
  expect(alone?.measured.rows).toBe(direct?.asked);
  expect(alone?.estimated.rows).toBe(head?.decided);
  expect(alone?.total).toBe(500 * 40);
  expect(alone?.saved).toBeGreaterThan(-1);
});

test('the same verdicts give the same file, whatever their order, and it is read as it was written', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'juror-cascade-'));
  try {
    const again = fitCascadeFile(subject, whole.toReversed(), { kind: 'error', most: 0.12 }, { seed: 2 });
    expect(again).toEqual(fitted);
    if (fitted.file === null) throw new Error(fitted.reason ?? '');
    const path = join(folder, 'cascade.json');
    await writeCascadeFile(path, fitted.file);
    expect(await readCascadeFile(path)).toEqual(fitted.file);
    await writeFile(path, (await readFile(path, 'utf8')).replace('"bound"', '"bond"'));
    await expect(readCascadeFile(path)).rejects.toThrow(/bound|bond/);
    await expect(readCascadeFile(join(folder, 'none.json'))).rejects.toThrow(/no readable file/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('thresholds are refused for another head, rubric, engine or stage, saying which', () => {
  if (fitted.file === null) throw new Error(fitted.reason ?? '');
  const own = fitted.file.subject;
  requireCascade(own, createCascade(optionsOf()).subject);
  const { judge } = optionsOf();
  const engine = scriptedJudge(() => 0);
  const others: [RegExp, Partial<CascadeOptions>][] = [
    [/expected the head that/, { head: stubHead(() => 0, { digest: 'b'.repeat(64) }) }],
    [/expected the head's kind of confidence/, { head: { ...stubHead(() => 0), confidence: 'deviations' } }],
    [/expected the rubric that/, { judge: { ...judge, rubric: better } }],
    [
      /expected the engine that/,
      { judge: { ...judge, engine: { ...engine, id: { ...engine.id, digest: 'other' } } } },
    ],
    [/expected the stages that/, { judge: { ...judge, critique: 'brief' } }],
    [/expected the rules of abstention/, { judge: { ...judge, abstain: { flipped: true } } }],
  ];
  for (const [message, more] of others)
    expect(() => requireCascade(own, createCascade(optionsOf(more)).subject)).toThrow(message);
  // What an engine is called changes nothing.
  const renamed = { ...engine, id: { ...engine.id, model: 'other name' } };
  requireCascade(own, createCascade(optionsOf({ judge: { ...judge, engine: renamed } })).subject);
});

test('prompts of the fit are named, and the held-out ones are not among them', () => {
  const named = new Set(fitted.file?.clusters);
  expect(named.size).toBe(320);
  expect(whole.filter(({ cluster }) => !named.has(cluster))).toHaveLength(80);
});

test('verdicts without every opinion are no rows to fit on, tied labels are left out', async () => {
  const some = await decided(optionsOf(), samplesOf(40, 3));
  expect(() => fitCascadeFile(subject, some, { kind: 'error', most: 0.2 })).toThrow(/ask all stages/);
  const tied = whole.map((own, place) => (place < 30 ? { ...own, label: 'tie' } : own));
  expect(fitCascadeFile(subject, tied, { kind: 'error', most: 0.2 })).toMatchObject({
    rows: 370,
    leftOut: 30,
  });
});

test('what nobody decides becomes a row that says why and is read again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'juror-cascade-'));
  try {
    const [sample] = samplesOf(1, 9);
    if (!sample) throw new Error('expected a sample');
    const [verdict] = await createCascade(optionsOf({ thresholds: { head: null, direct: null } })).decide(
      sample,
    );
    if (!verdict) throw new Error('expected a verdict');
    const row = queueRow(sample, verdict);
    expect(row).not.toHaveProperty('label');
    expect(row.metadata.cascade.why).toMatch(
      /^head: [ab] with \d+ %, not sure enough · direct: [ab] with 95 %, not sure enough$/,
    );
    const path = join(folder, 'queue.jsonl');
    await writeFile(path, `${JSON.stringify({ ...row, label: 'a' })}\n`);
    const read: Sample[] = [];
    for await (const own of readSamples(path)) read.push(own);
    expect(read).toMatchObject([
      { id: sample.id, prompt: sample.prompt, responses: sample.responses, label: 'a' },
    ]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('rows of prompts that the head was trained on are left out of the fit, and counted', () => {
  const known = whole.slice(0, 100).map(({ cluster }) => cluster);
  const unseen = whole.slice(100);
  const trainedOn = new Set(known);
  const target = { kind: 'error', most: 0.15 } as const;
  const own = fitCascadeFile({ ...subject, trainedOn }, whole, target, { seed: 2 });
  expect(own).toMatchObject({ rows: 300, leftOut: 0, ofTheHead: 100 });
  if (own.file === null) throw new Error(own.reason ?? '');
  expect(own.file.clusters.some((cluster) => trainedOn.has(cluster))).toBe(false);
  expect(own.file).toEqual(fitCascadeFile(subject, unseen, target, { seed: 2 }).file);
});
