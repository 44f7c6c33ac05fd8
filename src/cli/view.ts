/** `juror view RUN`: a run or a suite in the browser, and labels given there. */
import { once } from 'node:events';
import { Command, type CommandUnknownOpts, InvalidArgumentError } from '@commander-js/extra-typings';
import { judgeName } from '../view/agreement.ts';
import { LabelRequest } from '../view/api.ts';
import { openViewer } from '../view/server.ts';
import { flag, gather, wholeNumber } from './flags.ts';
import { interruptible } from './interrupt.ts';
import { openTarget } from './open-file.ts';
import { harmless, processTerminal } from './terminal.ts';

/** The verb. */
export function viewCommand(): CommandUnknownOpts {
  return new Command('view')
    .description(
      'show a run or a suite in the browser: every verdict with its texts and judgments; gather labels',
    )
    .argument('<run>', 'a run folder, or the folder of a suite')
    .addOption(
      flag(
        '--data <file>',
        'where the judged texts are; repeatable (default: as the run or the suite says)',
      ).argParser(gather),
    )
    .addOption(flag('--port <n>', 'of the server on 127.0.0.1 (default: one that is free)').argParser(port))
    .addOption(flag('--annotator <name>', 'who gives labels (default: the page asks)').argParser(annotator))
    .option('--blind', 'hide the judge in every item until its annotator has labelled it')
    .option('--no-open', 'only print the address')
    .action(async (folder, flags) => {
      const terminal = processTerminal();
      await interruptible(async (signal) => {
        const viewer = await openViewer(folder, {
          data: flags.data,
          port: flags.port,
          annotator: flags.annotator,
          blind: flags.blind ?? false,
          onFault: (error) =>
            terminal.warn(
              `juror: a fault of juror itself, please report it\n${harmless(error instanceof Error ? (error.stack ?? error.message) : String(error))}`,
            ),
        });
        try {
          terminal.print(viewer.url);
          terminal.note('only this address opens it; Ctrl-C ends it');
          // Without one, the printed address is enough.
          if (flags.open) await openTarget(viewer.launchUrl());
          if (!signal.aborted) await once(signal, 'abort');
        } finally {
          await viewer.close();
        }
      });
    });
}

function port(text: string): number {
  const value = wholeNumber(0)(text);
  if (value > 65_535) throw new InvalidArgumentError(`expected a port up to 65535, got '${text}'`);
  return value;
}

function annotator(text: string): string {
  const { data, error } = LabelRequest.shape.annotator.safeParse(text);
  if (data === judgeName) throw new InvalidArgumentError(`expected another name than '${judgeName}'`);
  if (data !== undefined) return data;
  throw new InvalidArgumentError(error?.issues[0]?.message ?? 'expected a name');
}
