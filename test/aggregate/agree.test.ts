import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AgreementRow, agreementReport } from '../../src/aggregate/agree.ts';
import type { Figure } from '../../src/aggregate/interval.ts';
import { logistic } from '../../src/aggregate/logits.ts';
import { combineOrders, type Winner } from '../../src/aggregate/pairs.ts';
import { createRandom } from '../../src/aggregate/random.ts';

const options = { mode: 'pairwise', resamples: 200, seed: 3 } as const;

/** Pairs of a judge that is right more often than not and leans to the first place. */
function pairRows(count: number): AgreementRow[] {
  const random = createRandom(9);
  return Array.from({ length: count }, (_, index) => {
    const better = random.uniform() < 0.5 ? 1 : -1;
    const preference = better + 1.5 * random.normal();
    const reading = combineOrders({ logOdds: preference + 0.8 }, { logOdds: 0.8 - preference });
    return {
      cluster: `prompt ${index % Math.ceil(count / 2)}`,
      label: index % 10 === 9 ? 'tie' : better > 0 ? 'first' : 'second',
      score: reading.probability,
      winner: reading.winner,
      lean: reading.lean,
      flipped: reading.flipped,
      lengths: [Math.floor(100 * random.uniform()), Math.floor(100 * random.uniform())],
      unscored: [],
      group: index % 3 === 0 ? 'chat' : 'code',
    };
  });
}

const unscored: AgreementRow = {
  cluster: 'lost',
  label: 'first',
  score: null,
  winner: null,
  lean: null,
  flipped: null,
  lengths: [1, 2],
  unscored: ['context', 'engine'],
};

/** Every figure anywhere in a report. */
function figuresOf(value: unknown): Figure[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('estimate' in value) return [value as Figure];
  return Object.values(value).flatMap(figuresOf);
}

function expectSound(report: unknown): void {
  const figures = figuresOf(report);
  expect(figures.length).toBeGreaterThan(10);
  for (const { estimate, low, high, n, clusters, reason } of figures) {
    expect(n >= clusters).toBe(true);
    for (const number of [estimate, low, high]) expect(number === null || Number.isFinite(number)).toBe(true);
    if (estimate === null || low === null || high === null) expect(reason).toMatch(/\w/);
    else expect(low <= high).toBe(true);
  }
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
}

test('a pairwise report puts the judge beside longer, first and majority on the same rows', () => {
  const rows = pairRows(120);
  const report = agreementReport([...rows, unscored], options);
  expectSound(report);
  const share = (hit: (row: AgreementRow) => boolean, from = rows) => from.filter(hit).length / from.length;
  const { figures, baselines, counts } = report;
  expect(figures.accuracy).toMatchObject({
    estimate: share((row) => row.winner === row.label),
    n: 120,
    clusters: 60,
  });
  expect(figures.decidedAccuracy.n).toBe(108);
  expect(figures.orderConsistency.estimate).toBeCloseTo(
    share((row) => !row.flipped),
    12,
  );
  expect(figures.positionLean.estimate).toBeCloseTo(0.8, 9);
  expect(figures.firstShownWins.estimate).toBeGreaterThan(0.6);
  const decided = rows.filter((row) => row.label !== 'tie');
  const brier =
    decided.reduce((sum, row) => sum + ((row.score ?? 0) - (row.label === 'first' ? 1 : 0)) ** 2, 0) /
    decided.length;
  expect(figures.brier.estimate).toBeCloseTo(brier, 12);
  expect(figures.logLoss.n).toBe(108);

  expect(baselines.first.figures.accuracy).toMatchObject({
    estimate: share((row) => row.label === 'first'),
    n: 120,
  });
  expect(baselines.first.figures.kappa.estimate).toBe(0);
  const longer = ({ lengths: [first = 0, second = 0] }: AgreementRow): Winner =>
    first === second ? 'tie' : first > second ? 'first' : 'second';
  expect(baselines.longer.figures.accuracy.estimate).toBe(share((row) => row.label === longer(row)));
  const majority = Math.max(...['first', 'second', 'tie'].map((name) => share((row) => row.label === name)));
  expect(baselines.majority.figures.accuracy.estimate).toBe(majority);
  expect(baselines.majority.rule).toMatch(/^always "(first|second)", the most frequent label$/);
  expect(baselines.longer.gain.estimate).toBeCloseTo(
    (figures.accuracy.estimate ?? 0) - (baselines.longer.figures.accuracy.estimate ?? 0),
    12,
  );
  expect(baselines.longer.gain.low).toBeGreaterThan(0);

  expect(counts).toMatchObject({
    rows: 121,
    clusters: 61,
    labelled: 121,
    scored: 120,
    compared: 120,
    unscored: 1,
    partlyUnscored: 0,
  });
  expect(counts.reasons).toEqual({ context: 1, engine: 1 });
  expect(counts.unscoredShare).toMatchObject({ estimate: 1 / 121, n: 121 });
});

