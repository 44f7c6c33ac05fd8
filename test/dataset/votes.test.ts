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
  const said = { words: ['A', 'tie', 'A<B'], objects: [{ label: 'a' }, { label: 0.5 }, { preference: 2 }] };
  for (const name of ['annotations', 'votes', 'annotators', 'Votes'])
    for (const list of name === 'annotators' ? [said.objects] : [said.words, said.objects]) {
      expect(pair({ [name]: list }).annotations, name).toEqual(labels);
      expect(pair({ [name]: list }).metadata, name).toBeUndefined();
      for (const meta of ['meta', 'metadata'])
        expect(pair({ [meta]: { [name]: list } }).annotations, `${meta}.${name}`).toEqual(labels);
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

test.each([
  [{ votes: [2, 1] }],
  [{ votes: [3, 0] }],
  [{ votes: ['2', '1'] }],
  [{ votes: [true, false] }],
  [{ votes: [['a']] }],
  [{ votes: [{}] }],
  [{ votes: [{ who: 'w', score: 1 }] }],
  [{ annotators: ['alice', 'bob'] }],
  [{ annotators: ['a', 'b'] }],
  [{ annotators: [{ who: 'w', age: 30 }] }],
  [{ annotations: [{ label: 'PER', start: 0 }] }],
  [{ annotations: ['clear', 'concise'] }],
  [{ meta: { votes: ['a', 'clear'] } }],
  [{ meta: { votes: ['a', 2] } }],
  [{ meta: { annotations: [{ label: 'a' }, { label: 'PER' }] } }],
])('%j of a pair is no list of votes, and stays in the metadata', (row) => {
  const { annotations, label, metadata } = pair(row);
  expect({ annotations, label, metadata }).toEqual({ metadata: row });
});

test('numbers are votes on one answer, and under no other name than votes', () => {
  expect(single({ votes: [1, 1, 0] })).toMatchObject({ label: 1, annotations: { length: 3 } });
  expect(single({ meta: { votes: [1, 1, 1, 1] } })).toMatchObject({ label: 1, annotations: { length: 4 } });
  for (const row of [{ annotators: [12] }, { annotations: [12] }, { meta: { annotators: [12] } }]) {
    const { annotations, label, metadata } = single(row);
    expect({ annotations, label, metadata }).toEqual({ metadata: row });
  }
});

test('what is no list of votes hides none', () => {
  expect(pair({ annotations: [[0, 3]], annotators: ['alice', 'bob'], votes: ['a', 'b'] })).toMatchObject({
    annotations: [{ label: 'a' }, { label: 'b' }],
    metadata: { annotators: ['alice', 'bob'] },
  });
  expect(pair({ votes: [2, 1], meta: { votes: ['a'] } }).label).toBe('a');
});

test('a vote without a name keeps its place where others are null, and when it is read again', () => {
  const annotations = [
    { label: 'a', place: 1 },
    { annotator: 'w', label: 'b' },
    { label: 'b', place: 4 },
  ];
  const row = { votes: [null, 'a', { who: 'w', label: 'b' }, { label: null }, 'b'] };
  expect(pair(row).annotations).toEqual(annotations);
  expect(pair({ annotations })).toMatchObject({ annotations, label: 'b' });
  expect(pair({ annotations }).metadata).toBeUndefined();
  expect(pair({ votes: [{ label: 'a', place: 'Paris' }] }).annotations).toEqual([{ label: 'a' }]);
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
  [{ votes: ['a', 2] }, 'votes.1: expected a word or an object with label, got number 2'],
  [{ votes: ['a', {}] }, 'votes.1: expected label, preference, got an empty object'],
  [
    { meta: { votes: [{ who: 'w', label: 'a' }, { who: 'v' }] } },
    'meta.votes.1: expected label, preference, got who',
  ],
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
  [{ votes: ['b', ['a']] }, 'votes.1: expected "a"'],
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
