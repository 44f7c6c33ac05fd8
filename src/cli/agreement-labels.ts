/** Labels given in the viewer beside a run's verdicts: annotations for the report, and κ of each annotator with whom they meet. */
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { type RatedRow, type RaterPair, raterPairs } from '../aggregate/rater-pairs.ts';
import type { Annotation, Rubric, Verdict } from '../schema.ts';
import { runFiles } from '../store/run.ts';
import type { PlanRow } from '../store/store.ts';
import { judgeName, nearestScore, placeName } from '../view/agreement.ts';
import { LabelRecord } from '../view/api.ts';
import { choicesOf } from '../view/choices.ts';
import { currentLabels, itemOf, readLabelFile } from '../view/labels.ts';
import { number, share } from './figures.ts';
import { count, excerpt, table } from './terminal.ts';

/** Two annotators that are shown; all are in the JSON. */
const mostPairs = 12;

/** The labels that count of a labels file. */
export interface ViewerLabels {
  readonly size: number;
  /** Those of one verdict. */
  of(row: Pick<PlanRow, 'rubric' | 'sampleId' | 'responseIds'>): readonly LabelRecord[];
}

/** How the annotators of the viewer do under one rubric. */
export interface ViewerRaters {
  /** Annotator → their labels, and how many of them were given while the judge was hidden. */
  readonly annotators: Readonly<Record<string, { readonly labels: number; readonly blind: number }>>;
  /** Each of them with the judge (`judge`), with each other, and with the named annotators of the data. */
  readonly pairs: readonly RaterPair[];
}

/** A row with what was said of it. */
export interface LabelledRow extends RatedRow {
  readonly labels: readonly LabelRecord[];
}

/** The labels of a run folder, or of a labels file. Throws JurorError `store` for a file that is none. */
export async function readViewerLabels(folder: string, file?: string): Promise<ViewerLabels | undefined> {
  const records = currentLabels(await readLabelFile(file ?? join(folder, runFiles.labels)));
  if (records.length === 0 && file === undefined) return undefined;
  const byItem = Map.groupBy(records, itemOf);
  return {
    size: records.length,
    of: ({ rubric, sampleId, responseIds }) =>
      byItem.get(itemOf({ rubricId: rubric.id, sampleId, responseIds: [...responseIds] })) ?? [],
  };
}

/** Whether a file has labels of the viewer, by its first line; false for one that is not there. */
export async function isLabelFile(file: string): Promise<boolean> {
  if (!/\.(jsonl|ndjson)$/i.test(file)) return false;
  const handle = await open(file, 'r').catch(() => undefined);
  if (handle === undefined) return false;
  try {
    for await (const line of handle.readLines({ autoClose: false })) {
      if (line.trim() === '') continue;
      return LabelRecord.safeParse(JSON.parse(line)).success;
    }
    return false;
  } catch {
    return false;
  } finally {
    await handle.close();
  }
}

/** Labels as annotations: winners of pairs, or numbers on the scale of the labels. */
export function annotationsOfLabels(
  labels: readonly LabelRecord[],
  { min, max }: { readonly min: number; readonly max: number },
): Annotation[] {
  return labels.flatMap(({ annotator, label, score }): Annotation[] => {
    if (score !== null) return [{ annotator, label: min + score * (max - min) }];
    return label === null ? [] : [{ annotator, label }];
  });
}

/** What judge, annotators of the viewer and named ones of the data say of a verdict, in words that all share. */
export function ratedRow(
  row: PlanRow,
  verdict: Omit<Verdict, 'label'>,
  labels: readonly LabelRecord[],
  {
    rubric,
    annotations,
    scale,
  }: {
    readonly rubric: Pick<Rubric, 'criteria'>;
    /** Numbers are on `scale`. */
    readonly annotations: readonly Annotation[];
    readonly scale: { readonly min: number; readonly max: number };
  },
): LabelledRow {
  const said = new Map<string, string | number>();
  const put = (name: string, value: string | number | null): void => {
    if (value !== null) said.set(name, value);
  };
  const onScale = ({ label }: Annotation): string | number | null => {
    if (typeof label === 'string') return placeName(label, row.responseIds);
    const value = (label - scale.min) / (scale.max - scale.min);
    return value >= 0 && value <= 1 ? value : null;
  };
  for (const annotation of annotations)
    if (annotation.annotator !== undefined && annotation.annotator !== judgeName)
      put(annotation.annotator, onScale(annotation));
  for (const { annotator, label, score } of labels)
    put(annotator, score ?? placeName(label, row.responseIds));
  if (verdict.score !== null)
    put(
      judgeName,
      verdict.mode === 'pairwise'
        ? placeName(verdict.winner, row.responseIds)
        : nearestScore(
            verdict.score,
            choicesOf(verdict, rubric, [0]).flatMap(({ score }) => score ?? []),
          ),
    );
  return { cluster: row.cluster, said, labels };
}

/** κ of each annotator of the viewer; undefined without labels. */
export function viewerRaters(
  rows: readonly LabelledRow[],
  options: { readonly seed?: number | undefined },
): ViewerRaters | undefined {
  const labels = rows.flatMap((row) => row.labels);
  if (labels.length === 0) return undefined;
  const own = [...new Set(labels.map(({ annotator }) => annotator))].sort();
  const others = [...new Set(rows.flatMap(({ said }) => [...said.keys()]))]
    .filter((name) => name !== judgeName && !own.includes(name))
    .sort();
  const seed = options.seed === undefined ? {} : { seed: options.seed };
  const met = (pairs: readonly RaterPair[]) => pairs.filter(({ n }) => n > 0);
  const pairs = [
    ...own.flatMap((name) => raterPairs(rows, [name, judgeName], seed)),
    ...raterPairs(rows, own, seed),
    ...own.flatMap((name) => others.flatMap((other) => raterPairs(rows, [name, other], seed))),
  ];
  return {
    annotators: Object.fromEntries(
      own.map((name) => {
        const given = labels.filter(({ annotator }) => annotator === name);
        return [name, { labels: given.length, blind: given.filter(({ blind }) => blind).length }];
      }),
    ),
    pairs: met(pairs),
  };
}

/** The table of κ and the line above it. */
export function describeViewerRaters({ annotators, pairs }: ViewerRaters): string[] {
  const given = Object.entries(annotators).map(
    ([name, { labels, blind }]) => `${excerpt(name, 32)} ${count(labels)} (${count(blind)} blind)`,
  );
  const nameOf = (name: string): string => (name === judgeName ? 'juror' : excerpt(name, 32));
  return [
    `labels given in the viewer: ${given.join(', ')}`,
    ...(pairs.length === 0
      ? []
      : [
          table(
            ['annotator', 'with', 'agreement', 'κ', 'n'],
            pairs
              .slice(0, mostPairs)
              .map(({ left, right, agreement, kappa, n }) => [
                nameOf(left),
                nameOf(right),
                share(agreement),
                number(kappa),
                count(n),
              ]),
            ['n'],
          ),
        ]),
    ...(pairs.length > mostPairs ? [`and ${pairs.length - mostPairs} more, in --json`] : []),
  ];
}
