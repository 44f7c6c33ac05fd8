import fc from 'fast-check';
import { expect, test } from 'vitest';
import { meanInterval } from '../../src/aggregate/interval.ts';
import { createRandom, shuffled } from '../../src/aggregate/random.ts';
import { SuiteCheck } from '../../src/schema.ts';
import { checkGates, type GateInput } from '../../src/suite/gates.ts';
import { answer, answersOf, gate, pair, scores } from './items.ts';

const three = [answer('one', 0.5), answer('two', 0.6), answer('three', 0.7)];
const said = (written: Record<string, unknown>, input: GateInput) =>
  checkGates([gate(written)], input).map((check) => {
    expect(SuiteCheck.parse(check)).toEqual(check);
    const { data, judge, rubric, slice, status, expected, found } = check;
    return {
      where: [data, judge, rubric, slice?.value].filter((name) => name != null).join(' '),
      status,
      expected,
      found,
    };
  });

test.each([
  [{ min: 0.3 }, 'passed', 'mean score of helpfulness ≥ 0.3 (worst bound)'],
  [{ min: 0.5 }, 'failed', 'mean score of helpfulness ≥ 0.5 (worst bound)'],
  [{ min: 0.6, bound: 'estimate' }, 'passed', 'mean score of helpfulness ≥ 0.6 (estimate)'],
  [{ min: 0.75, bound: 'best' }, 'passed', 'mean score of helpfulness ≥ 0.75 (best bound)'],
  [{ min: 0.9, bound: 'best' }, 'failed', 'mean score of helpfulness ≥ 0.9 (best bound)'],
  [{ max: 0.9 }, 'passed', 'mean score of helpfulness ≤ 0.9 (worst bound)'],
  [{ max: 0.65 }, 'failed', 'mean score of helpfulness ≤ 0.65 (worst bound)'],
  [{ max: 0.65, bound: 'best' }, 'passed', 'mean score of helpfulness ≤ 0.65 (best bound)'],
  [
    { min: 0.3, max: 0.65, bound: 'estimate' },
    'passed',
    'mean score of helpfulness ≥ 0.3 and ≤ 0.65 (estimate)',
  ],
  [{ min: 0.3, max: 0.65 }, 'failed', 'mean score of helpfulness ≥ 0.3 and ≤ 0.65 (worst bound)'],
])('the bound that is asked for meets the threshold: %j %s', (threshold, status, expected) => {
  expect(said({ measure: 'score', ...threshold }, { items: three })).toEqual([
    { where: 'answers small helpfulness', status, expected, found: '0.60 (0.36–0.80), 3 answers' },
  ]);
});

test('a figure that rounding would put on the wrong side has more digits', () => {
  const items = Array.from({ length: 9 }, (_, row) => answer(`${row}`, 0.5998 + 0.00001 * row));
  expect(said({ measure: 'score', min: 0.6, bound: 'estimate' }, { items })[0]).toMatchObject({
    status: 'failed',
    found: '0.5998 (0.5998–0.5999), 9 answers',
  });
});

test('a gate holds for each data, judge, rubric and slice that it leaves open and can be about', () => {
  const items = [
    ...three.map((item, row) => ({ ...item, slices: { language: row ? 'de' : 'en' } })),
    ...three.map((item) => ({ ...item, judge: 'large', score: null })),
    pair('one', 0.9),
    pair('two', 0.8),
  ];
  expect(
    said({ measure: 'score', min: 0.1 }, { items }).map(({ where, status, found }) => [where, status, found]),
  ).toEqual([
    ['answers large helpfulness', 'unmeasured', 'none of 3 has a score, 3 unscored'],
    ['answers small helpfulness', 'passed', '0.60 (0.36–0.80), 3 answers'],
  ]);
  expect(said({ measure: 'score', min: 0.2, judge: 'small', each: 'language' }, { items })).toMatchObject([
    { where: 'answers small helpfulness de', status: 'failed', found: '0.65 (0.16–0.95), 2 answers' },
    { where: 'answers small helpfulness en', status: 'unmeasured' },
  ]);
  expect(
    said({ measure: 'score', min: 0.05, judge: 'small', slice: { language: 'de' } }, { items })[0],
  ).toMatchObject({
    status: 'passed',
    expected: 'mean score of helpfulness, language de ≥ 0.05 (worst bound)',
  });
  expect(said({ measure: 'flip-rate', max: 1 }, { items })).toMatchObject([
    // The large judge judged answers alone.
    {
      where: 'answers large helpfulness',
      status: 'unmeasured',
      found: expect.stringContaining("rubric 'helpfulness' is pointwise"),
    },
    {
      where: 'pairs small better-answer',
      status: 'passed',
      expected: 'flip rate under better-answer ≤ 1 (worst bound)',
    },
  ]);
});

