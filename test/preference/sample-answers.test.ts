import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { PromptRow } from '../../src/dataset.ts';
import { JurorError } from '../../src/errors.ts';
import {
  type AnswerFailure,
  type SampleAnswersOptions,
  sampleAnswers,
} from '../../src/preference/sample-answers.ts';
import { openSampleFile } from '../../src/preference/sample-file.ts';
import { Sample } from '../../src/schema.ts';
import { type FakeWriter, fakeWriter } from '../support/fake-writer.ts';

const prompts: PromptRow[] = [
  { id: 'one', prompt: 'Say one.', metadata: { subset: 'words' } },
  {
    id: 'two',
    prompt: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Say two.' },
    ],
    reference: 'two',
  },
];
const drawing = (model?: string) => fakeWriter(({ seed, temperature }) => `${temperature} ${seed}`, model);
const written = (writers: readonly FakeWriter[], options?: SampleAnswersOptions) =>
  Array.fromAsync(sampleAnswers(writers, prompts, options));

test('a sample for each prompt, an answer for each model, temperature and number; greedy once', async () => {
  const writers = [drawing('first'), drawing('second')];
  const options = { temperatures: [0, 0.5], samples: 3, maxTokens: 9, system: 'Be kind.' };
  const samples = await written(writers, options);
  for (const sample of samples) expect(Sample.parse(sample)).toEqual(sample);
  expect(samples.map(({ id, responses }) => [id, responses.length])).toEqual([
    ['one', 8],
    ['two', 8],
  ]);
  expect(samples[0]?.metadata).toEqual({ subset: 'words' });
  expect(samples[1]?.reference).toBe('two');
  const facts = samples[0]?.responses.map(
    ({ id, model, metadata }) => `${id} ${model} ${metadata?.temperature}`,
  );
  expect(facts?.slice(0, 5)).toEqual([
    'r1 first 0',
    'r2 first 0.5',
    'r3 first 0.5',
    'r4 first 0.5',
    'r5 second 0',
  ]);
  const [request] = writers[0]?.requests ?? [];
  expect(request).toMatchObject({ maxTokens: 9, topP: 1, stop: [], schema: null });
  const systems = writers[0]?.requests.map(({ messages }) =>
    messages
      .filter(({ role }) => role === 'system')
      .map(({ content }) => content)
      .join(),
  );
  expect(new Set(systems)).toEqual(new Set(['Be kind.', 'Be brief.']));
  expect(await written([drawing('first'), drawing('second')], options)).toEqual(samples);
  // The second model writes what the first would: seeds are of the prompt, keys of the engine.
  expect(
    new Set(samples.flatMap(({ responses }) => responses.map(({ metadata }) => metadata?.key))).size,
  ).toBe(16);
});

test('more samples find the ones that are there; a seed, a budget or a system turn makes others', async () => {
  const keysOf = async (options: SampleAnswersOptions) =>
    (await written([drawing()], options)).flatMap(({ responses }) =>
      responses.map(({ metadata }) => String(metadata?.key)),
    );
  const few = await keysOf({ samples: 2 });
  expect(await keysOf({ samples: 3, concurrency: 1 })).toEqual(expect.arrayContaining(few));
  for (const other of [{ seed: 1 }, { maxTokens: 5 }, { topP: 0.5 }])
    expect((await keysOf({ samples: 2, ...other })).filter((key) => few.includes(key))).toEqual([]);
  // The second prompt has a system turn of its own.
  expect((await keysOf({ samples: 2, system: 'x' })).filter((key) => few.includes(key))).toEqual(
    few.slice(2),
  );
});

test('equal answers are marked, or left out with their keys', async () => {
  const same = () => fakeWriter(({ seed }) => ((seed >>> 5) % 2 === 0 ? 'even' : 'odd'));
  const [marked] = await written([same()], { samples: 8 });
  const firsts = new Map<string, string>();
  for (const { id, text, metadata } of marked?.responses ?? []) {
    expect(metadata?.duplicateOf).toBe(firsts.get(text));
    if (!firsts.has(text)) firsts.set(text, id);
  }
  const [unique] = await written([same()], { samples: 8, unique: true });
  expect(unique?.responses.map(({ text }) => text).sort()).toEqual(['even', 'odd']);
  expect(unique?.metadata?.dropped).toHaveLength(6);
});

