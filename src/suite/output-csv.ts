/** Figures and verdicts as CSV (RFC 4180) that no spreadsheet runs: text that begins like a formula gets an apostrophe. */
import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { guardCell } from '../dataset/csv.ts';
import { JurorError } from '../errors.ts';
import type { SuiteResult } from '../schema.ts';
import { readManifest } from '../store/manifest.ts';
import { runFiles } from '../store/run.ts';
import { readVerdicts, type SourcedVerdict, type VerdictSource } from './output-verdicts.ts';

type Cell = string | number | boolean | null | undefined;

/** Figures of a suite, one a row, under a header; see `SuiteFigure`. Slices and reasons that are not there are empty. */
export function* figureCsv(result: SuiteResult): Generator<string> {
  yield line([
    'suite',
    'data',
    'judge',
    'rubric',
    'measure',
    'model',
    'part',
    'part_id',
    'slice',
    'slice_value',
    'estimate',
    'low',
    'high',
    'n',
    'clusters',
    'unscored',
    'reason',
  ]);
  for (const { data, judge, rubric, measure, model, part, slice, figure, unscored } of result.figures)
    yield line([
      result.suite.name,
      data,
      judge,
      rubric,
      measure,
      model,
      part.kind,
      part.kind === 'whole' ? null : part.id,
      slice?.name,
      slice?.value,
      figure.estimate,
      figure.low,
      figure.high,
      figure.n,
      figure.clusters,
      unscored,
      figure.reason,
    ]);
}

/** Columns of verdicts that every run has, before those of criteria and objectives. */
const columns: readonly (readonly [string, (sourced: SourcedVerdict) => Cell])[] = [
  ['suite', ({ source }) => source.suite?.name],
  ['data', ({ source }) => source.suite?.data],
  ['judge', ({ source }) => source.suite?.judge],
  ['rubric', ({ verdict }) => verdict.rubricId],
  ['mode', ({ verdict }) => verdict.mode],
  ['sample', ({ verdict }) => verdict.sampleId],
  ['response_1', ({ verdict }) => verdict.responseIds[0]],
  ['response_2', ({ verdict }) => verdict.responseIds[1]],
  ['score', ({ verdict }) => verdict.score],
  ['winner', ({ verdict }) => verdict.winner],
  ['probability', ({ verdict }) => verdict.probability],
  ['flipped', ({ verdict }) => verdict.flipped],
  ['standard_error', ({ verdict }) => verdict.standardError],
  ['disagreement', ({ verdict }) => verdict.disagreement],
  ['label', ({ verdict }) => textOf(verdict.label)],
  ['abstained', ({ verdict }) => verdict.abstained?.reasons.map(({ kind }) => kind).join(' ')],
  ['unscored', ({ verdict }) => [...new Set(verdict.unscored)].join(' ')],
  ['group', ({ row }) => row.group],
  ['model_1', ({ row }) => row.models?.[0]],
  ['model_2', ({ row }) => row.models?.[1]],
];

/**
 * Verdicts of run folders, one a row, under a header: the columns of all verdicts, then `criterion.ID` and `objective.ID` with the
 * scores of every criterion and objective of the runs' rubrics, empty where a rubric lacks one. Memory does not grow with the
 * runs. Lone surrogates in ids become U+FFFD; `verdictLines` keeps them. Throws JurorError `store` for a folder that is no run.
 */
export async function* verdictCsv(sources: readonly VerdictSource[]): AsyncGenerator<string> {
  const criteria = new Set<string>();
  const objectives = new Set<string>();
  for (const { folder } of sources) {
    const manifest = await readManifest(join(folder, runFiles.manifest));
    if (!manifest)
      throw new JurorError('store', `expected a run folder, got one without ${runFiles.manifest}`, {
        place: { file: folder },
      });
    for (const { rubric } of manifest.configuration.rubrics)
      for (const { id, objective } of rubric.criteria) {
        criteria.add(id);
        objectives.add(objective);
      }
  }
  const all: typeof columns = [
    ...columns,
    ...[...criteria].map(
      (id) =>
        [`criterion.${id}`, ({ verdict }: SourcedVerdict) => own(verdict.perCriterion, id)?.score] as const,
    ),
    ...[...objectives].map(
      (id) => [`objective.${id}`, ({ verdict }: SourcedVerdict) => own(verdict.perObjective, id)] as const,
    ),
  ];
  yield line(all.map(([name]) => name));
  for await (const sourced of readVerdicts(sources)) yield line(all.map(([, cell]) => cell(sourced)));
}

function own<Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** Labels are names or numbers, or lists and records of such. */
function textOf(label: SourcedVerdict['verdict']['label']): Cell {
  return label === undefined || typeof label === 'string' || typeof label === 'number'
    ? label
    : JSON.stringify(label);
}

function line(cells: readonly Cell[]): string {
  return stringify(
    [
      cells.map((cell) =>
        typeof cell === 'string' ? guardCell(cell.toWellFormed()) : (cell ?? '').toString(),
      ),
    ],
    { record_delimiter: 'windows', quoted_match: /[\r\n]/ },
  );
}