test('samples without a value of the slice are told', () => {
  const items = three.map((item, row) => ({ ...item, slices: row ? { language: 'de' } : {} }));
  expect(said({ measure: 'score', min: 0, each: 'language' }, { items })[0]?.found).toBe(
    "0.65 (0.16–0.95), 2 answers, 1 more without a value of 'language'",
  );
});

test.each([
  [
    { measure: 'score', min: 0, judge: 'smal' },
    "nothing was judged with judge 'smal' (did you mean 'small'?)",
  ],
  [
    { measure: 'score', min: 0, data: 'answer' },
    "nothing was judged with data 'answer' (did you mean 'answers'?)",
  ],
  [{ measure: 'score', min: 0, rubric: 'help' }, "nothing was judged with rubric 'help'"],
  [
    { measure: 'win-rate', min: 0 },
    "rubric 'helpfulness' is pointwise: it has score, pass-rate, agreement, kappa, not win-rate",
  ],
  [
    { measure: 'score', min: 0, criterion: 'ton' },
    "rubric 'helpfulness' has no criterion 'ton' (did you mean 'tone'?)",
  ],
  [{ measure: 'score', min: 0, objective: 'safety' }, "rubric 'helpfulness' has no objective 'safety'"],
  [{ measure: 'score', min: 0, slice: { language: 'de' } }, 'no sample has language de'],
  [{ measure: 'score', min: 0, each: 'language' }, "no sample has a value of 'language'"],
  [{ measure: 'agreement', min: 0 }, 'no verdict has a label'],
])('a gate that finds nothing is unmeasured and says why: %j', (written, found) => {
  expect(said(written, { items: three })).toMatchObject([{ status: 'unmeasured', found }]);
});

test('data without any verdict are unmeasured, not passed over', () => {
  const runs = [
    { data: 'answers', judge: 'small', rubrics: ['helpfulness'] },
    { data: 'empty', judge: 'small', rubrics: ['helpfulness'] },
  ];
  expect(
    said({ measure: 'score', min: 0 }, { items: three, runs }).map(({ where, status }) => [where, status]),
  ).toEqual([
    ['answers small helpfulness', 'passed'],
    ['empty small helpfulness', 'unmeasured'],
  ]);
  expect(said({ measure: 'score', min: 0 }, { items: [] })).toMatchObject([
    { where: 'all', status: 'unmeasured' },
  ]);
});

test('one prompt has no interval: no bound is met, the estimate may be', () => {
  const items = three.map((item) => ({ ...item, cluster: 'same' }));
  expect(said({ measure: 'score', min: 0.1 }, { items })[0]).toMatchObject({
    status: 'unmeasured',
    found: '0.60 without an interval (one prompt has no interval), 3 answers of 1 prompt',
  });
  expect(said({ measure: 'score', min: 0.1, bound: 'estimate' }, { items })[0]?.status).toBe('passed');
});

test('the pass mark is the gate’s, then the suite’s; a description is carried along', () => {
  const written = { measure: 'pass-rate', min: 0.5, bound: 'estimate', description: 'users see these' };
  const pick = (input: GateInput, more = {}) => checkGates([gate({ ...written, ...more })], input)[0];
  expect(pick({ items: three })).toMatchObject({ figure: { estimate: 1 }, description: 'users see these' });
  expect(pick({ items: three, pass: 0.65 })).toMatchObject({
    figure: { estimate: 1 / 3 },
    expected: 'pass rate of helpfulness (score ≥ 0.65) ≥ 0.5 (estimate)',
  });
  expect(pick({ items: three, pass: 0.65 }, { pass: 0.6 })?.figure?.estimate).toBeCloseTo(2 / 3, 12);
});

test('a gate without a threshold, or of a criterion and an objective, is an error', () => {
  expect(() => said({ measure: 'score' }, { items: three })).toThrow(
    "gate 'gate': expected min, max or both, got neither",
  );
  expect(() =>
    said({ measure: 'score', min: 0, criterion: 'tone', objective: 'tone' }, { items: three }),
  ).toThrow('expected a criterion or an objective, got both');
});

