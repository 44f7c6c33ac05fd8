/** The embedded model writes answers, and an answer to a changed instruction. */
import { expect, test } from 'vitest';
import { openLlama } from '../../src/engine/llama.ts';
import { selectOperators } from '../../src/preference/edit-operators.ts';
import { sampleAnswers } from '../../src/preference/sample-answers.ts';
import type { EditAttempt } from '../../src/preference/synthesis-options.ts';
import { synthesise } from '../../src/preference/synthesise.ts';
import { testModel } from '../support/model.ts';

test('answers and a changed instruction, the same for the same seed', async () => {
  await using engine = await openLlama({
    model: await testModel(),
    gpu: 'off',
    threads: 1,
    contextSize: 512,
    home: null,
  });
  const prompts = [{ id: 'colours', prompt: 'Name three colours.' }];
  const options = { temperatures: [0, 1], samples: 2, maxTokens: 8 };
  const [sample] = await Array.fromAsync(sampleAnswers([engine], prompts, options));
  expect(sample?.responses.map(({ metadata }) => metadata?.temperature)).toEqual([0, 1, 1]);
  expect(new Set(sample?.responses.map(({ text }) => text)).size).toBeGreaterThan(1);
  for (const { metadata } of sample?.responses ?? []) expect(metadata?.generated).toBeLessThanOrEqual(8);
  expect(await Array.fromAsync(sampleAnswers([engine], prompts, options))).toEqual([sample]);

  const question = 'What is the capital of France?';
  const samples = [{ id: 'capital', prompt: question, responses: [{ id: 'r', text: 'Paris.' }] }];
  const edit = async () => {
    const tried: EditAttempt[] = [];
    const made = await Array.fromAsync(
      synthesise(samples, {
        operators: selectOperators(['changed-instruction']),
        generator: engine,
        maxTokens: 8,
        onTry: (attempt) => void tried.push(attempt),
      }),
    );
    return { made, tried };
  };
  const { made, tried } = await edit();
  expect(tried.map(({ outcome }) => outcome)).toEqual([made.length === 1 ? 'made' : 'no-place']);
  for (const { rejected, source } of made) {
    expect(rejected.text).not.toBe('Paris.');
    expect(source.engines?.[0]?.digest).toBe(engine.id.digest);
    expect(source.edit?.detail).not.toContain(question);
  }
  expect(await edit()).toEqual({ made, tried });
});
