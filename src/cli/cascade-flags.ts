/** The flags of `juror cascade`, and what they mean. */
import { Command } from '@commander-js/extra-typings';
import type { CascadeTarget } from '../aggregate/cascade-tally.ts';
import { JurorError } from '../errors.ts';
import { readCalibration } from '../judge/calibration-file.ts';
import type { CascadeThresholds } from '../loop/cascade.ts';
import { type Calibration, CascadeStage } from '../schema.ts';
import { labelScale } from './agreement-rows.ts';
import { flag, fraction, gather, readNumber, wholeNumber } from './flags.ts';
import { addPanelFlags } from './panel.ts';

/** Values of {@link defineCascade}. */
export type CascadeFlags = ReturnType<ReturnType<typeof defineCascade>['opts']>;

/** The verb and its flags. */
export function defineCascade() {
  const command = new Command('cascade')
    .description('decide with a head where it is sure, with a judge elsewhere, and leave the rest to people')
    .argument('<data>', 'pairs, single answers, or several answers of which the best is looked for')
    .addOption(
      flag('--head <dir>', 'a head of juror train (default: the one that comes with juror for the backbone)'),
    )
    .addOption(flag('--rubric <name>', 'a ready rubric or a .yaml file').makeOptionMandatory())
    .addOption(
      flag(
        '--out <file>',
        'verdicts, as JSON Lines; with --fit the fitted thresholds, as JSON',
      ).makeOptionMandatory(),
    )
    .addOption(
      flag('--critique <mode>', 'of the last stage: none (the judge is asked once), brief or full')
        .choices(['none', 'brief', 'full'] as const)
        .default('brief' as const),
    )
    .option('--no-direct', 'ask no verdict before the critique')
    .addOption(flag('--thresholds <file>', 'thresholds that --fit wrote'))
    .addOption(
      flag(
        '--threshold <stage=n>',
        'least confidence in nats with which head, direct or critique decides, or never; repeatable (default: 2.2, the last stage 0)',
      ).argParser(gather),
    )
    .addOption(flag('--queue <file>', 'what nobody decides, as JSON Lines for people and for juror'))
    .option('--fit', 'ask every stage of every labelled row and fit thresholds')
    .addOption(
      flag('--error <share>', 'with --fit: of the rows decided at most this share is wrong').argParser(
        fraction(1),
      ),
    )
    .addOption(
      flag(
        '--match <share>',
        'with --fit: agreement at most this far below that of the last stage alone',
      ).argParser(fraction(1)),
    )
    .addOption(
      flag('--certainty <share>', 'with --fit: that the promise holds').argParser(fraction(1)).default(0.95),
    )
    .addOption(
      flag('--combine <how>', 'with --fit: later stages replace earlier ones, or are added to them')
        .choices(['replace', 'sum'] as const)
        .default('replace' as const),
    )
    .addOption(
      flag(
        '--person <tokens>',
        'with --fit: what a row for people costs (default: as much as all stages)',
      ).argParser(wholeNumber(0)),
    )
    .addOption(
      flag('--holdout <share>', 'with --fit: share of the prompts for the figures alone')
        .argParser(fraction(1))
        .default(0.2),
    )
    .addOption(
      flag('--confidence <kind>', 'of the head: log-odds of its probability, or deviations of the difference')
        .choices(['log-odds', 'deviations'] as const)
        .default('log-odds' as const),
    )
    .addOption(
      flag(
        '--farthest <share>',
        'the head does not decide where more than this share of the training answers lie nearer',
      ).argParser(fraction(1)),
    )
    .option('--no-conformal', 'let the head decide by the threshold alone, whatever its conformal rule says')
    .addOption(
      flag(
        '--backbone <name>',
        "model of the head's features (default: the one it was trained on; without --head the judge)",
      ),
    )
    .addOption(flag('--calibration <file>', 'of a stage of the judge; repeatable').argParser(gather))
    .addOption(flag('--labels <data>', 'take labels from this file, by sample id'))
    .addOption(
      flag('--scale <range>', 'ends of the labels of single answers, such as 1:5 (default: 0:1)').argParser(
        labelScale,
      ),
    )
    .addOption(
      flag('--tie-band <nats>', 'orders that disagree are a tie within this mean |log-odds|')
        .argParser(fraction(30))
        .default(0),
    )
    .addOption(flag('--samples <n>', 'critiques per judgment, averaged').argParser(wholeNumber(1)).default(1))
    .addOption(flag('--limit <n>', 'the first n samples').argParser(wholeNumber(0)))
    .addOption(
      flag(
        '--tolerate <share>',
        'share of rows that a stage has no score for and nobody decides, up to which the exit code is 0',
      )
        .argParser(fraction(1))
        .default(0),
    )
    .addOption(flag('--seed <n>', 'of everything random').argParser(wholeNumber(0)).default(0))
    .option('--no-cache', 'do not look for judgments that other runs made')
    .option('--json', 'print the figures as JSON')
    .option('--quiet', 'no progress');
  return addPanelFlags(command);
}

/** What is to be promised; undefined where nothing is fitted. Throws JurorError `usage`. */
export function targetOf({ fit, error, match, thresholds, queue }: CascadeFlags): CascadeTarget | undefined {
  if (!fit) {
    const given = error === undefined ? (match === undefined ? undefined : '--match') : '--error';
    if (given !== undefined) throw new JurorError('usage', `${given}: expected --fit with it`);
    return undefined;
  }
  if ((error === undefined) === (match === undefined))
    throw new JurorError(
      'usage',
      `--fit: expected --error or --match, got ${error === undefined ? 'neither' : 'both'}`,
    );
  if (thresholds !== undefined || queue !== undefined)
    throw new JurorError(
      'usage',
      `--fit: expected no ${thresholds === undefined ? '--queue' : '--thresholds'} with it`,
    );
  return error === undefined ? { kind: 'judge', margin: match ?? 0 } : { kind: 'error', most: error };
}

/** `--threshold` values. Throws JurorError `usage`. */
export function readThresholds(texts: readonly string[] = []): CascadeThresholds {
  return Object.fromEntries(
    texts.map((text) => {
      const [name, value = ''] = text.split(/=(.*)/s);
      const { data: stage } = CascadeStage.safeParse(name);
      const threshold = value === 'never' ? null : readNumber(value);
      if (stage === undefined || (threshold === null && value !== 'never') || (threshold ?? 0) < 0)
        throw new JurorError(
          'usage',
          `--threshold: expected head, direct or critique with a number from 0 up or never, such as head=2.2, got '${text}'`,
        );
      return [stage, threshold];
    }),
  );
}

/** A calibration of one stage. Throws JurorError `data`, and `usage` for one without a line. */
export async function readLine(path: string): Promise<Calibration> {
  const calibration = await readCalibration(path);
  if ('parameters' in calibration) return calibration;
  throw new JurorError(
    'usage',
    `--calibration: expected a temperature or Platt's line, got a prior over labels`,
    { place: { file: path } },
  );
}
