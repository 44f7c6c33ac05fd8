/** The exports of a run: derived from its store alone, sorted by what they are about, and written as a stream. */
import { join } from 'node:path';
import { canonicalJson } from '../canonical.ts';
import { JurorError } from '../errors.ts';
import { type Judgment, Verdict } from '../schema.ts';
import { writeAtomically } from './atomic-file.ts';
import { lockFolder } from './lock.ts';
import { manifestOf, type RunCounts, readableJson, writeManifest } from './manifest.ts';
import { type Run, runFiles } from './run.ts';
import { bindJudgment, type PlanRow, recordText } from './store.ts';

/** Adds a run's verdicts up to the content of `summary.json`. */
export interface Summary {
  /** Told of each verdict in the order of `verdicts.jsonl`. */
  add(verdict: Verdict, row: PlanRow): void;
  /** Plain JSON data without anything of time, place or host. */
  finish(counts: RunCounts): unknown;
}

/** Options of {@link exportRun}. */
export interface ExportOptions {
  /** The verdict of a row, from its judgments in the row's order under the row's own names. Must be pure. */
  derive(row: PlanRow, judgments: readonly Judgment[]): Verdict;
  /** Default: no `summary.json`. */
  readonly summary?: Summary;
}

/**
 * Write `judgments.jsonl` (each planned judgment once, by key), `verdicts.jsonl` (by rubric, sample and responses; only those with all
 * their judgments), `summary.json`, and the counts in `manifest.json`. Each file is replaced whole, or left alone where nothing changed.
 * Equal plans and judgments give equal bytes, whatever the order and interruptions of the work. Returns the counts.
 * Throws JurorError `store` when another process writes to the folder.
 */
export async function exportRun(run: Run, { derive, summary }: ExportOptions): Promise<RunCounts> {
  using _lock = run.readOnly ? lockFolder(run.folder) : undefined;
  const at = (name: keyof typeof runFiles): string => join(run.folder, runFiles[name]);
  const counts = { judgments: 0, verdicts: 0, pending: 0 };

  async function* judgmentLines() {
    for await (const judgment of run.store.plannedJudgments()) {
      counts.judgments++;
      yield `${canonicalJson(judgment)}\n`;
    }
  }

  async function* verdictLines() {
    for await (const { row, judgments } of readPlan(run)) {
      if (judgments === null) {
        counts.pending++;
        continue;
      }
      const verdict = derive(row, judgments);
      assertOf(row, verdict);
      counts.verdicts++;
      yield `${recordText(Verdict, verdict)}\n`;
      summary?.add(verdict, row);
    }
  }

  await writeAtomically(at('judgments'), judgmentLines());
  await writeAtomically(at('verdicts'), verdictLines());
  if (summary) await writeAtomically(at('summary'), [readableJson(summary.finish(counts))]);
  await writeManifest(at('manifest'), manifestOf(run.manifest.configuration, counts));
  return counts;
}

/** The plan of a run, each row with its judgments in the row's order and under its names; null where one is missing. */
export async function* readPlan(
  run: Pick<Run, 'store'>,
): AsyncGenerator<{ readonly row: PlanRow; readonly judgments: readonly Judgment[] | null }> {
  for await (const row of run.store.plan()) {
    const judgments: Judgment[] = [];
    for (const use of row.judgments) {
      const judgment = await run.store.get(use.key);
      if (judgment) judgments.push(bindJudgment(judgment, row, use));
    }
    yield { row, judgments: judgments.length === row.judgments.length ? judgments : null };
  }
}

function assertOf(row: PlanRow, { sampleId, rubricId }: Verdict): void {
  if (sampleId === row.sampleId && rubricId === row.rubric.id) return;
  const expected = `${row.sampleId} under ${row.rubric.id}`;
  throw new JurorError(
    'store',
    `expected a verdict of ${expected}, got one of ${sampleId} under ${rubricId}`,
  );
}
