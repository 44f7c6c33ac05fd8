/** `juror suite FILE`: run a suite, check its gates, and end with an exit code that a build can be held to. */
import { basename, join } from 'node:path';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { JurorError } from '../errors.ts';
import type { SuiteResult } from '../schema.ts';
import { suiteJsonSchema } from '../suite/json-schema.ts';
import { type LoadedSuite, loadSuite } from '../suite/load.ts';
import { mergeSuite } from '../suite/merge.ts';
import { watchSuite } from '../suite/watch.ts';
import { interruptible } from './interrupt.ts';
import { explainInterruption } from './judging.ts';
import { holdEngines, suiteEngines } from './suite-engines.ts';
import { defineSuiteCommand, filesOfJudges, requireSuiteFlags } from './suite-flags.ts';
import { listSuite } from './suite-list.ts';
import { addOutputFlags, requireOutputFlags, writeOutputs } from './suite-outputs.ts';
import { runShown } from './suite-progress.ts';
import { harmless, plural, processTerminal, type Terminal } from './terminal.ts';

/** The verb. */
export function suiteCommand(): CommandUnknownOpts {
  return define().action(async (file, flags) => {
    process.exitCode = await interruptible((signal) => suite(file, flags, signal));
  });
}

type Flags = ReturnType<ReturnType<typeof define>['opts']>;

function define() {
  return addOutputFlags(defineSuiteCommand());
}

async function suite(file: string | undefined, flags: Flags, signal: AbortSignal): Promise<number> {
  const terminal = processTerminal({ quiet: flags.quiet ?? false });
  if (flags.schema) {
    terminal.print(JSON.stringify(suiteJsonSchema(), null, 2));
    return 0;
  }
  requireSuiteFlags(flags);
  requireOutputFlags(flags);
  if (flags.merge !== undefined) return merge(file, flags.merge, flags, terminal);
  if (file === undefined)
    throw new JurorError('usage', 'expected a suite file, got none; docs/suite.md shows one');
  const loading = { seed: flags.seed };
  if (flags.watch) return watchShown(file, flags, terminal, signal);
  const loaded = await loadSuite(file, loading);
  if (flags.list) {
    terminal.print(await listSuite(loaded, flags, terminal));
    return 0;
  }
  return runOnce(loaded, flags, terminal, signal);
}

/** The folder of a result when none is named. */
function folderOf({ suite }: LoadedSuite, { out, shard }: Flags): string {
  const part = shard ? `.shard-${shard.index}-of-${shard.count}` : '';
  return out ?? join('.juror', 'suites', `${suite.name}${part}`);
}

async function runOnce(
  loaded: LoadedSuite,
  flags: Flags,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const out = folderOf(loaded, flags);
  const files = enginesOf(loaded, flags);
  const openEngine = suiteEngines(terminal, files);
  const anew = [...files.record.keys()];
  try {
    const result = await runShown(loaded, { ...flags, out, openEngine, anew, signal }, terminal);
    await writeOutputs(result, out, flags, terminal, { file: loaded.file });
    return exitCode(result, flags);
  } catch (error) {
    // Nothing was judged for the engine's sake: the suite is incomplete, not wrong.
    if (!JurorError.isInstance(error) || error.code !== 'engine') throw explainInterruption(error, out);
    terminal.warn(`juror: ${harmless(error.message)}`);
    return 3;
  }
}

async function watchShown(
  file: string,
  flags: Flags,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const files: { current: ReturnType<typeof enginesOf> } = {
    current: { replay: new Map(), record: new Map() },
  };
  await using held = holdEngines(
    (judge, options) => suiteEngines(terminal, files.current)(judge, options),
    signal,
  );
  await watchSuite(file, {
    seed: flags.seed,
    also: (flags.replay ?? []).map((text) => text.slice(text.indexOf('=') + 1)),
    signal,
    async run(loaded, changed) {
      const out = folderOf(loaded, flags);
      files.current = enginesOf(loaded, flags);
      // Several judges that do not decide together are open one after another, however often; recordings are read anew.
      const alone = new Set(loaded.combinations.map(({ judge }) => judge)).size === 1;
      const openEngine =
        alone && files.current.replay.size === 0 ? held.open : suiteEngines(terminal, files.current);
      const anew = [...files.current.record.keys()];
      const result = await runShown(loaded, { ...flags, out, openEngine, anew, signal: changed }, terminal);
      await held.settle();
      await writeOutputs(result, out, flags, terminal, { file });
    },
    onFault: ({ message }) => terminal.warn(`juror: ${harmless(message)}`),
    onWait: (watched) =>
      terminal.note(`watching ${harmless(watched.map((path) => basename(path)).join(', '))}; Ctrl-C ends it`),
  });
  return 130;
}

function enginesOf(loaded: LoadedSuite, { replay, record }: Flags) {
  return {
    replay: filesOfJudges('--replay', replay, loaded),
    record: filesOfJudges('--record', record, loaded),
  };
}

async function merge(
  file: string | undefined,
  folders: readonly string[],
  flags: Flags,
  terminal: Terminal,
): Promise<number> {
  if (flags.out === undefined)
    throw new JurorError('usage', '--merge: expected --out DIR for the whole result, got none');
  if (file === undefined && flags.seed !== undefined)
    throw new JurorError('usage', '--seed: expected the suite file with --merge; the shards have their own');
  const result = await mergeSuite(folders, {
    out: flags.out,
    loaded: file === undefined ? undefined : await loadSuite(file, { seed: flags.seed }),
    baseline: flags.baseline,
    onEvent: (event) => {
      if (event.type === 'warning') terminal.warn(`juror: ${harmless(event.message)}`);
    },
  });
  terminal.note(`merged ${plural(folders.length, 'shard')}`);
  await writeOutputs(result, flags.out, flags, terminal, file === undefined ? {} : { file });
  return exitCode(result, flags);
}

/** Refused rows are bad input; what is incomplete outranks a gate that fails. */
function exitCode({ status, runs }: SuiteResult, { failCode }: Pick<Flags, 'failCode'>): number {
  if (runs.some(({ refused }) => refused > 0)) return 2;
  return { passed: 0, failed: failCode, incomplete: 3 }[status];
}
