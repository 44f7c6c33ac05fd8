/** Where judgments and plans are kept: the interface that every store meets, and its records. */
import { z } from 'zod';
import { canonicalJson } from '../canonical.ts';
import { JurorError } from '../errors.ts';
import { Annotation, Judgment, Label, Verdict } from '../schema.ts';

/** One judgment that a verdict needs. Equal content has one key, so a judgment may serve several samples, orders and rubrics. */
export const PlannedUse = z.strictObject({
  key: Judgment.shape.key,
  criterionId: Judgment.shape.criterionId,
  /** In the order shown. */
  responseIds: Judgment.shape.responseIds,
  step: Judgment.shape.step,
});
export type PlannedUse = z.infer<typeof PlannedUse>;

/** One verdict to be. Exports are derived from plan rows and judgments alone. */
export const PlanRow = z.strictObject({
  sampleId: Judgment.shape.sampleId,
  rubric: Judgment.shape.rubric,
  mode: Verdict.shape.mode,
  /** In the data's order. */
  responseIds: Verdict.shape.responseIds,
  judgments: z.array(PlannedUse).min(1),
  label: Label.optional(),
  /** The sample's, where it has some. */
  annotations: z.array(Annotation).optional(),
  /** Who wrote each response, null where unknown; missing where all are. */
  models: z.array(z.string().nullable()).optional(),
  /** Length of each response in UTF-16 code units. */
  characters: z.array(z.int().nonnegative()),
  /** Digest of each response's text; missing in journals from before there were any. */
  texts: z.array(z.string().regex(/^[0-9a-f]{12}$/)).optional(),
  /** Same for all samples with the same prompt. */
  cluster: z.string(),
  /** Subset of the data, where it names one. */
  group: z.string().optional(),
  /** Responses without content; missing where there are none. */
  contentFree: Verdict.shape.contentFree,
});
export type PlanRow = z.infer<typeof PlanRow>;

/**
 * Keeps judgments and plans. Records are checked on the way in: a bad one throws JurorError `store` and nothing of its call is kept.
 * What an awaited write reports is durable. Rows written while an iteration is under way may or may not be part of it.
 */
export interface Store extends AsyncDisposable {
  /** The judgment of a key; undefined when there is none. */
  get(key: string): Promise<Judgment | undefined>;
  /** Whether {@link Store.get} would find one. */
  has(key: string): Promise<boolean>;
  /** Keep judgments whose key is new; the first one of a key stays. Returns how many were new. */
  insert(judgments: readonly Judgment[]): Promise<number>;
  /** Forget the judgments that the engine failed on, so that they are made again. Returns how many there were. */
  forgetFailures(): Promise<number>;
  /** How many judgments there are. */
  count(): Promise<number>;
  /** All judgments by key, as they were inserted. */
  judgments(): AsyncIterable<Judgment>;
  /** Keep plan rows; one with the same rubric, sample and responses is replaced. Returns how many were new or different. */
  insertPlan(rows: readonly PlanRow[]): Promise<number>;
  /** Forget the plan; judgments stay. Returns how many rows there were. */
  clearPlan(): Promise<number>;
  /** All plan rows by rubric, sample and responses. */
  plan(): AsyncIterable<PlanRow>;
  /** The plan row of a rubric, sample and responses; undefined when there is none. */
  planned(verdict: PlannedVerdict): Promise<PlanRow | undefined>;
  /** How many plan rows there are. */
  planCount(): Promise<number>;
  /** Judgments that the plan uses, by key, each bound to its first use in the order of {@link Store.plan}. */
  plannedJudgments(): AsyncIterable<Judgment>;
  /** How many judgments the plan uses that are not there. */
  pending(): Promise<number>;
}

/** Whether a judgment has no score because the engine failed, which another try may mend. */
export function isFailure({ outcome }: Judgment): boolean {
  return outcome.status === 'unscored' && outcome.reason === 'engine';
}

/** A judgment under the names of one use of it: its sample, rubric, criterion and responses. */
export function bindJudgment(judgment: Judgment, row: PlanRow, use: PlannedUse): Judgment {
  const { sampleId, rubric } = row;
  const { criterionId, responseIds, step } = use;
  return { ...judgment, sampleId, rubric, criterionId, responseIds, ...(step === undefined ? {} : { step }) };
}

/** {@link bindJudgment} to the row's first use of its key. */
export function bindToFirstUse(judgment: Judgment, row: PlanRow): Judgment {
  const use = row.judgments.find(({ key }) => key === judgment.key);
  return use ? bindJudgment(judgment, row, use) : judgment;
}

/** Canonical JSON of a checked record. Throws JurorError `store`, naming the field, for a record of another shape. */
export function recordText(schema: z.ZodType, record: unknown): string {
  const { error } = schema.safeParse(record);
  const issue = error?.issues[0];
  if (issue) {
    const field = issue.path.join('.');
    const text = `expected a record of the right shape, got one where ${field || 'the whole'} is wrong: ${issue.message}`;
    throw new JurorError('store', text, { place: field ? { field } : {}, cause: error });
  }
  return canonicalJson(record);
}

/** Text that is the same only for the same id and keeps NUL and lone surrogates as escapes; plain ids stay as they are. */
export function idText(id: string): string {
  return JSON.stringify(id).slice(1, -1);
}

/** What tells a verdict from the others of its run. */
export interface PlannedVerdict {
  readonly rubric: { readonly id: string };
  readonly sampleId: string;
  readonly responseIds: readonly string[];
}

/** What plan rows are told apart and sorted by, as bytes of UTF-8: rubric, sample, responses. */
export function planIdentity(
  row: PlannedVerdict,
): readonly [rubric: string, sample: string, responses: string] {
  return [row.rubric.id, idText(row.sampleId), canonicalJson(row.responseIds)];
}
