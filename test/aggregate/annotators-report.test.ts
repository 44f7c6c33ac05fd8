import { expect, test } from 'vitest';
import type { AgreementVote } from '../../src/aggregate/agree.ts';
import { annotatorsReport } from '../../src/aggregate/annotators-report.ts';
import { dawidSkene } from '../../src/aggregate/dawid-skene.ts';
import { krippendorffAlpha } from '../../src/aggregate/krippendorff.ts';
import type { Winner } from '../../src/aggregate/pairs.ts';
import { createRandom } from '../../src/aggregate/random.ts';
import { estimate } from '../../src/aggregate/statistic.ts';
import { expectNear } from './golden.ts';
import { figuresOf, pairRow, pointRow } from './report-rows.ts';

const options = { mode: 'pairwise', resamples: 200 } as const;
const by = (...said: Winner[]): AgreementVote[] =>
  said.map((label, place) => ({ annotator: `w${place + 1}`, label }));
const cluster = (row: number) => ({ cluster: `prompt ${row}` });

test('four pairs by hand: majorities, splits, the ceiling and the judge on the same majorities', () => {
  const rows = [
    pairRow('first', null, { ...cluster(1), votes: by('first', 'first', 'first') }),
    pairRow('first', null, { ...cluster(2), votes: by('second', 'second') }),
    pairRow('second', null, { ...cluster(3), votes: by('first', 'second') }),
    pairRow(null, null, { ...cluster(4), votes: by('first') }),
    pairRow('first', 'first', cluster(5)),
  ];
  const report = annotatorsReport(rows, options);
  expect(report).toMatchObject({ rows: 4, several: 3, votes: 8, split: 0 });
  // The split third row is a tie, which the judge misses; the unscored fourth is left out.
  expect(report?.majority).toMatchObject({ estimate: 1 / 3, n: 3 });
  // Leave one out: 1, 1 and 0 for the annotators, 1, 0 and ½ for the judge.
  expectNear(report?.ceiling.estimate ?? null, 2 / 3);
  expectNear(report?.judge.estimate ?? null, 0.5);
  expectNear(report?.gap.estimate ?? null, 0.5 - 2 / 3);
  const alpha = estimate(
    krippendorffAlpha(
      [['first', 'first', 'first'], ['second', 'second'], ['first', 'second'], ['first']],
      'nominal',
    ),
  );
  expectNear(report?.alpha.estimate ?? null, alpha.value ?? Number.NaN);
  expect(report?.annotators.w1).toMatchObject({ votes: 4, withOthers: { n: 3 } });
  // Shares 1, 0, ½ against probabilities 0.8, 0.8, 0.2.
  expectNear(report?.brier.judge.estimate ?? null, (0.04 + 0.64 + 0.09) / 3);
  expectNear(report?.brier.coin ?? null, (0.25 + 0.25) / 3);
  expect(report?.brier.least).toBe(0);
  expectNear(report?.logLoss.least ?? null, Math.log(2) / 3);
  for (const { low, high, reason, estimate } of figuresOf(report))
    if (low === null || high === null || estimate === null) expect(reason).toMatch(/\w/);
  expect(JSON.parse(JSON.stringify(report))).toEqual(report);
});

test('an unreliable annotator is found out, and the judge is held against the likelier label', () => {
  const random = createRandom(11);
  const truths = Array.from({ length: 200 }, (): Winner => (random.uniform() < 0.5 ? 'first' : 'second'));
  const other = (truth: Winner): Winner => (truth === 'first' ? 'second' : 'first');
  const say = (truth: Winner, skill: number) => (random.uniform() < skill ? truth : other(truth));
  const rows = truths.map((truth, row) =>
    pairRow(say(truth, 0.9), null, {
      ...cluster(row),
      votes: by(say(truth, 0.95), say(truth, 0.9), say(truth, 0.5)),
    }),
  );
  const report = annotatorsReport(rows, options);
  const reliability = (name: string) => report?.annotators[name]?.reliability ?? Number.NaN;
  expect(Math.abs(reliability('w1') - 0.95)).toBeLessThan(0.05);
  expect(Math.abs(reliability('w3') - 0.5)).toBeLessThan(0.1);
  expect(report?.dawidSkene.n).toBe(200);
  expect(report?.dawidSkene.estimate ?? 0).toBeGreaterThan(report?.majority.estimate ?? 1);
  const fit = dawidSkene(
    rows.map(({ votes = [] }) =>
      Object.fromEntries(votes.map(({ annotator, label }) => [annotator, String(label)])),
    ),
  );
  expectNear(reliability('w2'), fit.annotators.w2?.accuracy ?? Number.NaN);
});

