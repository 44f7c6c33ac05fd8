/** Verdicts and labels for the tests of calibration. */
import { logistic } from '../../src/aggregate/logits.ts';
import { createRandom } from '../../src/aggregate/random.ts';
import type { CalibrationRow, CalibrationRows } from '../../src/judge/calibrate.ts';
import type { CalibrationSubject } from '../../src/judge/calibration-subject.ts';

const digest = (letter: string) => letter.repeat(64);

export const subject: CalibrationSubject = {
  mode: 'pairwise',
  rubric: { id: 'better-answer', version: '1', digest: digest('a') },
  engines: [{ model: 'small', digest: digest('b'), template: digest('c') }],
  protocol: { critique: 'none', samples: 1, prompt: digest('d') },
};

/** Pairs whose first answer is better with the log-odds `slope` times those of the score, two to a prompt. */
export function pairRows(size: number, slope: number, seed = 1, shift = 0): CalibrationRow[] {
  const random = createRandom(seed);
  return Array.from({ length: size }, (_, row) => {
    const logOdds = 3 * random.normal();
    return {
      sampleId: `pair-${row}`,
      responseIds: ['a', 'b'],
      cluster: `prompt-${row >> 1}`,
      score: logistic(logOdds),
      label: Number(random.uniform() < logistic(slope * logOdds + shift)),
    };
  });
}

export function dataOf(
  rows: readonly CalibrationRow[],
  changes: Partial<CalibrationRows> = {},
): CalibrationRows {
  return { rows, labelRange: null, verdicts: rows.length, unlabelled: 0, unscored: 0, ...changes };
}
