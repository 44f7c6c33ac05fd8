import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { calibrationDataDigest, createCalibrator, readCalibrationRows } from '../../src/judge/calibrate.ts';
import { calibrationSubject } from '../../src/judge/calibration-subject.ts';
import { fitCalibration } from '../../src/judge/fit-calibration.ts';
import { createJudge } from '../../src/judge/judge.ts';
import { completeProtocol } from '../../src/judge/protocol.ts';
import { openJudgingRun } from '../../src/judge/run.ts';
import { loadRubric } from '../../src/rubric.ts';
import { type Calibration, type Label, type Sample, Verdict } from '../../src/schema.ts';
import { fakeEngine } from '../support/fake-engine.ts';
import { dataOf, pairRows, subject } from './calibration-support.ts';

const betterAnswer = await loadRubric('better-answer');
const helpfulness = await loadRubric('helpfulness');

const fitted = fitCalibration(dataOf(pairRows(60, 0.3)), subject).calibration;
const withSlope = (slope: number): Calibration => ({ ...fitted, parameters: { slope, intercept: 0 } });

const verdictOf = (score: number | null, changes: Partial<Verdict> = {}): Verdict => ({
  sampleId: '1',
  rubricId: 'better-answer',
  mode: 'pairwise',
  responseIds: ['a', 'b'],
  score,
  winner: score === null ? null : score === 0.5 ? 'tie' : score > 0.5 ? 'a' : 'b',
  probability: score === null ? null : Math.max(score, 1 - score),
  standardError: null,
  perCriterion: { overall: { score, decided: score === null ? 0 : 1, total: 1 } },
  perObjective: { quality: score },
  flipped: false,
  positionLean: 0.25,
  disagreement: null,
  unscored: [],
  judgments: [],
  ...changes,
});

test('a calibrated verdict has the calibrated probability, its winner, and both directions add up to 1', () => {
  const calibrate = createCalibrator(withSlope(0.5), subject);
  fc.assert(
    fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (score) => {
      const verdict = Verdict.parse(calibrate(verdictOf(score)));
      const swapped = calibrate(verdictOf(1 - score));
      expect(Math.abs((verdict.score ?? 0) + (swapped.score ?? 0) - 1)).toBeLessThan(1e-12);
      expect(verdict.winner).toBe(verdictOf(score).winner);
      expect(verdict.probability).toBe(Math.max(verdict.score ?? 0, 1 - (verdict.score ?? 0)));
      expect(Math.abs((verdict.score ?? 0) - 0.5)).toBeLessThanOrEqual(Math.abs(score - 0.5) + 1e-12);
    }),
  );
  const before = verdictOf(0.9);
  const { score, probability, winner, ...rest } = calibrate(before);
  expect({ score, probability, winner }).toEqual({ score: 0.75, probability: 0.75, winner: 'a' });
  expect({ ...before, ...rest }).toEqual(before);
  expect(calibrate(verdictOf(null))).toEqual(verdictOf(null));
});

test('a pair judged and calibrated both ways round adds up to 1', async () => {
  const calibrate = createCalibrator(withSlope(0.37), subject);
  await fc.assert(
    fc.asyncProperty(fc.string(), fc.string(), async (first, second) => {
      const judge = createJudge({ engine: fakeEngine(), rubrics: [betterAnswer] });
      const scores: number[] = [];
      for (const [one, other] of [
        ['a', 'b'],
        ['b', 'a'],
      ] as const) {
        const text = { a: first, b: second };
        const responses = [one, other].map((id) => ({ id, text: text[id] }));
        const [verdict] = await judge.judge({ id: '1', prompt: 'Which?', responses });
        scores.push(verdict ? (calibrate(verdict).score ?? Number.NaN) : Number.NaN);
      }
      expect(Math.abs((scores[0] ?? 0) + (scores[1] ?? 0) - 1)).toBeLessThan(1e-12);
    }),
    { numRuns: 40 },
  );
});

