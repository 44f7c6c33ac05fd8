import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { expect, test } from 'vitest';
import { unguardCell } from '../../src/dataset/csv.ts';
import { Verdict } from '../../src/schema.ts';
import { figureCsv, verdictCsv } from '../../src/suite/output-csv.ts';
import { verdictLines } from '../../src/suite/output-verdicts.ts';
import { fakeEngine } from '../support/fake-engine.ts';
import { hostileStream, hostileTexts } from '../support/hostile-texts.ts';
import { suiteResult } from '../support/suite-result.ts';
import { judgedRun } from '../support/suite-run.ts';

async function textOf(parts: Iterable<string> | AsyncIterable<string>): Promise<string> {
  const all: string[] = [];
  for await (const part of parts) all.push(part);
  return all.join('');
}

/** As a spreadsheet reads it: any line break ends a row, unless it is quoted. */
const rowsOf = (text: string): Record<string, string>[] =>
  parse(text, { columns: true, record_delimiter: ['\r\n', '\n', '\r'], relax_column_count: false });

/** What OWASP lists, with line feeds and full-width signs; numbers of ours may be negative. */
const isFormula = (cell: string) =>
  /^[=+\-@\t\r\n＝＋－＠]/.test(cell) && !/^-?\d+(\.\d+)?(e-?\d+)?$/.test(cell);

test('figures: one a row, what is not there is empty', async () => {
  const rows = rowsOf(await textOf(figureCsv(suiteResult('passed'))));
  expect(rows).toHaveLength(16);
  expect(rows[2]).toEqual({
    suite: 'support-bot',
    data: 'answers',
    judge: 'small',
    rubric: 'helpfulness',
    measure: 'score',
    model: '',
    part: 'criterion',
    part_id: 'clarity',
    slice: '',
    slice_value: '',
    estimate: '0.66',
    low: '0.6000000000000001',
    high: '0.72',
    n: '48',
    clusters: '45',
    unscored: '2',
    reason: '',
  });
  expect(rows[7]).toMatchObject({ measure: 'kappa', estimate: '', n: '0', reason: 'no labels' });
});

test('1,000 hostile texts come back from CSV, and no cell begins like a formula', async () => {
  const { texts, taken } = hostileStream(1000);
  while (taken() < 1000) {
    const result = suiteResult('failed', { text: texts });
    const text = await textOf(figureCsv(result));
    const rows = rowsOf(text);
    expect(rows).toHaveLength(result.figures.length);
    for (const [index, { rubric, slice, figure }] of result.figures.entries()) {
      const row = rows[index] ?? {};
      expect(Object.values(row).filter(isFormula)).toEqual([]);
      expect(unguardCell(row.rubric ?? '')).toBe(rubric.toWellFormed());
      expect(unguardCell(row.slice_value ?? '')).toBe(slice?.value.toWellFormed() ?? '');
      expect(unguardCell(row.reason ?? '')).toBe(figure.reason?.toWellFormed() ?? '');
    }
  }
});

test('verdicts of several runs: one a row, the columns of all criteria, hostile ids and labels kept', async () => {
  await using home = await mkdtempDisposable(join(tmpdir(), 'juror-csv-'));
  const ids = [...new Set(hostileTexts(60).map((text) => text.slice(0, 200)))].filter((id) => id !== '');
  const samples = ids.map((id, index) => ({
    id,
    prompt: 'Name a colour.',
    responses: [{ id: 'response', text: `Blue ${index}.`, model: id }],
    metadata: { subset: id },
  }));
  const engine = fakeEngine({
    answer: (request) =>
      JSON.stringify(request.prefix).includes('Blue 3.')
        ? { status: 'unscored', reason: 'context', message: 'too long' }
        : undefined,
  });
  const sources = [
    await judgedRun(home.path, 'answers', { rubrics: ['helpfulness', 'summary-quality'], samples, engine }),
    await judgedRun(home.path, 'pairs', {
      rubrics: ['better-answer'],
      samples: [
        {
          id: '=1',
          prompt: 'p',
          responses: [
            { id: '@a', text: 'x' },
            { id: 'b', text: 'y' },
          ],
          label: '@a',
        },
      ],
    }),
  ];
  const rows = rowsOf(await textOf(verdictCsv(sources)));
  expect(rows).toHaveLength(2 * ids.length + 1);
  expect(rows.flatMap((row) => Object.values(row)).filter(isFormula)).toEqual([]);
  const verdicts = (
    await Promise.all(sources.map(({ folder }) => readFile(join(folder, 'verdicts.jsonl'), 'utf8')))
  )
    .join('')
    .trimEnd()
    .split('\n')
    .map((line) => Verdict.parse(JSON.parse(line)));
  for (const [index, verdict] of verdicts.entries()) {
    const row = rows[index] ?? {};
    expect(row).toMatchObject({
      suite: 'support-bot',
      rubric: verdict.rubricId,
      mode: verdict.mode,
      score: verdict.score === null ? '' : String(verdict.score),
      unscored: verdict.unscored.length === 0 ? '' : 'context',
      flipped: verdict.flipped === null ? '' : String(verdict.flipped),
    });
    expect(unguardCell(row.sample ?? '')).toBe(verdict.sampleId.toWellFormed());
    for (const [id, { score }] of Object.entries(verdict.perCriterion))
      expect(row[`criterion.${id}`]).toBe(score === null ? '' : String(score));
  }
  expect(rows.at(-1)).toMatchObject({ data: 'pairs', response_1: "'@a", response_2: 'b', label: "'@a" });
  expect(verdicts.some(({ score }) => score === null)).toBe(true);

  const lines = (await textOf(verdictLines(sources)))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  for (const [index, line] of lines.entries())
    expect(line).toMatchObject({ ...verdicts[index], suite: 'support-bot' });
  expect(lines).toHaveLength(verdicts.length);
  expect(lines[0]).toMatchObject({ data: 'answers', judge: 'small', suiteDigest: 'd1' });
  expect(lines[0].rubricDigest).toMatch(/^[0-9a-f]{64}$/);
});

test('a folder that is no run is told', async () => {
  await expect(textOf(verdictCsv([{ folder: '/nowhere' }]))).rejects.toThrow('expected a run folder');
  await expect(textOf(verdictLines([{ folder: '/nowhere' }]))).rejects.toThrow('expected a run folder');
});
