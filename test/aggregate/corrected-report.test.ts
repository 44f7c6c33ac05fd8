import { expect, test } from 'vitest';
import type { AgreementRow } from '../../src/aggregate/agree.ts';
import { correctedRate } from '../../src/aggregate/corrected.ts';
import { correctedFigures, correctedReport, type RateRow } from '../../src/aggregate/corrected-report.ts';
import type { Figure } from '../../src/aggregate/interval.ts';
import { createRandom } from '../../src/aggregate/random.ts';
import { expectNear } from './golden.ts';
import { pairRow, pointRow } from './report-rows.ts';

const pointwise = { mode: 'pointwise', resamples: 200 } as const;
const pairwise = { mode: 'pairwise', resamples: 200 } as const;

/** Answers of which three in four pass, judged right in 85 of 100; every fourth has a label. */
function passes(count: number): AgreementRow[] {
  const random = createRandom(5);
  return Array.from({ length: count }, (_, row) => {
    const pass = random.uniform() < 0.75;
    const right = random.uniform() < 0.85;
    return pointRow(pass === right ? 0.9 : 0.1, row % 4 === 0 ? Number(pass) : null, {
      cluster: `prompt ${row}`,
    });
  });
}

test('a pass rate is told as judged, by the labels, and corrected by both', () => {
  const report = correctedReport(passes(800), pointwise);
  expect(report).toMatchObject({
    unscored: 0,
    rates: [{ name: 'pass rate', labelled: 200, unlabelled: 600, judged: { n: 800 }, labels: { n: 200 } }],
  });
  const [rate] = report?.rates ?? [];
  for (const figure of [rate?.labels, rate?.roganGladen, rate?.predictionPowered])
    expect(Math.abs((figure?.estimate ?? 0) - 0.75)).toBeLessThan(0.08);
  const width = (figure: Figure | undefined) => (figure?.high ?? 1) - (figure?.low ?? 0);
  expect(width(rate?.predictionPowered)).toBeLessThan(width(rate?.labels));
  expect((rate?.judged.high ?? 1) < 0.75).toBe(true);
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
});

test('nothing is corrected when every scored row has a label, or none', () => {
  const rows = passes(40);
  const known = rows.filter(({ label }) => label !== null);
  expect(correctedReport(known, pointwise)).toBeNull();
  expect(
    correctedReport(
      rows.filter(({ label }) => label === null),
      pointwise,
    ),
  ).toBeNull();
  expect(correctedReport([...known, pointRow(null, null)], pointwise)).toBeNull();
  expect(correctedReport([...rows, pointRow(null, 1)], pointwise)?.unscored).toBe(1);
});

test('pairs have a win rate for each two models, else for the first answer; ties leave only one correction', () => {
  const rows = ['first', 'second', 'first', 'first', 'second', 'first'] as const;
  const pairs = rows.map((winner, row) =>
    pairRow(winner, row < 4 ? 'first' : null, {
      cluster: `${row}`,
      models: row % 2 ? ['m', 'n'] : ['n', 'm'],
    }),
  );
  expect(correctedReport(pairs, pairwise)?.rates.map(({ name }) => name)).toEqual(['m against n']);
  const nameless = pairs.map(({ models: _, ...row }) => row);
  expect(correctedReport(nameless, pairwise)?.rates).toMatchObject([
    { name: 'the first answer wins', labels: { estimate: 1 }, rarer: 0 },
  ]);
  const [tied] =
    correctedReport([...nameless, pairRow('first', 'tie', { cluster: '9' })], pairwise)?.rates ?? [];
  expect(tied).toMatchObject({
    rarer: null,
    labels: { estimate: 0.9 },
    roganGladen: { estimate: null, reason: expect.stringMatching(/yes and no/) },
    predictionPowered: { n: 7 },
  });
  expect(tied?.predictionPowered.estimate).not.toBeNull();
});

test('scores of more than two values have a mean; of an unknown scale they have none', () => {
  const rows = Array.from({ length: 30 }, (_, row) =>
    pointRow((row % 5) / 4, row % 2 ? 1 + (row % 5) : null, { cluster: `${row}` }),
  );
  const [mean] = correctedReport(rows, { ...pointwise, labelRange: { min: 1, max: 5 } })?.rates ?? [];
  expect(mean).toMatchObject({
    name: 'mean score, from 0 to 1',
    rarer: null,
    sensitivity: { estimate: null },
  });
  expect(mean?.predictionPowered.estimate).toBeCloseTo(0.5, 1);
  expect(correctedReport(rows, pointwise)?.rates).toEqual([]);
});

