/** `juror export RUN`: write a run's files again from its journal, in any format, or send its verdicts as telemetry. */
import { join } from 'node:path';
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { writeRows } from '../dataset.ts';
import { JurorError } from '../errors.ts';
import { calibratedVerdictOf } from '../judge/calibrated.ts';
import { readCalibration } from '../judge/calibration-file.ts';
import { exportVerdicts, verdictOf } from '../judge/run.ts';
import { readPlan } from '../store/export.ts';
import { openRun, type Run, readRun } from '../store/run.ts';
import { addFormatFlags, exportFormat } from './export-format.ts';
import { addVerdictFlags, requireOutputFlags, writeVerdicts } from './suite-outputs.ts';
import { count, processTerminal } from './terminal.ts';

/** The verb. */
export function exportCommand(): CommandUnknownOpts {
  return addFormatFlags(addVerdictFlags(define())).action(async (folder, flags) => {
    if (flags.format !== undefined) return exportFormat(folder, flags);
    const { to, json, calibration, csv, jsonl, telemetry } = flags;
    const terminal = processTerminal();
    requireOutputFlags(flags);
    const elsewhere = [to, csv, jsonl, telemetry].some((target) => target !== undefined);
    if (calibration !== undefined && !elsewhere)
      throw new JurorError(
        'usage',
        '--calibration: expected --to FILE, --csv, --jsonl or --telemetry; verdicts.jsonl of a run stays as judged',
      );
    if (elsewhere) {
      const read = calibration === undefined ? undefined : await readCalibration(calibration);
      const derive = (run: Run) => (read === undefined ? verdictOf(run) : calibratedVerdictOf(run, read));
      for (const file of await writeVerdicts([{ folder, derive }], flags, terminal)) terminal.print(file);
      if (to === undefined) return;
      await using run = await readRun(folder);
      await writeRows(to, verdictRows(run, derive(run)));
      return terminal.print(to);
    }
    await using run = await openRun(folder);
    const { counts, summary } = await exportVerdicts(run);
    if (json) return terminal.print(JSON.stringify({ ...counts, ...summary }, null, 2));
    const pending = counts.pending === 0 ? '' : `, ${count(counts.pending)} still to be judged`;
    terminal.print(`${count(counts.verdicts)} verdicts from ${count(counts.judgments)} judgments${pending}`);
    terminal.print(`${join(folder, 'verdicts.jsonl')} · judgments.jsonl · summary.json`);
  });
}

function define() {
  return new Command('export')
    .description('write judgments.jsonl, verdicts.jsonl and summary.json of a run from its journal')
    .argument('<run>', 'a run folder; an interrupted one gives what is finished')
    .option(
      '--to <file>',
      'write the verdicts, records as they are, to this .jsonl, .csv or .parquet file instead',
    )
    .option(
      '--calibration <file>',
      'verdicts calibrated by what juror calibrate wrote, in any of the files asked for',
    )
    .option('--json', 'print the summary as JSON');
}

/** Verdicts as flat rows: records within become JSON in a cell. */
async function* verdictRows(run: Awaited<ReturnType<typeof readRun>>, derive: ReturnType<typeof verdictOf>) {
  for await (const { row, judgments } of readPlan(run)) if (judgments !== null) yield derive(row, judgments);
}
