/** What a judge is wrong about when it answers only where it is sure. */
import { JurorError } from '../errors.ts';
import { upperBound } from './beta.ts';
import { designEffect } from './clustering.ts';
import { type Estimator, NO_ROWS, requireFinite, requireSameLength } from './statistic.ts';

/** One point of the curve: every row at least this sure is answered. */
export interface RiskCoveragePoint {
  /** The least confidence that is answered. */
  readonly threshold: number;
  /** Share of the rows answered. */
  readonly coverage: number;
  /** Share of the answered that is wrong. */
  readonly risk: number;
  readonly answered: number;
  readonly wrong: number;
}

/** What risk is tolerated, and how surely. */
export interface CoverageOptions {
  /** The largest share of answers that may be wrong, in (0, 1). */
  readonly risk: number;
  /** Probability that the bound holds. Default 0.95. */
  readonly confidence?: number;
}

/** Where to draw the line. */
export type CoverageAtRisk =
  | (RiskCoveragePoint & {
      /** Upper bound of the risk at this threshold. */
      readonly bound: number;
    })
  | {
      readonly threshold: null;
      readonly coverage: 0;
      readonly reason: string;
    };

/**
 * The risk–coverage curve (El-Yaniv and Wiener, JMLR 11, 2010), from the surest answers to all of them; empty without rows.
 * Rows of equal confidence are one block, answered together or not at all, so that their order cannot matter.
 */
export function riskCoverage(
  confidences: readonly number[],
  wrong: readonly boolean[],
): readonly RiskCoveragePoint[] {
  let [answered, errors] = [0, 0];
  return blocks(confidences, wrong).map((rows) => {
    answered += rows.length;
    errors += rows.filter((row) => wrong[row]).length;
    return {
      threshold: confidences[rows[0] ?? 0] ?? 0,
      coverage: answered / confidences.length,
      risk: errors / answered,
      answered,
      wrong: errors,
    };
  });
}

/**
 * The area under the risk–coverage curve (Geifman, Uziel and El-Yaniv, ICLR 2019): 1/n Σ_k risk of the k surest rows. Inside
 * a block of equal confidence the expectation over its orders is taken, errors spread evenly, so that a judge that is
 * always equally sure gets its error rate: what a confidence that says nothing is worth. 0 is best.
 */
export function riskCoverageArea(confidences: readonly number[], wrong: readonly boolean[]): Estimator {
  const order = blocks(confidences, wrong);
  return {
    rows: confidences.length,
    of: (counts) => {
      let [answered, errors, sum] = [0, 0, 0];
      for (const rows of order) {
        let [size, failed] = [0, 0];
        for (const row of rows) {
          const count = counts[row] ?? 0;
          size += count;
          if (wrong[row]) failed += count;
        }
        for (let place = 1; place <= size; place++) {
          sum += (errors + (place * failed) / size) / (answered + place);
        }
        answered += size;
        errors += failed;
      }
      return answered > 0 ? { value: sum / answered } : { value: null, reason: NO_ROWS };
    },
  };
}

/**
 * The largest coverage whose risk is at most `risk` with probability `confidence`: selection with guaranteed risk (Geifman
 * and El-Yaniv, NeurIPS 2017, Algorithm 1). A binary search over the blocks of the curve tests at most
 * k = ⌊log₂ blocks⌋ + 1 thresholds, each by the upper bound of Clopper and Pearson at confidence 1 − (1 − confidence)/k.
 * Rows of one cluster are dependent: sizes are divided by the design effect of the answered rows, as for surveys (Korn
 * and Graubard 1998). The threshold must be used on rows like these, and on none of these.
 */
export function coverageAtRisk(
  confidences: readonly number[],
  wrong: readonly boolean[],
  clusters: readonly string[],
  options: CoverageOptions,
): CoverageAtRisk {
  requireSameLength(confidences.length, clusters.length);
  const { risk, confidence = 0.95 } = options;
  for (const [name, value] of Object.entries({ risk, confidence })) {
    if (!(value > 0 && value < 1)) {
      throw new JurorError('usage', `expected a ${name} between 0 and 1, got ${value}`);
    }
  }
  const curve = riskCoverage(confidences, wrong);
  if (curve.length === 0) return { threshold: null, coverage: 0, reason: NO_ROWS };
  const tests = Math.floor(Math.log2(curve.length)) + 1;
  const each = 1 - (1 - confidence) / tests;
  let best: CoverageAtRisk = {
    threshold: null,
    coverage: 0,
    reason: `no threshold keeps the risk at ${risk} or below with probability ${confidence}`,
  };
  let [low, high] = [0, curve.length - 1];
  while (low <= high) {
    const middle = Math.floor((low + high) / 2);
    const point = curve[middle];
    if (!point) break;
    const rows = [...confidences.keys()].filter((row) => (confidences[row] ?? 0) >= point.threshold);
    const effect = designEffect(
      rows.map((row) => wrong[row] ?? false),
      rows.map((row) => clusters[row] ?? ''),
    );
    const bound = upperBound(point.wrong / effect, point.answered / effect, each);
    if (bound <= risk) {
      best = { ...point, bound };
      low = middle + 1;
    } else high = middle - 1;
  }
  return best;
}

/** Rows from the surest to the least sure, those of equal confidence together. */
function blocks(confidences: readonly number[], wrong: readonly boolean[]): number[][] {
  requireSameLength(confidences.length, wrong.length);
  requireFinite(confidences);
  const found = new Map<number, number[]>();
  for (const [row, confidence] of confidences.entries()) {
    const block = found.get(confidence);
    if (block) block.push(row);
    else found.set(confidence, [row]);
  }
  return [...found].sort(([left], [right]) => right - left).map(([, rows]) => rows);
}
