import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readSamples } from '../../src/dataset.ts';
import { readPreferences, writePreferences } from '../../src/preference/file.ts';
import { preferencesFromLabels } from '../../src/preference/labels.ts';
import { preferenceOf } from '../../src/preference/record.ts';
import { Preference, type Sample } from '../../src/schema.ts';

const folder = () => mkdtempDisposable(join(tmpdir(), 'juror-preference-'));

test('preferences of labelled pairs survive both files, byte for byte', async () => {
  await using home = await folder();
  const made = await Array.fromAsync(preferencesFromLabels(readSamples('fixtures/demo/pairs.jsonl')));
  expect(made).toHaveLength(12);
  for (const name of ['p.jsonl', 'p.parquet']) {
    const file = join(home.path, name);
    expect(await writePreferences(file, made)).toBe(12);
    const read = await Array.fromAsync(readPreferences(file));
    expect(read).toEqual(made);
    const bytes = await readFile(file);
    await writePreferences(file, read);
    expect(await readFile(file)).toEqual(bytes);
  }
});

test('a row of another shape is named by file, line and field', async () => {
  await using home = await folder();
  const file = join(home.path, 'p.jsonl');
  const [good] = await Array.fromAsync(preferencesFromLabels([pair({ label: 'a' })]));
  await writeFile(file, `${JSON.stringify(good)}\n${JSON.stringify({ ...good, probability: 0.2 })}\n`);
  await expect(Array.fromAsync(readPreferences(file))).rejects.toThrow(
    `${file}:2: probability: expected a preference`,
  );
});

test('the likelier answer is chosen, and turning a comparison round changes nothing but ties', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: -5, max: 5, noNaN: true }),
      (p, margin) => {
        const [left, right] = [
          { id: 'a', text: 'x' },
          { id: 'b', text: 'y' },
        ];
        const shared = {
          sampleId: 's',
          cluster: 'c',
          prompt: 'q',
          tie: false,
          marginUnit: 'nats' as const,
          orderConsistent: null,
          agreement: null,
          source: { method: 'pairwise' as const, run: null, keys: [] as string[], round: null },
        };
        const one = preferenceOf({
          ...shared,
          left,
          right,
          probability: p,
          margin,
          objectives: { quality: p },
        });
        const other = preferenceOf({
          ...shared,
          left: right,
          right: left,
          probability: 1 - p,
          margin: -margin,
          objectives: { quality: 1 - p },
        });
        expect(Preference.parse(one)).toEqual(one);
        expect(one.tie).toBe(p === 0.5);
        if (one.tie || 1 - p === 0.5) return;
        expect(one.chosen.id).toBe(p > 0.5 ? 'a' : 'b');
        expect(other.chosen).toEqual(one.chosen);
        expect(other.id).toBe(one.id);
        expect(other.probability).toBeCloseTo(one.probability, 12);
        expect(other.margin).toBeCloseTo(one.margin, 12);
        expect(other.objectives.quality).toBeCloseTo(one.objectives.quality ?? -1, 12);
      },
    ),
  );
});

function pair(rest: Partial<Sample>): Sample {
  return {
    id: '1',
    prompt: 'q',
    responses: [
      { id: 'a', text: 'x' },
      { id: 'b', text: 'longer' },
    ],
    ...rest,
  };
}

const labelled = (...samples: Sample[]) => Array.fromAsync(preferencesFromLabels(samples));

test('labels say who is better, votes how surely, and ties are kept', async () => {
  const [winner] = await labelled(pair({ label: 'b' }));
  expect(winner).toMatchObject({
    chosen: { id: 'b' },
    rejected: { id: 'a' },
    probability: 1,
    margin: 1,
    tie: false,
  });
  const [tie] = await labelled(pair({ label: 'tie' }));
  expect(tie).toMatchObject({ chosen: { id: 'a' }, probability: 0.5, margin: 0, tie: true });
  const votes = ['a', 'a', 'b', 'tie'].map((label) => ({ label }));
  const [shares] = await labelled(pair({ label: 'a', annotations: votes }));
  expect(shares).toMatchObject({
    chosen: { id: 'a' },
    probability: 0.625,
    margin: 0.25,
    marginUnit: 'score',
  });
});

test('ratings give every pair of a sample, a winner alone the pairs with it', async () => {
  const responses = [3, 1, 3].map((rating, index) => ({
    id: `r${index}`,
    text: `t${index}`,
    metadata: { rating },
  }));
  const rated = await labelled({ id: '1', prompt: 'q', responses });
  expect(rated.map(({ chosen, rejected, margin, tie }) => [chosen.id, rejected.id, margin, tie])).toEqual([
    ['r0', 'r1', 2, false],
    ['r0', 'r2', 0, true],
    ['r2', 'r1', 2, false],
  ]);
  // The label contradicts the ratings, and is what somebody said.
  const best = await labelled({ id: '1', prompt: 'q', responses, label: 'r1' });
  expect(best.map(({ chosen, rejected }) => [chosen.id, rejected.id])).toEqual([
    ['r1', 'r0'],
    ['r1', 'r2'],
  ]);
});

test('single answers are compared within their prompt, and what stays alone is told', async () => {
  const one = (id: string, prompt: string, label?: Sample['label']): Sample => ({
    id,
    prompt,
    responses: [{ id: 'response', text: id }],
    ...(label === undefined ? {} : { label }),
  });
  const alone: string[] = [];
  const made = await Array.fromAsync(
    preferencesFromLabels(
      [
        one('s1', 'q', { helpfulness: 4, Verbosity: 1 }),
        one('s2', 'other', 3),
        one('s3', 'q', { helpfulness: 2, Verbosity: 2 }),
        one('s4', 'q'),
      ],
      { weights: { helpfulness: 1 }, file: 'data/labels.jsonl', onUnlabelled: ({ id }) => alone.push(id) },
    ),
  );
  expect(alone).toEqual(['s4', 's2']);
  expect(made).toMatchObject([
    {
      sampleId: 's1',
      chosen: { id: 'response', text: 's1', score: 4 },
      rejected: { id: 'response', sampleId: 's3', text: 's3', score: 2 },
      margin: 2,
      objectives: { helpfulness: 1, verbosity: 0 },
      source: { method: 'label', run: 'labels.jsonl' },
    },
  ]);
  const solution = (id: string, steps: (number | null)[]): Sample => one(id, 'q', { steps });
  const [process] = await labelled(solution('wrong', [1, 0, null]), solution('right', [1, 1]));
  expect(process).toMatchObject({ chosen: { text: 'right' }, probability: 1, margin: 1 });
});