test('what an engine fails at is told; a prompt whose every answer failed gives no sample', async () => {
  const failures: AnswerFailure[] = [];
  const writer = fakeWriter(({ messages, temperature }) => {
    if (temperature === 1 || messages[0]?.role === 'system') throw new JurorError('engine', 'does not fit');
    return 'x';
  });
  const samples = await written([writer], {
    temperatures: [0, 1],
    onFailure: (failure) => void failures.push(failure),
  });
  expect(samples.map(({ id, responses }) => [id, responses.length])).toEqual([['one', 1]]);
  expect(failures.map(({ promptId, temperature }) => `${promptId} ${temperature}`)).toEqual([
    'one 1',
    'two 0',
    'two 1',
  ]);
  const broken = fakeWriter(() => {
    throw new JurorError('usage', 'no');
  });
  await expect(written([broken])).rejects.toMatchObject({ code: 'usage' });
  await expect(written([drawing()], { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'aborted',
  });
  for (const wrong of [
    { samples: 0 },
    { temperatures: [] },
    { temperatures: [-1] },
    { temperatures: [1, 1] },
  ])
    await expect(written([drawing()], wrong)).rejects.toMatchObject({ code: 'usage' });
  await expect(written([drawing(), drawing()])).rejects.toThrow('writers: expected each of them once');
});

/** Write to a file what is not in it. */
async function filled(path: string, options: SampleAnswersOptions, writer = drawing(), some = prompts) {
  const file = await openSampleFile(path);
  for await (const sample of sampleAnswers([writer], some, { ...options, find: file.find }))
    await file.keep(sample);
  return { others: await file.finish(), asked: writer.requests.length, text: await readFile(path, 'utf8') };
}

test('a file is taken up again: found by key, half a line mended, the same bytes at the end', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-sample-'));
  const path = join(folder.path, 'deep', 'answers.jsonl');
  const first = await filled(path, { samples: 3 });
  expect(first).toMatchObject({ others: 0, asked: 6 });
  expect(await filled(path, { samples: 3 })).toEqual({ ...first, asked: 0 });
  const [one = '', two = ''] = first.text.split('\n');
  await writeFile(path, `${two}\n${one.slice(0, 70)}`);
  expect(await filled(path, { samples: 3 })).toEqual({ ...first, asked: 3 });
  // Fewer samples lose nothing; more make the missing ones.
  const fewer = await filled(path, { samples: 1 });
  expect(fewer.text).toBe(first.text);
  expect(await filled(path, { samples: 4 })).toMatchObject({ asked: 2 });
});

test('other prompts stay after those of this command; equal answers that were left out are found again', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-sample-'));
  const path = join(folder.path, 'answers.jsonl');
  const same = () => fakeWriter(() => 'same');
  const all = await filled(path, { samples: 3, unique: true }, same());
  expect(await filled(path, { samples: 3, unique: true }, same())).toEqual({ ...all, asked: 0 });
  const second = await filled(path, { samples: 3, unique: true }, same(), prompts.slice(1));
  expect(second.others).toBe(1);
  expect(second.text.split('\n').toSorted()).toEqual(all.text.split('\n').toSorted());
  const other = await filled(path, { samples: 1, seed: 4 }, same(), prompts.slice(0, 1));
  const row = Sample.parse(JSON.parse(other.text.split('\n')[0] ?? ''));
  expect(row.responses.map(({ id, metadata }) => [id, metadata?.duplicateOf])).toEqual([
    ['r1', undefined],
    ['r2', 'r1'],
  ]);
});

test('a file of something else is refused, with its line, and stays as it is', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-sample-'));
  const path = join(folder.path, 'answers.jsonl');
  const own = '{"id":"x","prompt":"p","responses":[{"id":"a","text":"mine"}]}\n';
  for (const text of ['a diary', 'a diary\n', own]) {
    await writeFile(path, text);
    await expect(openSampleFile(path)).rejects.toMatchObject({ code: 'data', place: { file: path } });
    expect(await readFile(path, 'utf8')).toBe(text);
  }
});
