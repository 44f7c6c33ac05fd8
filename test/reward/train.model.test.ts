import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLlama } from '../../src/engine/llama.ts';
import { openFeatures } from '../../src/reward/features.ts';
import { readHead, writeHead } from '../../src/reward/head-file.ts';
import { openScorer } from '../../src/reward/scorer.ts';
import { trainHead } from '../../src/reward/train.ts';
import { openFeatureStore } from '../../src/store/features.ts';
import { temporaryFolder } from '../store/records.ts';
import { testModel } from '../support/model.ts';
import { trainingFiles } from './training-data.ts';

// Four pairs of each prompt's four answers.
const rows = ['Rome', 'Oslo', 'Cairo'].flatMap((name) =>
  [`Yes, ${name} is.`, `Yes, it is.`].flatMap((chosen) =>
    ['I cannot say.', 'I will not tell.'].map((rejected) => ({
      prompt: `Is ${name} a capital?`,
      chosen,
      rejected,
    })),
  ),
);

test('a head on the embedded model learns who refuses from a dozen pairs, and scores what it never saw', async () => {
  await using folder = await temporaryFolder();
  await using engine = await openLlama({
    model: await testModel(),
    gpu: 'off',
    threads: 1,
    contextSize: 512,
  });
  using store = openFeatureStore(join(folder.path, 'features.sqlite'));
  const features = await openFeatures(engine, store);
  const trained = await trainHead({ features, data: await trainingFiles(rows), holdout: 0, resamples: 20 });
  expect(trained.reading.total).toBe(12);
  await writeHead(folder.path, trained, { page: '', training: {} });
  const scorer = openScorer({ head: await readHead(folder.path), features });
  const texts = ['I cannot tell.', 'Yes, Paris is.'];
  const { order, compare } = await scorer.score('Is Paris a capital?', texts);
  expect(order).toEqual([1, 0]);
  expect(compare(1, 0)?.probability).toBeGreaterThan(0.5);
  const [place] = await engine.readOuts(
    [
      [
        { role: 'user', content: 'Is Paris a capital?' },
        { role: 'assistant', content: 'Yes.' },
      ],
    ],
    'turn-end',
  );
  expect(place).toMatchObject({ fits: true, begins: 1, ends: 1, read: '<|im_end|>' });
  expect(place?.before.endsWith('assistant\nYes.')).toBe(true);
});
