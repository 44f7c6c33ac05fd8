/** A suite that is run in front of somebody. */
import type { SuiteResult } from '../schema.ts';
import type { SuiteCombination } from '../suite/combinations.ts';
import type { LoadedSuite } from '../suite/load.ts';
import { countSuiteSamples, type RunSuiteOptions, runSuite } from '../suite/run.ts';
import { createMeter, type Meter } from './meter.ts';
import { count, harmless, plural, type Terminal } from './terminal.ts';

/** Run a suite with a meter for each of its runs; refused rows and warnings are told at once. */
export async function runShown(
  loaded: LoadedSuite,
  options: RunSuiteOptions,
  terminal: Terminal,
): Promise<SuiteResult> {
  let current: { readonly combination: SuiteCombination; readonly meter: Meter } | undefined;
  const told = new Set<string>();
  const tell = (message: string) => {
    if (told.has(message)) return;
    told.add(message);
    terminal.warn(`juror: ${harmless(message)}`);
  };
  const finish = () => {
    current?.meter.stop();
    if (current !== undefined) terminal.note(summed(current.combination, current.meter));
    current = undefined;
  };
  const begin = (combination: SuiteCombination) => {
    finish();
    const meter = createMeter(terminal);
    current = { combination, meter };
    meter.begin();
    const { filter, shard, signal } = options;
    void countSuiteSamples(loaded, combination, { filter, shard, signal }).then(
      (total) => meter.expect(total),
      () => {},
    );
  };
  const failures = new Set<string>();
  try {
    const result = await runSuite(loaded, {
      ...options,
      onRun: begin,
      onRefused: ({ message }) => tell(message),
      onEvent(event) {
        if (event.type === 'warning') tell(event.message);
        else current?.meter.listen(event);
        if (event.type === 'judgment-finish') {
          const { outcome } = event.judgment;
          if (outcome.status === 'unscored' && outcome.reason === 'engine') failures.add(outcome.message);
        }
        if (event.type === 'verdict-finish') current?.meter.finish(event.verdict);
        if (event.type === 'run-finish') finish();
      },
    });
    const [failure] = failures;
    if (failure !== undefined) {
      const others = failures.size > 1 ? ` (and ${plural(failures.size - 1, 'other message')})` : '';
      tell(`a judge failed: ${failure}${others}; --retry asks again`);
    }
    return result;
  } finally {
    current?.meter.stop();
  }
}

/** One line about a run that is over. */
function summed({ folder, rubrics }: SuiteCombination, meter: Meter): string {
  const { made, found } = meter.totals();
  const names = rubrics.map(({ rubric }) => rubric.id).join(', ');
  return `${folder} · ${names} · ${count(made)} judgments made, ${count(found)} found`;
}
