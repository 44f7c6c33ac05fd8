/** Judgments read again with the judge's own prior over labels taken out: for small judges, without any labels of people. */
import { contentFreeCalibration, meanDistribution } from '../aggregate/content-free.ts';
import { expectation } from '../aggregate/logits.ts';
import { JurorError } from '../errors.ts';
import { scaleLabels, scoreOf } from '../scale.ts';
import type { Distribution, Judgment, Outcome, Rubric } from '../schema.ts';

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
 * whose two orders cancel the prior, and `data` for a criterion without a content-free judgment.
 */
export function calibrateContentFree(
  judgments: readonly Judgment[],
  rubric: Rubric,
  options: ContentFreeOptions = {},
): Judgment[] {
  if (rubric.mode === 'pairwise')
    throw new JurorError('usage', `expected a rubric for single answers, got '${rubric.id}' (pairwise)`);
  const groups = Map.groupBy(options.contentFree ?? judgments, groupOf);
  const priors = new Map(
    [...groups].flatMap(([name, members]) => {
      const read = members.flatMap(({ outcome }) =>
        outcome.status === 'scored' ? [outcome.distribution] : [],
      );
      return read.length === 0 ? [] : [[name, meanDistribution(read)] as const];
    }),
  );
  return judgments.map((judgment) => {
    const { outcome, criterionId } = judgment;
    if (outcome.status === 'unscored') return judgment;
    const prior = priors.get(groupOf(judgment));
    if (!prior)
      throw new JurorError(
        'data',
        `expected a scored content-free judgment of criterion '${criterionId}' by ${judgment.engine.model}, got none`,
      );
    const calibrated = contentFreeCalibration(
      outcome.distribution,
      prior,
      options.strength === undefined ? {} : { strength: options.strength },
    );
    return { ...judgment, outcome: outcomeOf(calibrated, rubric, criterionId) };
  });
}

function groupOf({ criterionId, engine }: Judgment): string {
  return JSON.stringify([criterionId, engine.digest, engine.template]);
}

function outcomeOf(distribution: Distribution, rubric: Rubric, criterionId: string): Outcome {
  const scale = rubric.criteria.find(({ id }) => id === criterionId)?.scale;
  if (!scale) throw new JurorError('rubric', `expected a criterion of '${rubric.id}', got '${criterionId}'`);
  const scores = Object.fromEntries(scaleLabels(scale).map((label) => [label, scoreOf(scale, label)]));
  const best = Object.entries(distribution).reduce((left, right) => (right[1] > left[1] ? right : left));
  return { status: 'scored', label: best[0], score: expectation(distribution, scores), distribution };
}