test('Rogan and Gladen’s rate is of all rows: the labels and the corrected rest, mixed by their numbers', () => {
  const rows = study(createRandom(3));
  const { roganGladen, labels, labelled, unlabelled, clipped, unclipped } = correctedFigures(rows);
  const [known, rest] = [
    rows.filter(({ truth }) => truth !== null),
    rows.filter(({ truth }) => truth === null),
  ];
  const column = (of: readonly RateRow[]) => ({
    judged: of.map(({ judged }) => judged === 1),
    clusters: of.map(({ cluster }) => cluster),
  });
  const others = correctedRate(column(rest), {
    ...column(known),
    truth: known.map(({ truth }) => truth === 1),
  });
  expect(roganGladen).toMatchObject({ n: 500, clusters: 500 });
  expect(labelled + unlabelled).toBe(500);
  expectNear(
    roganGladen.estimate,
    (labelled * (labels.estimate ?? 0) + unlabelled * (others.rate.estimate ?? 0)) / 500,
  );
  expect({ clipped, unclipped }).toEqual({ clipped: false, unclipped: roganGladen.estimate });
});

test('a corrected rate beyond the edge says what it was', () => {
  const rows = Array.from({ length: 120 }, (_, row): RateRow => {
    const truth = row < 40 ? Number(row < 30) : null;
    return { cluster: `${row}`, judged: truth === 0 || row % 5 === 0 ? Number(row >= 40) : 1, truth };
  });
  const { roganGladen, clipped, unclipped } = correctedFigures(rows);
  expect(clipped).toBe(true);
  expect(roganGladen).toMatchObject({ estimate: 1, high: 1 });
  expect(unclipped).toBeGreaterThan(1);
});

test('rows without models are counted where others have them', () => {
  const known = { models: ['m', 'n'] };
  const rows = [
    pairRow('first', 'first', { cluster: '1', ...known }),
    pairRow('first', null, { cluster: '2', ...known }),
    pairRow('first', null, { cluster: '3' }),
    pairRow('first', null, { cluster: '4', models: ['m', 'm'] }),
    pairRow(null, null, { cluster: '5' }),
  ];
  expect(correctedReport(rows, pairwise)).toMatchObject({ withoutModels: 2, rates: [{ judged: { n: 2 } }] });
  expect(correctedReport(rows.slice(2).concat(pairRow('first', 'first')), pairwise)?.withoutModels).toBe(0);
  expect(correctedReport(passes(40), pointwise)?.withoutModels).toBe(0);
});

test('the range of labels is evident from all of them, or not at all', () => {
  const rows = passes(40);
  expect(correctedReport(rows, pointwise)?.rates).toHaveLength(1);
  expect(correctedReport([...rows, pointRow(null, 3)], pointwise)?.rates).toEqual([]);
  const labelRange = { min: 0, max: 4 };
  const ends = rows.map((row) => ({ ...row, label: row.label === null ? null : Number(row.label) * 4 }));
  expect(correctedReport(ends, { ...pointwise, labelRange })?.rates[0]?.name).toBe('pass rate');
  expect(correctedReport([...ends, pointRow(null, 3)], { ...pointwise, labelRange })?.rates[0]?.name).toBe(
    'mean score, from 0 to 1',
  );
});

/** 500 verdicts of answers that pass in 70 of 100, of which each has a label with probability `known`. */
function study(random: ReturnType<typeof createRandom>, known = 0.3): RateRow[] {
  return Array.from({ length: 500 }, (_, row) => {
    const truth = Number(random.uniform() < 0.7);
    const judged = Number(random.uniform() < (truth === 1 ? 0.85 : 0.25));
    return { cluster: `${row}`, judged, truth: random.uniform() < known ? truth : null };
  });
}

test('both corrected intervals cover the truth 93 to 97 times in 100, as agree makes them from one run', () => {
  const random = createRandom(2026);
  const trials = 2000;
  const holds = { roganGladen: 0, predictionPowered: 0, judged: 0 };
  const names = ['roganGladen', 'predictionPowered', 'judged'] as const;
  for (let trial = 0; trial < trials; trial++) {
    const figures = correctedFigures(study(random));
    for (const name of names) {
      const { low, high } = figures[name];
      if (low !== null && high !== null && low <= 0.7 && 0.7 <= high) holds[name] += 1 / trials;
    }
  }
  for (const name of ['roganGladen', 'predictionPowered'] as const) {
    expect(holds[name], name).toBeGreaterThanOrEqual(0.93);
    expect(holds[name], name).toBeLessThanOrEqual(0.97);
  }
  expect(holds.judged).toBeLessThan(0.8);
});

test('Rogan and Gladen’s interval knows that the labelled rows are among all: it holds as often where most have a label', () => {
  const random = createRandom(9);
  const trials = 1000;
  let holds = 0;
  for (let trial = 0; trial < trials; trial++) {
    const { low, high } = correctedFigures(study(random, 0.8)).roganGladen;
    if (low !== null && high !== null && low <= 0.7 && 0.7 <= high) holds += 1 / trials;
  }
  // As if they were other rows, it would hold in more than 99 of 100.
  expect(holds).toBeGreaterThanOrEqual(0.93);
  expect(holds).toBeLessThanOrEqual(0.97);
});
