/** Cascades whose truth is known: a head that is calibrated, or knows nothing, and a judge of known accuracy. */
import { standCascade } from '../../src/aggregate/cascade.ts';
import type { CascadeFitRow } from '../../src/aggregate/cascade-tally.ts';
import { logistic, logOdds } from '../../src/aggregate/logits.ts';
import { createRandom } from '../../src/aggregate/random.ts';

/** What is simulated. */
export interface Simulation {
  readonly rows: number;
  readonly seed: number;
  /** Spread of the head's log-odds; 0: it knows nothing, and its log-odds are noise. */
  readonly head?: number;
  /** Of the judge, whatever its confidence. */
  readonly accuracy?: number;
}

/** Rows of a head that costs 100 tokens and a judge that costs 1,000. The head's log-odds are true where it knows anything. */
export function simulate({ rows, seed, head = 2, accuracy = 0.9 }: Simulation): CascadeFitRow[] {
  const random = createRandom(seed);
  return Array.from({ length: rows }, (_, row) => {
    const said = (head === 0 ? 2 : head) * random.normal();
    const yes = random.uniform() < (head === 0 ? 0.5 : logistic(said));
    const right = random.uniform() < accuracy;
    const sure = logOdds(accuracy);
    return {
      cluster: `prompt ${row}`,
      yes,
      readings: [{ logOdds: said }, { logOdds: yes === right ? sure : -sure }],
      tokens: [100, 1000],
    };
  });
}

/** What thresholds do on rows. */
export function outcomeOf(rows: readonly CascadeFitRow[], policy: Parameters<typeof standCascade>[1]) {
  let [decided, wrong, tokens, byHead] = [0, 0, 0, 0];
  for (const { readings, yes, tokens: costs } of rows) {
    const { decided: stage, stands } = standCascade(readings, policy);
    tokens += costs.slice(0, (stage ?? costs.length - 1) + 1).reduce((sum, own) => sum + own, 0);
    if (stage === null) continue;
    decided++;
    if (stage === 0) byHead++;
    if ((stands[stage]?.logOdds ?? 0) > 0 !== yes) wrong++;
  }
  return {
    coverage: decided / rows.length,
    error: decided === 0 ? 0 : wrong / decided,
    tokens: tokens / rows.length,
    byHead: byHead / rows.length,
  };
}
