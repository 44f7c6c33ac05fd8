/** A judging run in a folder: open it, judge into it, derive its exports. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '../engine/engine.ts';
import { JurorError } from '../errors.ts';
import { loadPrompt } from '../prompt.ts';
import type { LoadedRubric } from '../rubric.ts';
import type { EngineId, Judgment, Rubric, Verdict } from '../schema.ts';
import { Ranking } from '../schema.ts';
import { writeAtomically } from '../store/atomic-file.ts';
import { exportRun } from '../store/export.ts';
import type { RunConfiguration, RunCounts } from '../store/manifest.ts';
import { openRun, type Run, runFiles } from '../store/run.ts';
import { idText, type PlanRow, recordText } from '../store/store.ts';
import { engineIdentity } from './identity.ts';
import { PROTOCOL_VERSION, type Protocol } from './protocol.ts';
import { type DecisionRules, requireRules, rulesOf, settingsOf } from './rules.ts';
import { createSummarizer, type RunSummary } from './summary.ts';
import { deriveVerdict } from './verdict.ts';

/** What a run folder is opened with. */
export interface RunOptions extends DecisionRules {
  /** Who judges; this or `engines`. */
  readonly engine?: Pick<Engine, 'id'>;
  readonly engines?: readonly Pick<Engine, 'id'>[];
  readonly rubrics: readonly LoadedRubric[];
  readonly protocol: Protocol;
  readonly tieBand?: number;
  /** What else decides which judgments are made, such as a ranking's schedule. */
  readonly settings?: RunConfiguration['settings'];
}

/** Open a run folder for judging. Throws JurorError `store` when it is no run folder or in use. */
export async function openJudgingRun(folder: string, options: RunOptions): Promise<Run> {
  const run = await openRun(folder, configurationOf(options));
  // Rankings are of the configuration that they were made under; a run that makes none would leave them standing.
  if (run.changedField !== undefined) await rm(join(folder, runFiles.rankings), { force: true });
  return run;
}

/** Everything besides the data that decides a run's judgments and verdicts. */
function configurationOf({ rubrics, protocol, tieBand, settings, ...options }: RunOptions): RunConfiguration {
  const ids = [...(options.engine ? [options.engine] : []), ...(options.engines ?? [])].map(({ id }) => id);
  requireRules(
    options,
    ids.length,
    rubrics.map(({ rubric }) => rubric),
  );
  return {
    // A shuffled panel is the same panel; a ladder has an order.
    engines: options.escalate ? ids : ids.toSorted(byIdentity),
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
      ...settings,
      ...settingsOf(options, ids.length),
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

/**
 * Write `rankings.jsonl`, sorted by sample; equal rankings give equal bytes, in whatever order they came. Throws
 * JurorError `store` for a record that is no ranking.
 */
export async function exportRankings(run: Run, rankings: readonly Ranking[]): Promise<void> {
  const sorted = rankings.toSorted((one, other) => (idText(one.sampleId) < idText(other.sampleId) ? -1 : 1));
  await writeAtomically(
    join(run.folder, runFiles.rankings),
    sorted.map((ranking) => `${recordText(Ranking, ranking)}\n`),
  );
}

/** A run's rubric of this id, and its digest. Throws JurorError `usage` for one that the run lacks. */
export function rubricOf(
  { manifest }: Pick<Run, 'manifest'>,
  id: string,
): { readonly digest: string; readonly rubric: Rubric } {
  const { rubrics } = manifest.configuration;
  const found = rubrics.find(({ rubric }) => rubric.id === id);
  if (found) return found;
  const known = rubrics.map(({ rubric }) => rubric.id).join(', ');
  throw new JurorError('usage', `expected a rubric of the run (${known}), got '${id}'`);
}

/** How this run's verdicts are derived from plan rows and judgments. */
export function verdictOf(run: Run): (row: PlanRow, judgments: readonly Judgment[]) => Verdict {
  const { engines, rubrics, settings } = run.manifest.configuration;
  const rules = rulesOf(settings);
  const byDigest = new Map<string, Rubric>(rubrics.map(({ digest, rubric }) => [digest, rubric]));
  const tieBand = typeof settings.tieBand === 'number' ? settings.tieBand : 0;
  return (row, judgments) => {
    const rubric = byDigest.get(row.rubric.digest);
    if (rubric === undefined)
      throw new JurorError('store', `the manifest lacks rubric '${row.rubric.id}'`, {
        place: { file: run.folder },
      });
    const { sampleId, mode, responseIds, label, contentFree } = row;
    return deriveVerdict({
      sampleId,
      rubric,
      mode,
      responseIds,
      judgments,
      label,
      contentFree,
      tieBand,
      engines,
      ...rules,
    });
  };
}

function byIdentity(left: EngineId, right: EngineId): number {
  return engineIdentity(left) < engineIdentity(right) ? -1 : 1;
}
