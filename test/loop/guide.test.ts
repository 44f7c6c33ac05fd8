import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UnanswerableRequest } from '../../src/engine/engine.ts';
import { JurorError } from '../../src/errors.ts';
import type { JurorEvent } from '../../src/events.ts';
import { type GuideOptions, guideAll, guideKey } from '../../src/loop/guide.ts';
import { Guided } from '../../src/schema.ts';
import { fakeScorer, fakeWriter } from '../support/fake-guide.ts';

const prompt = { id: 'p', prompt: 'Add.' };

async function guided(options: GuideOptions, listen: (event: JurorEvent) => void = () => {}) {
  const rows: Guided[] = [];
  for await (const row of guideAll(options, [prompt], { onEvent: listen })) rows.push(row);
  const [row] = rows;
  if (row === undefined) throw new Error('nothing came of it');
  expect(Guided.parse(row)).toEqual(row);
  return row;
}

const words = ['ccc', 'a', 'dddd', 'bb', 'dddd', 'eeeee'];
const wordWriter = () => fakeWriter((_, times) => words[times % words.length] ?? '');

test('the best of n is chosen, with its margin, and every candidate is told its fate', async () => {
  const events: JurorEvent[] = [];
  const scorer = fakeScorer((text) => (text === 'a' ? 'unread' : text.length / 10));
  const strategy = { kind: 'best-of', n: 4, temperatures: [0.5, 1] } as const;
  const row = await guided({ generator: wordWriter(), scorer, strategy }, (event) => events.push(event));
  expect(row).toMatchObject({ chosen: 'c3', why: 'c3 0.100 above c1' });
  expect(row.margin).toBeCloseTo(0.1, 12);
  expect(
    row.candidates.map(({ id, text, kept, fate, temperature }) => [id, text, kept, fate, temperature]),
  ).toEqual([
    ['c1', 'ccc', false, 'rank 2 of 3, 0.100 below c3', 0.5],
    ['c2', 'a', false, 'no score', 1],
    ['c3', 'dddd', true, 'chosen: 0.100 above c1', 0.5],
    ['c4', 'bb', false, 'rank 3 of 3, 0.100 below c1', 1],
  ]);
  expect(row.candidates[1]).toMatchObject({ score: null, reason: 'unread' });
  expect(new Set(row.candidates.map(({ seed }) => seed)).size).toBe(4);
  expect(row.tokens).toEqual({
    writing: { prompt: 60, generated: 10 },
    judging: { prompt: 21, generated: 3 },
  });
  expect(events.map(({ type }) => type)).toEqual([...Array(4).fill('candidate-finish'), 'guide-finish']);
});

test('a score that is not sure enough is passed by', async () => {
  const scorer = fakeScorer((text) => ({ score: text.length, deviation: text === 'dddd' ? 2 : 0.5 }));
  const strategy = { kind: 'best-of', n: 4 } as const;
  const generator = wordWriter();
  expect((await guided({ generator, scorer, strategy })).chosen).toBe('c3');
  const wary = { ...strategy, pessimism: 1 };
  const row = await guided({ generator: wordWriter(), scorer, strategy: wary });
  expect(row).toMatchObject({ chosen: 'c1', margin: 0.5 });
});

test('patience ends the drawing after a round that does not raise the best', async () => {
  const scorer = fakeScorer((text) => text.length);
  const strategy = { kind: 'best-of', n: 100, patience: 2 } as const;
  const row = await guided({ generator: wordWriter(), scorer, strategy });
  // 3 and 1, then 4 and 2, then 4 and 5, then 3 and 1.
  expect(row.candidates).toHaveLength(8);
  expect(row.chosen).toBe('c6');
});

test('rejection draws until a score is good enough, and chooses nothing below it', async () => {
  const scorer = fakeScorer((text) => text.length);
  const rejection = { kind: 'rejection', n: 6 } as const;
  const enough = await guided({ generator: wordWriter(), scorer, strategy: { ...rejection, accept: 4 } });
  expect(enough).toMatchObject({ chosen: 'c3', why: 'c3 is the first that has 4 or more' });
  expect(enough.candidates).toHaveLength(3);
  const never = await guided({ generator: wordWriter(), scorer, strategy: { ...rejection, accept: 6 } });
  expect(never).toMatchObject({
    chosen: null,
    margin: null,
    why: 'none of 6 has 6 or more; the highest is c6',
  });
  expect(never.candidates.every(({ kept }) => !kept)).toBe(true);
});

