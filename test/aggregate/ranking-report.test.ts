import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type RankingRow, rankingReport, rankingRow } from '../../src/aggregate/ranking-report.ts';
import type { Ranking, Sample } from '../../src/schema.ts';

const row = (more: Partial<RankingRow> = {}): RankingRow => ({
  cluster: 'p',
  askedShare: 1,
  cyclicShare: 0,
  strengths: [1, 0, -1],
  lengths: [5, 5, 9],
  truth: [3, 2, 1],
  ...more,
});

const ranking = (order: readonly string[]): Ranking => ({
  sampleId: 's',
  rubricId: 'better-answer',
  responseIds: [...order].sort(),
  places: order.map((responseId, place) => ({
    responseId,
    rank: place + 1,
    rankLow: 1,
    rankHigh: 3,
    strength: 1 - place,
    low: -2,
    high: 2,
    elo: 1000,
  })),
  prior: false,
  comparisons: { asked: 2, scored: 2, possible: 3 },
  cyclicShare: null,
  stopped: 'budget',
  certainty: null,
  unscored: [],
});

const sample = (metadata: readonly (Record<string, unknown> | undefined)[], label?: string): Sample => ({
  id: 's',
  prompt: 'p',
  responses: ['a', 'b', 'c'].map((id, index) => ({
    id,
    text: id.repeat(index + 1),
    ...(metadata[index] ? { metadata: metadata[index] } : {}),
  })),
  ...(label === undefined ? {} : { label }),
});

test('a row takes ratings over a label, and knows nothing where all are equal', () => {
  const given = rankingRow(
    sample([{ rating: '4' }, { overall_score: 2 }, { score: 3 }], 'b'),
    ranking(['b', 'a', 'c']),
  );
  expect(given).toMatchObject({
    askedShare: 2 / 3,
    strengths: [0, 1, -1],
    lengths: [1, 2, 3],
    truth: [4, 2, 3],
  });
  const truth = (...of: Parameters<typeof sample>) =>
    rankingRow(sample(...of), ranking(['a', 'b', 'c'])).truth;
  expect(truth([{ rating: 4 }, { rating: null }, { rating: 3 }], 'b')).toEqual([0, 1, 0]);
  expect(truth([{ rating: 4 }, { rating: 4 }, { rating: 4 }], 'tie')).toBeNull();
  expect(truth([], 'tie')).toBeNull();
  expect(truth([{ rating: '' }, { rating: 'x' }, { rating: 1 }])).toBeNull();
  expect(rankingRow(sample([]), ranking([])).strengths).toBeNull();
});

test('figures are means over samples, beside length and chance', () => {
  const report = rankingReport([
    row(),
    row({ cluster: 'q', strengths: [0, 0, -1], askedShare: 0.5, cyclicShare: null }),
    row({ cluster: 'r', strengths: null }),
    row({ cluster: 's', truth: null, cyclicShare: 0.5 }),
  ]);
  expect(report.counts).toEqual({ rankings: 4, ranked: 3, compared: 2 });
  expect(report.askedShare).toMatchObject({ estimate: 0.875, n: 4, clusters: 4 });
  expect(report.cyclicShare.estimate).toBeCloseTo(0.5 / 3, 12);
  // τ-b: 1, and 2 / √(2 · 3) with one tied pair.
  expect(report.figures.kendall.estimate).toBeCloseTo((1 + 2 / Math.sqrt(6)) / 2, 12);
  expect(report.figures.bestFirst.estimate).toBe(0.75);
  expect(report.baselines.longer.figures.kendall.estimate).toBeCloseTo(-2 / Math.sqrt(6), 12);
  expect(report.baselines.longer.figures.bestFirst.estimate).toBe(0);
  expect(report.baselines.random.bestFirst.estimate).toBeCloseTo(1 / 3, 12);
  expect(report.baselines.longer.gain.estimate).toBeCloseTo(
    (report.figures.kendall.estimate ?? 0) - (report.baselines.longer.figures.kendall.estimate ?? 0),
    12,
  );
});

test('without rows or knowledge there are reasons and no numbers', () => {
  const { figures, askedShare, baselines } = rankingReport([row({ truth: null })]);
  expect(askedShare.estimate).toBe(1);
  for (const figure of [figures.kendall, figures.bestFirst, baselines.longer.gain])
    expect(figure).toMatchObject({ estimate: null, n: 0, reason: 'nothing is known of the responses' });
  expect(rankingReport([]).askedShare).toMatchObject({ estimate: null, reason: 'no rankings' });
});

test('the order of rows changes nothing, and a ranking turned upside down turns τ', () => {
  const numbers = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 4, maxLength: 4 });
  const rows = fc.array(
    fc.record({
      cluster: fc.constantFrom('p', 'q', 'r'),
      strengths: numbers,
      truth: numbers,
      lengths: numbers,
    }),
    { minLength: 1, maxLength: 8 },
  );
  fc.assert(
    fc.property(rows, (given) => {
      const all = given.map((of) => row(of));
      const options = { resamples: 20 };
      const tau = (of: readonly RankingRow[]) => rankingReport(of, options).figures.kendall.estimate ?? 0;
      expect(tau(all.toReversed())).toBeCloseTo(tau(all), 12);
      const turned = all.map((of) => ({ ...of, strengths: (of.strengths ?? []).map((value) => -value) }));
      expect(tau(turned)).toBeCloseTo(-tau(all), 12);
    }),
    { numRuns: 50 },
  );
});
