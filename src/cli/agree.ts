/** `juror agree RUN`: verdicts against labels, beside trivial baselines. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { type AgreementReport, type AgreementRow, agreementReport } from '../aggregate/agree.ts';
import { agreementRow } from '../aggregate/agreement-row.ts';
import {
  type ProcessReport,
  type ProcessRow,
  processReport,
  processRow,
} from '../aggregate/process-report.ts';
import { readSamples } from '../dataset.ts';
import { JurorError, nearestName } from '../errors.ts';
import { verdictOf } from '../judge/run.ts';
import { scaleLabels, scoreOf } from '../scale.ts';
import type { Label, Verdict } from '../schema.ts';
import { readPlan } from '../store/export.ts';
import { type Run, readRun } from '../store/run.ts';
import { describeAgreement } from './agreement.ts';
import { calibratedFigures, describeCalibratedFigures } from './calibration.ts';
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
    .addOption(flag('--calibration <file>', 'figures with its calibrated probabilities beside'))
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
      const calibrated = flags.calibration === undefined ? undefined : await calibratedOf(run, flags, labels);
      if (reports.length === 0)
        throw new JurorError('usage', 'expected verdicts to compare, got none', { place: { file: folder } });
      if (flags.json) {
        const byRubric = reports.map(({ rubricId, report }) => [
          rubricId,
          calibrated?.rubricId === rubricId ? { ...report, calibrated } : report,
        ]);
        terminal.print(JSON.stringify(Object.fromEntries(byRubric), null, 2));
      } else {
        const texts = reports.flatMap(({ rubricId, report }) => [
          describeAgreement(rubricId, report),
          ...(calibrated?.rubricId === rubricId ? [describeCalibratedFigures(calibrated)] : []),
        ]);
        terminal.print(texts.join('\n\n'));
      }
      if (reports.every(({ report }) => report.counts.compared === 0))
        throw labels === undefined
          ? new JurorError('data', 'no verdict has a label; give some with --labels', {
              place: { file: folder },
            })
          : new JurorError(
              'data',
              `expected labels of the run's samples by id; of ${labels.size} none can be compared`,
              { place: { file: flags.labels ?? folder } },
            );
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
): Promise<{ rubricId: string; report: AgreementReport | ProcessReport }[]> {
  const known = run.manifest.configuration.rubrics.map(({ rubric }) => rubric.id);
  if (selection.rubric !== undefined && !known.includes(selection.rubric)) {
    const near = nearestName(selection.rubric, known);
    throw new JurorError(
      'usage',
      `--rubric: expected one of ${known.join(', ')}, got '${selection.rubric}'${near ? `, did you mean '${near}'?` : ''}`,
    );
  }
  const derive = verdictOf(run);
  /** A word of an only criterion's scale is its score; a winner's name says nothing about one answer alone. */
  const scoreOfWord = (word: string, rubricId: string): number | undefined => {
    const found = run.manifest.configuration.rubrics.find(({ rubric }) => rubric.id === rubricId);
    const [criterion, ...others] = found?.rubric.criteria ?? [];
    const known =
      criterion !== undefined && others.length === 0 && scaleLabels(criterion.scale).includes(word);
    return known ? scoreOf(criterion.scale, word) : undefined;
  };
  const rows = new Map<string, { mode: Verdict['mode']; rows: AgreementRow[]; solutions: ProcessRow[] }>();
  for await (const { row, judgments } of readPlan(run)) {
    if (judgments === null || (selection.rubric !== undefined && row.rubric.id !== selection.rubric))
      continue;
    const entry = rows.get(row.rubric.id) ?? { mode: row.mode, rows: [], solutions: [] };
    rows.set(row.rubric.id, entry);
    const label = selection.labelOf ? selection.labelOf(row.sampleId) : row.label;
    const { label: _judgedAlong, ...verdict } = derive(row, judgments);
    const usable =
      row.mode === 'pairwise' || typeof label !== 'string' ? label : scoreOfWord(label, row.rubric.id);
    const common = {
      cluster: row.cluster,
      ...(usable === undefined ? {} : { label: usable }),
      ...(row.group === undefined ? {} : { group: row.group }),
    };
    if (row.mode === 'stepwise') {
      if (selection.criterion !== undefined)
        throw new JurorError('usage', '--criterion: expected none, steps are compared as a whole');
      entry.solutions.push(processRow(verdict, common));
      continue;
    }
    entry.rows.push(
      agreementRow(verdict, {
        lengths: row.characters,
        ...common,
        ...(selection.criterion === undefined ? {} : { criterion: selection.criterion }),
      }),
    );
  }
  const seed = selection.seed === undefined ? {} : { seed: selection.seed };
  return [...rows].map(([rubricId, { mode, rows, solutions }]) => ({
    rubricId,
    report:
      mode === 'stepwise'
        ? processReport(solutions, seed)
        : agreementReport(rows, {
            mode,
            ...seed,
            ...(selection.scale === undefined ? {} : { labelRange: selection.scale }),
          }),
  }));
}

/** The calibrated half of the report; a calibration is of a rubric as a whole. */
function calibratedOf(
  run: Run,
  flags: AgreementSelection & { readonly calibration?: string | undefined },
  labels: ReadonlyMap<string, Label> | undefined,
): ReturnType<typeof calibratedFigures> {
  const { calibration = '', criterion, rubric, scale, seed } = flags;
  if (criterion !== undefined)
    throw new JurorError(
      'usage',
      '--calibration: expected no --criterion, which has no calibration of its own',
    );
  return calibratedFigures(run, calibration, {
    ...(labels ? { labelOf: (id) => labels.get(id) } : {}),
    ...(rubric === undefined ? {} : { rubricId: rubric }),
    ...(scale ? { labelRange: scale } : {}),
    ...(seed === undefined ? {} : { seed }),
  });
}

/** Labels of a data file, by sample id. */
export async function readLabels(path: string): Promise<Map<string, Label>> {
  const labels = new Map<string, Label>();
  for await (const { id, label } of readSamples(path)) if (label !== undefined) labels.set(id, label);
  return labels;
}

/** `--scale` as a range. */
export function labelScale(text: string): { min: number; max: number } {
  const [, low, high] = /^(-?\d+(?:\.\d+)?):(-?\d+(?:\.\d+)?)$/.exec(text) ?? [];
  const [min, max] = [Number(low), Number(high)];
  if (!(min < max)) throw new JurorError('usage', `--scale: expected two numbers such as 1:5, got '${text}'`);
  return { min, max };
}
