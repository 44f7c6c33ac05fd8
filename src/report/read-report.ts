/** A run folder or a suite's folder as a report. */
import { readFile } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import type { LabelRange } from '../aggregate/score-agreement.ts';
import { JurorError } from '../errors.ts';
import { SuiteResult, type SuiteRun } from '../schema/suite-result.ts';
import { reportRun } from './read-run.ts';
import type { Report, RunReport } from './report.ts';
import type { KnownTruth } from './tally.ts';

/** Options of {@link readReport}. */
export interface ReportOptions {
  /** Files with prompts and answers of a run. A suite knows its own. Default: the report has none. */
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

/** The result in a suite's folder. */
const suiteFile = 'suite.json';

/**
 * Everything that a report shows, of a run folder or a suite's folder. Equal runs give equal reports. Memory grows with the numbers of
 * verdicts, not with their texts. Throws JurorError `store` for any other folder, and `data` for texts or labels that are not the run's.
 */
export async function readReport(folder: string, options: ReportOptions = {}): Promise<Report> {
  const suite = await readSuiteResult(folder);
  const { samples: most = 20, redact = false, seed = 0, truthOf, labelRange } = options;
  const shared = { most, redact, seed, truthOf, labelRange };
  if (suite === undefined) {
    const data = options.data ?? [];
    const run = await reportRun(folder, { ...shared, name: null, data, withFigures: true });
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
          withoutTexts: `The data (${run.file}) are not there any more as they were judged, so prompts and answers are missing.`,
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
  const at = inside(folder, run.folder);
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

/** A folder within the suite's: suite.json may come from anywhere, and must not lead elsewhere. */
function inside(folder: string, name: string): string {
  const [root, at] = [resolve(folder), resolve(folder, name)];
  if (at === root || at.startsWith(root.endsWith(sep) ? root : root + sep)) return at;
  throw new JurorError('data', `expected a run folder within the suite's, got '${name}'`, {
    place: { file: join(folder, suiteFile), field: 'runs' },
  });
}

async function readSuiteResult(folder: string): Promise<SuiteResult | undefined> {
  const file = join(folder, suiteFile);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new JurorError('store', `${suiteFile} cannot be read (${error.code})`, {
      place: { file },
      cause: error,
    });
  });
  if (text === undefined) return undefined;
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new JurorError('store', "expected a suite's result in JSON, got another text", {
      place: { file },
      cause,
    });
  }
  const { data, error } = SuiteResult.safeParse(content);
  if (data) return data;
  const issue = error.issues[0];
  const field = issue?.path.join('.');
  throw new JurorError('store', `expected a suite's result, got another record: ${issue?.message}`, {
    place: { file, ...(field ? { field } : {}) },
    cause: error,
  });
}

function runTitle({ setup, rubrics }: RunReport): string {
  const names = (setup?.rubrics ?? rubrics).map(({ rubric }) => rubric.id);
  const models = (setup?.engines ?? []).map(({ model }) => model);
  return `${[...new Set(names)].join(', ')} by ${[...new Set(models)].join(', ')}`;
}
