/** Training data made ready: checked, standardised, with the mean loss over scores. */
import { JurorError } from '../errors.ts';
import { checkFeatures, checkPairs, checkRankings, checkScores } from './check-data.ts';
import { type Criterion, pairCriterion, rankingCriterion, scoreCriterion } from './criterion.ts';
import type { FeatureMatrix, PairData, RankingData, ScoreData } from './data.ts';
import {
  type Standardisation,
  standardisation,
  standardisedDifferences,
  standardisedRows,
  usedRows,
} from './design.ts';
import { type CompleteLoss, unknownName } from './losses.ts';

/** Features, and the one kind of knowledge that the loss takes. */
export interface TrainingData {
  readonly features: FeatureMatrix;
  readonly pairs?: PairData;
  readonly rankings?: RankingData;
  readonly scores?: ScoreData;
}

/** What there is to minimise, whatever the penalty. */
export interface Problem {
  readonly standardisation: Standardisation;
  /** Standardised rows, or differences. */
  readonly design: FeatureMatrix;
  readonly criterion: Criterion;
  /** Targets in terms of the design's rows, for losses that take them. */
  readonly scores: ScoreData | null;
  /** How much each of the features' rows counts in the mean training score: nothing where biases are trained. */
  readonly rowWeights: Float64Array | null;
}

/**
 * Checks and prepares; entries of weight 0 are left out, and their rows count in no statistic. Linear heads are trained on
 * differences where there are fewer pairs than rows. Throws JurorError `usage` for data that the loss does not take, `data` for bad data.
 */
export function prepare(
  data: TrainingData,
  loss: CompleteLoss,
  hidden: number,
  objectives: readonly string[] | undefined,
): Problem {
  const part = partOf(loss);
  for (const name of ['pairs', 'rankings', 'scores'] as const)
    if ((data[name] !== undefined) !== (name === part))
      throw new JurorError(
        'usage',
        `${loss.kind}: expected ${part}, got ${data[name] ? name : `no ${name}`}`,
      );
  if (objectives !== undefined && part !== 'scores' && objectives.length !== 1)
    throw new JurorError('usage', `${loss.kind}: expected one objective, got ${objectives.length}`);
  const { features } = data;
  switch (loss.kind) {
    case 'plackett-luce':
      return ofRankings(features, data.rankings as RankingData);
    case 'cross-entropy':
    case 'regression':
    case 'quantile':
      return ofScores(features, data.scores as ScoreData, loss, objectives);
    default:
      return ofPairs(features, data.pairs as PairData, loss, hidden);
  }
}

/** The part of the data that a loss takes. */
export function partOf({ kind }: Pick<CompleteLoss, 'kind'>): 'pairs' | 'rankings' | 'scores' {
  if (kind === 'plackett-luce') return 'rankings';
  return kind === 'cross-entropy' || kind === 'regression' || kind === 'quantile' ? 'scores' : 'pairs';
}

function ofPairs(
  features: FeatureMatrix,
  given: PairData,
  loss: Parameters<typeof pairCriterion>[1],
  hidden: number,
): Problem {
  checkPairs(given, features.rows);
  const pairs = choosePairs(given, (pair) => (given.weight[pair] as number) > 0);
  if (loss.kind === 'davidson') checkTies(pairs, loss.tieOdds);
  const { used, places } = usedRows(features.rows, [pairs.left, pairs.right]);
  const statistics = checkedStatistics(features, used);
  const left = pairs.left.map((row) => places[row] as number);
  const right = pairs.right.map((row) => places[row] as number);
  const differences = hidden === 0 && loss.centering === 0 && left.length <= used.length;
  const rowWeights = new Float64Array(features.rows);
  for (let pair = 0; pair < left.length; pair++)
    for (const row of [pairs.left[pair] as number, pairs.right[pair] as number])
      rowWeights[row] = (rowWeights[row] as number) + (pairs.weight[pair] as number);
  return {
    standardisation: statistics,
    design: differences
      ? standardisedDifferences(features, pairs.left, pairs.right, statistics)
      : standardisedRows(features, used, statistics),
    criterion: pairCriterion({ ...pairs, left, right }, loss, differences),
    scores: null,
    rowWeights: loss.centering > 0 ? null : rowWeights,
  };
}

function ofRankings(features: FeatureMatrix, given: RankingData): Problem {
  checkRankings(given, features.rows);
  const { orders, weight } = chooseRankings(given, (place) => (given.weight[place] as number) > 0);
  const { used, places } = usedRows(features.rows, orders);
  const statistics = checkedStatistics(features, used);
  const rowWeights = new Float64Array(features.rows);
  for (const [place, order] of orders.entries())
    for (const row of order) rowWeights[row] = (rowWeights[row] as number) + (weight[place] as number);
  return {
    standardisation: statistics,
    design: standardisedRows(features, used, statistics),
    criterion: rankingCriterion({
      orders: orders.map((order) => order.map((row) => places[row] as number)),
      weight,
      cluster: [],
    }),
    scores: null,
    rowWeights,
  };
}