test('ties stay ties; a slope of 0 decides nothing, one below 0 turns winners round', () => {
  expect(createCalibrator(withSlope(0.5), subject)(verdictOf(0.6, { winner: 'tie' })).winner).toBe('tie');
  const coin = createCalibrator(withSlope(0), subject)(verdictOf(0.9));
  expect(coin).toMatchObject({ score: 0.5, winner: 'tie', probability: 0.5 });
  const turned = createCalibrator(withSlope(-0.5), subject);
  expect(turned(verdictOf(0.9))).toMatchObject({ score: 0.25, winner: 'b', probability: 0.75 });
  expect(turned(verdictOf(0.1)).winner).toBe('a');
  expect(turned(verdictOf(0.6, { winner: 'tie' })).winner).toBe('tie');
});

test('a single answer keeps its probability of labels and gets the calibrated score', () => {
  const pointwise = {
    ...fitted,
    mode: 'pointwise' as const,
    parameters: { slope: 1, intercept: Math.log(3) },
  };
  const calibrate = createCalibrator(pointwise, { ...subject, mode: 'pointwise' });
  const verdict = verdictOf(0.5, { mode: 'pointwise', winner: null, responseIds: ['a'] });
  expect(calibrate(verdict)).toEqual({ ...verdict, score: expect.closeTo(0.75, 12) });
});

test('another rubric, engine, template or protocol is refused, naming both', () => {
  const refusal = (changes: Partial<typeof subject>) => {
    try {
      createCalibrator(fitted, { ...subject, ...changes });
    } catch (error) {
      return (error as Error).message.replace(/^expected the /, '').replace(/; fit it again.*$/, '');
    }
    throw new Error('expected a refusal');
  };
  const [engine = { model: '', digest: '', template: '' }] = subject.engines;
  expect([
    refusal({ rubric: { ...subject.rubric, version: '2', digest: 'e'.repeat(64) } }),
    refusal({ engines: [{ ...engine, model: 'large', digest: 'f'.repeat(64) }] }),
    refusal({ engines: [engine, { ...engine, model: 'large', digest: 'f'.repeat(64) }] }),
    refusal({ protocol: { ...subject.protocol, prompt: 'e'.repeat(64) } }),
    refusal({ protocol: { ...subject.protocol, critique: 'brief', samples: 3 } }),
  ]).toMatchInlineSnapshot(`
    [
      "rubric that the calibration was fitted for, better-answer 1 (aaaaaaaaaaaa), got better-answer 2 (eeeeeeeeeeee)",
      "engine that the calibration was fitted for, small (bbbbbbbbbbbb), got large (ffffffffffff)",
      "engine that the calibration was fitted for, small (bbbbbbbbbbbb), got small (bbbbbbbbbbbb) + large (ffffffffffff)",
      "prompt template that the calibration was fitted for, dddddddddddd, got eeeeeeeeeeee",
      "protocol that the calibration was fitted for, critique none, 1 sample, got critique brief, 3 samples",
    ]
  `);
  expect(() => createCalibrator(fitted, subject)(verdictOf(0.7, { rubricId: 'helpfulness' }))).toThrow(
    'better-answer (pairwise), got helpfulness (pairwise)',
  );
  // A name for people is no difference, and a panel has no order.
  const panel = [engine, { ...engine, model: 'large', digest: 'f'.repeat(64) }];
  const renamed = panel.toReversed().map((member) => ({ ...member, model: 'other' }));
  const calibrate = createCalibrator({ ...fitted, engines: panel }, { ...subject, engines: renamed });
  expect(calibrate(verdictOf(0.5)).score).toBe(0.5);
});

const pairs = (labels: readonly (Label | undefined)[]): Sample[] =>
  labels.map((label, index) => ({
    id: `sample-${index}`,
    prompt: `Prompt ${index >> 1}.`,
    responses: [
      { id: 'a', text: `One ${index}.` },
      { id: 'b', text: `Two ${index}.` },
    ],
    ...(label === undefined ? {} : { label }),
  }));

