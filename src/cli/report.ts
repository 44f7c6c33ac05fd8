/** `juror report RUN`: one self-contained HTML file of a run or a suite. */
import { join, resolve } from 'node:path';
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { reportPage } from '../report/page.ts';
import { readReport } from '../report/read-report.ts';
import { writeAtomically } from '../store/atomic-file.ts';
import { labelScale, readTruths } from './agreement-rows.ts';
import { flag, gather, wholeNumber } from './flags.ts';
import { openTarget } from './open-file.ts';
import { harmless, processTerminal } from './terminal.ts';

/** The verb. */
export function reportCommand(): CommandUnknownOpts {
  return new Command('report')
    .description(
      'one HTML file of a run or a suite: what passed, the figures, and the most contested samples',
    )
    .argument('<run>', 'a run folder, or a suite’s folder')
    .addOption(
      flag(
        '--data <file>',
        'the data that were judged, for prompts and answers; repeatable (default: as the run or the suite says)',
      ).argParser(gather),
    )
    .addOption(
      flag(
        '--labels <data>',
        'take labels and votes from this file, by sample id (default: those of the judged data)',
      ),
    )
    .addOption(
      flag('--scale <min:max>', 'scale of numeric labels (default: evident for 0 and 1 only)').argParser(
        labelScale,
      ),
    )
    .addOption(flag('--out <file>', 'default: report.html in the folder'))
    .addOption(flag('--title <text>', 'default: the suite’s name, or rubrics and models'))
    .addOption(
      flag('--samples <n>', 'how many contested samples of each rubric of a run to show in full')
        .argParser(wholeNumber(0))
        .default(20),
    )
    .addOption(flag('--redact', 'leave out all judged text, and critiques, which quote it'))
    .addOption(flag('--seed <n>', 'of the bootstrap').argParser(wholeNumber(0)).default(0))
    .addOption(flag('--open', 'open it when it is written'))
    .action(async (folder, flags) => {
      const terminal = processTerminal();
      const truths = flags.labels === undefined ? undefined : await readTruths(flags.labels);
      const report = await readReport(folder, {
        data: flags.data,
        title: flags.title,
        samples: flags.samples,
        redact: flags.redact === true,
        seed: flags.seed,
        labelRange: flags.scale,
        ...(truths ? { truthOf: (id: string) => truths.get(id) } : {}),
      });
      const out = flags.out ?? join(folder, 'report.html');
      await writeAtomically(out, [await reportPage(report)]);
      terminal.print(harmless(out));
      const missing = new Set(
        report.runs.flatMap(({ texts }) => (texts.state === 'missing' ? [texts.reason] : [])),
      );
      for (const reason of missing) terminal.note(`juror: ${harmless(reason)}`);
      if (flags.open && !(await openTarget(resolve(out))))
        terminal.warn('juror: --open: there is no desktop here, or no program that opens files');
    });
}
