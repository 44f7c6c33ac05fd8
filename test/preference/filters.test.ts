import fc from 'fast-check';
import { expect, test } from 'vitest';
import { preferenceFigures } from '../../src/preference/figures.ts';
import { type FilterOptions, filterPreferences } from '../../src/preference/filters.ts';
import { nearDuplicates } from '../../src/preference/near-duplicates.ts';
import type { PreferenceFacts } from '../../src/preference/spool.ts';

function fact(index: number, rest: Partial<PreferenceFacts> = {}): PreferenceFacts {
  return {
    index,
    id: `id-${index}`,
    cluster: `prompt-${index}`,
    probability: 0.8,
    margin: 1,
    marginUnit: 'nats',
    tie: false,
    orderConsistent: true,
    agreement: 1,
    chosenLength: 10,
    rejectedLength: 5,
    longestBytes: 20,
    pair: `pair-${index}`,
    chosenText: `chosen-${index}`,
    rejectedText: `rejected-${index}`,
    known: { truth: 1, first: true },
    making: '{}',
    ...rest,
  };
}

test('every filter tells what it drops and what it alone drops', () => {
  const facts = [
    fact(0),
    fact(1, { margin: 0.1 }),
    fact(2, { margin: 0.1, probability: 0.55 }),
    fact(3, { orderConsistent: false }),
    fact(4, { orderConsistent: null }),
    fact(5, { agreement: null }),
    fact(6, { agreement: 0.5 }),
    fact(7, { known: { truth: 0, first: true } }),
    fact(8, { known: null }),
    fact(9, { tie: true, probability: 0.5, margin: 0 }),
  ];
  const { kept, ties, filters } = filterPreferences(facts, {
    minMargin: 0.5,
    minProbability: 0.6,
    orderConsistent: true,
    minAgreement: 0.6,
    agreeWithLabels: true,
  });
  expect(kept.map(({ index }) => index)).toEqual([0, 8]);
  // A tie has no margin that could be too small.
  expect(ties.map(({ index }) => index)).toEqual([9]);
  expect(filters).toEqual([
    { filter: 'min-margin', dropped: 2, alone: 1 },
    { filter: 'min-probability', dropped: 1, alone: 0 },
    { filter: 'order-consistent', dropped: 2, alone: 2 },
    { filter: 'min-agreement', dropped: 2, alone: 2 },
    { filter: 'agree-with-labels', dropped: 1, alone: 1 },
  ]);
});

test('margins of different units are not compared', () => {
  const mixed = [fact(0), fact(1, { marginUnit: 'score' }), fact(2, { marginUnit: 'score' })];
  const units = /1 in nats and 2 in score/;
  expect(() => filterPreferences(mixed, { minMargin: 0.5 })).toThrow(units);
  expect(() => filterPreferences(mixed, { pairsPerPrompt: 1 })).toThrow(units);
  expect(filterPreferences(mixed, { pairsPerPrompt: 1, pick: 'random' }).kept).toHaveLength(3);
  expect(filterPreferences(mixed, { minProbability: 0.5 }).kept).toHaveLength(3);
  expect(filterPreferences(mixed.slice(1), { minMargin: 0.5, pairsPerPrompt: 1 }).kept).toHaveLength(2);
  const tie = fact(3, { tie: true, margin: 0 });
  expect(filterPreferences([...mixed.slice(1), tie], { minMargin: 0.5 }).kept).toHaveLength(2);
});

const anyFacts = fc
  .array(
    fc.record({
      cluster: fc.constantFrom('p', 'q', 'r'),
      margin: fc.integer({ min: 0, max: 3 }),
      chosenLength: fc.integer({ min: 0, max: 4 }),
      rejectedLength: fc.integer({ min: 0, max: 4 }),
      tie: fc.boolean(),
    }),
    { maxLength: 30 },
  )
  .map((rows) => rows.map((row, index) => fact(index, row)));
const longer = ({ chosenLength, rejectedLength }: PreferenceFacts) => chosenLength > rejectedLength;
const shorter = ({ chosenLength, rejectedLength }: PreferenceFacts) => chosenLength < rejectedLength;

