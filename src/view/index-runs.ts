/** The runs of a folder: a run folder is one, a suite's folder has those of its `suite.json`. */
import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { JurorError } from '../errors.ts';
import type { Rubric } from '../schema.ts';
import { readData } from '../store/data-pointer.ts';
import { type Manifest, readManifest } from '../store/manifest.ts';
import { readRun, runFiles } from '../store/run.ts';
import { findSuiteResult, suiteRunFolder } from '../suite/suite-folder.ts';

/** A run to be shown. */
export interface FoundRun {
  /** Unique in the folder, for people: the folder's name, or data and judge of a suite. */
  readonly id: string;
  readonly folder: string;
  readonly manifest: Manifest;
  readonly rubrics: readonly Rubric[];
  /** Data files; empty where nobody says which. */
  readonly files: readonly string[];
}

/** Runs, and the name of what they are in. */
export interface FoundRuns {
  readonly title: string;
  readonly runs: readonly FoundRun[];
}

/** Columns count runs in 16 bits. */
const mostRuns = 65_535;

/**
 * The runs of a run folder, or of a suite's. Data are those given, else those that the suite names, else those that the run points to.
 * Throws JurorError `store` for a folder that is neither, `data` for a suite's that is damaged or leads elsewhere.
 */
export async function findRuns(folder: string, given: readonly string[]): Promise<FoundRuns> {
  const suite = await findSuiteResult(folder);
  if (suite === undefined) {
    const run = await found(basename(resolve(folder)), folder, given);
    return { title: run.id, runs: [run] };
  }
  if (suite.runs.length > mostRuns)
    throw new JurorError('store', `expected at most ${mostRuns} runs, got ${suite.runs.length}`, {
      place: { file: folder },
    });
  const runs: FoundRun[] = [];
  for (const { data, judge, folder: own, file } of suite.runs)
    runs.push(
      await found(
        `${data} · ${judge}`,
        await suiteRunFolder(folder, own),
        given.length > 0 ? given : [join(folder, file)],
      ),
    );
  return { title: suite.suite.name, runs };
}

async function found(id: string, folder: string, given: readonly string[]): Promise<FoundRun> {
  const manifest = await readManifest(join(folder, runFiles.manifest));
  if (manifest === undefined)
    throw new JurorError(
      'store',
      'expected a run folder or the folder of a suite, got one without manifest.json',
      {
        place: { file: folder },
      },
    );
  const rubrics = manifest.configuration.rubrics.map(({ rubric }) => rubric);
  const files = given.length > 0 ? given : ((await readData(folder))?.files ?? []);
  return { id, folder, manifest, rubrics, files: files.map((file) => resolve(file)) };
}

/** Whether `verdicts.jsonl` has all verdicts that the journal has: false while a run goes on, and before its first export. */
export async function exportIsWhole({
  folder,
  manifest,
}: Pick<FoundRun, 'folder' | 'manifest'>): Promise<boolean> {
  const { counts } = manifest;
  if (counts === undefined || !(await exists(join(folder, runFiles.verdicts)))) return false;
  if (!(await exists(join(folder, runFiles.journal)))) return true;
  await using run = await readRun(folder);
  return counts.pending === 0 && (await run.store.planCount()) === counts.verdicts;
}

function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
