/**
 * juror judges answers with a model you own.
 *
 * ```ts
 * import { createJudge, loadRubric, openLlama, resolveModel } from 'juror';
 *
 * await using engine = await openLlama({ model: await resolveModel('smollm2-135m') });
 * const judge = createJudge({ engine, rubrics: [await loadRubric('better-answer')] });
 * const [verdict] = await judge.judge({
 *   id: '1',
 *   prompt: 'Name the capital of France.',
 *   responses: [{ id: 'a', text: 'Paris.' }, { id: 'b', text: 'Lyon.' }],
 * });
 * console.log(verdict?.winner, verdict?.probability);
 * ```
 *
 * @module
 */
export {
  type AgreementReport,
  type AgreementRow,
  type AgreementVote,
  agreementReport,
  type PairwiseReport,
  type PointwiseReport,
} from './aggregate/agree.ts';
export { type AgreementRowOptions, agreementRow } from './aggregate/agreement-row.ts';
export type { CalibrationFigures, ReliabilityBin } from './aggregate/calibration-error.ts';
export {
  type AloneCost,
  type CascadeReport,
  type CascadeReportRow,
  type CascadeStageReport,
  type CascadeTokens,
  cascadeReport,
} from './aggregate/cascade-report.ts';
export { batchCalibration, contentFreeCalibration, meanDistribution } from './aggregate/content-free.ts';
export { defaultGuardLimits } from './aggregate/drift-guards.ts';
export {
  type AnswerWay,
  type ImplicitAnswer,
  type ImplicitPair,
  implicitAnswer,
  implicitAnswerReport,
  implicitPair,
  implicitPairReport,
  type LeftOutWay,
  leftOutWays,
  type PairWay,
  type RewardScores,
  rewardScores,
} from './aggregate/implicit-report.ts';
export type { BootstrapOptions, Figure } from './aggregate/interval.ts';
export {
  type FirstError,
  type FirstErrorFigures,
  firstErrorOf,
  reduceSteps,
  type StepReduction,
} from './aggregate/process.ts';
export {
  type OutcomeFigures,
  type ProcessReport,
  type ProcessRow,
  type ProcessRowOptions,
  processReport,
  processRow,
} from './aggregate/process-report.ts';
export {
  type RankingFigures,
  type RankingReport,
  type RankingRow,
  rankingReport,
  rankingRow,
} from './aggregate/ranking-report.ts';
export {
  type RewardAgreement,
  type RewardColumn,
  type RewardReport,
  type RewardRow,
  rewardReport,
} from './aggregate/reward-report.ts';
export type { Quorum } from './aggregate/turnout.ts';
export { type CardOptions, makeCard, readCard } from './card/card.ts';
export { type PromptRow, type ReadSamplesOptions, readPrompts, readSamples, writeRows } from './dataset.ts';
export {
  type Answer,
  type ContinuationRequest,
  type CritiqueRequest,
  type Deliberation,
  type DeliberationResult,
  type DeliberationSample,
  type Engine,
  type EngineOptions,
  type Question,
  type QuestionLabel,
  type Tokenizer,
  type TokenLogProbabilities,
  type Turn,
  UnanswerableRequest,
} from './engine/engine.ts';
export type { GenerateOptions, Generation, GenerationResult, TextGenerator } from './engine/generate.ts';
export type { GrammarSchema } from './engine/grammar-schema.ts';
export {
  type LangChainEngine,
  type LangChainOptions,
  openLangChain,
  type Price,
  type Spending,
} from './engine/langchain.ts';
export type { ModelFactory, ModelSettings } from './engine/langchain-model.ts';
export type { RequestLimits } from './engine/langchain-request.ts';
export { type LlamaEngine, type LlamaOptions, openLlama } from './engine/llama.ts';
export type { FlashAttention, Gpu, ModelInfo, Numerics } from './engine/llama-protocol.ts';
export {
  type CatalogueEntry,
  catalogue,
  type ModelOptions,
  type ResolvedModel,
  resolveModel,
} from './engine/models.ts';
export { type EngineChoice, openEngineByName } from './engine/open.ts';
export { openReplay, recordEngine, UnrecordedRequest } from './engine/replay.ts';
export { type ErrorPlace, JurorError, type JurorErrorCode } from './errors.ts';
export type { JurorEvent, Listener } from './events.ts';
export { type Exchanged, type ExchangeOptions, exportVerdictsAs } from './exchange/export.ts';
export { arenaHardCuts, arenaLabel } from './exchange/export-pairs.ts';
export { promptfooThreshold } from './exchange/export-promptfoo.ts';
export {
  type ExchangeFormat,
  exchangeFormats,
  type ImportOptions,
  importSamples,
} from './exchange/import.ts';
export { calibrateHead, type HeadCalibration, type HeadCalibrationOptions } from './head/calibrate.ts';
export {
  type CombinationChoice,
  type CombinationChoiceOptions,
  chooseCombination,
} from './head/choose-combination.ts';
export { type ChooseL2Options, type ChosenL2, chooseL2, type HeldOutPoint } from './head/choose-l2.ts';
export {
  type CombinationInputs,
  combineScores,
  fitLengthScale,
  type LengthScale,
  type ObjectiveCombination,
  type ObjectiveGateLayer,
  objectiveWeights,
  standardLength,
} from './head/combination.ts';
export {
  type ConfidenceWorth,
  type ConfidenceWorthOptions,
  type ConfidenceWorths,
  confidenceWorths,
  type HeadConfidence,
} from './head/confidence-worth.ts';
export {
  abstains,
  type ConformalOptions,
  type ConformalThreshold,
  type ConformalUnit,
  fitConformal,
} from './head/conformal.ts';
export type { CovarianceShape, Ellipse } from './head/covariance.ts';
export type { FeatureMatrix, PairData, RankingData, ScoreData } from './head/data.ts';
export {
  type FeatureDistance,
  type FeatureRange,
  type FeatureRangeOptions,
  featureDistance,
  fitFeatureRange,
} from './head/distance.ts';
export {
  type EnsembleOptions,
  type EnsembleReducer,
  fitEnsemble,
  type MemberDraw,
  memberDeviation,
  reduceEnsemble,
  type TrainingParts,
} from './head/ensemble.ts';
export {
  type CombinationFitOptions,
  type FittedCombination,
  fitCombination,
  type ObjectivePairs,
} from './head/fit-combination.ts';
export { type HeadMember, scoreMember } from './head/head.ts';
export { type HeldOutLoss, heldOutLosses } from './head/held-out.ts';
export {
  answerDeviation,
  fitLaplace,
  type LaplaceOptions,
  type LaplacePosterior,
  moderatedLogOdds,
  pairDeviation,
  whiten,
} from './head/laplace.ts';
export type { LengthSlope } from './head/length.ts';
export { sortQuantiles } from './head/loss-terms.ts';
export {
  type BradleyTerryLoss,
  type Centering,
  type CrossEntropyLoss,
  type DavidsonLoss,
  type HeadLoss,
  headLossKinds,
  type MarginLoss,
  type PlackettLuceLoss,
  type QuantileLoss,
  type RegressionLoss,
  type RobustLoss,
} from './head/losses.ts';
export {
  type AnswerOpinion,
  type GroupOpinion,
  groupOpinion,
  type HeadBelief,
  type OpinionInputs,
  type PairOpinion,
  pairOpinion,
} from './head/opinion.ts';
export type { TrainingData } from './head/problem.ts';
export { type TrainedMember, type TrainOptions, trainMember } from './head/train.ts';
export {
  type CalibrationRow,
  type CalibrationRowOptions,
  type CalibrationRows,
  createCalibrator,
  readCalibrationRows,
} from './judge/calibrate.ts';
export { calibratedVerdictOf } from './judge/calibrated.ts';
export { readCalibration, writeCalibration } from './judge/calibration-file.ts';
export {
  type CalibrationSubject,
  calibrationSubject,
  type JudgeSubject,
  judgeSubject,
} from './judge/calibration-subject.ts';
export {
  type ContentFreeOptions,
  calibrateContentFree,
  fitLabelPrior,
  takeOutPrior,
} from './judge/content-free.ts';
export { isContentFree } from './judge/content-free-answer.ts';
export {
  type FitCalibrationOptions,
  type FittedCalibration,
  fitCalibration,
} from './judge/fit-calibration.ts';
export { type ImplicitCallOptions, type ImplicitOptions, implicitRewards } from './judge/implicit.ts';
export { openRewardFile, type RewardFile } from './judge/implicit-file.ts';
export {
  createJudge,
  type Judge,
  type JudgeAllOptions,
  type JudgeCallOptions,
  type JudgeOptions,
} from './judge/judge.ts';
export type { Protocol } from './judge/protocol.ts';
export {
  type Budget,
  type RankOptions,
  type RankSampleOptions,
  type RankSettings,
  rankSample,
  rankSamples,
} from './judge/rank.ts';
export {
  gatherAnswers,
  type RewardAnswer,
  type RewardAnswerOptions,
  readRewardAnswers,
} from './judge/reward-answers.ts';
export {
  type ReadAnswer,
  type RewardJudge,
  type RewardReading,
  readRewardReadings,
} from './judge/reward-readings.ts';
export { fittingRule, readWeightRules, weightsByRules } from './judge/reward-weights.ts';
export {
  type CombinedRewards,
  combineRewards,
  type RewardOptions,
  type RewardPrompt,
  writeRewards,
} from './judge/rewards.ts';
export type { DecisionRules, PanelReducer, PanelRules, VerdictAbstention } from './judge/rules.ts';
export { exportRankings, exportVerdicts, openJudgingRun, type RunOptions } from './judge/run.ts';
export { requireSameTokenizer } from './judge/same-tokenizer.ts';
export type { StepSource } from './judge/stepwise.ts';
export type { RubricSummary, RunSummary } from './judge/summary.ts';
export { deriveVerdict, type VerdictInput } from './judge/verdict.ts';
export {
  type Cascade,
  type CascadeAllOptions,
  type CascadeOptions,
  type CascadeThresholds,
  createCascade,
} from './loop/cascade.ts';
export {
  type CascadeFileOptions,
  type CascadeFitting,
  fitCascadeFile,
  readCascadeFile,
  requireCascade,
  withThresholds,
  writeCascadeFile,
} from './loop/cascade-file.ts';
export {
  type CascadeHead,
  type CascadeScorerOptions,
  type HeadOpinion,
  type HeadReading,
  scorerHead,
} from './loop/cascade-head.ts';
export type { CascadeJudgeOptions } from './loop/cascade-judge.ts';
export { QueueRow, queueRow } from './loop/cascade-queue.ts';
export { type CascadeLabelOptions, cascadeReportRow } from './loop/cascade-rows.ts';
export { decideAgain } from './loop/cascade-verdict.ts';
export { type GuideCallOptions, type GuideOptions, guideAll, guideKey } from './loop/guide.ts';
export { type GuidedFile, openGuidedFile, readGuided } from './loop/guide-file.ts';
export { goldOf, referenceScorer } from './loop/guide-gold.ts';
export { headScorer } from './loop/guide-head.ts';
export { type JudgeScorerOptions, judgeScorer, type StepReducer } from './loop/guide-judge.ts';
export {
  type AnswerCollector,
  createAnswerCollector,
  type GuidedPair,
  guidedPreference,
  type KeepOptions,
  type PairOptions,
} from './loop/guide-rows.ts';
export type { AnswerScorer, Doubts, Footing, GuideScore, ScoreOptions } from './loop/guide-scorer.ts';
export type { GuidePrompt } from './loop/guide-session.ts';
export { completeStrategy, type GivenStrategy } from './loop/guide-strategy.ts';
export { selfTrain } from './loop/self-train.ts';
export { type EnginePartsOptions, engineParts } from './loop/self-train-engine.ts';
export type {
  AnchorPair,
  JudgedPair,
  LoopFiles,
  LoopHead,
  PartOptions,
  Round,
  SelfTrainOptions,
  SelfTrainParts,
  SelfTrainResult,
  TrainedHead as TrainedLoopHead,
} from './loop/self-train-parts.ts';
export {
  applyEdit,
  type Donor,
  type Edit,
  type EditContext,
  type EditOperator,
  type EditWriting,
  type PureEditOperator,
  type WrittenEditOperator,
} from './preference/edit-operator.ts';
export { editOperators, selectOperators } from './preference/edit-operators.ts';
export {
  type Bin,
  type LabelFigures,
  type PreferenceFigures,
  preferenceFigures,
} from './preference/figures.ts';
export { readPreferences, writePreferences } from './preference/file.ts';
export {
  type FilterCount,
  type Filtered,
  type FilterOptions,
  filterPreferences,
} from './preference/filters.ts';
export {
  type FormatColumns,
  type FormatRow,
  type PairFormat,
  type PreferenceFormat,
  preferenceFormats,
  preferenceRow,
  type UnpairedOptions,
  unpairedRows,
} from './preference/formats.ts';
export { type LabelOptions, preferencesFromLabels } from './preference/labels.ts';
export { type NearDuplicateOptions, nearDuplicates } from './preference/near-duplicates.ts';
export type { OriginalReason } from './preference/originals.ts';
export type { LeftOut, LeftOutReason } from './preference/readings.ts';
export { type Comparison, preferenceOf } from './preference/record.ts';
export {
  preferencesFromImplicit,
  preferencesFromRewards,
  type RewardPreferenceOptions,
} from './preference/reward-files.ts';
export type { RunPreferenceOptions } from './preference/run-reading.ts';
export { preferencesFromRun } from './preference/runs.ts';
export {
  type AnswerFailure,
  type SampleAnswersOptions,
  sampleAnswers,
  type WrittenAnswer,
} from './preference/sample-answers.ts';
export { openSampleBook, type SampleBook } from './preference/sample-book.ts';
export { openSampleFile, type SampleFile } from './preference/sample-file.ts';
export {
  type KnownOfPair,
  type PreferenceFacts,
  type PreferenceSpool,
  spoolPreferences,
} from './preference/spool.ts';
export type { EditAttempt, SynthesisOptions } from './preference/synthesis-options.ts';
export { synthesise } from './preference/synthesise.ts';
export { type SyntheticPair, syntheticPairs } from './preference/synthetic-pairs.ts';
export {
  createSynthesisReport,
  type SynthesisCounts,
  type SynthesisReport,
} from './preference/synthetic-report.ts';
export type { LabelWeights } from './preference/truth.ts';
export { preferenceFromVerdict, type VerdictPreferenceOptions } from './preference/verdicts.ts';
export { reportPage } from './report/page.ts';
export { type ReportOptions, readReport } from './report/read-report.ts';
export type { Report } from './report/report.ts';
export {
  type Feature,
  type FeatureOptions,
  type FeatureReader,
  type FeatureText,
  openFeatures,
  type ReadOutOptions,
  requireSameFeatures,
} from './reward/features.ts';
export { type Head, type HeadPapers, readHead, writeHead } from './reward/head-file.ts';
export { headPage } from './reward/head-page.ts';
export { type ScoredSample, type ScoreSamplesOptions, scoreSamples } from './reward/score-samples.ts';
export {
  type AnswerScore,
  openScorer,
  type PromptScores,
  type ScoreCallOptions,
  type Scorer,
  type ScorerOptions,
} from './reward/scorer.ts';
export { shippedHead } from './reward/shipped-heads.ts';
export { type TrainedHead, trainHead } from './reward/train.ts';
export type { TrainHeadOptions } from './reward/train-options.ts';
export {
  readTrainingFiles,
  type TrainingFileOptions,
  type TrainingFiles,
  trainingFromPreferences,
} from './reward/training-files.ts';
export { trainingReport } from './reward/training-report.ts';
export { writeTrainedHead } from './reward/write-trained.ts';
export { type LoadedRubric, listRubrics, loadRubric, parseRubric } from './rubric.ts';
export {
  Annotation,
  AnyCalibration,
  Calibration,
  CascadeFile,
  CascadeOpinion,
  CascadeStage,
  CascadeSubject,
  CascadeVerdict,
  Combine,
  Criterion,
  Critique,
  CritiqueMode,
  Distribution,
  EngineId,
  FeatureSpec,
  Guided,
  GuidedCandidate,
  GuideStrategy,
  HeadScore,
  HeldOut,
  ImplicitResponse,
  ImplicitRewards,
  JudgeCard,
  Judgment,
  JudgmentUsage,
  Label,
  Message,
  Outcome,
  Preference,
  PreferenceMethod,
  PreferenceSide,
  PreferenceSource,
  ProcessLabel,
  RankedResponse,
  Ranking,
  ReadOut,
  Response,
  Reward,
  RewardHead,
  Rubric,
  Sample,
  Scale,
  StepVerdict,
  Suite,
  SuiteCheck,
  SuiteFigure,
  SuiteGate,
  type SuiteInput,
  SuiteItem,
  SuiteMeasure,
  SuiteResult,
  UnscoredReason,
  Usage,
  Verdict,
  WeightRule,
} from './schema.ts';
export {
  type AnswerJudge,
  type AnswerJudgeOptions,
  type AnswerScore as JudgedAnswer,
  type AnswersToCompare,
  type AnswerToScore,
  createAnswerJudge,
} from './scoring/answer-judge.ts';
export {
  openRecordedEngine,
  type RecordedEngine,
  type RecordingOptions,
  type RecordingUpdate,
  recordingUpdate,
} from './scoring/recording.ts';
export { openCache } from './store/cache.ts';
export { type FeatureStore, openFeatureStore, type StoredFeature } from './store/features.ts';
export type { RunConfiguration, RunCounts } from './store/manifest.ts';
export { memoryStore } from './store/memory.ts';
export { openRun, type Run, readRun } from './store/run.ts';
export type { PlanRow, Store } from './store/store.ts';
export { defineSuite } from './suite/define-suite.ts';
export { type SuiteFigureOptions, suiteFigures } from './suite/figures.ts';
export type { JudgeIdentity } from './suite/gate-card.ts';
export type { JudgedRun } from './suite/gate-targets.ts';
export { checkGates, type GateInput } from './suite/gates.ts';
export type { JudgedItem } from './suite/item.ts';
export { type LoadedSuite, type LoadSuiteOptions, loadSuite } from './suite/load.ts';
export { type MergeSuiteOptions, mergeSuite } from './suite/merge.ts';
export { figureCsv, verdictCsv } from './suite/output-csv.ts';
export { githubAnnotations } from './suite/output-github.ts';
export { junitXml } from './suite/output-junit.ts';
export { mostMarkdownCharacters, suiteMarkdown } from './suite/output-markdown.ts';
export {
  capturesContent,
  sendTelemetry,
  type TelemetryOptions,
  type TelemetryReport,
} from './suite/output-telemetry.ts';
export {
  readVerdicts,
  type SourcedVerdict,
  suiteSources,
  type VerdictSource,
  verdictLines,
} from './suite/output-verdicts.ts';
export { readSuiteItems, readSuiteResult } from './suite/result-files.ts';
export { type RunSuiteOptions, runSuite, type SuiteEngineOpener } from './suite/run.ts';
export { type WatchSuiteOptions, watchSuite } from './suite/watch.ts';
export { LabelRecord } from './view/api.ts';
export { openViewer, type Viewer, type ViewerOptions } from './view/server.ts';
