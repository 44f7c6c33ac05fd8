/** The verdicts of one run into the index: from `verdicts.jsonl`, or from the journal while a run goes on. */
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { JurorError } from '../errors.ts';
import { verdictOf } from '../judge/run.ts';
import { contestOf, type KnownLabel, knownLabel } from '../report/contested.ts';
import { Verdict } from '../schema.ts';
import { readPlan } from '../store/export.ts';
import { readRun, runFiles } from '../store/run.ts';
import { flagOf, type GrowingColumns, type SampleTable, winnerFlag } from './index-columns.ts';
import { exportIsWhole, type FoundRun } from './index-runs.ts';
import { readText, scanLines } from './index-scan.ts';
import { labelScaleOf, labelShare, stepsDiffer } from './verdict-label.ts';

/** Where the verdicts of an indexed run are fetched from. */
export interface IndexedVerdicts extends AsyncDisposable {
  /** How many there are. */
  readonly count: number;
  /** The verdict of an item of this run. Throws JurorError `store` where it is gone or damaged. */
  get(place: { readonly offset: number; readonly length: number; readonly item: number }): Promise<Verdict>;
}

/** What an indexed run adds to. */
export interface VerdictTarget {
  readonly columns: GrowingColumns;
  readonly samples: SampleTable;
  /** Numbers of the run and of its data. */
  readonly run: number;
  readonly source: number;
}

/** Add a run's verdicts to the columns, in the order of its plan. Throws JurorError `store`. */
export async function indexVerdicts(found: FoundRun, target: VerdictTarget): Promise<IndexedVerdicts> {
  return (await exportIsWhole(found)) ? fromExport(found, target) : fromJournal(found, target);
}

