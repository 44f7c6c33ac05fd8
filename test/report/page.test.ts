import { copyFile, mkdtempDisposable, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { reportPage } from '../../src/report/page.ts';
import { readReport } from '../../src/report/read-report.ts';
import { resamplesFor } from '../../src/report/rubric-report.ts';
import { style, styleHash } from '../../src/report/style.ts';
import { loadRubric } from '../../src/rubric.ts';
import type { Sample } from '../../src/schema.ts';
import { recordData } from '../../src/store/data-pointer.ts';
import { openRun } from '../../src/store/run.ts';
import { juror } from '../cli/juror.ts';
import { fakeEngine } from '../support/fake-engine.ts';
import {
  judgedRun,
  suiteFolder,
  suiteResult,
  supportAnswers,
  supportJudge,
  supportPairs,
} from './folders.ts';

const temporary = () => mkdtempDisposable(join(tmpdir(), 'juror-report-'));

test('equal runs give equal bytes, in whatever folder and however often', async () => {
  await using home = await temporary();
  const pages: string[] = [];
  for (const name of ['one', 'two']) {
    const { folder, data } = await judgedRun(join(home.path, name), supportPairs(12), { critique: 'brief' });
    pages.push(await reportPage(await readReport(folder, { data: [data] })));
    pages.push(await reportPage(await readReport(folder, { data: [data] })));
  }
  expect(new Set(pages).size).toBe(1);
  expect(pages[0]).not.toContain(home.path);
  expect(pages[0]).not.toMatch(
    /<script|\son[a-z]+=|\sstyle=|url\(|@import|<img|<link|https?:|\bNaN\b|undefined|\[object/,
  );
  // Every id is of the template, so that two plots cannot share one.
  const ids = [...(pages[0] ?? '').matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
  expect(ids).toEqual(['content', 'verdict', 'rubric-1', 'cost', 'set-up']);
  expect(pages[0]).toContain(`<style>${style}</style>`);
  expect(pages[0]).toContain(`style-src &#39;${styleHash}&#39;`);
});

test('a panel: figures with intervals and unscored, members, confusion, and what is contested first', async () => {
  await using home = await temporary();
  const engines = [supportJudge('one'), supportJudge('two', { failsOn: 'order 7007' })];
  const run = await judgedRun(join(home.path, 'run'), supportPairs(30), { engines, critique: 'brief' });
  const report = await readReport(run.folder, { data: [run.data], samples: 5 });
  const [rubric] = report.runs[0]?.rubrics ?? [];
  expect(rubric?.counts).toMatchObject({
    planned: 30,
    scored: 29,
    unscored: 1,
    pending: 0,
    reasons: { context: 2 },
  });
  expect(rubric?.figures[0]).toMatchObject({
    measure: 'win-rate',
    part: { kind: 'whole' },
    figure: { n: 29 },
    unscored: 1,
  });
  expect(rubric?.figures.filter(({ slice }) => slice !== null).map(({ slice }) => slice?.value)).toEqual([
    'english',
    'english',
    'german',
    'german',
    'norwegian',
    'norwegian',
  ]);
  expect(rubric?.panel?.members.map(({ silent }) => silent)).toEqual([0, 1]);
  const confused = rubric?.labels?.confusion?.counts.flat().reduce((sum, n) => sum + n, 0);
  expect(confused).toBe(29);
  const totals = rubric?.contested.map(({ contest }) => contest.total) ?? [];
  expect(totals).toHaveLength(5);
  expect(totals).toEqual(totals.toSorted((left, right) => right - left));
  expect(rubric?.contested[0]?.readings.map(({ responseIds }) => responseIds[0])).toEqual(
    expect.arrayContaining(['current', 'candidate']),
  );
  expect(rubric?.unscored).toMatchObject([
    { reasons: ['context'], message: expect.stringContaining('5,102') },
  ]);
  expect(report.runs[0]?.tokens).toMatchObject({ judgments: 120, repeated: 0 });
  const page = await reportPage(report);
  expect(page).toContain('1 of 30 verdicts without a score');
  expect(page).toContain('Most contested');
});

test('without data it says how to get texts; redacted it quotes nothing; other texts are refused', async () => {
  await using home = await temporary();
  const samples = supportPairs(6);
  const run = await judgedRun(join(home.path, 'run'), samples, {
    engines: [supportJudge('one')],
    critique: 'brief',
  });
  const without = await reportPage(await readReport(run.folder));
  expect(without).toContain('--data FILE');
  const redacted = await reportPage(await readReport(run.folder, { data: [run.data], redact: true }));
  for (const { prompt, responses } of samples)
    for (const text of [String(prompt), ...responses.map((response) => response.text)])
      for (const page of [without, redacted]) expect(page).not.toContain(text.slice(0, 24));
  expect(redacted).not.toContain('The first answer says');
  expect(without).toContain('The first answer says');
  const other = join(home.path, 'other.jsonl');
  await writeFile(other, (await readFile(run.data, 'utf8')).replaceAll('oak', 'ash'));
  await expect(readReport(run.folder, { data: [other] })).rejects.toThrow(
    /expected the (text|prompt) that was judged/,
  );
  // A run that points to its data needs nobody to name them, and is shown without them where they changed or went.
  await recordData({ folder: run.folder, changedField: undefined }, run.data);
  const shown = await reportPage(await readReport(run.folder));
  expect(shown).toBe(await reportPage(await readReport(run.folder, { data: [run.data] })));
  for (const change of [() => copyFile(other, run.data), () => rm(run.data)]) {
    await change();
    const report = await readReport(run.folder);
    expect(report.runs[0]?.texts).toEqual({
      state: 'missing',
      reason:
        'The data (run.jsonl) are not there any more as they were judged, so prompts and answers are missing. Name them with --data FILE.',
    });
  }
});

test('labels from elsewhere count, and pending verdicts make it incomplete', async () => {
  await using home = await temporary();
  const rubrics = [await loadRubric('answer-correctness')];
  const run = await judgedRun(join(home.path, 'run'), supportAnswers(8), {
    rubrics,
    engines: [fakeEngine()],
  });
  const own = await readReport(run.folder);
  expect(own.runs[0]?.rubrics[0]?.labels?.report.counts.compared).toBe(8);
  const measures = own.runs[0]?.rubrics[0]?.figures.map(({ measure }) => measure);
  expect(measures?.slice(0, 2)).toEqual(['score', 'pass-rate']);
  expect(await reportPage(own)).toContain('Complete');
  const truthOf = (id: string) => (id === 'ticket-1041' ? { label: 1 } : undefined);
  const given = await readReport(run.folder, { truthOf });
  expect(given.runs[0]?.rubrics[0]?.labels?.report.counts.compared).toBe(1);
  await using open = await openRun(run.folder);
  for await (const row of open.store.plan()) {
    const judgments = row.judgments.map((use) => ({ ...use, key: 'f'.repeat(64) }));
    await open.store.insertPlan([{ ...row, sampleId: 'later', judgments }]);
    break;
  }
  const pending = await readReport(run.folder);
  expect(pending.runs[0]?.rubrics[0]?.counts).toMatchObject({ planned: 9, scored: 8, pending: 1 });
  const page = await reportPage(pending);
  expect(page.indexOf('Incomplete')).toBeLessThan(page.indexOf('class="cards"'));
  expect(page).toContain('1 of 9 verdicts still to be judged');
});

test('solutions in steps: where the first error is, beside rules that read nothing', async () => {
  await using home = await temporary();
  const samples: Sample[] = supportAnswers(12).map(({ responses, ...sample }, place) => {
    const [response] = responses;
    const steps = ['First look it up.', 'Then read it twice.', `So it is ${place}.`];
    return {
      ...sample,
      responses: [{ ...response, id: 'answer', text: steps.join('\n'), steps }],
      label: { steps: [1, place % 2, null], outcome: place % 2 },
    };
  });
  const rubrics = [await loadRubric('step-correctness')];
  const run = await judgedRun(join(home.path, 'run'), samples, { rubrics });
  const report = await readReport(run.folder, { data: [run.data] });
  expect(report.runs[0]?.rubrics[0]).toMatchObject({ mode: 'stepwise', counts: { scored: 12 } });
  const page = await reportPage(report);
  expect(page).toContain('the first step is always wrong');
  expect(page).toContain('Each step is good');
  expect(page).toMatch(/first error in step \d of 3; label/);
});

test('a suite: gates that did not pass first, its own figures, and what is gone is told', async () => {
  await using home = await temporary();
  const result = suiteResult('incomplete');
  const folder = await suiteFolder(home.path, result, async (run, at) => {
    const rubrics = [await loadRubric(run.rubrics[0] ?? '')];
    const samples = run.data === 'tickets' ? supportPairs(10) : supportAnswers(10);
    await judgedRun(at, samples, { rubrics, engines: [supportJudge('one')] });
  });
  const page = await reportPage(await readReport(folder));
  const gates = page.slice(page.indexOf('id="gates"'));
  expect(gates.indexOf('candidate-wins')).toBeLessThan(gates.indexOf('facts-hold'));
  expect(gates.indexOf('>german<')).toBeLessThan(gates.indexOf('facts-hold'));
  expect(page).toContain('2 of 4 checks passed, 1 failed, 1 could not be measured.');
  expect(page).toContain('tickets under better-answer by qwen: 4 of 60 verdicts unscored');
  // 0.463 is of suite.json; the run in the folder has another mean.
  expect(page).toContain('46.3\u00a0%');
  // A win rate is of one model, in the card, in the table of the whole and in those of slices.
  const rates = (model: string) => page.split(`win rate of <bdi>${model}</bdi>`).length - 1;
  expect([rates('support-3'), rates('support-2')]).toEqual([1 + 1 + 3, 1 + 1]);
  expect(page).not.toContain('win rate of the answers that stand first');
  await writeFile(join(folder, 'runs/tickets.jsonl'), '');
  await rm(join(folder, 'runs/facts'), { recursive: true });
  const rest = await reportPage(await readReport(folder));
  expect(rest).toContain('The data (runs/tickets.jsonl) are not there any more as they were judged');
  expect(rest).toContain('Its run folder could not be read');
  const [first] = result.runs;
  if (!first) throw new Error('expected a run');
  await writeFile(
    join(folder, 'suite.json'),
    JSON.stringify({ ...result, runs: [{ ...first, folder: '../elsewhere' }] }),
  );
  await expect(readReport(folder)).rejects.toThrow(
    "expected a run folder within the suite's, got '../elsewhere'",
  );
  await writeFile(join(folder, 'suite.json'), JSON.stringify({ ...result, status: 'fine' }));
  await expect(readReport(folder)).rejects.toThrow('expected a result of juror suite, got another record');
});

test('juror report writes a file beside the run or where it is told, and leaves an equal one alone', async () => {
  await using home = await temporary();
  const run = await judgedRun(join(home.path, 'run'), supportPairs(4));
  const written = await juror(['report', run.folder, '--data', run.data, '--title', '<b>May</b>'], home.path);
  expect(written).toMatchObject({ code: 0, stdout: `${join(run.folder, 'report.html')}\n`, stderr: '' });
  const page = await readFile(join(run.folder, 'report.html'), 'utf8');
  expect(page).toContain('<title>&lt;b&gt;May&lt;/b&gt;</title>');
  const out = join(home.path, 'other.html');
  const quiet = await juror(['report', run.folder, '--redact', '--samples', '1', '--out', out], home.path);
  expect(quiet).toMatchObject({ code: 0, stdout: `${out}\n`, stderr: '' });
  const none = await juror(['report', home.path], home.path);
  expect(none.code).toBe(2);
  expect(none.stderr).toContain('expected a run folder');
});

test('many rows are resampled less', () => {
  expect([0, 100, 10_000, 40_000, 1e6].map(resamplesFor)).toEqual([2000, 2000, 2000, 500, 200]);
});
