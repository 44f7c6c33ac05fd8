/** Verdicts of run folders, one at a time, with what a suite knows of them. */
import { join } from 'node:path';
import { canonicalJson, contentHash } from '../canonical.ts';
import { verdictOf } from '../judge/run.ts';
import type { Judgment, SuiteResult, Verdict } from '../schema.ts';
import { readPlan } from '../store/export.ts';
import { type Run, readRun } from '../store/run.ts';
import type { PlanRow } from '../store/store.ts';

/** A run folder to read verdicts of. */
export interface VerdictSource {
  readonly folder: string;
  /** The suite that it is part of; undefined for a run of its own. */
  readonly suite?: {
    readonly name: string;
    readonly digest: string;
    readonly data: string;
    readonly judge: string;
  };
  /** How its verdicts are derived. Default: as judged. */
  readonly derive?: (run: Run) => ReturnType<typeof verdictOf>;
}

/** One verdict, and where it comes from. */
export interface SourcedVerdict {
  readonly source: VerdictSource;
  /** Digest of the run's configuration: equal for equal configurations. */
  readonly runId: string;
  readonly verdict: Verdict;
  readonly row: PlanRow;
  readonly judgments: readonly Judgment[];
}

/** The run folders of a suite's result, under the folder that it stands in; `derive` as in {@link VerdictSource}. */
export function suiteSources(
  result: SuiteResult,
  folder: string,
  derive?: VerdictSource['derive'],
): readonly VerdictSource[] {
  const { name, digest } = result.suite;
  return result.runs.map(({ data, judge, folder: own }) => ({
    folder: join(folder, own),
    suite: { name, digest, data, judge },
    ...(derive === undefined ? {} : { derive }),
  }));
}

/**
 * Verdicts of all sources, in their order, each by rubric, sample and responses; those that lack a judgment are left out. Memory
 * does not grow with the runs. Throws JurorError `store` for a folder that is no run.
 */
export async function* readVerdicts(sources: readonly VerdictSource[]): AsyncGenerator<SourcedVerdict> {
  for (const source of sources) {
    await using run = await readRun(source.folder);
    const runId = contentHash(run.manifest.configuration).slice(0, 16);
    const derive = (source.derive ?? verdictOf)(run);
    for await (const { row, judgments } of readPlan(run))
      if (judgments !== null) yield { source, runId, verdict: derive(row, judgments), row, judgments };
  }
}

/**
 * Verdicts as JSON Lines: the records of `verdicts.jsonl`, each with the suite, data and judge that it belongs to, the digest of
 * its rubric, its cluster, and, where the data name them, its group and who wrote the responses.
 */
export async function* verdictLines(sources: readonly VerdictSource[]): AsyncGenerator<string> {
  for await (const { source, runId, verdict, row } of readVerdicts(sources)) {
    const { suite } = source;
    const context = suite && {
      suite: suite.name,
      suiteDigest: suite.digest,
      data: suite.data,
      judge: suite.judge,
    };
    const { digest: rubricDigest, version: rubricVersion } = row.rubric;
    const { cluster, group, models } = row;
    yield `${canonicalJson({
      ...context,
      run: runId,
      ...verdict,
      rubricDigest,
      rubricVersion,
      cluster,
      ...(group === undefined ? {} : { group }),
      ...(models === undefined ? {} : { models }),
    })}\n`;
  }
}
