import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  labelProbabilities,
  type ReturnedToken,
  readLabels,
  returnedTokens,
} from '../../src/engine/langchain-labels.ts';

const free = { forced: false, ended: true };
const forced = { forced: true, ended: true };

function token(written: string, top: Record<string, number>): ReturnedToken {
  const listed = Object.entries(top).map(([text, p]) => ({ token: text, logprob: Math.log(p) }));
  return { token: written, logprob: Math.log(top[written] ?? 0), top: listed };
}

function question(labels: readonly string[], opening = 'Better answer:') {
  return { opening, labels: labels.map((label) => ({ label, text: ` ${label}` })) };
}

/** Probabilities of the labels and of all of them together. */
function probabilities(
  tokens: readonly ReturnedToken[],
  labels: readonly string[],
  options: { forced: boolean; ended: boolean } = free,
) {
  const reading = readLabels(tokens, question(labels), options);
  const result = reading && labelProbabilities(reading, labels);
  return (
    result && {
      mass: Math.exp(result.labelMass),
      of: Object.fromEntries(
        Object.entries(result.logProbabilities).map(([label, value]) => [label, Math.exp(value)]),
      ),
    }
  );
}

test('spellings of a label add up, with spaces, marks and punctuation around it, and case is kept', () => {
  const tokens = [
    token('A', {
      A: 0.4,
      ' A': 0.2,
      '"A': 0.05,
      'A.': 0.05,
      B: 0.1,
      ' B': 0.05,
      a: 0.05,
      Ab: 0.02,
      '**': 0.01,
    }),
  ];
  const read = probabilities(tokens, ['A', 'B']);
  expect(read?.of.A).toBeCloseTo(0.7 / 0.85, 12);
  expect(read?.of.B).toBeCloseTo(0.15 / 0.85, 12);
  expect(read?.mass).toBeCloseTo(0.85, 12);
});

test('after a forced opening only the very text counts, unless the server spells tokens in its own way', () => {
  const both = [token(' A', { ' A': 0.5, ' B': 0.3, A: 0.1, B: 0.02 })];
  expect(probabilities(both, ['A', 'B'], forced)?.of.A).toBeCloseTo(0.5 / 0.8, 12);
  expect(probabilities(both, ['A', 'B'], free)?.of.A).toBeCloseTo(0.6 / 0.92, 12);
  const stripped = [token('A', { A: 0.5, B: 0.3, ' A': 1e-5 })];
  expect(probabilities(stripped, ['A', 'B'], forced)?.of.B).toBeCloseTo(0.3 / 0.80001, 6);
});

test('white space, marks and a repeated opening before the label are walked over', () => {
  const spaced = [
    token('\n', { '\n': 0.9, A: 0.04 }),
    token('**', { '**': 1 }),
    token('B', { B: 0.8, A: 0.2 }),
  ];
  const read = probabilities(spaced, ['A', 'B']);
  expect(read?.of.B).toBeCloseTo((0.9 * 0.8) / 0.94, 12);
  expect(read?.mass).toBeCloseTo(0.94, 12);
  const echoed = [
    token('Better', { Better: 0.5, A: 0.1 }),
    token(' answer', { ' answer': 1 }),
    token(':', { ':': 1 }),
    token(' A', { ' A': 0.9, ' B': 0.1 }),
  ];
  expect(probabilities(echoed, ['A', 'B'])?.of.A).toBeCloseTo(0.9, 12);
  expect(probabilities(echoed, ['A', 'B'])?.mass).toBeCloseTo(0.5, 12);
  expect(probabilities(echoed.slice(0, 3), ['A', 'B'])).toBeNull();
});

test('labels that share their first token are told apart by the next one', () => {
  const labels = ['1', '2', '10'];
  const walked = [token('1', { '1': 0.7, '2': 0.3 }), token('0', { '0': 0.25, '.': 0.75 })];
  const read = probabilities(walked, labels);
  expect(read?.of['10']).toBeCloseTo(0.175, 12);
  expect(read?.of['1']).toBeCloseTo(0.525, 12);
  expect(read?.of['2']).toBeCloseTo(0.3, 12);
  const ended = probabilities([token('1', { '1': 0.7, '2': 0.3 })], labels);
  expect(ended?.of['1']).toBeCloseTo(0.7, 6);
});

