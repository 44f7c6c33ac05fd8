/** A cascade: stages from the cheapest to the dearest, each deciding what it is sure of and passing on the rest. */
import { JurorError } from '../errors.ts';
import { requireSameLength } from './statistic.ts';

/** What one stage says of one question: of a pair, whether the first answer is better; of one answer, whether it is good. */
export interface StageReading {
  /** Log-odds of yes, in nats; null where the stage has none, and then it decides nothing. */
  readonly logOdds: number | null;
  /** How sure it is, at least 0: what its threshold is compared with. Default |log-odds|. */
  readonly confidence?: number;
  /** It says that neither side is better: its confidence is 0. Default false. */
  readonly tie?: boolean;
  /** Something besides its confidence speaks against its deciding, such as orders that disagree. Default false. */
  readonly barred?: boolean;
}

/** A line in log-odds over a stage and those before it. */
export interface StageLine {
  /** One for each stage up to this one. */
  readonly weights: readonly number[];
  /** 0 for pairs, whose sides can be exchanged. */
  readonly intercept: number;
}

/** How a cascade decides. Both arrays have one entry for each stage. */
export interface CascadePolicy {
  /** The least confidence with which a stage decides; null: it never does. */
  readonly thresholds: readonly (number | null)[];
  /** Log-odds of a stage as a line over it and those before it. Default: each stage's own, what the ones before said replaced. */
  readonly lines?: readonly StageLine[];
}

/** A stage's reading as the policy takes it. */
export interface StageStand {
  readonly logOdds: number | null;
  /** Null where the stage can decide nothing. */
  readonly confidence: number | null;
  readonly tie: boolean;
}

/** What came of the stages asked so far. */
export interface CascadeStand {
  /** One for each stage asked. */
  readonly stands: readonly StageStand[];
  /** The first that decides; null where none does yet. */
  readonly decided: number | null;
}

/**
 * How stages stand under a policy. A combined stage whose predecessors are silent speaks for itself alone. The
 * stages after the one that decides are stood as well, where they were asked.
 */
export function standCascade(readings: readonly StageReading[], policy: CascadePolicy): CascadeStand {
  requirePolicy(policy);
  if (readings.length > policy.thresholds.length)
    throw new JurorError(
      'usage',
      `expected readings of at most ${policy.thresholds.length} stages, got ${readings.length}`,
    );
  const stands = readings.map((_, stage) => standOf(readings, stage, policy.lines?.[stage]));
  const decided = stands.findIndex(({ confidence }, stage) => {
    const threshold = policy.thresholds[stage] ?? null;
    return threshold !== null && confidence !== null && confidence >= threshold;
  });
  return { stands, decided: decided < 0 ? null : decided };
}

/** One stage, whatever the thresholds are. */
export function standOf(
  readings: readonly StageReading[],
  stage: number,
  line: StageLine | undefined,
): StageStand {
  const own = readings[stage];
  if (own === undefined || own.logOdds === null) return { logOdds: null, confidence: null, tie: false };
  requireReading(own);
  const tie = own.tie ?? false;
  const before = readings.slice(0, stage).map(({ logOdds }) => logOdds);
  if (line === undefined || before.includes(null)) {
    const confidence = tie ? 0 : (own.confidence ?? Math.abs(own.logOdds));
    return { logOdds: own.logOdds, confidence: own.barred ? null : confidence, tie };
  }
  const logOdds = [...before, own.logOdds].reduce<number>(
    (sum, value, place) => sum + (line.weights[place] ?? 0) * (value ?? 0),
    line.intercept,
  );
  // One stage alone keeps its own kind of confidence; a sum has no other than its log-odds.
  const confidence = stage === 0 ? (own.confidence ?? Math.abs(logOdds)) : Math.abs(logOdds);
  return {
    logOdds,
    confidence: own.barred ? null : stage === 0 && tie ? 0 : confidence,
    tie: tie && stage === 0,
  };
}

/**
 * Log-odds or a confidence to nine decimals. A pair's two directions have probabilities whose sum rounding moves off 1, and a threshold
 * must not tell them apart.
 */
export function nineDecimals(nats: number): number {
  return Math.round(nats * 1e9) / 1e9 || 0;
}

/** Throws JurorError `usage` for thresholds below 0 or lines of the wrong length. */
export function requirePolicy({ thresholds, lines }: CascadePolicy): void {
  if (thresholds.length === 0) throw new JurorError('usage', 'expected at least one stage, got none');
  const wrong = thresholds.find((threshold) => threshold !== null && !(threshold >= 0));
  if (wrong !== undefined)
    throw new JurorError('usage', `expected thresholds from 0 up or none, got ${wrong}`);
  if (lines === undefined) return;
  requireSameLength(lines.length, thresholds.length);
  for (const [stage, { weights, intercept }] of lines.entries())
    if (weights.length !== stage + 1 || ![...weights, intercept].every(Number.isFinite))
      throw new JurorError(
        'usage',
        `stage ${stage + 1}: expected ${stage + 1} finite weights and an intercept`,
      );
}

function requireReading({ logOdds, confidence }: StageReading): void {
  if (Number.isFinite(logOdds) && (confidence === undefined || confidence >= 0)) return;
  throw new JurorError(
    'usage',
    `expected finite log-odds and a confidence from 0 up, got ${logOdds} and ${confidence}`,
  );
}
