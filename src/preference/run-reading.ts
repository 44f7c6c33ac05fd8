/** A run of one rubric as preferences read it: its verdicts that can be used, and what the others are counted as. */
import { basename, resolve } from 'node:path';
import { JurorError, nearestName } from '../errors.ts';
import { verdictOf } from '../judge/run.ts';
import type { Judgment, Preference, Rubric, Verdict } from '../schema.ts';
import { readPlan } from '../store/export.ts';
import type { Run } from '../store/run.ts';
import type { PlanRow } from '../store/store.ts';
import { unusable, type VerdictUse } from './pair-verdict.ts';
import type { LeftOut } from './readings.ts';
import type { SampleBook } from './sample-book.ts';

/** How a run becomes preferences. */
export interface RunPreferenceOptions extends VerdictUse {
  /** Where the texts are. */
  readonly book: SampleBook;
  /** Of a run with several rubrics, which one. */
  readonly rubric?: string | undefined;
  /** Stepwise: what counts of a solution. Default `min`. */
  readonly process?: 'last' | 'min' | 'mean' | 'product' | undefined;
  /** Told of what became no preference. Default: nobody is. */
  readonly leftOut?: LeftOut | undefined;
}

/** A verdict that can be used, with what it stands on. */
export interface UsableVerdict {
  readonly row: PlanRow;
  readonly verdict: Verdict & { readonly score: number };
  readonly judgments: readonly Judgment[];
}

/** What a room of this folder is told of a run. */
export interface RunReading {
  readonly run: Run;
  readonly rubric: Rubric;
  readonly options: RunPreferenceOptions;
  readonly leftOut: LeftOut;
  readonly source: Omit<Preference['source'], 'keys'>;
  verdicts(): AsyncGenerator<UsableVerdict>;
}

/** Whether a run is one of `juror rank`. */
export function isRanked({ manifest }: Run): boolean {
  return manifest.configuration.settings.schedule !== undefined;
}

/** The one rubric of a run, or the one asked for, and its verdicts. */
export function openReading(run: Run, options: RunPreferenceOptions): RunReading {
  const { engines, rubrics } = run.manifest.configuration;
  const { rubric, digest } = chosenRubric(run, options.rubric);
  const leftOut = options.leftOut ?? (() => {});
  const derive = verdictOf(run);
  const method = isRanked(run) ? 'ranking' : rubric.mode === 'listwise' ? 'pairwise' : rubric.mode;
  return {
    run,
    rubric,
    options,
    leftOut,
    source: {
      method,
      run: basename(resolve(run.folder)),
      round: null,
      rubric: { id: rubric.id, version: rubric.version, digest },
      engines: engines.map(({ model, digest }) => ({ model, digest })),
    },
    async *verdicts() {
      for await (const { row, judgments } of readPlan(run)) {
        if (rubrics.length > 1 && row.rubric.digest !== digest) continue;
        const verdict = judgments && derive(row, judgments);
        if (verdict === null || judgments === null) {
          leftOut('pending', row.sampleId);
          continue;
        }
        const reason = unusable(verdict, options);
        if (reason !== null || verdict.score === null) leftOut(reason ?? 'unscored', row.sampleId);
        else yield { row, judgments, verdict: { ...verdict, score: verdict.score } };
      }
    },
  };
}

/** The rubric of a run, or that of `id` among several. Throws JurorError `usage` without a choice among them. */
export function chosenRubric(run: Run, id: string | undefined) {
  const { rubrics } = run.manifest.configuration;
  const known = rubrics.map(({ rubric }) => rubric.id);
  const found = id === undefined ? rubrics[0] : rubrics.find(({ rubric }) => rubric.id === id);
  const place = { file: run.folder };
  if (found === undefined) {
    const near = nearestName(id ?? '', known);
    const hint = near === undefined ? '' : `, did you mean '${near}'?`;
    throw new JurorError('usage', `--rubric: expected one of ${known.join(', ')}, got '${id}'${hint}`, {
      place,
    });
  }
  if (id === undefined && rubrics.length > 1)
    throw new JurorError(
      'usage',
      `expected one rubric, got ${known.join(', ')}: choose one with --rubric, or make them one reward with juror combine`,
      { place },
    );
  return found;
}