test('votes without names count by their place, and nobody is named', () => {
  const nameless = (...said: Winner[]) => said.map((label) => ({ annotator: null, label }));
  const rows = [
    pairRow('first', null, { ...cluster(1), votes: nameless('first', 'first', 'second') }),
    pairRow('second', null, { ...cluster(2), votes: nameless('second', 'second', 'second') }),
  ];
  const report = annotatorsReport(rows, options);
  expect(report).toMatchObject({ votes: 6, annotators: {}, majority: { estimate: 1 } });
});

test('raters by column stay apart where one of them said nothing', () => {
  // In even rows the first two disagree; in odd rows the second and the third agree: the second is to be believed.
  const column = (label: Winner, place: number) => ({ annotator: null, label, place });
  const named = (label: Winner, place: number) => ({ annotator: `w${place}`, label });
  const report = (vote: (label: Winner, place: number) => AgreementVote) =>
    annotatorsReport(
      Array.from({ length: 40 }, (_, row) => {
        const right = row % 4 < 2 ? 'first' : 'second';
        const wrong = row % 4 < 2 ? 'second' : 'first';
        const votes = row % 2 ? [vote(right, 1), vote(right, 2)] : [vote(wrong, 0), vote(right, 1)];
        return pairRow(right, null, { ...cluster(row), votes });
      }),
      options,
    );
  const nameless = report(column);
  expect(nameless).toEqual({ ...report(named), annotators: {} });
  expect(nameless?.dawidSkene).toMatchObject({ estimate: 1, n: 40 });
});

test('scores have levels on a known scale; on an unknown one only α is told, and why', () => {
  const votes = (...said: number[]) => said.map((label, place) => ({ annotator: `w${place}`, label }));
  const rows = [
    pointRow(0.75, null, { ...cluster(1), votes: votes(4, 4, 5) }),
    pointRow(0, null, { ...cluster(2), votes: votes(1, 2, 1) }),
  ];
  const known = annotatorsReport(rows, { mode: 'pointwise', labelRange: { min: 1, max: 5 } });
  expect(known?.majority).toMatchObject({ estimate: 1, n: 2 });
  expectNear(known?.brier.judge.estimate ?? null, ((0.75 - 10 / 12) ** 2 + (1 / 12) ** 2) / 2);
  const unknown = annotatorsReport(rows, { mode: 'pointwise' });
  expect(unknown).toMatchObject({ split: 0, converged: null });
  expect(unknown?.alpha.estimate).toBe(known?.alpha.estimate);
  for (const figure of [unknown?.majority, unknown?.ceiling, unknown?.dawidSkene, unknown?.logLoss.judge])
    expect(figure).toMatchObject({ estimate: null, reason: "the range of the labels' scale is not known" });
  const twoValued = [
    pointRow(0.9, null, { ...cluster(1), votes: votes(1, 1) }),
    pointRow(0.6, null, { ...cluster(2), votes: votes(0, 1, 0) }),
  ];
  expect(annotatorsReport(twoValued, { mode: 'pointwise' })?.majority).toMatchObject({ estimate: 0.5, n: 2 });
});

test('one vote a row is no panel of annotators', () => {
  expect(annotatorsReport([pairRow('first', 'first', { votes: by('first') })], options)).toBeNull();
  expect(annotatorsReport([], options)).toBeNull();
});
