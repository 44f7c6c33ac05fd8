/** `juror calibrate RUN`: fit a calibration of a run's probabilities on labels. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { JurorError } from '../errors.ts';
import { calibrationSubject, readCalibrationRows } from '../judge/calibrate.ts';
import { writeCalibration } from '../judge/calibration-file.ts';
import { fitCalibration } from '../judge/fit-calibration.ts';
import { readRun } from '../store/run.ts';
import { labelScale, readTruths } from './agreement-rows.ts';
import { describeCalibration } from './calibration.ts';
import { flag, wholeNumber } from './flags.ts';
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
      flag('--method <name>', 'temperature: one factor; platt: factor and shift, no shift for pairs')
        .choices(['temperature', 'platt'] as const)
        .default('temperature' as const),
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
      const subject = calibrationSubject(run, rubricId);
      const labels = flags.labels === undefined ? undefined : await readTruths(flags.labels);
      const data = await readCalibrationRows(run, rubricId, {
        ...(labels ? { labelOf: (id) => labels.get(id)?.label } : {}),
        ...(flags.scale ? { labelRange: flags.scale } : {}),
      });
      const { method: kind, bins, seed } = flags;
      const fitted = fitCalibration(data, subject, { kind, bins, seed });
      await writeCalibration(flags.out, fitted.calibration);
      if (flags.json)
        return terminal.print(
          JSON.stringify({ ...fitted.calibration, reliability: fitted.reliability }, null, 2),
        );
      terminal.print(`${describeCalibration(fitted)}\n\n${flags.out}`);
    });
}
