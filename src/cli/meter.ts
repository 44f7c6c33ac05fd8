/** Progress of a judging run: rate, time left, tokens evaluated and saved. */
import type { Listener } from '../events.ts';
import type { Verdict } from '../schema.ts';
import { count, duration, harmless, percent, type Terminal } from './terminal.ts';

/** What a run cost. */
export interface RunTotals {
  /** Judgments made now. */
  readonly made: number;
  /** Judgments found in a journal or the cache. */
  readonly found: number;
  /** Prompt tokens pushed through the model. */
  readonly evaluated: number;
  /** Prompt tokens that were in the KV cache. */
  readonly saved: number;
  /** Tokens written. */
  readonly generated: number;
  readonly seconds: number;
}

/** Listens to a run and shows it. */
export interface Meter {
  readonly listen: Listener;
  /** Judging begins: rates count from here. */
  begin(): void;
  /** Told how many samples there will be. */
  expect(samples: number): void;
  /** Told of what is finished of a sample. */
  finish(done: Pick<Verdict, 'sampleId'>): void;
  stop(): void;
  totals(): RunTotals;
}

/** Make a meter on a terminal. */
export function createMeter(terminal: Terminal): Meter {
  const progress = terminal.progress();
  const samples = new Set<string>();
  const totals = { made: 0, found: 0, evaluated: 0, saved: 0, generated: 0 };
  let begun: number | undefined;
  let ended: number | undefined;
  let expected: number | undefined;
  let doneSamples = 0;
  const seconds = () => (begun === undefined ? 0 : ((ended ?? performance.now()) - begun) / 1000);
  const show = () => {
    const rate = doneSamples / Math.max(seconds(), 0.001);
    const left = expected === undefined ? '' : ` · ${duration((expected - doneSamples) / rate)} left`;
    const share = totals.saved / Math.max(1, totals.saved + totals.evaluated);
    progress.update({
      label: 'judged',
      done: doneSamples,
      total: expected,
      detail: [
        ...(doneSamples > 0 ? [`${rate.toFixed(rate < 10 ? 1 : 0)}/s${left}`] : []),
        `${count(totals.evaluated)} tokens`,
        `${percent(share)} saved`,
      ].join(' · '),
    });
  };
  return {
    listen(event) {
      if (event.type === 'engine-restart')
        terminal.note(`juror: ${harmless(event.reason)}; starting it again`);
      if (event.type === 'warning') terminal.note(`juror: ${harmless(event.message)}`);
      if (event.type !== 'judgment-finish') return;
      if (event.cached) totals.found++;
      else totals.made++;
      totals.evaluated += event.spent.evaluated;
      totals.saved += event.spent.reused;
      totals.generated += event.spent.generated;
      show();
    },
    begin() {
      begun = performance.now();
    },
    expect(total) {
      expected = total;
    },
    finish({ sampleId }) {
      // Verdicts of one sample come together; only the last id has to be remembered.
      if (!samples.has(sampleId)) {
        samples.clear();
        samples.add(sampleId);
        doneSamples++;
      }
      show();
    },
    stop() {
      if (ended === undefined) progress.stop();
      ended ??= performance.now();
    },
    totals: () => ({ ...totals, seconds: seconds() }),
  };
}
