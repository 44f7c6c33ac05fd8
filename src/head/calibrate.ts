/** A head's temperature, from pairs that did not train it. */
import { type CalibrationLine, fitTemperature } from '../aggregate/calibration.ts';
import {
  type CalibrationFigures,
  calibrationChange,
  calibrationEstimators,
  calibrationFigures,
} from '../aggregate/calibration-error.ts';
import type { BootstrapOptions } from '../aggregate/interval.ts';
import { logistic } from '../aggregate/logits.ts';
import { JurorError } from '../errors.ts';
import { foldOf, requireColumns, requireFolds, requireTargets } from './checks.ts';

/** How a temperature is fitted and judged. */
export interface HeadCalibrationOptions extends BootstrapOptions {
  /** Parts of the prompts, each calibrated by the others, for the figures. Default 5. */
  readonly folds?: number;
  /** Of the calibration error. Default that of the aggregate. */
  readonly bins?: number;
}

/** A temperature and what it is worth on prompts that it was not fitted on. */
export interface HeadCalibration {
  /** Of all pairs: P = logistic(slope · log-odds), the slope 1 / temperature. */
  readonly line: CalibrationLine;
  /** Figures of the pairs as they were; calibrated by the other folds' prompts; and the second less the first, below 0 where it helps. */
  readonly before: CalibrationFigures;
  readonly after: CalibrationFigures | null;
  readonly change: CalibrationFigures | null;
  /** Why there is no `after`. */
  readonly reason: string | null;
}

/**
 * The temperature of a head (Guo et al., ICML 2017) on held-out pairs. `logOdds` are those that left is better, as
 * {@link moderatedLogOdds} makes them or plain differences; targets are in [0, 1] and may be soft; a tie is ½. Each pair counts in both
 * directions, so that its order cannot show. Where larger log-odds do not go with larger targets the slope is 0. Throws JurorError
 * `data` for fewer than two pairs, ties alone, or log-odds that are all 0.
 */
export function calibrateHead(
  logOdds: readonly number[],
  targets: readonly number[],
  clusters: readonly string[],
  { folds = 5, seed = 0, bins, ...bootstrap }: HeadCalibrationOptions = {},
): HeadCalibration {
  requireColumns({ targets, clusters }, logOdds.length);
  requireTargets(targets);
  requireFolds(folds);
  const fitRows = (rows: readonly number[]) =>
    fitTemperature(
      rows.map((row) => logOdds[row] as number),
      rows.map((row) => targets[row] as number),
      { pairs: true },
    );
  const rows = [...logOdds.keys()];
  const line = fitRows(rows);
  const options = { pairs: true, ...(bins === undefined ? {} : { bins }) };
  const figures = (estimators: ReturnType<typeof calibrationEstimators>) =>
    calibrationFigures(estimators, clusters, { seed, ...bootstrap });
  const plain = calibrationEstimators(logOdds.map(logistic), targets, options);
  const before = figures(plain);
  const fold = clusters.map((cluster) => foldOf(cluster, folds, seed));
  const unseen = [...logOdds];
  try {
    for (const part of new Set(fold)) {
      const { slope } = fitRows(rows.filter((row) => fold[row] !== part));
      for (const row of rows) if (fold[row] === part) unseen[row] = slope * (logOdds[row] as number);
    }
  } catch (error) {
    if (!JurorError.isInstance(error) || error.code !== 'data') throw error;
    const reason = `without one of ${folds} folds of prompts: ${error.message}`;
    return { line, before, after: null, change: null, reason };
  }
  const calibrated = calibrationEstimators(unseen.map(logistic), targets, options);
  const change = figures(calibrationChange(calibrated, plain));
  return { line, before, after: figures(calibrated), change, reason: null };
}
