/** What a member makes of data that it was not trained on. */
import type { FeatureMatrix } from './data.ts';
import { usedRows } from './design.ts';
import { scoreMember } from './head.ts';
import {
  bradleyTerryTerm,
  crossEntropyTerm,
  davidsonTerm,
  marginTerm,
  pinballTerm,
  plackettLuceTerm,
  robustTarget,
  squaredTerm,
} from './loss-terms.ts';
import { type CompleteLoss, completeLoss, type HeadLoss } from './losses.ts';
import type { TrainingData } from './problem.ts';
import type { TrainedMember } from './train.ts';

/** One pair, order, or row with targets. */
export interface HeldOutLoss {
  readonly cluster: string;
  readonly weight: number;
  /** Of a row the mean over its known targets. */
  readonly loss: number;
}

/**
 * The loss of every pair, order or row, as a likelihood where there is one: without margins, smoothing, centring and penalty, which are
 * means of training. Of `robust` it is the unbiased estimate of the clean likelihood; of `margin`, `regression` and `quantile`, which
 * have no likelihood, the loss itself, quantiles without rounding.
 */
export function heldOutLosses(
  { member, ties }: Pick<TrainedMember, 'member' | 'ties'>,
  data: TrainingData,
  loss: HeadLoss,
): HeldOutLoss[] {
  const complete = completeLoss(loss);
  const { pairs, rankings, scores } = data;
  const { used, places } = usedRows(data.features.rows, [
    ...(pairs ? [pairs.left, pairs.right] : []),
    ...(rankings?.orders ?? []),
    ...(scores ? [scores.row] : []),
  ]);
  const values = scoreMember(member, gathered(data.features, used));
  const scoreOf = (row: number) => values[places[row] as number] as number;
  if (pairs) {
    const lossOf = pairLoss(complete, ties);
    return Array.from(pairs.left, (left, pair) => ({
      cluster: pairs.cluster[pair] as string,
      weight: pairs.weight[pair] as number,
      loss: lossOf(
        scoreOf(left) - scoreOf(pairs.right[pair] as number),
        pairs.target[pair] as number,
        pairs.margin[pair] as number,
        pairs.tie[pair] === 1,
      ),
    }));
  }
  if (rankings)
    return rankings.orders.map((order, place) => ({
      cluster: rankings.cluster[place] as string,
      weight: rankings.weight[place] as number,
      loss: plackettLuceTerm(Float64Array.from(order, scoreOf), new Float64Array(order.length)),
    }));
  if (!scores) return [];
  const outputs = member.bias.length;
  const each = outputs / scores.objectives.length;
  return Array.from(scores.row, (row, line) => {
    let [sum, known] = [0, 0];
    for (let output = 0; output < outputs; output++) {
      const target = scores.target[line * scores.objectives.length + Math.floor(output / each)] as number;
      if (Number.isNaN(target)) continue;
      known++;
      sum += scoreLoss(
        complete,
        values[(places[row] as number) * outputs + output] as number,
        target,
        output % each,
      );
    }
    return {
      cluster: scores.cluster[line] as string,
      weight: known > 0 ? (scores.weight[line] as number) : 0,
      loss: known > 0 ? sum / known : 0,
    };
  });
}

function pairLoss(
  loss: CompleteLoss,
  ties: number | undefined,
): (difference: number, target: number, margin: number, tie: boolean) => number {
  switch (loss.kind) {
    case 'davidson': {
      const logTieOdds = Math.log(ties ?? 1);
      return (difference, target, _margin, tie) => davidsonTerm(difference, logTieOdds, target, tie).value;
    }
    case 'margin':
      return (difference, target, margin) =>
        marginTerm(difference, target, loss.margin + margin, loss.power).value;
    case 'robust':
      return (difference, target) =>
        bradleyTerryTerm(difference, robustTarget(target, loss.flipRate), 0).value;
    default:
      return (difference, target) => bradleyTerryTerm(difference, target, 0).value;
  }
}

function scoreLoss(loss: CompleteLoss, score: number, target: number, place: number): number {
  if (loss.kind === 'quantile') return pinballTerm(score, target, loss.quantiles[place] as number, 0).value;
  return (loss.kind === 'regression' ? squaredTerm : crossEntropyTerm)(score, target).value;
}

function gathered({ columns, values }: FeatureMatrix, used: Int32Array): FeatureMatrix {
  const result = new Float32Array(used.length * columns);
  for (const [place, row] of used.entries())
    result.set(values.subarray(row * columns, (row + 1) * columns), place * columns);
  return { rows: used.length, columns, values: result };
}