test('what does not fit is a failure with its reason, and not a choice', async () => {
  const generator = fakeWriter(() => {
    throw new UnanswerableRequest('context', 'too long');
  });
  const row = await guided({ generator, scorer: fakeScorer(() => 1), strategy: { kind: 'beam' } });
  expect(row).toMatchObject({
    candidates: [],
    chosen: null,
    failure: { reason: 'context', message: 'too long' },
  });
});

test('what was found is not made again and is bound to the name at hand', async () => {
  const options = {
    generator: wordWriter(),
    scorer: fakeScorer(() => 1),
    strategy: { kind: 'best-of' } as const,
  };
  const made = await guided(options);
  expect(made.key).toBe(guideKey(options, prompt));
  const rows = [];
  const other = { id: 'other', prompt: 'Add.' };
  for await (const row of guideAll({ ...options, generator: wordWriter() }, [other], { find: () => made }))
    rows.push(row);
  expect(rows).toEqual([{ ...made, sampleId: 'other' }]);
  // Only what the scorer sees is part of the key.
  const key = guideKey(options, { ...prompt, reference: '4' });
  expect(key).toBe(made.key);
  expect(guideKey({ ...options, withReference: true }, { ...prompt, reference: '4' })).not.toBe(key);
  expect(guideKey({ ...options, strategy: { kind: 'best-of', seed: 1 } }, prompt)).not.toBe(key);
});

test('a scorer that breaks its contract is an error of the engine; strategies that mean nothing are refused', async () => {
  const generator = wordWriter();
  const nan = fakeScorer(() => Number.NaN);
  const row = await guided({ generator, scorer: nan, strategy: { kind: 'best-of' } });
  expect(row.failure).toEqual({
    reason: 'engine',
    message: 'fake: expected 4 finite scores, got a score of NaN',
  });
  const scorer = fakeScorer(() => 1);
  await expect(guided({ generator, scorer, strategy: { kind: 'beam', n: 5 } })).rejects.toThrow(
    'n: expected n to be a multiple of the width 2',
  );
  await expect(guided({ generator, scorer, strategy: { kind: 'best-of', n: 0 } })).rejects.toBeInstanceOf(
    JurorError,
  );
  await expect(guided({ generator, scorer, strategy: { kind: 'rejection' } })).rejects.toThrow('accept');
});

/** Answers of `depth` letters, one a line; each beginning goes on with the letters in turn. */
function treeWriter(letters: string, depth: number) {
  return fakeWriter(({ prefix = [] }, times) => {
    const text = letters[times % letters.length] ?? '';
    return prefix.length + 1 === depth ? text : { text, stoppedBy: '\n' };
  });
}

const leavesOf = (letters: string, depth: number): string[] =>
  depth === 0
    ? ['']
    : leavesOf(letters, depth - 1).flatMap((start) =>
        [...letters].map((letter) => (start === '' ? letter : `${start}\n${letter}`)),
      );

test('a beam that is wide enough finds what exhaustive search finds, and no beam finds better', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 1e6 }),
      fc.integer({ min: 1, max: 3 }),
      async (salt, depth) => {
        const merit = (text: string) =>
          [...text].reduce((hash, letter) => (hash * 31 + letter.charCodeAt(0) + salt) % 1009, 7);
        const best = Math.max(...leavesOf('ab', depth).map(merit));
        const found = async (n: number) => {
          const scorer = fakeScorer(merit);
          const strategy = { kind: 'beam', n, width: 2 } as const;
          const row = await guided({ generator: treeWriter('ab', depth), scorer, strategy });
          return row.candidates.find(({ id }) => id === row.chosen)?.score ?? Number.NaN;
        };
        expect(await found(2 ** (depth + 1))).toBe(best);
        expect(await found(2)).toBeLessThanOrEqual(best);
      },
    ),
    { numRuns: 30 },
  );
});

