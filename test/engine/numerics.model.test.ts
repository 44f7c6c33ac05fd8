import { afterAll, beforeAll, expect, test } from 'vitest';
import { pearson } from '../../src/aggregate/correlation.ts';
import { estimate } from '../../src/aggregate/statistic.ts';
import { type LlamaEngine, openLlama } from '../../src/engine/llama.ts';
import { testModel } from '../support/model.ts';
import {
  conversationOf,
  cosine,
  differences,
  readGolden,
  readLabels,
  referenceLabels,
} from '../support/numerics.ts';

const { items, sha256 } = readGolden();
let engine: LlamaEngine;

beforeAll(async () => {
  const model = await testModel();
  expect(model.sha256, 'the golden files are of another model').toBe(sha256);
  engine = await openLlama({ model, gpu: 'off', numerics: 'exact', threads: 1 });
});
afterAll(() => engine?.[Symbol.asyncDispose]());

test('the engine evaluates the tokens that the reference was given', async () => {
  expect(items).toHaveLength(50);
  for (const item of items) {
    expect(await engine.tokens(item.deliberation)).toEqual([item.segments]);
    expect((await engine.tokens(conversationOf(item.deliberation)))[0]?.flat()).toEqual(item.conversation);
  }
});

test('label log-odds and label mass are those of float32 weights', async ({ annotate }) => {
  const reference = referenceLabels(items);
  const labels = await readLabels(engine, items);
  const [odds, expected] = [labels, reference].map((list) => list.map(({ logOdds }) => logOdds));
  const [mass, expectedMass] = [labels, reference].map((list) => list.map(({ labelMass }) => labelMass));
  const correlation = estimate(pearson(odds ?? [], expected ?? [])).value;
  const difference = differences(odds ?? [], expected ?? []);
  await annotate(
    `log-odds: correlation ${correlation?.toFixed(5)}, mean |Δ| ${difference.mean.toFixed(4)}, max ${difference.max.toFixed(4)}`,
  );
  expect(correlation).toBeGreaterThanOrEqual(0.99);
  expect(difference.mean).toBeLessThan(0.2);
  expect(differences(mass ?? [], expectedMass ?? []).mean).toBeLessThan(0.2);
});

test('hidden states are those of float32 weights', async ({ annotate }) => {
  const some = items.filter((_, index) => index % 4 === 0);
  const embeddings = await engine.embed(some.map(({ messages }) => messages));
  const vectors = embeddings.map(({ vector }) => vector);
  const cosines = some.map(({ hiddenState }, index) =>
    cosine(vectors[index] ?? new Float32Array(), hiddenState),
  );
  const norms = some.map(
    ({ hiddenState }, index) => Math.hypot(...(vectors[index] ?? [])) / Math.hypot(...hiddenState),
  );
  await annotate(`hidden states: least cosine ${Math.min(...cosines).toFixed(6)}`);
  expect(Math.min(...cosines)).toBeGreaterThanOrEqual(0.995);
  for (const ratio of norms) expect(ratio).toBeCloseTo(1, 1);
});
