/** `juror export RUN`: write a run's files again from its journal, in any format. */
import { join } from 'node:path';
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { writeRows } from '../dataset.ts';
import { JurorError } from '../errors.ts';
import { calibratedVerdictOf } from '../judge/calibrated.ts';
import { readCalibration } from '../judge/calibration-file.ts';
import { exportVerdicts, verdictOf } from '../judge/run.ts';
import { readPlan } from '../store/export.ts';
import { openRun, readRun } from '../store/run.ts';
import { addFormatFlags, exportFormat } from './export-format.ts';
import { count, processTerminal } from './terminal.ts';

/** The verb. */
export function exportCommand(): CommandUnknownOpts {
  return addFormatFlags(new Command('export'))
    .description('write judgments.jsonl, verdicts.jsonl and summary.json of a run from its journal')
    .argument('<run>', 'a run folder; an interrupted one gives what is finished')
    .option('--to <file>', 'write the verdicts to this .jsonl, .csv or .parquet file instead')
    .option('--calibration <file>', 'with --to: verdicts calibrated by what juror calibrate wrote')
    .option('--json', 'print the summary as JSON')
    .action(async (folder, { to, json, calibration, ...other }) => {
      if (other.format !== undefined) return exportFormat(folder, { ...other, json });
      const terminal = processTerminal();
      if (to !== undefined) {
        await using run = await readRun(folder);
        const derive =
          calibration === undefined
            ? verdictOf(run)
            : calibratedVerdictOf(run, await readCalibration(calibration));
        await writeRows(to, verdictRows(run, derive));
        return terminal.print(to);
      }
      if (calibration !== undefined)
        throw new JurorError(
          'usage',
          '--calibration: expected --to FILE; verdicts.jsonl of a run stays as judged',
        );
      await using run = await openRun(folder);
      const { counts, summary } = await exportVerdicts(run);
      if (json) return terminal.print(JSON.stringify({ ...counts, ...summary }, null, 2));
      const pending = counts.pending === 0 ? '' : `, ${count(counts.pending)} still to be judged`;
      terminal.print(
        `${count(counts.verdicts)} verdicts from ${count(counts.judgments)} judgments${pending}`,
      );
      terminal.print(`${join(folder, 'verdicts.jsonl')} · judgments.jsonl · summary.json`);
    });
}

/** Verdicts as flat rows: records within become JSON in a cell. */
async function* verdictRows(run: Awaited<ReturnType<typeof readRun>>, derive: ReturnType<typeof verdictOf>) {
  for await (const { row, judgments } of readPlan(run)) if (judgments !== null) yield derive(row, judgments);
}
