/** What the verbs that read hidden states have in common. */
import { Command, type OptionValues } from '@commander-js/extra-typings';
import type { ReadingProgress } from '../reward/feature-matrix.ts';
import type { ReadOutOptions } from '../reward/features.ts';
import { ReadOut } from '../schema.ts';
import { flag } from './flags.ts';
import { count, duration, type Terminal } from './terminal.ts';

/** Values of {@link addReadOutFlags}. */
export type ReadOutFlags = ReturnType<ReturnType<typeof readOutFlags>['opts']>;

/** Add the flags that say which state is read. */
export function addReadOutFlags<Arguments extends unknown[], Options extends OptionValues>(
  command: Command<Arguments, Options>,
): Command<Arguments, Options & ReadOutFlags> {
  for (const option of readOutFlags().options) command.addOption(option);
  return command as unknown as Command<Arguments, Options & ReadOutFlags>;
}

function readOutFlags() {
  return new Command()
    .addOption(
      flag(
        '--read-out <place>',
        "the state of the answer's last token, of the one that ends its turn, or of the next turn's beginning",
      )
        .choices(ReadOut.options)
        .default('turn-end' as const),
    )
    .addOption(flag('--suffix <text>', "a user's turn after the answer, before the state is read"));
}

/** The read-out that the flags ask for. */
export function readOutOf({ readOut, suffix }: ReadOutFlags): ReadOutOptions {
  return { readOut, ...(suffix === undefined ? {} : { suffix }) };
}

/** Shows how far the reading of answers is. */
export function readingMeter(terminal: Terminal, label: string) {
  const progress = terminal.progress();
  const begun = performance.now();
  let before: ReadingProgress | undefined;
  return {
    update(state: ReadingProgress): void {
      before ??= state;
      const seconds = (performance.now() - begun) / 1000;
      const rate = state.read / Math.max(seconds, 0.001);
      // What is found costs nothing: the time left is that of the answers which are read.
      const made = state.done - before.done;
      const left = made < 5 ? '' : ` · ${duration((seconds / made) * (state.total - state.done))} left`;
      progress.update({
        label,
        done: state.done,
        total: state.total,
        detail: `answers · ${count(state.read)} tokens read, ${count(state.found)} found · ${count(Math.round(rate))}/s${left}`,
      });
    },
    stop(): void {
      progress.stop();
    },
  };
}
