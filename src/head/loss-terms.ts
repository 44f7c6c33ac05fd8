/** The losses themselves, with their derivatives: one pair, one order, one target at a time. Safe for scores of any size. */
import { logistic } from '../aggregate/logits.ts';

/** A loss and its derivative: by Δ for a pair, by the score for a target. */
export interface LossTerm {
  readonly value: number;
  readonly slope: number;
}

/** log(1 + e^x), without overflow. */
export function softplus(value: number): number {
  return Math.max(0, value) + Math.log1p(Math.exp(-Math.abs(value)));
}

/** p·softplus(m − Δ) + (1 − p)·softplus(m + Δ). The target may lie outside [0, 1]: see {@link robustTarget}. */
export function bradleyTerryTerm(difference: number, target: number, margin: number): LossTerm {
  if (margin === 0)
    return { value: softplus(difference) - target * difference, slope: logistic(difference) - target };
  return {
    value: target * softplus(margin - difference) + (1 - target) * softplus(margin + difference),
    slope: (1 - target) * logistic(margin + difference) - target * logistic(margin - difference),
  };
}

/** A target drawn towards ½: the mean of the loss as it is and with sides swapped, with weights 1 − ε and ε. */
export function smoothedTarget(target: number, smoothing: number): number {
  return target + smoothing * (1 - 2 * target);
}

/** The inverse of {@link smoothedTarget}: its mean over flips with probability ε is the target before them. */
export function robustTarget(target: number, flipRate: number): number {
  return (target - flipRate) / (1 - 2 * flipRate);
}

/** −log of Davidson's probability; `slope` by Δ, `tieSlope` by log ν. Of a tie the target is not read. */
export function davidsonTerm(
  difference: number,
  logTieOdds: number,
  target: number,
  tie: boolean,
): LossTerm & { readonly tieSlope: number } {
  const half = difference / 2;
  const largest = Math.max(Math.abs(half), logTieOdds);
  const left = Math.exp(half - largest);
  const right = Math.exp(-half - largest);
  const level = Math.exp(logTieOdds - largest);
  const sum = left + right + level;
  const total = largest + Math.log(sum);
  const slope = (left - right) / (2 * sum);
  return tie
    ? { value: total - logTieOdds, slope, tieSlope: level / sum - 1 }
    : {
        value: total - (target - 0.5) * difference,
        slope: slope - (target - 0.5),
        tieSlope: level / sum,
      };
}

/** p·max(0, m − Δ)ⁿ + (1 − p)·max(0, m + Δ)ⁿ. At a kink of n = 1 the slope is that of the flat side. */
export function marginTerm(difference: number, target: number, margin: number, power: 1 | 2): LossTerm {
  const short = Math.max(0, margin - difference);
  const over = Math.max(0, margin + difference);
  return power === 2
    ? {
        value: target * short * short + (1 - target) * over * over,
        slope: 2 * ((1 - target) * over - target * short),
      }
    : {
        value: target * short + (1 - target) * over,
        slope: (over > 0 ? 1 - target : 0) - (short > 0 ? target : 0),
      };
}

/**
 * −log of the probability of an order, best first: Σ_k [log Σ_{j≥k} exp s_j − s_k]. Adds `weight` times its derivatives to `slopes`.
 * Sums run from the last place, as logarithms.
 */
export function plackettLuceTerm(scores: Float64Array, slopes: Float64Array, weight = 1): number {
  const places = scores.length;
  const remaining = new Float64Array(places);
  let value = 0;
  let sum = Number.NEGATIVE_INFINITY;
  for (let place = places - 1; place >= 0; place--) {
    const score = scores[place] as number;
    sum = logAdd(sum, score);
    remaining[place] = sum;
    value += sum - score;
  }
  let passed = Number.NEGATIVE_INFINITY;
  for (let place = 0; place < places; place++) {
    passed = logAdd(passed, -(remaining[place] as number));
    slopes[place] = (slopes[place] as number) + weight * (Math.exp((scores[place] as number) + passed) - 1);
  }
  return value;
}

/** softplus(s) − y·s. */
export function crossEntropyTerm(score: number, target: number): LossTerm {
  return bradleyTerryTerm(score, target, 0);
}

/** ½(s − y)². */
export function squaredTerm(score: number, target: number): LossTerm {
  const error = score - target;
  return { value: (error * error) / 2, slope: error };
}

/** τu + h·softplus(−u/h) with u = y − s; with h = 0 its limit max(τu, (τ − 1)u), whose slope at the kink is 0. */
export function pinballTerm(score: number, target: number, quantile: number, smoothing: number): LossTerm {
  const error = target - score;
  if (smoothing > 0)
    return {
      value: quantile * error + smoothing * softplus(-error / smoothing),
      slope: logistic(-error / smoothing) - quantile,
    };
  if (error === 0) return { value: 0, slope: 0 };
  return error > 0
    ? { value: quantile * error, slope: -quantile }
    : { value: (quantile - 1) * error, slope: 1 - quantile };
}

function logAdd(left: number, right: number): number {
  const largest = Math.max(left, right);
  return largest === Number.NEGATIVE_INFINITY
    ? largest
    : largest + Math.log1p(Math.exp(-Math.abs(left - right)));
}
