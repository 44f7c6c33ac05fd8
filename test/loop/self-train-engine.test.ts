import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { selfTrain } from '../../src/loop/self-train.ts';
import { engineParts } from '../../src/loop/self-train-engine.ts';
import { selectOperators } from '../../src/preference/edit-operators.ts';
import type { FeatureReader } from '../../src/reward/features.ts';
import { readHead, writeHead } from '../../src/reward/head-file.ts';
import { loadRubric } from '../../src/rubric.ts';
import type { Sample, Verdict } from '../../src/schema.ts';
import { contentsOf } from './self-train-stub.ts';

/** How a text looks: enough to see that it breaks off, or is said twice. */
const reader: FeatureReader = {
  spec: {
    model: 'looks',
    digest: '0'.repeat(64),
    template: '1'.repeat(64),
    readOut: 'turn-end',
    suffix: null,
    size: 4,
    settings: {},
  },
  async *read(texts) {
    for await (const { text = '' } of texts) {
      const words = text.split(/\s+/);
      const vector = Float32Array.of(
        text.length / 100,
        Number(/[.!]\s*$/.test(text)),
        new Set(words).size / words.length,
        (text.match(/[aeiou]/g)?.length ?? 0) / 50,
      );
      yield { status: 'read', vector, tokens: words.length, cached: false };
    }
  },
};

const samples: Sample[] = Array.from({ length: 40 }, (_, index) => ({
  id: `s${index}`,
  prompt: `What does machine number ${index} do?`,
  responses: ['a', 'b'].map((id) => ({
    id,
    text: `Machine number ${index} of row ${id} makes ${index + 7} parts every hour. It is cleaned in the evening. The parts are then packed by ${index + 2} people. All of them leave on the next morning.`,
  })),
}));
const anchors = Array.from({ length: 30 }, (_, index) => {
  const whole = `Device ${index} cuts ${index + 3} sheets. It then folds them. Nobody needs to watch it.`;
  return { prompt: `And device ${index}?`, first: whole, second: whole.slice(0, -14), target: 1 };
});

test('edits, heads and their files make a loop that ends in a head of juror, twice with the same bytes', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-loop-'));
  const parts = engineParts({
    features: reader,
    operators: selectOperators(['truncate', 'pad']),
    run: 'data.jsonl',
  });
  const options = { rounds: 2, pairsPerRound: 40, promotion: { resamples: 200 }, seed: 5 };
  const { rounds } = await selfTrain(join(home.path, 'one'), { samples, anchors }, parts, options);
  const [base] = rounds;
  expect(base?.decision.outcome).toBe('base');
  expect(base?.card.comparisons.operators).toMatchObject({
    truncate: expect.any(Number),
    pad: expect.any(Number),
  });
  expect(base?.card.labels.chosenLonger.estimate).toBeCloseTo(0.5, 1);
  expect(base?.card.anchors?.accuracy.estimate).toBe(1);
  expect(base?.card.training?.details.l2).toBeGreaterThan(0);
  const head = await readHead(join(home.path, 'one', 'current'));
  expect(head.record).toMatchObject({
    name: 'self-trained',
    version: '0',
    training: { rows: { sources: { synthetic: 40 } } },
  });
  // A calibration of 0: nothing that the head says of unseen prompts is to be trusted.
  const { calibration } = head.record;
  if (calibration === null || head.belief.calibration === null) throw new Error('expected a calibration');
  const mute = {
    record: { ...head.record, calibration: { ...calibration, slope: 0 } },
    belief: { ...head.belief, calibration: { ...head.belief.calibration, slope: 0 } },
  };
  await writeHead(join(home.path, 'mute'), mute, { page: '', training: {} });
  const silent = await parts.readHead(join(home.path, 'mute'));
  const features = { rows: 2, columns: 4, values: Float32Array.of(1, 0, 1, 0, 0, 1, 0, 1) };
  expect(Array.from(silent.score(features), Math.abs)).toEqual([0, 0]);
  expect(silent.deviation(features, Int32Array.of(0), Int32Array.of(1))[0]).toBeGreaterThan(0);
  await selfTrain(join(home.path, 'two'), { samples, anchors }, parts, { ...options, rounds: 1 });
  await selfTrain(join(home.path, 'two'), { samples, anchors }, parts, options);
  expect(await contentsOf(join(home.path, 'two'))).toEqual(await contentsOf(join(home.path, 'one')));
});

test('a loop that only ever cuts answers short is refused for teaching length', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-loop-'));
  const parts = engineParts({ features: reader, operators: selectOperators(['truncate']) });
  const { rounds } = await selfTrain(home.path, { samples, anchors }, parts, {
    rounds: 1,
    pairsPerRound: 30,
  });
  expect(rounds[0]?.decision).toMatchObject({ outcome: 'refused', current: null });
  expect(rounds[0]?.decision.reasons[0]).toContain('chosen-longer: the longer answer is chosen in 100.0 %');
});

test('a verdict is a pair to train on by the rules of every run', async () => {
  const verdict = ({ id, responses }: Sample, changed: Partial<Verdict> = {}) =>
    ({
      sampleId: id,
      responseIds: responses.map((response) => response.id),
      score: 0.8,
      winner: 'a',
      perObjective: {},
      flipped: false,
      unscored: [],
      judgments: [],
      panel: { members: [{ score: 0.9 }, { score: 0.3 }] },
      ...changed,
    }) as unknown as Verdict;
  const [decided, abstained, empty, same] = samples as [Sample, Sample, Sample, Sample];
  const twice: Sample = { ...same, responses: ['a', 'b'].map((id) => ({ id, text: 'One text.' })) };
  const { judge } = engineParts({
    features: reader,
    operators: selectOperators(['truncate']),
    judge: {
      judge: {
        protocol: {},
        async *judgeAll() {
          yield verdict(decided);
          yield verdict(abstained, { abstained: {} as NonNullable<Verdict['abstained']> });
          yield verdict(empty, { contentFree: ['a'] });
          yield verdict(twice);
        },
      } as never,
      rubric: await loadRubric('better-answer'),
      engine: { model: 'm', digest: 'd' } as never,
    },
  });
  const made = await Array.fromAsync(judge?.([decided, abstained, empty, twice], {}) ?? []);
  expect(made[0]).toMatchObject({ preference: { probability: 0.8, agreement: 0.5, orderConsistent: true } });
  expect(made.slice(1)).toEqual(
    ['abstained', 'content-free', 'same-text'].map((reason) => ({ status: 'unscored', reason })),
  );
});
