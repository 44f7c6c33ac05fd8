import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createRandom, shuffled } from '../../src/aggregate/random.ts';
import { SuiteCheck } from '../../src/schema.ts';
import { checkGates } from '../../src/suite/gates.ts';
import type { JudgedItem } from '../../src/suite/item.ts';
import { answer, answersOf, gate, pair, scores } from './items.ts';

const before = [answer('one', 0.5), answer('two', 0.6), answer('three', 0.9), answer('four', 0.4)];
const after = [answer('one', 0.45), answer('two', 0.6), answer('three', 0.8), answer('four', 0.42)];
const compare = (
  items: readonly JudgedItem[],
  main: readonly JudgedItem[],
  more: Record<string, unknown> = {},
) => {
  const written = { kind: 'comparison', measure: 'score', against: 'main', min: -0.2, ...more };
  const [check] = checkGates([gate(written)], { items, baselines: { main } });
  expect(SuiteCheck.parse(check)).toEqual(check);
  return check;
};
const regress = (
  items: readonly JudgedItem[],
  main: readonly JudgedItem[],
  more: Record<string, unknown> = {},
) => {
  const written = { kind: 'regressions', against: 'main', drop: 0.04, ...more };
  const [check] = checkGates([gate(written)], { items, baselines: { main } });
  expect(SuiteCheck.parse(check)).toEqual(check);
  return check;
};

test('a difference is paired, with both means beside it', () => {
  expect(compare(after, before)).toMatchObject({
    status: 'passed',
    expected: 'change of mean score of helpfulness against main ≥ -0.2 (worst bound)',
    // As scipy.stats.ttest_rel gives it.
    found: '-0.03 (-0.12 to 0.05), 4 answers in both, 0.57 here and 0.60 there',
    figure: { n: 4, clusters: 4 },
  });
  expect(compare(after, before, { min: -0.1 })?.status).toBe('failed');
  expect(compare(after, before, { min: -0.05, bound: 'estimate' })?.status).toBe('passed');
  expect(compare(after, before, { min: 0.05, bound: 'best' })?.status).toBe('passed');
});

test('nothing changed is surely no difference; the same shares of other scores are not', () => {
  expect(compare(before, before, { min: 0 })).toMatchObject({
    status: 'passed',
    found: '0.00 (0.00–0.00), 4 answers in both, 0.60 here and 0.60 there, no verdict changed',
  });
  expect(compare(after, before, { measure: 'pass-rate', min: -0.5, pass: 0.1 })).toMatchObject({
    status: 'failed',
    found: '0.00 (-0.60 to 0.60), 4 answers in both, 1.00 here and 1.00 there',
  });
});

test('what only one run has, other texts, other prompts and missing scores are left out and told', () => {
  const here = [
    ...after,
    answer('new', 0.1),
    answer('rewritten', 0.1, { texts: ['another'] }),
    answer('asked', 0.1, { cluster: 'another prompt' }),
    answer('lost', null),
  ];
  const there = [
    ...before,
    answer('gone', 0.9),
    answer('rewritten', 0.9),
    answer('asked', 0.9),
    answer('lost', 0.9),
  ];
  expect(compare(here, there)?.found).toBe(
    '-0.03 (-0.12 to 0.05), 4 answers in both, 0.57 here and 0.60 there, 2 with other texts left out, 1 only here, 1 only in main, 1 unscored in one of them',
  );
  const rewritten = compare(here, there, { answers: 'new' });
  expect(rewritten?.figure).toMatchObject({ n: 5 });
  expect(rewritten?.found).toContain('1 with other answers, 1 with another prompt left out, 1 only here');
  expect(regress(here, there)).toMatchObject({ status: 'failed', fell: 2 });
  expect(regress(here, there, { answers: 'new' })?.items?.[0]).toEqual({
    sampleId: 'rewritten',
    responseIds: ['a'],
    before: 0.9,
    after: 0.1,
  });
});

