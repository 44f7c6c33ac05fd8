/** The index over a run folder or a suite's: numbers of each item in memory, everything else where it is until somebody asks. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Judgment, Sample, Verdict } from '../schema.ts';
import { readRun, runFiles } from '../store/run.ts';
import { bindJudgment, type PlanRow, type Store } from '../store/store.ts';
import type { ItemQuery } from './api.ts';
import { type Columns, createSampleTable, growingColumns, type SampleTable } from './index-columns.ts';
import { dataOrderOf, itemsBySample } from './index-order.ts';
import { orderOf, type QueryContext, testOf } from './index-query.ts';
import { type FoundRun, findRuns } from './index-runs.ts';
import { createSearch } from './index-search.ts';
import { createSlices, type Slices } from './index-slices.ts';
import { openTexts, type Texts } from './index-texts.ts';
import { compareNumericLabels, type IndexedVerdicts, indexVerdicts } from './index-verdicts.ts';

/** What is opened. */
export interface IndexOptions {
  /** Data files. Default: what the suite or the run says it judged. */
  readonly data?: readonly string[] | undefined;
  /** Longest search of texts in milliseconds. Default 20,000. */
  readonly searchMs?: number | undefined;
}

/** An item with its verdict and, where the journal has them, its plan row and judgments. */
export interface FetchedItem {
  readonly run: FoundRun;
  readonly verdict: Verdict;
  readonly row: PlanRow | undefined;
  /** Under the names of the item, in the order of the plan. Empty unless asked for. */
  readonly judgments: readonly Judgment[];
  /** Undefined where the data are not at hand or lack it, and where texts were not asked for. */
  readonly sample: Sample | undefined;
}

/** What labels add to a query. */
export type LabelContext = Pick<QueryContext, 'annotatorsDiffer' | 'hasLabelled'>;

/** An open folder. */
export interface ViewIndex extends AsyncDisposable {
  readonly title: string;
  readonly runs: readonly FoundRun[];
  /** Verdicts of each run. */
  readonly counts: readonly number[];
  readonly columns: Columns;
  readonly samples: SampleTable;
  readonly slices: Slices;
  /** Whether all texts are at hand; else why not. */
  readonly texts: true | string;
  /** What the annotators of the data said of a sample: their one label, null where they differ, undefined where there are none. */
  said(sample: number): string | null | undefined;
  /** The items of a query, in its order. Throws JurorError `usage` for a wrong query, `aborted` when the signal fires. */
  find(query: ItemQuery, labels: LabelContext, signal: AbortSignal): Promise<Int32Array>;
  /** Items in the order asked for, without judgments and with texts by default. Throws JurorError `store` where the run has changed since. */
  fetch(
    items: readonly number[],
    parts?: { readonly judgments?: boolean; readonly texts?: boolean },
  ): Promise<FetchedItem[]>;
  /** The item of a verdict; undefined for one that the folder lacks. */
  itemOf(verdict: VerdictName): Promise<number | undefined>;
}

/** What names a verdict in a folder. */
export interface VerdictName {
  /** Number of the run. */
  readonly run: number;
  readonly rubricId: string;
  readonly sampleId: string;
  readonly responseIds: readonly string[];
}

/**
 * Open a run folder or a suite's, as far as it has come. Nothing in it is written or held: a run may go on meanwhile, and what
 * it adds is there when the folder is opened again. Throws JurorError `store` for another folder.
 */
