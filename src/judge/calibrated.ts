/** Verdicts of a run as a calibration makes them. */
import type { AnyCalibration, Judgment, Verdict } from '../schema.ts';
import type { Run } from '../store/run.ts';
import type { PlanRow } from '../store/store.ts';
import { createCalibrator } from './calibrate.ts';
import { calibrationSubject, judgeSubject, requireSubject } from './calibration-subject.ts';
import { takeOutPrior } from './content-free.ts';
import { rubricOf, verdictOf } from './run.ts';

/**
 * How this run's verdicts are derived, those under the calibration's rubric calibrated: a line moves the verdict's probability, a
 * prior is taken out of every judgment before the verdict is derived. Verdicts under other rubrics stay. Throws JurorError
 * `usage` when the run's judge is not the one that it was made for.
 */
export function calibratedVerdictOf(
  run: Run,
  calibration: AnyCalibration,
): (row: PlanRow, judgments: readonly Judgment[]) => Verdict {
  const derive = verdictOf(run);
  const { id } = calibration.rubric;
  if (!('priors' in calibration)) {
    const calibrate = createCalibrator(calibration, calibrationSubject(run, id));
    return (row, judgments) => {
      const verdict = derive(row, judgments);
      return row.rubric.id === id ? calibrate(verdict) : verdict;
    };
  }
  requireSubject(calibration, judgeSubject(run, id));
  const { rubric } = rubricOf(run, id);
  return (row, judgments) =>
    derive(row, row.rubric.id === id ? takeOutPrior(judgments, rubric, calibration) : judgments);
}
