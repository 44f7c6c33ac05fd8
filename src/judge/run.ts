/** A judging run in a folder: open it, judge into it, derive its exports. */
import type { Engine } from '../engine/engine.ts';
import { JurorError } from '../errors.ts';
import { loadPrompt } from '../prompt.ts';
import type { LoadedRubric } from '../rubric.ts';
import type { Judgment, Rubric, Verdict } from '../schema.ts';
import { exportRun } from '../store/export.ts';
import type { RunConfiguration, RunCounts } from '../store/manifest.ts';
import { openRun, type Run } from '../store/run.ts';
import type { PlanRow } from '../store/store.ts';
import { PROTOCOL_VERSION, type Protocol } from './plan.ts';
import { createSummarizer, type RunSummary } from './summary.ts';
import { deriveVerdict } from './verdict.ts';

/** What a run folder is opened with. */
export interface RunOptions {
  readonly engine: Pick<Engine, 'id'>;
  readonly rubrics: readonly LoadedRubric[];
  readonly protocol: Protocol;
  readonly tieBand?: number;
}

/** Open a run folder for judging. Throws JurorError `store` when it is no run folder or in use. */
export function openJudgingRun(folder: string, options: RunOptions): Promise<Run> {
  return openRun(folder, configurationOf(options));
}

/** Everything besides the data that decides a run's judgments and verdicts. */
function configurationOf({ engine, rubrics, protocol, tieBand }: RunOptions): RunConfiguration {
  return {
    engines: [engine.id],
    rubrics: rubrics.map(({ rubric, digest }) => ({ rubric, digest })),
    prompts: Object.fromEntries(
      rubrics.map(({ rubric }) => [rubric.prompt, loadPrompt(rubric.prompt).digest]),
    ),
    seed: protocol.seed,
    critique: protocol.critique,
    samples: protocol.samples,
    settings: {
      protocol: PROTOCOL_VERSION,
      temperature: protocol.temperature,
      critiqueTokens: protocol.critiqueTokens,
      tieBand: tieBand ?? 0,
      ...(protocol.steps === 'given' ? {} : { steps: protocol.steps }),
    },
  };
}

/** Write a run's exports; see exportRun. Returns its counts and its summary. */
export async function exportVerdicts(run: Run): Promise<{ counts: RunCounts; summary: RunSummary }> {
  const summarizer = createSummarizer();
  const counts = await exportRun(run, {
    derive: verdictOf(run),
    summary: {
      add: (verdict) => summarizer.add(verdict),
      finish: (counts) => ({ ...counts, ...summarizer.summary() }),
    },
  });
  return { counts, summary: summarizer.summary() };
}

/** How this run's verdicts are derived from plan rows and judgments. */
export function verdictOf(run: Run): (row: PlanRow, judgments: readonly Judgment[]) => Verdict {
  const { rubrics, settings } = run.manifest.configuration;
  const byDigest = new Map<string, Rubric>(rubrics.map(({ digest, rubric }) => [digest, rubric]));
  const tieBand = typeof settings.tieBand === 'number' ? settings.tieBand : 0;
  return (row, judgments) => {
    const rubric = byDigest.get(row.rubric.digest);
    if (rubric === undefined)
      throw new JurorError('store', `the manifest lacks rubric '${row.rubric.id}'`, {
        place: { file: run.folder },
      });
    const { sampleId, mode, responseIds, label, contentFree } = row;
    return deriveVerdict({ sampleId, rubric, mode, responseIds, judgments, label, contentFree, tieBand });
  };
}
