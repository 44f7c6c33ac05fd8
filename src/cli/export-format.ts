/** `juror export RUN --format FORMAT`: a run's verdicts in the files of another tool. */
import { type Command, Option, type OptionValues } from '@commander-js/extra-typings';
import { JurorError } from '../errors.ts';
import { exportVerdictsAs } from '../exchange/export.ts';
import { exchangeFormat, exchangeFormats } from '../exchange/import.ts';
import { openSampleBook } from '../preference/sample-book.ts';
import { readRun } from '../store/run.ts';
import { gather } from './flags.ts';
import { harmless, plural, processTerminal } from './terminal.ts';

/** Values of {@link addFormatFlags}, and of `--json`. */
export interface FormatFlags {
  readonly format?: string | undefined;
  readonly out?: string | undefined;
  readonly data?: readonly string[] | undefined;
  readonly rubric?: string | undefined;
  readonly baseline?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Add the flags of `juror export` that write another tool's files. */
export function addFormatFlags<Arguments extends unknown[], Options extends OptionValues>(
  command: Command<Arguments, Options>,
): Command<Arguments, Options & Omit<FormatFlags, 'json'>> {
  const names = exchangeFormats.join(', ');
  return command
    .addOption(new Option('--format <name>', `the verdicts as another tool's results: ${names}`))
    .addOption(new Option('--out <file>', 'with --format: the file'))
    .addOption(
      new Option('--data <file>', 'with --format: the data that were judged; repeatable').argParser(gather),
    )
    .addOption(new Option('--rubric <id>', 'with --format: of a run with several rubrics, which one'))
    .addOption(
      new Option(
        '--baseline <model>',
        'with --format alpaca-eval or arena-hard: the model that others are compared with',
      ),
    ) as unknown as Command<Arguments, Options & Omit<FormatFlags, 'json'>>;
}

/** Write the files and tell what they cannot hold. */
export async function exportFormat(folder: string, flags: FormatFlags): Promise<void> {
  const terminal = processTerminal();
  const format = exchangeFormat(flags.format ?? '');
  const { out, data = [], rubric, baseline, json } = flags;
  if (out === undefined) throw new JurorError('usage', '--out: expected a file to write, got none');
  await using run = await readRun(folder);
  using book = data.length === 0 ? undefined : await openSampleBook(data);
  const { verdicts, pending, loses, lost } = await exportVerdictsAs(run, format, out, {
    book,
    rubric,
    baseline,
  });
  if (json) return terminal.print(JSON.stringify({ format, verdicts, pending, loses, lost, out }, null, 2));
  const still = pending === 0 ? '' : ` · ${pending} still to be judged`;
  terminal.print(`${plural(verdicts, 'verdict')} as ${format}${still}`);
  for (const [reason, count] of Object.entries(lost)) terminal.print(`${count} ${harmless(reason)}`);
  terminal.print(`not in the file: ${loses.join(' · ')}\n${harmless(out)}`);
}
