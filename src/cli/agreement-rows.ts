/** A run's verdicts beside labels, as rows of the agreement report. */
import { type AgreementReport, agreementReport } from '../aggregate/agree.ts';
import { agreementRow } from '../aggregate/agreement-row.ts';
import type { IdentifiedRow } from '../aggregate/paired-report.ts';
import {
  type ProcessReport,
  type ProcessRow,
  processReport,
  processRow,
} from '../aggregate/process-report.ts';
import { labelOfMost } from '../dataset/votes.ts';
import { readSamples } from '../dataset.ts';
import { JurorError, nearestName } from '../errors.ts';
import { rubricOf, verdictOf } from '../judge/run.ts';
import { scaleLabels, scoreOf } from '../scale.ts';
import type { Annotation, Sample, Verdict } from '../schema.ts';
import { readPlan } from '../store/export.ts';
import type { Run } from '../store/run.ts';
import { annotationsOfLabels, type LabelledRow, ratedRow, type ViewerLabels } from './agreement-labels.ts';

/** What is known of a sample's truth. */
export type Truth = Pick<Sample, 'label' | 'annotations'>;

/** What is compared. */
export interface AgreementSelection {
  readonly rubric?: string | undefined;
  readonly criterion?: string | undefined;
  readonly scale?: { min: number; max: number } | undefined;
  readonly seed?: number | undefined;
  /** Default: what was judged along. Votes that it lacks are taken from there. */
  readonly truthOf?: (sampleId: string) => Truth | undefined;
  /** Labels given in the viewer: votes beside the others, and the label of a row that has none. */
  readonly labels?: ViewerLabels | undefined;
  /** How verdicts are derived. Default: as the run's settings say. */
  readonly derive?: ReturnType<typeof verdictOf> | undefined;
}

/** The rows of one rubric of a run. */
export interface RubricRows {
  readonly rubricId: string;
  readonly mode: Verdict['mode'];
  /** Of verdicts on pairs and on single answers. */
  readonly rows: readonly IdentifiedRow[];
  /** Of solutions judged step by step. */
  readonly solutions: readonly ProcessRow[];
  /** What was said in the viewer; empty without labels of it. */
  readonly rated: readonly LabelledRow[];
  /** The scale of numeric labels: `--scale`, or 0 to 1 where labels of the viewer are among them. */
  readonly scale: AgreementSelection['scale'];
  /** Labels and votes in words that the scale lacks, which say nothing here. */
  readonly unread: { readonly labels: number; readonly votes: number };
}

/** One rubric's report, and the rows that it is made from. */
export interface RubricAgreement extends RubricRows {
  readonly report: AgreementReport | ProcessReport;
}

/** The agreement of each rubric of a run. */
export async function agreementOf(run: Run, selection: AgreementSelection): Promise<RubricAgreement[]> {
  const seed = selection.seed === undefined ? {} : { seed: selection.seed };
  const found = await readAgreementRows(run, selection);
  return found.map(({ mode, ...rest }) => ({
    ...rest,
    mode,
    report:
      mode === 'stepwise'
        ? processReport(rest.solutions, seed)
        : agreementReport(rest.rows, {
            mode,
            ...seed,
            ...(rest.scale === undefined ? {} : { labelRange: rest.scale }),
          }),
  }));
}

