/** Losses as functions of scores alone: their weighted means over pairs, orders or targets, with derivatives by every score. */
import type { PairData, RankingData, ScoreData } from './data.ts';
import {
  bradleyTerryTerm,
  crossEntropyTerm,
  davidsonTerm,
  type LossTerm,
  marginTerm,
  pinballTerm,
  plackettLuceTerm,
  robustTarget,
  smoothedTarget,
  squaredTerm,
} from './loss-terms.ts';
import type { CompleteLoss } from './losses.ts';

/** A mean loss over scores, rows × outputs. */
export interface Criterion {
  readonly outputs: number;
  /** Parameters of the loss itself, where they begin: log ν of Davidson's ties. */
  readonly own: Float64Array;
  /** Whether the loss changes when all scores of an output move together; if not, biases are placed, not trained. */
  readonly trainsBias: boolean;
  /** Where biases begin, one for each output. */
  readonly bias: Float64Array;
  /** The mean loss. Adds its derivatives to `slopes` and `ownSlopes`. */
  readonly evaluate: (
    scores: Float64Array,
    own: Float64Array,
    slopes: Float64Array,
    ownSlopes: Float64Array,
  ) => number;
  /** Roughly what second derivatives are made of: Σ coefficient · v vᵀ, v = left + sign · right, in terms of rows. */
  readonly curvature: readonly Curvature[];
  /** What the sum is multiplied by for each output. */
  readonly outputCurvature: Float64Array;
}

/** Rows, or sums or differences of two, with a coefficient each. */
export interface Curvature {
  readonly left: Int32Array;
  readonly right: Int32Array | null;
  readonly sign: 1 | -1;
  readonly coefficient: Float64Array;
}

/** Losses of pairs. */
export type PairLoss = Extract<CompleteLoss, { kind: 'bradley-terry' | 'robust' | 'davidson' | 'margin' }>;
/** Losses of rows with targets. */
export type ScoreLoss = Extract<CompleteLoss, { kind: 'cross-entropy' | 'regression' | 'quantile' }>;

/** Of scores of rows; or, where `differences` is true, of one score for each pair, which is Δ. */
export function pairCriterion(pairs: PairData, loss: PairLoss, differences: boolean): Criterion {
  const { left, right, tie, weight } = pairs;
  const { centering } = loss;
  const total = sum(weight);
  const learned = loss.kind === 'davidson' && loss.tieOdds === null;
  const tieShare = weight.reduce((share, entry, pair) => share + (tie[pair] === 1 ? entry / total : 0), 0);
  const termOf = pairTerm(pairs, loss);
  const lines = Int32Array.from(left.keys());
  const curvature: Curvature[] = [
    {
      left: differences ? lines : left,
      right: differences ? null : right,
      sign: -1,
      coefficient: weight.map((entry) => (pairCurvature[loss.kind] * entry) / total),
    },
  ];
  if (centering > 0)
    curvature.push({
      left,
      right,
      sign: 1,
      coefficient: weight.map((entry) => (2 * centering * entry) / total),
    });
  return {
    outputs: 1,
    // At Δ = 0 a tie has the odds ν : 2.
    own: learned ? Float64Array.of(Math.log((2 * tieShare) / (1 - tieShare))) : new Float64Array(),
    trainsBias: centering > 0,
    bias: new Float64Array(1),
    evaluate(scores, own, slopes, ownSlopes) {
      let value = 0;
      for (let pair = 0; pair < weight.length; pair++) {
        const share = (weight[pair] as number) / total;
        const first = differences ? pair : (left[pair] as number);
        const second = right[pair] as number;
        const difference = (scores[first] as number) - (differences ? 0 : (scores[second] as number));
        const term = termOf(pair, difference, own[0]);
        value += share * term.value;
        const slope = share * term.slope;
        slopes[first] = (slopes[first] as number) + slope;
        if (learned) ownSlopes[0] = (ownSlopes[0] as number) + share * (term.tieSlope ?? 0);
        if (differences) continue;
        slopes[second] = (slopes[second] as number) - slope;
        if (centering === 0) continue;
        const both = (scores[first] as number) + (scores[second] as number);
        value += share * centering * both * both;
        const pull = 2 * share * centering * both;
        slopes[first] = (slopes[first] as number) + pull;
        slopes[second] = (slopes[second] as number) + pull;
      }
      return value;
    },
    curvature,
    outputCurvature: Float64Array.of(1),
  };
}

/** Second derivatives by Δ near 0; of the hinge, which has none, something of its size. */
const pairCurvature = { 'bradley-terry': 0.25, robust: 0.25, davidson: 0.2, margin: 1 } as const;

