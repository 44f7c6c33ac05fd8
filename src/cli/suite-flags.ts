/** The flags of `juror suite`, and what they mean. */
import { Command, InvalidArgumentError } from '@commander-js/extra-typings';
import { JurorError } from '../errors.ts';
import type { LoadedSuite } from '../suite/load.ts';
import type { Shard } from '../suite/samples.ts';
import { flag, wholeNumber } from './flags.ts';

/** Values of {@link defineSuiteCommand}. */
export type SuiteFlags = ReturnType<ReturnType<typeof defineSuiteCommand>['opts']>;

/** The verb with its flags. */
export function defineSuiteCommand() {
  return new Command('suite')
    .description('run a suite: data × rubrics × judges, and the gates that they must pass')
    .argument(
      '[file]',
      'a .yaml, .yml, .json, .ts, .mts, .js or .mjs file (with --merge: default as the shards have it)',
    )
    .addOption(
      flag(
        '--out <dir>',
        'folder of the result; the same command goes on where it stopped (default: .juror/suites/NAME)',
      ),
    )
    .addOption(flag('--baseline <dir>', "an earlier result's folder, which gates call 'baseline'"))
    .addOption(
      flag(
        '--filter <expression>',
        'run a part: data=ID, rubric=ID, judge=ID, gate=ID, sample=PATTERN or slice:NAME=VALUE; repeatable',
      ).argParser(collect),
    )
    .addOption(flag('--shard <i/n>', 'judge one part of n, without gates, to be merged').argParser(readShard))
    .addOption(flag('--merge <dirs...>', 'merge the results of all shards into one, and check the gates'))
    .option('--watch', 'run again when the suite, its data, rubrics or recordings change')
    .option('--list', 'print what would run')
    .option('--schema', 'print the JSON Schema of a suite file, for editors')
    .addOption(
      flag(
        '--replay <file>',
        'play a recording back instead of running models, JUDGE=FILE for one judge; repeatable',
      ).argParser(collect),
    )
    .addOption(
      flag(
        '--record <file>',
        'record all that is asked of the only judge, JUDGE=FILE for one of several; repeatable',
      ).argParser(collect),
    )
    .addOption(
      flag(
        '--seed <n>',
        "of the judges' prompts and critiques; figures and gates draw nothing (default: the suite's)",
      ).argParser(wholeNumber(0)),
    )
    .option('--retry', 'judge again what an engine failed on')
    .option('--no-cache', 'do not look for judgments that other runs made')
    .addOption(flag('--fail-code <n>', 'exit code where a gate fails').argParser(readExitCode).default(1))
    .option('--quiet', 'no progress');
}

/** Gathers a repeatable flag whose values may have commas in them. */
function collect(text: string, previous: readonly string[] | undefined): string[] {
  return [...(previous ?? []), text];
}

function readShard(text: string): Shard {
  const [, index, count] = /^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  if (shard.index >= 1 && shard.count >= shard.index) return shard;
  throw new InvalidArgumentError(`expected a part of n such as 1/3, got '${text}'`);
}

function readExitCode(text: string): number {
  const code = wholeNumber(0)(text);
  if (code <= 255) return code;
  throw new InvalidArgumentError(`expected an exit code from 0 to 255, got '${text}'`);
}

/** Files by judge from `--replay` or `--record`: `JUDGE=FILE`, or a file alone for every judge. Throws JurorError `usage`. */
export function filesOfJudges(
  name: '--replay' | '--record',
  texts: readonly string[] | undefined,
  { suite }: LoadedSuite,
): ReadonlyMap<string, string> {
  const ids = suite.judges.map(({ id }) => id);
  const files = new Map<string, string>();
  for (const text of texts ?? []) {
    const [, id = '', file = ''] = /^([^=]*)=(.+)$/s.exec(text) ?? [];
    for (const judge of ids.includes(id) ? [id] : ids) files.set(judge, ids.includes(id) ? file : text);
  }
  const taken = [...files.values()];
  const twice = taken.find((file, index) => taken.indexOf(file) !== index);
  if (name === '--record' && twice !== undefined)
    throw new JurorError(
      'usage',
      `--record: expected JUDGE=FILE for each of ${ids.join(', ')}, got one file, '${twice}'`,
    );
  return files;
}

/** Flags that mean nothing together. Throws JurorError `usage`. */
export function requireSuiteFlags(flags: SuiteFlags): void {
  const clash = (
    [
      ['--merge', flags.merge, '--shard', flags.shard],
      ['--merge', flags.merge, '--filter', flags.filter],
      ['--merge', flags.merge, '--watch', flags.watch],
      ['--merge', flags.merge, '--list', flags.list],
      ['--shard', flags.shard, '--watch', flags.watch],
      ['--shard', flags.shard, '--baseline', flags.baseline],
    ] as const
  ).find(([, one, , other]) => one !== undefined && other !== undefined);
  if (clash) throw new JurorError('usage', `expected ${clash[0]} or ${clash[2]}, got both`);
}
