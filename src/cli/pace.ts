/** How far a verb has come with its samples, and how fast. */
import { duration, type Terminal } from './terminal.ts';

/** Counts samples and shows them. */
export interface Pace {
  readonly seconds: () => number;
  /** Told how many samples there will be. */
  expect(samples: number): void;
  /** Told of each sample that is done. */
  finish(): void;
  stop(): void;
}

/** Begin counting; `label` is what becomes of a sample, such as `rewarded`. */
export function createPace(terminal: Terminal, label: string): Pace {
  const progress = terminal.progress();
  const begun = performance.now();
  let ended: number | undefined;
  let total: number | undefined;
  let done = 0;
  const seconds = () => ((ended ?? performance.now()) - begun) / 1000;
  return {
    seconds,
    expect(samples) {
      total = samples;
    },
    finish() {
      done++;
      const rate = done / Math.max(seconds(), 0.001);
      const left = total === undefined ? '' : ` · ${duration((total - done) / rate)} left`;
      progress.update({ label, done, total, detail: `${rate.toFixed(1)}/s${left}` });
    },
    stop() {
      ended = performance.now();
      progress.stop();
    },
  };
}
