import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { writePreferences } from '../../src/preference/file.ts';
import { preferencesFromLabels } from '../../src/preference/labels.ts';
import { textsUpToSteps } from '../../src/reward/step-texts.ts';
import { readTrainingFiles, trainingFromPreferences } from '../../src/reward/training-files.ts';
import { labelSet, pairData, rankingData, rowsRecord } from '../../src/reward/training-sets.ts';
import { pairRows, trainingFiles } from './training-data.ts';

test('preferences and the labels that they came from are the same rows, from JSON Lines and from Parquet', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-train-'));
  const samples = pairRows.slice(0, 6).map(({ prompt, chosen, rejected }, index) => ({
    id: `s${index}`,
    prompt,
    responses: [
      { id: 'chosen', text: chosen },
      { id: 'rejected', text: rejected },
    ],
    label: 'chosen',
  }));
  const preferences = [];
  for await (const preference of preferencesFromLabels(samples)) preferences.push(preference);
  const files = ['p.jsonl', 'p.parquet'].map((name) => join(folder.path, name));
  for (const file of files) await writePreferences(file, preferences);
  const [lines, table] = await Promise.all(files.map((file) => readTrainingFiles([file])));
  expect(table).toEqual(lines);
  expect(await trainingFromPreferences(preferences)).toEqual(lines);
  expect(lines?.kind).toBe('pairs');
  expect(lines?.rows.pairs).toHaveLength(6);
  expect(lines?.rows.texts).toHaveLength(12);
  const twice = await readTrainingFiles([files[0] ?? '', files[0] ?? '']);
  expect(twice.rows.texts).toHaveLength(12);
});

test('the side on the left is drawn, and its target turned with it', async () => {
  const { rows } = await trainingFiles(pairRows);
  const lefts = rows.pairs.filter(({ target }) => target === 1).length;
  expect(lefts).toBeGreaterThan(25);
  expect(lefts).toBeLessThan(65);
  for (const { left, right, target } of rows.pairs) {
    const [better, worse] = target === 1 ? [left, right] : [right, left];
    const row = pairRows.find(({ chosen }) => chosen === rows.texts[better]?.text);
    expect(rows.texts[worse]?.text).toBe(row?.rejected);
  }
});

test('samples with one scored answer are scores, and pairs within their prompt where pairs are asked for', async () => {
  const rows = [
    { prompt: 'a', response: 'x', score: 1 },
    { prompt: 'a', response: 'y', score: 3 },
    { prompt: 'b', response: 'z', score: 2 },
    { prompt: 'b', response: 'w' },
  ];
  const scores = await trainingFiles(rows);
  expect(scores.kind).toBe('scores');
  expect(scores.rows.scores.map(({ targets }) => targets.reward)).toEqual([1, 3, 2]);
  expect(scores.rows.unused).toEqual({ 'no label': 1 });
  const pairs = await trainingFiles(rows, { kind: 'pairs' });
  expect(pairs.rows.pairs).toHaveLength(1);
});

test('files with several kinds of labels, or none, are told what they hold', async () => {
  const mixed = [pairRows[0] ?? {}, { prompt: 'a', response: 'x', score: 1 }];
  await expect(trainingFiles(mixed)).rejects.toThrow('got 1 pairs, 1 scores');
  await expect(trainingFiles(mixed, { kind: 'steps' })).rejects.toThrow(
    'expected labelled steps, got 1 pairs, 1 scores',
  );
  await expect(trainingFiles([{ prompt: 'a', response: 'x' }])).rejects.toThrow(
    'expected labelled comparisons, scores or steps, got no label 1',
  );
});

test('a faulty preference is told by its line, and a faulty row is told to whoever listens', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'juror-train-'));
  const file = join(folder.path, 'p.jsonl');
  await writeFile(file, '{"schemaVersion":1,"chosen":1,"rejected":2,"probability":3}\n');
  await expect(readTrainingFiles([file])).rejects.toThrow(`${file}:1: `);
  const told: string[] = [];
  const rows = await trainingFiles([...pairRows.slice(0, 2), { nothing: 1 }], {
    onBadRow: ({ message }) => told.push(message),
  });
  expect(rows.rows.pairs).toHaveLength(2);
  expect(told[0]).toContain('rows.jsonl:3');
});

test('weights of a prompt add up to the mean of its pairs, and the digest knows every label', async () => {
  const { rows } = await trainingFiles([...pairRows.slice(0, 4), ...pairRows.slice(0, 1)]);
  const set = labelSet(rows, 'pairs', () => null);
  const { weight, cluster } = pairData(set, (text) => text);
  const sums = Map.groupBy(cluster.keys(), (row) => cluster[row]);
  for (const [, own] of sums)
    expect(own.reduce((sum, row) => sum + (weight[row] ?? 0), 0)).toBeCloseTo(1, 12);
  const first = set.pairs[0];
  if (first === undefined) throw new Error('expected a pair');
  const changed = { ...set, pairs: [{ ...first, target: 0.75 }, ...set.pairs.slice(1)] };
  expect(rowsRecord(changed).digest).not.toBe(rowsRecord(set).digest);
});

test('orders of one prompt count together as much as one, unless asked otherwise', async () => {
  const answers = (index: number) => ({ responses: [`a ${index}`, `b ${index}`], ratings: [2, 1] });
  const { rows } = await trainingFiles([
    { id: '1', prompt: 'p', ...answers(1) },
    { id: '2', prompt: 'p', ...answers(2) },
    { id: '3', prompt: 'q', ...answers(3) },
  ]);
  const set = labelSet(rows, 'pairs', () => null);
  const weights = (weightsPerPrompt: boolean) => [
    ...rankingData(set, (text) => text, { weightsPerPrompt }).rankings.weight,
  ];
  expect(weights(true)).toEqual([0.5, 0.5, 1]);
  expect(weights(false)).toEqual([1, 1, 1]);
});

test('the text up to a step ends with it, and the last one with what was written of the steps', () => {
  expect(textsUpToSteps('1. a\n\n2. b\nEnd.', ['1. a', '2. b'])).toEqual(['1. a', '1. a\n\n2. b']);
  expect(textsUpToSteps('other', ['a', 'b'])).toEqual(['a', 'a\nb']);
  fc.assert(
    fc.property(
      fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 6 }),
      fc.string(),
      (steps, between) => {
        const texts = textsUpToSteps(steps.join(between), steps);
        expect(texts).toHaveLength(steps.length);
        for (const [index, text] of texts.entries()) {
          expect(text.endsWith(steps[index] ?? '')).toBe(true);
          expect((texts[index + 1] ?? text).startsWith(text)).toBe(true);
        }
      },
    ),
  );
});
