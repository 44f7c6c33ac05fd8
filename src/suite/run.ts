/** Run a suite: judge every combination, check every gate. */
import type { Engine } from '../engine/engine.ts';
import { ChildFault } from '../engine/llama-process.ts';
import { openEngineByName } from '../engine/open.ts';
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import { readCalibration } from '../judge/calibration-file.ts';
import type { EngineId, SuiteJudge, SuiteResult } from '../schema.ts';
import type { SuiteCombination } from './combinations.ts';
import { concludeSuite } from './conclude.ts';
import { readFilters, selectSuite } from './filters.ts';
import type { LoadedSuite } from './load.ts';
import { fromSuite, judgeFromSuite } from './paths.ts';
import { type PerformedRun, performRun } from './perform.ts';
import { removeSuiteResult } from './result-files.ts';
import { type Shard, suiteSamples } from './samples.ts';

/** Options of {@link runSuite}. */
export interface RunSuiteOptions {
  /** The result's folder; run folders that it holds go on. */
  readonly out: string;
  /** `data=ID`, `rubric=ID`, `judge=ID`, `gate=ID`, `sample=PATTERN`, `slice:NAME=VALUE`. Default: everything. */
  readonly filter?: readonly string[] | undefined;
  /** Judge one part of the samples, and check no gates. Default: all of them. */
  readonly shard?: Shard | undefined;
  /** Folder of the earlier result that gates call `baseline`. */
  readonly baseline?: string | undefined;
  /** Judge again what an engine failed on. Default false. */
  readonly retry?: boolean | undefined;
  /** Find judgments that other runs on this machine made. Default true. */
  readonly cache?: boolean | undefined;
  /** Ids of judges who are asked for judgments that are there as well, so that a recording of them is whole. Default: none. */
  readonly anew?: readonly string[] | undefined;
  /** Opens a judge whose files are named as seen from the process; it is disposed of after its last run. Default: {@link openEngineByName}. */
  readonly openEngine?: SuiteEngineOpener | undefined;
  readonly onEvent?: Listener | undefined;
  /** A run begins; its samples are not counted. */
  readonly onRun?: ((combination: SuiteCombination) => void) | undefined;
  /** Told of each row or sample that is refused, once for each judge. */
  readonly onRefused?: ((error: JurorError, combination: SuiteCombination) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Opens the engine of a judge. */
export type SuiteEngineOpener = (
  judge: SuiteJudge,
  options: { readonly onEvent: Listener; readonly signal?: AbortSignal | undefined },
) => Promise<Engine>;

/**
 * Run a suite and write its result to `out`: a run folder for each combination, `items.jsonl`, `definition.json`, and last
 * `suite.json`. Judgments that the run folders hold are not made again, so an interrupted suite goes on where it stopped. Judges that
 * do not decide together are open one after another. An engine's failure is an unscored judgment. Throws JurorError `aborted`, and what
 * opening engines, run folders, cards, baselines and calibrations throws; `engine` for a judge whose processes are lost and do not come back.
 */
export async function runSuite(loaded: LoadedSuite, options: RunSuiteOptions): Promise<SuiteResult> {
  const { suite, folder } = loaded;
  const { out, shard, filter = [], signal, onEvent = () => {}, openEngine = openByName } = options;
  const { combinations, gates, admits } = selectSuite(loaded, readFilters(filter, loaded));
  const calibration =
    suite.calibration === undefined ? undefined : await readCalibration(fromSuite(folder, suite.calibration));
  await removeSuiteResult(out);
  const performed = new Map<SuiteCombination, PerformedRun>();
  const engines: Record<string, EngineId> = {};
  for (const [, group] of Map.groupBy(combinations, ({ judge }) => judge)) {
    await using opened = new AsyncDisposableStack();
    const members: Engine[] = [];
    for (const judge of group[0]?.judges ?? []) {
      const engine = await openEngine(judgeFromSuite(folder, judge), { onEvent, signal }).catch(throwLost);
      members.push(opened.use(engine));
      engines[judge.id] = engine.id;
    }
    for (const combination of group) {
      options.onRun?.(combination);
      const run = await performRun(loaded, combination, members, {
        out,
        admits,
        shard,
        calibration,
        retry: options.retry ?? false,
        cache: options.cache ?? true,
        anew: options.anew ?? [],
        onEvent,
        onRefused: (error) => options.onRefused?.(error, combination),
        signal,
      });
      performed.set(combination, run);
    }
  }
  const runs = combinations.flatMap((combination) => performed.get(combination) ?? []);
  if (calibration !== undefined && !runs.some(({ calibrated }) => calibrated))
    throw new JurorError(
      'usage',
      `calibration: expected one of a rubric that is judged, got one of '${calibration.rubric.id}'`,
    );
  // A part need not have what the whole has.
  if (shard === undefined && filter.length === 0) warnOfSlices(loaded, runs, onEvent);
  return concludeSuite(loaded, {
    out,
    runs: runs.map(({ run }) => run),
    items: runs.flatMap(({ items }) => items),
    engines,
    samples: Object.fromEntries(runs.map(({ run, samples }) => [run.data, samples])),
    levels: Object.fromEntries(runs.map(({ run, levels }) => [run.data, levels])),
    gates,
    shard,
    filter,
    baseline: options.baseline,
    onEvent,
  });
}

/** How many samples some data of a suite have, refused rows aside. */
export async function countSuiteSamples(
  loaded: LoadedSuite,
  { data }: SuiteCombination,
  { filter = [], shard, signal }: Pick<RunSuiteOptions, 'filter' | 'shard' | 'signal'> = {},
): Promise<number> {
  const { admits } = selectSuite(loaded, readFilters(filter, loaded));
  const { samples } = suiteSamples({
    file: fromSuite(loaded.folder, data.file),
    where: data.where,
    limit: data.limit,
    slices: loaded.suite.slices,
    admits,
    shard,
    onBadRow: () => {},
  });
  let count = 0;
  for await (const _sample of samples) {
    if (signal?.aborted) break;
    count++;
  }
  return count;
}

/** A process that is lost while it loads says nothing against the suite, as a model that is refused does. */
function throwLost(error: unknown): never {
  if (!(error instanceof ChildFault) || error.failure === 'error') throw error;
  throw new JurorError('engine', error.message, { cause: error });
}

const openByName: SuiteEngineOpener = ({ id: _, ...choice }, options) =>
  openEngineByName({ ...choice, ...options });

/** A slice that no sample has is a slip that gates would not tell. */
function warnOfSlices({ suite }: LoadedSuite, runs: readonly PerformedRun[], onEvent: Listener): void {
  const items = runs.flatMap(({ items }) => items);
  for (const name of suite.slices)
    if (items.length > 0 && !items.some(({ slices }) => Object.hasOwn(slices, name)))
      onEvent({ type: 'warning', message: `slice '${name}': no sample that was judged has it` });
}
