import fc from 'fast-check';
import { expect, test } from 'vitest';
import { agreementReport } from '../../src/aggregate/agree.ts';
import { createRandom, shuffled } from '../../src/aggregate/random.ts';
import { SuiteFigure } from '../../src/schema.ts';
import { suiteFigures } from '../../src/suite/figures.ts';
import { sliceItems } from '../../src/suite/groups.ts';
import { answer, answersOf, pair, scores } from './items.ts';

const names = (figures: readonly SuiteFigure[]) =>
  figures.map(({ data, measure, part, model, slice }) =>
    [
      data,
      measure,
      part.kind === 'whole' ? '' : part.id,
      model ?? '',
      slice ? `${slice.name}=${slice.value}` : '',
    ]
      .filter((word) => word !== '')
      .join(' '),
  );

test('values of a slice are numbers by size, then words, in whatever order they come', () => {
  const values = ['10', '1a', '9', '-1', '1.0', '1', ' ', 'de', '0x2'];
  const sorted = ['-1', '1', '1.0', '0x2', '9', '10', ' ', '1a', 'de'];
  fc.assert(
    fc.property(fc.shuffledSubarray(values, { minLength: values.length }), (order) => {
      const items = order.map((value) => answer(value, 0.5, { slices: { level: value } }));
      expect(sliceItems(items, 'level').map(({ value }) => value)).toEqual(sorted);
    }),
  );
});

test('each kind of verdict has its measures: whole, criteria, objectives, then slices', () => {
  const items = [
    pair('one', 0.8, { models: ['old', 'new'], label: 'x' }),
    pair('two', 0.3, { models: ['new', 'old'], flipped: true }),
    answer('three', 0.9, { slices: { length: '10', language: 'de' } }),
    answer('four', 0.2, { slices: { length: '9', language: 'de' } }),
    answer('five', null, { perObjective: { helpfulness: null, honesty: 0.4 } }),
  ];
  const figures = suiteFigures(items, { slices: ['length', 'language'] });
  expect(names(figures)).toEqual([
    'answers score',
    'answers pass-rate',
    'answers score accuracy',
    'answers pass-rate accuracy',
    'answers score tone',
    'answers pass-rate tone',
    'answers score helpfulness',
    'answers pass-rate helpfulness',
    'answers score honesty',
    'answers pass-rate honesty',
    'answers score length=9',
    'answers pass-rate length=9',
    'answers score length=10',
    'answers pass-rate length=10',
    'answers score language=de',
    'answers pass-rate language=de',
    'pairs win-rate new',
    'pairs win-rate old',
    'pairs flip-rate',
    'pairs agreement',
    'pairs kappa',
  ]);
  for (const figure of figures) expect(SuiteFigure.parse(figure)).toEqual(figure);
  const of = (name: string) => figures[names(figures).indexOf(name)];
  expect(of('answers score')).toMatchObject({ unscored: 1, figure: { estimate: 0.55, n: 2, clusters: 2 } });
  expect(of('answers pass-rate')?.figure.estimate).toBe(0.5);
  expect(of('answers score honesty')).toMatchObject({
    unscored: 2,
    figure: { estimate: 0.4, low: null, high: null, reason: 'one prompt has no interval' },
  });
  expect(of('pairs win-rate old')?.figure.estimate).toBeCloseTo(0.75, 12);
  expect(of('pairs win-rate new')?.figure.estimate).toBeCloseTo(0.25, 12);
  expect(of('pairs flip-rate')?.figure.estimate).toBe(0.5);
  // The pair without a label is not among them.
  expect(of('pairs agreement')).toMatchObject({ unscored: 0, figure: { estimate: 1, n: 1 } });
});

