/** Placeholder of what is printed of a result, until the rooms of outputs are merged. */
import { Command, type OptionValues } from '@commander-js/extra-typings';
import type { SuiteResult } from '../schema.ts';
import { harmless, type Terminal, table } from './terminal.ts';

/** Values of {@link addOutputFlags}. */
export type OutputFlags = ReturnType<ReturnType<typeof outputFlags>['opts']>;

function outputFlags() {
  return new Command().option('--json', 'print the whole result as JSON');
}

/** Add the flags of outputs. */
export function addOutputFlags<Arguments extends unknown[], Options extends OptionValues>(
  command: Command<Arguments, Options>,
): Command<Arguments, Options & OutputFlags> {
  for (const option of outputFlags().options) command.addOption(option);
  return command as unknown as Command<Arguments, Options & OutputFlags>;
}

/** Print a result. */
export async function writeOutputs(
  result: SuiteResult,
  folder: string,
  { json }: Partial<OutputFlags>,
  terminal: Terminal,
  _options: { readonly file?: string } = {},
): Promise<void> {
  if (json) return terminal.print(JSON.stringify(result, null, 2));
  const checks = result.checks.map(({ gate, data, judge, status, expected, found }) => [
    status,
    gate,
    [data, judge].filter(Boolean).join('.'),
    expected,
    found,
  ]);
  terminal.print(
    harmless(
      [
        `${result.suite.name} · ${result.status}`,
        ...(checks.length > 0 ? [table(['', 'gate', 'run', 'expected', 'found'], checks)] : []),
        ...result.incomplete,
        folder,
      ].join('\n'),
    ),
  );
}
