/** `juror agree RUN`: verdicts against labels, beside trivial baselines. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { JurorError } from '../errors.ts';
import { calibratedVerdictOf } from '../judge/calibrated.ts';
import { readCalibration } from '../judge/calibration-file.ts';
import { judgeSubject, requireSubject } from '../judge/calibration-subject.ts';
import type { LabelPrior } from '../schema.ts';
import { type Run, readRun } from '../store/run.ts';
import { agreementHeading, describeAgreement } from './agreement.ts';
import { isLabelFile, readViewerLabels } from './agreement-labels.ts';
import { agreementParts } from './agreement-parts.ts';
import {
  type AgreementSelection,
  agreementOf,
  labelScale,
  type RubricAgreement,
  readAgreementRows,
  readTruths,
  type Truth,
} from './agreement-rows.ts';
import { describeAsked, describeParts, mostModels } from './agreement-text.ts';
import { calibratedFigures, describeCalibratedFigures } from './calibration.ts';
import { writeDiagram } from './diagram.ts';
import { flag, wholeNumber } from './flags.ts';
import { processTerminal } from './terminal.ts';

/** The verb. */
export function agreeCommand(): CommandUnknownOpts {
  return new Command('agree')
    .description('agreement of a run with labels, with intervals, beside trivial baselines')
    .argument('<run>', 'a run folder')
    .addOption(
      flag(
        '--labels <data>',
        'take labels and votes from this file, by sample id, or from a labels.jsonl of the viewer (default: those of the judged data)',
      ),
    )
    .addOption(flag('--rubric <id>', 'only this rubric'))
    .addOption(flag('--criterion <id>', 'compare one criterion instead of the whole'))
    .addOption(
      flag('--scale <min:max>', 'scale of numeric labels (default: evident for 0 and 1 only)').argParser(
        labelScale,
      ),
    )
    .addOption(flag('--against <run>', 'print only how another run does on the same samples, row by row'))
    .addOption(
      flag('--corrected', 'print only rates corrected for the judge’s errors, or why there are none'),
    )
    .addOption(flag('--diagram <file>', 'write the reliability diagram as SVG'))
    .addOption(flag('--calibration <file>', 'figures with its calibrated probabilities beside'))
    .addOption(flag('--seed <n>', 'of the bootstrap').argParser(wholeNumber(0)).default(0))
    .option('--json', 'print JSON')
    .action(async (folder, flags) => {
      const terminal = processTerminal();
      const only = flags.corrected ? '--corrected' : flags.against === undefined ? undefined : '--against';
      if (flags.calibration !== undefined && only !== undefined)
        throw new JurorError(
          'usage',
          `--calibration: expected no ${only}, which prints nothing of a calibration`,
        );
      await using run = await readRun(folder);
      const { labels: file, ...rest } = flags;
      const ofViewer = file !== undefined && (await isLabelFile(file));
      const labels = await readViewerLabels(folder, ofViewer ? file : undefined);
      // A file of labels stands in for those of the data, whatever it is.
      const truths = ofViewer
        ? new Map<string, Truth>()
        : file === undefined
          ? undefined
          : await readTruths(file);
      const selection: AgreementSelection = {
        ...rest,
        ...(labels ? { labels } : {}),
        ...(truths ? { truthOf: (id) => truths.get(id) } : {}),
      };
      const found = await agreementOf(run, selection);
      if (found.length === 0)
        throw new JurorError('usage', 'expected verdicts to compare, got none', { place: { file: folder } });
      const calibrated = await calibratedOf(run, rest, selection);
      const none = found.every(({ report }) => report.counts.compared === 0);
      const alone = run.manifest.configuration.rubrics.length === 1;
      const against =
        flags.against === undefined || none ? undefined : { ...(await otherRun(flags.against, rest)), alone };
      const reports = found.map((of) => ({
        ...of,
        parts: agreementParts(of, {
          ...flags,
          corrected: flags.corrected && !none,
          against,
          mostModels: flags.json ? undefined : mostModels,
        }),
        ...(calibrated?.rubricId === of.rubricId ? calibrated : {}),
      }));
      if (flags.json) {
        const byRubric = reports.map(({ rubricId, report, parts, calibrated, withoutPrior }) => [
          rubricId,
          {
            ...report,
            ...parts,
            ...(calibrated ? { calibrated } : {}),
            ...(withoutPrior ? { withoutPrior } : {}),
          },
        ]);
        terminal.print(JSON.stringify(Object.fromEntries(byRubric), null, 2));
      } else {
        const asked = !none && (flags.corrected || against !== undefined);
        const texts = reports.flatMap(({ rubricId, mode, report, parts, calibrated, withoutPrior }) =>
          asked
            ? [agreementHeading(rubricId, report), ...describeAsked(parts, flags)]
            : [
                describeAgreement(rubricId, report),
                ...describeParts(parts, mode),
                ...(calibrated ? [describeCalibratedFigures(calibrated)] : []),
                ...(withoutPrior
                  ? [
                      `with the prior over labels taken out (${withoutPrior.kind})`,
                      describeAgreement(rubricId, withoutPrior.report),
                    ]
                  : []),
              ],
        );
        terminal.print(texts.join('\n\n'));
      }
      if (none) throw nothingCompared(folder, flags.labels, ofViewer ? labels?.size : truths?.size);
      if (flags.diagram === undefined) return;
      await writeDiagram(flags.diagram, reports);
      if (!flags.json) terminal.print(`\n${flags.diagram}`);
    });
}

