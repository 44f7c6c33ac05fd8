import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readSamples } from '../../src/dataset.ts';
import { Preference } from '../../src/schema.ts';
import { juror, without } from './juror.ts';

const pairs = 'fixtures/card/pairs.jsonl';
const folderOf = () => mkdtempDisposable(join(tmpdir(), 'juror-synth-'));

test('pairs: labelled rows that are read again, the same bytes for the same seed, in every format', async () => {
  await using folder = await folderOf();
  const at = (name: string) => join(folder.path, name);
  const [first, again, table] = await Promise.all(
    ['pairs.jsonl', 'again.jsonl', 'pairs.csv'].map((name) =>
      juror(['synth', pairs, '--per-answer', '2', '--balance-length', '--out', at(name)], folder.path),
    ),
  );
  expect({ code: first?.code, errors: first?.stderr.includes('juror:') }).toEqual({ code: 0, errors: false });
  expect(without(folder.path, first?.stdout ?? '')).toMatchSnapshot();
  expect(await readFile(at('pairs.jsonl'), 'utf8')).toBe(await readFile(at('again.jsonl'), 'utf8'));
  expect([again?.code, table?.code]).toEqual([0, 0]);
  const samples = await Array.fromAsync(readSamples(at('pairs.jsonl')));
  expect(samples.map(({ label }) => label).sort()).toEqual([...Array(48).fill('a'), ...Array(48).fill('b')]);
  expect(samples.every(({ metadata }) => typeof metadata?.subset === 'string')).toBe(true);
  const read = await Array.fromAsync(readSamples(at('pairs.csv')));
  expect(read.map(({ responses, label }) => [responses, label])).toEqual(
    samples.map(({ responses, label }) => [responses, label]),
  );
});

test('preferences: records to train on, figures as JSON, what is left out told', async () => {
  await using folder = await folderOf();
  const out = join(folder.path, 'preferences.jsonl');
  const parameters = [
    '--as',
    'preferences',
    '--operators',
    'corrupt-step,pad',
    '--certainty',
    '0.9',
    '--json',
  ];
  const { code, stdout } = await juror(
    ['synth', 'fixtures/demo/answers.jsonl', ...parameters, '--out', out],
    folder.path,
  );
  expect(code).toBe(0);
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ leftOut: { 'labelled-wrong': expect.any(Number) }, as: 'preferences' });
  const rows = (await readFile(out, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => Preference.parse(JSON.parse(line)));
  expect(rows).toHaveLength(report.all.made);
  expect(rows.length + report.leftOut['labelled-wrong']).toBe(6);
  expect(rows[0]).toMatchObject({ probability: 0.9, source: { run: 'answers.jsonl', method: 'synthetic' } });
});

test('bad flags, and operators that need a model, are told before anything is made', async () => {
  await using folder = await folderOf();
  const synth = async (...flags: string[]) => {
    const out = join(folder.path, 'x.jsonl');
    const { code, stderr } = await juror(['synth', pairs, '--out', out, '--quiet', ...flags], folder.path);
    return `${code} ${stderr.trim()}`;
  };
  expect(await synth('--operators', 'padd')).toMatch(
    /^2 juror: operators: expected all or names .*'padd'; did you mean 'pad'\?$/,
  );
  expect(await synth('--operators', 'changed-instruction')).toMatch(
    /^2 juror: --operators: expected --model beside/,
  );
  expect(await synth('--certainty', '0.5')).toMatch(/^2 juror: --certainty: expected a number above 0.5/);
  expect(await synth('--operators', 'truncate', '--balance-length')).toMatch(
    /^2 juror: balanceLength: expected operators/,
  );
  const bad = join(folder.path, 'bad.jsonl');
  await writeFile(bad, '{"prompt":"p","response":"One sentence. Two sentences. Three."}\n{"prompt":"p"}\n');
  const { code, stdout } = await juror(['synth', bad, '--out', join(folder.path, 'y.jsonl')], folder.path);
  expect(code).toBe(2);
  expect(stdout).toContain('1 comparison\n');
  expect(stdout).toContain('1 row refused');
});
