import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readPrompts, readSamples } from '../../src/dataset.ts';
import type { JurorError } from '../../src/errors.ts';
import { root } from '../cli/juror.ts';

async function read(text: string, name = 'prompts.jsonl') {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-prompts-'));
  const path = join(folder.path, name);
  await writeFile(path, text);
  const errors: string[] = [];
  const onBadRow = (error: JurorError) => void errors.push(error.message.replace(path, name));
  const prompts = await Array.fromAsync(readPrompts(path, { onBadRow }));
  return { prompts, errors };
}
const lines = (...rows: object[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

test('prompts alone, with answers that are left out, and conversations cut before the answer', async () => {
  const { prompts, errors } = await read(
    lines(
      { id: 1, instruction: 'Add.', input: '1 + 1', subset: 'sums' },
      { id: 2, question: 'Which?', a: 'x', b: 'y', label: 'a', expected: 'x', votes: [1], score: 3 },
      {
        id: 3,
        messages: [
          { role: 'user', content: 'Hi' },
          { role: 'assistant', content: 'Ho' },
        ],
      },
      { id: 4, conversation: [{ from: 'human', value: 'Hi' }] },
    ),
  );
  expect(errors).toEqual([]);
  expect(prompts).toEqual([
    { id: '1', prompt: 'Add.\n\n1 + 1', metadata: { subset: 'sums' } },
    { id: '2', prompt: 'Which?', reference: 'x' },
    { id: '3', prompt: [{ role: 'user', content: 'Hi' }] },
    { id: '4', prompt: [{ role: 'user', content: 'Hi' }] },
  ]);
});

test('the same prompts as of samples; tables; ids made from content', async () => {
  const pairs = join(root, 'fixtures/demo/pairs.jsonl');
  const samples = await Array.fromAsync(readSamples(pairs));
  const prompts = await Array.fromAsync(readPrompts(pairs));
  expect(prompts.map(({ id, prompt }) => ({ id, prompt }))).toEqual(
    samples.map(({ id, prompt }) => ({ id, prompt })),
  );
  expect(prompts[0]?.metadata).toEqual(samples[0]?.metadata);
  expect(await Array.fromAsync(readPrompts(pairs, { limit: 2 }))).toHaveLength(2);
  const table = await read('prompt,subset\nWhy?,x\nWhy?,x\n', 'prompts.csv');
  expect(table.prompts.map(({ id }) => id.replace(/^[0-9a-f]{16}/, 'hash'))).toEqual(['hash', 'hash-2']);
});

test('rows without a prompt are refused by name and line', async () => {
  const { prompts, errors } = await read(
    lines(
      { text: 'x' },
      { id: 1, prompt: 'p' },
      { id: 1, prompt: 'q' },
      { messages: [{ role: 'assistant', content: 'Ho' }] },
    ),
  );
  expect(prompts).toHaveLength(1);
  expect(errors).toEqual([
    expect.stringMatching(/^prompts\.jsonl:1: prompt: expected one of prompt, instruction, .*, got text$/),
    expect.stringMatching(/^prompts\.jsonl:3: id: expected an id of its own/),
    expect.stringMatching(/^prompts\.jsonl:4: messages: expected a prompt, got none before/),
  ]);
});
