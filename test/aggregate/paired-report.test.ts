import { expect, test } from 'vitest';
import type { AgreementRow } from '../../src/aggregate/agree.ts';
import { mcNemar } from '../../src/aggregate/compare.ts';
import { type IdentifiedRow, pairedReport } from '../../src/aggregate/paired-report.ts';
import { pairRow, pointRow } from './report-rows.ts';

const pairwise = { mode: 'pairwise', resamples: 200 } as const;
const pointwise = { mode: 'pointwise', resamples: 200 } as const;
const named = (sampleId: string, row: AgreementRow): IdentifiedRow => ({
  ...row,
  cluster: `prompt of ${sampleId}`,
  sampleId,
  responseIds: ['a', 'b'],
});

test('the same rows are compared pair by pair; what is left out is counted by its kind', () => {
  const ids = Array.from({ length: 8 }, (_, row) => `${row}`);
  const here = [
    ...ids.map((id, row) => named(id, pairRow(row < 6 ? 'first' : 'second', 'first'))),
    named('only here', pairRow('first', 'first')),
    named('unlabelled', pairRow('first', null)),
    named('unscored there', pairRow('first', 'first')),
    named('other text', pairRow('first', 'first', { lengths: [5, 5] })),
  ];
  const there = [
    // Their own labels do not count.
    ...ids
      .map((id, row) => named(id, pairRow(row < 2 || row > 6 ? 'first' : 'second', 'second')))
      .toReversed(),
    named('unlabelled', pairRow('first', 'first')),
    named('unscored there', pairRow(null, 'first')),
    named('other text', pairRow('first', 'first', { lengths: [5, 6] })),
    named('only there', pairRow('first', 'first')),
  ];
  const report = pairedReport(here, there, pairwise);
  expect(report).toMatchObject({
    figure: 'accuracy',
    counts: { compared: 8, onlyHere: 1, onlyThere: 1, different: 1, unlabelled: 1, unscored: 1 },
    comparison: { left: { estimate: 6 / 8 }, right: { estimate: 3 / 8 }, exact: true },
    mcNemar: { onlyLeft: 4, onlyRight: 1 },
  });
  expect(report?.comparison.difference.estimate).toBeCloseTo(3 / 8, 12);
  const hits = (wins: (row: number) => boolean) => ids.map((_, row) => wins(row));
  expect(report?.mcNemar).toEqual(
    mcNemar(
      hits((row) => row < 6),
      hits((row) => row < 2 || row > 6),
    ),
  );
  // The other way round the ninth row has a label.
  const turned = pairedReport(
    there.map((row) => ({ ...row, label: 'first' })),
    here,
    pairwise,
  );
  expect(turned?.comparison.difference.estimate).toBeCloseTo(-3 / 9, 12);
});

test('texts of one length are other texts where both runs know their digests', () => {
  const row = (texts?: readonly string[]) => ({ ...named('1', pairRow('first', 'first')), texts });
  const different = (left: IdentifiedRow, right: IdentifiedRow) =>
    pairedReport([left], [right], pairwise)?.counts.different;
  expect(different(row(['a', 'b']), row(['b', 'a']))).toBe(1);
  expect(different(row(['a', 'b']), row(['a', 'b']))).toBe(0);
  expect(different(row(['a', 'b']), row())).toBe(0);
});

test('scores are compared by levels, by distance where there are none, not at all on an unknown scale', () => {
  const here = [named('1', pointRow(0.9, 1)), named('2', pointRow(0.1, 0))];
  const there = [named('1', pointRow(0.4, 1)), named('2', pointRow(0.1, 0))];
  expect(pairedReport(here, there, pointwise)).toMatchObject({
    figure: 'accuracy',
    comparison: { left: { estimate: 1 }, right: { estimate: 0.5 } },
  });
  const graded = here.map((row) => ({ ...row, label: 0.5 }));
  expect(pairedReport(graded, there, pointwise)).toBeNull();
  const report = pairedReport(graded, there, { ...pointwise, labelRange: { min: 0, max: 1 } });
  expect(report).toMatchObject({ figure: 'error', mcNemar: null });
  expect(report?.comparison.left.estimate).toBeCloseTo(0.4, 12);
  expect(report?.comparison.right.estimate).toBeCloseTo(0.25, 12);
});

test('runs that share no row have no difference, and it says so', () => {
  const report = pairedReport(
    [named('1', pairRow('first', 'first'))],
    [named('2', pairRow('first', 'first'))],
    pairwise,
  );
  expect(report).toMatchObject({
    counts: { compared: 0, onlyHere: 1, onlyThere: 1 },
    comparison: { difference: { estimate: null, reason: 'no rows' }, pValue: null },
  });
});