test('a group is reported as if it were alone', () => {
  const rows = pairRows(60);
  const report = agreementReport(rows, options);
  expect(Object.keys(report.groups)).toEqual(['chat', 'code']);
  const { groups: none, ...alone } = agreementReport(
    rows.filter((row) => row.group === 'code').map(({ group: _, ...row }) => row),
    options,
  );
  expect(report.groups.code).toEqual(alone);
  expect(none).toEqual({});
});

test('swapping the responses of every pair changes no figure but the first baseline and the labels’ names', () => {
  const swap: Record<Winner, Winner> = { first: 'second', second: 'first', tie: 'tie' };
  const rows = pairRows(50);
  const swapped = rows.map((row) => ({
    ...row,
    label: swap[row.label as Winner],
    winner: row.winner && swap[row.winner],
    score: 1 - (row.score ?? 0),
    lengths: row.lengths.toReversed(),
  }));
  const [left, right] = [rows, swapped].map((from) => agreementReport(from, options).figures);
  for (const name of [
    'accuracy',
    'decidedAccuracy',
    'kappa',
    'brier',
    'logLoss',
    'positionLean',
    'firstShownWins',
  ] as const) {
    for (const end of ['estimate', 'low', 'high'] as const)
      expect(left?.[name][end]).toBeCloseTo(right?.[name][end] ?? Number.NaN, 9);
  }
});

/** Scores of answers labelled 1 to 5. */
function scoreRows(count: number): AgreementRow[] {
  const random = createRandom(4);
  return Array.from({ length: count }, (_, index) => {
    const label = 1 + random.below(5);
    return {
      cluster: `prompt ${Math.floor(index / 2)}`,
      label,
      score: logistic(label - 3 + random.normal()),
      winner: null,
      lean: null,
      flipped: null,
      lengths: [50 + 10 * label + Math.floor(100 * random.uniform())],
      unscored: index % 20 === 0 ? ['engine'] : [],
    };
  });
}

test('a pointwise report stretches scores onto the labels’ scale', () => {
  const rows = scoreRows(100);
  const report = agreementReport(rows, { mode: 'pointwise', labelRange: { min: 1, max: 5 }, resamples: 200 });
  expectSound(report);
  const { figures, baselines, counts } = report;
  const error =
    rows.reduce((sum, row) => sum + Math.abs(1 + 4 * (row.score ?? 0) - Number(row.label)), 0) / rows.length;
  expect(figures.absoluteError).toMatchObject({ estimate: expect.closeTo(error, 12), n: 100, clusters: 50 });
  expect(figures.spearman.low).toBeGreaterThan(0.4);
  expect(figures.quadraticKappa.estimate).toBeGreaterThan(figures.kappa.estimate ?? 1);
  expect(report.twoValued).toBe(false);
  expect(baselines.constant.figures.absoluteError.estimate).toBeGreaterThan(error);
  expect(baselines.constant.gain.estimate).toBeCloseTo(
    (baselines.constant.figures.absoluteError.estimate ?? 0) - error,
    12,
  );
  expect(baselines.constant.figures.spearman).toMatchObject({
    estimate: null,
    reason: 'a column is constant',
  });
  const most = Math.max(...[1, 2, 3, 4, 5].map((level) => rows.filter((row) => row.label === level).length));
  expect(baselines.constant.figures.accuracy.estimate).toBe(most / 100);
  expect(baselines.length.figures.pearson.estimate).toBeGreaterThan(0);
  expect(baselines.length.figures.absoluteError).toMatchObject({
    estimate: null,
    n: 100,
    reason: "a length is not on the labels' scale",
  });
  expect(baselines.length.gain.estimate).toBeCloseTo(
    (figures.spearman.estimate ?? 0) - (baselines.length.figures.spearman.estimate ?? 0),
    12,
  );
  expect(counts).toMatchObject({ scored: 100, partlyUnscored: 5, reasons: { engine: 5 } });
});