/** The rows of each rubric of a run, in the order of its plan. */
export async function readAgreementRows(run: Run, selection: AgreementSelection): Promise<RubricRows[]> {
  const { criterion, truthOf } = selection;
  requireRubric(run, selection.rubric);
  const derive = selection.derive ?? verdictOf(run);
  const rubrics = new Map<
    string,
    RubricRows & {
      rows: IdentifiedRow[];
      solutions: ProcessRow[];
      rated: LabelledRow[];
      unread: { labels: number; votes: number };
    }
  >();
  for await (const { row, judgments } of readPlan(run)) {
    const { mode, sampleId, responseIds, rubric, models, group } = row;
    if (judgments === null || (selection.rubric !== undefined && rubric.id !== selection.rubric)) continue;
    const entry = rubrics.get(rubric.id) ?? {
      rubricId: rubric.id,
      mode,
      rows: [],
      solutions: [],
      rated: [],
      scale: selection.scale,
      unread: { labels: 0, votes: 0 },
    };
    rubrics.set(rubric.id, entry);
    const truth = truthOf ? truthOf(sampleId) : row;
    const { label: _judgedAlong, ...verdict } = derive(row, judgments);
    const usable = <Value>(label: Value) =>
      mode === 'pairwise' || typeof label !== 'string' ? label : scoreOfWord(run, label, rubric.id);
    const labels = selection.labels?.of(row) ?? [];
    const said = annotationsOfLabels(labels, entry.scale ?? { min: 0, max: 1 });
    const own = usable(truth?.label);
    if (own === undefined && truth?.label !== undefined) entry.unread.labels++;
    const most = said.length === 0 || mode === 'stepwise' ? undefined : labelOfMost(said, responseIds);
    const label = own ?? most;
    const common = {
      cluster: row.cluster,
      ...(label === undefined ? {} : { label }),
      ...(group === undefined ? {} : { group }),
    };
    const votes = truth?.annotations ?? row.annotations ?? [];
    const read = votes.flatMap((vote, index): Annotation[] => {
      const said = usable(vote.label);
      if (said === undefined) return [];
      const place = vote.annotator === undefined ? { place: vote.place ?? index } : {};
      return [{ ...vote, ...place, label: said }];
    });
    if (labels.length > 0)
      entry.rated.push(
        ratedRow(row, verdict, labels, {
          rubric: rubricOf(run, rubric.id).rubric,
          annotations: read,
          scale: entry.scale ?? { min: 0, max: 1 },
        }),
      );
    if (mode === 'stepwise') {
      if (criterion !== undefined)
        throw new JurorError('usage', '--criterion: expected none, steps are compared as a whole');
      entry.solutions.push(processRow(verdict, common));
      continue;
    }
    entry.unread.votes += votes.length - read.length;
    // Who spoke again in the viewer means that.
    const again = new Set(labels.map(({ annotator }) => annotator));
    const annotations = [...read.filter(({ annotator = '' }) => !again.has(annotator)), ...said];
    entry.rows.push({
      ...agreementRow(verdict, {
        lengths: row.characters,
        ...common,
        ...(criterion === undefined ? {} : { criterion }),
        ...(annotations.length === 0 ? {} : { annotations }),
        ...(models === undefined ? {} : { models }),
      }),
      sampleId,
      responseIds,
      texts: row.texts,
    });
  }
  return [...rubrics.values()].map((entry) => ({ ...entry, scale: entry.scale ?? viewerScale(entry) }));
}

/** Labels and votes of a data file, by sample id. */
export async function readTruths(path: string): Promise<Map<string, Truth>> {
  const truths = new Map<string, Truth>();
  for await (const { id, label, annotations } of readSamples(path))
    if (label !== undefined || annotations !== undefined)
      truths.set(id, {
        ...(label === undefined ? {} : { label }),
        ...(annotations === undefined ? {} : { annotations }),
      });
  return truths;
}

/** `--scale` as a range. */
export function labelScale(text: string): { min: number; max: number } {
  const [, low, high] = /^(-?\d+(?:\.\d+)?):(-?\d+(?:\.\d+)?)$/.exec(text) ?? [];
  const [min, max] = [Number(low), Number(high)];
  if (!(min < max)) throw new JurorError('usage', `--scale: expected two numbers such as 1:5, got '${text}'`);
  return { min, max };
}

function requireRubric(run: Run, id: string | undefined): void {
  const known = run.manifest.configuration.rubrics.map(({ rubric }) => rubric.id);
  if (id === undefined || known.includes(id)) return;
  const near = nearestName(id, known);
  throw new JurorError(
    'usage',
    `--rubric: expected one of ${known.join(', ')}, got '${id}'${near ? `, did you mean '${near}'?` : ''}`,
  );
}

/** Labels of the viewer are scores in [0, 1]; that is the scale of all where the others may be such as well. */
function viewerScale({ mode, rows, rated }: RubricRows): AgreementSelection['scale'] {
  if (mode === 'pairwise' || rated.length === 0) return undefined;
  const isShare = (label: unknown) => typeof label !== 'number' || (label >= 0 && label <= 1);
  const all = rows.every(
    ({ label, votes = [] }) => isShare(label) && votes.every((vote) => isShare(vote.label)),
  );
  return all ? { min: 0, max: 1 } : undefined;
}

/** A word of an only criterion's scale is its score; a winner's name says nothing about one answer alone. */
function scoreOfWord(run: Run, word: string, rubricId: string): number | undefined {
  const [criterion, ...others] = rubricOf(run, rubricId).rubric.criteria;
  const known = criterion !== undefined && others.length === 0 && scaleLabels(criterion.scale).includes(word);
  return known ? scoreOf(criterion.scale, word) : undefined;
}