test('win rates are of the model that is named', () => {
  const items = [pair('one', 0.8, { models: ['old', 'new'] }), pair('two', 0.1, { models: ['new', 'old'] })];
  const rate = (model: string) =>
    checkGates([gate({ measure: 'win-rate', model, min: 0, bound: 'estimate' })], { items })[0];
  expect(rate('new')?.figure?.estimate).toBeCloseTo(0.15, 12);
  expect(rate('new')?.expected).toBe('win rate of model new under better-answer ≥ 0 (estimate)');
  expect(rate('nwe')).toMatchObject({
    status: 'unmeasured',
    found: "no pair has one answer of model 'nwe' (did you mean 'new'?)",
  });
});

const anyGate = fc
  .record({
    measure: fc.constantFrom('score', 'pass-rate'),
    bound: fc.constantFrom('worst', 'estimate', 'best'),
    limit: fc.constantFrom('min', 'max'),
    threshold: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ limit, threshold, ...rest }) => ({ ...rest, [limit]: threshold }));

test('the order of the items never matters', () => {
  fc.assert(
    fc.property(scores, anyGate, fc.integer(), (column, written, seed) => {
      const items = answersOf(column);
      const of = (own: typeof items) => checkGates([gate(written)], { items: own });
      expect(of(shuffled(items, createRandom(seed)))).toEqual(of(items));
    }),
  );
});

test('tightening a threshold never turns failed into passed; worst passes only where estimate does, estimate only where best does', () => {
  const rank = { failed: 0, unmeasured: 0, passed: 1 };
  fc.assert(
    fc.property(
      scores,
      fc.constantFrom('min', 'max'),
      fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
      (column, limit, thresholds) => {
        const items = answersOf(column);
        const status = (threshold: number, bound: string) =>
          rank[
            checkGates([gate({ measure: 'score', bound, [limit]: threshold })], { items })[0]?.status ??
              'failed'
          ];
        const [least, most] = [Math.min(...thresholds), Math.max(...thresholds)];
        const [loose, tight] = limit === 'min' ? [least, most] : [most, least];
        for (const bound of ['worst', 'estimate', 'best'])
          expect(status(tight, bound)).toBeLessThanOrEqual(status(loose, bound));
        expect(status(loose, 'worst')).toBeLessThanOrEqual(status(loose, 'estimate'));
        const clusters = new Set(items.filter(({ score }) => score !== null).map(({ cluster }) => cluster))
          .size;
        if (clusters > 1) expect(status(loose, 'estimate')).toBeLessThanOrEqual(status(loose, 'best'));
      },
    ),
  );
});

test('copies of answers to one prompt change no status that is clear of its threshold by rounding', () => {
  fc.assert(
    fc.property(scores, anyGate, fc.integer({ min: 2, max: 3 }), (column, written, copies) => {
      const items = answersOf(column);
      const often = Array.from({ length: copies }, (_, copy) =>
        items.map((item) => ({ ...item, sampleId: `${item.sampleId} ${copy}` })),
      ).flat();
      const [once, again] = [items, often].map((own) => checkGates([gate(written)], { items: own })[0]);
      const threshold = 'min' in written ? Number(written.min) : Number((written as { max?: number }).max);
      const { estimate, low, high } = once?.figure ?? { estimate: null, low: null, high: null };
      fc.pre([estimate, low, high].every((value) => value === null || Math.abs(value - threshold) > 1e-5));
      expect(again?.status).toBe(once?.status);
    }),
  );
});

test('a status is that of a hundred seeds of the bootstrap wherever both kinds of interval are clear of the threshold', () => {
  const random = createRandom(12);
  const items = Array.from({ length: 60 }, (_, row) =>
    answer(`${row}`, Math.min(1, Math.max(0, 0.6 + 0.2 * random.normal()))),
  );
  const values = items.map(({ score }) => score ?? 0);
  const clusters = items.map(({ cluster }) => cluster);
  const bounds = Array.from(
    { length: 100 },
    (_, seed) => meanInterval(values, clusters, { seed, resamples: 400 }).low ?? 0,
  );
  const error = 0.2 / Math.sqrt(60);
  for (const threshold of [0.5, 0.52, 0.56, 0.58, 0.6]) {
    const status = checkGates([gate({ measure: 'score', min: threshold })], { items })[0]?.status;
    // A bound of 400 resamples moves by about 0.1 standard errors; three times that, and what the two methods differ by.
    const clear = bounds.filter((bound) => Math.abs(bound - threshold) > 0.4 * error);
    for (const bound of clear) expect(status).toBe(bound >= threshold ? 'passed' : 'failed');
    expect(clear.length).toBeGreaterThan(threshold === 0.56 ? 0 : 99);
  }
});
