import { readFileSync } from 'node:fs';

interface Line {
  slope: number;
  intercept: number;
}

interface Fit {
  logOdds: number[];
  labels: number[];
  /** Null where the log-odds separate the labels. */
  plain: Line | null;
  prior: Line;
  /** Null where no positive temperature has the largest likelihood. */
  temperature: number | null;
}

interface Golden {
  fits: Fit[];
  pairs: (Fit & { plain: Line; temperature: number })[];
  errors: {
    probabilities: number[];
    labels: number[];
    bins: number;
    counts: number[];
    predicted: number[];
    observed: number[];
    calibrationError: number;
    logLoss: number;
    brier: number;
  }[];
  priors: {
    labels: string[];
    distributions: number[][];
    prior: number[];
    contentFree: number[][];
    batch: number[][];
  }[];
}

/** Values of scipy and scikit-learn; made by scripts/golden/calibration.py. */
export const golden: Golden = JSON.parse(
  readFileSync(new URL('../../fixtures/golden/calibration.json', import.meta.url), 'utf8'),
);