test('without models the first answers win or lose; a pair of one model’s own answers says nothing of it', () => {
  const [first] = suiteFigures([pair('one', 0.8), pair('two', 0.4)]);
  expect(first).toMatchObject({ measure: 'win-rate', figure: { n: 2 } });
  expect(first?.figure.estimate).toBeCloseTo(0.6, 12);
  expect(first).not.toHaveProperty('model');
  const [own] = suiteFigures([pair('one', 0.8, { models: ['m', 'm'] })]);
  expect(own).toMatchObject({
    model: 'm',
    figure: { estimate: null, reason: "no pair has one answer of model 'm'" },
  });
});

test('agreement is that of juror agree: winners of pairs, and answers labelled 0 or 1', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(0, 0.2, 0.5, 0.7, 1), fc.constantFrom('x', 'y', 'tie')), {
        minLength: 2,
      }),
      (rows) => {
        const pairs = rows.map(([score, label], row) => pair(`${row}`, score, { label }));
        const answers = rows.map(([score, label], row) =>
          answer(`${row}`, score, { label: label === 'x' ? 1 : 0 }),
        );
        const place = { x: 'first', y: 'second', tie: 'tie' } as const;
        const shared = { lean: null, flipped: null, unscored: [] };
        const reports = [
          agreementReport(
            answers.map(({ cluster, score, label }) => ({
              ...shared,
              cluster,
              score,
              label: Number(label),
              winner: null,
              lengths: [1],
            })),
            { mode: 'pointwise', labelRange: { min: 0, max: 1 }, resamples: 1 },
          ).figures,
          agreementReport(
            pairs.map(({ cluster, score, winner, label }) => ({
              ...shared,
              cluster,
              score,
              winner: place[winner as 'x'],
              label: place[label as 'x'],
              lengths: [1, 1],
            })),
            { mode: 'pairwise', resamples: 1 },
          ).figures,
        ];
        const figures = suiteFigures([...pairs, ...answers]);
        for (const [index, data] of ['answers', 'pairs'].entries())
          for (const [measure, theirs] of [
            ['agreement', reports[index]?.accuracy],
            ['kappa', reports[index]?.kappa],
          ] as const) {
            const own = figures.find((figure) => figure.data === data && figure.measure === measure)?.figure;
            if (theirs?.estimate == null) expect(own?.estimate).toBeNull();
            else expect(own?.estimate).toBeCloseTo(theirs.estimate, 12);
          }
      },
    ),
    { numRuns: 40 },
  );
});

test('graded labels agree where both pass or both fail', () => {
  const items = [
    answer('one', 0.7, { label: 0.75 }),
    answer('two', 0.55, { label: 0.75 }),
    answer('three', 0.1, { label: 0 }),
  ];
  const agreement = (pass: number) =>
    suiteFigures(items, { pass }).find(({ measure }) => measure === 'agreement')?.figure.estimate;
  expect(agreement(0.5)).toBe(1);
  expect(agreement(0.6)).toBeCloseTo(2 / 3, 12);
});

test('the order of the items changes no bit', () => {
  fc.assert(
    fc.property(scores, fc.integer(), (column, seed) => {
      const items = [
        ...answersOf(column).map((item, row) => ({
          ...item,
          slices: { third: String(row % 3) },
          label: row % 2,
        })),
        ...column.map(({ score, prompt }, row) =>
          pair(`pair ${row}`, score, {
            cluster: `prompt ${prompt}`,
            label: row % 3 ? 'x' : 'tie',
            models: ['m', row % 2 ? 'n' : null],
          }),
        ),
      ];
      const options = { slices: ['third'], pass: 0.4 };
      expect(suiteFigures(shuffled(items, createRandom(seed)), options)).toEqual(
        suiteFigures(items, options),
      );
    }),
  );
});

test('what is no label is an error that names the sample', () => {
  expect(() => suiteFigures([pair('one', 0.4, { label: 'z' })])).toThrow(
    "sample 'one': expected one of 'x', 'y', 'tie', got \"z\"",
  );
  expect(() => suiteFigures([answer('one', 0.4, { label: 7 })])).toThrow(
    "sample 'one': expected a label from 0 to 1, got 7",
  );
});