test('labels that are all 0 or 1 need no range', () => {
  const rows = scoreRows(60).map((row) => ({ ...row, label: Number(row.label) > 3 ? 1 : 0 }));
  const report = agreementReport(rows, { mode: 'pointwise', resamples: 200 });
  expectSound(report);
  expect(report).toMatchObject({ labelRange: { min: 0, max: 1 }, twoValued: true });
  expect(report.figures.areaUnderCurve.low).toBeGreaterThan(0.5);
  expect(report.figures.accuracy.estimate).toBe(
    rows.filter((row) => (row.score ?? 0) >= 0.5 === (row.label === 1)).length / 60,
  );
  expect(report.baselines.length.figures.areaUnderCurve.estimate).toBeGreaterThan(0.3);
  expect(agreementReport(scoreRows(10), { mode: 'pointwise' })).toMatchObject({
    labelRange: null,
    baselines: { constant: { gain: { estimate: null, reason: expect.stringContaining('not known') } } },
  });
});

test('no rows, no labels and nothing scored give counts and reasons, never NaN', () => {
  for (const mode of ['pairwise', 'pointwise'] as const) {
    const lengths = mode === 'pairwise' ? [1, 2] : [1];
    const lost = { ...unscored, lengths, label: mode === 'pairwise' ? 'first' : 1 } as AgreementRow;
    for (const rows of [[], [lost], [{ ...lost, label: null }]]) {
      const report = agreementReport(rows, { mode });
      expectSound(report);
      expect(report.counts.compared).toBe(0);
      for (const figure of figuresOf([report.figures, report.baselines]))
        expect(figure).toMatchObject({ estimate: null, n: 0, reason: 'no rows' });
    }
  }
});

test('any rows give a sound report', () => {
  const pair = fc.record({
    cluster: fc.constantFrom('a', 'b', 'c', '__proto__'),
    label: fc.constantFrom<Winner | null>('first', 'second', 'tie', null),
    score: fc.double({ min: 0, max: 1, noNaN: true }),
    winner: fc.constantFrom<Winner>('first', 'second', 'tie'),
    lean: fc.option(fc.double({ min: -30, max: 30, noNaN: true })),
    flipped: fc.boolean(),
    lengths: fc.tuple(fc.nat(), fc.nat()),
    unscored: fc.array(fc.constantFrom('context', 'engine')),
    group: fc.constantFrom('x', '__proto__'),
  });
  fc.assert(
    fc.property(fc.array(pair, { maxLength: 12 }), (rows) =>
      expectSound(agreementReport(rows, { ...options, resamples: 20 })),
    ),
    { numRuns: 60 },
  );
  const point = fc.record({
    cluster: fc.constantFrom('a', 'b', 'c'),
    label: fc.option(fc.integer({ min: 1, max: 5 })),
    score: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    winner: fc.constant(null),
    lean: fc.constant(null),
    flipped: fc.constant(null),
    lengths: fc.tuple(fc.nat()),
    unscored: fc.constant([]),
  });
  for (const labelRange of [{ labelRange: { min: 1, max: 5 } }, {}]) {
    fc.assert(
      fc.property(fc.array(point, { maxLength: 12 }), (rows) =>
        expectSound(agreementReport(rows, { mode: 'pointwise', resamples: 20, ...labelRange })),
      ),
      { numRuns: 60 },
    );
  }
});

test('a row of the other mode is an error that gives its number', () => {
  const [pair] = pairRows(1);
  const [point] = scoreRows(1);
  if (!pair || !point) throw new Error('no rows');
  expect(() => agreementReport([pair, point], options)).toThrow(
    /^row 2: expected a label first, second or tie, got \d$/,
  );
  expect(() => agreementReport([{ ...point, label: null }, pair], { mode: 'pointwise' })).toThrow(
    /^row 2: expected a numeric label/,
  );
  expect(() => agreementReport([{ ...pair, winner: null }], options)).toThrow(
    'expected a winner and a score, or neither',
  );
  expect(() => agreementReport([{ ...pair, lengths: [1] }], options)).toThrow('expected two lengths, got 1');
  expect(() => agreementReport([{ ...point, score: 3 }], { mode: 'pointwise' })).toThrow(
    'expected a score from 0 to 1, got 3',
  );
  expect(() => agreementReport([{ ...point, label: Number.NaN }], { mode: 'pointwise' })).toThrow(
    'expected a finite label',
  );
});