function ofScores(
  features: FeatureMatrix,
  given: ScoreData,
  loss: Parameters<typeof scoreCriterion>[1],
  objectives: readonly string[] = given.objectives,
): Problem {
  const asked = chooseObjectives(given, objectives);
  const probability = loss.kind === 'cross-entropy';
  checkScores(
    asked,
    features.rows,
    (target) => (probability ? target >= 0 && target <= 1 : Number.isFinite(target)),
    probability ? 'a number from 0 to 1' : 'a finite number',
  );
  const chosen = chooseScores(asked, (line) => {
    const targets = asked.target.subarray(line * objectives.length, (line + 1) * objectives.length);
    return (asked.weight[line] as number) > 0 && !targets.every(Number.isNaN);
  });
  const { used, places } = usedRows(features.rows, [chosen.row]);
  const statistics = checkedStatistics(features, used);
  const scores = { ...chosen, row: chosen.row.map((row) => places[row] as number) };
  return {
    standardisation: statistics,
    design: standardisedRows(features, used, statistics),
    criterion: scoreCriterion(scores, loss),
    scores,
    rowWeights: null,
  };
}

/** The pairs that are chosen by their place. */
export function choosePairs(pairs: PairData, keep: (place: number) => boolean): PairData {
  const { left, right, target, tie, margin, weight, cluster } = pairs;
  const kept = (_: unknown, place: number) => keep(place);
  return {
    left: left.filter(kept),
    right: right.filter(kept),
    target: target.filter(kept),
    tie: tie.filter(kept),
    margin: margin.filter(kept),
    weight: weight.filter(kept),
    cluster: cluster.filter(kept),
  };
}

/** The orders that are chosen by their place. */
export function chooseRankings(
  { orders, weight, cluster }: RankingData,
  keep: (place: number) => boolean,
): RankingData {
  const kept = (_: unknown, place: number) => keep(place);
  return { orders: orders.filter(kept), weight: weight.filter(kept), cluster: cluster.filter(kept) };
}

/** The targets that are chosen by their line. */
export function chooseScores(scores: ScoreData, keep: (line: number) => boolean): ScoreData {
  const kept = (_: unknown, line: number) => keep(line);
  const { row, objectives, target, weight, cluster } = scores;
  return {
    row: row.filter(kept),
    objectives,
    target: target.filter((_, place) => keep(Math.floor(place / objectives.length))),
    weight: weight.filter(kept),
    cluster: cluster.filter(kept),
  };
}

/** These objectives in this order. */
function chooseObjectives(scores: ScoreData, wanted: readonly string[]): ScoreData {
  if (wanted.length === 0) throw new JurorError('usage', 'objectives: expected one or more, got none');
  const columns = wanted.map((name) => {
    const column = scores.objectives.indexOf(name);
    if (column < 0) throw unknownName('an objective of the scores', name, scores.objectives);
    return column;
  });
  const width = scores.objectives.length;
  return {
    ...scores,
    objectives: wanted,
    target: Float64Array.from(
      { length: scores.row.length * wanted.length },
      (_, place) =>
        scores.target[
          Math.floor(place / wanted.length) * width + (columns[place % wanted.length] as number)
        ] as number,
    ),
  };
}

function checkTies({ tie, margin }: PairData, tieOdds: number | null): void {
  if (margin.some((value) => value !== 0))
    throw new JurorError('usage', 'davidson: expected pairs without margins, which it does not take');
  if (tieOdds !== null) return;
  const ties = tie.reduce((count, mark) => count + (mark === 1 ? 1 : 0), 0);
  if (ties === 0 || ties === tie.length)
    throw new JurorError(
      'data',
      `davidson: expected ties and others to learn tieOdds from, got ${ties} ties in ${tie.length} pairs; pass tieOdds`,
    );
}

function checkedStatistics(features: FeatureMatrix, used: Int32Array): Standardisation {
  const { rows, columns, values } = features;
  if (columns < 1 || values.length !== rows * columns)
    throw new JurorError('data', `features: expected ${rows} × ${columns} numbers, got ${values.length}`);
  const statistics = standardisation(features, used);
  // A number that is not finite shows in the mean of its column.
  if (!statistics.mean.every(Number.isFinite)) checkFeatures(features, used);
  return statistics;
}