test('lengths are balanced, prompts are bounded, and nothing is lost from the count', () => {
  fc.assert(
    fc.property(
      anyFacts,
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 0, max: 99 }),
      (facts, most, seed) => {
        const options: FilterOptions = {
          balanceLength: true,
          pairsPerPrompt: most,
          pick: 'best-margin',
          seed,
        };
        const { kept, ties, filters } = filterPreferences(facts, options);
        expect(kept.filter(longer)).toHaveLength(kept.filter(shorter).length);
        const dropped = filters.reduce((sum, filter) => sum + filter.dropped, 0);
        expect(kept.length + ties.length + dropped).toBe(facts.length);
        const alone = filterPreferences(facts, { pairsPerPrompt: most, seed }).kept;
        for (const own of Map.groupBy(alone, ({ cluster }) => cluster).values()) {
          expect(own.length).toBeLessThanOrEqual(most);
          const least = Math.min(...own.map(({ margin }) => margin));
          const left = facts.filter(({ cluster, tie, index }) => {
            return !tie && cluster === own[0]?.cluster && !own.some((kept) => kept.index === index);
          });
          expect(left.every(({ margin }) => margin <= least)).toBe(true);
        }
        expect(filterPreferences(facts, options).kept).toEqual(kept);
      },
    ),
  );
});

test('the draw depends on the seed', () => {
  const facts = Array.from({ length: 20 }, (_, index) => fact(index, { cluster: 'one' }));
  const draw = (seed: number) =>
    filterPreferences(facts, { pairsPerPrompt: 5, pick: 'random', seed }).kept.map(({ index }) => index);
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
});

const words = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => `w${from + index}`).join(' ');
const row = (prompt: string, chosen: string, rejected = 'no') => {
  return { prompt, chosen: { id: 'a', text: chosen }, rejected: { id: 'b', text: rejected } };
};

test('near copies of an earlier prompt and chosen answer are found, and other rejected answers of one prompt kept', () => {
  const rows = [
    row('What is it?', words(0, 60)),
    row('what IS it', `${words(0, 59)}, other`),
    row('What is it?', words(100, 60)),
    row('What is it?', words(0, 60), words(300, 10)),
    row('What is it?', words(0, 60), 'No!'),
  ];
  const facts = rows.map((_, index) =>
    fact(index, { cluster: [0, 3, 4].includes(index) ? 'one' : `p${index}` }),
  );
  const get = (index: number) => rows[index] ?? row('', '');
  expect(nearDuplicates(facts, get)).toEqual(
    new Map([
      [1, 0],
      [4, 0],
    ]),
  );
  expect(nearDuplicates(facts, get, { threshold: 1 })).toEqual(new Map([[4, 0]]));
});

test('candidates above the threshold are not missed', () => {
  // 200 texts, each of which a neighbour repeats but for one word in fifty: Jaccard about 0.89.
  const rows = Array.from({ length: 400 }, (_, index) => {
    const text = words(1000 * Math.floor(index / 2), 50);
    return row('q', index % 2 === 0 ? text : text.replace(/w\d+$/, 'x').replace(/^w\d+/, 'y'));
  });
  const facts = rows.map((_, index) => fact(index));
  const copies = nearDuplicates(facts, (index) => rows[index] ?? row('', ''));
  expect([...copies]).toEqual(Array.from({ length: 200 }, (_, pair) => [2 * pair + 1, 2 * pair]));
});

test('figures: balance, duplicates, contradictions, labels beside rules that read nothing', () => {
  const facts = [
    fact(0),
    fact(1, { pair: 'pair-0', chosenText: 'chosen-0' }),
    fact(2, { pair: 'pair-0', chosenText: 'rejected-0', known: { truth: 0, first: false }, chosenLength: 2 }),
    fact(3, { known: { truth: 0.5, first: false }, orderConsistent: false, margin: 4 }),
    fact(4, { known: null, orderConsistent: null, rejectedLength: 10 }),
  ];
  const figures = preferenceFigures(facts, filterPreferences(facts, {}));
  expect(figures).toMatchObject({
    preferences: 5,
    prompts: 5,
    equalLength: 1,
    lengthDifference: (5 + 5 - 3 + 5 + 0) / 5,
    chosenLonger: { estimate: 0.6, n: 5 },
    chosenFirst: { estimate: 0.5, n: 4 },
    orderConsistent: { estimate: 0.75, n: 4 },
    duplicates: { exact: 1, contradicting: 1 },
    // The third says the shorter one is better, and the label the longer one, which comes first.
    labels: {
      labelled: 3,
      labelTies: 1,
      agreement: { n: 3 },
      longer: { estimate: 1 },
      first: { estimate: 1 },
    },
  });
  expect(figures.labels.agreement.estimate).toBeCloseTo(2 / 3, 12);
  expect(figures.margins.nats?.map(({ count }) => count)).toEqual([0, 0, 4, 0, 0, 0, 0, 0, 0, 1]);
});
