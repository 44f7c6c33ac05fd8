import { expect, test } from 'vitest';
import type { Engine } from '../../src/engine/engine.ts';
import { diagnoseTraining } from '../../src/reward/diagnose.ts';
import { openFeatures } from '../../src/reward/features.ts';
import { openFeatureStore } from '../../src/store/features.ts';
import { stubEngine } from './stub-engine.ts';
import { pairRows, stubReader, trainingFiles } from './training-data.ts';

const [few, many] = [pairRows.slice(1, 5), pairRows];

test('labels that states can tell apart are learned by heart', async () => {
  const { features, engine } = await stubReader();
  const found = await diagnoseTraining(features, await trainingFiles(few));
  expect(found).toEqual({ read: 8, unread: {}, constant: 0, alike: 0, overfit: { rows: 4, accuracy: 1 } });
  // 32 pairs are enough, however many there are.
  await diagnoseTraining(features, await trainingFiles(many));
  expect(engine.asked.length).toBeLessThan(80);
});

test('labels that contradict each other are not, and neither are states that the answers do not reach', async () => {
  const { features } = await stubReader();
  const turned = few.flatMap(({ prompt, chosen, rejected }) => [
    { prompt, chosen, rejected },
    { prompt, chosen: rejected, rejected: chosen },
  ]);
  expect(
    (await diagnoseTraining(features, await trainingFiles(turned))).overfit?.accuracy,
  ).toBeLessThanOrEqual(0.5);
  const stub = stubEngine();
  const deaf: Engine = {
    ...stub,
    embed: (conversations, options) =>
      stub.embed(
        conversations.map((messages) => messages.slice(0, 1)),
        options,
      ),
  };
  const reader = await openFeatures(deaf, openFeatureStore(':memory:'));
  const found = await diagnoseTraining(reader, await trainingFiles(few));
  expect(found.alike).toBeGreaterThan(3);
  expect(found.overfit?.accuracy).toBe(0);
});

test('scores are parted at their mean; labels of one kind teach nothing', async () => {
  const { features } = await stubReader();
  const scored = (score: (index: number) => number) =>
    trainingFiles(
      Array.from({ length: 6 }, (_, index) => ({
        prompt: `${index}`,
        response: 'good '.repeat(index),
        score: score(index),
      })),
    );
  expect((await diagnoseTraining(features, await scored((index) => index))).overfit).toEqual({
    rows: 6,
    accuracy: 1,
  });
  expect((await diagnoseTraining(features, await scored(() => 2))).overfit).toBeNull();
});

test('numbers that are the same in all answers are counted', async () => {
  const stub = stubEngine();
  const flat: Engine = {
    ...stub,
    embed: async (conversations, options) =>
      (await stub.embed(conversations, options)).map(({ vector, tokens }) => ({
        vector: vector.map((value, place) => (place < 3 ? 7 : value)),
        tokens,
      })),
  };
  const reader = await openFeatures(flat, openFeatureStore(':memory:'));
  expect((await diagnoseTraining(reader, await trainingFiles(few))).constant).toBe(3);
});
