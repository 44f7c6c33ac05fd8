/** `juror agree RUN`: verdicts against labels, beside trivial baselines. */
import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { JurorError } from '../errors.ts';
import { type Run, readRun } from '../store/run.ts';
import { agreementHeading, describeAgreement } from './agreement.ts';
import { agreementParts } from './agreement-parts.ts';
import {
  type AgreementSelection,
  agreementOf,
  labelScale,
  readAgreementRows,
  readTruths,
  type Truth,
} from './agreement-rows.ts';
import { describeAsked, describeParts } from './agreement-text.ts';
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
        'take labels and votes from this file, by sample id (default: those of the judged data)',
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
      await using run = await readRun(folder);
      const truths = flags.labels === undefined ? undefined : await readTruths(flags.labels);
      const selection: AgreementSelection = {
        ...flags,
        ...(truths ? { truthOf: (id) => truths.get(id) } : {}),
      };
      const found = await agreementOf(run, selection);
      if (found.length === 0)
        throw new JurorError('usage', 'expected verdicts to compare, got none', { place: { file: folder } });
      const calibrated = flags.calibration === undefined ? undefined : await calibratedOf(run, flags, truths);
      const none = found.every(({ report }) => report.counts.compared === 0);
      const against = flags.against === undefined || none ? undefined : await otherRun(flags.against, flags);
      const reports = found.map((of) => ({
        ...of,
        parts: agreementParts(of, { ...flags, corrected: flags.corrected && !none, against }),
        ...(calibrated?.rubricId === of.rubricId ? { calibrated } : {}),
      }));
      if (flags.json) {
        const byRubric = reports.map(({ rubricId, report, parts, calibrated }) => [
          rubricId,
          { ...report, ...parts, ...(calibrated ? { calibrated } : {}) },
        ]);
        terminal.print(JSON.stringify(Object.fromEntries(byRubric), null, 2));
      } else {
        const asked = !none && (flags.corrected || against !== undefined);
        const texts = reports.flatMap(({ rubricId, mode, report, parts, calibrated }) =>
          asked
            ? [agreementHeading(rubricId, report), ...describeAsked(parts, flags)]
            : [
                describeAgreement(rubricId, report),
                ...(mode === 'stepwise' ? [] : describeParts(parts, mode)),
                ...(calibrated ? [describeCalibratedFigures(calibrated)] : []),
              ],
        );
        terminal.print(texts.join('\n\n'));
      }
      if (none) throw nothingCompared(folder, flags.labels, truths);
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

function nothingCompared(
  folder: string,
  file: string | undefined,
  truths: ReadonlyMap<string, Truth> | undefined,
): JurorError {
  return truths === undefined
    ? new JurorError('data', 'no verdict has a label; give some with --labels', { place: { file: folder } })
    : new JurorError(
        'data',
        `expected labels of the run's samples by id; of ${truths.size} none can be compared`,
        { place: { file: file ?? folder } },
      );
}

/** The calibrated half of the report; a calibration is of a rubric as a whole. */
function calibratedOf(
  run: Run,
  flags: AgreementSelection & { readonly calibration?: string | undefined },
  truths: ReadonlyMap<string, Truth> | undefined,
): ReturnType<typeof calibratedFigures> {
  const { calibration = '', criterion, rubric, scale, seed } = flags;
  if (criterion !== undefined)
    throw new JurorError(
      'usage',
      '--calibration: expected no --criterion, which has no calibration of its own',
    );
  return calibratedFigures(run, calibration, {
    ...(truths ? { labelOf: (id) => truths.get(id)?.label } : {}),
    ...(rubric === undefined ? {} : { rubricId: rubric }),
    ...(scale ? { labelRange: scale } : {}),
    ...(seed === undefined ? {} : { seed }),
  });
}