/** The rows of another run, under the same criterion. */
async function otherRun(folder: string, { criterion }: AgreementSelection) {
  await using run = await readRun(folder);
  return { folder, rubrics: await readAgreementRows(run, { criterion }) };
}

function nothingCompared(folder: string, file: string | undefined, labels: number | undefined): JurorError {
  return labels === undefined
    ? new JurorError('data', 'no verdict has a label; give some with --labels', { place: { file: folder } })
    : new JurorError(
        'data',
        `expected labels of the run's samples by id; of ${labels} none can be compared`,
        { place: { file: file ?? folder } },
      );
}

/** What a calibration makes of its rubric; it is of the rubric as a whole. */
interface CalibratedHalf {
  readonly rubricId: string;
  readonly calibrated?: Awaited<ReturnType<typeof calibratedFigures>>;
  readonly withoutPrior?: { readonly kind: LabelPrior['kind']; readonly report: RubricAgreement['report'] };
}

/** The half of a line is probabilities before and after; that of a prior the whole report of other verdicts. */
async function calibratedOf(
  run: Run,
  {
    calibration: file,
    criterion,
    rubric,
    scale,
    seed,
  }: AgreementSelection & { calibration?: string | undefined },
  selection: AgreementSelection,
): Promise<CalibratedHalf | undefined> {
  if (file === undefined) return undefined;
  if (criterion !== undefined)
    throw new JurorError(
      'usage',
      '--calibration: expected no --criterion, which has no calibration of its own',
    );
  const calibration = await readCalibration(file);
  const rubricId = calibration.rubric.id;
  if (rubric !== undefined && rubric !== rubricId) requireSubject(calibration, judgeSubject(run, rubric));
  if ('priors' in calibration) {
    const derive = calibratedVerdictOf(run, calibration);
    const [of] = await agreementOf(run, { ...selection, rubric: rubricId, derive });
    return of && { rubricId, withoutPrior: { kind: calibration.kind, report: of.report } };
  }
  const { truthOf } = selection;
  const calibrated = await calibratedFigures(run, calibration, {
    ...(truthOf ? { labelOf: (id) => truthOf(id)?.label } : {}),
    ...(scale ? { labelRange: scale } : {}),
    ...(seed === undefined ? {} : { seed }),
  });
  return { rubricId, calibrated };
}
