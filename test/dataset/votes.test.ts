import { expect, test } from 'vitest';
import { recogniseRow } from '../../src/dataset/recognise.ts';
import { readSamples } from '../../src/dataset.ts';
import { Sample } from '../../src/schema.ts';

function recognise(row: Record<string, unknown>) {
  const draft = recogniseRow(row, { file: 'data.jsonl', line: 7 });
  Sample.parse({ ...draft, id: draft.id ?? 'made' });
  return draft;
}

const pair = (more: Record<string, unknown>) => recognise({ prompt: 'P', a: 'x', b: 'y', ...more });
const single = (more: Record<string, unknown>) => recognise({ prompt: 'P', response: 'x', ...more });

test('votes are found under every name, of the row and of its meta, with names of annotators or without', () => {
  const labels = [{ label: 'a' }, { label: 'tie' }, { label: 'b' }];
  for (const name of ['annotations', 'votes', 'annotators', 'Votes']) {
    expect(pair({ [name]: ['A', 'tie', 2] }).annotations, name).toEqual(labels);
    expect(pair({ [name]: ['A', 'tie', 2] }).metadata, name).toBeUndefined();
    for (const meta of ['meta', 'metadata'])
      expect(pair({ [meta]: { [name]: ['a', 'tie', 'b'] } }).annotations, `${meta}.${name}`).toEqual(labels);
  }
  for (const who of ['who', 'annotator', 'rater'])
    for (const label of ['label', 'preference'])
      expect(
        pair({
          votes: [
            { [who]: 'w1', [label]: 'b' },
            { [who]: 2, [label]: 'a' },
          ],
        }).annotations,
      ).toEqual([
        { annotator: 'w1', label: 'b' },
        { annotator: '2', label: 'a' },
      ]);
  expect(single({ votes: [{ who: 'w1', score: 4 }, 5, '3', true, 'good', null] }).annotations).toEqual([
    { annotator: 'w1', label: 4 },
    { label: 5 },
    { label: 3 },
    { label: 1 },
    { label: 'good' },
  ]);
});

test('a row without a label gets that of most; a split vote on a pair is a tie, on a score none', () => {
  expect(pair({ votes: ['a', 'b', 'a'] }).label).toBe('a');
  expect(pair({ votes: ['a', 'b'] }).label).toBe('tie');
  expect(pair({ votes: ['a', 'a'], label: 'b' }).label).toBe('b');
  expect(single({ votes: [1, 0, 1] }).label).toBe(1);
  expect(single({ votes: [1, 0] }).label).toBeUndefined();
  const three = { prompt: 'P', responses: ['x', 'y', 'z'] };
  expect(recognise({ ...three, votes: ['r2', 'r2', 'r1'] }).label).toBe('r2');
  expect(recognise({ ...three, votes: ['r2', 'r1'] }).label).toBeUndefined();
});

test('votes that say more than the label stay in the metadata; those of meta always do', () => {
  const votes = [{ who: 'w1', label: 'a', strength: 2 }];
  expect(pair({ votes })).toMatchObject({
    annotations: [{ annotator: 'w1', label: 'a' }],
    metadata: { votes },
  });
  expect(pair({ votes: ['A>>B'] })).toMatchObject({ label: 'a', metadata: { votes: ['A>>B'] } });
  expect(pair({ meta: { votes: ['a'], seed: 1 } }).metadata).toEqual({ meta: { votes: ['a'], seed: 1 } });
});

test('counts, names of no list, steps and empty lists are no votes', () => {
  for (const votes of [3, 'many', { a: 2 }, [], [null]])
    expect(pair({ meta: { votes } }).annotations, JSON.stringify(votes)).toBeUndefined();
  expect(pair({ annotators: 3 }).metadata).toEqual({ annotators: 3 });
  expect(recognise({ prompt: 'P', steps: ['s'], votes: ['good'] }).annotations).toBeUndefined();
});

test.each([
  [{ votes: ['a', 'd'] }, 'data.jsonl:7: votes.1: expected "a", "b", "tie"'],
  [{ meta: { votes: [{ who: 'w', label: 7 }] } }, 'data.jsonl:7: meta.votes.0.label: expected "a"'],
  [
    { votes: [{ who: 'w', lable: 'a' }] },
    'votes.0: expected label, preference, got who, lable; did you mean "label"?',
  ],
  [{ votes: [{ who: 'w', score: 1 }] }, 'votes.0: expected label, preference, got who, score'],
  [{ votes: [{}] }, 'votes.0: expected label, preference, got an empty object'],
  [
    { votes: [{ who: '', label: 'a' }] },
    'votes.0.who: expected text of 1 to 256 characters or an integer, got ""',
  ],
  [
    {
      votes: [
        { who: 'w', label: 'a' },
        { who: 'w', label: 'b' },
      ],
    },
    'votes.1: expected each annotator once, got "w" as in votes.0',
  ],
  [{ votes: [['a']] }, 'votes.0: expected "a"'],
])('refuses %j for a pair', (row, message) => {
  expect(() => pair(row)).toThrow(message);
});

test('models of a pair are found in its meta, and stay there; a vote may name one', () => {
  const meta = { modelA: 'm1', modelB: 'm2', votes: ['m2'] };
  expect(pair({ meta })).toMatchObject({
    responses: [{ model: 'm1' }, { model: 'm2' }],
    annotations: [{ label: 'b' }],
    label: 'b',
    metadata: { meta },
  });
  expect(pair({ metadata: { model_1: 'm1', model_2: 'm2' } }).responses[1]?.model).toBe('m2');
  expect(
    pair({ model_a: 'own', model_b: 'other', meta: { modelA: 'm1', modelB: 'm2' } }).responses[0]?.model,
  ).toBe('own');
});

test('the fixture with votes is read as it is', async () => {
  const samples: Sample[] = [];
  for await (const sample of readSamples('fixtures/agree/votes.jsonl')) samples.push(Sample.parse(sample));
  expect(samples).toHaveLength(24);
  expect(samples.flatMap(({ annotations = [] }) => annotations)).toHaveLength(56);
  expect(samples.every(({ responses }) => responses.every(({ model }) => model?.startsWith('tulu_')))).toBe(
    true,
  );
});
