import { expect, test } from 'vitest';
import { confidenceReport } from '../../src/aggregate/confidence-report.ts';
import { reliabilityDiagram, writeDiagram } from '../../src/cli/diagram.ts';
import { pairRow, pointRow } from '../aggregate/report-rows.ts';

const options = { resamples: 50 };

test('a bin stands where its probability and its share are', () => {
  const rows = Array.from({ length: 10 }, (_, row) =>
    pairRow('first', row < 7 ? 'first' : 'second', { score: 0.75, cluster: `${row}` }),
  );
  const confidence = confidenceReport(rows, { mode: 'pairwise', ...options });
  if (!confidence) throw new Error('expected a report');
  const drawn = reliabilityDiagram('<rubric> & co', 'pairwise', confidence);
  // From 50 to 100 % across 320 units from 72, from 0 to 100 % up from 380.
  expect(drawn).toContain('<circle class="bin" cx="232" cy="156" r="6"/>');
  expect(drawn).toContain('<title>75.0 % said, 70.0 % came true, 10 rows</title>');
  expect(drawn).toContain('Reliability of &#60;rubric&#62; &#38; co');
  expect(drawn).toMatch(/prefers-color-scheme: dark/);
  expect(drawn).not.toMatch(/NaN|undefined|https?:(?!\/\/www\.w3\.org\/2000\/svg")/);
});

test('one answer is drawn from 0 %; several rubrics and labels without probability are refused', async () => {
  const rows = [pointRow(0, 0, { cluster: '1' }), pointRow(0, 0, { cluster: '2' })];
  const confidence = confidenceReport(rows, { mode: 'pointwise', ...options });
  if (!confidence) throw new Error('expected a report');
  expect(reliabilityDiagram('r', 'pointwise', confidence)).toContain('cx="72" cy="380"');
  const subject = { rubricId: 'r', mode: 'pointwise', parts: { confidence } } as const;
  await expect(writeDiagram('unwritten.svg', [subject, { ...subject, rubricId: 's' }])).rejects.toThrow(
    '--diagram: expected --rubric with one of r, s, got none',
  );
  await expect(writeDiagram('unwritten.svg', [{ ...subject, parts: {} }])).rejects.toThrow(
    "--diagram: expected labels that probabilities are of (winners, or two values), got none for 'r'",
  );
});