test('texts that a run does not know count as the same', () => {
  const unknown = before.map((item) => ({ ...item, texts: undefined }));
  expect(compare(after, unknown)?.figure?.n).toBe(4);
});

test.each([
  [{ against: 'mian' }, "there is no baseline 'mian' (did you mean 'main'?)"],
  [{ measure: 'agreement' }, 'no verdict has a label'],
])('without anything to compare a gate is unmeasured: %j', (more, found) => {
  expect(compare(after, before, more)).toMatchObject({ status: 'unmeasured', found });
});

test('a baseline without these verdicts is unmeasured; a sole judge under another name is compared', () => {
  const renamed = before.map((item) => ({ ...item, judge: 'old' }));
  expect(compare(after, renamed)).toMatchObject({ status: 'passed', figure: { n: 4 } });
  const several = [...renamed, ...before.map((item) => ({ ...item, judge: 'older' }))];
  expect(compare(after, several)).toMatchObject({
    status: 'unmeasured',
    found: "baseline 'main' has no judge 'small'; it has old, older",
  });
  // Of two judges here neither is the one of there.
  const two = [...after, ...after.map((item) => ({ ...item, judge: 'large' }))];
  expect(compare(two, renamed)).toMatchObject({
    status: 'unmeasured',
    found: "baseline 'main' has no judge 'large'; it has old",
  });
  expect(
    compare(
      after,
      before.map((item) => ({ ...item, data: 'others' })),
    ),
  ).toMatchObject({
    status: 'unmeasured',
    found: "baseline 'main' has no verdict of answers under helpfulness by small",
  });
  expect(compare(after, [answer('other', 0.5)])).toMatchObject({
    status: 'unmeasured',
    found: 'no sample is in both runs, 4 only here, 1 only in main',
  });
  expect(regress(after, [answer('other', 0.5)])).toMatchObject({ status: 'unmeasured', figure: null });
});

test('a slice compares the samples that have it here', () => {
  const sliced = (items: readonly JudgedItem[]) =>
    items.map((item, row) => ({ ...item, slices: { language: row < 2 ? 'de' : 'en' } }));
  const checks = checkGates(
    [gate({ kind: 'comparison', measure: 'score', against: 'main', min: -1, each: 'language' })],
    {
      items: sliced(after),
      baselines: { main: [...sliced(before), answer('gone', 0.1, { slices: { language: 'en' } })] },
    },
  );
  expect(checks.map(({ slice, found }) => [slice?.value, found])).toEqual([
    ['de', expect.stringMatching(/^-0.02 .* 2 answers in both, 0.53 here and 0.55 there$/)],
    ['en', expect.stringMatching(/^-0.04 .* 2 answers in both, 0.61 here and 0.65 there, 1 only in main$/)],
  ]);
});

test('kappas and agreement are compared under the labels of this run', () => {
  const label = (items: readonly JudgedItem[], labels: readonly number[]) =>
    items.map((item, row) => ({ ...item, label: labels[row] }));
  const check = compare(label(after, [0, 1, 1, 0]), label(before, [1, 0, 0, 1]), {
    measure: 'agreement',
    bound: 'estimate',
  });
  expect(check).toMatchObject({
    figure: { estimate: 0.25 },
    found: expect.stringContaining('1.00 here and 0.75 there'),
  });
  expect(
    compare(label(after, [0, 1, 1, 0]), before, { measure: 'kappa', bound: 'estimate' })?.figure?.estimate,
  ).toBeCloseTo(0.5, 12);
});

test('regressions are those that fell by more than the drop, worst first', () => {
  expect(regress(after, before)).toMatchObject({
    status: 'failed',
    expected: 'at most 0 answers under helpfulness that fell by more than 0.04 against main',
    found: '2 of 4 answers in both fell',
    figure: null,
    fell: 2,
    items: [
      { sampleId: 'three', before: 0.9, after: 0.8 },
      { sampleId: 'one', before: 0.5, after: 0.45 },
    ],
  });
  // 0.5 − 0.45 is a bit more than 0.05 in binary.
  expect(regress(after, before, { drop: 0.05 })?.fell).toBe(1);
  expect(regress(after, before, { max: 2 })?.status).toBe('passed');
  expect(
    regress(after, before, { criterion: 'tone', drop: 0.01 })?.items?.map(({ sampleId }) => sampleId),
  ).toEqual(['four']);
});