function pairTerm(
  { target, tie, margin }: PairData,
  loss: PairLoss,
): (pair: number, difference: number, own: number | undefined) => LossTerm & { readonly tieSlope?: number } {
  switch (loss.kind) {
    case 'davidson': {
      const given = loss.tieOdds === null ? 0 : Math.log(loss.tieOdds);
      return (pair, difference, own) =>
        davidsonTerm(difference, own ?? given, target[pair] as number, tie[pair] === 1);
    }
    case 'margin':
      return (pair, difference) =>
        marginTerm(difference, target[pair] as number, loss.margin + (margin[pair] as number), loss.power);
    default: {
      const targets = target.map((value) =>
        loss.kind === 'robust'
          ? robustTarget(value, loss.flipRate)
          : smoothedTarget(value, loss.labelSmoothing),
      );
      return (pair, difference) =>
        bradleyTerryTerm(difference, targets[pair] as number, margin[pair] as number);
    }
  }
}

/** Of scores of rows, one output. */
export function rankingCriterion({ orders, weight }: RankingData): Criterion {
  const total = sum(weight);
  const steps = orders.flatMap((order, place) =>
    Array.from(order.subarray(1), (row, index) => ({
      better: order[index] as number,
      worse: row,
      coefficient: (0.25 * (weight[place] as number)) / total,
    })),
  );
  return {
    outputs: 1,
    own: new Float64Array(),
    trainsBias: false,
    bias: new Float64Array(1),
    evaluate(scores, _own, slopes) {
      let value = 0;
      for (const [place, order] of orders.entries()) {
        const share = (weight[place] as number) / total;
        const ranked = Float64Array.from(order, (row) => scores[row] as number);
        const slope = new Float64Array(order.length);
        value += share * plackettLuceTerm(ranked, slope, share);
        for (const [index, row] of order.entries())
          slopes[row] = (slopes[row] as number) + (slope[index] as number);
      }
      return value;
    },
    curvature: [
      {
        left: Int32Array.from(steps, ({ better }) => better),
        right: Int32Array.from(steps, ({ worse }) => worse),
        sign: -1,
        coefficient: Float64Array.from(steps, ({ coefficient }) => coefficient),
      },
    ],
    outputCurvature: Float64Array.of(1),
  };
}

/** Of scores of rows, one output for each objective, or for each objective and quantile; the sum over outputs of each one's mean. */
export function scoreCriterion({ row, objectives, target, weight }: ScoreData, loss: ScoreLoss): Criterion {
  const quantiles = loss.kind === 'quantile' ? loss.quantiles : [0.5];
  const each = quantiles.length;
  const outputs = objectives.length * each;
  const moments = objectives.map((_, objective) => momentsOf(target, weight, objective, objectives.length));
  const termOf = (score: number, value: number, output: number): LossTerm => {
    if (loss.kind === 'regression') return squaredTerm(score, value);
    if (loss.kind === 'cross-entropy') return crossEntropyTerm(score, value);
    const deviation = moments[Math.floor(output / each)]?.deviation ?? 0;
    return pinballTerm(score, value, quantiles[output % each] as number, loss.smoothing * deviation);
  };
  const perOutput = (read: (moments: Moments) => number): Float64Array =>
    Float64Array.from({ length: outputs }, (_, output) =>
      read(moments[Math.floor(output / each)] as Moments),
    );
  const totals = perOutput(({ total }) => total);
  return {
    outputs,
    own: new Float64Array(),
    trainsBias: true,
    bias: perOutput(({ mean }) => (loss.kind === 'cross-entropy' ? boundedLogOdds(mean) : mean)),
    evaluate(scores, _own, slopes) {
      let value = 0;
      for (let line = 0; line < row.length; line++)
        for (let output = 0; output < outputs; output++) {
          const wanted = target[line * objectives.length + Math.floor(output / each)] as number;
          if (Number.isNaN(wanted)) continue;
          const share = (weight[line] as number) / (totals[output] as number);
          const place = (row[line] as number) * outputs + output;
          const term = termOf(scores[place] as number, wanted, output);
          value += share * term.value;
          slopes[place] = (slopes[place] as number) + share * term.slope;
        }
      return value;
    },
    curvature: [{ left: row, right: null, sign: 1, coefficient: weight.map((entry) => entry / sum(weight)) }],
    // Of the pinball on average the density of the targets at the quantile.
    outputCurvature: perOutput(({ deviation }) =>
      loss.kind === 'regression' ? 1 : loss.kind === 'cross-entropy' ? 0.25 : 0.4 / (deviation || 1),
    ),
  };
}

interface Moments {
  readonly total: number;
  readonly mean: number;
  readonly deviation: number;
}

function momentsOf(
  target: Float64Array,
  weight: Float64Array,
  objective: number,
  objectives: number,
): Moments {
  const known = Array.from(weight, (share, line) => ({
    share,
    value: target[line * objectives + objective] as number,
  })).filter(({ value }) => !Number.isNaN(value));
  const total = known.reduce((all, { share }) => all + share, 0);
  const mean = known.reduce((all, { share, value }) => all + (share / total) * value, 0);
  const square = known.reduce((all, { share, value }) => all + (share / total) * (value - mean) ** 2, 0);
  return { total, mean, deviation: Math.sqrt(square) };
}

/** Log-odds that are finite where all targets agree. */
function boundedLogOdds(probability: number): number {
  const inside = Math.min(0.999, Math.max(0.001, probability));
  return Math.log(inside / (1 - inside));
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