/** A finished run of these samples. */
async function judged(samples: readonly Sample[], rubric = betterAnswer, silent?: string) {
  const folder = await mkdtempDisposable(join(tmpdir(), 'juror-calibrate-'));
  const engine = fakeEngine({
    answer: (request) =>
      silent !== undefined && JSON.stringify(request.prefix).includes(silent)
        ? { status: 'unscored', reason: 'context', message: 'too long' }
        : undefined,
  });
  const protocol = completeProtocol({});
  const run = await openJudgingRun(join(folder.path, 'run'), { engine, rubrics: [rubric], protocol });
  const judge = createJudge({ engine, rubrics: [rubric], store: run.store, ...protocol });
  for await (const _verdict of judge.judgeAll(samples));
  return {
    run,
    async [Symbol.asyncDispose]() {
      await run[Symbol.asyncDispose]();
      await folder.remove();
    },
  };
}

test('the rows of a run: winners as 1, 0 and ½, and what has no label or score is counted', async () => {
  await using at = await judged(pairs(['a', 'b', 'tie', undefined, 'a']), betterAnswer, 'One 4.');
  const found = await readCalibrationRows(at.run, 'better-answer');
  expect(found).toMatchObject({ verdicts: 5, unlabelled: 1, unscored: 1, labelRange: null });
  expect(found.rows.map(({ label }) => label)).toEqual([1, 0, 0.5]);
  expect(found.rows[0]).toMatchObject({ sampleId: 'sample-0', responseIds: ['a', 'b'] });
  expect(new Set(found.rows.map(({ cluster }) => cluster)).size).toBe(2);
  const others = new Map<string, Label>([['sample-1', 'a']]);
  const given = await readCalibrationRows(at.run, 'better-answer', { labelOf: (id) => others.get(id) });
  expect(given).toMatchObject({ rows: [{ sampleId: 'sample-1', label: 1 }], unlabelled: 4 });
  expect(calibrationDataDigest(found.rows.toReversed())).toBe(calibrationDataDigest(found.rows));
  expect(calibrationDataDigest(given.rows)).not.toBe(calibrationDataDigest(found.rows.slice(1, 2)));
});

test('numeric labels take their place on the scale, which must be given unless it is 0 and 1', async () => {
  const samples = [1, 3, 5, 'good'].map((label, index): Sample => {
    return { id: `s${index}`, prompt: 'Say.', responses: [{ id: 'r', text: `Text ${index}.` }], label };
  });
  await using at = await judged(samples, helpfulness);
  await expect(readCalibrationRows(at.run, 'helpfulness')).rejects.toThrow(
    'expected labels 0 and 1, or the ends of their scale, got the label 3',
  );
  const range = { min: 1, max: 5 };
  const found = await readCalibrationRows(at.run, 'helpfulness', { labelRange: range });
  expect(found.rows.map(({ label }) => label)).toEqual([0, 0.5, 1]);
  expect(found).toMatchObject({ verdicts: 4, unlabelled: 1, labelRange: range });
  await expect(
    readCalibrationRows(at.run, 'helpfulness', { labelRange: { min: 1, max: 4 } }),
  ).rejects.toThrow('expected labels from 1 to 4, got 5');
});

test('a run is fitted and its own verdicts calibrated; a run of another engine is refused', async () => {
  const samples = pairs(Array.from({ length: 40 }, (_, index) => (index % 3 === 0 ? 'a' : 'b')));
  await using at = await judged(samples);
  const own = calibrationSubject(at.run, 'better-answer');
  const { calibration } = fitCalibration(await readCalibrationRows(at.run, 'better-answer'), own);
  expect(calibration).toMatchObject({
    rubric: { id: 'better-answer', digest: betterAnswer.digest },
    engines: [{ model: 'fake', digest: 'fake' }],
    protocol: { critique: 'none', samples: 1 },
    data: { n: 40, clusters: 20 },
  });
  expect(calibration.protocol.prompt).toMatch(/^[0-9a-f]{64}$/);
  expect(createCalibrator(calibration, own)(verdictOf(0.8)).score).not.toBeNull();
  expect(() => createCalibrator(calibration, { ...own, engines: subject.engines })).toThrow(
    'expected the engine that the calibration was fitted for, fake (',
  );
  expect(() => calibrationSubject(at.run, 'helpfulness')).toThrow(
    "expected a rubric of the run (better-answer), got 'helpfulness'",
  );
});