test.each([
  ['x', 0.8, 0.6, 0.8, 0.6],
  ['y', 0.2, 0.4, 0.8, 0.6],
  ['tie', 0.5, 0.6, 1, 0.8],
  [undefined, 0.8, 0.6, 0.8, 0.6],
])(
  'a pair falls when its label’s winner, or the first answer, is less likely: %s',
  (label, was, is, worthBefore, worthAfter) => {
    const [item] = regress([pair('one', is, { label })], [pair('one', was)])?.items ?? [];
    expect(item?.before).toBeCloseTo(worthBefore, 12);
    expect(item?.after).toBeCloseTo(worthAfter, 12);
    expect(regress([pair('one', was, { label })], [pair('one', is)])?.fell).toBe(0);
  },
);

test('at most a hundred are listed, all are counted', () => {
  const many = Array.from({ length: 130 }, (_, row) => answer(`sample ${row}`, 0.9));
  const check = regress(
    many.map((item) => ({ ...item, score: 0.1 })),
    many,
    { max: 129 },
  );
  expect(check).toMatchObject({ status: 'failed', fell: 130 });
  expect(check?.items).toHaveLength(100);
});

test('the order of either run never matters, and a run compared the other way round has the opposite difference', () => {
  fc.assert(
    fc.property(scores, fc.integer(), (column, seed) => {
      const random = createRandom(seed);
      const here = answersOf(column);
      // Names that meet twice are paired by what they are.
      const there = shuffled(here, random).map((item, row) => ({
        ...item,
        score: item.score === null ? 0.5 : random.uniform(),
        ...(row % 5 === 0 ? { sampleId: 'twice', cluster: 'twice' } : {}),
      }));
      for (const check of [compare, regress])
        expect(check(shuffled(here, random), shuffled(there, random))).toEqual(check(here, there));
      const [one, other] = [compare(here, there), compare(there, here)];
      if (one?.figure?.estimate != null)
        expect(one.figure.estimate + (other?.figure?.estimate ?? 9)).toBeCloseTo(0, 12);
      expect(one?.figure?.n).toBe(other?.figure?.n);
    }),
    { numRuns: 60 },
  );
});

test('a fall by exactly the drop is none, whatever rounding says', () => {
  const regressions = (after: number) => {
    const written = { kind: 'regressions', against: 'main', drop: 0.3, max: 0 };
    const input = { items: [answer('one', after)], baselines: { main: [answer('one', 0.9)] } };
    return checkGates([gate(written)], input)[0];
  };
  expect(0.9 - 0.6).toBeGreaterThan(0.3);
  expect(regressions(0.6)).toMatchObject({ status: 'passed', fell: 0 });
  expect(regressions(0.5999)).toMatchObject({ status: 'failed', fell: 1 });
});

test('verdicts of one score and another winner have changed', () => {
  const there = ['one', 'two', 'three'].map((id) => pair(id, 0.51, { label: 'x' }));
  const compared = (here: readonly JudgedItem[]) =>
    checkGates([gate({ kind: 'comparison', measure: 'win-rate', against: 'main', min: -0.1 })], {
      items: here,
      baselines: { main: there },
    })[0];
  expect(compared(there)).toMatchObject({ status: 'passed', figure: { low: 0, high: 0 } });
  const tied = compared(there.map((item) => ({ ...item, winner: 'tie' })));
  expect(tied).toMatchObject({ status: 'failed', figure: { estimate: 0 } });
  expect(tied?.found).not.toContain('no verdict changed');
});