test('a shared beginning that was not written is open, and is shared evenly where it stays open', () => {
  const labels = ['1', '2', '10'];
  const tokens = [token('2', { '2': 0.6, '1': 0.4 })];
  const reading = readLabels(tokens, question(labels, 'Score:'), free);
  expect(reading?.open).toEqual([{ text: '1', labels: ['1', '10'], logprob: Math.log(0.4) }]);
  const read = probabilities(tokens, labels);
  expect(read?.of).toEqual({
    '1': expect.closeTo(0.2, 12),
    '2': expect.closeTo(0.6, 12),
    '10': expect.closeTo(0.2, 12),
  });
  // A tokenizer that has both whole leaves nothing open but the shorter one's own beginning.
  const merged = readLabels(
    [token('10', { '10': 0.5, '1': 0.4, '2': 0.1 })],
    question(labels, 'Score:'),
    free,
  );
  expect(merged?.seen.get('10')).toBeCloseTo(Math.log(0.5), 12);
});

test('a label outside the list gets what the list leaves, at most the least listed, and never nothing', () => {
  const far = probabilities([token('A', { A: 0.9, x: 0.05 })], ['A', 'B']);
  expect(far?.of.B).toBeCloseTo(0.05 / 0.95, 12);
  expect(far?.mass).toBeCloseTo(0.9, 12);
  const near = probabilities([token('A', { A: 0.5, x: 0.01 })], ['A', 'B', 'C']);
  expect(near?.of.B).toBeCloseTo(0.01 / 0.52, 12);
  const full = probabilities([token('A', { A: 1 - 1e-12, x: 1e-12 })], ['A', 'B']);
  expect(full?.of.B).toBeCloseTo(1e-9, 12);
  expect(probabilities([token('x', { x: 0.6, y: 0.4 })], ['A', 'B'])).toBeNull();
});

test('any list gives finite log-probabilities that sum to one, and a mass of at most one', () => {
  const texts = [
    'A',
    ' A',
    'B',
    ' B',
    '1',
    '10',
    '0',
    ' ',
    '\n',
    '**',
    '',
    'x',
    'tie',
    ' t',
    'Better answer:',
    '.',
  ];
  const list = fc
    .tuple(
      fc.constantFrom(...texts),
      fc.uniqueArray(fc.tuple(fc.constantFrom(...texts), fc.double({ min: -40, max: 0, noNaN: true })), {
        selector: ([text]) => text,
        maxLength: 8,
      }),
    )
    .map(([written, entries]): ReturnedToken => {
      const all = new Map([[written, -1], ...entries]);
      const sum = [...all.values()].reduce((total, value) => total + Math.exp(value), 0);
      const top = [...all].map(([text, value]) => ({
        token: text,
        logprob: value - Math.log(Math.max(1, sum)),
      }));
      return { token: written, logprob: top[0]?.logprob ?? 0, top };
    });
  const labels = ['A', 'B', 'tie', '1', '10'];
  fc.assert(
    fc.property(fc.array(list, { maxLength: 5 }), fc.boolean(), fc.boolean(), (tokens, isForced, ended) => {
      const read = probabilities(tokens, labels, { forced: isForced, ended });
      if (read === null) return;
      expect(Object.keys(read.of).sort()).toEqual([...labels].sort());
      const values = Object.values(read.of);
      for (const value of values) expect(value > 0 && value <= 1).toBe(true);
      expect(values.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9);
      expect(read.mass > 0 && read.mass <= 1).toBe(true);
    }),
  );
});

test('log-probabilities are taken as the protocol has them, or not at all', () => {
  const entry = (text: string, logprob: number) => ({ token: text, logprob, bytes: null });
  const content = [
    { ...entry('A', -0.1), top_logprobs: [entry('A', -0.1), entry('B', -3), entry('C', -9999)] },
  ];
  expect(returnedTokens({ content })).toEqual([
    {
      token: 'A',
      logprob: -0.1,
      top: [
        { token: 'A', logprob: -0.1 },
        { token: 'B', logprob: -3 },
      ],
    },
  ]);
  for (const nothing of [
    undefined,
    null,
    {},
    { content: null },
    { content: [] },
    { content: [{ token: 1 }] },
    { content: [entry('A', 0)] },
  ])
    expect(returnedTokens(nothing)).toBeNull();
});
