/** What stands below an agreement's tables: annotators, models, corrected rates, another run, confidence. */
import { type AnnotatorsReport, annotatorsReport } from '../aggregate/annotators-report.ts';
import { type ConfidenceReport, confidenceReport } from '../aggregate/confidence-report.ts';
import { type CorrectedReport, correctedReport } from '../aggregate/corrected-report.ts';
import { type ModelRates, meetingsByModels, modelRates } from '../aggregate/model-rates.ts';
import { type PairedReport, pairedReport } from '../aggregate/paired-report.ts';
import { JurorError } from '../errors.ts';
import { type ViewerRaters, viewerRaters } from './agreement-labels.ts';
import type { AgreementSelection, RubricAgreement, RubricRows } from './agreement-rows.ts';

/** What a rubric's rows say beyond agreement; what they say nothing of is missing. */
export interface AgreementParts {
  /** Labels and votes in words that the scale lacks. */
  readonly unread?: RubricRows['unread'];
  /** Annotators of the viewer. */
  readonly raters?: ViewerRaters;
  readonly annotators?: AnnotatorsReport;
  /** One for each pair of models. */
  readonly models?: readonly ModelRates[];
  /** Pairs of models whose rates were not asked for. */
  readonly moreModels?: number;
  /** Rows without two different known models, where others have them. */
  readonly withoutModels?: number;
  readonly corrected?: CorrectedReport;
  readonly against?: PairedReport & { readonly run: string; readonly rubricId: string };
  readonly confidence?: ConfidenceReport;
}

/** What is asked for. */
export interface PartsOptions extends Pick<AgreementSelection, 'seed'> {
  /** Corrected rates or an error. */
  readonly corrected?: boolean | undefined;
  /** Win rates of no more pairs of models than this, those with most rows. Default: all. */
  readonly mostModels?: number | undefined;
  /** Another run, by its folder. */
  readonly against?:
    | {
        readonly folder: string;
        readonly rubrics: readonly RubricRows[];
        /** This run has one rubric: then an only one of another name is its counterpart. */
        readonly alone: boolean;
      }
    | undefined;
}

/** The parts of one rubric. Throws JurorError `usage` where one that was asked for cannot be. */
export function agreementParts(
  of: Omit<RubricAgreement, 'report'>,
  { seed, corrected, against, mostModels }: PartsOptions,
): AgreementParts {
  const { mode, rows, rubricId, scale } = of;
  const raters = viewerRaters(of.rated, { seed });
  const viewer = raters ? { raters } : {};
  const unread = of.unread.labels + of.unread.votes > 0 ? { unread: of.unread } : {};
  const asked = corrected ? '--corrected' : against ? '--against' : undefined;
  if (mode === 'stepwise') {
    if (asked)
      throw new JurorError('usage', `${asked}: expected pairs or single answers, got steps ('${rubricId}')`);
    return { ...unread, ...viewer };
  }
  const options = { mode, ...(seed === undefined ? {} : { seed }), ...(scale ? { labelRange: scale } : {}) };
  const rates = correctedReport(rows, options);
  if (corrected && rates === null) {
    const labelled = rows.filter(({ label }) => label !== null).length;
    throw new JurorError(
      'usage',
      `--corrected: expected scored verdicts with a label and others without one to correct for, got labels of ${labelled} of ${rows.length}`,
    );
  }
  const annotators = annotatorsReport(rows, options);
  const meetings = mode === 'pairwise' ? meetingsByModels(rows) : [];
  const models = meetings.length > 0 ? modelRates(rows, { ...options, most: mostModels }) : [];
  const met = meetings.reduce((sum, pair) => sum + pair.meetings.length, 0);
  const more = meetings.length - models.length;
  const confidence = confidenceReport(rows, options);
  return {
    ...unread,
    ...viewer,
    ...(annotators ? { annotators } : {}),
    ...(models.length > 0 ? { models } : {}),
    ...(more > 0 ? { moreModels: more } : {}),
    ...(met > 0 && met < rows.length ? { withoutModels: rows.length - met } : {}),
    ...(rates ? { corrected: rates } : {}),
    ...(against ? { against: againstOf(of, against, options) } : {}),
    ...(confidence ? { confidence } : {}),
  };
}

/** The other run's rubric of the same name, or its only one where this run has one as well. */
function againstOf(
  { rubricId, mode, rows }: Omit<RubricAgreement, 'report'>,
  { folder, rubrics, alone }: NonNullable<PartsOptions['against']>,
  options: Parameters<typeof pairedReport>[2],
): NonNullable<AgreementParts['against']> {
  const only = alone && rubrics.length === 1 ? rubrics[0] : undefined;
  const other = rubrics.find((found) => found.rubricId === rubricId) ?? only;
  const refuse = (expected: string, got: string): never => {
    throw new JurorError('usage', `--against: expected ${expected}, got ${got}`, { place: { file: folder } });
  };
  if (!other) {
    const known = rubrics.map((found) => `'${found.rubricId}'`).join(', ') || 'no verdicts';
    return refuse(`verdicts under '${rubricId}'`, known);
  }
  if (other.mode !== mode) return refuse(`${mode} verdicts`, `${other.mode} ones ('${other.rubricId}')`);
  const report = pairedReport(rows, other.rows, options);
  if (!report) return refuse('--scale with the scale of the labels', 'none');
  if (report.counts.onlyHere === rows.length)
    return refuse('verdicts on the same samples and responses', `none of ${other.rows.length}`);
  return { run: folder, rubricId: other.rubricId, ...report };
}