export async function openIndex(
  folder: string,
  { data = [], searchMs = 20_000 }: IndexOptions = {},
): Promise<ViewIndex> {
  const { title, runs } = await findRuns(folder, data);
  await using opened = new AsyncDisposableStack();
  const samples = createSampleTable();
  const growing = growingColumns();
  const sources = sourcesOf(runs);
  const verdicts: IndexedVerdicts[] = [];
  for (const [run, found] of runs.entries())
    verdicts.push(
      opened.use(
        await indexVerdicts(found, { columns: growing, samples, run, source: sources.of[run] ?? 0 }),
      ),
    );
  const columns = growing.finish();
  compareNumericLabels(columns, growing.labels, runs);
  const slices = createSlices(samples.size);
  const places = new Int32Array(samples.size).fill(-1);
  const said = new Map<number, string | null>();
  const texts: Texts[] = [];
  let place = 0;
  for (const [source, files] of sources.files.entries())
    texts.push(
      opened.use(
        await openTexts(files, {
          samples,
          source,
          visit(sample, content) {
            places[sample] = place++;
            slices.add(sample, content);
            if (content.annotations) said.set(sample, oneLabel(content.annotations));
          },
        }),
      ),
    );
  const without = new Set(texts.flatMap(({ state }, source) => (state === true ? [] : [source])));
  for (const [run, found] of runs.entries())
    if (without.has(sources.of[run] ?? 0))
      await addFromPlan(found, (id) => samples.find(sources.of[run] ?? 0, id), { slices, said, places });

  const itemsOf = itemsBySample(columns, samples.size);
  const orders = new Map<ItemQuery['sort'], Int32Array>([['data', dataOrderOf(columns, places)]]);
  const search = createSearch(texts, samples, searchMs);
  const base = {
    columns,
    dataOrder: orders.get('data') ?? new Int32Array(0),
    runsOf: (id: string) => new Set([...runs.keys()].filter((run) => runs[run]?.id === id)),
    rubricsOf: (id: string) =>
      runs.map(({ rubrics }) => {
        const number = rubrics.findIndex((rubric) => rubric.id === id);
        return number < 0 ? undefined : number;
      }),
    slice: slices.matcher,
  };
  const fetchVerdict = async (item: number): Promise<Verdict> => {
    const found = verdicts[columns.run[item] ?? 0];
    if (found === undefined) throw new RangeError(`no item ${item}`);
    return found.get({ item, offset: columns.offset[item] ?? 0, length: columns.length[item] ?? 0 });
  };
  const resources = opened.move();
  return {
    title,
    runs,
    counts: verdicts.map(({ count }) => count),
    columns,
    samples,
    slices,
    texts: stateOf(texts),
    said: (sample) => said.get(sample),
    async find(query, labels, signal) {
      const context: QueryContext = { ...base, ...labels };
      const test = testOf(query, context);
      const words = query.text === undefined || query.text.trim() === '' ? undefined : query.text;
      const held = words === undefined ? undefined : await search.find(words, signal);
      const order = orders.get(query.sort) ?? orderOf(query.sort, context);
      if (query.sort !== 'contested') orders.set(query.sort, order);
      return order.filter(
        (item) => (held === undefined || held[columns.sample[item] ?? 0] === 1) && test(item),
      );
    },
    async fetch(items, { judgments: wanted = false, texts: textsToo = true } = {}) {
      const fetched: FetchedItem[] = [];
      await using open = new AsyncDisposableStack();
      const stores = new Map<FoundRun, Store | undefined>();
      for (const item of items) {
        const run = runs[columns.run[item] ?? 0];
        if (run === undefined) throw new RangeError(`no item ${item}`);
        if (!stores.has(run)) stores.set(run, await journalOf(run, open));
        const store = stores.get(run);
        const verdict = await fetchVerdict(item);
        const { rubricId, sampleId, responseIds } = verdict;
        const row = await store?.planned({ rubric: { id: rubricId }, sampleId, responseIds });
        const judgments: Judgment[] = [];
        for (const use of (wanted && row?.judgments) || []) {
          const judgment = await store?.get(use.key);
          if (row && judgment) judgments.push(bindJudgment(judgment, row, use));
        }
        const sample = columns.sample[item] ?? 0;
        fetched.push({
          run,
          verdict,
          row,
          judgments,
          sample: textsToo ? await texts[samples.sourceOf(sample)]?.find(sample) : undefined,
        });
      }
      return fetched;
    },
    async itemOf({ run, rubricId, sampleId, responseIds }) {
      const sample = samples.find(sources.of[run] ?? 0, sampleId);
      const rubric = runs[run]?.rubrics.findIndex(({ id }) => id === rubricId);
      if (sample === undefined) return undefined;
      for (const item of itemsOf(sample)) {
        if (columns.run[item] !== run || columns.rubric[item] !== rubric) continue;
        const verdict = await fetchVerdict(item);
        if (JSON.stringify(verdict.responseIds) === JSON.stringify(responseIds)) return item;
      }
      return undefined;
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** The journal, opened for one request so that it is never in a writer's way; undefined where the folder came without. */
async function journalOf({ folder }: FoundRun, stack: AsyncDisposableStack): Promise<Store | undefined> {
  if (!existsSync(join(folder, runFiles.journal))) return undefined;
  return stack.use(await readRun(folder)).store;
}

/** Runs that judged the same files share their samples. */
function sourcesOf(runs: readonly FoundRun[]) {
  const numbers = new Map<string, number>();
  const files: (readonly string[])[] = [];
  const of = runs.map((run, number) => {
    // Runs that do not say what they judged may have judged different data under the same ids.
    const key = run.files.length === 0 ? `run ${number}` : JSON.stringify(run.files);
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, files.length);
    files.push(run.files);
    return files.length - 1;
  });
  return { of, files };
}

/** What the plan knows of samples whose data are not at hand. */
async function addFromPlan(
  found: FoundRun,
  find: (id: string) => number | undefined,
  {
    slices,
    said,
    places,
  }: { readonly slices: Slices; readonly said: Map<number, string | null>; readonly places: Int32Array },
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const store = await journalOf(found, stack);
  for await (const { sampleId, group, annotations } of store?.plan() ?? []) {
    const sample = find(sampleId);
    if (sample === undefined || (places[sample] ?? -1) >= 0) continue;
    if (group !== undefined) slices.addValue(sample, 'subset', group);
    if (annotations) said.set(sample, oneLabel(annotations));
  }
}

/** The label that all give; null where they differ. */
function oneLabel(annotations: NonNullable<Sample['annotations']>): string | null {
  const [first, ...others] = annotations.map(({ label }) => String(label));
  return first !== undefined && others.every((label) => label === first) ? first : null;
}

function stateOf(texts: readonly Texts[]): true | string {
  const reasons = texts.flatMap(({ state }) => (state === true ? [] : [state]));
  return reasons.length === 0 ? true : [...new Set(reasons)].join('; ');
}
