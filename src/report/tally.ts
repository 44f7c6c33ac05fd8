/** One rubric's verdicts as columns: what figures are computed from once all are seen. */
import type { AgreementRow } from '../aggregate/agree.ts';
import { agreementRow } from '../aggregate/agreement-row.ts';
import { type ProcessRow, processRow } from '../aggregate/process-report.ts';
import { scaleLabels, scoreOf } from '../scale.ts';
import type { Annotation, Judgment, Label, Rubric, Sample, Verdict } from '../schema.ts';
import type { PlanRow } from '../store/store.ts';
import { type Contest, contestOf, createShortlist, knownLabel } from './contested.ts';

/** What is known of a sample's truth. */
export type KnownTruth = Pick<Sample, 'label' | 'annotations'>;

/** How verdicts are tallied. */
export interface TallyOptions {
  /** Samples kept in full. */
  readonly most: number;
  /** Labels from elsewhere, by sample id. Default: those that were judged along. */
  readonly truthOf?: ((sampleId: string) => KnownTruth | undefined) | undefined;
}

/** A verdict that people should see. */
export interface ShortlistedVerdict {
  readonly row: PlanRow;
  readonly verdict: Verdict;
  readonly judgments: readonly Judgment[];
  readonly contest: Contest;
  readonly label: Label | undefined;
}

/** What a rubric's verdicts add up to. */
export interface Tally {
  readonly rubric: Rubric;
  readonly mode: Verdict['mode'];
  planned: number;
  pending: number;
  abstained: number;
  contentFree: number;
  readonly reasons: Record<string, number>;
  /** Of each verdict that has its judgments, in the order of the plan. */
  readonly clusters: string[];
  readonly groups: (string | undefined)[];
  readonly scores: (number | null)[];
  readonly criteria: Map<string, (number | null)[]>;
  readonly objectives: Map<string, (number | null)[]>;
  /** Pairs and single answers; empty for solutions in steps. */
  readonly rows: AgreementRow[];
  readonly solutions: ProcessRow[];
  unread: number;
  panel: { reducer: string; quorum: string; undecided: number } | null;
  /** Member → its score of each verdict. */
  readonly members: Map<string, (number | null)[]>;
  readonly disagreements: (number | null)[];
  ladder: Record<string, number> | null;
  readonly contested: ReturnType<typeof createShortlist<ShortlistedVerdict>>;
  readonly unscored: Omit<ShortlistedVerdict, 'contest' | 'label'>[];
}

/** Verdicts without a score that are named. */
const mostUnscored = 10;

/** An empty tally. */
export function createTally(rubric: Rubric, mode: Tally['mode'], { most }: TallyOptions): Tally {
  return {
    rubric,
    mode,
    planned: 0,
    pending: 0,
    abstained: 0,
    contentFree: 0,
    reasons: {},
    clusters: [],
    groups: [],
    scores: [],
    criteria: new Map(),
    objectives: new Map(),
    rows: [],
    solutions: [],
    unread: 0,
    panel: null,
    members: new Map(),
    disagreements: [],
    ladder: null,
    contested: createShortlist(most),
    unscored: [],
  };
}

/** Adds a verdict. Throws JurorError `data`, naming the sample, for a label that cannot be one of it. */
export function addVerdict(
  tally: Tally,
  row: PlanRow,
  verdict: Verdict,
  judgments: readonly Judgment[],
  { truthOf }: TallyOptions,
): void {
  const truth = truthOf ? truthOf(row.sampleId) : row;
  const label = usableLabel(tally, truth?.label);
  if (label === undefined && truth?.label !== undefined) tally.unread++;
  for (const reason of verdict.unscored) tally.reasons[reason] = (tally.reasons[reason] ?? 0) + 1;
  if (verdict.abstained) tally.abstained++;
  if (verdict.contentFree) tally.contentFree++;
  const place = tally.scores.push(verdict.score) - 1;
  tally.clusters.push(row.cluster);
  tally.groups.push(row.group);
  tally.disagreements.push(verdict.disagreement);
  for (const [id, { score }] of Object.entries(verdict.perCriterion)) put(tally.criteria, id, place, score);
  for (const [id, score] of Object.entries(verdict.perObjective)) put(tally.objectives, id, place, score);
  addJudges(tally, verdict, place);
  addLabelled(tally, row, verdict, label, truth?.annotations ?? row.annotations ?? []);
  if (verdict.score === null) {
    if (tally.unscored.length < mostUnscored) tally.unscored.push({ row, verdict, judgments });
    return;
  }
  const contest = contestOf(verdict, knownLabel(verdict, label));
  if (contest) tally.contested.add(contest.total, () => ({ row, verdict, judgments, contest, label }));
}

function put(columns: Map<string, (number | null)[]>, name: string, place: number, value: number | null) {
  const column = columns.get(name) ?? [];
  columns.set(name, column);
  while (column.length < place) column.push(null);
  column[place] = value;
}

function addJudges(tally: Tally, { panel, escalation }: Verdict, place: number): void {
  if (panel) {
    tally.panel ??= { reducer: panel.reducer, quorum: String(panel.quorum), undecided: 0 };
    if (panel.state === 'undecided') tally.panel.undecided++;
    for (const { engine, score } of panel.members) put(tally.members, engine, place, score);
  }
  if (escalation) {
    // Without a prototype: a judge may be called as one of its members.
    tally.ladder ??= Object.create(null) as Record<string, number>;
    const name = escalation.decided ?? 'nobody';
    tally.ladder[name] = (tally.ladder[name] ?? 0) + 1;
  }
}

function addLabelled(
  tally: Tally,
  row: PlanRow,
  { label: _judgedAlong, ...verdict }: Verdict,
  label: Label | undefined,
  votes: readonly Annotation[],
): void {
  const common = {
    cluster: row.cluster,
    ...(label === undefined ? {} : { label }),
  };
  if (tally.mode === 'stepwise') {
    tally.solutions.push(processRow(verdict, common));
    return;
  }
  const annotations = votes.flatMap((vote, index): Annotation[] => {
    const said = usableLabel(tally, vote.label);
    if (said === undefined || typeof said === 'object') return [];
    const place = vote.annotator === undefined ? { place: vote.place ?? index } : {};
    return [{ ...vote, ...place, label: said }];
  });
  tally.unread += votes.length - annotations.length;
  // A single answer without a label or votes says nothing about agreement.
  if (tally.mode === 'pointwise' && label === undefined && annotations.length === 0) return;
  tally.rows.push(
    agreementRow(verdict, {
      lengths: row.characters,
      ...common,
      ...(annotations.length === 0 ? {} : { annotations }),
      ...(row.models === undefined ? {} : { models: row.models }),
    }),
  );
}

/** A word of an only criterion's scale is its score; a winner's name says nothing about one answer alone. */
function usableLabel({ mode, rubric }: Tally, label: Label | undefined): Label | undefined {
  if (mode === 'pairwise' || typeof label !== 'string') return label;
  const [criterion, ...others] = rubric.criteria;
  const known =
    criterion !== undefined && others.length === 0 && scaleLabels(criterion.scale).includes(label);
  return known ? scoreOf(criterion.scale, label) : undefined;
}
