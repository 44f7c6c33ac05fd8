/** What `training.json` of a head holds: everything that its training said, and nothing of time or place. */
import type { TrainedHead } from './train.ts';

/** The report as plain JSON data; equal heads have equal ones. */
export function trainingReport({ record, members, doubts }: TrainedHead): unknown {
  const { calibration, missing } = doubts;
  return {
    ...record,
    trained: members,
    calibrationFigures: calibration && {
      before: calibration.before,
      after: calibration.after,
      change: calibration.change,
      reason: calibration.reason,
    },
    missing,
  };
}
