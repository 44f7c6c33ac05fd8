/** What a head knows of its own doubts: calibration, threshold, and where its training answers lie. */
import type { BootstrapOptions } from '../aggregate/interval.ts';
import { logistic } from '../aggregate/logits.ts';
import { JurorError } from '../errors.ts';
import { calibrateHead, type HeadCalibration } from '../head/calibrate.ts';
import { type ConformalThreshold, fitConformal } from '../head/conformal.ts';
import { type FeatureRange, fitFeatureRange } from '../head/distance.ts';
import type { TrainingData } from '../head/problem.ts';
import {
  type CombinedFitting,
  type Comparisons,
  chosenRows,
  crossFittedLogOdds,
  type FitSettings,
  scoreComparisons,
} from './fit.ts';

/** What was found, and why something was not. */
export interface Doubts {
  readonly calibration: HeadCalibration | null;
  readonly conformal: ConformalThreshold | null;
  readonly range: FeatureRange | null;
  /** Comparisons that calibration and threshold stand on. */
  readonly pairs: number;
  /** What is missing → why. */
  readonly missing: Readonly<Record<string, string>>;
}

/** How they are found. */
export interface DoubtOptions {
  /** Share of all comparisons that may be decided wrongly. */
  readonly errorRate: number;
  /** Scores of one objective are compared within their prompt; those of steps are not. */
  readonly compareScores: boolean;
  /** Of the calibration's figures. */
  readonly bootstrap: BootstrapOptions;
  /** Pairs that the data themselves hold, in place of those that scores make. */
  readonly pairs: Comparisons | null;
  /** Of heads whose objectives were weighed; null without. */
  readonly combined: CombinedFitting | null;
}

/** The doubts of a head that is fitted on `data` as `settings` say. */
export function doubtsOf(data: TrainingData, settings: FitSettings, options: DoubtOptions): Doubts {
  const missing: Record<string, string> = {};
  const attempt = <Value>(name: string, make: () => Value): Value | null => {
    try {
      return make();
    } catch (error) {
      if (!JurorError.isInstance(error) || error.code !== 'data') throw error;
      missing[name] = error.message;
      return null;
    }
  };
  const range = attempt('range', () => rangeOf(data, settings.seed));
  const { scores } = data;
  const compared = options.pairs ?? (scores && options.compareScores ? scoreComparisons(scores, [1]) : null);
  const nothing = { calibration: null, conformal: null, range, pairs: 0 };
  if (compared === null || compared.cluster.length === 0)
    return { ...nothing, missing: { ...missing, calibration: 'no two answers of one prompt are compared' } };
  const logOdds = attempt('calibration', () =>
    crossFittedLogOdds(data, compared, settings, options.combined),
  );
  if (logOdds === null)
    return { ...nothing, missing: { calibration: 'too few prompts for folds', ...missing } };
  const targets = [...compared.target];
  const calibration = attempt('calibration', () =>
    calibrateHead(logOdds, targets, compared.cluster, options.bootstrap),
  );
  const slope = calibration?.line.slope ?? 1;
  const conformal = attempt('threshold', () =>
    fitConformal(
      logOdds.map((value) => logistic(slope * value)),
      targets,
      compared.cluster,
      { errorRate: options.errorRate, seed: settings.seed },
    ),
  );
  return { calibration, conformal, range, pairs: logOdds.length, missing };
}

/** Where the answers lie that the data name, each once. */
function rangeOf({ features, pairs, rankings, scores }: TrainingData, seed: number): FeatureRange {
  const clusters = new Map<number, string>();
  const note = (rows: Iterable<number>, cluster: string | undefined) => {
    for (const row of rows) clusters.set(row, cluster ?? '');
  };
  for (const [place, cluster] of (pairs?.cluster ?? []).entries())
    note([pairs?.left[place] as number, pairs?.right[place] as number], cluster);
  for (const [place, order] of (rankings?.orders ?? []).entries()) note(order, rankings?.cluster[place]);
  for (const [place, row] of (scores?.row ?? []).entries()) note([row], scores?.cluster[place]);
  const rows = [...clusters.keys()].sort((left, right) => left - right);
  return fitFeatureRange(
    chosenRows(features, rows),
    rows.map((row) => clusters.get(row) ?? ''),
    { seed },
  );
}
