/** What the verbs that judge a data file have in common: their flags, their rubrics, and the pass over the data. */
import { basename, extname, join } from 'node:path';
import { Command, type OptionValues } from '@commander-js/extra-typings';
import { readSamples } from '../dataset.ts';
import { JurorError } from '../errors.ts';
import type { Protocol } from '../judge/protocol.ts';
import type { LoadedRubric } from '../rubric.ts';
import { CritiqueMode } from '../schema.ts';
import { flag, fraction, wholeNumber } from './flags.ts';
import { harmless, type Terminal } from './terminal.ts';

/** Values of {@link addJudgingFlags}. */
export type JudgingFlags = ReturnType<ReturnType<typeof judgingFlags>['opts']>;
/** Values of {@link addDeliberationFlags}. */
export type DeliberationFlags = ReturnType<ReturnType<typeof deliberationFlags>['opts']>;

/** Add the flags that say what of the data is judged, how it is deliberated, and what is printed. */
export function addJudgingFlags<Arguments extends unknown[], Options extends OptionValues>(
  command: Command<Arguments, Options>,
): Command<Arguments, Options & JudgingFlags & DeliberationFlags> {
  for (const option of judgingFlags().options) command.addOption(option);
  return addDeliberationFlags(command as unknown as Command<Arguments, Options & JudgingFlags>);
}

/** Add the flags that say how a judge deliberates, and how its verb reports. */
export function addDeliberationFlags<Arguments extends unknown[], Options extends OptionValues>(
  command: Command<Arguments, Options>,
): Command<Arguments, Options & DeliberationFlags> {
  for (const option of deliberationFlags().options) command.addOption(option);
  return command as unknown as Command<Arguments, Options & DeliberationFlags>;
}

function judgingFlags() {
  return new Command()
    .addOption(flag('--limit <n>', 'judge the first n samples').argParser(wholeNumber(0)))
    .addOption(
      flag('--tolerate <share>', 'unscored share up to which the exit code is 0')
        .argParser(fraction(1))
        .default(0),
    )
    .addOption(
      flag('--show <n>', 'print the first n samples in full, and a line for each other')
        .argParser(wholeNumber(0))
        .default(0),
    )
    .option('--retry', 'judge again what the engine failed on in an earlier run of this folder');
}

function deliberationFlags() {
  return new Command()
    .addOption(flag('--seed <n>', 'of everything random').argParser(wholeNumber(0)).default(0))
    .addOption(
      flag('--critique <mode>', 'none, brief or full before the verdict; after: written from it')
        .choices(CritiqueMode.options)
        .default('none' as const),
    )
    .addOption(
      flag('--critique-tokens <n>', 'budget of one critique (default: 96; full: 320)').argParser(
        wholeNumber(1),
      ),
    )
    .addOption(flag('--samples <n>', 'critiques per judgment, averaged').argParser(wholeNumber(1)).default(1))
    .option('--no-cache', 'do not look for judgments that other runs made')
    .option('--json', 'print the figures as JSON')
    .option('--quiet', 'no progress');
}

/** The protocol that the flags ask for, with what they leave out left out. */
export function protocolOf({
  seed,
  critique,
  samples,
  critiqueTokens,
}: DeliberationFlags): Partial<Protocol> {
  return { seed, critique, samples, ...(critiqueTokens === undefined ? {} : { critiqueTokens }) };
}

/** The run folder of a data file when none is named. */
export function defaultFolder(data: string, rubrics: readonly LoadedRubric[]): string {
  const names = rubrics.map(({ rubric }) => rubric.id).join('+');
  return join('.juror', 'runs', `${basename(data, extname(data))}.${names}`);
}

/** Counts what of the data is refused, and says why. */
export interface Refusals {
  count(): number;
  readonly refuse: (error: JurorError) => void;
}

/** Refused rows are told at once. */
export function createRefusals(terminal: Terminal): Refusals {
  let refused = 0;
  return {
    count: () => refused,
    refuse(error) {
      refused++;
      terminal.warn(`juror: ${harmless(error.message)}`);
    },
  };
}

/** Throws where the data cannot be read at all: that must not cost a model's loading. */
export async function requireReadable(data: string): Promise<void> {
  for await (const _sample of readSamples(data, { onBadRow: () => {}, limit: 1 })) return;
}

/** How many samples the data hold, refused ones aside. */
export async function countSamples(
  data: string,
  limit: number | undefined,
  signal: AbortSignal,
): Promise<number> {
  let count = 0;
  for await (const _sample of readSamples(data, {
    onBadRow: () => {},
    ...(limit === undefined ? {} : { limit }),
  })) {
    if (signal.aborted) break;
    count++;
  }
  return count;
}

/** What an aborted run tells its user; any other error as it is. */
export function explainInterruption(error: unknown, out: string): unknown {
  if (!(JurorError.isInstance(error) && error.code === 'aborted')) return error;
  const message = `interrupted; everything finished is kept in ${out}, the same command goes on from there`;
  return new JurorError('aborted', message);
}

/** What a run was told before, for the notes at its beginning. */
export function changeNote(out: string, field: string | undefined): string | undefined {
  if (field === undefined) return undefined;
  return `${out} held a run with another ${field}; its verdicts are replaced, its judgments are kept`;
}
