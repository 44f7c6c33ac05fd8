/** `juror calibrate RUN`: fit a calibration of a run's probabilities on labels. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { JurorError } from '../errors.ts';
import { readCalibrationRows } from '../judge/calibrate.ts';
import { writeCalibration } from '../judge/calibration-file.ts';
import { calibrationSubject } from '../judge/calibration-subject.ts';
import { fitCalibration } from '../judge/fit-calibration.ts';
import { readRun } from '../store/run.ts';
import { labelScale, readTruths } from './agreement-rows.ts';
import { describeCalibration } from './calibration.ts';
import { anyNumber, flag, wholeNumber } from './flags.ts';
import { describePrior, fitPriorOf } from './label-prior.ts';
import { processTerminal } from './terminal.ts';

/** The verb. */
export function calibrateCommand(): CommandUnknownOpts {
  return new Command('calibrate')
    .description('fit a calibration of a run’s probabilities on labels, with figures on unseen prompts')
    .argument('<run>', 'a run folder')
    .addOption(
      flag('--labels <data>', 'take labels from this file, by sample id (default: those of the judged data)'),
    )
    .addOption(flag('--out <file>', 'the calibration, as JSON; juror agree takes it').makeOptionMandatory())
    .addOption(
      flag(
        '--method <name>',
        'on labels: temperature, one factor; platt, factor and shift (no shift for pairs). Without labels: batch or content-free take the judge’s prior over labels out',
      )
        .choices(['temperature', 'platt', 'batch', 'content-free'] as const)
        .default('temperature' as const),
    )
    .addOption(
      flag('--content-free <run>', 'for content-free: a run of the same judge on answers without content'),
    )
    .addOption(
      flag(
        '--strength <number>',
        'of batch and content-free: 1 takes the prior out, 0 leaves it in (default: 1)',
      ).argParser(anyNumber),
    )
    .addOption(flag('--rubric <id>', 'which rubric, where the run has several'))
    .addOption(
      flag('--scale <min:max>', 'scale of numeric labels (default: evident for 0 and 1 only)').argParser(
        labelScale,
      ),
    )
    .addOption(flag('--bins <n>', 'of the calibration error').argParser(wholeNumber(1)).default(10))
    .addOption(flag('--seed <n>', 'of the bootstrap').argParser(wholeNumber(0)).default(0))
    .option('--json', 'print JSON')
    .action(async (folder, flags) => {
      const terminal = processTerminal();
      await using run = await readRun(folder);
      const ids = run.manifest.configuration.rubrics.map(({ rubric }) => rubric.id);
      const rubricId = flags.rubric ?? ids[0] ?? '';
      if (flags.rubric === undefined && ids.length > 1)
        throw new JurorError('usage', `expected --rubric with one of ${ids.join(', ')}, got none`);
      const { method: kind, bins, seed } = flags;
      if (kind === 'batch' || kind === 'content-free') {
        const { contentFree, strength } = flags;
        const fitted = await fitPriorOf(run, rubricId, { method: kind, contentFree, strength });
        await writeCalibration(flags.out, fitted.prior);
        if (flags.json) return terminal.print(JSON.stringify(fitted.prior, null, 2));
        return terminal.print(`${describePrior(fitted)}\n\n${flags.out}`);
      }
      if (flags.contentFree !== undefined || flags.strength !== undefined)
        throw new JurorError(
          'usage',
          `--${flags.contentFree === undefined ? 'strength' : 'content-free'}: expected --method batch or content-free, got ${kind}`,
        );
      const subject = calibrationSubject(run, rubricId);
      const labels = flags.labels === undefined ? undefined : await readTruths(flags.labels);
      const data = await readCalibrationRows(run, rubricId, {
        ...(labels ? { labelOf: (id) => labels.get(id)?.label } : {}),
        ...(flags.scale ? { labelRange: flags.scale } : {}),
      });
      const fitted = fitCalibration(data, subject, { kind, bins, seed });
      await writeCalibration(flags.out, fitted.calibration);
      if (flags.json)
        return terminal.print(
          JSON.stringify({ ...fitted.calibration, reliability: fitted.reliability }, null, 2),
        );
      terminal.print(`${describeCalibration(fitted)}\n\n${flags.out}`);
    });
}
