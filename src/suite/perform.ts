/** One run of a suite: data under a judge, in a folder. */
import { join } from 'node:path';
import { delegateEngine } from '../engine/delegate-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { jurorHome } from '../engine/models.ts';
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import { createJudge } from '../judge/judge.ts';
import { completeProtocol, type Protocol } from '../judge/protocol.ts';
import { type DecisionRules, type PanelReducer, readAbstention } from '../judge/rules.ts';
import { exportVerdicts, openJudgingRun } from '../judge/run.ts';
import type { AnyCalibration, EngineId, Suite, SuiteRun } from '../schema.ts';
import { askAnew } from '../store/anew.ts';
import { openCache } from '../store/cache.ts';
import { replaceData } from '../store/data-pointer.ts';
import type { Run } from '../store/run.ts';
import type { Store } from '../store/store.ts';
import type { SuiteCombination } from './combinations.ts';
import type { JudgedItem } from './item.ts';
import { calibrationOfRun, readRunItems } from './items.ts';
import type { LoadedSuite } from './load.ts';
import { asSeenFrom, fromSuite } from './paths.ts';
import { type Shard, type SuiteSamples, suiteSamples } from './samples.ts';

/** What a run of a suite is performed with. */
export interface PerformOptions {
  /** The result's folder. */
  readonly out: string;
  readonly admits: (sampleId: string, slices: Readonly<Record<string, string>>) => boolean;
  readonly shard: Shard | undefined;
  readonly calibration: AnyCalibration | undefined;
  readonly retry: boolean;
  readonly cache: boolean;
  /** Ids of judges who are asked for what is there too. */
  readonly anew: readonly string[];
  readonly onEvent: Listener;
  /** Told of each row and sample that is refused, once. */
  readonly onRefused: (error: JurorError) => void;
  readonly signal: AbortSignal | undefined;
}

/** A run that is over. */
export interface PerformedRun {
  readonly run: SuiteRun;
  readonly items: readonly JudgedItem[];
  readonly engines: readonly EngineId[];
  /** Digest of the data's samples. */
  readonly samples: string;
  /** Whether the data's labels are levels. */
  readonly levels: boolean;
  readonly calibrated: boolean;
}

/** How the judges of a suite decide together. */
function rulesOf({ panel, escalate, abstain }: Suite): DecisionRules {
  return {
    ...(panel ? { panel: { reducer: panel.reducer as PanelReducer, quorum: panel.quorum } } : {}),
    ...(escalate ? { escalate } : {}),
    ...(abstain.length > 0 ? { abstain: readAbstention(abstain) } : {}),
  };
}

/** How the judges of a suite deliberate. */
function protocolOf({ protocol: { tieBand: _, critiqueTokens, ...protocol } }: Suite): Protocol {
  return completeProtocol({ ...protocol, ...(critiqueTokens === undefined ? {} : { critiqueTokens }) });
}

/**
 * Judge one combination in its folder and derive its exports, items and counts. What the folder holds of it already is not made
 * again, and what it holds of other data or earlier versions of them does not count. Throws JurorError `aborted`.
 */
