/** From the two orders of one pair to a preference that does not depend on the order. */
import { JurorError } from '../errors.ts';
import { logistic, softmax } from './logits.ts';

/** The better response of a pair, in the order of the data. */
export type Winner = 'first' | 'second' | 'tie';

/** What one order says. */
export interface OrderReading {
  /** log P(the response shown first is better) − log P(the one shown second is), in nats. May be infinite, not NaN. */
  readonly logOdds: number;
  /** Probability of the label that calls it a tie, where the rubric has one. */
  readonly tie?: number;
}

/** When a pair counts as tied. */
export interface PairOptions {
  /** Orders that name different winners are a tie when the averaged |log-odds| is at most this, in nats. Default 0. */
  readonly tieBand?: number;
}

/** A pair judged in both orders. */
export interface PairReading {
  /** Log-odds that the first response is better, averaged over the orders, in nats; always finite. */
  readonly logOdds: number;
  /** Probability that the first response is better; a tie counts half to each side. */
  readonly probability: number;
  /** Probability of a tie, averaged over the orders; null where the rubric has no such label. */
  readonly tie: number | null;
  /** Mean log-odds given to whichever response is shown first, in nats. */
  readonly lean: number;
  /** Whether the two orders name different winners. */
  readonly flipped: boolean;
  readonly winner: Winner;
}

/**
 * Log-odds of one order are kept within ± this many nats (a probability of 10⁻¹³), so that a label at probability 0 or 1,
 * as an engine without log-probabilities gives it, still averages to a number.
 */
export const LARGEST_LOG_ODDS = 30;

/**
 * One order's reading from label → log-probability, given which label stands for the response shown first, for the one
 * shown second, and for a tie. A missing label is an error.
 */
export function readOrder(
  logProbabilities: Readonly<Record<string, number>>,
  labels: { readonly first: string; readonly second: string; readonly tie?: string },
): OrderReading {
  const wanted = [labels.first, labels.second, ...(labels.tie === undefined ? [] : [labels.tie])];
  const values = wanted.map((label) => {
    const value = Object.hasOwn(logProbabilities, label) ? logProbabilities[label] : undefined;
    if (value === undefined)
      throw new JurorError('engine', `expected a log-probability for label "${label}", got none`);
    return value;
  });
  const distribution = softmax(Object.fromEntries(values.map((value, index) => [String(index), value])));
  const [first = 0, second = 0] = values;
  // Both at −∞ leave a sure tie and nothing between the two.
  const logOdds = first === second ? 0 : first - second;
  return labels.tie === undefined ? { logOdds } : { logOdds, tie: distribution['2'] ?? 0 };
}

/**
 * Averages the orders (a, b) and (b, a), read as l₁ and l₂: preference for a (l₁ − l₂)/2, lean (l₁ + l₂)/2. With tie mass
 * t (the mean of both orders), P(a better) = (1 − t) σ(preference) + t/2, so that P(a > b) + P(b > a) = 1 whatever the
 * order of the arguments. The winner is `tie` when the tie is more probable than either side, when the preference is 0,
 * or when the orders disagree and the preference is within the tie band.
 */
export function combineOrders(
  forward: OrderReading,
  backward: OrderReading,
  options: PairOptions = {},
): PairReading {
  const tieBand = options.tieBand ?? 0;
  if (!(tieBand >= 0)) throw new JurorError('usage', `expected a tie band of 0 or more nats, got ${tieBand}`);
  const [first, second] = [boundedLogOdds(forward), boundedLogOdds(backward)];
  const logOdds = (first - second) / 2 || 0;
  const lean = (first + second) / 2 || 0;
  const tie = combineTies(forward.tie, backward.tie);
  const decided = 1 - (tie ?? 0);
  const flipped = first !== 0 && Math.sign(first) === Math.sign(second);
  const sure = decided * logistic(Math.abs(logOdds));
  const tied = logOdds === 0 || (tie !== null && tie > sure) || (flipped && Math.abs(logOdds) <= tieBand);
  return {
    logOdds,
    // (1 − t) σ(x) + t/2, written so that rounding never puts it on the wrong side of ½.
    probability: tie === null ? logistic(logOdds) : 0.5 + (decided * Math.tanh(logOdds / 2)) / 2,
    tie,
    lean,
    flipped,
    winner: tied ? 'tie' : logOdds > 0 ? 'first' : 'second',
  };
}

function boundedLogOdds({ logOdds }: OrderReading): number {
  if (Number.isNaN(logOdds)) throw new JurorError('engine', 'expected the log-odds of an order, got NaN');
  return Math.min(LARGEST_LOG_ODDS, Math.max(-LARGEST_LOG_ODDS, logOdds));
}

function combineTies(forward: number | undefined, backward: number | undefined): number | null {
  if (forward === undefined && backward === undefined) return null;
  if (forward === undefined || backward === undefined) {
    throw new JurorError('usage', 'expected a tie probability in both orders or in neither, got one');
  }
  const wrong = [forward, backward].find((tie) => !(tie >= 0 && tie <= 1));
  if (wrong !== undefined)
    throw new JurorError('usage', `expected a tie probability from 0 to 1, got ${wrong}`);
  return (forward + backward) / 2;
}
