/** The flags of `juror prefs`. */
import { Command } from '@commander-js/extra-typings';
import { JurorError } from '../errors.ts';
import { preferenceFormats } from '../preference/formats.ts';
import { flag, fraction, gather, positiveNumber, wholeNumber } from './flags.ts';

/** Values of {@link definePrefs}. */
export type PrefsFlags = ReturnType<ReturnType<typeof definePrefs>['opts']>;

/** The verb without its action. */
export function definePrefs() {
  return new Command('prefs')
    .description('turn verdicts, rankings, rewards or labels into preference data for trainers, with a card')
    .argument('<input>', 'a run folder, rewards of juror implicit or combine, preferences, or labelled data')
    .argument('[inputs...]', 'more of them')
    .addOption(flag('--out <file>', 'the preferences: .jsonl or .parquet').makeOptionMandatory())
    .addOption(
      flag('--format <name>', 'shape of the rows')
        .choices(preferenceFormats)
        .default('jsonl' as const),
    )
    .addOption(
      flag(
        '--data <file>',
        'where the texts are that were judged, and labels to compare with; repeatable',
      ).argParser(gather),
    )
    .addOption(flag('--rubric <id>', 'of a run with several rubrics, which one'))
    .addOption(
      flag('--process <how>', 'stepwise: what counts of a solution')
        .choices(['last', 'min', 'mean', 'product'] as const)
        .default('min' as const),
    )
    .addOption(
      flag('--temperature <n>', 'rewards of juror combine: a difference of n is log-odds of 1')
        .argParser(positiveNumber)
        .default(1),
    )
    .addOption(flag('--with-abstained', 'use verdicts that abstain'))
    .addOption(flag('--with-content-free', 'use verdicts on answers that say nothing'))
    .addOption(flag('--min-margin <n>', 'least margin, in its unit').argParser(fraction(1e9)))
    .addOption(flag('--min-probability <p>', 'least probability of the chosen answer').argParser(fraction(1)))
    .addOption(flag('--order-consistent', 'both orders must name the same winner'))
    .addOption(
      flag('--min-agreement <p>', 'least share of a panel that names the winner').argParser(fraction(1)),
    )
    .addOption(flag('--agree-with-labels', 'drop what a label contradicts'))
    .addOption(flag('--no-near-duplicates', 'drop what nearly repeats an earlier prompt and chosen answer'))
    .addOption(
      flag('--similarity <j>', 'least Jaccard similarity of near duplicates')
        .argParser(fraction(1))
        .default(0.8),
    )
    .addOption(flag('--pairs-per-prompt <n>', 'most pairs of one prompt').argParser(wholeNumber(1)))
    .addOption(
      flag('--pick <how>', 'which of them')
        .choices(['best-margin', 'random'] as const)
        .default('best-margin' as const),
    )
    .addOption(flag('--balance-length', 'as many pairs whose chosen answer is longer as shorter'))
    .addOption(
      flag(
        '--ties <file>',
        'write ties there, in the same format (default: with jsonl in --out, else nowhere)',
      ),
    )
    .addOption(flag('--margin', 'add a column margin'))
    .addOption(flag('--probability', 'add a column probability'))
    .addOption(flag('--provenance', 'add columns that say where each row comes from'))
    .addOption(flag('--card <file>', 'the card (default: the file of --out with .md added)'))
    .addOption(
      flag('--max-length <tokens>', 'count rows that a trainer with this limit drops').argParser(
        wholeNumber(1),
      ),
    )
    .addOption(flag('--bytes-per-token <n>', 'how tokens are estimated').argParser(positiveNumber).default(4))
    .addOption(
      flag('--tolerate <share>', 'share of verdicts without a score up to which the exit code is 0')
        .argParser(fraction(1))
        .default(0),
    )
    .addOption(flag('--seed <n>', 'of draws').argParser(wholeNumber(0)).default(0))
    .option('--json', 'print the figures as JSON');
}

/** Throws JurorError `usage` for flags that do not go together. */
export function requirePrefsFlags(flags: PrefsFlags): void {
  const writable = (name: string, file: string | undefined) => {
    if (file !== undefined && !/\.(jsonl|ndjson|parquet)$/i.test(file))
      throw new JurorError('usage', `${name}: expected a .jsonl or .parquet file, got '${file}'`);
  };
  writable('--out', flags.out);
  writable('--ties', flags.ties);
  if (flags.format !== 'stepwise') return;
  const idle = [
    ['--min-margin', flags.minMargin],
    ['--min-probability', flags.minProbability],
    ['--order-consistent', flags.orderConsistent],
    ['--min-agreement', flags.minAgreement],
    ['--agree-with-labels', flags.agreeWithLabels],
    ['--no-near-duplicates', flags.nearDuplicates === false ? true : undefined],
    ['--pairs-per-prompt', flags.pairsPerPrompt],
    ['--balance-length', flags.balanceLength],
    ['--ties', flags.ties],
    ['--margin', flags.margin],
    ['--probability', flags.probability],
  ].find(([, value]) => value !== undefined);
  if (idle)
    throw new JurorError(
      'usage',
      `${idle[0]}: expected a format of pairs, got --format stepwise, whose rows are solutions`,
    );
}
