/** The flags of `juror selftrain`. */
import { Command, InvalidArgumentError, type OptionValues } from '@commander-js/extra-typings';
import { defaultGuardLimits } from '../aggregate/drift-guards.ts';
import { defaultReadOut } from '../reward/features.ts';
import { type GuardLimits, ReadOut } from '../schema.ts';
import { addEngineFlags } from './engine.ts';
import { flag, fraction, gather, readNumber, wholeNumber } from './flags.ts';
import { addDeliberationFlags } from './judging.ts';

/** Values of {@link selftrainFlags}. */
export type SelftrainFlags = ReturnType<ReturnType<typeof selftrainFlags>['opts']>;

/** The verb with its flags. */
export function selftrainFlags() {
  const command = new Command('selftrain')
    .description('train a head on comparisons made from DATA, round after round; guards can refuse a round')
    .argument('<data>', 'rows with a prompt and one answer or more; their labels are not looked at')
    .addOption(
      flag(
        '--anchors <file>',
        'pairs that people labelled; they decide and are never trained on',
      ).makeOptionMandatory(),
    )
    .addOption(
      flag(
        '--out <dir>',
        'folder of the loop; the same command goes on where it stopped',
      ).makeOptionMandatory(),
    )
    .addOption(flag('--rounds <n>', 'rounds in all').argParser(wholeNumber(1)).default(3))
    .addOption(flag('--limit <n>', 'the first n samples').argParser(wholeNumber(1)))
    .addOption(
      flag(
        '--operators <names>',
        'edits by name; repeatable, or with commas (default: all that need no model)',
      ).argParser(gather),
    )
    .addOption(flag('--rubric <id>', 'judge pairs of answers too, under this rubric for pairs'))
    .addOption(
      flag('--pairs-per-round <n>', 'comparisons that a round asks for')
        .argParser(wholeNumber(1))
        .default(200),
    )
    .addOption(
      flag('--judged-share <share>', 'share of them that is judged, with --rubric')
        .argParser(fraction(1))
        .default(0.5),
    )
    .addOption(
      flag('--random-share <share>', 'share of the judged ones that is drawn at random')
        .argParser(fraction(1))
        .default(0.2),
    )
    .addOption(
      flag('--probe-share <share>', 'share of the prompts that is kept for probes')
        .argParser(fraction(0.9))
        .default(0.1),
    )
    .addOption(
      flag('--pool-answers <n>', 'most answers that are watched, and that a round chooses from')
        .argParser(wholeNumber(2))
        .default(1000),
    )
    .addOption(
      flag('--measure <what>', 'what heads are compared by on the anchors')
        .choices(['accuracy', 'log-likelihood'] as const)
        .default('accuracy' as const),
    )
    .addOption(
      flag('--alpha <share>', 'that any head is promoted for nothing, both sides')
        .argParser(fraction(0.5))
        .default(0.05),
    )
    .option('--no-alpha-spending', 'test each round at alpha, as if the anchors were fresh')
    .addOption(
      flag('--patience <n>', 'rounds without a promotion after which to stop')
        .argParser(wholeNumber(1))
        .default(2),
    )
    .addOption(
      flag('--read-out <place>', 'where the state is read').choices(ReadOut.options).default(defaultReadOut),
    )
    .addOption(flag('--suffix <text>', "a user's turn after the answer"));
  return addEngineFlags(addDeliberationFlags(addGuardFlags(command)));
}

type GuardFlags = ReturnType<ReturnType<typeof guardFlags>['opts']>;

function addGuardFlags<Arguments extends unknown[], Options extends OptionValues>(
  command: Command<Arguments, Options>,
): Command<Arguments, Options & GuardFlags> {
  for (const option of guardFlags().options) command.addOption(option);
  return command as unknown as Command<Arguments, Options & GuardFlags>;
}

function guardFlags() {
  const { leastLabels, ...limits } = defaultGuardLimits;
  return new Command()
    .addOption(
      flag('--max-chosen-longer <share>', 'most that the longer answer is chosen, or off')
        .argParser(limit(0.5, 1))
        .default(limits.chosenLonger),
    )
    .addOption(
      flag('--min-label-entropy <bits>', 'least mean entropy of judged labels, or off')
        .argParser(limit(0, 1))
        .default(limits.labelEntropy),
    )
    .addOption(
      flag('--max-label-balance <share>', 'most that the first answer of the data wins, or off')
        .argParser(limit(0.5, 1))
        .default(limits.labelBalance),
    )
    .addOption(
      flag('--min-order-consistency <share>', 'least share of judged pairs whose orders agree, or off')
        .argParser(limit(0, 1))
        .default(limits.orderConsistency),
    )
    .addOption(
      flag('--min-agreement <share>', 'least agreement with the head before, of what it promises, or off')
        .argParser(limit(-1, 1))
        .default(limits.agreement),
    )
    .addOption(
      flag('--max-probe-drop <share>', 'most that accuracy on the probes falls, or off')
        .argParser(limit(0, 1))
        .default(limits.probes),
    )
    .addOption(
      flag('--max-length-anchors <growth>', 'most growth of ρ with length on the anchors, or off')
        .argParser(limit(0, 2))
        .default(limits.lengthAnchors),
    )
    .addOption(
      flag('--max-length-pool <growth>', 'most growth of ρ with length on the data, or off')
        .argParser(limit(0, 2))
        .default(limits.lengthPool),
    )
    .addOption(
      flag('--least-labels <n>', 'fewer labels tell the guards of labels nothing')
        .argParser(wholeNumber(1))
        .default(leastLabels),
    );
}

/** The guards' limits that the flags ask for. */
export function limitsOf(flags: SelftrainFlags): GuardLimits {
  return {
    chosenLonger: unlessOff(flags.maxChosenLonger),
    labelEntropy: unlessOff(flags.minLabelEntropy),
    labelBalance: unlessOff(flags.maxLabelBalance),
    orderConsistency: unlessOff(flags.minOrderConsistency),
    agreement: unlessOff(flags.minAgreement),
    probes: unlessOff(flags.maxProbeDrop),
    lengthAnchors: unlessOff(flags.maxLengthAnchors),
    lengthPool: unlessOff(flags.maxLengthPool),
    leastLabels: flags.leastLabels,
  };
}

function unlessOff(limit: number | 'off' | null): number | null {
  return limit === 'off' ? null : limit;
}

/** A number, or `off`. */
function limit(least: number, most: number) {
  // Commander takes null for a missing value.
  return (text: string): number | 'off' => {
    if (text === 'off') return text;
    const value = readNumber(text);
    if (value === null || value < least || value > most)
      throw new InvalidArgumentError(`expected a number from ${least} to ${most} or off, got '${text}'`);
    return value;
  };
}
