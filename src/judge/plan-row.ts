/** What becomes of plans: those of several engines joined, and the journal row of each. */
import { textDigest } from '../canonical.ts';
import type { PlanRow } from '../store/store.ts';
import { contentFreeIds } from './content-free-answer.ts';
import type { Plan } from './plan.ts';

/**
 * The plans of several engines for one sample as one each: every verdict has the rounds of all of them. Each list is one
 * engine's, as {@link planSample} gives it for the same sample and rubric.
 */
export function joinPlans(plans: readonly (readonly Plan[])[]): Plan[] {
  const [first = []] = plans;
  return first.map((plan, index) => ({
    ...plan,
    rounds: plans.flatMap((own) => own[index]?.rounds ?? []),
  }));
}

/** The journal row that the verdict is derived from again at export. */
export function planRow(plan: Plan): PlanRow {
  const { rubric, digest } = plan.loaded;
  return {
    sampleId: plan.sampleId,
    rubric: { id: rubric.id, version: rubric.version, digest },
    mode: plan.mode,
    responseIds: plan.responses.map(({ id }) => id),
    judgments: plan.rounds.flatMap(({ judgments, responseIds, step }) =>
      judgments.map(({ key, criterionId }) => ({
        key,
        criterionId,
        responseIds: [...responseIds],
        ...(step === undefined ? {} : { step }),
      })),
    ),
    characters: plan.responses.map(({ text }) => text.length),
    texts: plan.responses.map(({ text }) => textDigest(text)),
    cluster: plan.cluster,
    ...contentFreeOf(plan),
    ...(plan.label === undefined ? {} : { label: plan.label }),
    ...(plan.annotations === undefined ? {} : { annotations: [...plan.annotations] }),
    ...(plan.responses.some(({ model }) => model !== undefined)
      ? { models: plan.responses.map(({ model }) => model ?? null) }
      : {}),
    ...(plan.group === undefined ? {} : { group: plan.group }),
  };
}

/** The field that names responses without content, where there are some. */
export function contentFreeOf({ responses }: Plan): { contentFree?: string[] } {
  const contentFree = contentFreeIds(responses);
  return contentFree.length > 0 ? { contentFree } : {};
}
