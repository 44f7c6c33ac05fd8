/** Names of OpenTelemetry that juror sends, in one place: the conventions for generative AI are still in development. */

/** The conventions that the names are of: `gen_ai.*` as `@opentelemetry/semantic-conventions` had it when it moved to a repository of its own. */
export const conventionVersion = '1.45.0';

/** The event, one for each verdict and each of its criteria. */
export const evaluationEvent = 'gen_ai.evaluation.result';

/** Attributes of the conventions. */
export const conventionNames = {
  name: 'gen_ai.evaluation.name',
  score: 'gen_ai.evaluation.score.value',
  label: 'gen_ai.evaluation.score.label',
  explanation: 'gen_ai.evaluation.explanation',
  responseId: 'gen_ai.response.id',
  errorType: 'error.type',
} as const;

/** Attributes of juror's own. */
export const jurorNames = {
  suite: 'juror.suite.name',
  suiteDigest: 'juror.suite.digest',
  data: 'juror.data',
  judge: 'juror.judge',
  judgeModels: 'juror.judge.models',
  run: 'juror.run.id',
  rubric: 'juror.rubric.id',
  rubricVersion: 'juror.rubric.version',
  rubricDigest: 'juror.rubric.digest',
  criterion: 'juror.criterion.id',
  mode: 'juror.mode',
  sample: 'juror.sample.id',
  responses: 'juror.response.ids',
  responseModels: 'juror.response.models',
  keys: 'juror.verdict.keys',
  probability: 'juror.probability',
  flipped: 'juror.order.flipped',
  abstained: 'juror.abstain.reasons',
  errorMessage: 'juror.error.message',
} as const;

/** The environment variable by which instrumentations of generative AI turn the capture of texts on. */
export const captureVariable = 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT';
