/** Shards become one result, as if they never had been any. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import { readCalibration } from '../judge/calibration-file.ts';
import { exportVerdicts } from '../judge/run.ts';
import type { Judgment, SuiteResult } from '../schema.ts';
import { firstDifference, type RunConfiguration } from '../store/manifest.ts';
import { openRun, type Run, readRun } from '../store/run.ts';
import type { PlanRow, Store } from '../store/store.ts';
import { combinationsOf, type SuiteCombination } from './combinations.ts';
import { concludeSuite } from './conclude.ts';
import { readFilters, selectSuite } from './filters.ts';
import { calibrationOfRun } from './items.ts';
import { type LoadedSuite, suiteDigest } from './load.ts';
import { fromSuite } from './paths.ts';
import { describeRun } from './perform.ts';
import {
  readSuiteDefinition,
  readSuiteItems,
  readSuiteResult,
  removeSuiteResult,
  type SuiteDefinition,
} from './result-files.ts';

/** Rows copied at once. */
const batchSize = 256;

/** Options of {@link mergeSuite}. */
export interface MergeSuiteOptions {
  /** The folder of the whole result. */
  readonly out: string;
  /** The suite as it is now, which the shards must be of. Default: as the shards have it. */
  readonly loaded?: LoadedSuite | undefined;
  /** Folder of the earlier result that gates call `baseline`. */
  readonly baseline?: string | undefined;
  readonly onEvent?: Listener | undefined;
}

/** One shard as its folder has it. */
interface ShardFolder {
  readonly folder: string;
  readonly result: SuiteResult;
  readonly definition: SuiteDefinition;
}

/**
 * Merge the shards of a suite: their run folders and results into one with the bytes of an undivided run, and check the gates. Throws
 * JurorError `usage` for folders that are not each shard of one suite once, judged by the same judges on the same data.
 */
export async function mergeSuite(
  folders: readonly string[],
  options: MergeSuiteOptions,
): Promise<SuiteResult> {
  const { out, baseline, onEvent = () => {} } = options;
  const shards = await readShards(folders);
  const [first] = shards;
  if (first === undefined) throw refused('expected the folders of shards, got none');
  const loaded = options.loaded ?? suiteOf(first);
  requireDigest(loaded, first, options.loaded !== undefined);
  const filter = first.result.filter ?? [];
  const { combinations, gates } = selectSuite(loaded, readFilters(filter, loaded));
  const calibration =
    loaded.suite.calibration === undefined
      ? undefined
      : await readCalibration(fromSuite(loaded.folder, loaded.suite.calibration));
  const slices = await slicesOf(shards);
  for (const { folder } of shards)
    if (await sameFolder(folder, out))
      throw refused(`expected --out to be another folder than those of the shards, got ${out}`);
  await removeSuiteResult(out);
  const merged: Awaited<ReturnType<typeof describeRun>>[] = [];
  for (const combination of combinations) {
    await using run = await mergeRun(shards, combination, out);
    await exportVerdicts(run);
    const others = loaded.combinations.some(({ judge }) => judge !== combination.judge);
    const described = await describeRun(run, combination, {
      out,
      folder: loaded.folder,
      refused: refusedIn(shards, combination),
      slicesOf: (sampleId) => slices.get(key(combination.data.id, sampleId)) ?? {},
      levels: first.definition.levels[combination.data.id] ?? false,
      calibration: calibrationOfRun(run, calibration, { others, onEvent }),
      onEvent,
    });
    merged.push(described);
  }
  return concludeSuite(loaded, {
    out,
    runs: merged.map(({ run }) => run),
    items: merged.flatMap(({ items }) => items),
    engines: first.definition.engines,
    samples: first.definition.samples,
    levels: first.definition.levels,
    gates,
    shard: undefined,
    filter,
    baseline,
    onEvent,
  });
}

