import { expect, test } from 'vitest';
import type { AgreementRow } from '../../src/aggregate/agree.ts';
import { agreementParts } from '../../src/cli/agreement-parts.ts';
import type { RubricRows } from '../../src/cli/agreement-rows.ts';
import { describeAsked, describeParts, mostModels } from '../../src/cli/agreement-text.ts';
import { pairRow, pointRow } from '../aggregate/report-rows.ts';

function rubricRows(
  rows: readonly AgreementRow[],
  rubricId = 'own',
  mode: RubricRows['mode'] = 'pairwise',
): RubricRows {
  const responseIds = mode === 'pairwise' ? ['a', 'b'] : ['a'];
  const identified = rows.map((row, index) => ({ ...row, sampleId: `${index}`, responseIds }));
  return {
    rubricId,
    mode,
    rows: identified,
    solutions: [],
    rated: [],
    scale: undefined,
    unread: { labels: 0, votes: 0 },
  };
}

/** Fourteen models that each meet one other, the later ones more often. */
const met = Array.from({ length: 14 }, (_, pair) =>
  Array.from({ length: pair + 2 }, (_, row) =>
    pairRow(row % 2 ? 'first' : 'second', row === 0 ? 'first' : null, {
      cluster: `${pair} ${row}`,
      lengths: [row, 3],
      models: [`m${String(pair).padStart(2, '0')}`, 'z'],
    }),
  ),
).flat();
const nameless = pairRow('first', null, { cluster: 'nameless' });

test('the largest pairs of models are shown, and what is left out is counted; all are there unless a number is given', () => {
  const of = rubricRows([...met, nameless]);
  const parts = agreementParts(of, { mostModels });
  expect(parts).toMatchObject({ models: { length: 12 }, moreModels: 2, withoutModels: 1 });
  const text = describeParts(parts, 'pairwise').join('\n\n');
  expect(text).toContain('m13 against z');
  expect(text).not.toContain('m01 against z');
  expect(text).toContain(
    'and 2 pairs of models with fewer rows, in --json\n1 row without two known models left out',
  );
  expect(text).toContain('1 verdict without two known models left out');
  const all = agreementParts(of, {});
  expect(all).toMatchObject({ models: { length: 14 }, corrected: { rates: { length: 14 } } });
  expect(all).not.toHaveProperty('moreModels');
});

test('a corrected rate says what it was before it was clipped', () => {
  const rows = Array.from({ length: 120 }, (_, row) => {
    const label = row < 40 ? Number(row < 30) : null;
    const passes = label === 0 ? false : row >= 40 || row % 5 !== 1;
    return pointRow(passes ? 0.9 : 0.1, label, { cluster: `${row}` });
  });
  const parts = agreementParts(rubricRows(rows, 'own', 'pointwise'), { corrected: true });
  const unclipped = parts.corrected?.rates[0]?.unclipped ?? 0;
  expect(unclipped).toBeGreaterThan(1);
  expect(describeAsked(parts, { corrected: true }).join('\n')).toContain(
    `Rogan–Gladen: clipped from ${(unclipped * 100).toFixed(1)} %`,
  );
});

test('the only rubric of another run stands in for the only one here, and for none of several', () => {
  const rows = met.map((row) => ({ ...row, label: 'first' as const }));
  const against = { folder: 'other', rubrics: [rubricRows(rows, 'theirs')] };
  const compare = (alone: boolean) =>
    agreementParts(rubricRows(rows), { against: { ...against, alone } }).against;
  expect(compare(true)).toMatchObject({ rubricId: 'theirs', counts: { compared: rows.length } });
  expect(() => compare(false)).toThrow("--against: expected verdicts under 'own', got 'theirs'");
});
