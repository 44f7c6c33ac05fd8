/** A run folder or a suite's folder as a report. */
import { basename, join } from 'node:path';
import type { LabelRange } from '../aggregate/score-agreement.ts';
import { JurorError } from '../errors.ts';
import type { SuiteRun } from '../schema.ts';
import { readData } from '../store/data-pointer.ts';
import { findSuiteResult, suiteRunFolder } from '../suite/suite-folder.ts';
import { type ReadRunOptions, reportRun } from './read-run.ts';
import type { Report, RunReport } from './report.ts';
import type { KnownTruth } from './tally.ts';

/** Options of {@link readReport}. */
export interface ReportOptions {
  /** Files with prompts and answers of a run. A suite knows its own. Default: those that the run points to, where they are as judged. */
  readonly data?: readonly string[] | undefined;
  /** Labels and votes by sample id. Default: those that were judged along. */
  readonly truthOf?: ((sampleId: string) => KnownTruth | undefined) | undefined;
  /** Default: the suite's name, or the run's rubrics and models. */
  readonly title?: string | undefined;
  /** Contested samples of each rubric of a run, in full. Default 20. */
  readonly samples?: number | undefined;
  /** Leave out every text that was judged, and critiques, which quote them. Default false. */
  readonly redact?: boolean | undefined;
  /** Scale of numeric labels. Default: evident for 0 and 1 only. */
  readonly labelRange?: LabelRange | undefined;
  /** Of the bootstrap. Default 0. */
  readonly seed?: number | undefined;
}

/**
 * Everything that a report shows, of a run folder or a suite's folder. Equal runs give equal reports. Memory grows with the numbers of
 * verdicts, not with their texts. Throws JurorError `store` for any other folder, and `data` for texts or labels that are not the run's.
 */
export async function readReport(folder: string, options: ReportOptions = {}): Promise<Report> {
  const suite = await findSuiteResult(folder);
  const { samples: most = 20, redact = false, seed = 0, truthOf, labelRange } = options;
  const shared = { most, redact, seed, truthOf, labelRange };
  if (suite === undefined) {
    const run = await reportRun(folder, {
      ...shared,
      name: null,
      withFigures: true,
      ...(await dataOfRun(folder, options)),
    });
    return { title: options.title ?? runTitle(run), suite: null, runs: [run] };
  }
  if (options.data !== undefined && options.data.length > 0)
    throw new JurorError('usage', '--data: expected none, a suite names its own data', {
      place: { file: folder },
    });
  const runs: RunReport[] = [];
  for (const run of suite.runs)
    runs.push(
      await suiteRun(folder, run, (at) =>
        reportRun(at, {
          ...shared,
          name: { data: run.data, judge: run.judge },
          data: [join(folder, run.file)],
          withFigures: false,
          withoutTexts: withoutTexts(run.file),
        }),
      ),
    );
  return { title: options.title ?? suite.suite.name, suite, runs };
}

async function suiteRun(
  folder: string,
  run: SuiteRun,
  read: (folder: string) => Promise<RunReport>,
): Promise<RunReport> {
  const at = await suiteRunFolder(folder, run.folder);
  try {
    return await read(at);
  } catch (error) {
    if (!JurorError.isInstance(error) || error.code !== 'store') throw error;
    const missing = 'Its run folder could not be read, so there are only the figures of the suite.';
    const texts = { state: 'missing', reason: missing } as const;
    const name = { data: run.data, judge: run.judge };
    return { name, missing, texts, setup: null, tokens: null, rubrics: [] };
  }
}

/** What was named, which must be as judged, or what the run points to, which may have changed since. */
async function dataOfRun(
  folder: string,
  { data = [], redact }: ReportOptions,
): Promise<Pick<ReadRunOptions, 'data' | 'withoutTexts'>> {
  if (data.length > 0 || redact) return { data };
  const { files = [] } = (await readData(folder)) ?? {};
  const names = files.map((file) => basename(file)).join(', ');
  return { data: files, withoutTexts: `${withoutTexts(names)} Name them with --data FILE.` };
}

function withoutTexts(names: string): string {
  return `The data (${names}) are not there any more as they were judged, so prompts and answers are missing.`;
}

function runTitle({ setup, rubrics }: RunReport): string {
  const names = (setup?.rubrics ?? rubrics).map(({ rubric }) => rubric.id);
  const models = (setup?.engines ?? []).map(({ model }) => model);
  return `${[...new Set(names)].join(', ')} by ${[...new Set(models)].join(', ')}`;
}
