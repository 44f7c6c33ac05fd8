/**
 * The statistics of juror, as pure functions: agreement, intervals, calibration, rankings, panels, objectives. Undefined is
 * null with a reason, never NaN; intervals are 95 %, clustered by prompt; randomness comes from a passed seed.
 *
 * ```ts
 * import { clusterBootstrap, cohenKappa } from 'juror/statistics';
 *
 * const kappa = clusterBootstrap(cohenKappa(winners, labels), prompts);
 * ```
 *
 * @module
 */
export {
  type Abstention,
  type AbstentionKind,
  type AbstentionRules,
  abstainMembers,
  type Escalation,
  type Evidence,
  judgeAbstention,
  type Ladder,
  nextStep,
} from './aggregate/abstention.ts';
export {
  brierScore,
  cohenKappa,
  logLoss,
  type OrderFigures,
  orderFigures,
  type PairAgreement,
  pairAgreement,
  weightedKappa,
} from './aggregate/agreement.ts';
export {
  type CeilingOptions,
  type HumanCeiling,
  humanCeiling,
  majority,
  type Plurality,
  softLabel,
  type Votes,
} from './aggregate/annotators.ts';
export {
  type AnnotatorFigures,
  type AnnotatorsOptions,
  type AnnotatorsReport,
  annotatorsReport,
  type SoftLoss,
} from './aggregate/annotators-report.ts';
export {
  type Baseline,
  type PairBaselines,
  pairBaselines,
  type ScoreBaselines,
  scoreBaselines,
} from './aggregate/baselines.ts';
export { type Ballot, bestOfDivergence, bestOfN, type SubsetOptions, voteOfN } from './aggregate/best-of.ts';
export {
  type BestOfAnswer,
  type BestOfPoint,
  type BestOfPrompt,
  type BestOfReport,
  bestOfReport,
} from './aggregate/best-of-report.ts';
export { type BradleyTerryOptions, bradleyTerry, bradleyTerryStatistic } from './aggregate/bradley-terry.ts';
export {
  boundedLogOdds,
  type CalibrationFitOptions,
  type CalibrationLine,
  calibrateProbability,
  fitPlatt,
  fitTemperature,
} from './aggregate/calibration.ts';
export {
  type CalibrationEstimators,
  type CalibrationFigures,
  calibrationChange,
  calibrationError,
  calibrationEstimators,
  calibrationFigures,
  DEFAULT_BINS,
  foldPairs,
  type ReliabilityBin,
  reliabilityBins,
} from './aggregate/calibration-error.ts';
export {
  type CascadePolicy,
  type CascadeStand,
  type StageLine,
  type StageReading,
  type StageStand,
  standCascade,
} from './aggregate/cascade.ts';
export {
  type CascadeFit,
  type CascadeFitOptions,
  type CascadeMeasure,
  fitCascade,
} from './aggregate/cascade-fit.ts';
export type { CascadeFitRow, CascadeTarget } from './aggregate/cascade-tally.ts';
export {
  type ComparisonOptions,
  compareJudges,
  type JudgeComparison,
  type McNemar,
  mcNemar,
} from './aggregate/compare.ts';
export type { Comparison, ComparisonRows, Pairing, PairSums } from './aggregate/comparisons.ts';
export {
  type ConfidenceOptions,
  type ConfidenceReport,
  confidenceReport,
  type SurestRows,
} from './aggregate/confidence-report.ts';
export {
  type CorrectedRate,
  type CorrectedRateOptions,
  correctedRate,
  type Judged,
  type Labelled,
} from './aggregate/corrected.ts';
export {
  type CorrectedFigures,
  type CorrectedOptions,
  type CorrectedReport,
  correctedReport,
} from './aggregate/corrected-report.ts';
export { areaUnderCurve, kendall, pearson, spearman } from './aggregate/correlation.ts';
export {
  type AnnotatorReliability,
  type DawidSkeneFit,
  type DawidSkeneOptions,
  dawidSkene,
} from './aggregate/dawid-skene.ts';
export {
  correlationGrowth,
  type LabelAgreement,
  type LabelFigures,
  labelAgreement,
  labelFigures,
  lengthCorrelation,
  type NewLabel,
} from './aggregate/drift.ts';
export {
  averageDistributions,
  centerMembers,
  majorityLabel,
  type Reducer,
  reduceScores,
  type Spread,
} from './aggregate/ensemble.ts';
export { finalValue } from './aggregate/final-value.ts';
export {
  type AnswerLogProbabilities,
  DEFAULT_BETA,
  type ImplicitReward,
  implicitReward,
  implicitStepRewards,
  stepEndsIn,
  stepsOfTokens,
} from './aggregate/implicit.ts';
export {
  type BootstrapOptions,
  clusterBootstrap,
  type Figure,
  meanInterval,
  proportion,
  wilsonInterval,
} from './aggregate/interval.ts';
export {
  type Clusters,
  clusteredDifference,
  clusteredShare,
  numberClusters,
} from './aggregate/jackknife.ts';
export { clusteredKappa, clusteredKappaDifference } from './aggregate/kappa-interval.ts';
export { krippendorffAlpha, type RatingLevel, type Ratings } from './aggregate/krippendorff.ts';
export { type ModelRates, type ModelRatesOptions, modelRates } from './aggregate/model-rates.ts';
export {
  type CombinedGroup,
  combineGroup,
  type GroupOptions,
  type NormalizationFlag,
} from './aggregate/multi-objective.ts';
export {
  type Normalization,
  type NormalizationFault,
  type NormalizedGroup,
  type NormalizeOptions,
  normalizeGroup,
} from './aggregate/normalize.ts';
export {
  type IdentifiedRow,
  type PairedOptions,
  type PairedReport,
  pairedReport,
} from './aggregate/paired-report.ts';
export {
  combineOrders,
  LARGEST_LOG_ODDS,
  type OrderReading,
  type PairOptions,
  type PairReading,
  readOrder,
  type Winner,
} from './aggregate/pairs.ts';
export { type ParetoFront, type ParetoOptions, paretoFront } from './aggregate/pareto.ts';
export { type PlackettLuceOptions, plackettLuce, plackettLuceStatistic } from './aggregate/plackett-luce.ts';
export {
  type PredictionPoweredMean,
  type PredictionPoweredOptions,
  predictionPoweredMean,
} from './aggregate/prediction-powered.ts';
export {
  expectedFigures,
  type FirstError,
  type FirstErrorFigures,
  firstErrorFigures,
  firstErrorOf,
  hitsOf,
  isProcessLabel,
  processF1,
  randomHits,
  reduceSteps,
  type StepReduction,
} from './aggregate/process.ts';
export {
  type AnchorGains,
  type Anchors,
  anchorFigure,
  anchorGains,
  levelOfLook,
  type PromotionMeasure,
  type PromotionOptions,
  type PromotionTest,
  testPromotion,
} from './aggregate/promotion.ts';
export {
  type Pool,
  type Ranking,
  type RankingRows,
  type RankingTerms,
  readRankings,
} from './aggregate/rankings.ts';
export { type RatedRow, type RaterPair, raterPairs } from './aggregate/rater-pairs.ts';
export {
  type CoverageAtRisk,
  type CoverageOptions,
  coverageAtRisk,
  type RiskCoveragePoint,
  riskCoverage,
  riskCoverageArea,
} from './aggregate/risk-coverage.ts';
export {
  ALONE,
  type CombinedObjectives,
  combineObjectives,
  countedObjectives,
  type ObjectiveGate,
  type ObjectiveScores,
  type ObjectiveWeights,
  readObjective,
  requireScalarization,
  type Scalarization,
  weightedObjectives,
  withoutScore,
} from './aggregate/scalarization.ts';
export { type Plan, planComparisons, type ScheduleOptions } from './aggregate/schedule.ts';
export {
  type Counts,
  difference,
  type Estimator,
  estimate,
  mean,
  type Statistic,
} from './aggregate/statistic.ts';
export {
  type Covariance,
  type CovarianceKind,
  centered,
  eloRating,
  makeStrengths,
  type StrengthFit,
  type StrengthParts,
  type Strengths,
  strengthFigures,
} from './aggregate/strengths.ts';
export {
  type CriterionDistribution,
  combinedDistribution,
  type ScoreMass,
  superiority,
} from './aggregate/superiority.ts';
export {
  cyclicShare,
  type RankedItem,
  rankingAgreement,
  rankTable,
  type Standing,
  standings,
} from './aggregate/tournament.ts';
export type {
  Collective,
  Member,
  Panel,
  PanelOptions,
  Quorum,
  Reduced,
  Said,
  Silence,
  Turnout,
} from './aggregate/turnout.ts';
export {
  type LengthControlledRate,
  type LengthControlOptions,
  lengthCoefficient,
  lengthControl,
  lengthControlledWinRate,
  winPoints,
  winRate,
} from './aggregate/win-rate.ts';