async function fromExport(found: FoundRun, target: VerdictTarget): Promise<IndexedVerdicts> {
  const file = join(found.folder, runFiles.verdicts);
  const handle = await open(file, 'r');
  try {
    const first = target.columns.size;
    const add = adder(found, target);
    let damaged = 0;
    await scanLines(handle, (bytes, offset) => {
      const verdict = verdictIn(bytes.toString('utf8'));
      if (verdict === undefined || !add(verdict, offset, bytes.length)) damaged++;
    });
    const count = target.columns.size - first;
    const expected = found.manifest.counts?.verdicts;
    if (damaged > 0 || count !== expected)
      throw new JurorError(
        'store',
        `expected ${expected} verdicts, got ${count} and ${damaged} damaged lines; juror export writes them again from the journal`,
        { place: { file } },
      );
    return {
      count,
      get: ({ offset, length }) => fetchVerdict(handle, file, offset, length),
      [Symbol.asyncDispose]: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** A run in progress has no export of what it has; its verdicts are derived again, and when they are fetched once more. */
async function fromJournal(found: FoundRun, target: VerdictTarget): Promise<IndexedVerdicts> {
  const first = target.columns.size;
  const add = adder(found, target);
  const responses: (readonly string[])[] = [];
  const rubrics: string[] = [];
  const ids: string[] = [];
  {
    await using run = await readRun(found.folder);
    const derive = verdictOf(run);
    for await (const { row, judgments } of readPlan(run)) {
      if (judgments === null || !add(derive(row, judgments), -1, 0)) continue;
      responses.push(row.responseIds);
      rubrics.push(row.rubric.id);
      ids.push(row.sampleId);
    }
  }
  return {
    count: responses.length,
    async get({ item }) {
      await using run = await readRun(found.folder);
      const place = item - first;
      const row = await run.store.planned({
        rubric: { id: rubrics[place] ?? '' },
        sampleId: ids[place] ?? '',
        responseIds: responses[place] ?? [],
      });
      const judgments = row && (await Promise.all(row.judgments.map(({ key }) => run.store.get(key))));
      if (row === undefined || judgments === undefined || judgments.includes(undefined))
        throw gone(found.folder);
      return verdictOf(run)(
        row,
        judgments.filter((judgment) => judgment !== undefined),
      );
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** Adds verdicts under a rubric of the run; false for another one. Labels are compared once all numbers among them are known. */
function adder({ rubrics }: FoundRun, { columns, samples, run, source }: VerdictTarget) {
  const numbers = new Map(rubrics.map(({ id }, number) => [id, number]));
  return (verdict: Verdict, offset: number, length: number): boolean => {
    const rubric = numbers.get(verdict.rubricId);
    if (rubric === undefined) return false;
    const { sampleId } = verdict;
    columns.add({
      run,
      rubric,
      sample: samples.number(source, sampleId),
      offset,
      length,
      verdict,
      contest: contestOf(verdict, labelSaid(verdict, rubrics[rubric]))?.total ?? Number.NaN,
      flags: labelFlag(verdict, rubrics[rubric]),
    });
    return true;
  };
}

/** Labels in words, and those of steps; numbers wait until all are known. */
function labelFlag(verdict: Verdict, rubric: FoundRun['rubrics'][number] | undefined): number {
  const { label, mode, winner, responseIds, score } = verdict;
  if (label === undefined || typeof label === 'number' || rubric === undefined) return 0;
  if (mode === 'pairwise') {
    if (winner === null || typeof label !== 'string') return 0;
    return winnerFlag(winner, responseIds) === winnerFlag(label, responseIds) ? 0 : flagOf.label;
  }
  const steps = stepsDiffer(verdict);
  if (steps !== undefined) return steps ? flagOf.label : 0;
  const share = labelShare(label, rubric, 'unknown');
  return share === undefined || score === null || share >= 0.5 === score >= 0.5 ? 0 : flagOf.label;
}

/** A label as verdicts are held against it; numbers wait until all are known. */
function labelSaid(verdict: Verdict, rubric: FoundRun['rubrics'][number] | undefined): KnownLabel {
  const { label, mode } = verdict;
  if (typeof label === 'number' || rubric === undefined) return undefined;
  return mode === 'pairwise' || typeof label !== 'string'
    ? knownLabel(verdict, label)
    : labelShare(label, rubric, 'unknown');
}

/** Mark the items whose numeric label says another side of ½ than the score, and add how far they are apart. */
export function compareNumericLabels(
  columns: ReturnType<GrowingColumns['finish']>,
  labels: readonly number[],
  runs: readonly FoundRun[],
): void {
  const byRubric = new Map<number, number[]>();
  for (let item = 0; item < columns.size; item++) {
    if (Number.isNaN(labels[item] ?? Number.NaN)) continue;
    const key = (columns.run[item] ?? 0) * 65_536 + (columns.rubric[item] ?? 0);
    const items = byRubric.get(key);
    if (items) items.push(item);
    else byRubric.set(key, [item]);
  }
  for (const [key, items] of byRubric) {
    const rubric = runs[Math.floor(key / 65_536)]?.rubrics[key % 65_536];
    if (rubric === undefined || rubric.mode === 'pairwise') continue;
    const scale = labelScaleOf(
      items.map((item) => labels[item] ?? Number.NaN),
      rubric,
    );
    for (const item of items) {
      const share = labelShare(labels[item], rubric, scale);
      const score = columns.score[item] ?? Number.NaN;
      if (share === undefined || Number.isNaN(score)) continue;
      columns.contest[item] = (columns.contest[item] ?? Number.NaN) + Math.min(1, Math.abs(score - share));
      if (share >= 0.5 === score >= 0.5) continue;
      columns.flags[item] = (columns.flags[item] ?? 0) | flagOf.label;
    }
  }
}

/** A line of our own export: the schema is checked where one is shown, here only what is read. */
function verdictIn(text: string): Verdict | undefined {
  try {
    const verdict: Verdict = JSON.parse(text);
    const whole =
      typeof verdict.sampleId === 'string' &&
      typeof verdict.rubricId === 'string' &&
      Array.isArray(verdict.responseIds) &&
      (verdict.score === null || typeof verdict.score === 'number');
    return whole ? verdict : undefined;
  } catch {
    return undefined;
  }
}

async function fetchVerdict(
  handle: FileHandle,
  file: string,
  offset: number,
  length: number,
): Promise<Verdict> {
  const text = await readText(handle, offset, length);
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    content = undefined;
  }
  const { data } = Verdict.safeParse(content);
  if (data) return data;
  throw new JurorError('store', 'expected a verdict, got a damaged line', { place: { file } });
}

function gone(folder: string): JurorError {
  return new JurorError('store', 'expected a verdict as it was opened, got a run that has changed since', {
    place: { file: folder },
  });
}