export async function performRun(
  loaded: LoadedSuite,
  combination: SuiteCombination,
  engines: readonly Engine[],
  options: PerformOptions,
): Promise<PerformedRun> {
  const { suite, folder } = loaded;
  const { data, judge, rubrics } = combination;
  const { out, onEvent, signal } = options;
  const protocol = protocolOf(suite);
  const rules = rulesOf(suite);
  const { tieBand } = suite.protocol;
  const path = join(out, combination.folder);
  const tolerant = engines.map(withFailuresUnscored);
  await using run = await openJudgingRun(path, { engines, rubrics, protocol, tieBand, ...rules });
  // A calibration of another judge is told before anything is judged.
  const others = loaded.combinations.some((other) => other.judge !== judge);
  const calibration = calibrationOfRun(run, options.calibration, { others, onEvent });
  onEvent({ type: 'run-start', folder: path });
  await using cache = options.cache ? await openCache(run.store, jurorHome()) : undefined;
  const kept: Store = cache ?? run.store;
  const store = combination.judges.some(({ id }) => options.anew.includes(id)) ? askAnew(kept) : kept;
  if (options.retry || store !== kept) await store.forgetFailures();
  const judges = createJudge({ engines: tolerant, rubrics, store, ...protocol, ...rules, tieBand, onEvent });

  const pass = async (onRefused: (error: JurorError) => void) => {
    let refused = 0;
    let verdicts = 0;
    const refuse = (error: JurorError) => {
      refused++;
      onRefused(error);
    };
    const source = suiteSamples({
      file: fromSuite(folder, data.file),
      where: data.where,
      limit: data.limit,
      slices: suite.slices,
      admits: options.admits,
      shard: options.shard,
      // Rows that are no samples have no prompt that would tell their shard.
      onBadRow: (options.shard?.index ?? 1) === 1 ? refuse : () => {},
    });
    const judging = judges.judgeAll(source.samples, { onBadSample: refuse, ...(signal ? { signal } : {}) });
    for await (const _verdict of judging) verdicts++;
    return { refused, verdicts, source };
  };

  let done = await pass(options.onRefused);
  // The folder holds verdicts of other data: they go, and what is judged is found again.
  if ((await run.store.planCount()) > done.verdicts) {
    await store.clearPlan();
    done = await pass(() => {});
  }
  await exportVerdicts(run);
  const result = await describeRun(run, combination, {
    out,
    folder,
    refused: done.refused,
    slicesOf: slicesIn(done.source),
    levels: done.source.hasLevels(),
    calibration,
    onEvent,
  });
  // Somebody else judged into the same folder meanwhile.
  if (result.items.length !== done.verdicts)
    throw new JurorError(
      'store',
      `expected ${done.verdicts} verdicts as they were judged, got ${result.items.length}: does another suite run in this folder?`,
      { place: { file: path } },
    );
  onEvent({ type: 'run-finish', folder: path });
  return {
    ...result,
    engines: engines.map(({ id }) => id),
    samples: done.source.digest(),
    levels: done.source.hasLevels(),
    calibrated: calibration !== undefined,
  };
}

/** What a finished run's record is made with. */
export interface DescribeOptions {
  readonly out: string;
  /** The suite's folder. */
  readonly folder: string;
  readonly refused: number;
  readonly slicesOf: (sampleId: string) => Readonly<Record<string, string>>;
  /** See {@link SuiteSamples.hasLevels}. */
  readonly levels: boolean;
  readonly calibration: AnyCalibration | undefined;
  readonly onEvent: Listener;
}

/** The record and the items of a run that is judged. */
export async function describeRun(
  run: Run,
  { data, judge, rubrics, folder: name }: SuiteCombination,
  { out, folder, refused, slicesOf, levels, calibration, onEvent }: DescribeOptions,
): Promise<{ readonly run: SuiteRun; readonly items: readonly JudgedItem[] }> {
  const { items, counts, unreadLabels } = await readRunItems(run, {
    data: data.id,
    judge,
    slicesOf,
    levels,
    calibration,
  });
  const file = fromSuite(folder, data.file);
  await replaceData(run.folder, file);
  for (const [rubric, { count, sampleId, label }] of Object.entries(unreadLabels))
    onEvent({
      type: 'warning',
      message: `${name}: ${count} of the labels say nothing under ${rubric}, such as ${JSON.stringify(label)} of ${sampleId}: they are no winner of the pair, or no score on its scale`,
    });
  return {
    run: {
      data: data.id,
      judge,
      folder: name,
      file: asSeenFrom(out, file),
      rubrics: rubrics.map(({ rubric }) => rubric.id),
      models: run.manifest.configuration.engines.map(({ model }) => model),
      refused,
      ...counts,
    },
    items,
  };
}

function slicesIn({ slices }: SuiteSamples): DescribeOptions['slicesOf'] {
  return (sampleId) => slices.get(sampleId) ?? {};
}

/**
 * An engine of which one failed request costs one judgment, not the suite. One that cannot be brought back ends the suite, as an engine's
 * failure: its model had been opened.
 */
function withFailuresUnscored(engine: Engine): Engine {
  return {
    ...engine,
    ...delegateEngine(engine),
    deliberate: (request, options) =>
      engine.deliberate(request, options).catch((error: unknown) => {
        if (JurorError.isInstance(error) && error.code === 'model')
          throw new JurorError('engine', error.message, { cause: error });
        if (!JurorError.isInstance(error) || error.code !== 'engine') throw error;
        return { status: 'unscored', reason: 'engine', message: error.message };
      }),
  };
}