async function readShards(folders: readonly string[]): Promise<ShardFolder[]> {
  const shards: ShardFolder[] = [];
  for (const folder of folders)
    shards.push({
      folder,
      result: await readSuiteResult(folder),
      definition: await readSuiteDefinition(folder),
    });
  const [first] = shards;
  const count = first?.result.shard?.count ?? 0;
  for (const { folder, result, definition } of shards) {
    if (result.shard === undefined)
      throw refused(`expected the result of a shard, got a whole one at ${folder}`);
    if (result.shard.count !== count)
      throw refused(`expected shards of ${count}, got one of ${result.shard.count} at ${folder}`);
    if (result.suite.digest !== first?.result.suite.digest)
      throw refused(`expected shards of one suite, got another at ${folder}; judge it again there`);
    const filters = [first.result.filter ?? [], result.filter ?? []].map((filter) => filter.join(' '));
    if (filters[0] !== filters[1])
      throw refused(
        `expected shards with one --filter, got '${filters[0]}' and '${filters[1]}' at ${folder}`,
      );
    const data = firstDifference(first.definition.samples, definition.samples);
    if (data !== undefined)
      throw refused(`expected shards of the same data, got other samples of '${data}' at ${folder}`);
  }
  const indexes = shards.map(({ result }) => result.shard?.index ?? 0);
  const twice = indexes.find((index, place) => indexes.indexOf(index) !== place);
  if (twice !== undefined) throw refused(`expected each shard once, got ${twice}/${count} twice`);
  const lacking = Array.from({ length: count }, (_, place) => place + 1).filter(
    (index) => !indexes.includes(index),
  );
  if (lacking.length > 0)
    throw refused(
      `expected all ${count} shards, got none of ${lacking.map((index) => `${index}/${count}`).join(', ')}`,
    );
  // Whatever the order in which they were named.
  return shards.toSorted((left, right) => (left.result.shard?.index ?? 0) - (right.result.shard?.index ?? 0));
}

/** The suite as a shard has it. */
function suiteOf({ folder, definition }: ShardFolder): LoadedSuite {
  const { suite } = definition;
  const rubrics = new Map(definition.rubrics.map(({ entry, ...loaded }) => [entry, loaded]));
  return {
    suite,
    file: folder,
    folder: fromSuite(folder, definition.folder),
    rubrics,
    digest: suiteDigest(suite, [...rubrics.values()]),
    combinations: combinationsOf(suite, rubrics),
    files: [],
  };
}

function requireDigest({ digest, file }: LoadedSuite, { result, folder }: ShardFolder, given: boolean): void {
  if (digest === result.suite.digest) return;
  throw given
    ? refused(`expected shards of ${file} as it is now, got them of another version of it at ${folder}`)
    : refused(`expected the shard's own suite, got one that was changed at ${folder}`);
}

/** The run folder of the whole: one plan and one journal of all shards. */
async function mergeRun(
  shards: readonly ShardFolder[],
  { folder }: SuiteCombination,
  out: string,
): Promise<Run> {
  await using parts = new AsyncDisposableStack();
  const runs: Run[] = [];
  for (const shard of shards) runs.push(parts.use(await readRun(join(shard.folder, folder))));
  const [first] = runs;
  if (first === undefined) throw refused('expected the folders of shards, got none');
  for (const { folder, manifest } of runs) requireSame(first, manifest.configuration, folder);
  const run = await openRun(join(out, folder), first.manifest.configuration);
  try {
    await run.store.clearPlan();
    for (const part of runs) await copy(part.store, run.store);
    return run;
  } catch (error) {
    await run[Symbol.asyncDispose]();
    throw error;
  }
}

function requireSame({ folder, manifest }: Run, configuration: RunConfiguration, other: string): void {
  const field = firstDifference(manifest.configuration, configuration);
  if (field !== undefined)
    throw refused(`expected shards judged alike, got another ${field} in ${other} than in ${folder}`);
}

async function copy(from: Store, to: Store): Promise<void> {
  let judgments: Judgment[] = [];
  for await (const judgment of from.plannedJudgments()) {
    judgments.push(judgment);
    if (judgments.length < batchSize) continue;
    await to.insert(judgments);
    judgments = [];
  }
  await to.insert(judgments);
  let rows: PlanRow[] = [];
  for await (const row of from.plan()) {
    rows.push(row);
    if (rows.length < batchSize) continue;
    await to.insertPlan(rows);
    rows = [];
  }
  await to.insertPlan(rows);
}

/** Slices of every sample, which only the data know, as the shards kept them. */
async function slicesOf(
  shards: readonly ShardFolder[],
): Promise<Map<string, Readonly<Record<string, string>>>> {
  const slices = new Map<string, Readonly<Record<string, string>>>();
  for (const { folder } of shards)
    for (const item of await readSuiteItems(folder)) slices.set(key(item.data, item.sampleId), item.slices);
  return slices;
}

function key(data: string, sampleId: string): string {
  return JSON.stringify([data, sampleId]);
}

function refusedIn(shards: readonly ShardFolder[], { folder }: SuiteCombination): number {
  return shards.reduce(
    (sum, { result }) => sum + (result.runs.find((run) => run.folder === folder)?.refused ?? 0),
    0,
  );
}

async function sameFolder(one: string, other: string): Promise<boolean> {
  const [left, right] = await Promise.all([one, other].map((path) => stat(path).catch(() => undefined)));
  return left !== undefined && right !== undefined && left.ino === right.ino && left.dev === right.dev;
}

function refused(message: string): JurorError {
  return new JurorError('usage', `--merge: ${message}`);
}