test('the best beginnings go on, equal ones once, and the path of the chosen answer is kept', async () => {
  const events: JurorEvent[] = [];
  const scorer = fakeScorer((text) => (text.match(/b/g)?.length ?? 0) / 10, { steps: true });
  const generator = treeWriter('abc', 3);
  const strategy = { kind: 'beam', n: 4, width: 2 } as const;
  const row = await guided({ generator, scorer, strategy }, (event) => events.push(event));
  const shown = row.candidates.map(({ id, parent, text, finish, kept, fate }) => [
    id,
    parent,
    text,
    finish,
    kept,
    fate,
  ]);
  // The fourth draw says what the first one said.
  expect(shown.slice(0, 3)).toEqual([
    ['c1', null, 'a', 'step', true, 'goes on: rank 2 of 3, level with c3'],
    ['c2', null, 'b', 'step', true, 'goes on: rank 1 of 3, 0.100 above c3'],
    ['c3', null, 'c', 'step', false, 'dropped: rank 3 of 3, level with c1'],
  ]);
  const chosen = row.candidates.find(({ id }) => id === row.chosen);
  expect(chosen).toMatchObject({ text: 'b\nb\nb', finish: 'stop', steps: ['b\n', 'b\n', 'b'] });
  expect(generator.requests.at(-1)?.prefix).toHaveLength(2);
  const depths = events.flatMap((event) => (event.type === 'beam-keep' ? [event.depth] : []));
  expect(depths).toEqual([1, 2, 3]);
  expect(scorer.asked).toHaveLength(3 + 4 + 4);
});

test('independent trees keep one beginning each', async () => {
  const scorer = fakeScorer((text) => text.length + (text.startsWith('b') ? 1 : 0));
  const strategy = { kind: 'beam', n: 4, width: 2, independent: true, maxSteps: 2 } as const;
  const writer = fakeWriter(({ seed }) => ({ text: seed % 2 === 0 ? 'a' : 'b', stoppedBy: '\n' }));
  const row = await guided({ generator: writer, scorer, strategy });
  const roots = row.candidates.filter(({ parent }) => parent === null);
  const firstSeeds = new Set(
    writer.requests.filter(({ prefix }) => prefix === undefined).map(({ seed }) => seed),
  );
  expect(firstSeeds.size).toBe(4);
  expect(roots.filter(({ kept }) => kept).length).toBe(2);
  // No answer was whole after two steps: the best beginning is chosen, cut.
  expect(row.candidates.find(({ id }) => id === row.chosen)?.finish).toBe('length');
});

test('lines that say nothing belong to the step that follows, and an end after a border is the answer before it', async () => {
  const writer = fakeWriter(({ prefix = [] }) => {
    const before = prefix.join('');
    if (before === '') return { text: '', stoppedBy: '\n' };
    if (before === '\n') return { text: 'one', stoppedBy: '\n' };
    return before === '\none\n' ? '' : 'never';
  });
  const scorer = fakeScorer((text) => text.length, { steps: true });
  const strategy = { kind: 'beam', n: 1, width: 1 } as const;
  const row = await guided({ generator: writer, scorer, strategy });
  expect(row.candidates.map(({ steps, finish, score }) => [steps, finish, score])).toEqual([
    [['\none\n'], 'step', 5],
    [['\none\n'], 'stop', 5],
  ]);
  expect(scorer.asked).toEqual(['\none\n']);
});

test('looking ahead scores a beginning by where it leads, greedily, and throws that away', async () => {
  const writer = fakeWriter(({ prefix = [], temperature }, times) => {
    const before = prefix.join('');
    if (prefix.length === 2) return 'z';
    if (temperature === 0) return { text: before === 'a\n' ? 'good' : 'bad', stoppedBy: '\n' };
    return { text: times % 2 === 0 ? 'a' : 'b', stoppedBy: '\n' };
  });
  const scorer = fakeScorer((text) => (text.includes('good') ? 1 : 0), { steps: true });
  const strategy = { kind: 'beam', n: 2, width: 2, lookahead: 1, maxSteps: 1 } as const;
  const row = await guided({ generator: writer, scorer, strategy });
  expect(scorer.asked).toEqual(['a\ngood\n', 'b\nbad\n']);
  expect(row.candidates.find(({ id }) => id === row.chosen)).toMatchObject({ text: 'a', score: 1 });
});

test('where a beginning no longer fits, it ends as it is', async () => {
  const writer = fakeWriter(({ prefix = [] }) => {
    if (prefix.length === 2) throw new UnanswerableRequest('context', 'full');
    return { text: 'x', stoppedBy: '\n' };
  });
  const row = await guided({
    generator: writer,
    scorer: fakeScorer((text) => text.length),
    strategy: { kind: 'beam', n: 2, width: 2 },
  });
  expect(row.failure).toBeUndefined();
  expect(row.candidates.find(({ id }) => id === row.chosen)).toMatchObject({
    text: 'x\nx',
    finish: 'length',
  });
});
