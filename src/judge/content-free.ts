/** Judgments read again with the judge's own prior over labels taken out: for small judges, without any labels of people. */
import { contentFreeCalibration, meanDistribution } from '../aggregate/content-free.ts';
import { expectation } from '../aggregate/logits.ts';
import { contentHash } from '../canonical.ts';
import { JurorError } from '../errors.ts';
import { scaleLabels, scoreOf } from '../scale.ts';
import type { Distribution, Judgment, LabelPrior, Outcome, Rubric } from '../schema.ts';
import type { JudgeSubject } from './calibration-subject.ts';

/** What the prior is taken from, and how much of it is taken out. */
export interface ContentFreeOptions {
  /**
   * Judgments, under the same rubric, of answers without content, such as an empty one or `N/A` (contextual calibration).
   * Default: the judgments themselves (batch calibration).
   */
  readonly contentFree?: readonly Judgment[];
  /** The prior's exponent. Default 1. */
  readonly strength?: number;
}

/**
 * Pointwise judgments whose distributions are divided, criterion by criterion and engine by engine, by the mean
 * distribution of the batch or of content-free answers; labels and scores are read from what results, unscored ones stay.
 * They are for deriveVerdict, not for a store: their keys are those of what was read. Throws JurorError `usage` for pairs,
 * whose two orders cancel the prior, and `data` for a criterion without a prior.
 */
export function calibrateContentFree(
  judgments: readonly Judgment[],
  rubric: Rubric,
  options: ContentFreeOptions = {},
): Judgment[] {
  requireSingle(rubric);
  const priors = priorsOf(options.contentFree ?? judgments);
  const kind = options.contentFree === undefined ? 'batch' : 'content-free';
  return takeOut(judgments, rubric, { kind, priors, strength: options.strength });
}

/**
 * The prior of one judge under one rubric, to be kept. Of a batch it says what the judge says on average of such answers; of
 * answers without content (`kind` content-free) what it says of nothing. Throws JurorError `usage` for pairs, and `data` where no
 * judgment is scored.
 */
export function fitLabelPrior(
  judgments: readonly Judgment[],
  subject: JudgeSubject,
  { kind, strength = 1 }: { readonly kind: LabelPrior['kind']; readonly strength?: number },
): LabelPrior {
  const { mode, rubric, engines, protocol } = subject;
  requireSingle({ id: rubric.id, mode });
  const scored = judgments.filter(({ outcome }) => outcome.status === 'scored');
  if (scored.length === 0)
    throw new JurorError(
      'data',
      `expected scored judgments under '${rubric.id}', got none of ${judgments.length}`,
    );
  const priors = [...priorsOf(scored).values()];
  const places = (of: LabelPrior['priors'][number]) => contentHash([of.criterionId, of.engine]);
  return {
    schemaVersion: 1,
    kind,
    mode: mode === 'stepwise' ? 'stepwise' : 'pointwise',
    rubric: { ...rubric },
    engines: engines.map((engine) => ({ ...engine })),
    protocol: { ...protocol },
    strength,
    priors: priors.sort((one, other) => (places(one) < places(other) ? -1 : 1)),
    data: {
      digest: contentHash(scored.map(({ key, outcome }) => contentHash([key, outcome])).sort()),
      n: scored.length,
    },
  };
}

/** Judgments read again with a kept prior taken out; see {@link calibrateContentFree}. The prior must be of their judge and rubric. */
export function takeOutPrior(judgments: readonly Judgment[], rubric: Rubric, prior: LabelPrior): Judgment[] {
  const priors = new Map(prior.priors.map((own) => [groupName(own.criterionId, own.engine), own]));
  return takeOut(judgments, rubric, { kind: prior.kind, priors, strength: prior.strength });
}

type Prior = LabelPrior['priors'][number];

interface Priors {
  readonly kind: LabelPrior['kind'];
  readonly priors: ReadonlyMap<string, Prior>;
  readonly strength: number | undefined;
}

function priorsOf(judgments: readonly Judgment[]): Map<string, Prior> {
  const groups = Map.groupBy(judgments, ({ criterionId, engine }) => groupName(criterionId, engine));
  return new Map(
    [...groups].flatMap(([name, members]) => {
      const read = members.flatMap(({ outcome }) =>
        outcome.status === 'scored' ? [outcome.distribution] : [],
      );
      const [first] = members;
      if (first === undefined || read.length === 0) return [];
      const { criterionId, engine } = first;
      const { digest, template } = engine;
      const distribution = meanDistribution(read);
      return [[name, { criterionId, engine: { digest, template }, distribution, n: read.length }] as const];
    }),
  );
}

function takeOut(
  judgments: readonly Judgment[],
  rubric: Rubric,
  { kind, priors, strength }: Priors,
): Judgment[] {
  return judgments.map((judgment) => {
    const { outcome, criterionId, engine } = judgment;
    if (outcome.status === 'unscored') return judgment;
    const prior = priors.get(groupName(criterionId, engine));
    if (!prior)
      throw new JurorError(
        'data',
        `expected a ${kind} prior of criterion '${criterionId}' by ${engine.model}, got none`,
      );
    const calibrated = contentFreeCalibration(
      outcome.distribution,
      prior.distribution,
      strength === undefined ? {} : { strength },
    );
    return { ...judgment, outcome: outcomeOf(calibrated, rubric, criterionId) };
  });
}

function requireSingle({ id, mode }: Pick<Rubric, 'id' | 'mode'>): void {
  if (mode === 'pairwise')
    throw new JurorError('usage', `expected a rubric for single answers, got '${id}' (pairwise)`);
}

function groupName(criterionId: string, { digest, template }: Prior['engine']): string {
  return JSON.stringify([criterionId, digest, template]);
}

function outcomeOf(distribution: Distribution, rubric: Rubric, criterionId: string): Outcome {
  const scale = rubric.criteria.find(({ id }) => id === criterionId)?.scale;
  if (!scale) throw new JurorError('rubric', `expected a criterion of '${rubric.id}', got '${criterionId}'`);
  const scores = Object.fromEntries(scaleLabels(scale).map((label) => [label, scoreOf(scale, label)]));
  const best = Object.entries(distribution).reduce((left, right) => (right[1] > left[1] ? right : left));
  return { status: 'scored', label: best[0], score: expectation(distribution, scores), distribution };
}
