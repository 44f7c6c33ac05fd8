/** `juror agree RUN`: verdicts against labels, beside trivial baselines. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { type AgreementReport, type AgreementRow, agreementReport } from '../aggregate/agree.ts';
import { agreementRow } from '../aggregate/agreement-row.ts';
import { readSamples } from '../dataset.ts';
import { JurorError, nearestName } from '../errors.ts';
import { verdictOf } from '../judge/run.ts';
import type { Label } from '../schema.ts';
import { readPlan } from '../store/export.ts';
import { type Run, readRun } from '../store/run.ts';
import { describeAgreement } from './agreement.ts';
import { flag, wholeNumber } from './flags.ts';
import { processTerminal } from './terminal.ts';

/** The verb. */
export function agreeCommand(): CommandUnknownOpts {
  return new Command('agree')
    .description('agreement of a run with labels, with intervals, beside trivial baselines')
    .argument('<run>', 'a run folder')
    .addOption(
      flag('--labels <data>', 'take labels from this file, by sample id (default: those of the judged data)'),
    )
    .addOption(flag('--rubric <id>', 'only this rubric'))
    .addOption(flag('--criterion <id>', 'compare one criterion instead of the whole'))
    .addOption(
      flag('--scale <min:max>', 'scale of numeric labels (default: evident for 0 and 1 only)').argParser(
        labelScale,
      ),
    )
    .addOption(flag('--seed <n>', 'of the bootstrap').argParser(wholeNumber(0)).default(0))
    .option('--json', 'print JSON')
    .action(async (folder, flags) => {
      const terminal = processTerminal();
      await using run = await readRun(folder);
      const labels = flags.labels === undefined ? undefined : await readLabels(flags.labels);
      const reports = await agreementOf(run, {
        ...flags,
        ...(labels ? { labelOf: (id) => labels.get(id) } : {}),
      });
      if (reports.length === 0)
        throw new JurorError('usage', 'expected verdicts to compare, got none', { place: { file: folder } });
      if (flags.json)
        return terminal.print(
          JSON.stringify(
            Object.fromEntries(reports.map(({ rubricId, report }) => [rubricId, report])),
            null,
            2,
          ),
        );
      terminal.print(reports.map(({ rubricId, report }) => describeAgreement(rubricId, report)).join('\n\n'));
      if (reports.every(({ report }) => report.counts.compared === 0))
        throw new JurorError('data', 'no verdict has a label; give some with --labels', {
          place: { file: folder },
        });
    });
}

/** What is compared. */
export interface AgreementSelection {
  readonly rubric?: string | undefined;
  readonly criterion?: string | undefined;
  readonly scale?: { min: number; max: number } | undefined;
  readonly seed?: number | undefined;
  /** Default: the label that was judged along. */
  readonly labelOf?: (sampleId: string) => Label | undefined;
}

/** One report for each rubric of a run. */
export async function agreementOf(
  run: Run,
  selection: AgreementSelection,
): Promise<{ rubricId: string; report: AgreementReport }[]> {
  const known = run.manifest.configuration.rubrics.map(({ rubric }) => rubric.id);
  if (selection.rubric !== undefined && !known.includes(selection.rubric)) {
    const near = nearestName(selection.rubric, known);
    throw new JurorError(
      'usage',
      `--rubric: expected one of ${known.join(', ')}, got '${selection.rubric}'${near ? `, did you mean '${near}'?` : ''}`,
    );
  }
  const derive = verdictOf(run);
  const rows = new Map<string, { mode: 'pairwise' | 'pointwise'; rows: AgreementRow[] }>();
  for await (const { row, judgments } of readPlan(run)) {
    if (judgments === null || (selection.rubric !== undefined && row.rubric.id !== selection.rubric))
      continue;
    const entry = rows.get(row.rubric.id) ?? { mode: row.mode, rows: [] };
    rows.set(row.rubric.id, entry);
    const label = selection.labelOf ? selection.labelOf(row.sampleId) : row.label;
    const { label: _judgedAlong, ...verdict } = derive(row, judgments);
    // A winner's name says nothing about one answer alone.
    const usable = row.mode === 'pairwise' || typeof label !== 'string' ? label : undefined;
    entry.rows.push(
      agreementRow(verdict, {
        lengths: row.characters,
        cluster: row.cluster,
        ...(usable === undefined ? {} : { label: usable }),
        ...(row.group === undefined ? {} : { group: row.group }),
        ...(selection.criterion === undefined ? {} : { criterion: selection.criterion }),
      }),
    );
  }
  return [...rows].map(([rubricId, { mode, rows }]) => ({
    rubricId,
    report: agreementReport(rows, {
      mode,
      ...(selection.seed === undefined ? {} : { seed: selection.seed }),
      ...(selection.scale === undefined ? {} : { labelRange: selection.scale }),
    }),
  }));
}

async function readLabels(path: string): Promise<Map<string, Label>> {
  const labels = new Map<string, Label>();
  for await (const { id, label } of readSamples(path)) if (label !== undefined) labels.set(id, label);
  return labels;
}

function labelScale(text: string): { min: number; max: number } {
  const [min, max] = text.split(':').map(Number);
  if (min === undefined || max === undefined || !(min < max))
    throw new JurorError('usage', `--scale: expected two numbers such as 1:5, got '${text}'`);
  return { min, max };
}
