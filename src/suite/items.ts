/** A judged run as gates see it: an item for each verdict to be, and its counts. */
import { basename } from 'node:path';
import { JurorError } from '../errors.ts';
import type { Listener } from '../events.ts';
import { calibratedVerdictOf } from '../judge/calibrated.ts';
import { rubricOf, verdictOf } from '../judge/run.ts';
import type { AnyCalibration, Label, SuiteRun, UnscoredReason, Verdict } from '../schema.ts';
import { readPlan } from '../store/export.ts';
import type { Run } from '../store/run.ts';
import type { PlanRow } from '../store/store.ts';
import type { JudgedItem } from './item.ts';
import { readLabels } from './labels.ts';

/** What a run does not know about itself. */
export interface RunItemsOptions {
  readonly data: string;
  readonly judge: string;
  /** The slices of a sample. */
  readonly slicesOf: (sampleId: string) => Readonly<Record<string, string>>;
  /** Numeric labels are levels of the rubric's scale, though those of the run might be scores. */
  readonly levels: boolean;
  /** See {@link calibrationOfRun}. */
  readonly calibration: AnyCalibration | undefined;
}

/** What a run amounts to. */
export interface RunItems {
  /** In the order of the run's plan: by rubric, sample and responses. */
  readonly items: readonly JudgedItem[];
  readonly counts: Pick<
    SuiteRun,
    'verdicts' | 'scored' | 'pending' | 'abstained' | 'unscored' | 'judgments' | 'tokens'
  >;
  /** Labels that say nothing here, by rubric: how many, and the first of them. */
  readonly unreadLabels: Readonly<Record<string, UnreadLabels>>;
}

/** Labels of a rubric that say nothing, and one of them. */
export interface UnreadLabels {
  readonly count: number;
  readonly sampleId: string;
  readonly label: Label | undefined;
}

/**
 * The calibration of a suite where it is of this run: of one of its rubrics and of its judge. Throws JurorError `usage` for one of another
 * judge where the suite has no other, and warns otherwise.
 */
export function calibrationOfRun(
  run: Run,
  calibration: AnyCalibration | undefined,
  { others, onEvent }: { readonly others: boolean; readonly onEvent: Listener },
): AnyCalibration | undefined {
  const { rubrics } = run.manifest.configuration;
  if (calibration === undefined || !rubrics.some(({ rubric }) => rubric.id === calibration.rubric.id))
    return undefined;
  try {
    calibratedVerdictOf(run, calibration);
    return calibration;
  } catch (error) {
    if (!others || !JurorError.isInstance(error)) throw error;
    onEvent({ type: 'warning', message: `${basename(run.folder)} is not calibrated: ${error.message}` });
    return undefined;
  }
}

/** Read a run's items and counts from its journal. */
export async function readRunItems(run: Run, options: RunItemsOptions): Promise<RunItems> {
  const { calibration } = options;
  const derive = calibration === undefined ? verdictOf(run) : calibratedVerdictOf(run, calibration);
  const read: { readonly row: PlanRow; readonly item: JudgedItem }[] = [];
  const counts = { verdicts: 0, scored: 0, pending: 0, abstained: 0 };
  for await (const { row, judgments } of readPlan(run)) {
    const verdict = judgments && derive(row, judgments);
    if (verdict === null) counts.pending++;
    else {
      counts.verdicts++;
      if (verdict.score !== null) counts.scored++;
      if (verdict.abstained) counts.abstained++;
    }
    read.push({ row, item: itemOf(row, verdict, options) });
  }
  const labelled = withLabels(run, read, options.levels);
  return { ...labelled, counts: { ...counts, ...(await countJudgments(run)) } };
}

function itemOf(
  row: PlanRow,
  verdict: Verdict | null,
  { data, judge, slicesOf }: RunItemsOptions,
): JudgedItem {
  const { sampleId, responseIds, mode, rubric, cluster, models, texts } = row;
  return {
    data,
    judge,
    rubric: rubric.id,
    mode,
    sampleId,
    responseIds,
    cluster,
    models: models ?? responseIds.map(() => null),
    score: verdict?.score ?? null,
    winner: verdict?.winner ?? null,
    flipped: verdict?.flipped ?? null,
    perCriterion: Object.fromEntries(
      Object.entries(verdict?.perCriterion ?? {}).map(([id, { score }]) => [id, score]),
    ),
    perObjective: verdict?.perObjective ?? {},
    label: undefined,
    slices: slicesOf(sampleId),
    texts,
  };
}

/** Labels are read together: whether numbers are levels of a scale shows in all of them. */
function withLabels(
  run: Run,
  read: readonly { readonly row: PlanRow; readonly item: JudgedItem }[],
  levels: boolean,
): Pick<RunItems, 'items' | 'unreadLabels'> {
  const labels = new Map<JudgedItem, string | number | undefined>();
  const unreadLabels: Record<string, UnreadLabels> = {};
  for (const [id, rows] of Map.groupBy(read, ({ item }) => item.rubric)) {
    const { labels: own, unread } = readLabels(
      rows.map(({ row, item }) => ({ mode: item.mode, responseIds: item.responseIds, label: row.label })),
      rubricOf(run, id).rubric,
      { levels },
    );
    for (const [index, { item }] of rows.entries()) labels.set(item, own[index]);
    const first = rows.find(({ row }, index) => row.label !== undefined && own[index] === undefined);
    if (first) unreadLabels[id] = { count: unread, sampleId: first.item.sampleId, label: first.row.label };
  }
  return { items: read.map(({ item }) => ({ ...item, label: labels.get(item) })), unreadLabels };
}

async function countJudgments(run: Run): Promise<Pick<SuiteRun, 'judgments' | 'unscored' | 'tokens'>> {
  const unscored: Partial<Record<UnscoredReason, number>> = {};
  const tokens = { prompt: 0, generated: 0 };
  let judgments = 0;
  for await (const { outcome, usage } of run.store.plannedJudgments()) {
    judgments++;
    tokens.prompt += usage.prompt;
    tokens.generated += usage.generated;
    if (outcome.status === 'unscored') unscored[outcome.reason] = (unscored[outcome.reason] ?? 0) + 1;
  }
  return { judgments, unscored, tokens };
}
